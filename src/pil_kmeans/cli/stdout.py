"""Bytes to standard output, and what to do when nobody takes them."""

from __future__ import annotations

import os
import sys


def write_to_stdout(data: bytes) -> None:
    """Write bytes to standard output; after an error nothing more."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        silence_stdout()
        raise


def silence_stdout() -> None:
    """Let go what Python would write at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
