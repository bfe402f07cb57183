"""Row filters of PNG by their definition, and the entropy that they leave."""

import numpy as np


def predictions(row, above, pixel_bytes):
    """What each of the five filter types subtracts: (5, n)."""
    left, above_left = (np.concatenate([[0] * pixel_bytes, r])[: len(r)] for r in (row, above))
    estimate = left + above - above_left
    distances = np.abs(np.stack([left, above, above_left]) - estimate)
    paeth = np.choose(distances.argmin(0), [left, above, above_left])
    return np.stack([np.zeros_like(row), left, above, (left + above) // 2, paeth])


def entropy(values):
    """Bits for all of them."""
    if len(values) == 0:
        return 0.0
    _, counts = np.unique(values, return_counts=True)
    return -(counts * np.log2(counts / len(values))).sum()


def pairs(values):
    return values[:-1] * 256 + values[1:]


MEASURES = [
    entropy,
    lambda values: np.minimum(values, 256 - values).sum(),
    lambda values: len(np.unique(pairs(values))),
]


def filter_rows(rows, types, pixel_bytes=1, measure=0):
    """Each row behind the type that leaves the least of the measure, the first of equals."""
    rows = rows.astype(np.int64)
    filtered = np.zeros((rows.shape[0], rows.shape[1] + 1), np.uint8)
    above = np.zeros(rows.shape[1], np.int64)
    for row, out in zip(rows, filtered, strict=True):
        trials = (row - predictions(row, above, pixel_bytes)) % 256
        bits = [round(MEASURES[measure](trials[t]), 6) for t in types]
        out[0] = types[bits.index(min(bits))]
        out[1:] = trials[out[0]]
        above = row
    return filtered
