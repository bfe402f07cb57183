"""Palette: from centers to distinct, used, ordered entries in the picture's own samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import (
    NO_POINTS,
    USUAL_GRID,
    Points,
    center_colors,
    fine_grid,
    greys_of_lightness,
    lightness_of_greys,
    point_rows,
    working_points,
)
from .histogram import Histogram
from .kmeans import fit_centers, optimal_centers_1d
from .locked import Locked
from .options import Search
from .remap import label_colors
from .samples import as_samples, full_scale, in_least_channels, in_more_channels, least_channels, to_samples
from .soft_alpha import settle_alpha
from .worst_block import Blocks, mend_worst_block

_NOT_OPAQUE = 254 / 255
_SAME = 1e-12  # of lightness, within which centers are the values that they are made of


@dataclass(frozen=True, eq=False)
class Palette:
    """The entries that a fit has chosen.

    Attributes
    ----------
    colors : ndarray of shape (n, C)
        Distinct, in the pictures' dtype; a fully transparent entry comes first, then the locked ones as given.
    centers : ndarray of shape (n, C)
        float64, the same unrounded, in the pictures' units.
    labels : ndarray of shape (U,) or None
        uint16, the entry of each colour of the histogram; None where they are not known.
    fixed : ndarray of shape (n,)
        bool, which entries are locked: nothing may move or drop them.
    n_iter : int
        Steps of k-means; 0 where there was nothing to search.
    """

    colors: NDArray[Any]
    centers: NDArray[np.float64]
    labels: NDArray[np.uint16] | None
    fixed: NDArray[np.bool_]
    n_iter: int

    def in_channels(self, n_channels: int) -> Palette:
        """Return the same greys with as many channels as their pictures have."""
        colors = in_more_channels(self.colors, n_channels, full_scale(self.colors.dtype))
        return replace(
            self, colors=colors, centers=in_more_channels(self.centers, n_channels, full_scale(colors.dtype))
        )


def fit_palette(
    hist: Histogram,
    search: Search,
    *,
    n_colors: int,
    fixed_colors: NDArray[Any] | None = None,
    blocks: Blocks | None = None,
) -> Palette:
    """Choose the palette of the pictures behind a histogram.

    Parameters
    ----------
    hist : Histogram
    search : Search
        Greys, with however many channels they are stored, get the optimum of their lightness in the space.
    n_colors : int
        Most entries, 1 to 65536.
    fixed_colors : ndarray of shape (m, C), optional
        Locked entries, in the pictures' dtype: distinct, at most `n_colors`, at most one fully transparent, which then
        is the entry of all such pixels. The others are fitted with them in place.
    blocks : Blocks, optional
        Of the picture that the histogram is of, for which centers are moved. Not beside locked entries.

    Returns
    -------
    Palette
        With no more distinct colours than `n_colors`, the locked ones included, exactly those. Otherwise `n_colors`
        entries, each but the locked the nearest of some colour; cells of colours may leave fewer. Fully transparent
        pixels have an entry of their own and opaque ones an opaque entry. If `n_colors` is 1, the mean of transparent
        and other pixels is between the two.

    Raises
    ------
    ValueError
        If the locked entries leave none to fully transparent or to opaque pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram
    >>> from pil_kmeans.stages.options import Search
    >>> from pil_kmeans.stages.palette import fit_palette
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> ramp = np.arange(6, dtype=np.uint8).reshape(2, 3)
    >>> hist = histogram(read_pixels(ramp, channel_axis=None), n_threads=1)
    >>> fit_palette(hist, Search("srgb", "balanced", "uniform", 0, 1, False), n_colors=2).centers.tolist()
    [[1.0], [4.0]]
    """
    n_channels = least_common_channels(hist.least_channels, hist.n_channels, fixed_colors)
    if n_channels < hist.n_channels:
        fixed = None if fixed_colors is None else in_least_channels(fixed_colors, n_channels)
        greys = fit_palette(hist.in_channels(n_channels), search, n_colors=n_colors, fixed_colors=fixed)
        return greys.in_channels(hist.n_channels)
    color_space, n_threads = search.color_space, search.n_threads
    locked = Locked.among(hist, fixed_colors, n_colors)
    free = n_colors - len(locked.colors)
    if len(hist) - len(locked.there) <= free:
        return _all_colors(hist, locked)
    if hist.n_channels == 1:
        return _grey_palette(hist, n_colors, locked, color_space)
    grid = USUAL_GRID
    if hist.bits == 16:
        grid = fine_grid(color_space, hist.colors, locked.samples, n_threads=n_threads)
    points = working_points(hist.colors, color_space, grid=grid, n_threads=n_threads)
    transparent = hist.transparent if n_colors > 1 else hist.transparent[:0]
    left_out = [locked.there, transparent]  # what is locked already has no part in the fit
    if hist.counts.dtype.kind == "f":  # only weights may be zero
        left_out.append(np.flatnonzero(hist.weights == 0))
    keys, fit_points, weights = hist.keys, points, hist.weights
    if any(map(len, left_out)):
        fitted = _others(hist, *left_out)
        keys, fit_points, weights = keys[fitted], np.ascontiguousarray(points[:, fitted]), weights[fitted]
    if len(locked.there):
        transparent = np.setdiff1d(transparent, locked.there)
    free -= len(transparent)
    fixed = NO_POINTS
    if len(locked.colors):
        fixed = working_points(locked.visible, color_space, grid=grid, n_threads=1)
    is_exact, n_iter = len(keys) <= free, 0  # only if some are left out
    if is_exact:
        centers = point_rows(fit_points).astype(np.float64)
    elif free == 0:
        centers = np.empty((0, 4))
    else:
        result = fit_centers(keys, fit_points, weights, search, n_colors=free, fixed=fixed)
        if blocks is not None and len(locked.colors) == 0:
            result = mend_worst_block(result, blocks, search, grid)
        centers, n_iter = result.centers[result.weights > 0], result.n_iter
    is_opaque = np.zeros(len(centers), dtype=np.bool_)
    if hist.n_channels % 2 == 0:
        visible: Any = _others(hist, locked.there, hist.transparent)
        if len(visible) == len(hist):
            visible = slice(None)  # without copies
        centers, is_opaque = settle_alpha(
            centers,
            np.ascontiguousarray(points[:, visible]),
            hist.weights[visible],
            hist.colors[visible, -1] == full_scale(hist.colors.dtype),
            fixed=fixed,
            is_fixed_opaque=locked.samples[locked.samples[:, -1] > 0, -1] == full_scale(locked.samples.dtype),
            alpha_scale=_native.alpha_scale(color_space) * grid.zoom,
            n_threads=n_threads,
        )
    chosen = given_colors(hist, fitted) if is_exact else center_colors(centers, hist.n_channels, color_space, grid)
    if hist.n_channels % 2 == 0:
        chosen[:, -1] = np.where(is_opaque, 1.0, np.maximum(chosen[:, -1], 1 / full_scale(hist.colors.dtype)))
        if n_colors == 1 and len(hist.transparent):  # which have no other entry
            chosen[:, -1] = np.minimum(chosen[:, -1], _NOT_OPAQUE)
        chosen = np.concatenate([given_colors(hist, transparent), chosen])
    known = points if grid == USUAL_GRID else None
    return _distinct_and_used(chosen, hist, known, n_colors, locked, color_space, n_iter, n_threads)


def _all_colors(hist: Histogram, locked: Locked) -> Palette:
    """Every colour its own entry."""
    colors = hist.colors if hist.exact is None else hist.exact
    if hist.dtype == np.bool_:
        colors = colors > 127
    others = _others(hist, locked.there)
    entries = np.concatenate([locked.colors, colors[others].astype(hist.dtype)])
    fixed = np.arange(len(entries)) < len(locked.colors)
    order = _transparent_first(entries)
    place = np.argsort(order)
    labels = np.empty(len(hist), dtype=np.intp)
    labels[locked.there] = locked.label
    labels[others] = np.arange(len(locked.colors), len(entries))
    entries = entries[order]
    return Palette(entries, entries.astype(np.float64), place[labels].astype(np.uint16), fixed[order], 0)


def _others(hist: Histogram, *left_out: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where the colours are that are not left out."""
    is_other = np.ones(len(hist), dtype=np.bool_)
    for part in left_out:
        is_other[part] = False
    return np.flatnonzero(is_other)


