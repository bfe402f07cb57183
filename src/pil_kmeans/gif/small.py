"""Small GIF: from a fitted palette to the smallest file, by a given roughness or for a given quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..files import Spool
from ..png.target_quality import Quality, QualityError, roughest
from ..stages.frame_scores import FrameScores
from ..stages.in_order import Series
from ..stages.movie import Movie
from ..stages.progress import Progress, part
from ..stages.samples import rgba_rows
from .canvas import Chooser
from .exact import Given, written
from .lossy import Lossy
from .tables import Entries, Tables


class Colored(NamedTuple):
    """Frames in palettes.

    Attributes
    ----------
    tables : Tables
    nearest : Series
        int16 entries (H, W) of the undithered frames, -1 where they are transparent.
    is_kept : sequence of ndarray of shape (k,)
        bool, of each table the entries whose pixels keep them.
    """

    tables: Tables
    nearest: Series
    is_kept: Sequence[NDArray[np.bool_]]


@dataclass(frozen=True)
class SmallGif:
    """How to write frames.

    Parameters
    ----------
    movie : Movie
    colored : callable
        Returns the frames in the palettes that suit a roughness.
    bit : float
        The squared error that a bit is worth at `lossy` 1; 0 if the palettes have all colours.
    has_transparent : bool
        Whether any pixel is so.
    strength : float
        Of dithering.
    durations, plays
        As in `exact.encode`.
    has_flat_areas : bool
        Whether frames are drawn, so that they may be smaller without loss.
    n_threads : int or None
    """

    movie: Movie
    colored: Callable[[float], Colored]
    bit: float
    has_transparent: bool
    strength: float
    durations: Sequence[float]
    plays: int
    has_flat_areas: bool
    n_threads: int | None

    def by_lossy(self, lossy: float, progress: Progress) -> Iterable[bytes]:
        """Write the frames, at most so much rougher than with the nearest entries."""
        colored = self.colored(lossy)
        chooser = self._chooser(colored, lossy)
        if not self.has_flat_areas or isinstance(chooser, Given):
            return self._written(colored, chooser, progress)
        files = [
            Spool(self._written(colored, chooser, part(progress, 0.0, 0.5))),
            Spool(self._written(colored, Given(colored.nearest), part(progress, 0.5, 1.0))),
        ]
        return min(files, key=len).parts()

    def by_quality(self, quality: Quality, progress: Progress) -> Iterable[bytes]:
        """Write the roughest frames whose mean score is at least what is aimed at, and the worst one's not far below.

        Where none reach that, those which come closest, if that is the least that will do.

        Raises
        ------
        QualityError
            If none reach that.
        """
        scored = FrameScores(self.movie.frames, self.movie.at_hand, self.n_threads)

        def attempt(lossy: float, progress: Progress) -> tuple[Spool, float]:
            colored = self.colored(lossy)
            return self._scored(colored, self._chooser(colored, lossy), scored, progress)

        found = roughest(attempt, quality.aim, part(progress, 0.0, 0.8))
        best, candidates = found.best, [] if found.picture is None else [found.picture]
        if not candidates or self.has_flat_areas:
            colored = self.colored(0.0)
            file, score = self._scored(colored, Given(colored.nearest), scored, part(progress, 0.8, 1.0))
            if score >= quality.aim:
                candidates.append(file)
            elif not candidates and max(score, best) >= quality.least:
                candidates.append(file if score >= best or found.closest is None else found.closest)
            best = max(best, score)
        if not candidates:
            raise QualityError(quality.least, best, "ask for less, or for more colors")
        return min(candidates, key=len).parts()

    def _chooser(self, colored: Colored, lossy: float) -> Chooser:
        """Return what chooses entries: the nearest if nothing may be worse, or the palettes have all colours."""
        bit = lossy * self.bit
        if bit == 0:
            return Given(colored.nearest)
        tables, nearest, is_kept = colored
        return Lossy(self.movie, tables, nearest, self.has_transparent, is_kept, bit, self.strength)

    def _written(
        self, colored: Colored, chooser: Chooser, progress: Progress, scored: FrameScores | None = None
    ) -> Iterator[bytes]:
        rgba = np.concatenate([rgba_rows(colored.tables.colors), np.zeros((1, 4), np.uint8)])  # NOTHING is the last

        def see(n: int, shown: Entries) -> None:
            if scored is not None:
                scored.add(n, rgba[shown])

        return written(chooser, colored.nearest, colored.tables, self.durations, self.plays, progress, see)

    def _scored(
        self, colored: Colored, chooser: Chooser, scored: FrameScores, progress: Progress
    ) -> tuple[Spool, float]:
        file = Spool(self._written(colored, chooser, progress, scored))
        return file, scored.taken()
