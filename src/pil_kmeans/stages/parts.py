"""Parts: pictures counted piece by piece, so that memory does not grow with them, to the same as in one piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .histogram import has_cells, histogram, no_histogram
from .masked import unmasked_near
from .options import Search
from .pixels import Pixels
from .samples import as_samples
from .tally import Tally, merge, tally_of
from .threads import count_threads
from .weighting import REACH, Frames, Seen, Smoothness, row_step, seen_smoothness, smoothness_of

BAND_PIXELS = 1 << 22  # of large pictures counted or mapped at a time
_WORTH_THREADS = 1 << 20  # pixels
_MOST_WRAPPED = 1 << 22  # keys noted by full counters
_MOST_WAITING = 64  # tallies


class Place(NamedTuple):
    """Where in a picture a part of it is: its first row and column, and the picture's height and width."""

    top: int
    left: int
    height: int
    width: int

    def without_seams(self, height: int, width: int, reach: int) -> tuple[range, range]:
        """Return the rows and columns of a part of this size around which all within reach lies in the part."""
        above, before = reach * (self.top > 0), reach * (self.left > 0)
        below, behind = reach * (self.top + height < self.height), reach * (self.left + width < self.width)
        return range(above, height - below), range(before, width - behind)

    def seen(self, rows: range, columns: range, effort: str) -> Seen:
        """Return what of some rows and columns of the part is looked at, counted from the first of them."""
        whole = Seen.of(self.height, self.width, row_step(self.height, self.width, effort))
        return whole.within(self.top + rows.start, self.left + columns.start, len(rows), len(columns))


class Edge(NamedTuple):
    """Pixels along one side of a part."""

    samples: NDArray[Any]
    """(height, width, C)"""
    weights: NDArray[np.float64] | None
    masked: NDArray[np.bool_] | None

    def cut(self, *where: slice) -> Edge:
        """Copy some rows and columns."""
        weights = None if self.weights is None else self.weights[where].copy()
        return Edge(self.samples[where].copy(), weights, None if self.masked is None else self.masked[where].copy())


def reach_of(masked: NDArray[np.bool_] | None) -> int:
    """Return how far around each pixel of a part others count: masked ones count as what is as near to them."""
    return REACH if masked is None else 2 * REACH


class Edges(NamedTuple):
    """Pixels of a part along its sides, twice as many as are within reach."""

    top: Edge
    bottom: Edge
    left: Edge
    right: Edge

    @classmethod
    def of(cls, samples: NDArray[Any], weights: NDArray[np.float64] | None, masked: NDArray[np.bool_] | None) -> Edges:
        """Copy them from the part's samples (H, W, C), and its weights and mask (H, W) or None."""
        first, last = slice(None, 2 * reach_of(masked)), slice(-2 * reach_of(masked), None)
        sides = (first,), (last,), (slice(None), first), (slice(None), last)
        return cls(*(Edge(samples, weights, masked).cut(*side) for side in sides))


def count_seams(around: Sequence[Sequence[Edges | None]], place: Place, search: Search) -> Smoothness | None:
    """Measure the smoothness of a part of a picture around pixels at its seams.

    Parameters
    ----------
    around : sequence of shape (3, 3)
        The edges of the part, in the middle, and of the parts around it; None where the picture ends. Parts are at
        least twice as high and wide as is within reach where there are others beside them.
    place : Place
        Of the part.
    search : Search

    Returns
    -------
    Smoothness or None
        None if there is no seam.
    """
    own = around[1][1]
    assert own is not None
    (height, width), reach = (own.left.samples.shape[0], own.top.samples.shape[1]), reach_of(own.top.masked)
    rows, columns = place.without_seams(height, width, reach)
    every = range(width)
    total = None

    def joined(grid: Sequence[Sequence[NDArray[Any] | None]]) -> NDArray[Any]:
        lines = [[part for part in line if part is not None] for line in grid]
        result: NDArray[Any] = np.concatenate([np.concatenate(line, axis=1) for line in lines if line])
        return result

    def look(grid: Sequence[Sequence[Edge | None]], edge: Edge, seen: Seen, down: int, right: int) -> None:
        nonlocal total
        samples = joined([[part and part.samples for part in line] for line in grid])
        if edge.masked is not None:
            samples = unmasked_near(samples, joined([[part and part.masked for part in line] for line in grid]))
        weights = None
        if edge.weights is not None:
            padded = np.zeros(samples.shape[:2])
            padded[down : down + edge.weights.shape[0], right : right + edge.weights.shape[1]] = edge.weights
            weights = padded.ravel()
        flat = np.ascontiguousarray(samples.reshape(-1, samples.shape[2]))
        part = seen_smoothness(flat, samples.shape[1], seen, weights, n_threads=search.n_threads)
        total = part if total is None else total + part

    def of(y: int, x: int, side: str, rows: slice, columns: slice) -> Edge | None:
        edges = around[y][x]
        return None if edges is None else getattr(edges, side).cut(rows, columns)

    all_, first, last = slice(None), slice(None, reach), slice(-reach, None)
    before = reach * (place.left > 0)
    if rows.start > 0:
        grid = [
            [of(0, 0, "bottom", last, last), of(0, 1, "bottom", last, all_), of(0, 2, "bottom", last, first)],
            [of(1, 0, "top", all_, last), own.top, of(1, 2, "top", all_, first)],
        ]
        seen = place.seen(range(reach), every, search.effort)
        look(grid, own.top, seen.moved(reach, before), reach, before)
    if rows.stop < height:
        grid = [
            [of(1, 0, "bottom", all_, last), own.bottom, of(1, 2, "bottom", all_, first)],
            [of(2, 0, "top", first, last), of(2, 1, "top", first, all_), of(2, 2, "top", first, first)],
        ]
        seen = place.seen(range(height - reach, height), every, search.effort)
        look(grid, own.bottom, seen.moved(reach, before), 0, before)
    if columns.start > 0:
        seen = place.seen(rows, range(reach), search.effort)
        look([[of(1, 0, "right", all_, last), own.left]], own.left, seen.moved(rows.start, reach), 0, reach)
    if columns.stop < width:
        seen = place.seen(rows, range(width - reach, width), search.effort)
        look([[own.right, of(1, 2, "left", all_, first)]], own.right, seen.moved(rows.start, reach), 0, 0)
    return total


