"""
One palette for all frames
==========================

A list of pictures gets one palette. For frames, ``dither="ordered"`` or ``"blue-noise"`` is the choice: where
frames agree their pixels agree, while Floyd-Steinberg's dots move behind a change. Below: the last
frame of each, and in white what differs from the first frame although the original did not.
"""

import numpy as np
from PIL import Image
from skimage.data import coffee

from pil_kmeans import quantize

frames = []
for step in range(4):
    frame = Image.fromarray(coffee()).resize((300, 200))
    frame.paste("red", (20 + 10 * step, 20, 40 + 10 * step, 40))
    frames.append(frame)
moved = np.any(np.asarray(frames[0]) != np.asarray(frames[-1]), axis=-1)

rows = []
for dither in ("floyd-steinberg", "ordered"):
    first, *_, last = (np.asarray(result.convert("RGB")) for result in quantize(frames, 16, dither=dither))
    flicker = np.any(first != last, axis=-1) & ~moved
    print(f"{dither:15}  {flicker.sum() / (~moved).sum():6.1%} of the still pixels change")
    rows.append(np.hstack([last, np.repeat(255 * flicker.astype(np.uint8)[..., None], 3, axis=-1)]))

Image.fromarray(np.vstack(rows))
