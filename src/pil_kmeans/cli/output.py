"""The command's output: where it goes; refused before any work, or written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from mmap import mmap
from pathlib import Path
from typing import IO

from ..files import FileChangedError, FileIdentity, replacing
from ..pictures.from_files import EXTENSIONS
from .errors import CommandError, WouldOverwriteError
from .inputs import shown
from .streams import has_stdout, write_to_stdout

PICTURES = EXTENSIONS | {".apng", ".avif", ".heic", ".ico", ".jp2", ".jxl", ".pdf", ".svg", ".tga"}
"""Ends of names that promise a picture."""


def names_other_kind(path: Path, written: Collection[str] = (".png",)) -> bool:
    """Whether the extension of a name, if it has one, is not among those that say what is written."""
    return path.suffix.lower() not in ("", *written)


def names_picture(path: Path) -> bool:
    """Whether people and programs would take a file of this name for a picture."""
    return path.suffix.lower() in PICTURES


def check_output(path: Path, *, force: bool) -> None:
    """Refuse, before any work, an output that is in the way, or that cannot be examined."""
    try:
        exists, is_file = path.exists(), path.is_file()
    except OSError as error:
        raise _cannot_write(path, error) from error
    if exists and not is_file:
        msg = f"{shown(path)} is not a regular file: name another output"
        raise CommandError(msg)
    if exists and not force:
        raise _would_overwrite(path)


def _would_overwrite(path: Path) -> WouldOverwriteError:
    return WouldOverwriteError(f"{shown(path)} exists: pass --force to overwrite it, or name another output")


def _cannot_write(path: Path | None, error: OSError) -> CommandError:
    target = "to standard output" if path is None else shown(path)
    return CommandError(f"cannot write {target}: {error.strerror or error}")


def write_output(
    path: Path | None,
    data: bytes | mmap,
    *,
    makes_folder: bool = False,
    force: bool = True,
    expected: FileIdentity | None = None,
) -> None:
    """Write the whole file, or to standard output, or say why not.

    Parameters
    ----------
    path : Path or None
        None: standard output.
    data : bytes
    makes_folder : bool, default False
        Whether to make the folder if it is missing.
    force : bool, default True
        Whether to replace a file that is there by now.
    expected : FileIdentity, optional
        The only file to replace.

    Raises
    ------
    CommandError
        If it cannot be written, or what is there is not to be replaced.
    """
    if path is None:
        try:
            write_to_stdout(data)
        except OSError as error:
            raise _cannot_write(path, error) from error
        return
    with opened_output(path, makes_folder=makes_folder, force=force, expected=expected) as file:
        file.write(data)


@contextmanager
def opened_output(
    path: Path, *, makes_folder: bool = False, force: bool = True, expected: FileIdentity | None = None
) -> Iterator[IO[bytes]]:
    """Open the file to write, which has its name at the end, with the arguments and errors of `write_output`."""
    try:
        if makes_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, exclusive=not force and expected is None, expected=expected) as file:
            yield file
    except FileChangedError as error:
        msg = f"{shown(path)} is left as it is: {error.strerror}"
        raise WouldOverwriteError(msg) from error
    except FileExistsError as error:
        raise (_would_overwrite(path) if path.is_file() else _cannot_write(path, error)) from error
    except OSError as error:
        raise _cannot_write(path, error) from error


def write_report(text: str) -> None:
    """Print what a program is to read: unlike a report for people it must not get lost."""
    if not has_stdout():
        msg = "cannot write to standard output: it is closed"
        raise CommandError(msg)
    print(text)
