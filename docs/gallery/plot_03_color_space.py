"""
Where distances are measured
============================

k-means minimises squared distances between colours, and ``color_space`` says in which space. ``"srgb"`` gives
the lowest mean squared error of the samples; ``"oklab"``, the default, spends colours where the eye sees the
difference. Left ``"srgb"``, right ``"oklab"``: a higher error, and a better score. ``"cielab"`` and ``"linear"``
are for other purposes.
"""

import numpy as np
from PIL import Image
from skimage.data import coffee

from pil_kmeans import quantize, ssimulacra2

picture = coffee()
results = {}
for color_space in ("srgb", "oklab", "cielab", "linear"):
    results[color_space] = np.asarray(quantize(picture, 32, color_space=color_space).convert("RGB"))
    mse = np.square(picture.astype(float) - results[color_space]).sum(axis=-1).mean()
    score = ssimulacra2(picture, results[color_space])
    print(f"{color_space:6}  mean squared error {mse:5.1f}  SSIMULACRA 2 {score:5.1f}")

Image.fromarray(np.hstack([results["srgb"], results["oklab"]]))
