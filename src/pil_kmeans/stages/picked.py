"""Colours picked for people: the accents of pictures, and colours that occur in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .color_space import point_rows, unscaled, working_points
from .histogram import Histogram
from .options import Search
from .palette import Palette, fit_palette, given_colors
from .remap import label_colors
from .samples import rgba_rows, to_samples, to_uint8

_CANDIDATES = 128  # so many kinds of colours are told apart, small vivid areas among them
_CANDIDATES_A_COLOR = 4
_GREY = 0.03  # chroma, of Oklab, that a grey counts as having
_ALIKE = 0.2  # distance below which two colours are the less worth having both
_LIGHTNESS, _CHROMA, _HUE = 0.4, 0.8, 2.0  # what each counts for in it: shades of one hue are alike to a designer


def accents(hist: Histogram, search: Search, *, n_colors: int, first: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pick the colours that people would name: vivid ones that differ, also of small areas, few blacks and greys.

    Of many candidates, the palette of the same pictures, one is picked after the other: that which is most vivid, times
    its alpha, times the fourth root of its share, times the square of how much it differs from all that were picked
    before. Differences of hue count most, so that the shades of one object do not take all places.

    Parameters
    ----------
    hist : Histogram
    search : Search
    n_colors : int
        Most to pick.
    first : ndarray of shape (m, 3)
        Picked already; they come first.

    Returns
    -------
    ndarray of shape (n, 3)
        uint8, distinct and opaque. Fewer than `n_colors` if there are not so many; of pictures without visible pixels
        `first` alone.

    Examples
    --------
    A red of one pixel in a hundred, in a ramp of greys:

    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram
    >>> from pil_kmeans.stages.options import Search
    >>> from pil_kmeans.stages.picked import accents
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> picture = np.arange(100, 200, dtype=np.uint8).reshape(10, 10, 1).repeat(3, axis=2)
    >>> picture[5, 5] = 255, 0, 0
    >>> hist = histogram(read_pixels(picture), n_threads=1)
    >>> search = Search("oklab", "balanced", "uniform", 0, 1, False)
    >>> accents(hist, search, n_colors=1, first=np.empty((0, 3), np.uint8)).tolist()
    [[255, 0, 0]]
    """
    candidates = fit_palette(hist, search, n_colors=max(_CANDIDATES, _CANDIDATES_A_COLOR * n_colors))
    rgba = rgba_rows(to_uint8(candidates.colors))
    shares = counts_of(hist, candidates, search) / hist.pixel_counts.sum()
    colors = np.concatenate([first, rgba[:, :3]])
    shares = np.concatenate([np.zeros(len(first)), shares])
    seen = np.concatenate([np.ones(len(first)), rgba[:, 3] / 255])
    points = unscaled(working_points(colors, "oklab", n_threads=search.n_threads), "oklab")
    lightness, a, b = points[:, 0], points[:, 1], points[:, 2]
    chroma = np.sqrt(a * a + b * b)
    worth = np.sqrt(np.sqrt(shares)) * (chroma + _GREY) * seen

    def differences(i: int) -> NDArray[np.float64]:
        """Square of how much each differs from one of them, at most 1."""
        along_chroma = (chroma - chroma[i]) ** 2
        along_hue = np.maximum((a - a[i]) ** 2 + (b - b[i]) ** 2 - along_chroma, 0)
        squares = (_LIGHTNESS * (lightness - lightness[i])) ** 2 + _CHROMA**2 * along_chroma + _HUE**2 * along_hue
        result: NDArray[np.float64] = np.minimum(squares / _ALIKE**2, 1)
        return result

    picked = list(range(len(first)))
    news = np.ones(len(colors))
    for i in picked:
        news = np.minimum(news, differences(i))
    while len(picked) < n_colors:
        i = int(np.argmax(worth * news))
        if worth[i] * news[i] == 0:
            break
        picked.append(i)
        news = np.minimum(news, differences(i))
    return colors[picked]


def occurring(hist: Histogram, palette: Palette, search: Search) -> Palette:
    """Move each entry to the nearest of its colours that occurs, of such the most frequent.

    Parameters
    ----------
    hist : Histogram
        Exact, not in cells.
    palette : Palette
        Of the same pictures. Locked entries stay as they are.
    search : Search

    Returns
    -------
    Palette
        Entries without a colour of their own stay.
    """
    labels = labels_of(hist, palette, search)
    near, entries = (
        point_rows(working_points(colors, search.color_space, n_threads=search.n_threads)).astype(np.int64)
        for colors in (hist.colors, palette.colors)
    )
    distances = np.square(near - entries[labels]).sum(axis=1)
    order = np.lexsort((-hist.pixel_counts, distances, labels))
    is_first = np.diff(labels[order], prepend=-1) != 0
    nearest = order[is_first]
    nearest = nearest[~palette.fixed[labels[nearest]]]
    colors = palette.colors.copy()
    colors[labels[nearest]] = to_samples(given_colors(hist, nearest), colors.dtype)
    return replace(palette, colors=colors, centers=colors.astype(np.float64), labels=labels)


def counts_of(hist: Histogram, palette: Palette, search: Search) -> NDArray[np.int64]:
    """Count the pixels of each entry of a palette that was fitted to the histogram."""
    sums = np.bincount(labels_of(hist, palette, search), hist.pixel_counts, minlength=len(palette.colors))
    return sums.astype(np.int64)


def labels_of(hist: Histogram, palette: Palette, search: Search) -> NDArray[Any]:
    """Return the entry of each colour of the histogram."""
    if palette.labels is not None and len(palette.labels) == len(hist):
        return palette.labels.astype(np.intp)
    labels = label_colors(hist.colors, palette.colors, search.color_space, n_threads=search.n_threads)
    return labels.astype(np.intp)


def visible_shares(hist: Histogram, colors: NDArray[np.uint8], search: Search) -> NDArray[np.float64]:
    """Return the share of each of these colours (n, 3) among visible pixels: of those like it that it is nearest to."""
    rgba = rgba_rows(to_uint8(hist.colors))
    is_visible = rgba[:, 3] > 0
    opaque = np.ascontiguousarray(rgba[is_visible, :3])
    counts = hist.pixel_counts[is_visible]
    labels = label_colors(opaque, colors, "oklab", n_threads=search.n_threads)
    near, entries = (
        unscaled(working_points(part, "oklab", n_threads=search.n_threads), "oklab") for part in (opaque, colors)
    )
    is_like = np.square(near - entries[labels]).sum(axis=1) <= _ALIKE**2
    sums = np.bincount(labels[is_like], counts[is_like], minlength=len(colors))
    shares: NDArray[np.float64] = sums / counts.sum()
    return shares
