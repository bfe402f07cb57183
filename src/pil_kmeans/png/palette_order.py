"""Palette order: entries whose pixels are neighbours get neighbouring places, which row filters of PNG make use of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import _native

_PIXELS_A_PAIR = 4  # at least, for one more trial to pay


def palette_order(
    indices: NDArray[np.uint8],
    n_colors: int,
    *,
    lookup: NDArray[np.uint8] | None = None,
    n_first: int = 0,
    trials_per_pair: int = 0,
) -> NDArray[np.uint8]:
    """Return the entry that each place of the palette is to have.

    Parameters
    ----------
    indices : ndarray of shape (H, W)
        uint8, C-contiguous, at least one pixel.
    n_colors : int
        Entries of the palette, 1 to 256.
    lookup : ndarray, optional
        The entry for each index; None: the index itself.
    n_first : int, default 0
        The first entries, which stay before all others: those with transparency, so that tRNS stays short.
    trials_per_pair : int, default 0
        How many random swaps to try for each pair of entries, or for every four pixels where these are fewer, beyond
        the swaps that gain at once.

    Returns
    -------
    ndarray of shape (n_colors,)
        uint8, a permutation.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.png.palette_order import palette_order
    >>> palette_order(np.array([[0, 2, 1, 3, 0, 2, 1, 3]], dtype=np.uint8), 4)  # pixels have 0 by 2, 2 by 1, 1 by 3
    array([3, 1, 2, 0], dtype=uint8)
    """
    counts = _native.neighbor_counts(indices, n_colors if lookup is None else len(lookup))
    if lookup is not None:
        of_entries = np.zeros((n_colors, n_colors), counts.dtype)
        np.add.at(of_entries, (lookup[:, np.newaxis], lookup), counts)
        np.fill_diagonal(of_entries, 0)
        counts = of_entries
    n_trials = trials_per_pair * min(n_colors**2, indices.size // _PIXELS_A_PAIR)
    return _native.palette_order(counts, n_first, n_trials)


def border_first(indices: NDArray[np.uint8], lookup: NDArray[np.uint8], n_colors: int) -> NDArray[np.uint8]:
    """Return the order as it is, but for the entry that most rows begin or end with, which comes first.

    Between it and itself stands the type of the next row's filter, 0 without filters: what repeats goes on over that.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.png.palette_order import border_first
    >>> border_first(np.array([[2, 1, 2], [2, 0, 1]], np.uint8), np.arange(3, dtype=np.uint8), 3)
    array([2, 0, 1], dtype=uint8)
    """
    ends = lookup[indices[:, [0, -1]]]
    first = np.bincount(ends.ravel(), minlength=n_colors).argmax()
    order = np.arange(n_colors, dtype=np.uint8)
    return np.concatenate([order[first : first + 1], np.delete(order, first)])
