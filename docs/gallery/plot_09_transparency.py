"""
Transparency
============

Alpha is quantised together with the colours, each counted by how much of it is seen. What is fully
transparent stays so and takes one entry; what is opaque stays opaque. Left the original, right 16 colours,
both on a chequerboard.
"""

import numpy as np
from PIL import Image
from skimage.data import logo

from pil_kmeans import encode_png, quantize, ssimulacra2

image = Image.fromarray(logo())
result = quantize(image, 16, dither="floyd-steinberg")
print(f"{len(result.getcolors())} entries, SSIMULACRA 2 {ssimulacra2(image, result):.1f}")
print(f"{len(encode_png(image, n_colors=16)) / 1000:.1f} kB as a palette PNG")

rows, columns = np.indices((500, 500)) // 25
squares = Image.fromarray(np.where((rows + columns) % 2, 230, 255).astype(np.uint8)).convert("RGBA")
both = [Image.alpha_composite(squares, picture.convert("RGBA")).convert("RGB") for picture in (image, result)]
Image.fromarray(np.hstack([np.asarray(picture) for picture in both]))
