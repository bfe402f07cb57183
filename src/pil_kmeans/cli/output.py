"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import CommandError, WouldOverwriteError


def check_output(path: Path, *, force: bool) -> None:
    """Refuse, before any work, an output that is in the way."""
    if path.exists() and not path.is_file():
        msg = f"{path} is not a regular file: name another output"
        raise CommandError(msg)
    if path.exists() and not force:
        msg = f"{path} exists: pass --force to overwrite it, or name another output"
        raise WouldOverwriteError(msg)


def write_file(path: Path, data: bytes) -> None:
    """Write a temporary file beside `path`, then rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise CommandError(msg) from error
