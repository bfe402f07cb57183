"""Target quality: the roughest picture that a score still allows."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, Generic, NamedTuple, TypeVar

from ..stages.options import is_number
from ..stages.progress import Progress, part

Picture = TypeVar("Picture")

_GENTLEST, _ROUGHEST = 1 / 4, 8.0  # roots of the least and the most `lossy`
_SLOPE, _STEEPEST, _FLATTEST = -14.0, -56.0, -3.5  # of the score over the root: usual, and as two trials may tell it
_CLOSE = 0.4  # above the target, where the search ends
_NEAR = 0.04  # of another trial, where one tells nothing
_MOST_TRIALS = 6


class Roughest(NamedTuple, Generic[Picture]):
    """A picture and the `lossy` it was made with, None if none scored enough; and the highest score of all."""

    picture: Picture | None
    lossy: float | None
    best: float


class QualityError(ValueError):
    """
    The quality that was asked for cannot be reached.

    Parameters
    ----------
    quality, best : float
        What was asked for, and the best score that was found.
    advice : str
        What to do.
    """

    quality: float
    best: float
    advice: str

    def __init__(self, quality: float, best: float, advice: str) -> None:
        super().__init__(quality, best, advice)
        self.quality, self.best, self.advice = quality, best, advice

    def __str__(self) -> str:
        return f"quality={self.quality:g} cannot be reached, the best score here is {self.best:.2f}: {self.advice}"


def roughest(
    make: Callable[[float, Progress], tuple[Picture, float]],
    quality: float,
    progress: Progress,
    *,
    first: float = 1.0,
) -> Roughest[Picture]:
    """Find the roughest picture whose score is at least `quality`.

    Parameters
    ----------
    make : callable
        Makes a picture with a `lossy`, and tells its score, which falls with that, about.
    quality : float
    progress : callable
    first : float, default=1.0
        The `lossy` to try first.

    Returns
    -------
    Roughest

    Examples
    --------
    >>> from pil_kmeans.png.target_quality import roughest
    >>> from pil_kmeans.stages.progress import silent
    >>> found = roughest(lambda lossy, progress: (f"picture {lossy:.0f}", 90 - 7 * lossy), 69, silent)
    >>> found.picture
    'picture 3'
    """
    low, high = _GENTLEST, _ROUGHEST
    tried: list[tuple[float, float]] = []
    picture, lossy, at, done = None, None, sqrt(first), 0.0
    while len(tried) < _MOST_TRIALS:
        end = done + (1 - done) / 3
        made, score = make(at * at, part(progress, done, end))
        done = end
        tried.append((at, score))
        if score >= quality:
            picture, lossy, low = made, at * at, at
        else:
            high = at
        if quality <= score < quality + _CLOSE or high - low < _NEAR:
            break
        at = min(high, max(low, _secant(tried, quality + _CLOSE / 2)))
        for other, its_score in tried:
            if abs(at - other) < _NEAR:
                at = other + (2 * _NEAR if its_score >= quality else -2 * _NEAR)
                at = at if low < at < high else (low + high) / 2
    return Roughest(picture, lossy, max(score for _, score in tried))


def _secant(tried: list[tuple[float, float]], target: float) -> float:
    """Where the line through the two trials that are nearest to the target meets it."""
    (at, score), *others = sorted(tried, key=lambda trial: abs(trial[1] - target))[:2]
    slope = _SLOPE
    for other_at, other_score in others:
        slope = min(_FLATTEST, max(_STEEPEST, (score - other_score) / (at - other_at)))
    return at + (target - score) / slope


def check_quality(quality: Any) -> None:
    """Check the option; None will do.

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is not from 0 to 100.
    """
    if quality is None:
        return
    if not is_number(quality):
        raise TypeError(f"quality must be a number from 0 to 100, got {quality!r} of type {type(quality).__name__}")
    if not 0 <= quality <= 100:
        raise ValueError(f"quality must be from 0 to 100, on the scale of SSIMULACRA 2, got {quality}")
