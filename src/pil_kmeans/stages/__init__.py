"""The way of a picture: pixels, histogram, colour space, k-means, palette, remap, indexed image, PNG.

One module a stage, each a function from values to values. No file access, no Pillow, no scikit-learn in here.
"""
