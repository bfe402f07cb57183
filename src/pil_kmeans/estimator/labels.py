"""Labels of xarray: a DataArray goes in, and one with its dimensions, coordinates and name comes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from ..pictures.labelled import channel_axis_of, is_labelled, labelled_as, values_of

Method = TypeVar("Method", bound=Callable[..., Any])

_CHANNEL = "channel"  # dimension of colours whose picture had no name for it


def reads_labelled(method: Method) -> Method:
    """Give a method that takes pictures the samples of an xarray.DataArray, with the channels where they belong."""

    @wraps(method)
    def of_samples(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, plain(X, self), *args, **kwargs)

    return of_samples  # type: ignore[return-value]


def keeps_labels(method: Method) -> Method:
    """Do the same, and give the indices that it returns the labels of the pictures."""

    @wraps(method)
    def of_samples(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(self, plain(X, self), *args, **kwargs)
        if isinstance(X, list | tuple) and isinstance(result, list):
            return [_labelled(picture, indices, self) for picture, indices in zip(X, result, strict=True)]
        return _labelled(X, result, self)

    return of_samples  # type: ignore[return-value]


def plain(X: Any, quantizer: Any) -> Any:
    """Return the samples of an xarray.DataArray, or of those in a list; anything else as it is.

    The estimator remembers the name of their channels, for colours that are to have it.
    """
    if isinstance(X, list | tuple) and any(map(is_labelled, X)):
        return [plain(item, quantizer) for item in X]
    if not is_labelled(X):
        return X
    axis = channel_axis_of(X, quantizer.channel_axis, "X")
    if axis is None or X.ndim < 3:
        return values_of(X)
    dims = list(X.dims)
    channels = dims.pop(axis)
    quantizer._channel_dim = channels
    wanted = quantizer.channel_axis
    dims.insert(len(dims) + 1 + wanted if wanted < 0 else len(dims) - 2 + wanted, channels)
    return values_of(X.transpose(*dims))


def _labelled(X: Any, indices: Any, quantizer: Any) -> Any:
    """Give indices of a picture, or of a stack, its labels."""
    if not is_labelled(X) or X.ndim < 2 or getattr(indices, "ndim", 0) < 2:
        return indices
    axis = channel_axis_of(X, quantizer.channel_axis, "X")
    dims = [dim for n, dim in enumerate(X.dims) if axis is None or n != axis % X.ndim]
    return labelled_as(X, indices, dims) if len(dims) == indices.ndim else indices


def labelled_colors(indices: Any, colors: Any, quantizer: Any) -> Any:
    """Give colours the labels of their indices, and the name of the channels that the pictures had."""
    dims = list(indices.dims)
    if colors.ndim > len(dims):
        wanted = -1 if quantizer.channel_axis is None else quantizer.channel_axis
        channels = getattr(quantizer, "_channel_dim", _CHANNEL)
        dims.insert(len(dims) + 1 + wanted if wanted < 0 else len(dims) - 2 + wanted, channels)
    return labelled_as(indices, colors, dims)
