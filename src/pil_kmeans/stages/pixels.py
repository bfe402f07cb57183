"""Pixels: from any accepted array to contiguous samples, with what the channels mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .row_blocks import NewArray
from .samples import as_samples, in_least_channels, least_channels, to_uint8

_CHANNELS = "grey, grey + alpha, RGB or RGBA"
_SAMPLES = (np.uint8, np.uint16, np.bool_, np.float32, np.float64)
_DTYPES = "uint8 (0-255), uint16 (0-65535), bool, float32 or float64 (0.0-1.0)"
_MAX_WEIGHT = 1e100  # so that sums of weighted squares stay finite


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture as the stages read it.

    Attributes
    ----------
    samples : ndarray of shape (H, W, C)
        C-contiguous samples in sRGB; C is 1 (grey), 2 (grey + alpha), 3 (RGB) or 4 (RGBA). uint8 for bool (0 and
        255) and uint8 pictures; uint16 for uint16 pictures and for float pictures, whose samples are read to the
        nearest 1 / 65535; float64 for float pictures of one channel, which are kept as they are.
    dtype : numpy.dtype
        Of the picture as given: uint8, uint16, bool, float32 or float64.
    values : ndarray of shape (H, W, C)
        The picture as given, channels last, in `dtype`.
    new_array : callable
        Makes arrays for what has a value for each pixel: in memory, or where whoever reads large pictures keeps that.
    """

    samples: NDArray[Any]
    dtype: np.dtype[Any]
    values: NDArray[Any]
    new_array: NewArray = np.empty

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.samples.shape[0], self.samples.shape[1]

    @property
    def n_channels(self) -> int:
        """1 to 4."""
        return int(self.samples.shape[2])

    @property
    def rows(self) -> NDArray[Any]:
        """The samples, one row a pixel: (H * W, C)."""
        return self.samples.reshape(-1, self.n_channels)

    @property
    def in_8_bits(self) -> Pixels:
        """The picture as given, rounded to 8 bits."""
        return self if self.dtype == np.uint8 else self._rounded  # itself is not kept: it would refer to itself

    @cached_property
    def _rounded(self) -> Pixels:
        return read_pixels(to_uint8(self.values, self.new_array), new_array=self.new_array)

    @property
    def least_channels(self) -> int:
        """How many channels hold the picture: 1 or 2 if it is grey, whatever it is stored as."""
        least = least_channels(self.samples)
        return least if least == self.n_channels or self.dtype.kind != "f" else least_channels(self.values)

    def in_channels(self, n_channels: int) -> Pixels:
        """Return the same greys with the 1 or 2 channels that hold them."""
        values = in_least_channels(self.values, n_channels, self.new_array)
        return Pixels(_samples(values, "image", self.new_array), self.dtype, values, self.new_array)


def check_stored(shape: tuple[int, ...], dtype: np.dtype[Any] | None, name: str) -> None:
    """Refuse the shape, whatever axis has the channels, and the dtype, if it counts, of what is no picture."""
    if dtype is not None and dtype.type not in _SAMPLES:
        raise TypeError(f"{name} has dtype {dtype}; a picture is {_DTYPES}. {_remedy(dtype)}")
    if len(shape) not in (2, 3):
        raise ValueError(f"{name} has shape {shape}; a picture has three axes, (H, W, C).")
    if 0 in shape:
        raise ValueError(f"{name} is empty: its shape is {shape}")


def read_pixels(
    image: ArrayLike, *, channel_axis: int | None = -1, name: str = "image", new_array: NewArray = np.empty
) -> Pixels:
    """Check a picture and make its samples contiguous.

    Parameters
    ----------
    image : array-like of shape (H, W, C), or (H, W) with ``channel_axis=None``
        uint8, uint16, bool, or float32 / float64 in [0, 1]; any strides and byte order. Not changed.
    channel_axis : int or None, default=-1
        Which axis holds the channels; None for a grey picture without one.
    name : str, default="image"
        What error messages call the picture.
    new_array : callable
        Makes what samples are put into where they are not taken as they are; see `Pixels`.

    Returns
    -------
    Pixels

    Raises
    ------
    TypeError
        If the dtype is none of the above.
    ValueError
        If the picture is empty, has the wrong number of axes or channels, or holds samples out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> read_pixels(np.zeros((3, 2), dtype=bool), channel_axis=None).samples.shape
    (3, 2, 1)
    """
    array = np.asarray(image)
    check_layout(array.shape, array.dtype, channel_axis=channel_axis, name=name)
    if channel_axis is None:
        array = array[:, :, np.newaxis]
    elif channel_axis not in (-1, 2):
        array = np.moveaxis(array, channel_axis, -1)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.aligned:  # as of a record in a file
        array = array.copy()
    return Pixels(_samples(array, name, new_array), array.dtype, array, new_array)


