"""Progress: what long work tells its caller, who may end it by an exception."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], object]
"""Called with the share that is done, from 0.0 to 1.0, which may be a `Done`."""


class Done(float):
    """The share of the work that is done, and what is being done."""

    doing: str

    def __new__(cls, share: float, doing: str) -> Done:
        """Make one."""
        done = super().__new__(cls, share)
        done.doing = doing
        return done


def silent(share: float) -> None:
    """Take no notice."""


def part(progress: Progress, start: float, end: float, doing: str = "") -> Progress:
    """Make the progress of a part of the work, which goes from `start` to `end`, and may be told by a name."""

    def told(share: float) -> None:
        progress(Done(start + (end - start) * share, doing or getattr(share, "doing", "")))

    return told


def check_progress(progress: object) -> None:
    """Check the option.

    Raises
    ------
    TypeError
        If it is neither None nor callable.
    """
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable or None, got {progress!r} of type {type(progress).__name__}")
