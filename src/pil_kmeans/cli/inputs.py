"""What the FILE words of the command name: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from PIL import Image, UnidentifiedImageError

from ..files import FileIdentity
from ..pictures import animated
from ..pictures.animated import errors_of_files
from ..pictures.from_files import EXTENSIONS, in_order
from ..pictures.read import Picture
from ..pictures.tiff import needs_tifffile, read_large_tiff
from .errors import CommandError
from .limits import OUTSIDE, MemoryBudget, OverBudgetError, Share, bytes_needed, in_words, usual_memory
from .one_line import one_line
from .streams import NoStream

STANDARD = "-"
"""Names standard input or output."""

SAMPLE = "china.jpg"


@dataclass(frozen=True)
class Input:
    """One picture to read."""

    path: Path | None
    """None: standard input."""
    place: Path
    """Where it belongs in a folder of results: its name, behind the folders below one that was named."""
    is_found: bool = False
    """In a folder or by a pattern; nobody has asked for this very file."""
    content: bytes | None = None
    """What to read in place of standard input."""

    @classmethod
    def of(cls, word: str) -> Input:
        """Read a word that names a file, or standard input."""
        return cls(None, Path("stdin")) if word == STANDARD else cls(Path(word), Path(Path(word).name))

    def __str__(self) -> str:
        if self.content is not None:
            return shown(self.place)
        return "standard input" if self.path is None else shown(self.path)

    @property
    def name(self) -> str:
        """Without folders, for people."""
        return str(self) if self.path is None else shown(self.path.name)


def find_inputs(
    words: Sequence[str], *, recursive: bool = False, is_result: Callable[[Path], bool] = lambda _: False
) -> tuple[list[Input], list[CommandError]]:
    """Find the pictures that words name.

    Parameters
    ----------
    words : sequence of str
        Files, folders, patterns such as ``*.png`` that no shell has replaced, or ``-``.
    recursive : bool
        Look in the folders below folders, too.
    is_result : callable
        Whether a file, or a folder below one that is named, was written by the command and is passed by. A file that is
        named is always taken.

    Returns
    -------
    inputs : list of Input
        In the order of the words, and in each folder of the names.
    errors : list of CommandError
        One for each word that names no picture, and for each folder that cannot be read.
    """
    inputs: list[Input] = []
    errors: list[CommandError] = []
    for word in words:
        try:
            found, unreadable = _find(word, recursive=recursive, is_result=is_result)
            inputs += found
            errors += map(_unreadable, unreadable)
        except CommandError as error:
            errors.append(error)
        except OSError as error:
            errors.append(_unreadable(error))
    return inputs, errors


def _unreadable(error: OSError) -> CommandError:
    return CommandError(f"cannot read {shown(error.filename)}: {error.strerror}")


def _find(word: str, *, recursive: bool, is_result: Callable[[Path], bool]) -> tuple[list[Input], list[OSError]]:
    path = Path(word)
    unreadable: list[OSError] = []
    if not word:  # as of a variable that is not set; to Path it is the current folder
        msg = "an empty name is no file"
        raise CommandError(msg)
    if path.is_dir():
        files = _pictures_in(path, recursive=recursive, is_result=is_result, onerror=unreadable.append)
        found = [Input(file, file.relative_to(path), is_found=True) for file in files]
        nothing = f"no pictures in the folder {shown(path)}" + (
            "" if recursive else ": --recursive looks below it, too"
        )
    elif glob.has_magic(word) and not os.path.lexists(path):
        matches = [Path(name) for name in in_order(glob.glob(word, recursive=True))]
        found = [
            Input(file, Path(file.name), is_found=True) for file in matches if file.is_file() and not is_result(file)
        ]
        nothing = f"no file matches {shown(word)}"
    else:
        return [Input.of(word)], []
    if not found and not unreadable:
        raise CommandError(nothing)
    return found, unreadable


def _pictures_in(
    folder: Path, *, recursive: bool, is_result: Callable[[Path], bool], onerror: Callable[[OSError], None]
) -> Iterator[Path]:
    """Files that look like pictures, in order; no hidden ones, and no pipes and devices, which may not end."""

    def is_meant(path: Path) -> bool:
        return not path.name.startswith(".") and not is_result(path)

    for parent, folders, names in os.walk(folder, onerror=onerror):
        folders[:] = [name for name in sorted(folders) if recursive and is_meant(Path(parent, name))]
        files = (Path(parent, name) for name in in_order(names))
        yield from (
            file for file in files if file.suffix.lower() in EXTENSIONS and is_meant(file) and not _is_special(file)
        )


def _is_special(path: Path) -> bool:
    """Whether it is there, and no file; what cannot be examined is left for who reads it."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def sample_input() -> Input:
    """Return the photograph to take when no file is named."""
    from sklearn.datasets import load_sample_images

    names = load_sample_images().filenames
    return next(Input(path, Path(SAMPLE)) for path in map(Path, names) if path.name == SAMPLE)


