"""
The colours of a picture
========================

The palette itself is often what one wants, for a chart, a page or an icon set: here eight colours of a
photograph as swatches, as wide as their share of the pixels. ``pil-kmeans palette photo.jpg`` prints them.
"""

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from pil_kmeans import KMeansQuantizer

picture = load_sample_image("china.jpg")
quantizer = KMeansQuantizer(n_colors=8).fit(picture)
order = np.argsort(-quantizer.counts_)
for color, share in zip(quantizer.palette_[order].tolist(), quantizer.shares_[order], strict=True):
    print("#{:02x}{:02x}{:02x}".format(*color), f"{share:6.1%}")

ends = np.rint(640 * np.cumsum(quantizer.shares_[order])).astype(int)
strip = np.repeat(quantizer.palette_[order], np.diff(ends, prepend=0), axis=0)
Image.fromarray(np.vstack([picture, np.repeat(strip[None], 60, axis=0)]))