def check_layout(
    shape: tuple[int, ...], dtype: np.dtype[Any], *, channel_axis: int | None, name: str
) -> tuple[int, int, int]:
    """Check the shape and dtype of a picture; return its height, width and number of channels.

    Raises
    ------
    TypeError, ValueError
        As `read_pixels`, but for samples out of range.
    """
    if dtype.type not in _SAMPLES:
        raise TypeError(f"{name} has dtype {dtype}; a picture is {_DTYPES}. {_remedy(dtype)}")
    if channel_axis is None:
        if len(shape) != 2:
            raise ValueError(f"{name} has shape {shape}; with channel_axis=None a picture has two axes, (H, W)")
        sizes = [*shape, 1]
    else:
        if len(shape) != 3:
            grey = " For a grey picture pass channel_axis=None." if len(shape) == 2 else ""
            raise ValueError(f"{name} has shape {shape}; a picture has three axes, (H, W, C).{grey}")
        if not -3 <= channel_axis < 3:
            raise ValueError(f"channel_axis={channel_axis} is not an axis of {name}, which has shape {shape}")
        sizes = list(shape)
        sizes.append(sizes.pop(channel_axis))
    height, width, n_channels = sizes
    if not 1 <= n_channels <= 4:
        raise ValueError(
            f"{name} has {n_channels} channels (shape {shape}); a picture has 1 to 4: {_CHANNELS}. "
            + _where_channels_are(shape)
        )
    if height == 0 or width == 0:
        raise ValueError(f"{name} is empty: its shape is {shape}")
    return height, width, n_channels


def _remedy(dtype: np.dtype[Any]) -> str:
    """Say how to make a picture of samples of a dtype that none has."""
    if dtype.kind in "ui":
        return "Convert it: astype(np.uint8) if 255 is white, astype(np.uint16) if 65535 is."
    if dtype.kind == "f":
        return "Convert it: astype(np.float32) if 1.0 is white."
    return "Convert it first, for example with astype or skimage.util.img_as_ubyte."


def _where_channels_are(shape: tuple[int, ...]) -> str:
    if 1 <= shape[0] < min(shape[1:]) and shape[0] <= 4:
        return "They seem to be the first axis: pass channel_axis=0, or np.moveaxis(image, 0, -1)."
    return "Check channel_axis, or reshape it to a matrix of shape (n_samples, n_features)."


def _samples(values: NDArray[Any], name: str, new_array: NewArray) -> NDArray[Any]:
    if values.dtype.kind == "b":
        return as_samples(values, new_array)
    if values.dtype.kind == "u":
        return np.ascontiguousarray(values)
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 1):  # also catches NaN
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds NaN or infinity; its samples must be finite, from 0.0 to 1.0")
        if low >= 0:
            hint = "Divide it by 255." if high <= 255 else "Divide it by the value of white."
        else:
            hint = "Add 1 and divide by 2." if low >= -1 and high <= 1 else "Rescale it to that range."
        raise ValueError(f"{name} has samples from {low:g} to {high:g}; float pictures run from 0.0 to 1.0. {hint}")
    if values.shape[2] == 1:
        return np.ascontiguousarray(values, dtype=np.float64)
    return as_samples(values, new_array)


def read_sample_weight(
    sample_weight: ArrayLike | None, shape: tuple[int, ...], *, is_part: bool = False
) -> NDArray[np.float64] | None:
    """Check the weights of a picture's pixels or a matrix's rows.

    Parameters
    ----------
    sample_weight : array-like of the given shape, or None
        Non-negative, at most 1e100, not all zero. None, for equal weights, stays None.
    shape : tuple of int
        ``(H, W)`` for a picture.
    is_part : bool, default=False
        Whether there are more weights, so that these may all be zero.

    Returns
    -------
    ndarray of float64 or None

    Raises
    ------
    ValueError
        If the shape differs, or a weight is negative, NaN, infinite or more than 1e100, or all are zero.
    """
    if sample_weight is None:
        return None
    weights = np.require(sample_weight, np.float64, ["C", "A"])
    if weights.shape != tuple(shape):
        raise ValueError(f"sample_weight has shape {weights.shape}; it must have the shape {tuple(shape)}")
    if not np.isfinite(weights).all():
        raise ValueError("sample_weight holds NaN or infinity; weights must be finite")
    if weights.min() < 0:
        raise ValueError(f"sample_weight holds {weights.min():g}; weights must not be negative")
    if weights.max() > _MAX_WEIGHT:
        raise ValueError(f"sample_weight holds {weights.max():g}; weights must be at most {_MAX_WEIGHT:g}: scale them")
    if not is_part:
        check_total(weights.any())
    return weights


def check_total(is_positive: Any) -> None:
    """Refuse weights that are all zero."""
    if not is_positive:
        raise ValueError("Sample weights must contain at least one non-zero number.")
