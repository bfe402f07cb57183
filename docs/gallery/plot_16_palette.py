"""
The colours of a picture
========================

The palette itself is often what one wants, for a chart, a page or an icon set: eight dominant colours of a photograph,
and below those that people would name, ``kind="accent"``. ``pil-kmeans palette photo.jpg --kind accent`` prints
them.
"""

import numpy as np
from PIL import Image
from skimage.data import astronaut

from pil_kmeans import palette

picture = astronaut()[:300]
dominant, accent = (palette(picture, 8, kind=kind, sort="hue") for kind in ("dominant", "accent"))
print(accent)

Image.fromarray(np.vstack([picture, *(np.asarray(found.to_pil((512, 56))) for found in (dominant, accent))]))
