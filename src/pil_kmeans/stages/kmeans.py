"""K-means: from weighted colours to centers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import NO_POINTS, Points, fine_grid, lightness_of_greys, points_coincide, unscaled, working_points
from .histogram import Histogram, integer_weights, places
from .indices import MAX_COLORS
from .matrix_nearest import nearest
from .options import Search
from .samples import as_samples, full_scale
from .threads import count_threads


@dataclass(frozen=True)
class Effort:
    """How much work a fit does, in counts, never in time.

    Attributes
    ----------
    stages : tuple of (cells, fewest, steps, rounds)
        From coarse to fine: the most cells of colours for each center, 0 for all colours, but `fewest` at least;
        Lloyd's steps at first; rounds of the search for better places then.
    most_searched : int
        More centers than this are not searched: so few swaps among them would not show.
    trials : int
        Removals and insertions of a center tried in each round.
    neighbors : int
        Centers around each that move with it.
    relax_steps, settle_steps : int
        Lloyd's steps of a trial, and of all centers after a round.
    tolerance : float
        Steps end when the inertia falls by less than this share of itself.
    """

    stages: tuple[tuple[int, int, int, int], ...]
    most_searched: int
    trials: int
    neighbors: int
    relax_steps: int
    settle_steps: int
    tolerance: float


EFFORTS = {
    "fast": Effort(((16, 2048, 2, 1), (96, 24576, 2, 0)), 128, 8, 4, 2, 1, 1e-3),
    "balanced": Effort(((16, 4096, 4, 0), (128, 4096, 3, 4), (512, 16384, 4, 0)), 8192, 20, 6, 2, 2, 5e-4),
    "best": Effort(((64, 4096, 8, 0), (256, 4096, 8, 8), (0, 0, 20, 0)), 8192, 48, 12, 4, 3, 1e-4),
}


@dataclass(frozen=True, eq=False)
class KMeansResult:
    """Centers in working units.

    Attributes
    ----------
    centers : ndarray of shape (k, 4)
        float64, the unrounded means.
    weights : ndarray of shape (k,)
        float64, what each center stands for.
    n_iter : int
        Lloyd's steps over the finest points or cells.
    """

    centers: NDArray[np.float64]
    weights: NDArray[np.float64]
    n_iter: int


def fit_centers(
    keys: NDArray[np.uint64],
    points: Points,
    counts: NDArray[np.int64],
    search: Search,
    *,
    n_colors: int,
    fixed: Points | None = None,
) -> KMeansResult:
    """Return centers that minimise the weighted squared distance of points to the nearest of them.

    Parameters
    ----------
    keys : ndarray of shape (n,)
        Ascending Morton keys: the order makes near points neighbours, their common prefixes make cells.
    points : ndarray of shape (2, n, 2)
        int16, see `color_space.working_points`.
    counts : ndarray of shape (n,)
        int64, positive, below 2**48 together.
    search : Search
        Its color space is that of the points already.
    n_colors : int
        1 to n.
    fixed : ndarray of shape (2, m, 2), optional
        Centers that are there besides, and stay where they are: points that are nearest to one of them are its own.
        With `n_colors` at most 65536 together.

    Returns
    -------
    KMeansResult
        At most `n_colors` centers, without the fixed ones; fewer where points coincide.
    """
    if fixed is None:
        fixed = NO_POINTS
    centers, weights, _, n_iter = _native.fit_centers(
        keys,
        points,
        counts,
        fixed,
        n_colors,
        **vars(EFFORTS[search.effort]),
        seed=search.random_state,
        n_threads=count_threads(search.n_threads),
    )
    n_fixed = fixed.shape[1]
    return KMeansResult(centers[n_fixed:], weights[n_fixed:], n_iter)


def optimal_centers_1d(
    values: NDArray[np.float64], counts: NDArray[Any], n_colors: int, fixed: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the centers of the partition of sorted values that has the least inertia of all.

    Parameters
    ----------
    values : ndarray of shape (U,)
        float64, ascending and distinct. Above 65536 of them, values are first binned to 1 / 65536 of their range.
    counts : ndarray of shape (U,)
        Positive weights.
    n_colors : int
        0 to the number of values that are not fixed; 1 at least without any.
    fixed : ndarray of shape (m,), optional
        float64 centers that are there besides, distinct, whether or not they are among the values.

    Returns
    -------
    ndarray of shape (n,)
        float64 means of the intervals, ascending, without the fixed; n is `n_colors`, unless binning left fewer values.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.kmeans import optimal_centers_1d
    >>> optimal_centers_1d(np.array([0.0, 1.0, 10.0]), np.array([1, 1, 1]), 2)
    array([ 0.5, 10. ])
    """
    weights = np.asarray(counts, dtype=np.float64)
    if len(values) > MAX_COLORS:
        low, span = values[0], values[-1] - values[0]
        bins = np.minimum(((values - low) * (MAX_COLORS / span)).astype(np.int64), MAX_COLORS - 1)
        starts = np.flatnonzero(np.concatenate([[True], bins[1:] != bins[:-1]]))
        sums = np.add.reduceat(weights * (values - low), starts)
        weights = np.add.reduceat(weights, starts)
        values = low + sums / weights
    is_fixed = np.zeros(len(values), dtype=np.bool_)
    if fixed is not None:
        added = np.setdiff1d(fixed, values)
        place = np.searchsorted(values, added)
        values, weights = np.insert(values, place, added), np.insert(weights, place, 0)
        is_fixed = np.isin(values, fixed)
    n_intervals = min(n_colors + int(np.count_nonzero(is_fixed)), len(values))
    starts = _native.optimal_intervals(np.ascontiguousarray(values), weights, is_fixed, n_intervals)
    is_free = ~np.logical_or.reduceat(is_fixed, starts)
    sums = np.add.reduceat(weights * (values - values[0]), starts)[is_free]
    centers: NDArray[np.float64] = values[0] + sums / np.add.reduceat(weights, starts)[is_free]
    return centers


