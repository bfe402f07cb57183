"""Options: what every stage of a search is told, and what is asked of several options alike.

Only faces state defaults. What a stage is told has none, so that no face can forget one without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Search:
    """How colours are looked for.

    Attributes
    ----------
    color_space : str
        Where distances are measured, one of `color_space.COLOR_SPACES`.
    effort : {"fast", "balanced", "best"}
        How long to look.
    weighting : {"perceptual", "uniform"}
        What pixels count for: as much as an error there is seen, or all the same.
    random_state : int
        Seed of what the search tries; the same gives the same.
    n_threads : int or None
        None: as many as `threads.count_threads` says. Results do not depend on it.
    is_free : bool
        Whether neither a space nor a weighting is asked for: a small picture gets the weighting that looks better.
    """

    color_space: str
    effort: str
    weighting: str
    random_state: int
    n_threads: int | None
    is_free: bool


@dataclass(frozen=True)
class Dither:
    """Whether and how colours between the entries of a palette appear as a mix of them.

    Attributes
    ----------
    method : one of `dithering.diffuse.DITHERS`
        "auto": "floyd-steinberg" where that looks better than "none".
    strength : float or None
        0 to 1; 0 is no dithering. None: what suits the method and the palette, see `dithering.amounts`.
    is_quick : bool
        Whether a palette is refitted in fewer rounds, and of "auto" a look at fewer rows decides.
    """

    method: str
    strength: float | None
    is_quick: bool = False


def is_number(value: Any) -> bool:
    """Whether it is a real number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def is_integer(value: Any) -> bool:
    """Whether it can count; True and False cannot."""
    return hasattr(value, "__index__") and not isinstance(value, bool | np.bool_)


def check_threads(n_threads: Any) -> None:
    """Check a number of threads; None will do."""
    if n_threads is not None:
        check_count("n_threads", n_threads, None)


def check_count(name: str, value: Any, largest: int | None) -> None:
    """Check a number that counts something, from 1 to `largest`."""
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}")
    if value < 1 or (largest is not None and value > largest):
        allowed = "at least 1" if largest is None else f"between 1 and {largest}"
        raise ValueError(f"{name} must be {allowed}, got {value}")
