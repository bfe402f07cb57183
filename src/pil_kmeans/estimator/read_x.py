"""What X means to the estimator: one picture, a stack, a list of pictures, or a matrix."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exif import UPRIGHT, oriented
from ..pictures.arrays import as_array, is_array, is_dask, is_stored
from ..pictures.layout import Layout
from ..pictures.read_array import read_array
from ..stages.masked import as_masked, masked_pixels, unmasked
from ..stages.pixels import Pixels, check_layout, read_pixels, read_sample_weight
from .lazy import LazyPictures, read_lazy

LARGE = 1 << 25  # pixels of an array that is worked on band by band


def is_immutable(array: NDArray[Any]) -> bool:
    """Whether nobody can change the array: it lies in a `bytes` object, as those that Pillow makes."""
    base: Any = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        base = base.base
    return isinstance(base, bytes)


@dataclass(frozen=True, eq=False)
class Pictures:
    """One or more pictures with the same channels and dtype, their pixels in one piece.

    Attributes
    ----------
    pixels : Pixels
        A picture as it is; a stack as one tall picture, a list as one column of pixels.
    shape : tuple of int, or list of them
        Of the indices handed back: (H, W); (N, H, W) of a stack; those of all pictures of a list.
    turns : list of int
        EXIF orientations of the pictures as given, which were undone; empty of a stack.
    is_copy : bool
        Whether the samples are in no memory of the caller.
    masked : ndarray or None
        bool, of the shape of the pixels: which of them have no say, and no entry; None if no array was masked.
    """

    pixels: Pixels
    shape: tuple[int, ...] | list[tuple[int, int]]
    turns: list[int]
    is_copy: bool = False
    masked: NDArray[np.bool_] | None = None

    @property
    def n_channels(self) -> int:
        """1 to 4."""
        return self.pixels.n_channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples as given."""
        return self.pixels.dtype

    @property
    def frames(self) -> list[tuple[int, int]]:
        """Height and width of each picture."""
        if isinstance(self.shape, list):
            return self.shape
        height, width = self.shape[-2:]
        return [(height, width)] * (self.pixels.shape[0] // height)

    def copied(self) -> Pictures:
        """Return the same with samples that nobody else can change."""
        if self.is_copy or is_immutable(self.pixels.samples):
            return self
        samples = self.pixels.samples.copy()
        values = samples if self.pixels.values.dtype == samples.dtype else self.pixels.values.copy()
        return replace(self, pixels=replace(self.pixels, samples=samples, values=values), is_copy=True)

    def arrange(self, indices: NDArray[Any], of_masked: int) -> Any:
        """Give the indices of all pixels the form in which the pictures came; masked pixels have one of their own."""
        if self.masked is not None:
            indices = as_masked(indices, self.masked, of_masked)
        if isinstance(self.shape, tuple):
            return indices.reshape(self.shape)
        ends = np.cumsum([height * width for height, width in self.shape])[:-1]
        starts = [0, *ends.tolist()]
        parts = [indices.ravel()[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
        return [part.reshape(shape) for part, shape in zip(parts, self.shape, strict=True)]

    def read_sample_weight(self, sample_weight: Any) -> NDArray[np.float64] | None:
        """Check the weights, which have the form of the pictures, and put them in one piece as well."""
        if self.masked is not None and self.masked.all():
            raise ValueError("X is masked everywhere: a palette needs pixels that are not")
        weight = self._read_given_weight(sample_weight)
        if self.masked is None:
            return weight
        weight = np.where(self.masked, 0.0, 1.0 if weight is None else weight)
        if not weight.any():
            raise ValueError("sample_weight is zero wherever X is not masked: some pixel must have a weight")
        return weight

    def _read_given_weight(self, sample_weight: Any) -> NDArray[np.float64] | None:
        if sample_weight is None:
            return None
        if isinstance(self.shape, tuple):
            given = np.asarray(sample_weight)
            weight = read_sample_weight(oriented(given, self.turns[0]) if self.turns else given, self.shape)
        else:
            flat = self._join_weights(sample_weight, self.shape)
            weight = read_sample_weight(flat, flat.shape)
        return None if weight is None else weight.reshape(self.pixels.shape)

    def _join_weights(self, sample_weight: Any, shapes: list[tuple[int, int]]) -> NDArray[Any]:
        if not isinstance(sample_weight, list | tuple) or len(sample_weight) != len(shapes):
            is_list = isinstance(sample_weight, list | tuple)
            given = f"a list of {len(sample_weight)}" if is_list else f"an array of shape {np.shape(sample_weight)}"
            raise ValueError(
                f"sample_weight must be a list of {len(shapes)} arrays (H, W), one for each picture of the list X, "
                f"got {given}"
            )
        weights = [oriented(np.asarray(weight), turn) for weight, turn in zip(sample_weight, self.turns, strict=True)]
        for i, (weight, shape) in enumerate(zip(weights, shapes, strict=True)):
            if weight.shape != shape:
                raise ValueError(
                    f"sample_weight[{i}] has shape {weight.shape}; it must have the shape {shape} of X[{i}]"
                )
        return np.concatenate([weight.ravel() for weight in weights])


@dataclass(frozen=True, eq=False)
class LargePictures:
    """A picture or stack too large to be worked on at once: an array in memory or in a file, read band by band.

    Attributes
    ----------
    array : array
        As given; also a `numpy.memmap`.
    channel_axis : int or None
        Of each picture.
    sizes : tuple of int
        Height, width and channels of each picture.
    """

    array: Any
    channel_axis: int | None
    sizes: tuple[int, int, int]

    @property
    def n_channels(self) -> int:
        """1 to 4."""
        return self.sizes[2]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples."""
        dtype: np.dtype[Any] = self.array.dtype.newbyteorder("=")
        return dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the indices handed back."""
        return (len(self.array), *self.sizes[:2]) if self._is_stack else self.sizes[:2]

    @property
    def frames(self) -> list[tuple[int, int]]:
        """Height and width of each picture."""
        return [self.sizes[:2]] * (len(self.array) if self._is_stack else 1)

    def reader(self, frame: int) -> Callable[[int, int], Pixels]:
        """Return what reads some rows of a picture."""
        picture = self.array[frame] if self._is_stack else self.array
        axis = self.channel_axis

        def read(top: int, bottom: int) -> Pixels:
            rows = picture[:, top:bottom] if axis in (0, -3) else picture[top:bottom]
            return read_pixels(rows, channel_axis=axis, name="X")

        return read

    def weight_reader(self, sample_weight: Any, frame: int) -> Callable[[int, int], NDArray[np.float64] | None]:
        """Return what reads the weights of some rows of a picture; those of a part may all be zero."""
        if sample_weight is None:
            return lambda top, bottom: None
        given = sample_weight if hasattr(sample_weight, "shape") else np.asarray(sample_weight)
        if tuple(given.shape) != self.shape:
            raise ValueError(f"sample_weight has shape {given.shape}; it must have the shape {self.shape}")
        weights = given[frame] if self._is_stack else given
        return lambda top, bottom: read_sample_weight(weights[top:bottom], (bottom - top, self.sizes[1]), is_part=True)

    def whole(self) -> Pictures:
        """Read all of it."""
        pictures = _read_array(self.array, self.channel_axis)
        assert pictures is not None
        return pictures

    @property
    def _is_stack(self) -> bool:
        return bool(self.array.ndim > (2 if self.channel_axis is None else 3))


AnyPictures = Pictures | LargePictures | LazyPictures


def read_pictures(X: Any, *, channel_axis: int | None) -> AnyPictures | None:
    """Tell what `X` is, and check its pictures.

    Parameters
    ----------
    X : PIL image, array, or list
        Three axes are a picture (two with ``channel_axis=None``), one more a stack. A list or tuple that holds PIL
        images or arrays of two and more axes is a list of pictures. Everything of fewer axes is a matrix.
    channel_axis : int or None
        Which axis of each picture holds the channels; None for grey pictures without one.

    Returns
    -------
    Pictures, LargePictures, LazyPictures or None
        None for a matrix, which is not checked.

    Raises
    ------
    TypeError, ValueError
        As `read_pixels`; also for arrays of more axes, and for lists of pictures that differ in channels or dtype.
    """
    if is_dask(X):
        return read_lazy(X, channel_axis=channel_axis)
    if _is_pil(X):
        return _read_one(X, channel_axis, "X")
    if isinstance(X, list | tuple) and any(_is_pil(item) or getattr(item, "ndim", 0) >= 2 for item in X):
        return _read_list(X, channel_axis)
    if hasattr(X, "toarray"):  # sparse: scikit-learn refuses it where it expects a matrix
        return None
    n_picture_axes = 2 if channel_axis is None else 3
    if is_stored(X) and not isinstance(X, np.ndarray) and X.ndim == n_picture_axes:
        X, channel_axis = read_array(X, Layout(channel_axis), "X"), -1
    elif not hasattr(X, "ndim") or is_array(X):
        X = as_array(X, "X")
    is_plain = isinstance(X, np.ndarray) and not isinstance(X, np.ma.MaskedArray)
    if is_plain and X.size > LARGE and X.ndim in ((2, 3) if channel_axis is None else (3, 4)):
        n_picture_axes = 2 if channel_axis is None else 3
        sizes = check_layout(X.shape[-n_picture_axes:], X.dtype, channel_axis=channel_axis, name="X")
        if X.size > LARGE * sizes[2]:
            return LargePictures(X, channel_axis, sizes)
    return _read_array(X, channel_axis)


def _read_array(X: Any, channel_axis: int | None) -> Pictures | None:
    n_axes = X.ndim
    n_picture_axes = 2 if channel_axis is None else 3
    if n_axes < n_picture_axes:
        return None
    if n_axes == n_picture_axes:
        return _read_one(X, channel_axis, "X")
    if n_axes == n_picture_axes + 1:
        return _read_stack(as_array(X, "X"), channel_axis)
    raise ValueError(
        f"X has shape {np.shape(X)}; with channel_axis={channel_axis} a picture has {n_picture_axes} axes and a stack "
        f"of pictures {n_picture_axes + 1}. Pass a list of pictures, or reshape X."
    )


def is_stream(X: Any) -> bool:
    """Whether pictures come one by one: of an iterable that is no sequence and no array."""
    return isinstance(X, Iterable) and not hasattr(X, "__len__") and not is_array(X) and not hasattr(X, "shape")


def _is_pil(item: Any) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(item, pil.Image)


def _read_one(item: Any, channel_axis: int | None, name: str) -> Pictures:
    """Read a picture; what is stored is read some rows at a time."""
    if is_dask(item):
        raise TypeError(
            f"{name} is a dask array: pass such pictures one after the other to partial_fit, transform and predict, or "
            "those of one size as a stack, dask.array.stack"
        )
    if _is_pil(item):
        from ..pictures.read import read_picture

        picture = read_picture(item, name)
        pixels = read_pixels(picture.samples, name=name)
        return Pictures(pixels, pixels.shape, [picture.turn])
    if is_stored(item) and not isinstance(item, np.ndarray):
        item, channel_axis = read_array(item, Layout(channel_axis), name), -1
    item = as_array(item, name)
    if not isinstance(item, np.ma.MaskedArray):
        pixels = read_pixels(item, channel_axis=channel_axis, name=name)
        return Pictures(pixels, pixels.shape, [UPRIGHT])
    samples = Layout(channel_axis).channels_last(item, name)
    masked = masked_pixels(samples)
    assert masked is not None
    pixels = read_pixels(unmasked(samples, masked), name=name)
    return Pictures(pixels, pixels.shape, [UPRIGHT], is_copy=True, masked=masked)


def _read_list(items: Sequence[Any], channel_axis: int | None) -> Pictures:
    read = [_read_one(item, channel_axis, f"X[{i}]") for i, item in enumerate(items)]
    pictures, turns = [picture.pixels for picture in read], [picture.turns[0] for picture in read]
    first = pictures[0]
    for i, pixels in enumerate(pictures):
        if (pixels.n_channels, pixels.dtype) != (first.n_channels, first.dtype):
            raise ValueError(
                f"X[{i}] has {pixels.n_channels} channels of {pixels.dtype}, X[0] has {first.n_channels} of "
                f"{first.dtype}. Pictures that share a palette must agree: convert them first."
            )
    samples = np.concatenate([pixels.rows for pixels in pictures])[:, np.newaxis]
    values = samples
    if first.values.dtype != samples.dtype:
        values = np.concatenate([pixels.values.reshape(-1, first.n_channels) for pixels in pictures])[:, np.newaxis]
    masked = None
    if any(picture.masked is not None for picture in read):
        parts = [np.zeros(p.pixels.shape, np.bool_) if p.masked is None else p.masked for p in read]
        masked = np.concatenate([part.ravel() for part in parts])[:, np.newaxis]
    shapes = [pixels.shape for pixels in pictures]
    return Pictures(Pixels(samples, first.dtype, values), shapes, turns, is_copy=True, masked=masked)


def _read_stack(stack: NDArray[Any], channel_axis: int | None) -> Pictures:
    if channel_axis is None:
        stack = stack[..., np.newaxis]
    else:
        stack = np.moveaxis(stack, channel_axis + 1 if channel_axis >= 0 else channel_axis, -1)
    n, height, width, n_channels = stack.shape
    if not 1 <= n_channels <= 4:
        raise ValueError(
            f"X is a stack of {n} pictures of {n_channels} channels each; a picture has 1 to 4: grey, grey + alpha, "
            "RGB or RGBA. Check channel_axis, or reshape X to a matrix of shape (n_samples, n_features)."
        )
    flat = stack.reshape(n * height, width, n_channels)
    masked = masked_pixels(flat)
    if masked is not None:
        flat = np.concatenate(
            [unmasked(flat[top : top + height], masked[top : top + height]) for top in range(0, n * height, height)]
        )
    pixels = read_pixels(flat, name="X")
    return Pictures(pixels, (n, height, width), [], is_copy=masked is not None, masked=masked)
