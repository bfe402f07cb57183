"""
A photograph in 16 colours
==========================

`pil_kmeans.quantize` takes a picture and the most colours to use, and returns a ``P`` image as Pillow's own
`PIL.Image.Image.quantize` does. Left Pillow's default, right ours.
"""

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from pil_kmeans import quantize, ssimulacra2

image = Image.fromarray(load_sample_image("china.jpg"))
pillows = image.quantize(16)
ours = quantize(image, 16)

for name, result in {"Pillow": pillows, "pil_kmeans": ours}.items():
    print(f"{name:10}  SSIMULACRA 2 {ssimulacra2(image, result):6.1f}")

Image.fromarray(np.hstack([np.asarray(result.convert("RGB")) for result in (pillows, ours)]))
