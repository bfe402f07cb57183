"""One picture given to `quantize`: its samples, and what the result takes over from it."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..indexed_image import p_image, rgba_rows, to_uint8
from ..stages.pixels import read_pixels
from .pil_modes import has_alpha_mode, pixels_from_pil


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

    @classmethod
    def read(cls, picture: Any, name: str = "image") -> Source:
        """Read a PIL image or an array; 2-D arrays are grey."""
        if isinstance(picture, Image.Image):
            if 0 in picture.size:
                samples = np.zeros((picture.height, picture.width, 1), np.uint8)
            else:
                samples = pixels_from_pil(picture)
            return cls(name, picture, samples, has_alpha_mode(picture))
        if isinstance(picture, (str, bytes, PathLike)):
            msg = f"{name} must be a PIL image or an array, got {picture!r}: open it as an image"
            raise TypeError(msg)
        samples = np.asarray(picture)
        if samples.ndim == 2:
            samples = samples[..., np.newaxis]
        return cls(name, None, samples, samples.ndim == 3 and samples.shape[2] in (2, 4))

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

    def samples_8_bit(self) -> NDArray[np.uint8]:
        """Validate the samples (H, W, C) and round them to the 8 bits that palettes hold."""
        return to_uint8(self.checked_samples())

    def info(self, transparency: int | None = None) -> dict[Any, Any]:
        """
        `info` for the result: lists are copied, as Pillow copies them.

        The source's "transparency" means nothing to another palette. In its place comes the entry
        that is the only transparent one, which every file format understands, while GIF does not
        look at the alpha of palettes.
        """
        given = {} if self.image is None else self.image.info
        info = {key: value.copy() if isinstance(value, list) else value for key, value in given.items()}
        info.pop("transparency", None)
        if transparency is not None:
            info["transparency"] = transparency
        return info

    def result(self, indices: NDArray[Any], colors: NDArray[np.uint8], *, has_alpha_mode: bool) -> Image.Image:
        """P image; the mode of its palette, `colors` of 1 to 4 channels, is RGBA if asked for or needed."""
        rgba = rgba_rows(colors)
        not_opaque = np.flatnonzero(rgba[:, 3] < 255)
        one_invisible = len(not_opaque) == 1 and rgba[not_opaque[0], 3] == 0
        needs_alpha = len(not_opaque) > 0 and not one_invisible
        image = p_image(indices, rgba if has_alpha_mode or needs_alpha else rgba[:, :3])
        image.info = self.info(int(not_opaque[0]) if one_invisible else None)
        return image

    def empty_result(self) -> Image.Image:
        """P image without pixels and without colours, as Pillow makes of an empty image."""
        height, width = self.samples.shape[:2]
        image = Image.new("P", (width, height))
        image.info = self.info()
        return image
