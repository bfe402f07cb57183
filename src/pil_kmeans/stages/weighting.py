"""Weighting: what each colour counts for in a fit.

An eye finds errors in smooth areas that texture would hide, and small vivid areas that few pixels make. By their
numbers alone busy areas and the large dark ones would take most entries. So a pixel counts by its smoothness, and the
less the more others there are of its kind: divided by the cube root of their number.

A picture's smoothness is kept as sums over coarse cells of colours, which add up with those of other pictures as counts
do. The cube roots come in when all are counted, so that pictures may come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .pixels import Pixels
from .row_blocks import beside, in_row_blocks
from .samples import as_samples, in_more_channels
from .threads import count_threads

Frames = Sequence[tuple[int, int]]

WEIGHTINGS = ("perceptual", "uniform")

PERCEPTUAL_SPACES = ("oklab", "cielab")
_ENOUGH_PIXELS = {"fast": 1 << 13, "balanced": 1 << 17, "best": 1 << 18}  # to look at: of more, rows are left out
REACH = 2  # pixels around each that its smoothness depends on
_LARGEST_STEP = 32  # one of so many rows, at least
CELL_BITS: int = _native.WEIGHT_CELL_BITS
_WEIGHT_BITS = (
    16  # significant bits of a pixel's weight that count here: 24 with its smoothness, so that sums are exact
)


def read_weighting(weighting: str | None, color_space: str) -> str:
    """Return what a `weighting` option means: None is "perceptual" in spaces that are, "uniform" in others."""
    if weighting is not None:
        return weighting
    return "perceptual" if color_space in PERCEPTUAL_SPACES else "uniform"


def check_weighting(weighting: Any) -> None:
    """Check the option; None will do.

    Raises
    ------
    ValueError
        If it has a value that is not allowed.
    """
    if weighting is not None and weighting not in WEIGHTINGS:
        raise ValueError(f"weighting must be one of {', '.join(map(repr, WEIGHTINGS))} or None, got {weighting!r}")


@dataclass(frozen=True, eq=False)
class Smoothness:
    """How smooth pictures are around pixels of each kind, by coarse cells of colours. Add two for both pictures.

    Attributes
    ----------
    counts : ndarray of shape (16**C,)
        Pixels looked at in each cell, int64, or the sums of their weights, float64. Cells are the first bits of Morton
        keys, 4 of each sample. Fully transparent pixels do not count.
    sums : ndarray of shape (16**C,)
        Of their smoothness, which is 1 to 255, each times its weight.
    """

    counts: NDArray[Any]
    sums: NDArray[Any]

    def __add__(self, other: Smoothness) -> Smoothness:
        """Return that of both pictures."""
        return Smoothness(self.counts + other.counts, self.sums + other.sums)

    def in_channels(self, n_before: int, n_channels: int) -> Smoothness:
        """Return that of greys, by cells of the 1 or 2 channels that hold them instead of `n_before`."""
        levels = np.arange(0, 256, 17).astype(np.uint8)  # one in each cell
        greys = np.stack(np.meshgrid(*[levels] * n_channels), axis=-1).reshape(-1, n_channels)
        place = cells_of(in_more_channels(greys, n_before, 255), 1)[np.argsort(cells_of(greys, 1))]
        return Smoothness(self.counts[place], self.sums[place])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the cells that there are."""
        cells = np.flatnonzero(self.counts)
        return _spread_out, (len(self.counts), cells.astype(np.uint16), self.counts[cells], self.sums[cells])

    @property
    def nbytes(self) -> int:
        """What a pickle takes, nearly."""
        return 18 * int(np.count_nonzero(self.counts))


def _spread_out(n: int, cells: NDArray[np.uint16], counts: NDArray[Any], sums: NDArray[Any]) -> Smoothness:
    spread = [np.zeros(n, dtype=part.dtype) for part in (counts, sums)]
    spread[0][cells], spread[1][cells] = counts, sums
    return Smoothness(*spread)