class PartialCounts:
    """All pictures counted so far; none of them is kept.

    RGB pictures of 8 bits are counted in place, in a table of 16 MB, which is faster than a histogram of each. Of
    others small tallies wait until they are worth a merge.

    Parameters
    ----------
    budget : int
        As in `tally.merge`.
    search : Search
    spare_tables : list of ndarray of shape (2**24,), optional
        Tables of others, all zero, of which one is taken, and given back when all is told: memory that comes from the
        system takes a while.
    """

    def __init__(self, budget: int, search: Search, spare_tables: list[NDArray[np.uint8]] | None = None) -> None:
        self._budget, self._search = budget, search
        self._waiting: list[Tally] = []
        self._smoothness: Smoothness | None = None
        self._table: NDArray[np.uint8] | None = None
        self._spare_tables = spare_tables
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
                place=Place(top, 0, height, width),
            )

    def add_part(
        self,
        pixels: Pixels,
        sample_weight: NDArray[np.float64] | None,
        place: Place,
        masked: NDArray[np.bool_] | None = None,
    ) -> Edges | None:
        """Count part of a picture, but for how smooth it is at seams to other parts: `count_seams` does that.

        Of masked pictures the part has weights, 0 where it is masked, and colours there as `masked.unmasked_near` has
        them.

        Returns
        -------
        Edges or None
            What those at its seams need to know of it, where smoothness counts.
        """
        (height, width), search = pixels.shape, self._search
        edges = None
        if search.weighting != "uniform":
            samples = as_samples(pixels.samples)
            rows, columns = place.without_seams(height, width, reach_of(masked))
            inner = place.seen(rows, columns, search.effort).moved(rows.start, columns.start)
            flat = None if sample_weight is None else sample_weight.ravel()
            all_rows = samples.reshape(-1, pixels.n_channels)
            self._add_smoothness(seen_smoothness(all_rows, width, inner, flat, n_threads=search.n_threads))
            edges = Edges.of(samples, sample_weight, masked)
        self._add_pixels(pixels, sample_weight, place=place, masked=masked)
        return edges

    def tally(self) -> Tally:
        """Return the sum of all that was added, of which there must be something."""
        self._empty_table()
        if self._spare_tables is not None and self._table is not None:
            self._spare_tables.append(self._table)
            self._table = None
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
        place: Place | None = None,
        masked: NDArray[np.bool_] | None = None,
    ) -> None:
        """Count pixels: whole pictures, or part of one, of which some may be masked."""
        n_threads, shown = self._search.n_threads, None
        width = pixels.shape[1]
        if masked is not None:
            assert sample_weight is not None
            shown = np.flatnonzero(~masked)
            pixels, sample_weight = _only(pixels, shown), sample_weight.ravel()[np.newaxis, shown]
            if len(shown) == 0:
                self.add(tally_of(no_histogram(pixels), budget=self._budget))
                return
        is_single = len(pixels.rows) < _WORTH_THREADS or count_threads(n_threads) == 1
        if sample_weight is not None or not is_single or not has_cells(pixels):
            hist = histogram(pixels, sample_weight=sample_weight, frames=frames, n_threads=n_threads)
            if hist.first is not None and place is not None:
                y, x = divmod(hist.first if shown is None else int(shown[hist.first]), width)
                hist = replace(hist, first=(place.top + y) * place.width + place.left + x)
            self.add(tally_of(hist, budget=self._budget))
            return
        if self._table is None:
            self._table = self._new_table()
        self._table_dtype = pixels.dtype
        self._wrapped.append(_native.count_pixels(pixels.rows, self._table))
        if sum(map(len, self._wrapped)) > _MOST_WRAPPED:
            self._empty_table()

    def _new_table(self) -> NDArray[np.uint8]:
        if self._spare_tables is not None:
            with suppress(IndexError):  # to ask whether there is one is too early where others take them
                return self._spare_tables.pop()
        return np.zeros(_native.TABLE_SIZE, dtype=np.uint8)

    def _empty_table(self) -> None:
        """Pack what the table has counted."""
        if self._table_dtype is None:
            return
        assert self._table is not None
        packed, n, shift = _native.take_tally(self._table, np.concatenate(self._wrapped), self._budget)
        tally = Tally(packed, n, shift, n_channels=3, bits=8, dtype=self._table_dtype, is_weighted=False)
        self._wrapped, self._table_dtype = [], None
        self.add(tally)

    def __getstate__(self) -> dict[str, Any]:
        _ = self.tally()
        return self.__dict__ | {"_table": None, "_spare_tables": None}


def _only(pixels: Pixels, places: NDArray[np.intp]) -> Pixels:
    """Return some of the pixels, in one row."""
    samples, values = pixels.rows, pixels.values.reshape(-1, pixels.n_channels)
    return replace(pixels, samples=samples[np.newaxis, places], values=values[np.newaxis, places])


def bands(height: int, width: int) -> list[tuple[int, int]]:
    """Return the first row and the end of each part of a picture that is worked on at a time."""
    n_rows = max(BAND_PIXELS // width, 1)
    return [(top, min(top + n_rows, height)) for top in range(0, height, n_rows)]
