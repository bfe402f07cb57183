"""Palette: from centers to distinct, used, ordered entries in the picture's own samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import Points, center_colors, full_scale, working_points
from .histogram import Histogram
from .kmeans import fit_centers, optimal_centers_1d
from .remap import label_colors

_MAX_POINTS = 1 << 21  # distinct colours above which the fit works on finer cells


@dataclass(frozen=True, eq=False)
class Palette:
    """The entries that a fit has chosen.

    Attributes
    ----------
    colors : ndarray of shape (n, C)
        Distinct, in the pictures' dtype; a fully transparent entry comes first.
    centers : ndarray of shape (n, C)
        float64, the same unrounded, in the pictures' units.
    labels : ndarray of shape (U,)
        uint16, the entry of each colour of the histogram.
    n_iter : int
        Steps of k-means; 0 where there was nothing to search.
    """

    colors: NDArray[Any]
    centers: NDArray[np.float64]
    labels: NDArray[np.uint16]
    n_iter: int


def fit_palette(
    hist: Histogram,
    *,
    n_colors: int,
    color_space: str = "oklab",
    effort: str = "balanced",
    random_state: int = 0,
    n_threads: int | None = None,
) -> Palette:
    """Choose the palette of the pictures behind a histogram.

    Parameters
    ----------
    hist : Histogram
    n_colors : int
        Most entries, 1 to 65536.
    color_space : {"oklab", "cielab", "linear", "srgb"}
        Where distances are measured; see `color_space.working_points`. A picture of one channel gets the optimum over
        its stored values in every space.
    effort : {"fast", "balanced", "best"}
    random_state : int, default=0
    n_threads : int, optional

    Returns
    -------
    Palette
        With no more distinct colours than `n_colors`, exactly those. Otherwise `n_colors` entries, each the nearest
        of some colour.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram
    >>> from pil_kmeans.stages.palette import fit_palette
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> ramp = np.arange(6, dtype=np.uint8).reshape(2, 3)
    >>> fit_palette(histogram(read_pixels(ramp, channel_axis=None)), n_colors=2).centers.tolist()
    [[1.0], [4.0]]
    """
    if len(hist) <= n_colors:
        return _all_colors(hist)
    if hist.n_channels == 1:
        return _grey_palette(hist, n_colors)
    colors, n_channels = hist.colors, hist.n_channels
    weighted = np.flatnonzero(hist.counts > 0)
    transparent = np.zeros(0, dtype=np.intp)
    if n_channels % 2 == 0 and n_colors > 1:
        transparent = np.flatnonzero(colors[:, -1] == 0)
        weighted = weighted[~np.isin(weighted, transparent)]
    free = n_colors - len(transparent)
    points = working_points(colors, color_space, n_threads=n_threads)
    if len(weighted) == len(hist):
        keys, fit_points, counts = hist.keys, points, hist.counts
    else:
        keys, fit_points, counts = hist.keys[weighted], np.ascontiguousarray(points[:, weighted]), hist.counts[weighted]
    if len(keys) > _MAX_POINTS:
        keys, fit_points, counts = _finer_cells(keys, fit_points, counts)
    if len(keys) <= free:
        chosen, n_iter = colors[weighted].astype(np.float64) / full_scale(colors.dtype), 0
    else:
        result = fit_centers(
            keys,
            fit_points,
            counts,
            n_colors=free,
            effort=effort,
            random_state=random_state,
            n_threads=n_threads,
        )
        used = result.weights > 0
        chosen, n_iter = center_colors(result.centers[used], n_channels, color_space), result.n_iter
    if n_channels % 2 == 0:
        chosen = _settle_alpha(chosen, colors[weighted], hist.counts[weighted], color_space, n_threads)
    if len(transparent):
        chosen = np.concatenate([colors[transparent] / full_scale(colors.dtype), chosen])
    return _distinct_and_used(chosen, hist, points, n_colors, color_space, n_iter, n_threads)


def to_samples(colors: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return colours in [0, 1] as samples of a dtype, rounded to the nearest."""
    if dtype.kind == "f":
        return colors.astype(dtype)
    return np.rint(colors * full_scale(dtype)).astype(dtype)


def _all_colors(hist: Histogram) -> Palette:
    """Every colour its own entry, transparent first."""
    colors = hist.exact if hist.exact is not None else hist.colors
    if hist.dtype == np.bool_:
        colors = colors > 127
    order = _transparent_first(colors)
    labels = np.empty(len(order), dtype=np.uint16)
    labels[order] = np.arange(len(order))
    entries = colors[order].astype(hist.dtype)
    return Palette(entries, entries.astype(np.float64), labels, 0)


