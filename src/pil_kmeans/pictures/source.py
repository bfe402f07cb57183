"""One picture as it is given and stored: its samples, not turned and not converted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..indexed_image import IndexedImage
from ..stages.pixels import read_pixels
from .arrays import is_stored
from .labelled import channel_axis_of, is_labelled, values_of
from .layout import USUAL, Layout
from .pil_modes import has_alpha_mode, pixels_from_pil, unscaled_samples
from .read_array import read_array

_SHOWN_BYTES = 16  # of content that is no picture, in an error


def named_pictures(image: Any) -> list[tuple[Any, str]]:
    """List the pictures of `image`, one or a list of at least one, and what errors call them."""
    if not isinstance(image, list | tuple):
        return [(image, "image")]
    if not image:
        msg = "image must be a picture or a list of at least one picture, got an empty list"
        raise ValueError(msg)
    return [(picture, f"image[{i}]") for i, picture in enumerate(image)]


@dataclass(frozen=True, eq=False)
class Source:
    """A picture as given, read as far as every way of quantizing it needs."""

    name: str  # for error messages
    image: Image.Image | None  # None if an array was given
    samples: NDArray[Any]  # (H, W, C); not validated yet if an array was given
    has_alpha_mode: bool  # then the result's palette is of mode RGBA
    in_file: bool = False  # what is made of it belongs there, too

    @classmethod
    def read(cls, picture: Any, name: str, layout: Layout = USUAL) -> Source:
        """Read a PIL image, the bytes of a file, or what NumPy makes an array of; 2-D arrays are grey."""
        if isinstance(picture, bytes | bytearray | memoryview):
            picture = _opened(picture, name)
        if isinstance(picture, Image.Image):
            if 0 in picture.size:
                samples = np.zeros((picture.height, picture.width, 1), np.uint8)
            elif layout.full_scale is not None:
                samples = layout.scaled(unscaled_samples(picture, name), name)
            else:
                samples = pixels_from_pil(picture)
            return cls(name, picture, samples, has_alpha_mode(picture))
        if isinstance(picture, str | PathLike):
            msg = f"{name} must be a PIL image or an array, got {picture!r}: open it as an image"
            raise TypeError(msg)
        if isinstance(picture, IndexedImage):  # which knows better
            picture, layout = picture.to_array(), USUAL
        if is_labelled(picture):
            layout = replace(layout, channel_axis=channel_axis_of(picture, layout.channel_axis, name))
            picture = values_of(picture)
        in_file = is_stored(picture)
        samples = read_array(picture, layout, name)
        return cls(name, None, samples, samples.ndim == 3 and samples.shape[2] in (2, 4), in_file)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel."""
        return self.samples.ndim == 3 and 0 in self.samples.shape[:2]

    @property
    def has_alpha(self) -> bool:
        """Whether pixels can be transparent, by a channel or by a transparent colour."""
        return self.samples.ndim == 3 and self.samples.shape[2] in (2, 4)

    def checked_samples(self) -> NDArray[Any]:
        """Validate the samples (H, W, C)."""
        return read_pixels(self.samples, name=self.name).values


def _opened(data: bytes | bytearray | memoryview, name: str) -> Image.Image:
    try:
        return Image.open(BytesIO(data))
    except UnidentifiedImageError as error:
        start = bytes(data[:_SHOWN_BYTES])
        msg = f"{name} must be a PIL image or an array, got {start!r}, which begins no file that Pillow knows"
        raise TypeError(msg) from error
