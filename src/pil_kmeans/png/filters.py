"""Filters: rows of bytes behind the filters that leave little of them (PNG specification, sections 9 and 12.7)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from . import deflater

NONE, SUB, UP, AVERAGE, PAETH = range(5)
"""Filter types."""

ENTROPY, SUM, PAIRS = range(3)
"""What filtered rows are to have least of, as `row_filters.hpp` says."""

ALL = (NONE, SUB, UP, AVERAGE, PAETH)


class Filters(NamedTuple):
    """Types, of which each row gets the one that is best by a measure, or by what a level of libdeflate makes of it.

    It is compressed with `n_above` rows above it, then.
    """

    types: tuple[int, ...]
    measure: int = ENTROPY
    level: int | None = None
    n_above: int = 8


UNFILTERED = Filters((NONE,))
LEAST_ENTROPY = Filters((SUB, UP, AVERAGE, PAETH))
LEAST_ENTROPY_OF_ALL, LEAST_SUM, FEWEST_PAIRS = Filters(ALL), Filters(ALL, SUM), Filters(ALL, PAIRS)
LEAST_BYTES = (Filters(ALL, level=5), Filters(ALL, level=1))
"""A high level finds what a row repeats of those above, a low one takes what is plain: either is often the better."""

LEAST_BYTES_NEARBY = Filters(ALL, level=9, n_above=3)
"""What a row repeats of those next to it alone: in patterns of a few thousand bytes this may save several percent."""


def filter_rows(rows: NDArray[np.uint8], filters: Filters, pixel_bytes: int = 1) -> NDArray[np.uint8]:
    """Put each row behind the type of its filter.

    Parameters
    ----------
    rows : ndarray of shape (H, n)
        uint8, C-contiguous.
    filters : Filters
    pixel_bytes : int, default=1
        Bytes of a pixel, 1 to 4; 1 also if pixels share one.

    Returns
    -------
    ndarray of shape (H, 1 + n)

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.png.filters import LEAST_SUM, filter_rows
    >>> filter_rows(np.array([[1, 2, 3], [1, 2, 3]], np.uint8), LEAST_SUM)
    array([[1, 1, 1, 1],
           [2, 0, 0, 0]], dtype=uint8)
    """
    if filters.level is not None:
        return _least_bytes(rows, filters, filters.level, pixel_bytes)
    return _native.filter_rows(rows, pixel_bytes, np.array(filters.types, np.uint8), filters.measure)


def _least_bytes(rows: NDArray[np.uint8], filters: Filters, level: int, pixel_bytes: int) -> NDArray[np.uint8]:
    """Compress each row behind each type, with some rows above it."""
    trials = [filter_rows(rows, Filters((kind,)), pixel_bytes) for kind in filters.types]
    filtered = np.empty_like(trials[0])
    for y in range(len(filtered)):
        context = filtered[max(0, y - filters.n_above) : y + 1].reshape(-1)
        sizes = []
        for trial in trials:
            filtered[y] = trial[y]
            sizes.append(len(deflater.deflate_compress(context.data, level)))
        filtered[y] = trials[sizes.index(min(sizes))][y]
    return filtered
