"""
Small vivid things keep their colour
====================================

By default a pixel counts by how well an error in it is seen. With ``weighting="uniform"`` all count alike, and 32
colours go to the large busy areas: left uniform, right perceptual. Why, is on the page :doc:`/explanation/weights`.
"""

import numpy as np
from PIL import Image
from skimage.color import rgb2lab
from sklearn.datasets import load_sample_image

from pil_kmeans import quantize

picture = load_sample_image("flower.jpg")
results = []
for weighting in ("uniform", "perceptual"):
    result = np.asarray(quantize(picture, 32, weighting=weighting).convert("RGB"))
    difference = rgb2lab(result) - rgb2lab(picture)
    blocks = difference[:416].reshape(26, 16, 40, 16, 3).mean(axis=(1, 3))
    print(f"{weighting:10}  worst of 16 x 16 pixels, CIELAB {np.linalg.norm(blocks, axis=-1).max():5.1f}")
    results.append(result[:, 320:])

Image.fromarray(np.hstack(results))
