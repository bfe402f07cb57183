"""K-means: nearest centers by comparing with all of them, Lloyd's step, and the optimum on a line."""

import numpy as np


def nearest(points, centers):
    """Nearest center of every row, ties to the lowest index. Exact: int64."""
    points, centers = np.asarray(points, np.int64), np.asarray(centers, np.int64)
    labels = np.empty(len(points), np.int64)
    for start in range(0, len(points), 512):
        difference = points[start : start + 512, np.newaxis] - centers
        labels[start : start + 512] = np.square(difference).sum(axis=2).argmin(axis=1)
    return labels


def means(points, weights, labels, k):
    """Weighted mean of each cluster, float64 (k, 4), and its weight. NaN for an empty cluster."""
    totals, sums = np.zeros(k, np.int64), np.zeros((k, points.shape[1]), np.int64)
    np.add.at(totals, labels, weights)
    np.add.at(sums, labels, points * weights[:, np.newaxis])
    with np.errstate(invalid="ignore"):
        return sums / totals[:, np.newaxis], totals


def lloyd_step(points, weights, centers):
    """Means of the points nearest to each of the rounded centers; a center without points stays. With their weights."""
    moved, totals = means(points, weights, nearest(points, centers), len(centers))
    return np.where(totals[:, np.newaxis] > 0, moved, centers), totals


def inertia(points, weights, centers):
    """Weighted squared distance of the points to the nearest of float centers, chunk by chunk."""
    total = 0.0
    for start in range(0, len(points), 512):
        difference = points[start : start + 512, np.newaxis] - centers
        total += float(weights[start : start + 512] @ np.square(difference).sum(axis=2).min(axis=1))
    return total


def interval_inertia(values, weights, starts):
    """Weighted squared distance of sorted values to the mean of their interval."""
    total = 0.0
    for part in np.split(np.arange(len(values)), starts[1:]):
        mean = np.average(values[part], weights=weights[part])
        total += float(weights[part] @ np.square(values[part] - mean))
    return total


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
