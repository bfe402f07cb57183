"""Points as the kernels take them, and as rows."""

import numpy as np

USUAL_GRID = ((0.0, 0.0, 0.0, 0.0), 1.0)  # origin and zoom


def to_points(rows):
    """(n, 4) coordinates as the (2, n, 2) int16 pairs of the kernels."""
    return np.ascontiguousarray(np.asarray(rows, np.int16).reshape(-1, 2, 2).transpose(1, 0, 2))


def to_rows(points):
    """The inverse: (2, n, 2) to (n, 4), int64."""
    return points.transpose(1, 0, 2).reshape(-1, 4).astype(np.int64)


def fixed_point(values):
    """The nearest integer, halves upwards."""
    return np.floor(np.asarray(values, np.float64) + 0.5).astype(np.int64)
