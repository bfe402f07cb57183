"""Small GIF: from a fitted palette to the smallest file, by a given roughness or for a given quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..png.target_quality import QualityError, roughest
from ..stages.frame_scores import FrameScores
from ..stages.movie import Movie, bit_worth
from ..stages.progress import Progress, part
from ..stages.samples import rgba_rows
from .blocks import TRAILER, centiseconds, header
from .canvas import NOTHING, Chooser, Entries, steps
from .exact import Given
from .lossy import Lossy


@dataclass(frozen=True)
class SmallGif:
    """How to write frames.

    Parameters
    ----------
    movie : Movie
    table : ndarray of shape (k, 3)
        uint8.
    nearest : ndarray of shape (N, H, W)
        int16, entries of the undithered frames, -1 where they are transparent.
    is_kept : ndarray of shape (k,)
        bool, entries whose pixels keep them.
    strength : float
        Of dithering.
    durations, plays
        As in `exact.encode`.
    has_flat_areas : bool
        Whether frames are drawn, so that they may be smaller without loss.
    n_threads : int or None
    """

    movie: Movie
    table: NDArray[np.uint8]
    nearest: Entries
    is_kept: NDArray[np.bool_]
    strength: float
    durations: Sequence[float]
    plays: int
    has_flat_areas: bool
    n_threads: int | None

    def by_lossy(self, lossy: float, progress: Progress) -> bytes:
        """Write the frames, at most so much rougher than with the nearest entries."""
        chooser = self._chooser(lossy)
        end = 0.5 if self.has_flat_areas else 1.0
        data = self._written(chooser, part(progress, 0.0, end))
        if self.has_flat_areas and not isinstance(chooser, Given):
            data = min(self._written(Given(self.nearest), part(progress, end, 1.0)), data, key=len)
        return data

    def by_quality(self, quality: float, progress: Progress) -> bytes:
        """Write the roughest frames whose mean score is at least `quality`, and the worst one's not far below.

        Raises
        ------
        QualityError
            If none reach that.
        """
        scored = FrameScores(len(self.movie), self.movie.samples, self.n_threads)

        def attempt(lossy: float, progress: Progress) -> tuple[bytes, float]:
            return self._scored(self._chooser(lossy), scored, progress)

        found = roughest(attempt, quality, part(progress, 0.0, 0.8))
        best, candidates = found.best, [] if found.picture is None else [found.picture]
        if not candidates or self.has_flat_areas:
            data, score = self._scored(Given(self.nearest), scored, part(progress, 0.8, 1.0))
            best = max(best, score)
            if score >= quality:
                candidates.append(data)
        if not candidates:
            raise QualityError(quality, best, "ask for less, or for more colors")
        return min(candidates, key=len)

    def _chooser(self, lossy: float) -> Chooser:
        """Return what chooses entries: the nearest if nothing may be worse, or the palette has all colours."""
        bit = 0.0
        if lossy:
            entries = Lossy.points_of(self.table)
            nearest = [np.maximum(self.nearest[n], 0).astype(np.uint8) for n in self.movie.spread()]
            bit = lossy * bit_worth(self.movie, entries, nearest)
        if bit == 0:
            return Given(self.nearest)
        return Lossy(self.movie, self.table, self.nearest, self.is_kept, bit, self.strength)

    def _written(self, chooser: Chooser, progress: Progress, scored: FrameScores | None = None) -> bytes:
        n_frames = len(self.movie)
        parts = [header(self.movie.shape, self.table, self.plays if n_frames > 1 else 1)]
        rgba = np.concatenate([rgba_rows(self.table), np.zeros((1, 4), np.uint8)])  # NOTHING is the last
        is_transparent = [frame == NOTHING for frame in self.nearest]
        for n, step in enumerate(steps(chooser, is_transparent, centiseconds(self.durations))):
            parts.append(step.data)
            if scored is not None and step.shown is not None:
                scored.add(n, rgba[step.shown])
            progress(min(1.0, (n + 1) / n_frames))
        return b"".join([*parts, TRAILER])

    def _scored(self, chooser: Chooser, scored: FrameScores, progress: Progress) -> tuple[bytes, float]:
        data = self._written(chooser, progress, scored)
        return data, scored.taken()
