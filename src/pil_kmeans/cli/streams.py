"""Standard streams: there in any case, bytes to standard output, and what to do when nobody takes them."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from mmap import mmap

MODES = {"stdin": "rb", "stdout": "wb", "stderr": "wb"}


class NoStream(TextIOWrapper):
    """Stands where the process was started without a standard stream: gives nothing, and takes all."""


def open_missing_streams() -> None:
    """Put something where standard streams are closed, also so that no file of ours gets their numbers."""
    for descriptor in range(len(MODES)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    for name, mode in MODES.items():
        if getattr(sys, name) is None:
            nothing = open(os.devnull, mode)  # noqa: SIM115 - to the end of the process
            setattr(sys, name, NoStream(nothing, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # any name can be shown on any terminal


def has_stdout() -> bool:
    """Whether anybody can get what is written to standard output."""
    return not isinstance(sys.stdout, NoStream)


def write_to_stdout(data: bytes | mmap) -> None:
    """Write bytes to standard output; after an error nothing more."""
    if not has_stdout():
        msg = "it is closed"
        raise OSError(msg)
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        silence_stdout()
        raise


def silence_stdout() -> None:
    """Let go what Python would write at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
