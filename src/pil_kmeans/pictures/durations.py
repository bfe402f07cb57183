"""Durations: for how long each frame of an animation is shown, and how many times all are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..stages.options import is_integer, is_number

DEFAULT_DURATION = 100.0
"""Milliseconds; what browsers take for frames of a GIF that say none."""


def read_durations(duration: Any, own: Sequence[Any], longest: float) -> list[float]:
    """Check the option `duration`.

    Parameters
    ----------
    duration : float, sequence of float, or None
        Milliseconds of every frame, or of each. None: their own.
    own : sequence
        What each frame says of itself; where that is no duration, 100.
    longest : float
        Milliseconds that the container can hold.

    Returns
    -------
    list of float
        As many as `own`.

    Raises
    ------
    TypeError
        If a duration is not a number.
    ValueError
        If one is negative or longer than that, or there are not as many as frames.
    """
    if duration is None:
        return [float(value) if is_number(value) and 0 <= value <= longest else DEFAULT_DURATION for value in own]
    if is_number(duration):
        return [_checked(duration, longest)] * len(own)
    if isinstance(duration, str | bytes) or not np.iterable(duration):
        msg = (
            "duration must be a number of milliseconds or one for each frame, "
            f"got {duration!r} of type {type(duration).__name__}"
        )
        raise TypeError(msg)
    durations = [_checked(value, longest) for value in duration]
    if len(durations) != len(own):
        raise ValueError(f"duration must be one number, or one for each of {len(own)} frames, got {len(durations)}")
    return durations


def check_loop(loop: Any, most: int) -> None:
    """Check the option, which the container can hold up to `most`.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is negative, or more than `most`.
    """
    if not is_integer(loop):
        raise TypeError(f"loop must be an integer, got {loop!r} of type {type(loop).__name__}")
    if not 0 <= loop <= most:
        raise ValueError(f"loop must be from 0, which is forever, to {most} times, got {loop}")


def _checked(value: Any, longest: float) -> float:
    if not is_number(value):
        raise TypeError(f"duration must be numbers of milliseconds, got {value!r} of type {type(value).__name__}")
    if not 0 <= value <= longest:  # NaN, too
        raise ValueError(f"duration must be from 0 to {longest} milliseconds, got {value}")
    return float(value)
