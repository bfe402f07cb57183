"""Nearest: which center is nearest to each point, exactly, in double precision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK_ELEMENTS = 1 << 16
"""Distances held at a time."""


def nearest(points: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the index of the nearest center of each point.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        float64.
    centers : ndarray of shape (K, d)
        float64; ascending where d is 1.

    Returns
    -------
    ndarray of shape (n,)
        int32; ties go to the lowest index. The answer is that of the differences squared and summed in double
        precision, whatever the offset of the data; a matrix product only sorts out the points whose nearest center is
        beyond doubt.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.matrix_nearest import nearest
    >>> nearest(np.array([[0.0, 0.0], [5.0, 9.0]]), np.array([[1.0, 0.0], [5.0, 5.0]]))
    array([0, 1], dtype=int32)
    """
    if centers.shape[1] == 1:
        return _nearest_value(points[:, 0], centers[:, 0])
    labels = np.empty(len(points), np.int32)
    offset = centers.mean(axis=0)
    shifted_centers = centers - offset
    half_norms = 0.5 * np.sum(shifted_centers**2, axis=1)
    largest_norm = math.sqrt(2 * half_norms.max())
    relative_error = (centers.shape[1] + 8) * np.finfo(np.float64).eps
    chunk_size = max(1, CHUNK_ELEMENTS // len(centers))
    for start in range(0, len(points), chunk_size):
        chunk = points[start : start + chunk_size]
        shifted = chunk - offset
        partial = half_norms - shifted @ shifted_centers.T  # half the distance less half the norm
        best = partial.argmin(axis=1)
        place = np.arange(len(chunk)), best
        reach = np.sqrt(np.sum(shifted**2, axis=1)) + largest_norm
        bound = partial[place] + 2 * relative_error * reach**2
        partial[place] = np.inf
        doubtful = np.flatnonzero(partial.min(axis=1) <= bound)
        best[doubtful] = _squared_distances(chunk[doubtful], centers).argmin(axis=1)
        labels[start : start + chunk_size] = best
    return labels


def _nearest_value(values: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.int32]:
    """One column: the two neighbours among the ascending centers decide."""
    above = np.searchsorted(centers, values).clip(1, max(1, len(centers) - 1))
    above = np.minimum(above, len(centers) - 1)
    below = np.maximum(above - 1, 0)
    is_above = np.abs(centers[above] - values) < np.abs(values - centers[below])
    labels: NDArray[np.int32] = np.where(is_above, above, below).astype(np.int32)
    return labels


def _squared_distances(points: NDArray[Any], centers: NDArray[Any]) -> NDArray[Any]:
    distances = np.zeros((len(points), len(centers)))
    for column in range(centers.shape[1]):
        distances += np.subtract.outer(points[:, column], centers[:, column]) ** 2
    return distances
