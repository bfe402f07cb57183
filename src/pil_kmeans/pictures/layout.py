"""Layout: which axis of an array is the channels, and which value is white."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.options import is_integer, is_number

_MOST_AS_UINT16 = 65535


@dataclass(frozen=True)
class Layout:
    """How samples are stored in what is given as pictures; of what says so itself, it says nothing.

    Attributes
    ----------
    channel_axis : int or None
        The axis of the channels in arrays of three axes; None: there is none, and arrays have two. Those of two axes
        are grey in any case.
    full_scale : float or None
        The value of white, and of opaque alpha; None: what is usual for the dtype.
    """

    channel_axis: int | None = -1
    full_scale: float | None = None

    @classmethod
    def checked(cls, channel_axis: Any, full_scale: Any) -> Layout:
        """Check the options of a face.

        Raises
        ------
        TypeError
            If one is not a number, or `channel_axis` no integer.
        ValueError
            If `full_scale` is not above 0, or not finite.
        """
        if channel_axis is not None and not is_integer(channel_axis):
            raise TypeError(
                f"channel_axis must be an integer or None, got {channel_axis!r} of type {type(channel_axis).__name__}"
            )
        if full_scale is not None:
            if not is_number(full_scale):
                raise TypeError(
                    f"full_scale must be a number or None, got {full_scale!r} of type {type(full_scale).__name__}"
                )
            if not 0 < full_scale < inf:  # NaN, too
                raise ValueError(f"full_scale must be above 0 and finite: the value of white, got {full_scale}")
        return cls(channel_axis, full_scale)

    def channels_last(self, array: NDArray[Any], name: str) -> NDArray[Any]:
        """Return an array of two or three axes as (H, W, C); others as they are, to be refused."""
        if array.ndim == 2:
            return array[..., np.newaxis]
        if array.ndim != 3:
            return array
        if self.channel_axis is None:
            raise ValueError(f"{name} has shape {array.shape}; with channel_axis=None a picture has two axes, (H, W)")
        if not -3 <= self.channel_axis < 3:
            raise ValueError(
                f"channel_axis={self.channel_axis} is not an axis of {name}, which has shape {array.shape}: it must be "
                "from -3 to 2, or None"
            )
        return np.moveaxis(array, self.channel_axis, -1)

    def scaled(self, array: NDArray[Any], name: str) -> NDArray[Any]:
        """Bring samples to the usual scale of a dtype that pictures may have.

        Raises
        ------
        TypeError
            If they are no real numbers.
        ValueError
            If one is beyond the scale.
        """
        white = self.full_scale
        if white is None or array.size == 0:
            return array
        if array.dtype.kind not in "uif":
            raise TypeError(f"{name} has dtype {array.dtype}; with full_scale samples are integers or floats")
        low, high = array.min(), array.max()
        if not (low >= 0 and high <= white):  # NaN, too
            raise ValueError(
                f"{name} has samples from {low:g} to {high:g}, and full_scale={white:g} says that they run from 0 to "
                f"{white:g}: shift or clip them, or raise full_scale"
            )
        if array.dtype.kind == "f":
            return np.asarray(array / white, dtype=np.float64)
        for dtype in (np.uint8, np.uint16):
            if white == np.iinfo(dtype).max:
                return array.astype(dtype)
        if white <= _MOST_AS_UINT16:
            return np.rint(array * (_MOST_AS_UINT16 / white)).astype(np.uint16)
        return array / white


USUAL = Layout()
