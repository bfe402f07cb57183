"""
A target for the look
=====================

``quality`` asks for a score of SSIMULACRA 2 and gets the smallest file found that reaches it. Left the
original, then 70 and 50.
"""

import io

import numpy as np
from PIL import Image
from skimage.data import coffee

from pil_kmeans import encode_png, ssimulacra2

picture = np.ascontiguousarray(coffee()[::2, ::2])
results = [picture]
for quality in (70, 50):
    data = encode_png(picture, quality=quality)
    result = Image.open(io.BytesIO(data)).convert("RGB")
    print(f"quality={quality}: {len(data) / 1000:4.1f} kB, SSIMULACRA 2 {ssimulacra2(picture, result):.1f}")
    results.append(np.asarray(result))

Image.fromarray(np.hstack(results))
