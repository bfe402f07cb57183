"""
How strong to dither
====================

``dither_strength`` is the share of each error that is handed on. More hides steps between colours better, is
noisier, and makes larger files: left 0.4, right the default of 0.9.
"""

import numpy as np
from PIL import Image
from skimage.data import rocket

from pil_kmeans import encode_png, quantize, ssimulacra2

picture = rocket()
details = []
for strength in (0.4, 0.9):
    result = quantize(picture, 16, dither="floyd-steinberg", dither_strength=strength)
    size = len(encode_png(result))
    print(f"strength {strength:4}  SSIMULACRA 2 {ssimulacra2(picture, result):5.1f}  {size / 1000:5.1f} kB")
    details.append(np.asarray(result.convert("RGB"))[200:400, 200:440])

Image.fromarray(np.hstack(details)).resize((960, 400), Image.Resampling.NEAREST)
