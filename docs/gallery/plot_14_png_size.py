"""
The same pixels in fewer bytes
==============================

`pil_kmeans.IndexedImage.to_png` writes the entries of the palette in an order that gives neighbouring pixels
similar numbers, filters rows where that pays and deflates with libdeflate. Every pixel is as it was.
"""

import io

import numpy as np
from PIL import Image
from skimage.data import astronaut

from pil_kmeans import KMeansQuantizer

picture = astronaut()
indexed = KMeansQuantizer(n_colors=64).fit(picture).to_indexed(picture)

file = io.BytesIO()
indexed.to_pil().save(file, "PNG", optimize=True)
print(f"Pillow, optimize=True   {len(file.getvalue()) / 1000:6.1f} kB")
for compression in ("fast", "default", "max"):
    data = indexed.to_png(compression=compression)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), indexed.to_array())
    print(f"compression={compression!r:10}  {len(data) / 1000:6.1f} kB")

indexed.to_pil().convert("RGB")
