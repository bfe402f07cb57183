"""Target quality: the roughest picture that a score still allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf, sqrt
from typing import Any, Generic, NamedTuple, TypeVar

from ..stages.options import is_number
from ..stages.progress import Progress, part

Picture = TypeVar("Picture")

_GENTLEST, _ROUGHEST = 1 / 4, 8.0  # roots of the least and the most `lossy`
LEAST_LOSSY, MOST_LOSSY = _GENTLEST**2, _ROUGHEST**2
"""Nothing gentler and nothing rougher is made."""

_SLOPE, _STEEPEST, _FLATTEST = -14.0, -56.0, -3.5  # of the score over the root: usual, and as two trials may tell it
_CLOSE, _CLOSE_UNMIXED = 0.05, 0.2  # above the target, where the search ends, and where it does without a mix
_AIM = 0.25  # so far beyond the target the next trial goes, to have it between two
_MIXABLE = 2.0  # difference of two scores, up to which bands of both make one picture
_NEAR = 0.02  # of another trial, where one tells nothing
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


def roughest(
    make: Callable[[float, Progress], tuple[Picture, float]],
    quality: float,
    progress: Progress,
    *,
    first: float = 1.0,
    mix: Callable[[Picture, Picture], tuple[Picture, float]] | None = None,
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
    mix : callable, optional
        Makes one picture of two, of which the first scores enough and the second is rougher, and tells its score, which
        is enough.

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
    good: tuple[float, Picture, float] | None = None
    bad: tuple[float, Picture, float] | None = None
    tried: list[tuple[float, float]] = []
    close = _CLOSE if mix else _CLOSE_UNMIXED
    at, done = min(_ROUGHEST, max(_GENTLEST, sqrt(first))), 0.0
    while len(tried) < _MOST_TRIALS:
        end = done + (1 - done) / 2
        made, score = make(at * at, part(progress, done, end))
        done = end
        tried.append((at, score))
        if score >= quality:
            good = (at, made, score) if good is None or (score, good[0]) < (good[2], at) else good
        else:
            bad = (at, made, score) if bad is None or (bad[2], at) < (score, bad[0]) else bad
        is_over = at <= _GENTLEST if score < quality else score < quality + close or at >= _ROUGHEST
        if is_over or (good and bad and abs(bad[0] - good[0]) < _NEAR):
            break
        if good and bad and mix and good[2] - bad[2] <= _MIXABLE:
            break
        at = _next(tried, quality, _AIM if mix else 0.0)
    best = max(score for _, score in tried)
    if good is None:
        assert bad is not None
        return Roughest(None, None, best, bad[1])
    if mix and bad and good[2] >= quality + _CLOSE and bad[0] > good[0]:
        return Roughest(mix(good[1], bad[1])[0], good[0] ** 2, best)
    return Roughest(good[1], good[0] ** 2, best)


def _next(tried: list[tuple[float, float]], quality: float, beyond: float) -> float:
    """Choose the root to try next: where the line through the nearest trials meets the quality.

    While all trials are on one side of it, so far beyond, to have it between two.
    """
    (at, score), *others = sorted(tried, key=lambda trial: abs(trial[1] - quality))[:2]
    slope = _SLOPE
    for other_at, other_score in others:
        if at != other_at:
            slope = min(_FLATTEST, max(_STEEPEST, (score - other_score) / (at - other_at)))
    roots_good = [root for root, found in tried if found >= quality]
    roots_bad = [root for root, found in tried if found < quality]
    is_between = bool(roots_good and roots_bad)
    if is_between or not beyond:
        aim = quality + (_CLOSE if beyond else _CLOSE_UNMIXED) / 2
    else:
        aim = quality + (-beyond if roots_good else beyond)
    found = at + (aim - score) / slope
    low, high = max(roots_good, default=_GENTLEST), min(roots_bad, default=_ROUGHEST)
    if is_between:
        low, high = min(low, high), max(low, high)
        return found if low + _NEAR / 2 < found < high - _NEAR / 2 else (low + high) / 2
    found = max(found, low + _NEAR) if roots_good else min(found, high - _NEAR)
    return min(_ROUGHEST, max(_GENTLEST, found))


def predicted(score: Callable[[float], float], quality: float, *, first: float, n_trials: int, close: float) -> float:
    """Tell the `lossy` at which a score is met, about, from a few trials.

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
    float

    Examples
    --------
    >>> from pil_kmeans.png.target_quality import predicted
    >>> round(predicted(lambda lossy: 90 - 14 * lossy**0.5, 62, first=1.0, n_trials=3, close=1.0), 2)
    4.0
    """
    at, slope = min(_ROUGHEST, max(_GENTLEST, sqrt(first))), _SLOPE
    before: tuple[float, float] | None = None
    for _ in range(n_trials):
        found = score(at * at)
        if before is not None and abs(at - before[0]) > _NEAR:
            slope = min(_FLATTEST, max(_STEEPEST, (found - before[1]) / (at - before[0])))
        before = (at, found)
        at = min(_ROUGHEST, max(_GENTLEST, at + (quality - found) / slope))
        if abs(found - quality) <= close or abs(at - before[0]) < _NEAR:
            break
    return at * at


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
