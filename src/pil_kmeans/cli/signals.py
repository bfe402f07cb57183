"""Signals that ask the command to end: it stops as by Ctrl-C, and leaves no temporary file."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

INTERRUPT = 2
"""The number of SIGINT everywhere."""


class Stopped(KeyboardInterrupt):
    """Another signal than Ctrl-C's has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def signal_of(error: KeyboardInterrupt) -> int:
    """Return which signal it was."""
    return error.number if isinstance(error, Stopped) else INTERRUPT


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `Stopped` where SIGTERM and SIGHUP would end the process at once; where they are ignored they stay so."""
    names = ("SIGTERM", "SIGHUP") if current_thread() is main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number)
