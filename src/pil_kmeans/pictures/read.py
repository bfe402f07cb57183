"""The one reader: whatever is given as a picture, as people see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from ..exif import UPRIGHT, orientation, oriented
from .layout import USUAL, Layout
from .source import Source
from .to_srgb import in_srgb


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, upright and in sRGB.

    Attributes
    ----------
    given : object
        What was read.
    samples : ndarray of shape (H, W, C)
        Checked: uint8, uint16, bool or floats in [0, 1]; grey, grey + alpha, RGB or RGBA.
    source : Source
        As it is stored.
    color_info : mapping
        What the `info` of a PIL image may say of these samples.
    converted_from : str or None
        What said that the colours were not in sRGB, for people; None where they were.
    turn : int
        The EXIF orientation that was undone; 1 where it was upright.
    """

    given: Any
    samples: NDArray[Any]
    source: Source
    color_info: Mapping[Any, Any]
    converted_from: str | None
    turn: int

    @property
    def image(self) -> Image.Image | None:
        """The PIL image; None for an array."""
        return self.source.image

    @property
    def changes(self) -> list[str]:
        """What reading changed, for people."""
        turned = [] if self.turn == UPRIGHT else [f"turned upright (EXIF orientation {self.turn})"]
        converted = [] if self.converted_from is None else [f"converted to sRGB ({self.converted_from})"]
        return turned + converted


def read_picture(picture: Any, name: str = "image", layout: Layout = USUAL) -> Picture:
    """Read a picture as people see it.

    Parameters
    ----------
    picture : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, or bytes
        A PIL image of any mode, of several frames the current one; samples, taken to be upright and in sRGB; or the
        content of a file that Pillow reads. A `Picture` comes back as it is: what is read once can be handed on.
    name : str, default "image"
        What errors call it.
    layout : Layout
        How arrays are stored.

    Returns
    -------
    Picture

    Raises
    ------
    TypeError, ValueError
        If it is no picture, has no pixels, or samples out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> from pil_kmeans.pictures.read import read_picture
    >>> phone = Image.fromarray(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8))
    >>> phone.getexif()[0x0112] = 6
    >>> picture = read_picture(phone)
    >>> picture.samples.shape, picture.changes
    ((2, 1, 3), ['turned upright (EXIF orientation 6)'])
    """
    if isinstance(picture, Picture):
        return picture
    source = Source.read(picture, name, layout)
    source.checked_samples()
    samples, color_info, converted_from = in_srgb(source.image, source.samples)
    turn = UPRIGHT if source.image is None else orientation(source.image)
    return Picture(picture, oriented(samples, turn), source, color_info, converted_from, turn)
