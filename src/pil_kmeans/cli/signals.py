"""Signals that ask the command to end: it stops as by Ctrl-C, and leaves no temporary file."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from ..early_signals import end_at_once

INTERRUPT = 2
"""The number of SIGINT everywhere."""

_IMPORTS = "<frozen importlib"  # as the code of Python's own imports is called


class Stopped(KeyboardInterrupt):
    """A signal has come that says which one it is."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def signal_of(error: KeyboardInterrupt) -> int:
    """Return which signal it was."""
    return error.number if isinstance(error, Stopped) else INTERRUPT


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `Stopped` where signals would end the process at once; where they are ignored they stay so."""
    names = ("SIGINT", "SIGTERM", "SIGHUP") if current_thread() is main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    taken = {number: handler for number, handler in before.items() if handler in (signal.SIG_DFL, end_at_once)}
    for number in taken:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise, unless a module is just being imported: that may keep the error, and its lock, which others wait for."""
    inner = frame
    while inner is not None:
        if inner.f_code.co_filename.startswith(_IMPORTS):
            end_at_once(number, frame)
        inner = inner.f_back
    raise Stopped(number)