def _grey_palette(hist: Histogram, n_colors: int) -> Palette:
    values = hist.colors[:, 0].astype(np.float64)
    weighted = hist.counts > 0
    n = min(n_colors, int(np.count_nonzero(weighted)))
    centers = optimal_centers_1d(values[weighted], hist.counts[weighted], n)
    chosen = centers / (255.0 if hist.dtype == np.bool_ else full_scale(hist.dtype))
    return _distinct_and_used(chosen[:, np.newaxis], hist, None, n_colors, "srgb", 1, None)


def _distinct_and_used(
    chosen: NDArray[np.float64],
    hist: Histogram,
    points: Points | None,
    n_colors: int,
    color_space: str,
    n_iter: int,
    n_threads: int | None,
) -> Palette:
    """Round the chosen colours; merge equal entries, drop unused ones, and give their places to the worst colours."""
    full = full_scale(hist.dtype)
    entries = to_samples(chosen, hist.dtype)
    samples = hist.colors
    while True:
        _, first = np.unique(entries, axis=0, return_index=True)
        kept = np.sort(first)
        entries, chosen = entries[kept], chosen[kept]
        labels = label_colors(samples, entries, color_space, points=points, n_threads=n_threads)
        used = np.bincount(labels, minlength=len(entries)) > 0
        free = n_colors - int(np.count_nonzero(used))
        if not used.all():
            labels = (np.cumsum(used) - 1).astype(np.uint16)[labels]
            entries, chosen = entries[used], chosen[used]
        if free == 0:
            break
        worst = _worst_colors(hist, entries, labels, free)
        if len(worst) == 0:
            break
        colors = (hist.exact if hist.exact is not None else samples)[worst]
        added = colors.astype(np.float64) / full_scale(colors.dtype)
        chosen = np.concatenate([chosen, added])
        entries = np.concatenate([entries, to_samples(added, hist.dtype)])
    order = _transparent_first(entries)
    if (order[1:] < order[:-1]).any():
        place = np.empty(len(order), dtype=np.uint16)
        place[order] = np.arange(len(order))
        labels, entries, chosen = place[labels], entries[order], chosen[order]
    return Palette(entries, chosen * full, labels, n_iter)


def _worst_colors(hist: Histogram, entries: NDArray[Any], labels: NDArray[np.uint16], n: int) -> NDArray[np.intp]:
    """Return at most n colours that no entry equals, those with the largest weighted error first."""
    colors = hist.colors.astype(np.float64) / full_scale(hist.colors.dtype)
    rounded = to_samples(colors, hist.dtype)
    away = np.flatnonzero((rounded != entries[labels]).any(axis=1))
    error = np.square(colors[away] - entries[labels[away]] / full_scale(hist.dtype)).sum(axis=1)
    worst = away[np.argsort(-error * (hist.counts[away] + 1e-6), kind="stable")]
    _, first = np.unique(rounded[worst[: 4 * n]], axis=0, return_index=True)
    return worst[np.sort(first)[:n]]


def _transparent_first(colors: NDArray[Any]) -> NDArray[np.intp]:
    if colors.shape[1] % 2:
        return np.arange(len(colors))
    return np.argsort(colors[:, -1] > 0, kind="stable")


def _settle_alpha(
    chosen: NDArray[np.float64],
    colors: NDArray[Any],
    counts: NDArray[np.int64],
    color_space: str,
    n_threads: int | None,
) -> NDArray[np.float64]:
    """Make entries that mostly stand for opaque colours opaque; keep the others visible."""
    full = full_scale(colors.dtype)
    opaque = colors[:, -1] == full
    visible = chosen.copy()
    visible[:, -1] = np.maximum(visible[:, -1], 1 / full)
    if not opaque.any():
        return visible
    points = working_points(colors, color_space, n_threads=n_threads)
    labels = _native.nearest_labels(points, working_points(chosen, color_space), 1)
    weights = counts.astype(np.float64)
    opaque_weight = np.bincount(labels, weights * opaque, minlength=len(chosen))
    total = np.bincount(labels, weights, minlength=len(chosen))
    mostly = opaque_weight * 2 > total
    if not mostly.any():
        mostly[opaque_weight.argmax()] = True
    visible[mostly, -1] = 1.0
    return visible


def _finer_cells(
    keys: NDArray[np.uint64], points: Points, counts: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], Points, NDArray[np.int64]]:
    """Merge colours into cells, as small as keep their number within bounds."""
    shift = 0
    while True:
        shift += 1
        cells = keys >> np.uint64(shift)
        starts = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
        if len(starts) <= _MAX_POINTS:
            break
    weights = np.add.reduceat(counts, starts)
    sums = np.add.reduceat(points.astype(np.int64) * counts[:, np.newaxis], starts, axis=1)
    means = np.rint(sums / weights[:, np.newaxis]).astype(np.int16)
    return cells[starts], means, weights
