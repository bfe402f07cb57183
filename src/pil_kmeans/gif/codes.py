"""Codes: the symbols of a rectangle as LZW, without loss."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.indices import MAX_BYTE_COLORS
from .blocks import symbol_bits

_PATHS = 16  # strings of the dictionary that are followed at a time
_ENDS = 3  # of which the one is taken that the next goes best with
_KEPT, _MUST_CHANGE = -1.0, -1.0  # weights


class Coded(NamedTuple):
    """LZW codes, the bits of a symbol, and the symbol that leaves pixels as they are, None without."""

    codes: bytes
    symbol_bits: int
    transparent: int | None


def exact_codes(entries: NDArray[np.int16], before: NDArray[np.int16], *, names_transparent: bool) -> Coded:
    """Code what a rectangle is to show.

    Parameters
    ----------
    entries, before : ndarray of shape (H, W)
        int16, the entries that pixels are to show, and those that they show before; -1 for nothing, where that must be
        so before.
    names_transparent : bool
        Whether there must be a symbol that shows nothing, though no pixel may have it: readers clear by it.

    Returns
    -------
    Coded
    """
    stays = entries == before
    must_stay = entries < 0
    used = np.bincount(entries[~stays], minlength=MAX_BYTE_COLORS)
    transparent: int | None = int(used.argmin())  # the first that no pixel needs
    if used[transparent] or not (names_transparent or stays.any()):
        transparent = None
        stays = np.zeros_like(stays)
    bits = symbol_bits(max(int(np.flatnonzero(used)[-1]) if used.any() else 0, transparent or 0))
    guess = entries.astype(np.uint8)
    if transparent is not None:  # of two symbols that show the same, one may be out of reach
        guess[stays & ((entries >> bits != 0) | (entries == transparent))] = transparent
    n = entries.size
    points = np.zeros((2, n, 2), np.int16)
    _, codes = _native.search_lzw(
        points=points,
        width=entries.shape[1],
        weights=np.full(n, _KEPT, np.float32),
        guess=guess.ravel(),
        shown=points,
        shown_entry=np.zeros(n, np.uint8),
        stay_weights=np.where(stays & ~must_stay, 0, _MUST_CHANGE).astype(np.float32).ravel(),
        entries=np.zeros((2, 1, 2), np.int16),
        transparent=-1 if transparent is None else transparent,
        symbol_bits=bits,
        feedback=0,
        n_paths=_PATHS,
        n_ends=_ENDS,
    )
    return Coded(codes.tobytes(), bits, transparent)
