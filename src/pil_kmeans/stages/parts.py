"""Parts: pictures counted piece by piece, so that memory does not grow with them, to the same as in one piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .histogram import Histogram, has_cells, histogram
from .options import Search
from .pixels import Pixels
from .samples import as_samples
from .tally import Tally, merge, tally_of
from .threads import count_threads
from .weighting import Frames, Seen, Smoothness, row_step, seen_smoothness, smoothness_of

REACH = 2  # pixels around each that its smoothness depends on
BAND_PIXELS = 1 << 22  # of large pictures counted or mapped at a time
_WORTH_THREADS = 1 << 20  # pixels
_MOST_WRAPPED = 1 << 22  # keys noted by full counters
_MOST_WAITING = 64  # tallies


class PartialCounts:
    """All pictures counted so far; none of them is kept.

    RGB pictures of 8 bits are counted in place, in a table of 16 MB, which is faster than a histogram of each. Of
    others small tallies wait until they are worth a merge.

    Parameters
    ----------
    budget : int
        As in `tally.merge`.
    search : Search
    """

    def __init__(self, budget: int, search: Search) -> None:
        self._budget, self._search = budget, search
        self._waiting: list[Tally] = []
        self._smoothness: Smoothness | None = None
        self._table: NDArray[np.uint8] | None = None
        self._wrapped: list[NDArray[np.uint32]] = []
        self._table_dtype: np.dtype[Any] | None = None  # of what the table has counted

    def add(self, tally: Tally) -> None:
        """Add what is counted already."""
        self._add_smoothness(tally.smoothness)
        self._waiting.append(replace(tally, smoothness=None))
        most = 2 * max(self._budget, self._waiting[0].n)
        if len(self._waiting) > _MOST_WAITING or sum(tally.n for tally in self._waiting) > most:
            self._waiting = [merge(self._waiting, budget=self._budget)]

    def add_pictures(self, pixels: Pixels, sample_weight: NDArray[np.float64] | None, frames: Frames) -> None:
        """Count pictures, each of them whole."""
        if self._search.weighting != "uniform":
            options: dict[str, Any] = {"effort": self._search.effort, "n_threads": self._search.n_threads}
            self._add_smoothness(smoothness_of(pixels, frames=frames, sample_weight=sample_weight, **options))
        self._add_pixels(pixels, sample_weight, frames)

    def add_in_bands(
        self,
        read: Callable[[int, int], Pixels],
        read_weight: Callable[[int, int], NDArray[np.float64] | None],
        shape: tuple[int, int],
    ) -> None:
        """Count a picture, of which few rows are in memory at a time.

        Parameters
        ----------
        read, read_weight : callable
            Give the pixels, and weights or None, of rows from one up to another.
        shape : (height, width)
        """
        height, width = shape
        seen = Seen.of(height, width, row_step(height, width, self._search.effort))
        for top, bottom in bands(height, width):
            above, below = min(top, REACH), min(height - bottom, REACH)
            around, weight = read(top - above, bottom + below), read_weight(top - above, bottom + below)
            if self._search.weighting != "uniform":
                inner = seen.within(top, 0, bottom - top, width).moved(above, 0)
                flat = None if weight is None else weight.ravel()
                rows = as_samples(around.rows)
                self._add_smoothness(seen_smoothness(rows, width, inner, flat, n_threads=self._search.n_threads))
            own = slice(above, above + bottom - top)
            self._add_pixels(
                replace(around, samples=around.samples[own], values=around.values[own]),
                None if weight is None else weight[own],
                start=top * width,
            )

    def tally(self) -> Tally:
        """Return the sum of all that was added, of which there must be something."""
        self._empty_table()
        self._waiting = [merge(self._waiting, budget=self._budget)]
        return replace(self._waiting[0], smoothness=self._smoothness)

    def _add_smoothness(self, smoothness: Smoothness | None) -> None:
        if smoothness is not None:
            self._smoothness = smoothness if self._smoothness is None else self._smoothness + smoothness

    def _add_pixels(
        self,
        pixels: Pixels,
        sample_weight: NDArray[np.float64] | None,
        frames: Frames | None = None,
        start: int = 0,
    ) -> None:
        """Count pixels: whole pictures, or part of one from its pixel `start` on."""
        n_threads = self._search.n_threads
        is_single = len(pixels.rows) < _WORTH_THREADS or count_threads(n_threads) == 1
        if sample_weight is not None or not is_single or not has_cells(pixels):
            hist = histogram(pixels, sample_weight=sample_weight, frames=frames, n_threads=n_threads)
            if hist.first is not None:
                hist = replace(hist, first=start + hist.first)
            self.add(tally_of(hist, budget=self._budget))
            return
        if self._table is None:
            self._table = np.zeros(_native.TABLE_SIZE, dtype=np.uint8)
        self._table_dtype = pixels.dtype
        self._wrapped.append(_native.count_pixels(pixels.rows, self._table))
        if sum(map(len, self._wrapped)) > _MOST_WRAPPED:
            self._empty_table()

    def _empty_table(self) -> None:
        """Pack what the table has counted."""
        if self._table_dtype is None:
            return
        assert self._table is not None
        threads = count_threads(self._search.n_threads)
        keys, counts = _native.take_entries(self._table, np.concatenate(self._wrapped), threads)
        hist = Histogram(keys, counts, 3, 8, self._table_dtype)
        self._wrapped, self._table_dtype = [], None
        self.add(tally_of(hist, budget=self._budget))

    def __getstate__(self) -> dict[str, Any]:
        _ = self.tally()
        return self.__dict__ | {"_table": None}


def bands(height: int, width: int) -> list[tuple[int, int]]:
    """Return the first row and the end of each part of a picture that is worked on at a time."""
    n_rows = max(BAND_PIXELS // width, 1)
    return [(top, min(top + n_rows, height)) for top in range(0, height, n_rows)]
