"""Target quality: the roughest picture that a score still allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf, sqrt
from typing import Any, Generic, NamedTuple, TypeVar

from ..stages.options import is_number
from ..stages.progress import Progress, part

Picture = TypeVar("Picture")

GENTLEST, ROUGHEST = 1 / 4, 8.0
"""Roots of the least and the most `lossy`."""

LEAST_LOSSY, MOST_LOSSY = GENTLEST**2, ROUGHEST**2
"""Nothing gentler and nothing rougher is made."""

CLOSE = 0.05
"""Above the quality, where a search ends that can come so close."""

NEAR = 0.02
"""Of another trial's root, where one tells nothing."""

SLOPE = -14.0
"""Of the score over the root, usually."""

_STEEPEST, _FLATTEST = -56.0, -3.5  # as two trials may tell it
_CLOSE = 0.2  # as `CLOSE`, of whole pictures
_MOST_TRIALS = 6


class Quality(NamedTuple):
    """What score to aim at, and the least one that will do where that cannot be reached."""

    least: float
    aim: float


class Roughest(NamedTuple, Generic[Picture]):
    """A picture and the `lossy` it was made with, None if none scored enough.

    And the highest score of all, with its picture if that is not enough.
    """

    picture: Picture | None
    lossy: float | None
    best: float
    closest: Picture | None = None


class QualityError(ValueError):
    """The quality that was asked for cannot be reached.

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


class Found(Generic[Picture]):
    """The best of the pictures that were seen.

    Parameters
    ----------
    quality : float
        That they are to score.

    Examples
    --------
    >>> from pil_kmeans.png.target_quality import Found
    >>> found = Found(70)
    >>> for picture, score, root in ("rough", 68, 2.0), ("fine", 74, 0.5), ("fair", 71, 1.0):
    ...     found.see(picture, score, root)
    >>> found.roughest
    Roughest(picture='fair', lossy=1.0, best=74, closest=None)
    """

    def __init__(self, quality: float) -> None:
        self._quality = quality
        self._good: tuple[float, float, Picture] | None = None
        self._bad: tuple[float, Picture] | None = None
        self._best = -inf

    def see(self, picture: Picture, score: float, root: float) -> None:
        """Take note of one, which was made with a `lossy` of that root."""
        self._best = max(self._best, score)
        if score >= self._quality:
            if self._good is None or (score, -root) < (self._good[0], -self._good[1]):
                self._good = (score, root, picture)
        elif self._bad is None or score > self._bad[0]:
            self._bad = (score, picture)

    @property
    def is_close(self) -> bool:
        """Whether one scores hardly more."""
        return self._good is not None and self._good[0] < self._quality + CLOSE

    @property
    def roughest(self) -> Roughest[Picture]:
        """The one that scores least of those that score enough."""
        if self._good is not None:
            return Roughest(self._good[2], self._good[1] ** 2, self._best)
        return Roughest(None, None, self._best, None if self._bad is None else self._bad[1])


def root_of(lossy: float) -> float:
    """Return the root of the nearest `lossy` that is made."""
    return min(ROUGHEST, max(GENTLEST, sqrt(lossy)))


def slope_of(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Tell the slope from two roots with their scores."""
    return min(_FLATTEST, max(_STEEPEST, (a[1] - b[1]) / (a[0] - b[0])))


