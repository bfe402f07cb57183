"""Small PNG: from a fitted palette to the smallest file, by a given roughness or for a given quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.dithering.auto import Dithered
from ..stages.pixels import Pixels, read_pixels
from ..stages.progress import Progress, part
from ..stages.ssimulacra2 import FULL_SIZE, MIN_SIZE, Original
from .chunks import Chunk
from .rate_distortion import RateDistortion
from .still import encode
from .target_quality import QualityError, roughest

_FITTED = 0.2  # share of the work until a palette is fitted
_LEAST_COLORS = 2
_LESS_LOSSY = 0.6  # what half as many colours allow, about


class _Attempt(NamedTuple):
    """The smallest file, None if none was good enough, its number of colours and `lossy`, and the best score of all."""

    file: bytes | None
    n_colors: int
    lossy: float
    best: float


@dataclass(frozen=True)
class SmallPng:
    """How to write a picture.

    Parameters
    ----------
    pixels : Pixels
    fit : callable
        Quantizes them to at most so many colours, 8 bits each.
    chunks : sequence of (type, data)
        Metadata.
    can_diffuse : bool
        Whether errors may be handed on; if not, indices stay as they are.
    can_shrink : bool
        Whether a fit of fewer colours is another picture; if not, the palette is given.
    keep_palette : bool
        As in `still.encode`.
    sample_weight, compression, n_threads
        As in `RateDistortion`.
    """

    pixels: Pixels
    fit: Callable[[int], Dithered]
    chunks: Sequence[Chunk]
    can_diffuse: bool
    can_shrink: bool
    keep_palette: bool
    sample_weight: NDArray[np.float64] | None
    compression: str
    n_threads: int | None

    def by_lossy(self, n_colors: int, lossy: float, progress: Progress) -> bytes:
        """Write it so much rougher, or as it is where that is smaller."""
        fitted = self.fit(n_colors)
        progress(_FITTED)
        files = [self._file(fitted, fitted.indices)]
        if lossy > 0 and self.can_diffuse:
            cheaper = self._rate_distortion(fitted).indices(lossy, progress=part(progress, _FITTED, 0.9))
            files.append(self._file(fitted, cheaper, for_deflate=True))
        return min(files, key=len)

    def by_quality(self, n_colors: int, quality: float, progress: Progress) -> bytes:
        """Write the smallest file whose score is at least `quality`, with fewer colours where these pay.

        Small pictures are scored mirrored, so that a quality is as good in them as it is in others.

        Raises
        ------
        QualityError
            If there is none.
        """
        score = self._score()
        smallest: bytes | None = None
        best, lossy, done = float("-inf"), 1.0, 0.0
        while True:
            end = done + (1 - done) / 2
            attempt = self._attempt(n_colors, quality, score, lossy, part(progress, done, end))
            best, lossy, done = max(best, attempt.best), attempt.lossy * _LESS_LOSSY, end
            if attempt.file is None or (smallest is not None and len(attempt.file) >= len(smallest)):
                break
            smallest = attempt.file
            if not self.can_shrink or attempt.n_colors // 2 < _LEAST_COLORS:
                break
            n_colors = attempt.n_colors // 2
        if smallest is None:
            way_out = "for more colors if n_colors is below 256" if self.can_shrink else "leave palette out"
            raise QualityError(quality, best, f"ask for less, or {way_out}")
        return smallest

    def _attempt(
        self, n_colors: int, quality: float, score: Callable[[Pixels], float], lossy: float, progress: Progress
    ) -> _Attempt:
        """Look for the smallest file of some number of colours."""
        fitted = self.fit(n_colors)
        progress(_FITTED)

        def score_of(indices: NDArray[Any]) -> float:
            return score(read_pixels(np.take(fitted.palette.colors, indices, axis=0)))

        best = score_of(fitted.indices)
        files = [self._file(fitted, fitted.indices)] if best >= quality else []
        if self.can_diffuse:
            rate_distortion = self._rate_distortion(fitted)

            def make(lossy: float, progress: Progress) -> tuple[NDArray[np.uint8], float]:
                indices = rate_distortion.indices(lossy, progress=progress)
                return indices, score_of(indices)

            found = roughest(make, quality, part(progress, _FITTED, 1.0), first=lossy)
            best = max(best, found.best)
            if found.picture is not None and found.lossy is not None:
                files.append(self._file(fitted, found.picture, for_deflate=True))
                lossy = found.lossy
        return _Attempt(min(files, key=len) if files else None, len(fitted.palette.colors), lossy, best)

    def _score(self) -> Callable[[Pixels], float]:
        """Make what scores a result as `ssimulacra2` does, and not above what it is with all scales.

        Of a small picture the score has fewer scales, and may be high for what is far too rough, so that it has to
        reach the quality mirrored to a size with all scales, too.
        """
        sizes = (MIN_SIZE,) if min(self.pixels.shape) >= FULL_SIZE else (MIN_SIZE, FULL_SIZE)
        originals = [Original(self.pixels, background=None, min_size=size, n_threads=self.n_threads) for size in sizes]
        return lambda pixels: min(original.score(pixels) for original in originals)

    def _rate_distortion(self, fitted: Dithered) -> RateDistortion:
        return RateDistortion(
            self.pixels,
            fitted.palette.colors,
            fitted.indices,
            strength=fitted.strength,
            fixed=fitted.palette.fixed,
            sample_weight=self.sample_weight,
            compression=self.compression,
            n_threads=self.n_threads,
        )

    def _file(self, fitted: Dithered, indices: NDArray[Any], *, for_deflate: bool = False) -> bytes:
        return encode(
            indices,
            fitted.palette.colors,
            self.chunks,
            keep=fitted.palette.fixed,
            keep_palette=self.keep_palette,
            compression=self.compression,
            for_deflate=for_deflate,
            n_threads=self.n_threads,
        )
