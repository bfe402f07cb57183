"""Morton keys, histograms, and the look-up of a pixel's label."""

import numpy as np


def morton_keys(colors):
    """Bits of the samples interleaved, most significant first, first channel first: (n, C) to (n,) uint64."""
    keys = np.zeros(len(colors), np.uint64)
    for bit in reversed(range(8 * colors.dtype.itemsize)):
        for channel in colors.T:
            keys = keys << np.uint64(1) | channel.astype(np.uint64) >> np.uint64(bit) & np.uint64(1)
    return keys


def histogram(colors, weights=None):
    """Distinct keys, ascending, and the pixels, or their weights, of each."""
    keys, place, counts = np.unique(morton_keys(colors), return_inverse=True, return_counts=True)
    if weights is not None:
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, place, weights)
    return keys, counts


def cell_histogram(colors, bits):
    """The same for cells of `bits` a channel, with the mean colour of each cell's pixels, 65535 being full scale."""
    keys, place, counts = np.unique(
        morton_keys(colors) >> np.uint64(3 * (8 - bits)), return_inverse=True, return_counts=True
    )
    sums = np.zeros((len(keys), 3), np.int64)
    np.add.at(sums, place, colors.astype(np.int64))
    return keys, counts, (2 * 257 * sums + counts[:, np.newaxis]) // (2 * counts[:, np.newaxis])


def remap(colors, keys, labels, shift):
    """The label of every pixel's key."""
    return labels[np.searchsorted(keys, morton_keys(colors) >> np.uint64(shift))]
