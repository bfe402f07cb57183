"""
In a Pipeline of scikit-learn
=============================

`pil_kmeans.KMeansQuantizer` is an estimator: a matrix goes in, here the pixels of a photograph, their colours
and their rows, and regions come out, each in its mean colour.
"""

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pil_kmeans import KMeansQuantizer

picture = load_sample_image("flower.jpg")[::2, ::2]
rows, columns = np.indices(picture.shape[:2])
features = np.column_stack([picture.reshape(-1, 3), rows.ravel()]).astype(float)

pipeline = make_pipeline(StandardScaler(), KMeansQuantizer(n_colors=24))
labels = pipeline.fit_transform(features).ravel()
counts = np.bincount(labels)
means = np.stack([np.bincount(labels, picture[..., i].ravel()) / counts for i in range(3)], axis=-1)
print(f"{len(counts)} regions, the smallest of {counts.min()} pixels; inertia {pipeline[-1].inertia_:.5g}")

Image.fromarray(np.hstack([picture, means[labels].reshape(picture.shape).astype(np.uint8)]))
