"""
Colours and superpixels
=======================

Two ways to few labels, both with the calls of scikit-image: ``slic`` divides a picture into areas that hang together,
here as many as make a mosaic, and :func:`~pil_kmeans.quantize_array` by colours, wherever these are. Both labels go
into ``label2rgb``.
"""

import numpy as np
from PIL import Image
from skimage.color import label2rgb
from skimage.data import chelsea
from skimage.measure import label
from skimage.segmentation import slic
from skimage.util import img_as_float, img_as_ubyte

from pil_kmeans import quantize_array

image = img_as_float(chelsea())[:300, 60:380]
segments = slic(image, n_segments=150, start_label=0)
indices, palette = quantize_array(image, 12)
print(f"slic: {segments.max() + 1} labels, as many areas")
print(f"quantize_array: {len(palette)} labels, in {label(indices, background=-1).max()} areas")

mosaic = label2rgb(segments, image, kind="avg", bg_label=-1)
few_colors = label2rgb(indices, colors=palette, bg_label=-1)
Image.fromarray(img_as_ubyte(np.hstack([image, mosaic, few_colors])))