def roughest(
    make: Callable[[float, Progress], tuple[Picture, float]], quality: float, progress: Progress, *, first: float = 1.0
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
    >>> found = roughest(lambda lossy, progress: (f"picture {lossy:.1f}", 90 - 7 * lossy), 69, silent)
    >>> found.picture
    'picture 3.0'
    """
    found = Found[Picture](quality)
    tried: list[tuple[float, float]] = []
    at, done = root_of(first), 0.0
    while len(tried) < _MOST_TRIALS:
        end = done + (1 - done) / 2
        made, score = make(at * at, part(progress, done, end))
        done = end
        found.see(made, score, at)
        tried.append((at, score))
        if at <= GENTLEST if score < quality else score < quality + _CLOSE or at >= ROUGHEST:
            break
        good = max((root for root, score in tried if score >= quality), default=None)
        bad = min((root for root, score in tried if score < quality), default=None)
        if good is not None and bad is not None and abs(bad - good) < NEAR:
            break
        at = _next(tried, quality, good, bad)
    return found.roughest


def _next(tried: list[tuple[float, float]], quality: float, good: float | None, bad: float | None) -> float:
    """Choose the root to try next: where the line through the nearest trials meets the quality."""
    (at, score), *others = sorted(tried, key=lambda trial: abs(trial[1] - quality))[:2]
    slope = SLOPE
    for other in others:
        if at != other[0]:
            slope = slope_of((at, score), other)
    found = at + (quality + _CLOSE / 2 - score) / slope
    if good is not None and bad is not None:
        low, high = min(good, bad), max(good, bad)
        return found if low + NEAR / 2 < found < high - NEAR / 2 else (low + high) / 2
    found = found if good is None else max(found, good + NEAR)
    return min(ROUGHEST, max(GENTLEST, found if bad is None else min(found, bad - NEAR)))


class Prediction(NamedTuple):
    """The `lossy` at which a score is met, about, and the slope of the score over its root there."""

    lossy: float
    slope: float


def predicted(
    score: Callable[[float], float], quality: float, *, first: float, n_trials: int, close: float
) -> Prediction:
    """Tell where a score is met, about, from a few trials.

    Parameters
    ----------
    score : callable
        Tells the score of a `lossy`.
    quality : float
    first : float
        The `lossy` to try first.
    n_trials : int
    close : float
        Difference of a score from `quality` up to which there is no need of another trial.

    Returns
    -------
    Prediction

    Examples
    --------
    >>> from pil_kmeans.png.target_quality import predicted
    >>> round(predicted(lambda lossy: 90 - 14 * lossy**0.5, 62, first=1.0, n_trials=3, close=1.0).lossy, 2)
    4.0
    """
    at, slope = root_of(first), SLOPE
    before: tuple[float, float] | None = None
    for _ in range(n_trials):
        found = score(at * at)
        if before is not None and abs(at - before[0]) > NEAR:
            slope = slope_of((at, found), before)
        before = (at, found)
        at = min(ROUGHEST, max(GENTLEST, at + (quality - found) / slope))
        if abs(found - quality) <= close or abs(at - before[0]) < NEAR:
            break
    return Prediction(at * at, slope)


_NUMBER = r"\d+(?:\.\d*)?|\.\d+"


def read_quality(quality: Any) -> Quality | None:
    """Take the option: a number to reach, or a range such as "60-80", whose lower end is the least that will do.

    Raises
    ------
    TypeError
        If it is neither a number nor a string.
    ValueError
        If it is not from 0 to 100, or no range.

    Examples
    --------
    >>> from pil_kmeans.png.target_quality import read_quality
    >>> read_quality("60-80")
    Quality(least=60.0, aim=80.0)
    """
    if quality is None:
        return None
    if isinstance(quality, str):
        ends = re.fullmatch(rf"\s*({_NUMBER})\s*-\s*({_NUMBER})\s*", quality)
        if ends is None:
            raise ValueError(f"quality must be a number from 0 to 100, or a range such as '60-80', got {quality!r}")
        least, aim = map(float, ends.groups())
        if not least <= aim <= 100:
            raise ValueError(
                f"quality must be a range from a lower to a higher score up to 100, such as '60-80', got {quality!r}"
            )
        return Quality(least or -inf, aim)  # 0 is no floor, whatever the score
    if not is_number(quality):
        raise TypeError(
            "quality must be a number from 0 to 100, or a range such as '60-80', got "
            f"{quality!r} of type {type(quality).__name__}"
        )
    if not 0 <= quality <= 100:
        raise ValueError(f"quality must be from 0 to 100, on the scale of SSIMULACRA 2, got {quality}")
    return Quality(float(quality), float(quality))
