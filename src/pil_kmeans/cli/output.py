"""The command's output: where it goes; refused before any work, or written."""

from __future__ import annotations

from pathlib import Path

from ..files import write_file
from .errors import CommandError, WouldOverwriteError
from .inputs import shown
from .stdout import write_to_stdout


def check_output(path: Path, *, force: bool) -> None:
    """Refuse, before any work, an output that is in the way."""
    if path.exists() and not path.is_file():
        msg = f"{shown(path)} is not a regular file: name another output"
        raise CommandError(msg)
    if path.exists() and not force:
        msg = f"{shown(path)} exists: pass --force to overwrite it, or name another output"
        raise WouldOverwriteError(msg)


def write_output(path: Path | None, data: bytes, *, makes_folder: bool = False) -> None:
    """Write the whole file, or to standard output, or say why not."""
    try:
        if path is None:
            write_to_stdout(data)
        else:
            if makes_folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, data)
    except OSError as error:
        target = "to standard output" if path is None else shown(path)
        msg = f"cannot write {target}: {error.strerror or error}"
        raise CommandError(msg) from error
