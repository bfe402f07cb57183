"""Row blocks: large pictures some rows at a time, so that what lies between takes little memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

BLOCK = 1 << 24
"""Pixels of a block, about: few enough for memory, and enough for all threads."""

ROWS = 64
"""Blocks begin at multiples of as many rows: of all masks of thresholds."""

NewArray = Callable[[tuple[int, ...], Any], NDArray[Any]]
"""Makes an array of a shape and a dtype."""


def row_blocks(height: int, width: int) -> list[slice]:
    """Cut a picture into blocks of whole rows, one if it is not large.

    Examples
    --------
    >>> from pil_kmeans.stages.row_blocks import row_blocks
    >>> row_blocks(100, 1 << 20)
    [slice(0, 64, None), slice(64, 100, None)]
    """
    n_rows = max(1, BLOCK // (ROWS * width)) * ROWS
    return [slice(top, min(top + n_rows, height)) for top in range(0, height, n_rows)]


def in_row_blocks(
    size: tuple[int, int], dtype: Any, new_array: NewArray, make: Callable[[slice], NDArray[Any]]
) -> NDArray[Any]:
    """Make a value for each pixel, block by block from the top.

    Parameters
    ----------
    size : (height, width)
    dtype : dtype
        Of the values.
    new_array : callable
        Makes what they are put into if there is more than one block.
    make : callable
        Gives the values of a block, in any shape.

    Returns
    -------
    ndarray of shape (H, W)
    """
    blocks = row_blocks(*size)
    if len(blocks) == 1:
        return make(blocks[0]).reshape(size)
    result = new_array(size, dtype)
    for block in blocks:
        result[block] = make(block).reshape(-1, size[1])
    return result


def beside(block: slice, height: int, n: int) -> tuple[slice, slice]:
    """Return a block with n more rows on either side, where there are some, and where it is among these."""
    top, end = max(0, block.start - n), min(height, block.stop + n)
    return slice(top, end), slice(block.start - top, block.stop - top)
