"""
The colours of an e-paper display
=================================

With ``palette=`` nothing is searched: pixels get the nearest of the given colours, or are dithered between
them, here to the seven of a colour e-paper display.
"""

import numpy as np
from PIL import Image, ImageColor
from sklearn.datasets import load_sample_image

from pil_kmeans import quantize, ssimulacra2

SEVEN = ["black", "white", "#00ff00", "blue", "red", "yellow", "#ff8000"]
palette = Image.new("P", (1, 1))
palette.putpalette([level for color in SEVEN for level in ImageColor.getrgb(color)])

image = Image.fromarray(load_sample_image("flower.jpg"))
results = []
for dither in ("none", "floyd-steinberg"):
    result = quantize(image, palette=palette, dither=dither)
    print(f"{dither:15}  {len(result.getcolors())} colours, SSIMULACRA 2 {ssimulacra2(image, result):6.1f}")
    results.append(np.asarray(result.convert("RGB")))

Image.fromarray(np.hstack(results))
