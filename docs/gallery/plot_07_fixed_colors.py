"""
Keep a brand's colour
=====================

A colour of few pixels does not pay for an entry of its own. ``fixed_colors`` puts it into the palette
exactly, with the others fitted around it. The stamp in the corner is ``#e4002b``: left it is lost, right it
is kept.
"""

import numpy as np
from PIL import Image, ImageColor
from sklearn.datasets import load_sample_image

from pil_kmeans import quantize

BRAND = "#e4002b"
image = Image.fromarray(load_sample_image("china.jpg"))
image.paste(BRAND, (590, 385, 625, 415))

details = []
for fixed_colors in (None, [BRAND]):
    result = quantize(image, 16, fixed_colors=fixed_colors).convert("RGB")
    stamp = result.getpixel((600, 400))
    print(f"fixed_colors={fixed_colors}: the stamp is {stamp}, of {ImageColor.getrgb(BRAND)}")
    details.append(np.asarray(result)[220:, 320:])

Image.fromarray(np.hstack(details))
