"""Read array: an array of any kind as samples (H, W, C)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.masked import masked_pixels
from ..stages.pixels import check_stored
from .arrays import as_array, is_stored, read_stored, with_transparency
from .layout import Layout


def read_array(array: Any, layout: Layout, name: str) -> NDArray[Any]:
    """Read an array of any kind: channels last, in the usual scale, and what is masked fully transparent.

    What lies in files stays there, or comes into a file of its own if it has to be arranged otherwise.
    """
    if not is_stored(array):
        return _arranged(as_array(array, name), layout, name, has_mask=False)
    check_stored(array.shape, array.dtype if layout.full_scale is None else None, name)
    has_mask = isinstance(getattr(array, "_meta", array), np.ma.MaskedArray)
    row_axis = 1 if array.ndim == 3 and layout.channel_axis in (0, -3) else 0

    if isinstance(array, np.ndarray):
        is_as_it_is = array.flags.c_contiguous and array.dtype.isnative and layout.full_scale is None and not has_mask
        if is_as_it_is and (array.ndim == 2 or layout.channel_axis in (-1, 2)):
            return layout.channels_last(array, name)
    return read_stored(array, row_axis, lambda rows: _arranged(rows, layout, name, has_mask=has_mask), name)


def _arranged(array: NDArray[Any], layout: Layout, name: str, *, has_mask: bool) -> NDArray[Any]:
    """Bring samples to (H, W, C) in the usual scale; with a mask, as `has_mask` says also of others, with alpha."""
    samples = layout.channels_last(array, name)
    if samples.ndim != 3 or not (has_mask or isinstance(samples, np.ma.MaskedArray)):
        return layout.scaled(samples, name)
    masked = masked_pixels(samples)
    if masked is None:
        masked = np.zeros(samples.shape[:2], np.bool_)
    elif not (has_mask or masked.any()):
        return layout.scaled(np.ma.getdata(samples), name)
    known = np.where(masked[..., np.newaxis], samples.dtype.type(0), np.ma.getdata(samples))
    return with_transparency(layout.scaled(known, name), masked)
