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
counts = np.bincount(quantizer.labels_.ravel())
for color, count in sorted(zip(quantizer.palette_.tolist(), counts, strict=True), key=lambda pair: -pair[1]):
    print("#{:02x}{:02x}{:02x}".format(*color), f"{count / counts.sum():6.1%}")

order = np.argsort(-counts)
ends = np.rint(640 * np.cumsum(counts[order]) / counts.sum()).astype(int)
strip = np.repeat(quantizer.palette_[order], np.diff(ends, prepend=0), axis=0)
Image.fromarray(np.vstack([picture, np.repeat(strip[None], 60, axis=0)]))
