"""Progress: what long work tells its caller, who may end it by an exception."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], object]
"""Called with the share that is done, from 0.0 to 1.0."""


def silent(share: float) -> None:
    """Take no notice."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Make the progress of a part of the work, which goes from `start` to `end`."""
    return lambda share: progress(start + (end - start) * share)


def check_progress(progress: object) -> None:
    """Check the option.

    Raises
    ------
    TypeError
        If it is neither None nor callable.
    """
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable or None, got {progress!r} of type {type(progress).__name__}")
