"""
How many colours a picture needs
================================

`pil_kmeans.report.compare` encodes a picture with several numbers of colours and measures what comes out:
bytes, errors, and how alike the pictures are for the eye. In Jupyter a comparison shows itself, with a
slider.
"""

from skimage.data import chelsea

from pil_kmeans.report import compare

comparison = compare(chelsea(), [4, 16, 64, 256])
print(comparison)

comparison.side_by_side([4, 16, 64])