def given_colors(hist: Histogram, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return some of the colours as the pictures have them, in [0, 1]."""
    colors = hist.colors if hist.exact is None else hist.exact
    return colors[chosen] / full_scale(colors.dtype)


def least_common_channels(least: int, n_channels: int, fixed_colors: NDArray[Any] | None) -> int:
    """Return how many channels hold pictures that need `least` of the `n_channels` they have, and their locked colours.

    Greys, and those locked with them, need 1 or 2; all others what they have.
    """
    if least == n_channels or fixed_colors is None or len(fixed_colors) == 0:
        return least
    of_fixed = least_channels(fixed_colors)
    return n_channels if max(least, of_fixed) > 2 else max(least, of_fixed)


def _grey_palette(hist: Histogram, n_colors: int, locked: Locked, color_space: str) -> Palette:
    weighted = np.flatnonzero(hist.weights)
    full = full_scale(hist.colors.dtype)
    values = hist.colors[weighted, 0] / full
    fixed = (locked.colors if hist.keys.dtype == np.float64 else locked.samples)[:, 0] / full
    lightness, place = np.unique(lightness_of_greys(values, color_space), return_inverse=True)  # floats may coincide
    weights = np.bincount(place, hist.weights[weighted])
    centers = optimal_centers_1d(lightness, weights, n_colors - len(fixed), lightness_of_greys(fixed, color_space))
    chosen = greys_of_lightness(centers, color_space)
    # What is one of the values is just that.
    nearest = np.minimum(np.searchsorted(lightness, centers - _SAME), len(lightness) - 1)
    is_value = np.abs(lightness[nearest] - centers) <= _SAME
    chosen[is_value] = values[np.searchsorted(place, nearest[is_value])]
    return _distinct_and_used(chosen[:, np.newaxis], hist, None, n_colors, locked, color_space, 1, 1)


def _distinct_and_used(
    chosen: NDArray[np.float64],
    hist: Histogram,
    points: Points | None,
    n_colors: int,
    locked: Locked,
    color_space: str,
    n_iter: int,
    n_threads: int | None,
) -> Palette:
    """Round the chosen colours; merge equal entries, drop unused ones, and give their places to the worst colours.

    A colour that gets a place is then the entry's own, which stays used; so it ends with no place left or with an entry
    for every colour. Cells of several colours need not be nearest to their rounded mean: none gets a place twice.
    """
    entries = np.concatenate([locked.colors, to_samples(chosen, hist.dtype)])
    centers = np.concatenate([locked.colors.astype(np.float64), chosen * full_scale(hist.dtype)])
    fixed = np.arange(len(entries)) < len(locked.colors)
    tried = locked.there
    while True:
        if hist.n_channels != 3:
            order = _fixed_then_ascending(entries, fixed) if hist.n_channels == 1 else _transparent_first(entries)
            entries, centers, fixed = entries[order], centers[order], fixed[order]
        labels = label_colors(hist.colors, entries, color_space, points=points, n_threads=n_threads)
        used = _native.used_labels(labels, len(entries)) | fixed  # of equal entries only the first is
        if not used.all():
            labels = (np.cumsum(used) - 1).astype(np.uint16)[labels]
            entries, centers, fixed = entries[used], centers[used], fixed[used]
        free = n_colors - len(entries)
        if free == 0:
            break
        worst = _worst_colors(hist, entries, labels, tried, free)
        if len(worst) == 0:
            break
        tried = np.concatenate([tried, worst])
        added = given_colors(hist, worst)
        centers = np.concatenate([centers, added * full_scale(hist.dtype)])
        entries = np.concatenate([entries, to_samples(added, hist.dtype)])
        fixed = np.concatenate([fixed, np.zeros(len(added), dtype=np.bool_)])
    return Palette(entries, centers, labels, fixed, n_iter)


def _worst_colors(
    hist: Histogram, entries: NDArray[Any], labels: NDArray[np.uint16], tried: NDArray[np.intp], n: int
) -> NDArray[np.intp]:
    """Return at most n colours not tried that no entry equals, those with the largest weighted error first."""
    if hist.cell_colors is None:
        colors, places = hist.colors, as_samples(entries) if hist.colors.dtype != np.float64 else entries
        equal = None
    else:  # what is rounded to an entry equals it
        colors, places = hist.colors / full_scale(hist.colors.dtype), entries / full_scale(entries.dtype)
        equal = (to_samples(colors, hist.dtype) == entries[labels]).all(axis=1)
    error = np.zeros(len(colors))
    for channel in range(colors.shape[1]):  # channel by channel: long rows are many times as fast as short ones
        column = colors[:, channel].astype(np.float64)
        error += np.square(column - places[:, channel].astype(np.float64)[labels])
    is_away = error > 0 if equal is None else ~equal
    is_away[tried] = False
    away = np.flatnonzero(is_away)
    error = error[away]
    score = error * hist.weights[away]
    if len(away) > n:
        likely = score >= np.partition(score, len(score) - n)[len(score) - n]
        away, error, score = away[likely], error[likely], score[likely]
    return away[np.lexsort((-error, -score))[:n]]


def _transparent_first(colors: NDArray[Any]) -> NDArray[np.intp]:
    if colors.shape[1] % 2:
        return np.arange(len(colors))
    return np.argsort(colors[:, -1] > 0, kind="stable")


def _fixed_then_ascending(values: NDArray[Any], fixed: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.argsort(np.where(fixed, -np.inf, values[:, 0]), kind="stable")