class Seen(NamedTuple):
    """Pixels of an array whose smoothness counts: every `row_step`th row from the first on, and some columns of it."""

    first_row: int
    end_row: int
    row_step: int
    first_column: int
    end_column: int

    @classmethod
    def of(cls, height: int, width: int, row_step: int) -> Seen:
        """Return what is seen of a picture: the middle of each `row_step` rows, of fewer the last at most."""
        return cls(min((row_step - 1) // 2, height - 1), height, row_step, 0, width)

    def within(self, top: int, left: int, height: int, width: int) -> Seen:
        """Return what of it lies in a part of the picture, by the part's own rows and columns."""
        first = self.first_row + max(0, -((self.first_row - top) // self.row_step)) * self.row_step
        return Seen(first - top, height, self.row_step, 0, width)

    def moved(self, down: int, right: int) -> Seen:
        """Return the same pixels of an array that has some more rows and columns before them."""
        return Seen(
            self.first_row + down,
            self.end_row + down,
            self.row_step,
            self.first_column + right,
            self.end_column + right,
        )


def row_step(height: int, width: int, effort: str) -> int:
    """Return of how many rows of a picture one is looked at."""
    return min(max(height * width // _ENOUGH_PIXELS[effort], 1), _LARGEST_STEP)


def smoothness_of(
    pixels: Pixels,
    *,
    frames: Frames | None,
    sample_weight: NDArray[np.float64] | None,
    effort: str,
    n_threads: int | None,
) -> Smoothness:
    """Measure how smooth pictures are around their pixels, each picture for itself.

    Parameters
    ----------
    pixels : Pixels
    frames : sequence of (height, width) or None
        Where the pixels are those of several pictures one after the other: their sizes.
    sample_weight : ndarray of shape (H, W) or None
        Checked weights of the pixels.
    effort : {"fast", "balanced", "best"}
        How many rows of large pictures to look at.
    n_threads : int or None
        The result does not depend on it.

    Returns
    -------
    Smoothness
    """
    total = None
    for rows, (height, width), weights in _pictures(pixels, frames, sample_weight):
        seen = Seen.of(height, width, row_step(height, width, effort))
        part = seen_smoothness(rows, width, seen, weights, n_threads=n_threads)
        total = part if total is None else total + part
    assert total is not None
    return total


def seen_smoothness(
    rows: NDArray[Any], width: int, seen: Seen, weights: NDArray[np.float64] | None, *, n_threads: int | None
) -> Smoothness:
    """Measure the smoothness around the pixels seen of an array, whose others are their neighbours.

    Parameters
    ----------
    rows : ndarray of shape (height * width, C)
        uint8 or uint16 samples.
    width : int
    seen : Seen
    weights : ndarray of shape (height * width,) or None
    n_threads : int or None
    """
    threads = count_threads(n_threads)
    if weights is None:
        return Smoothness(*_native.cell_smoothness(rows, width, seen, threads))
    return _weighted_smoothness(rows, width, seen, weights, threads)


class CellWeights(NamedTuple):
    """What colours count for, and by what.

    Attributes
    ----------
    weights : ndarray of shape (U,)
        Of the colours: int64, positive where their counts are.
    totals : ndarray of shape (16**C,)
        int64, counts of the colours of each cell together.
    factors : ndarray of shape (16**C,)
        float64, what a count of 1 weighs in each cell; 0 where there is none.
    """

    weights: NDArray[np.int64]
    totals: NDArray[np.int64]
    factors: NDArray[np.float64]


def color_weights(
    keys: NDArray[np.uint64], counts: NDArray[np.int64], shift: int, smoothness: Smoothness
) -> CellWeights:
    """Return what colours count for.

    Parameters
    ----------
    keys : ndarray of shape (U,)
        Ascending.
    counts : ndarray of shape (U,)
        Pixels of each colour, or their weights.
    shift : int
        By how many bits the keys are longer than those of the cells.
    smoothness : Smoothness

    Examples
    --------
    A grey of eight times the pixels counts for four times as much, where both are as smooth:

    >>> import numpy as np
    >>> from pil_kmeans.stages.weighting import Smoothness, color_weights
    >>> pixels = np.array([10, 80] + [0] * 14)
    >>> keys = np.array([0, 1], dtype=np.uint64)
    >>> weights = color_weights(keys, pixels[:2], 0, Smoothness(pixels, 200 * pixels)).weights
    >>> round(float(weights[1] / weights[0]), 6)
    4.0
    """
    looked_at, sums = (part.astype(np.float64) for part in (smoothness.counts, smoothness.sums))
    return CellWeights(*_native.color_weights(keys, counts, shift, looked_at, sums))


def pixel_weights(
    pixels: Pixels,
    cell_totals: NDArray[np.int64],
    is_wanted: NDArray[np.bool_],
    *,
    frames: Frames | None,
    sample_weight: NDArray[np.float64] | None,
    n_threads: int | None,
) -> NDArray[np.uint16]:
    """Return what each pixel of some rows counts for in a fit to the dithered picture: (H * W,) shares of 65535.

    Parameters
    ----------
    pixels : Pixels
    cell_totals : ndarray of shape (16**C,)
        What the pixels of each cell weigh in all.
    is_wanted : ndarray of shape (number of rows of all frames,)
        In which rows; in others it is 0.
    frames, sample_weight, n_threads
        As in `smoothness_of`.
    """
    threads = count_threads(n_threads)

    def of_picture(rows: NDArray[Any], height: int, width: int, top: int) -> NDArray[np.uint16]:
        def of_block(block: slice) -> NDArray[np.uint16]:
            seen, own = beside(block, height, REACH)
            given = rows[seen.start * width : seen.stop * width]
            wanted = own.start + np.flatnonzero(is_wanted[top + block.start : top + block.stop])
            weights = _native.pixel_weights(given, width, cell_totals, wanted, threads)
            return weights[own.start * width : own.stop * width]

        return in_row_blocks((height, width), np.uint16, pixels.new_array, of_block).ravel()

    parts, top = [], 0
    for rows, size, _ in _pictures(pixels, frames, None):
        parts.append(of_picture(rows, *size, top))
        top += size[0]
    weights: NDArray[np.uint16] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return weights if sample_weight is None else as_shares(weights * (sample_weight.ravel() / sample_weight.max()))


def as_shares(weights: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return weights, not all zero, as shares of 65535, the largest of them."""
    result: NDArray[np.uint16] = np.rint(weights.ravel() / weights.max() * 65535).astype(np.uint16)
    return result


def _pictures(
    pixels: Pixels, frames: Frames | None, sample_weight: NDArray[np.float64] | None
) -> Iterator[tuple[NDArray[Any], tuple[int, int], NDArray[np.float64] | None]]:
    """Give the rows (n, C) of uint8 or uint16 samples of each picture, its size, and the weights of its pixels."""
    rows, start = as_samples(pixels.rows), 0
    weights = None if sample_weight is None else sample_weight.ravel()
    for height, width in frames or [pixels.shape]:
        end = start + height * width
        yield rows[start:end], (height, width), None if weights is None else weights[start:end]
        start = end


def _weighted_smoothness(
    rows: NDArray[Any], width: int, seen: Seen, weights: NDArray[np.float64], n_threads: int
) -> Smoothness:
    """Sum smoothness times weights, which are rounded so that the sums are exact."""
    height, n_channels = len(rows) // width, rows.shape[1]
    columns = slice(seen.first_column, seen.end_column)
    where = slice(seen.first_row, seen.end_row, seen.row_step), columns
    smooth = _native.smoothness(rows, width, seen, n_threads)[:, columns]
    samples = rows.reshape(height, width, n_channels)[where].reshape(-1, n_channels)
    counted = rounded_weights(weights.reshape(height, width)[where].ravel(), _WEIGHT_BITS)
    if n_channels % 2 == 0:
        counted = np.where(samples[:, -1] > 0, counted, 0)
    cells = cells_of(samples, n_threads)
    n_cells = 1 << (CELL_BITS * n_channels)
    return Smoothness(np.bincount(cells, counted, n_cells), np.bincount(cells, counted * smooth.ravel(), n_cells))


def cells_of(samples: NDArray[Any], n_threads: int | None) -> NDArray[np.uint16]:
    """Return the cell of each colour (n, C) of uint8 or uint16 samples."""
    first_bits: NDArray[np.uint8] = samples if samples.dtype == np.uint8 else (samples >> 8).astype(np.uint8)
    n_channels = samples.shape[1]
    cells = np.arange(1 << (CELL_BITS * n_channels))
    shift = (8 - CELL_BITS) * n_channels
    threads = count_threads(n_threads)
    result: NDArray[Any] = _native.remap(
        np.ascontiguousarray(first_bits), cells.astype(np.uint64), cells.astype(np.uint16), shift, threads
    )
    return result


def rounded_weights(weights: NDArray[np.float64], bits: int) -> NDArray[np.float64]:
    """Return weights to so many significant bits, without the limits that a type of so many would have."""
    fractions, exponents = np.frexp(weights)
    rounded: NDArray[np.float64] = np.ldexp(np.rint(np.ldexp(fractions, bits)), exponents - bits)
    return rounded
