"""Masked: pixels that are not known, as NumPy's masked arrays have them; they have no say, but neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .indices import index_dtype
from .weighting import REACH

_OFFSETS = [0, -1, 1, -2, 2]
assert len(_OFFSETS) == 2 * REACH + 1
_NEAR = [(down, right) for down in _OFFSETS for right in _OFFSETS]  # where to look for a known pixel, in this order


def masked_pixels(samples: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return which pixels (H, W) of (H, W, C) have a masked sample; None if the array is not masked."""
    if not isinstance(samples, np.ma.MaskedArray):
        return None
    masked: NDArray[np.bool_] = np.logical_or.reduce(np.ma.getmaskarray(samples), axis=2)
    return masked


def unmasked(samples: NDArray[Any], masked: NDArray[np.bool_]) -> NDArray[Any]:
    """Give masked pixels the colour of a known one: of the next, or of one in their row or in another.

    So what is behind a mask is nowhere seen, nor is there an edge where nothing is known. Around known pixels, as far
    as their smoothness reaches, colours are of those that are as near: so parts are filled as whole pictures are.

    Parameters
    ----------
    samples : ndarray of shape (H, W, C)
    masked : ndarray of shape (H, W)

    Returns
    -------
    ndarray of shape (H, W, C)
        A copy; zeros if all is masked.
    """
    height, width = masked.shape
    filled = np.array(np.ma.getdata(samples), order="C")
    if masked.all():
        filled[:] = 0
        return filled
    is_empty = masked.all(axis=1)
    with_pixels = np.flatnonzero(~is_empty)
    row = np.searchsorted(with_pixels, np.arange(height), side="right") - 1
    row = with_pixels[np.maximum(row, 0)]
    for y in np.flatnonzero(masked.any(axis=1) & ~is_empty):
        column = np.maximum.accumulate(np.where(masked[y], -1, np.arange(width)))
        column[column < 0] = np.flatnonzero(~masked[y])[0]
        filled[y] = filled[y, column]
    filled[is_empty] = filled[row[is_empty]]
    _fill_near(filled, samples, masked)
    return filled


def unmasked_near(samples: NDArray[Any], masked: NDArray[np.bool_]) -> NDArray[Any]:
    """Do the same around known pixels only; all that is farther away is 0, as it is nowhere seen."""
    filled = np.array(np.ma.getdata(samples), order="C")
    filled[masked] = 0
    _fill_near(filled, samples, masked)
    return filled


def masked_dtype(dtype: np.dtype[Any], of_masked: int) -> np.dtype[Any]:
    """Return the dtype of indices that have one for masked pixels, too."""
    return np.promote_types(dtype, index_dtype(of_masked + 1))


def as_masked(indices: NDArray[Any], masked: NDArray[np.bool_], of_masked: int) -> Any:
    """Return indices as a masked array, with an index of their own for masked pixels."""
    indices = indices.astype(masked_dtype(indices.dtype, of_masked))
    indices[masked] = of_masked
    return np.ma.MaskedArray(indices, masked, fill_value=of_masked)


def _fill_near(filled: NDArray[Any], samples: NDArray[Any], masked: NDArray[np.bool_]) -> None:
    """Give each masked pixel that is near to known ones the colour of the first of them, as `_NEAR` has them."""
    data, (height, width) = np.ma.getdata(samples), masked.shape
    rows, columns = np.nonzero(masked & _widened(~masked))
    for down, right in _NEAR:
        y, x = rows + down, columns + right
        is_known = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        is_known[is_known] = ~masked[y[is_known], x[is_known]]
        filled[rows[is_known], columns[is_known]] = data[y[is_known], x[is_known]]
        rows, columns = rows[~is_known], columns[~is_known]


def _widened(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where there is a known pixel no more than `REACH` rows and columns away."""
    for axis in range(2):
        lines = np.moveaxis(known, axis, 0)
        wide = lines.copy()
        for n in range(1, REACH + 1):
            wide[n:] |= lines[:-n]
            wide[:-n] |= lines[n:]
        known = np.moveaxis(wide, 0, axis)
    return known
