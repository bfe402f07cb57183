"""What the command does on Ctrl-C and its like while modules are imported: one line, and no traceback from amid them.

The package imports this before anything that takes long, and so it takes nothing itself: `_signal` is in the
interpreter, and has what `signal` makes enumerations of.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys

INTERRUPTED = "interrupted; no file is half written"


def end_at_once(number: int, _: object) -> None:
    """Say that a signal has come, and end: nothing is there that could be lost."""
    try:
        os.write(2, f"pil-kmeans: {INTERRUPTED}\n".encode())
    finally:
        os._exit(128 + number)  # as shells have it


def have_signals_end_at_once() -> None:
    """Have the signals do so that would end the process by themselves; those that are ignored stay so."""
    usual = {"SIGINT": _signal.default_int_handler, "SIGTERM": _signal.SIG_DFL, "SIGHUP": _signal.SIG_DFL}
    for name, handler in usual.items():
        number = getattr(_signal, name, None)  # Windows has no SIGHUP
        if number is not None and _signal.getsignal(number) == handler:
            _signal.signal(number, end_at_once)


def is_command() -> bool:
    """Whether the process is ``pil-kmeans`` or ``python -m pil_kmeans``: both import the package before the command."""
    name = (getattr(sys, "argv", None) or [""])[0]
    return os.path.basename(name).startswith("pil-kmeans") or (name == "-m" and "pil_kmeans" in sys.orig_argv)


def interrupted() -> None:
    """End the command, which Ctrl-C has hit before this was there."""
    if is_command():
        end_at_once(_signal.SIGINT, None)


if is_command():
    have_signals_end_at_once()
