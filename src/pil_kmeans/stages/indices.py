"""Indices: the entry of a palette that each pixel has, and palettes whose entries become fewer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .samples import rgba_rows, to_uint8

INDEX_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16))
MAX_COLORS: int = _native.MAX_COLORS
MAX_BYTE_COLORS: int = _native.MAX_BYTE_COLORS  # what a P image, a palette PNG or a GIF can hold


def index_dtype(n_colors: int) -> np.dtype[Any]:
    """uint8 up to 256 colours, uint16 above."""
    return INDEX_DTYPES[n_colors > MAX_BYTE_COLORS]


def round_to_8_bits(indices: NDArray[Any], palette: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Round the palette to 8 bits: entries that become equal, or invisible, become one."""
    if palette.dtype == np.uint8:
        return indices, palette
    rounded = to_uint8(palette)
    if rounded.shape[1] in (2, 4):
        invisible = np.flatnonzero(rounded[:, -1] == 0)
        rounded[invisible] = rounded[invisible[:1]]
    keep, new_row = distinct_rows(rgba_rows(rounded))
    return new_row.astype(index_dtype(len(keep)))[indices], rounded[keep]


def distinct_rows(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each colour, in their order, and for every row its place among those."""
    packed = rgba.view(np.uint32)[:, 0]
    _, first, group = np.unique(packed, return_index=True, return_inverse=True)
    keep = np.sort(first)
    return keep, np.searchsorted(keep, first)[group]
