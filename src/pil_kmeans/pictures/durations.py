"""Durations: for how long each frame of an animation is shown, and how many times all are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..stages.option_checks import is_integer, is_number

DEFAULT_DURATION = 100.0
"""Milliseconds; what browsers take for frames of a GIF that say none."""

MAX_DELAY_PART = 2**16 - 1
"""Numerator and denominator of a delay in seconds have 16 bits."""

MAX_DURATION = 1000 * MAX_DELAY_PART
"""Milliseconds."""

MAX_PLAYS = 2**31 - 1


def read_durations(duration: Any, own: Sequence[Any]) -> list[float]:
    """Check the option `duration`.

    Parameters
    ----------
    duration : float, sequence of float, or None
        Milliseconds of every frame, or of each. None: their own.
    own : sequence
        What each frame says of itself; where that is no duration, 100.

    Returns
    -------
    list of float
        As many as `own`.

    Raises
    ------
    TypeError
        If a duration is not a number.
    ValueError
        If one is negative or longer than 65,535,000, or there are not as many as frames.
    """
    if duration is None:
        return [float(value) if is_number(value) and 0 <= value <= MAX_DURATION else DEFAULT_DURATION for value in own]
    if is_number(duration):
        return [_checked(duration)] * len(own)
    if isinstance(duration, str | bytes) or not np.iterable(duration):
        msg = (
            "duration must be a number of milliseconds or one for each frame, "
            f"got {duration!r} of type {type(duration).__name__}"
        )
        raise TypeError(msg)
    durations = [_checked(value) for value in duration]
    if len(durations) != len(own):
        raise ValueError(f"duration must be one number, or one for each of {len(own)} frames, got {len(durations)}")
    return durations


def check_loop(loop: Any) -> None:
    """Check the option.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is negative or 2**31 or more.
    """
    if not is_integer(loop):
        raise TypeError(f"loop must be an integer, got {loop!r} of type {type(loop).__name__}")
    if not 0 <= loop <= MAX_PLAYS:
        raise ValueError(f"loop must be from 0, which is forever, to {MAX_PLAYS} times, got {loop}")


def delay(duration: float) -> Fraction:
    """Seconds, as near to so many milliseconds as a fraction can be whose two parts have 16 bits."""
    seconds = Fraction(duration) / 1000
    return seconds.limit_denominator(int(MAX_DELAY_PART / max(seconds, Fraction(1))))


def _checked(value: Any) -> float:
    if not is_number(value):
        raise TypeError(f"duration must be numbers of milliseconds, got {value!r} of type {type(value).__name__}")
    if not 0 <= value <= MAX_DURATION:  # NaN, too
        raise ValueError(f"duration must be from 0 to {MAX_DURATION} milliseconds, got {value}")
    return float(value)
