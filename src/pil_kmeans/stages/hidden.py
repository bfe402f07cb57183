"""Hidden: what R, G and B fully transparent pixels have, which nobody sees before a program filters or mixes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dithering.auto import Dithered
from .options import Dither, Search
from .pixels import read_pixels
from .quantize import quantize_pixels
from .samples import packed

TRANSPARENT_RGB = ("first", "clear", "keep", "bleed")

_MOST_ENTRIES = 16
_SHARE = 8  # hidden colours take at most one of so many entries, if not all can be kept


def check_transparent_rgb(transparent_rgb: Any) -> None:
    """Check the option.

    Raises
    ------
    ValueError
        If it is none of `TRANSPARENT_RGB`.
    """
    if transparent_rgb not in TRANSPARENT_RGB:
        allowed = ", ".join(map(repr, TRANSPARENT_RGB))
        raise ValueError(f"transparent_rgb must be one of {allowed}, got {transparent_rgb!r}")


def fit_with_hidden(
    fit: Callable[[int], Dithered], samples: NDArray[np.uint8], transparent_rgb: str, search: Search
) -> Callable[[int], Dithered]:
    """Let a fit have entries for what its fully transparent pixels hide.

    Parameters
    ----------
    fit : callable
        Quantizes the picture to at most so many colours, one of them for all fully transparent pixels.
    samples : ndarray of shape (H, W, C)
        The picture.
    transparent_rgb : {"first", "clear", "keep", "bleed"}
        "first": what it has. "clear": zero. "keep": what the pixels have, and "bleed": what the nearest pixel has that
        is not fully transparent, both in up to 16 entries: an eighth of all, or what exact visible colours leave.
    search : Search

    Returns
    -------
    callable
        As `fit`. The entries that are fully transparent come first.
    """
    if transparent_rgb == "first" or samples.shape[2] % 2 or not (samples[..., -1] == 0).any():
        return fit
    is_hidden = samples[..., -1] == 0
    colors = _hidden_colors(samples, is_hidden, transparent_rgb)
    n_hidden = _n_distinct(colors)
    n_visible = _n_distinct(samples[~is_hidden])

    def fitted(n_colors: int) -> Dithered:
        if n_colors == 1:  # then visible pixels have the same entry
            return fit(n_colors)
        n_entries = n_hidden
        if n_visible + n_hidden > n_colors:
            room = n_colors - n_visible  # what is visible stays exact where it can be
            n_entries = max(1, min(n_hidden, _MOST_ENTRIES, room if room > 0 else n_colors // _SHARE))
        hidden = quantize_pixels(
            read_pixels(colors[np.newaxis]),
            search,
            Dither("none", 0.0),
            n_colors=n_entries,
            fixed_colors=None,
            sample_weight=None,
            frames=None,
            to_8_bits=True,
        )
        return _joined(fit(n_colors - len(hidden.palette.colors) + 1), hidden, is_hidden)

    return fitted


def _hidden_colors(samples: NDArray[np.uint8], is_hidden: NDArray[np.bool_], transparent_rgb: str) -> NDArray[np.uint8]:
    """Return the colours (n, C - 1) that the fully transparent pixels are to have."""
    if transparent_rgb == "keep":
        return samples[is_hidden][:, :-1]
    if transparent_rgb == "clear" or is_hidden.all():
        return np.zeros((np.count_nonzero(is_hidden), samples.shape[2] - 1), np.uint8)
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(is_hidden, return_distances=False, return_indices=True)
    return samples[rows[is_hidden], columns[is_hidden], :-1]


def _n_distinct(colors: NDArray[np.uint8]) -> int:
    return len(np.unique(packed(colors)))


def _joined(fitted: Dithered, hidden: Dithered, is_hidden: NDArray[np.bool_]) -> Dithered:
    """Put the hidden entries into the place of the transparent one."""
    palette = fitted.palette
    visible = palette.colors[:, -1] > 0
    of_hidden = np.pad(hidden.palette.colors, ((0, 0), (0, 1)))
    place = np.cumsum(visible) - 1 + len(of_hidden)
    indices = place[fitted.indices]
    indices[is_hidden] = hidden.indices.ravel()
    colors = np.concatenate([of_hidden, palette.colors[visible]])
    joined = replace(
        palette,
        colors=colors,
        centers=np.concatenate([of_hidden, palette.centers[visible]]),
        labels=None,
        fixed=np.concatenate([np.zeros(len(of_hidden), np.bool_), palette.fixed[visible]]),
    )
    return Dithered(joined, indices.astype(fitted.indices.dtype), fitted.strength)


def with_hidden(samples: NDArray[np.uint8], transparent_rgb: str) -> NDArray[np.uint8]:
    """Return a picture (H, W, C) whose fully transparent pixels have in them what they are to have.

    Parameters
    ----------
    samples : ndarray of shape (H, W, C)
    transparent_rgb : {"first", "clear", "keep", "bleed"}
        As in `fit_with_hidden`, without limits of entries.
    """
    if transparent_rgb == "keep" or samples.shape[2] % 2:
        return samples
    is_hidden = samples[..., -1] == 0
    if not is_hidden.any():
        return samples
    changed = samples.copy()
    if transparent_rgb == "first":
        changed[is_hidden] = samples[is_hidden][0]
    else:
        changed[is_hidden, :-1] = _hidden_colors(samples, is_hidden, transparent_rgb)
    return changed
