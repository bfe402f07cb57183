"""The command's output: refused before any work, or written."""

from __future__ import annotations

from pathlib import Path

from ..files import write_file
from .errors import CommandError, WouldOverwriteError


def check_output(path: Path, *, force: bool) -> None:
    """Refuse, before any work, an output that is in the way."""
    if path.exists() and not path.is_file():
        msg = f"{path} is not a regular file: name another output"
        raise CommandError(msg)
    if path.exists() and not force:
        msg = f"{path} exists: pass --force to overwrite it, or name another output"
        raise WouldOverwriteError(msg)


def write_output(path: Path, data: bytes) -> None:
    """Write the whole file, or say why not."""
    try:
        write_file(path, data)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise CommandError(msg) from error
