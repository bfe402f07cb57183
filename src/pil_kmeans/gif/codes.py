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
    """LZW codes, bits of a symbol, the one that leaves pixels as they are, None without, and the largest other."""

    codes: bytes
    symbol_bits: int
    transparent: int | None
    largest: int


def exact_codes(symbols: NDArray[np.int16], stays: NDArray[np.bool_], *, names_transparent: bool) -> Coded:
    """Code what a rectangle is to show.

    Parameters
    ----------
    symbols : ndarray of shape (H, W)
        int16, what shows the colours of pixels; -1 for nothing, and where none does so: these must stay.
    stays : ndarray of shape (H, W)
        bool, the pixels that show it already.
    names_transparent : bool
        Whether there must be a symbol that shows nothing, though no pixel may have it: readers clear by it.

    Returns
    -------
    Coded
    """
    must_stay = symbols < 0
    used = np.bincount(symbols[~stays], minlength=MAX_BYTE_COLORS)
    transparent: int | None = int(used.argmin())  # the first that no pixel needs
    if used[transparent] or not (names_transparent or stays.any()):
        transparent = None
        stays = np.zeros_like(stays)
    bits = symbol_bits(max(int(np.flatnonzero(used)[-1]) if used.any() else 0, transparent or 0))
    guess = symbols.astype(np.uint8)
    if transparent is not None:  # of two symbols that show the same, one may be out of reach
        guess[stays & ((symbols >> bits != 0) | (symbols == transparent))] = transparent
    n = symbols.size
    points = np.zeros((2, n, 2), np.int16)
    chosen, codes = _native.search_lzw(
        points=points,
        width=symbols.shape[1],
        weights=np.full(n, _KEPT, np.float32),
        guess=guess.ravel(),
        shown=points,
        shown_color=np.zeros(n, np.uint16),
        stay_weights=np.where(stays & ~must_stay, 0, _MUST_CHANGE).astype(np.float32).ravel(),
        entries=np.zeros((2, 1, 2), np.int16),
        colors=np.zeros((2, 1, 2), np.int16),
        transparent=-1 if transparent is None else transparent,
        symbol_bits=bits,
        feedback=0,
        n_paths=_PATHS,
        n_ends=_ENDS,
    )
    drawn = chosen if transparent is None else chosen[chosen != transparent]
    return Coded(codes.tobytes(), bits, transparent, int(drawn.max(initial=0)))
