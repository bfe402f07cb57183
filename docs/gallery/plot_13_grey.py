"""
Grey pictures get the optimum
=============================

One channel has an exact optimum: no four greys are closer to this picture than these. scikit-learn's
`~sklearn.cluster.KMeans`, started ten times, comes close.
"""

import numpy as np
from PIL import Image
from skimage.data import camera
from sklearn.cluster import KMeans

from pil_kmeans import KMeansQuantizer

picture = camera()
quantizer = KMeansQuantizer(n_colors=4, channel_axis=None)
indices = quantizer.fit_transform(picture)
peer = KMeans(n_clusters=4, n_init=10, random_state=0).fit(picture.reshape(-1, 1).astype(float))
print(f"ours    inertia {quantizer.inertia_:.6g}, the greys {quantizer.palette_.ravel().tolist()}")
print(f"KMeans  inertia {peer.inertia_:.6g}")

Image.fromarray(np.hstack([picture, quantizer.inverse_transform(indices)]))
