"""What the FILE words of the command name: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from .errors import CommandError

STANDARD = "-"
"""Names standard input or output."""

EXTENSIONS = frozenset(
    {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"},
)
"""Files to take from a folder. Files that are named may be anything that Pillow reads."""

SAMPLE = "china.jpg"


@dataclass(frozen=True)
class Input:
    """One picture to read."""

    path: Path | None
    """None: standard input."""
    place: Path
    """Where it belongs in a folder of results: its name, behind the folders below one that was named."""

    @classmethod
    def of(cls, word: str) -> Input:
        """Read a word that names a file, or standard input."""
        return cls(None, Path("stdin")) if word == STANDARD else cls(Path(word), Path(Path(word).name))

    def __str__(self) -> str:
        return "standard input" if self.path is None else shown(self.path)

    @property
    def name(self) -> str:
        """Without folders, for people."""
        return str(self) if self.path is None else shown(self.path.name)


def find_inputs(
    words: Sequence[str], *, recursive: bool = False, is_result: Callable[[Path], bool] = lambda _: False
) -> tuple[list[Input], list[CommandError]]:
    """
    Find the pictures that words name.

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
        One for each word that names no picture.
    """
    inputs: list[Input] = []
    errors: list[CommandError] = []
    for word in words:
        try:
            inputs += _find(word, recursive=recursive, is_result=is_result)
        except CommandError as error:
            errors.append(error)
        except OSError as error:
            errors.append(CommandError(f"cannot read {shown(error.filename)}: {error.strerror}"))
    return inputs, errors


def _find(word: str, *, recursive: bool, is_result: Callable[[Path], bool]) -> list[Input]:
    path = Path(word)
    if not word:  # as of a variable that is not set; to Path it is the current folder
        msg = "an empty name is no file"
        raise CommandError(msg)
    if path.is_dir():
        files = _pictures_in(path, recursive=recursive, is_result=is_result)
        found = [Input(file, file.relative_to(path)) for file in files]
        nothing = f"no pictures in the folder {shown(path)}" + (
            "" if recursive else ": --recursive looks below it, too"
        )
    elif glob.has_magic(word) and not os.path.lexists(path):
        matches = [Path(name) for name in sorted(glob.glob(word, recursive=True))]
        found = [Input(file, Path(file.name)) for file in matches if file.is_file() and not is_result(file)]
        nothing = f"no file matches {shown(word)}"
    else:
        return [Input.of(word)]
    if not found:
        raise CommandError(nothing)
    return found


def _pictures_in(folder: Path, *, recursive: bool, is_result: Callable[[Path], bool]) -> Iterator[Path]:
    """Files that look like pictures, in order; hidden ones are not meant."""

    def fail(error: OSError) -> None:
        raise error

    def is_meant(path: Path) -> bool:
        return not path.name.startswith(".") and not is_result(path)

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in sorted(folders) if recursive and is_meant(Path(parent, name))]
        files = (Path(parent, name) for name in sorted(names))
        yield from (file for file in files if file.suffix.lower() in EXTENSIONS and is_meant(file))


def sample_input() -> Input:
    """Return the photograph to take when no file is named."""
    from sklearn.datasets import load_sample_images

    names = load_sample_images().filenames
    return next(Input(path, Path(SAMPLE)) for path in map(Path, names) if path.name == SAMPLE)


@dataclass(frozen=True)
class OpenedPicture:
    """A picture that is read whole; of several frames the first."""

    image: Image.Image
    n_bytes: int
    """As a file."""
    n_frames: int


def open_picture(given: Input) -> OpenedPicture:
    """Read a picture, or say why not."""
    try:
        if given.path is not None and given.path.is_file():
            with given.path.open("rb") as file:
                return _loaded(file, os.fstat(file.fileno()).st_size)
        content = sys.stdin.buffer.read() if given.path is None else given.path.read_bytes()  # also of a pipe
        return _loaded(BytesIO(content), len(content))
    except UnidentifiedImageError as error:
        msg = f"cannot read {given}: it is not a picture that Pillow knows"
        raise CommandError(msg) from error
    except MemoryError as error:
        msg = f"cannot read {given}: it does not fit into memory"
        raise CommandError(msg) from error
    except Exception as error:  # readers of broken files raise whatever they stumble upon
        msg = f"cannot read {given}: {one_line(getattr(error, 'strerror', None) or error)}"
        raise CommandError(msg) from error


def _loaded(file: IO[bytes], n_bytes: int) -> OpenedPicture:
    if n_bytes == 0:
        msg = "the file is empty"
        raise ValueError(msg)
    with Image.open(file) as image:
        n_frames = getattr(image, "n_frames", 1)
        image.load()  # all that is needed, also after the file is closed
    return OpenedPicture(image, n_bytes, n_frames)


def shown(path: str | Path) -> str:
    """Show a path on one line, whatever is in it."""
    return one_line(path)


def one_line(text: object) -> str:
    """Show a text on one line: what cannot be printed is escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in str(text)
    )
