"""From files: the pictures of files, folders and videos, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from .animated import Given, Played, errors_of_files, n_frames, plays_of, warn_if_cut

EXTENSIONS = frozenset(
    {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"},
)
"""Files to take from a folder. Files that are named may be anything that can be read."""

_INSTALL = "pip install 'pil_kmeans[video]'"


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names as people do: by the numbers in them.

    Examples
    --------
    >>> from pil_kmeans.pictures.from_files import in_order
    >>> in_order(["frame 10.png", "frame 9.png", "Cover.png"])
    ['Cover.png', 'frame 9.png', 'frame 10.png']
    """

    def key(name: str) -> tuple[list[Any], str]:
        parts = re.split(r"([0-9]+)", name)
        return [int(part) if n % 2 else part for n, part in enumerate(parts)], name

    return sorted(names, key=key)


class Files:
    """The frames of files, read whenever they are asked for.

    Parameters
    ----------
    paths : iterable of Path
    fps : float, optional
        Frames a second, of which a video may have fewer. None: what the files say.
    """

    def __init__(self, paths: Iterable[Path], fps: float | None = None) -> None:
        self._paths, self._fps = [*paths], fps

    def __iter__(self) -> Iterator[Image.Image]:
        """Yield images that say themselves for how long they are shown, if anything does."""
        for path in self._paths:
            yield from frames_in(path, self._fps)


def frames_in(path: Path, fps: float | None = None) -> Iterator[Image.Image]:
    """Yield the frames of a file: a picture, an animation, or a video that imageio reads, which loses some for `fps`.

    Raises
    ------
    OSError
        If it cannot be read; `PIL.UnidentifiedImageError` if nobody knows what it is.
    ImportError
        If Pillow does not know it, and imageio, which reads videos, is not installed.
    """
    try:
        with errors_of_files(path=path):
            image = Image.open(path)
    except UnidentifiedImageError as error:
        yield from _video(path, fps, error)
        return
    with image:
        with errors_of_files(image.format, path):
            image.load()
        for frame in Played(image) if n_frames(image) > 1 else [image]:
            if fps is not None:
                frame.info["duration"] = 1000 / fps
            yield frame


def read_path(path: str | PathLike[str]) -> Given:
    """Take the pictures of a folder, in the order of the numbers in their names, or what a file holds.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a folder has no pictures.
    """
    path = Path(path)
    if path.is_dir():
        names = [file.name for file in path.iterdir() if file.suffix.lower() in EXTENSIONS and file.name[0] != "."]
        if not names:
            raise ValueError(f"image is the folder {str(path)!r}, in which there are no pictures: name another")
        return Given.several(Files(path / name for name in in_order(names)))
    try:
        with errors_of_files(path=path):
            image = Image.open(path)
        with image, errors_of_files(image.format, path):
            warn_if_cut(image)
            if n_frames(image) > 1:
                return Given.several(Files([path]), plays=plays_of(image))
            image.load()
            return Given.one(image)
    except UnidentifiedImageError:
        return Given.several(Files([path]))
    except FileNotFoundError as error:
        msg = "image must be a picture, or the name of a file or folder, which there is not"
        raise FileNotFoundError(error.errno, msg, str(path)) from error


def _video(path: Path, fps: float | None, unknown: UnidentifiedImageError) -> Iterator[Image.Image]:
    """Yield the frames of a video, of each second so many."""
    try:
        import imageio.v3 as iio
    except ImportError as error:
        msg = f"{str(path)!r} is no picture that Pillow knows; reading videos needs imageio ({error}): run `{_INSTALL}`"
        raise ImportError(msg) from error
    try:
        video = iio.imopen(path, "r")
    except OSError as error:
        msg = f"neither Pillow nor imageio knows what {str(path)!r} is; if it is a video, run `{_INSTALL}`"
        raise UnidentifiedImageError(msg) from unknown if path.is_file() else error
    with video, errors_of_files(path=path):  # also of a picture that Pillow knows, but for its beginning
        own = float(video.metadata().get("fps") or 0)
        step = own / fps if fps and own > fps else 1.0
        n_taken = 0
        for n, frame in enumerate(video.iter()):
            if n < round(n_taken * step):
                continue
            n_taken += 1
            image = Image.fromarray(frame)
            if own:
                image.info["duration"] = 1000 * step / own
            yield image