def fit_centers_matrix(
    points: NDArray[np.float64],
    counts: NDArray[Any],
    n_colors: int,
    search: Search,
) -> tuple[NDArray[np.float64], int]:
    """Return centers of the weighted rows of a matrix of two to four columns.

    Parameters
    ----------
    points : ndarray of shape (U, d)
        float64, any finite range, d from 2 to 4. The search sees them to 1 / 65535 of the widest column's range; the
        centers are means of the rows themselves.
    counts : ndarray of shape (U,)
        Positive weights.
    n_colors : int
        1 to U.
    search : Search
        Without effect of its color space.

    Returns
    -------
    centers : ndarray of shape (n, d)
        float64; n is at most `n_colors`.
    n_iter : int
    """
    threads = count_threads(search.n_threads)
    low = points.min(axis=0)
    span = float((points - low).max()) or 1.0
    grid = np.rint((points - low) * (65535 / span)).astype(np.uint16, order="C")
    weights = np.asarray(counts, dtype=np.float64)
    keys, _ = _native.histogram(grid, threads)
    key_weights = np.bincount(places(grid, keys, threads), weights)
    result = fit_centers(
        keys,
        _grid_points(_native.key_colors_uint16(keys, points.shape[1])),
        integer_weights(key_weights),
        search,
        n_colors=min(n_colors, len(keys)),
    )
    labels = nearest_centers(_grid_points(grid), result.centers, search.n_threads)
    totals = np.bincount(labels, weights)
    used = np.flatnonzero(totals)
    means = [np.bincount(labels, weights * column)[used] / totals[used] for column in (points - low).T]
    return low + np.stack(means, axis=1), result.n_iter


def nearest_centers(points: Points, centers: NDArray[np.float64], n_threads: int | None) -> NDArray[np.uint16]:
    """Return the label of each point (2, n, 2): the nearest of centers (k, 4), each to the nearest whole number."""
    rounded = np.rint(centers).astype(np.int16).reshape(-1, 2, 2).transpose(1, 0, 2)
    return _native.nearest_labels(points, np.ascontiguousarray(rounded), count_threads(n_threads))


def _grid_points(grid: NDArray[np.uint16]) -> Points:
    points = np.zeros((2, len(grid), 2), dtype=np.int16)
    for c in range(grid.shape[1]):
        points[c // 2, :, c % 2] = (grid[:, c] >> 2).astype(np.int16) - _native.MAX_COORDINATE
    return points


def inertia(hist: Histogram, centers: NDArray[np.float64], color_space: str, n_threads: int | None) -> float:
    """Return the sum of weighted squared distances of colours to the nearest center.

    Parameters
    ----------
    hist : Histogram
    centers : ndarray of shape (n, C)
        float64, unrounded, in the pictures' own units.
    color_space : one of `COLOR_SPACES`
        Where distances are measured, in its units: Oklab as L, a, b; sRGB in the pictures' own units. Those of pictures
        of one channel are of one coordinate: the lightness, or one of three that are equal.

    Returns
    -------
    float
        0 where every colour is a center. In several channels the nearest center is the one on the working grid, and
        so the result up to 1e-6 of itself too large; outside of sRGB distances are measured on that grid.
    """
    full = full_scale(hist.dtype)
    if hist.exact is not None:
        colors = hist.exact.astype(np.float64)
    else:
        colors = hist.colors / (full_scale(hist.colors.dtype) / full)
    if hist.n_channels == 1:
        values, ascending = (
            lightness_of_greys(greys, color_space)[:, np.newaxis]
            for greys in (colors[:, 0] / full, np.sort(centers[:, 0]) / full)
        )
        unit = full / 255 if color_space == "srgb" else 1.0  # the pictures' own
        away = (values - ascending[nearest(values, ascending)])[:, 0] * unit
        return float((hist.shares * np.square(away)).sum())
    center_samples = as_samples(centers / full)
    grid = fine_grid(color_space, hist.colors, center_samples, n_threads=n_threads)
    points = working_points(hist.colors, color_space, grid=grid, n_threads=n_threads)
    center_points = working_points(center_samples, color_space, grid=grid, n_threads=1)
    labels: NDArray[Any] = _native.nearest_labels(points, center_points, count_threads(n_threads))
    if color_space == "srgb":
        rows, center_rows = _srgb_rows(colors, full), _srgb_rows(centers, full)
        if points_coincide(center_points):
            labels = nearest(rows, center_rows)
    else:
        rows, center_rows = unscaled(points, color_space, grid), unscaled(center_points, color_space, grid)
    return float((hist.shares * np.square(rows - center_rows[labels]).sum(axis=1)).sum())


def _srgb_rows(colors: NDArray[np.float64], full: float) -> NDArray[np.float64]:
    """Colours in sRGB as rows of four, as `color_space.working_points` makes them but not rounded."""
    n_channels = colors.shape[1]
    rows = np.zeros((len(colors), 4))
    rows[:, :3] = colors[:, : 3 if n_channels > 2 else 1]
    if n_channels % 2 == 0:
        alpha = colors[:, -1:] / full
        rows[:, :3] = (rows[:, :3] - np.array(_native.mean_background("srgb")) * (full / 255)) * alpha
        rows[:, 3:] = alpha * (_native.alpha_scale("srgb") / _native.scale("srgb") * (full / 255))
    return rows
