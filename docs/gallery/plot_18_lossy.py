"""
Fewer bytes for the eye
=======================

``lossy`` lets pixels take entries that deflate makes little of, where the eye does not mind. Left a detail
with 0, in the middle with ``"auto"``, the default, and right with 6, which is too much.
"""

import io

import numpy as np
from PIL import Image
from skimage.data import chelsea

from pil_kmeans import encode_png, ssimulacra2

picture = chelsea()
details = []
for lossy in (0, "auto", 6):
    data = encode_png(picture, lossy=lossy)
    result = Image.open(io.BytesIO(data)).convert("RGB")
    score = ssimulacra2(picture, result)
    print(f"lossy={lossy!r:7}  {len(data) / 1000:5.1f} kB  SSIMULACRA 2 {score:4.1f}")
    details.append(np.asarray(result)[80:200, 120:280])

Image.fromarray(np.hstack(details)).resize((960, 240), Image.Resampling.NEAREST)
