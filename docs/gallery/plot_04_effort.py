"""
Speed or quality first
======================

``effort`` says how long to search. It counts trials, not time, so that results are the same on every machine.
Left ``"fast"``, which sees colours in cells; right ``"best"``.
"""

from time import process_time

import numpy as np
from PIL import Image
from skimage.data import astronaut

from pil_kmeans import quantize

picture = astronaut()
results = []
for effort in ("fast", "balanced", "best"):
    start = process_time()
    result = np.asarray(quantize(picture, 64, color_space="srgb", effort=effort, n_threads=1).convert("RGB"))
    seconds = process_time() - start
    mse = np.square(picture.astype(float) - result).sum(axis=-1).mean()
    print(f"{effort:8}  mean squared error {mse:5.2f}  {1000 * seconds:4.0f} ms")
    results.append(result)

Image.fromarray(np.hstack([results[0], results[-1]]))
