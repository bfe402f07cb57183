"""
How many colours: an elbow
==========================

The error falls with every colour that is added, so whatever looks for the least of it, such as ``GridSearchCV`` over
``n_colors``, ends at the most colours of its grid. Look where it falls less steeply than before: the elbow, here where
the curve on logarithmic scales lies farthest below the line between its ends. A picture of few real colours has a sharp
one, a photograph a soft one, and a colour wheel none.
"""

from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from skimage.data import astronaut, colorwheel

from pil_kmeans import KMeansQuantizer

n_colors = np.array([2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256])
rng = np.random.default_rng(0)
noisy_flag = np.repeat([[0, 85, 164], [250, 250, 250], [239, 65, 53], [255, 204, 0]], 40, axis=0)[np.newaxis].repeat(
    90, 0
)
noisy_flag = np.clip(noisy_flag + rng.normal(0, 4, noisy_flag.shape), 0, 255).astype(np.uint8)

_, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, picture in {
    "four colours and noise": noisy_flag,
    "colour wheel": colorwheel(),
    "photograph": astronaut(),
}.items():
    errors = np.array([KMeansQuantizer(int(n)).fit(picture).inertia_ for n in n_colors]) / picture[..., 0].size
    x, y = np.log(n_colors), np.log(errors)
    line = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    elbow = int(np.argmax(line - y))
    print(f"{name}: {n_colors[elbow]} colours, {(line - y)[elbow]:.2f} below the line")
    axes.loglog(n_colors, errors, "o-", label=name)
    axes.loglog(n_colors[elbow], errors[elbow], "o", color="gray", markersize=14, fillstyle="none")
axes.set(xlabel="colours", ylabel="mean squared error in Oklab")
axes.legend()
for part in (axes.xaxis.label, axes.yaxis.label, *axes.spines.values()):
    part.set_color("gray")  # which can be read on light and on dark pages
axes.tick_params(which="both", colors="gray")

file = BytesIO()
plt.savefig(file, format="png", transparent=True)
file.getvalue()
