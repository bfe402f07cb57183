"""Remap: the nearest palette entry of every pixel, by way of the label of every colour."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import USUAL_GRID, Grid, Points, fine_grid, lightness_of_greys, points_coincide, working_points
from .histogram import Histogram, histogram, picture_histogram, unify_transparent
from .indices import index_dtype
from .pixels import Pixels
from .row_blocks import in_row_blocks, row_blocks
from .samples import as_samples, full_scale, is_opaque_grey, least_channels, packed
from .threads import count_threads

_LABELED_AT_ONCE = 1 << 19  # colours, whose points take three times the memory of their samples


def remap(
    pixels: Pixels,
    palette: NDArray[Any],
    *,
    color_space: str,
    effort: str,
    n_threads: int | None,
    hist: Histogram | None = None,
    labels: NDArray[np.uint16] | None = None,
    grid: Grid | None = None,
) -> NDArray[Any]:
    """Return the index of the nearest palette entry for every pixel.

    Parameters
    ----------
    pixels : Pixels
    palette : ndarray of shape (n, C)
        In the pixels' dtype, 1 to 65536 entries.
    color_space : one of `COLOR_SPACES`, or "rgba8"
        Where distances are measured. "rgba8" is the distance between the samples as they are, alpha being one of
        them, as Pillow measures it to a given palette: what fully transparent pixels hide counts, too. In the others
        all fully transparent pixels are alike; transparent stays transparent and opaque opaque where the palette has
        such entries. In all of them pixels that are not fully transparent get an entry that is not, where there is one.
    effort : {"fast", "balanced", "best"}
        "fast" gives all colours of a cell of 8 levels a channel (4 where many pixels are nearly black, 4 or one where
        that leaves too few cells) the entry that is nearest to their mean; otherwise each pixel gets its nearest.
    n_threads : int or None
        The result does not depend on it.
    hist, labels : Histogram and ndarray of shape (U,), optional
        A histogram that has all colours of the picture, and the label of each, where they are known already. Without
        effect for "rgba8".
    grid : Grid, optional
        Where distances are measured, instead of on a grid that suits the colours of the picture: so that its parts are
        alike. Colours beyond it are measured on the usual one.

    Returns
    -------
    ndarray of shape (H, W)
        uint8, or uint16 above 256 entries. Ties go to the lowest index.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.stages.remap import remap
    >>> pixels = read_pixels(np.array([[0, 99, 250]], dtype=np.uint8), channel_axis=None)
    >>> remap(pixels, np.array([[0], [255]], dtype=np.uint8), color_space="oklab", effort="balanced", n_threads=1)
    array([[0, 0, 1]], dtype=uint8)
    """
    if hist is None and effort != "fast" and len(row_blocks(*pixels.shape)) > 1:
        options: dict[str, Any] = {"color_space": color_space, "effort": effort, "grid": grid, "n_threads": n_threads}

        def block_entries(block: slice) -> NDArray[Any]:
            part = replace(pixels, samples=pixels.samples[block], values=pixels.values[block])
            return remap(part, palette, **options)

        return in_row_blocks(pixels.shape, index_dtype(len(palette)), pixels.new_array, block_entries)
    if color_space == "rgba8":
        hist, labels = histogram(pixels, one_transparent=False, n_threads=n_threads), None
    elif hist is None:
        hist = picture_histogram(pixels, n_colors=len(palette), effort=effort, n_threads=n_threads)
        labels = None
    if labels is None:
        labels = label_colors(hist.colors, palette, color_space, grid=grid, n_threads=n_threads)
        if grid is not None and grid != USUAL_GRID:
            points = working_points(hist.colors, color_space, grid=grid, n_threads=n_threads)
            beyond = np.flatnonzero((np.abs(points) >= _native.MAX_COORDINATE).any(axis=(0, 2)))
            others = label_colors(hist.colors[beyond], palette, color_space, grid=USUAL_GRID, n_threads=n_threads)
            labels[beyond] = others
    of_colors = labels.astype(index_dtype(len(palette)), copy=False)
    keys, shift, threads = hist.keys, hist.shift, count_threads(n_threads)
    transparent = hist.colors[hist.transparent][0] if color_space != "rgba8" and len(hist.transparent) else None
    del hist, labels  # of many colours: whose counts and points take more than the pixels

    def block_indices(block: slice) -> NDArray[Any]:
        samples = pixels.samples[block]
        if keys.dtype == np.float64:
            return of_colors[np.searchsorted(keys, samples[:, :, 0])]
        rows = samples.reshape(-1, pixels.n_channels)
        if transparent is not None:
            rows = unify_transparent(rows, transparent)
        return _native.remap(rows, keys, of_colors, shift, threads)

    return in_row_blocks(pixels.shape, of_colors.dtype, pixels.new_array, block_indices)


def label_colors(
    colors: NDArray[Any],
    palette: NDArray[Any],
    color_space: str,
    *,
    n_threads: int | None,
    points: Points | None = None,
    grid: Grid | None = None,
) -> NDArray[np.uint16]:
    """Return the nearest palette entry of every colour: (U, C) and (n, C) to (U,).

    A colour that is in the palette gets that entry, also where the working space cannot tell it from others. `points`
    are the working points of `colors` on the usual grid, where they are known already; `grid` is another than that
    which suits them.
    """
    if colors.shape[1] == 1:
        return _label_greys(colors, palette, color_space)
    straight = color_space == "rgba8"
    space = "srgb" if straight else color_space
    threads = count_threads(n_threads)
    if grid is None:
        grid = USUAL_GRID if straight else fine_grid(space, colors, palette, n_threads=threads)
    if points is None and len(colors) > _LABELED_AT_ONCE:
        labels = np.empty(len(colors), dtype=np.uint16)
        for start in range(0, len(colors), _LABELED_AT_ONCE):
            part = slice(start, start + _LABELED_AT_ONCE)
            labels[part] = label_colors(colors[part], palette, color_space, grid=grid, n_threads=n_threads)
        return labels
    if points is None or grid != USUAL_GRID:
        points = working_points(colors, space, straight=straight, grid=grid, n_threads=threads)
    entries = working_points(palette, space, straight=straight, grid=grid, n_threads=1)
    labels = _native.nearest_labels(points, entries, threads)
    palette_samples = as_samples(palette)
    if colors.shape[1] % 2 == 0 and not straight:
        for alpha in (0.0, 1.0):
            members = np.flatnonzero(colors[:, -1] == alpha * full_scale(colors.dtype))
            among = np.flatnonzero(palette_samples[:, -1] == alpha * full_scale(palette_samples.dtype))
            if len(members) and len(among) and len(among) < len(palette):
                nearest = _native.nearest_labels(
                    np.ascontiguousarray(points[:, members]), np.ascontiguousarray(entries[:, among]), threads
                )
                labels[members] = among[nearest]
    if colors.shape[1] % 2 == 0:  # the transparent entry is for transparent pixels
        is_visible = palette_samples[:, -1] > 0
        members = np.flatnonzero((colors[:, -1] > 0) & ~is_visible[labels])
        among = np.flatnonzero(is_visible)
        if len(members) and len(among):
            nearest = _native.nearest_labels(
                np.ascontiguousarray(points[:, members]), np.ascontiguousarray(entries[:, among]), threads
            )
            labels[members] = among[nearest]
    if palette_samples.dtype == colors.dtype and points_coincide(entries):
        label_equals(labels, colors, palette_samples)
    if not straight and least_channels(palette) == 1:  # greys get the same entry whatever they are stored as
        greys = np.flatnonzero(is_opaque_grey(colors))
        labels[greys] = _label_greys(colors[greys], palette, color_space)
    return labels


def label_equals(labels: NDArray[Any], colors: NDArray[Any], palette: NDArray[Any]) -> None:
    """Give each colour that the palette has its entry, the first of several."""
    distinct, first = np.unique(packed(palette), return_index=True)
    rows = packed(colors)
    place = np.minimum(np.searchsorted(distinct, rows), len(distinct) - 1)
    equal = distinct[place] == rows
    labels[equal] = first[place[equal]]


def _label_greys(colors: NDArray[Any], palette: NDArray[Any], color_space: str) -> NDArray[np.uint16]:
    """Nearest in lightness, by the first channel of all, ties to the lowest index."""
    space = "srgb" if color_space == "rgba8" else color_space
    values, entries = (lightness_of_greys(rows[:, 0] / full_scale(rows.dtype), space) for rows in (colors, palette))
    order = np.argsort(entries, kind="stable")
    distinct, first = np.unique(entries[order], return_index=True)
    index = order[first]  # of equal entries the lowest
    above = np.minimum(np.searchsorted(distinct, values), len(distinct) - 1)
    below = np.maximum(above - 1, 0)
    to_above, to_below = np.abs(distinct[above] - values), np.abs(distinct[below] - values)
    take_below = (to_below < to_above) | ((to_below == to_above) & (index[below] < index[above]))
    return np.where(take_below, index[below], index[above]).astype(np.uint16)
