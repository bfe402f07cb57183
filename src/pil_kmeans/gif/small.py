"""Small GIF: from a fitted palette to the smallest file, by a given roughness or for a given quality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..files import Spool
from ..png.target_quality import QualityError, roughest
from ..stages.frame_scores import FrameScores
from ..stages.in_order import Series
from ..stages.movie import Movie, bit_worth
from ..stages.progress import Progress, part
from ..stages.samples import rgba_rows
from .canvas import Chooser, Entries
from .exact import Given, written
from .lossy import Lossy


@dataclass(frozen=True)
class SmallGif:
    """How to write frames.

    Parameters
    ----------
    movie : Movie
    table : ndarray of shape (k, 3)
        uint8.
    nearest : Series
        int16 entries (H, W) of the undithered frames, -1 where they are transparent.
    measured : sequence of ndarray of shape (H, W)
        Those of the frames of `movie.spread()`.
    has_transparent : bool
        Whether any pixel is so.
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
    nearest: Series
    measured: Sequence[Entries]
    has_transparent: bool
    is_kept: NDArray[np.bool_]
    strength: float
    durations: Sequence[float]
    plays: int
    has_flat_areas: bool
    n_threads: int | None

    def by_lossy(self, lossy: float, progress: Progress) -> Iterable[bytes]:
        """Write the frames, at most so much rougher than with the nearest entries."""
        chooser = self._chooser(lossy)
        if not self.has_flat_areas or isinstance(chooser, Given):
            return self._written(chooser, progress)
        files = [
            Spool(self._written(chooser, part(progress, 0.0, 0.5))),
            Spool(self._written(Given(self.nearest), part(progress, 0.5, 1.0))),
        ]
        return min(files, key=len).parts()

    def by_quality(self, quality: float, progress: Progress) -> Iterable[bytes]:
        """Write the roughest frames whose mean score is at least `quality`, and the worst one's not far below.

        Raises
        ------
        QualityError
            If none reach that.
        """
        scored = FrameScores(self.movie.frames, self.movie.at_hand, self.n_threads)

        def attempt(lossy: float, progress: Progress) -> tuple[Spool, float]:
            return self._scored(self._chooser(lossy), scored, progress)

        found = roughest(attempt, quality, part(progress, 0.0, 0.8))
        best, candidates = found.best, [] if found.picture is None else [found.picture]
        if not candidates or self.has_flat_areas:
            file, score = self._scored(Given(self.nearest), scored, part(progress, 0.8, 1.0))
            best = max(best, score)
            if score >= quality:
                candidates.append(file)
        if not candidates:
            raise QualityError(quality, best, "ask for less, or for more colors")
        return min(candidates, key=len).parts()

    def _chooser(self, lossy: float) -> Chooser:
        """Return what chooses entries: the nearest if nothing may be worse, or the palette has all colours."""
        bit = 0.0
        if lossy:
            entries = Lossy.points_of(self.table)
            nearest = [np.maximum(frame, 0).astype(np.uint8) for frame in self.measured]
            bit = lossy * bit_worth(self.movie, entries, nearest)
        if bit == 0:
            return Given(self.nearest)
        return Lossy(self.movie, self.table, self.nearest, self.has_transparent, self.is_kept, bit, self.strength)

    def _written(self, chooser: Chooser, progress: Progress, scored: FrameScores | None = None) -> Iterator[bytes]:
        rgba = np.concatenate([rgba_rows(self.table), np.zeros((1, 4), np.uint8)])  # NOTHING is the last

        def see(n: int, shown: Entries) -> None:
            if scored is not None:
                scored.add(n, rgba[shown])

        return written(chooser, self.nearest, self.table, self.durations, self.plays, progress, see)

    def _scored(self, chooser: Chooser, scored: FrameScores, progress: Progress) -> tuple[Spool, float]:
        file = Spool(self._written(chooser, progress, scored))
        return file, scored.taken()
