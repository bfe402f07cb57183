"""Animated: the frames of whatever can hold several, with the times that they are shown."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from errno import EIO
from io import BytesIO
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..exif import BROKEN_EXIF
from ..gif.blocks import ends_between_frames
from ..indexed_image import IndexedImage
from ..seek import seek
from .arrays import is_array
from .read import Picture

FORMATS = ("AVIF", "FLI", "GIF", "PNG", "WEBP")
"""Of files whose pictures are the frames of an animation. Those of others are pages, sizes or thumbnails."""

NO_TRAILER = "has no end, frames may have been cut off: those that it has are read"
"""What to know of a GIF whose blocks end without a trailer."""

_ONE = (Image.Image, Picture, IndexedImage, bytes, bytearray, memoryview, str, PathLike)


class Given(NamedTuple):
    """What `image` is: one picture, or frames; and how often these are shown, None if it does not say."""

    begin: Callable[[], Iterator[Any]]
    """Returns an iterator of the pictures."""
    is_one: bool
    """Whether it is a single picture, which errors call "image"."""
    can_repeat: bool
    """Whether they can be read again."""
    plays: int | None = None
    is_list: bool = False
    """Whether there is something for each of them, such as weights, in a list of its own."""

    @classmethod
    def one(cls, image: Any) -> Given:
        """Take one picture."""
        return cls(lambda: iter([image]), True, True)

    @classmethod
    def several(cls, frames: Iterable[Any], *, plays: int | None = None, is_list: bool = False) -> Given:
        """Take frames, which may come only once."""
        return cls(lambda: iter(frames), False, not isinstance(frames, Iterator), plays, is_list)


def read_animation(image: Any) -> Given:
    """Take apart what holds several frames.

    Parameters
    ----------
    image : picture, list of pictures, ndarray of shape (N, H, W, C), iterable of pictures, or callable
        A PIL image of several frames, or the bytes of its file, is all of them if it is of a kind that is played. A
        callable is called for an iterable, again and again if that is an iterator.

    Returns
    -------
    Given
    """
    opened = image
    if isinstance(image, bytes | bytearray | memoryview):
        with suppress(UnidentifiedImageError):  # which `read_picture` tells
            opened = Image.open(BytesIO(image))
    if isinstance(opened, Image.Image):
        warn_if_cut(opened)
        if n_frames(opened) == 1:
            return Given.one(image)
        return Given.several(Played(opened), plays=plays_of(opened))
    if callable(image) and not is_array(image):
        return _called(image)
    if isinstance(image, list | tuple):
        return Given.several(image, is_list=True)
    if is_array(image):
        return Given.several(_Stack(image)) if np.ndim(image) == 4 else Given.one(image)
    if isinstance(image, Iterable) and not isinstance(image, _ONE):
        return Given.several(image)
    return Given.one(image)


def _called(make: Callable[[], Any]) -> Given:
    """Take what a callable returns; an iterator is asked for again where it is needed again."""
    made = make()
    if not isinstance(made, Iterator):
        return read_animation(made)
    first = [made]
    return Given(lambda: first.pop() if first else iter(make()), False, True)


class _Stack:
    """The frames of an array (N, H, W, C), of which those of a file are read one by one."""

    def __init__(self, image: Any) -> None:
        self._frames = image

    def __iter__(self) -> Iterator[Any]:
        return (self._frames[n] for n in range(self._frames.shape[0]))


class Played:
    """Copies of the frames of an image, but not of a picture that only programs without animation are to show.

    At the end the image is at its current frame again.
    """

    def __init__(self, image: Image.Image) -> None:
        self._image = image

    def __iter__(self) -> Iterator[Image.Image]:
        """Copy one after the other."""
        current, count = self._image.tell(), n_frames(self._image)
        try:
            for n in range(count):
                with _errors_of_frames(self._image):
                    seek(self._image, n)
                    frame = copied(self._image)
                if not (n == 0 and count > 1 and frame.info.get("default_image")):
                    yield frame
        finally:
            with _errors_of_frames(self._image):
                seek(self._image, current)


def n_frames(image: Image.Image) -> int:
    """Count the frames of an image that are played; 1 for pages, and where the file is closed."""
    if image.format not in FORMATS:
        return 1
    try:
        with _errors_of_frames(image):
            return int(getattr(image, "n_frames", 1))
    except (AttributeError, ValueError):  # closed
        return 1


def warn_if_cut(image: Image.Image) -> None:
    """Warn where a GIF has no end: what every reader shows of it may be the first of more frames."""
    if is_cut(image):
        name = getattr(image, "filename", "")
        warnings.warn(f"the GIF file{f' {str(name)!r}' if name else ''} {NO_TRAILER}", stacklevel=2)


def is_cut(image: Image.Image) -> bool:
    """Whether the file of an image is a GIF without an end, behind whole frames."""
    file = getattr(image, "fp", None)
    if image.format != "GIF" or file is None:
        return False
    try:
        return ends_between_frames(file)
    except (AttributeError, OSError, ValueError):  # closed, or nothing to go back in
        return False


@contextmanager
def errors_of_files(file_format: str | None = None, path: str | PathLike[str] = "") -> Iterator[None]:
    """Raise one kind of OSError of all that Pillow raises where a file is truncated or broken.

    Parameters
    ----------
    file_format : str, optional
        Of the file, if it is known.
    path : path-like
        Its name, which the error has as its `filename`, if it has one.
    """
    try:
        yield
    except UnidentifiedImageError:
        raise
    except (OSError, EOFError, IndexError, SyntaxError, struct.error) as error:
        if isinstance(error, OSError) and error.strerror is not None:  # the system's, or told already
            raise
        kind = "file" if file_format is None else f"{file_format} file"
        msg = f"the {kind} is truncated or broken, copy or download it again: {error}"
        raise OSError(EIO, msg, *([str(path)] if path else [])) from error


def _errors_of_frames(image: Image.Image) -> AbstractContextManager[None]:
    return errors_of_files(image.format, getattr(image, "filename", ""))


def frames_of(image: Image.Image) -> list[Image.Image]:
    """Copy all frames of an image that are played."""
    return [*Played(image)]


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
