"""K-means: nearest centers by comparing with all of them, Lloyd's step, and the optimum on a line."""

import numpy as np

CHUNK = 512  # points at a time


def squared_distances(points, centers):
    """Of every row to every center, float64: exact where coordinates are integers of 16 bits."""
    return sum(np.square(np.subtract.outer(*axis)) for axis in zip(points.T, centers.T, strict=True))


def nearest(points, centers):
    """Nearest center of every row, ties to the lowest index. Exact."""
    points, centers = np.asarray(points, np.float64), np.asarray(centers, np.float64)
    labels = np.empty(len(points), np.int64)
    for start in range(0, len(points), CHUNK):
        labels[start : start + CHUNK] = squared_distances(points[start : start + CHUNK], centers).argmin(axis=1)
    return labels


def means(points, weights, labels, k):
    """Weighted mean of each cluster, float64 (k, 4), and its weight. NaN for an empty cluster."""
    totals, sums = np.zeros(k, np.int64), np.zeros((k, points.shape[1]), np.int64)
    np.add.at(totals, labels, weights)
    np.add.at(sums, labels, points * weights[:, np.newaxis])
    with np.errstate(invalid="ignore"):
        return sums / totals[:, np.newaxis], totals


def lloyd_step(points, weights, centers, n_fixed=0):
    """Means of the points nearest to each of the rounded centers, with their weights.

    A center without points stays, and so do the first `n_fixed`.
    """
    moved, totals = means(points, weights, nearest(points, centers), len(centers))
    moves = (totals > 0) & (np.arange(len(centers)) >= n_fixed)
    return np.where(moves[:, np.newaxis], moved, centers), totals


def inertia(points, weights, centers):
    """Weighted squared distance of the points to the nearest of float centers, chunk by chunk."""
    total = 0.0
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        total += float(weights[part] @ squared_distances(points[part], centers).min(axis=1))
    return total


def interval_inertia(values, weights, starts):
    """Weighted squared distance of sorted values to the mean of their interval."""
    parts = np.split(np.arange(len(values)), starts[1:])
    return sum(one_interval_inertia(values[part], weights[part], np.zeros(len(part), bool)) for part in parts)


def one_interval_inertia(values, weights, fixed):
    """About the fixed one of the values, or else about their mean; infinite with more than one fixed."""
    if np.count_nonzero(fixed) > 1:
        return np.inf
    center = values[fixed][0] if fixed.any() else np.average(values, weights=weights)
    return float(weights @ np.square(values - center))


def least_inertia_fixed_1d(values, weights, fixed):
    """Least inertia of sorted values in 1, 2, ... n intervals with at most one fixed each, the plain way."""
    n = len(values)
    one = np.full((n + 1, n + 1), np.inf)
    for i in range(n):
        for j in range(i + 1, n + 1):
            one[i, j] = one_interval_inertia(values[i:j], weights[i:j], fixed[i:j])
    result = [one[0]]
    for _ in range(1, n):
        result.append((result[-1][:, np.newaxis] + one).min(axis=0))
    return np.array(result)[:, n]


def least_inertia_1d(values, weights):
    """Least inertia of sorted values in 1, 2, ... n intervals, by dynamic programming over the last one's start."""
    n = len(values)
    centered = values - np.average(values, weights=weights)
    w, s, q = (np.concatenate([[0], np.cumsum(weights * centered**power)]) for power in (0, 1, 2))
    first, last = np.tril_indices(n + 1, -1)[::-1]
    one = np.full((n + 1, n + 1), np.inf)  # [i, j]: of the values i to j - 1 in one interval
    one[first, last] = np.maximum(q[last] - q[first] - (s[last] - s[first]) ** 2 / (w[last] - w[first]), 0)
    best = one[0]
    result = [best[n]]
    for _ in range(1, n):
        best = (best[:, np.newaxis] + one).min(axis=0)
        result.append(best[n])
    return np.array(result)
