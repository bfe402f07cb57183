"""`encode_png` for tests of palettes: with one also where the picture would be smaller without loss."""

from functools import partial

from pil_kmeans import encode_png as encode_small_png

encode_png = partial(encode_small_png, palette_only=True)
