"""Patchwork: bands of two roughnesses in one picture, so that it meets a score closely and little is searched twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.progress import Progress, part
from .rate_distortion import Bands
from .target_quality import CLOSE, GENTLEST, NEAR, ROUGHEST, Found, Roughest, root_of, slope_of

Indices = NDArray[np.uint8]

_BEYOND, _BEYOND_SHARE = 0.4, 0.5  # how far beyond the quality the other one aims, or what share of what is missing
_MIXABLE = 2.5  # difference of a score from the quality, up to which bands of another roughness make up for it
_MORE = 1.1  # times what seems to be needed is searched again
_MOST_TRIALS, _MOST_MIXES = 6, 8
_PATCHES, _LEAST_ROWS = 32, 8  # of a picture at least, about, and rows of a patch
_FIRST = 0.55  # share of the work until the first trial is done
_GOLDEN = (5**0.5 - 1) / 2  # multiples of it, but for whole ones, are spread evenly


class _Trial(NamedTuple):
    """A picture of one roughness."""

    root: float
    picture: Indices
    score: float


class Patchwork:
    """A search for the picture that hardly scores more than a quality.

    Parameters
    ----------
    choose : callable
        Makes indices (H, W), of which those of some bands are as rough as `lossy` says.
    score : callable
        Tells the score of indices, which falls with `lossy`, about.
    bands : Bands
        All there are, each chosen by itself.
    quality : float

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.png.patchwork import Patchwork
    >>> from pil_kmeans.png.rate_distortion import Bands
    >>> from pil_kmeans.stages.progress import silent
    >>> def choose(lossy, bands, progress):
    ...     return np.full((64, 64), round(10 * lossy), np.uint8)
    >>> work = Patchwork(choose, lambda picture: 90 - picture.mean(), Bands(np.arange(0, 64, 16), 16), 78.5)
    >>> float(90 - work.roughest(silent, first=1.0, slope=-14.0).picture.mean())
    78.5
    """

    def __init__(
        self,
        choose: Callable[[float, Bands, Progress], Indices],
        score: Callable[[Indices], float],
        bands: Bands,
        quality: float,
    ) -> None:
        self._choose, self._score, self._bands, self._quality = choose, score, bands, quality
        self._found = Found[Indices](quality)

    def roughest(self, progress: Progress, *, first: float, slope: float) -> Roughest[Indices]:
        """Search from a `lossy` on, with about such a slope of the score over its root."""
        progresses = _halves(part(progress, _FIRST, 1.0))
        trial = self._tried(root_of(first), part(progress, 0.0, _FIRST))
        for _ in range(_MOST_TRIALS - 1):
            off = trial.score - self._quality
            if self._found.is_close or trial.root == (ROUGHEST if off >= 0 else GENTLEST):
                break
            is_mixable = abs(off) <= _MIXABLE
            beyond = max(_BEYOND, _BEYOND_SHARE * abs(off)) if is_mixable else 0.0
            step = (off + beyond) / -slope if off >= 0 else (off - beyond) / -slope
            step = max(step, NEAR) if off >= 0 else min(step, -NEAR)
            root = min(ROUGHEST, max(GENTLEST, trial.root + step))
            if is_mixable:
                other = self._mixed(trial, root, abs(off) / (abs(off) + beyond), next(progresses))
                if other is None:
                    break
            else:
                other = self._tried(root, next(progresses))
            slope = slope_of((trial.root, trial.score), (other.root, other.score))
            trial = other
        return self._found.roughest

    def _tried(self, root: float, progress: Progress) -> _Trial:
        picture = self._choose(root * root, self._bands, progress)
        return _Trial(root, picture, self._seen(picture, root))

    def _seen(self, picture: Indices, root: float) -> float:
        score = self._score(picture)
        self._found.see(picture, score, root)
        return score

    def _mixed(self, trial: _Trial, root: float, share: float, progress: Progress) -> _Trial | None:
        """Give bands another roughness until the score is on the other side; all of them, if it never is."""
        is_enough = trial.score >= self._quality
        patches = self._patches(len(trial.picture))
        order = np.argsort(np.arange(len(patches)) * _GOLDEN % 1.0, kind="stable")
        tops, rows = self._bands
        other, n_searched = trial.picture, 0

        def mixed(n: int) -> Indices:
            """Take so many patches of the other roughness."""
            picture = trial.picture.copy()
            for patch in (patch for band in order for patch in patches[band]) if n else ():
                picture[patch] = other[patch]
                n -= 1
                if n == 0:
                    break
            return picture

        progresses = _halves(progress)
        while True:
            n_wanted = min(len(tops), max(n_searched + 1, ceil(share * _MORE * len(tops))))
            searched = np.sort(order[n_searched:n_wanted])
            chosen = self._choose(root * root, Bands(tops[searched], rows), next(progresses))
            other = other.copy()  # the former is known
            for band in searched:
                other[tops[band] : tops[band] + rows] = chosen[tops[band] : tops[band] + rows]
            n_searched = n_wanted
            score = self._seen(other, root)
            if (score >= self._quality) != is_enough:
                break
            if n_searched == len(tops):
                return _Trial(root, other, score)
            gone = (trial.score - score) / (trial.score - self._quality)
            share = n_searched / len(tops) / gone if gone > 0 else 1.0
        low, high = (0, trial.score), (sum(len(patches[band]) for band in order[:n_searched]), score)
        for _ in range(_MOST_MIXES):
            if self._found.is_close or high[0] - low[0] <= 1:
                break
            share = (self._quality + CLOSE / 2 - low[1]) / (high[1] - low[1])
            n = min(high[0] - 1, max(low[0] + 1, low[0] + round(share * (high[0] - low[0]))))
            found = n, self._seen(mixed(n), root)
            low, high = (found, high) if (found[1] >= self._quality) == is_enough else (low, found)
        return None

    def _patches(self, height: int) -> list[list[slice]]:
        """Cut each band, of which there may be few, into rows that are taken from one picture or the other."""
        tops, rows = self._bands
        each = max(_LEAST_ROWS, min(rows, height // _PATCHES))
        ends = np.minimum(tops + rows, height).tolist()
        return [
            [slice(first, min(first + each, end)) for first in range(top, end, each)]
            for top, end in zip(tops.tolist(), ends, strict=True)
        ]


def _halves(progress: Progress) -> Iterator[Progress]:
    """Yield progresses, each of half of what is left."""
    done = 0.0
    while True:
        end = done + (1 - done) / 2
        yield part(progress, done, end)
        done = end