@dataclass(frozen=True)
class OpenedPicture:
    """A picture that is read whole; of several pages the first."""

    image: Image.Image
    n_bytes: int
    """As a file."""
    n_frames: int
    identity: FileIdentity | None
    """None: no file, but a pipe, a device, or standard input."""
    frames: list[Image.Image] | None
    """Of an animation that is read whole."""
    plays: int
    """How many times they are shown, 0 forever."""
    is_cut: bool = False
    """Whether it is a GIF without an end."""
    outside: Picture | None = None
    """A picture that is too large to be loaded and lies in a file of ours; then `image` is not loaded."""

    @property
    def first(self) -> Any:
        """The picture, or the first frame, for whoever reads pictures."""
        return self.frames[0] if self.frames else self.outside or self.image


def open_picture(
    given: Input,
    *,
    whole: bool = False,
    to_score: bool = False,
    in_memory: bool = False,
    share: Share | None = None,
) -> OpenedPicture:
    """Read a picture, or say why not.

    Parameters
    ----------
    given : Input
    whole : bool, default False
        Read all frames of an animation.
    to_score : bool, default False
        Whether results are to be scored, which takes more memory.
    in_memory : bool, default False
        Load also what could be read from its strips or tiles.
    share : Share, optional
        Where the memory that work on the picture needs is taken from. None: a budget of its own.

    Raises
    ------
    CommandError
        If it cannot be read, or it takes too much.
    """
    if share is None:
        with Share(MemoryBudget(usual_memory())) as share:
            return open_picture(given, whole=whole, to_score=to_score, in_memory=in_memory, share=share)
    how: Any = {"whole": whole, "to_score": to_score, "in_memory": in_memory, "share": share}
    try:
        with _content(given) as file:
            status = os.fstat(file.fileno()) if given.path is not None else None
            if status is not None and stat.S_ISREG(status.st_mode):
                return _loaded(file, status.st_size, FileIdentity.of(status), **how)
            content = file.read(share.most_file_bytes + 1)
            if len(content) > share.most_file_bytes:
                msg = f"it does not end after {in_words(share.most_file_bytes)}, and no more is allowed{share.set_by}"
                raise ValueError(msg)
        return _loaded(BytesIO(content), len(content), None, **how)
    except UnidentifiedImageError as error:
        msg = f"cannot read {given}: it is not a picture that Pillow knows"
        raise CommandError(msg) from error
    except MemoryError as error:
        msg = f"cannot read {given}: it does not fit into memory"
        raise CommandError(msg) from error
    except Exception as error:  # readers of broken files raise whatever they stumble upon
        msg = f"cannot read {given}: {one_line(getattr(error, 'strerror', None) or error or type(error).__name__)}"
        raise CommandError(msg) from error


def _content(given: Input) -> AbstractContextManager[IO[bytes]]:
    """Open what is to be read; standard input stays open."""
    if given.path is not None:
        return given.path.open("rb")
    if given.content is not None:
        return BytesIO(given.content)
    if isinstance(sys.stdin, NoStream):
        msg = "it is closed"
        raise ValueError(msg)
    return nullcontext(sys.stdin.buffer)


def _loaded(
    file: IO[bytes],
    n_bytes: int,
    identity: FileIdentity | None,
    *,
    whole: bool,
    to_score: bool,
    in_memory: bool,
    share: Share,
) -> OpenedPicture:
    if n_bytes == 0:
        msg = "the file is empty"
        raise ValueError(msg)
    if n_bytes > share.most_file_bytes and not _is_tiff(file):
        msg = f"the file has {in_words(n_bytes)}, and {in_words(share.most_file_bytes)} are allowed{share.set_by}"
        raise ValueError(msg)
    with errors_of_files():
        opened = Image.open(file)
    with opened as image, errors_of_files(image.format):
        n_frames = getattr(image, "n_frames", 1)
        is_animation = whole and animated.n_frames(image) > 1
        outside = None if in_memory or n_frames > 1 else read_large_tiff(image)
        if outside is not None:
            share.take(OUTSIDE)
            return OpenedPicture(image, n_bytes, 1, identity, None, 0, outside=outside)
        try:
            share.take(bytes_needed(image, to_score=to_score) * (n_frames if is_animation else 1))
        except OverBudgetError as error:
            raise OverBudgetError(f"{error}{needs_tifffile(image)}") from error
        frames = animated.frames_of(image) if is_animation else None
        plays = animated.plays_of(image)
        is_cut = animated.is_cut(image)
        image.load()  # all that is needed, also after the file is closed
    return OpenedPicture(image, n_bytes, len(frames) if frames else n_frames, identity, frames, plays, is_cut)


def _is_tiff(file: IO[bytes]) -> bool:
    """Whether it begins as a TIFF: of which not all is read at a time."""
    start = file.read(4)
    file.seek(0)
    return start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def shown(path: str | Path) -> str:
    """Show a path on one line, whatever is in it."""
    return one_line(path)
