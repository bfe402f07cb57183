"""
Ways to dither
==============

Dithering mixes entries of the palette so that areas come close to colours that the palette does not have. A
detail, enlarged: undithered, ``"floyd-steinberg"``, ``"stucki"``, ``"blue-noise"`` and ``"ordered"``, with 16
colours each. The first two diffuse errors, one pixel far, which looks best, or two, as
``"jarvis-judice-ninke"``, ``"sierra"`` and ``"atkinson"`` do; the others decide by colour and place only,
which animations and tiles need.
"""

import numpy as np
from PIL import Image
from skimage.data import coffee

from pil_kmeans import quantize, ssimulacra2

picture = coffee()
details = []
for dither in ("none", "floyd-steinberg", "stucki", "blue-noise", "ordered"):
    result = quantize(picture, 16, dither=dither)
    print(f"{dither:15}  SSIMULACRA 2 {ssimulacra2(picture, result):5.1f}")
    details.append(np.asarray(result.convert("RGB"))[60:220, 300:440])

Image.fromarray(np.hstack(details)).resize((1400, 320), Image.Resampling.NEAREST)
