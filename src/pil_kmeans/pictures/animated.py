"""Animated: the frames of whatever can hold several, with the times that they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from ..exif import BROKEN_EXIF
from ..indexed_image import IndexedImage
from .read import Picture

FORMATS = ("AVIF", "FLI", "GIF", "PNG", "WEBP")
"""Of files whose pictures are the frames of an animation. Those of others are pages, sizes or thumbnails."""

_ONE = (Image.Image, Picture, IndexedImage, bytes, bytearray, memoryview, str, PathLike)


class Given(NamedTuple):
    """What `image` is: one picture, or a list of frames; and how often these are shown, None if it does not say."""

    image: Any
    plays: int | None
    is_animated: bool
    """Whether the frames are those of one image."""


def read_animation(image: Any) -> Given:
    """Take apart what holds several frames.

    Parameters
    ----------
    image : picture, list of pictures, ndarray of shape (N, H, W, C), iterable of pictures, or callable
        A PIL image of several frames, or the bytes of its file, is all of them if it is of a kind that is played. A
        callable is called for an iterable.

    Returns
    -------
    Given
        A list comes back as it is.
    """
    opened = image
    if isinstance(image, bytes | bytearray | memoryview):
        with suppress(UnidentifiedImageError):  # which `read_picture` tells
            opened = Image.open(BytesIO(image))
    if isinstance(opened, Image.Image):
        if n_frames(opened) == 1:
            return Given(image, None, False)
        return Given(frames_of(opened), plays_of(opened), True)
    if callable(image) and not hasattr(image, "__array__"):
        image = image()
    if isinstance(image, list | tuple):
        return Given(image, None, False)
    if hasattr(image, "__array__"):
        return Given([*image] if np.ndim(image) == 4 else image, None, np.ndim(image) == 4)
    if isinstance(image, Iterable) and not isinstance(image, _ONE):
        return Given([*image], None, False)
    return Given(image, None, False)


def n_frames(image: Image.Image) -> int:
    """Count the frames of an image that are played; 1 for pages, and where the file is closed."""
    if image.format not in FORMATS:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except (AttributeError, ValueError):  # closed
        return 1


def frames_of(image: Image.Image) -> list[Image.Image]:
    """Copy each frame, but not a picture that only programs without animation are to show.

    The image stays at its current frame.
    """
    current = image.tell()
    try:
        frames = [copied(frame) for frame in ImageSequence.Iterator(image)]
    finally:
        image.seek(current)
    return frames[1:] if len(frames) > 1 and frames[0].info.get("default_image") else frames


def copied(image: Image.Image) -> Image.Image:
    """Copy the current frame with all that it says of itself."""
    copy = image.copy()
    with suppress(*BROKEN_EXIF):
        exif = image.getexif().tobytes()  # of a copy, only `info` says it
        if exif:
            copy.info["exif"] = exif
    return copy


def plays_of(image: Image.Image) -> int:
    """How many times an image says that its frames are shown; 0 is forever."""
    loop = image.info.get("loop")
    if image.format == "GIF":  # Pillow tells the repetitions that the file asks for
        return 1 if loop is None else loop + (loop > 0)
    return loop if isinstance(loop, int) and loop >= 0 else 0
