"""Frame scores: how good an animation is, by the mean of its frames and by the worst."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .in_order import Series
from .pixels import read_pixels
from .ssimulacra2 import FULL_SIZE, Original

WORST = 10.0
"""Points by which the worst frame may be below the mean that is asked for."""

_MOST_SCORED = 16


class FrameScores:
    """Scores of frames by SSIMULACRA 2: of some, evenly spread, if they are many.

    Parameters
    ----------
    frames : Series
        Samples (H, W, C) as they are given.
    at_hand : sequence of int
        Those whose preparation is kept.
    n_threads : int or None
    """

    def __init__(self, frames: Series, at_hand: Sequence[int], n_threads: int | None) -> None:
        last, n_scored = len(frames) - 1, min(len(frames), _MOST_SCORED)
        self._places = {round(i * last / max(1, n_scored - 1)) for i in range(n_scored)}
        self._frames, self._n_threads = frames, n_threads
        self._originals = {n: self._original(n) for n in self._places & {*at_hand}}
        self._scores: list[float] = []

    def add(self, n: int, rgba: NDArray[np.uint8]) -> None:
        """Score what frame n shows (H, W, 4), if it is one of them."""
        if n in self._places:
            original = self._originals[n] if n in self._originals else self._original(n)
            self._scores.append(original.score(read_pixels(rgba)))

    def taken(self) -> float:
        """Return the mean, or less where the worst frame is too far below it, and begin anew."""
        scores, self._scores = self._scores, []
        return min(sum(scores) / len(scores), min(scores) + WORST)

    def _original(self, n: int) -> Original:
        return Original(read_pixels(self._frames[n]), background=None, min_size=FULL_SIZE, n_threads=self._n_threads)
