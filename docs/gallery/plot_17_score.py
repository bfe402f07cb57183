"""
How alike two pictures are
==========================

`pil_kmeans.ssimulacra2` scores as people do: about 90 where no difference is seen, 70 good, 50 visible. PSNR,
which looks at single pixels, prefers the undithered picture on the left; the eye, and the score, the dithered
one.
"""

import numpy as np
from PIL import Image
from skimage.data import rocket

from pil_kmeans import quantize, ssimulacra2

picture = rocket()
results = []
for dither in ("none", "floyd-steinberg"):
    result = np.asarray(quantize(picture, 32, dither=dither).convert("RGB"))
    psnr = 10 * np.log10(255**2 / np.square(picture.astype(float) - result).mean())
    print(f"{dither:15}  PSNR {psnr:.1f} dB  SSIMULACRA 2 {ssimulacra2(picture, result):5.1f}")
    results.append(result[:, 160:480])

Image.fromarray(np.hstack(results))
