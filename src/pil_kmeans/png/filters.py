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

_TRIED_ROWS, _TRIED_LEVEL = 4, 5  # rows above, and level of libdeflate, that tell what a row takes there


class Filters(NamedTuple):
    """Types, of which each row gets the one that is best by a measure; None: by what deflate makes of it."""

    types: tuple[int, ...]
    measure: int | None = ENTROPY


UNFILTERED = Filters((NONE,))
LEAST_ENTROPY = Filters((SUB, UP, AVERAGE, PAETH))
LEAST_SUM, FEWEST_PAIRS, LEAST_BYTES = Filters(ALL, SUM), Filters(ALL, PAIRS), Filters(ALL, None)


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
    if filters.measure is None:
        return _least_bytes(rows, filters.types, pixel_bytes)
    return _native.filter_rows(rows, pixel_bytes, np.array(filters.types, np.uint8), filters.measure)


def _least_bytes(rows: NDArray[np.uint8], types: tuple[int, ...], pixel_bytes: int) -> NDArray[np.uint8]:
    """Compress each row behind each type, with some rows above it."""
    trials = [filter_rows(rows, Filters((kind,)), pixel_bytes) for kind in types]
    filtered = np.empty_like(trials[0])
    for y in range(len(filtered)):
        context = filtered[max(0, y - _TRIED_ROWS) : y + 1].reshape(-1)
        sizes = []
        for trial in trials:
            filtered[y] = trial[y]
            sizes.append(len(deflater.deflate_compress(context.data, _TRIED_LEVEL)))
        filtered[y] = trials[sizes.index(min(sizes))][y]
    return filtered
