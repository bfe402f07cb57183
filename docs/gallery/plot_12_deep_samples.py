"""
Gradients of more than 8 bits
=============================

A palette has 8 bits a channel, and a dark gradient of 16 bits or floats falls into bands there. Dithered from
their own precision they do not: left rounded to 8 bits, right dithered, contrast enhanced.
"""

import io

import numpy as np
from PIL import Image

from pil_kmeans import encode_png

ramp = np.linspace(0.10, 0.14, 400)[None, :, None] * np.ones((200, 1, 3)) * [1.0, 0.9, 0.8]


def enhanced(samples):
    return np.clip((samples.astype(float) - 18) * 12, 0, 255).astype(np.uint8)


rounded = np.rint(255 * ramp).astype(np.uint8)
image = Image.open(io.BytesIO(encode_png(ramp, dither="floyd-steinberg")))
dithered = np.asarray(image.convert("RGB"))


def error(samples):
    """Of the means over squares of 8 x 8 pixels, in levels of 255."""
    means = (samples - 255 * ramp).reshape(25, 8, 50, 8, 3).mean(axis=(1, 3))
    return np.sqrt(np.square(means).mean())


print(f"rounded   error of areas {error(rounded):.3f} levels")
print(f"dithered  error of areas {error(dithered):.3f} levels, {len(image.getcolors())} colours")

Image.fromarray(np.hstack([enhanced(rounded), enhanced(dithered)]))
