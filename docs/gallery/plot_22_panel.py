"""
A panel of electronic paper
===========================

Six colours, as the panel shows them: dithered by Pillow with the colours that its driver has for them, and with
``palette="spectra6"``, which dithers by how they look. Both are told the driver the same way.
"""

import numpy as np
from PIL import Image
from skimage.data import astronaut

from pil_kmeans import KMeansQuantizer, quantize

picture = astronaut()[:256, 100:356]
panel = quantize(picture, palette="spectra6")
by_pillow = Image.fromarray(picture).quantize(palette=panel)

looks = KMeansQuantizer(palette="spectra6").fit(picture).palette_
for name, color, known_as in zip(
    ("black", "white", "yellow", "red", "blue", "green"), looks, np.reshape(panel.getpalette(), (-1, 3)), strict=True
):
    print(f"{name:7} looks like {color}, the driver calls it {known_as}")

Image.fromarray(np.hstack([picture, looks[np.asarray(by_pillow)], looks[np.asarray(panel)]]))
