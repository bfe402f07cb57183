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
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .pixels import Pixels
from .samples import as_samples
from .threads import count_threads

if TYPE_CHECKING:
    from .histogram import Histogram

Frames = Sequence[tuple[int, int]]

WEIGHTINGS = ("perceptual", "uniform")

PERCEPTUAL_SPACES = ("oklab", "cielab")
_ENOUGH_PIXELS = {"fast": 1 << 14, "balanced": 1 << 18, "best": 1 << 18}  # to look at: of more, rows are left out
_LARGEST_STEP = 16  # one of so many rows, at least
_CELL_BITS: int = _native.WEIGHT_CELL_BITS
_WEIGHT_BITS = 24  # as in histogram.py: of a pixel's weight, so that sums are exact


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
    threads = count_threads(n_threads)
    total = None
    for rows, (height, width), weights in _pictures(pixels, frames, sample_weight):
        step = min(max(height * width // _ENOUGH_PIXELS[effort], 1), _LARGEST_STEP)
        if weights is None:
            part = Smoothness(*_native.cell_smoothness(rows, width, step, threads))
        else:
            part = _weighted_smoothness(rows, width, weights, step, threads)
        total = part if total is None else total + part
    assert total is not None
    return total


def color_weights(hist: Histogram) -> NDArray[np.int64]:
    """Return what each colour of a histogram with smoothness counts for: (U,) integers, positive where its count is.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram, with_smoothness
    >>> from pil_kmeans.stages.options import Search
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.stages.weighting import color_weights
    >>> picture = read_pixels(np.repeat([0, 255], [80, 640]).astype(np.uint8).reshape(36, 20), channel_axis=None)
    >>> search = Search("oklab", "balanced", "perceptual", 0, 1)
    >>> hist = histogram(picture, n_threads=1)
    >>> hist = with_smoothness(hist, picture, search, sample_weight=None, frames=None)
    >>> weights = color_weights(hist)
    >>> int(hist.counts[1] / hist.counts[0]), round(float(weights[1] / weights[0]), 2)
    (8, 7.38)
    """
    assert hist.smoothness is not None
    counts, sums = (part.astype(np.float64) for part in (hist.smoothness.counts, hist.smoothness.sums))
    keys, shift = _cells(hist)
    return _native.color_weights(keys, hist.integer_counts, shift, counts, sums)


def pixel_weights(
    pixels: Pixels,
    hist: Histogram,
    *,
    frames: Frames | None,
    sample_weight: NDArray[np.float64] | None,
    n_threads: int | None,
) -> NDArray[np.uint16]:
    """Return what each pixel counts for in a fit to the dithered picture: (H * W,) shares of 65535.

    Parameters
    ----------
    pixels : Pixels
    hist : Histogram
        Of them, or of what their samples were rounded to. Without smoothness the weights are those of the samples.
    frames, sample_weight, n_threads
        As in `smoothness_of`.
    """
    threads = count_threads(n_threads)
    keys, shift = _cells(hist)
    totals = _native.cell_totals(keys, hist.integer_counts, shift, 1 << (_CELL_BITS * hist.n_channels))
    parts = [
        _native.pixel_weights(rows, width, totals, threads) for rows, (_, width), _ in _pictures(pixels, frames, None)
    ]
    weights: NDArray[np.uint16] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return weights if sample_weight is None else shares(weights * sample_weight.ravel())


def shares(weights: NDArray[np.float64]) -> NDArray[np.uint16]:
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
    rows: NDArray[Any], width: int, weights: NDArray[np.float64], step: int, n_threads: int
) -> Smoothness:
    """Sum smoothness times weights, which are rounded so that the sums are exact."""
    smooth = _native.smoothness(rows, width, step, n_threads)
    height, n_channels = len(rows) // width, rows.shape[1]
    seen = slice(min((step - 1) // 2, height - 1), None, step)
    samples = rows.reshape(height, width, n_channels)[seen].reshape(-1, n_channels)
    counted = rounded_weights(weights.reshape(height, width)[seen].ravel())
    if n_channels % 2 == 0:
        counted = np.where(samples[:, -1] > 0, counted, 0)
    cells = np.zeros(len(samples), dtype=np.intp)
    first = 8 * samples.dtype.itemsize - 1
    for bit in range(first, first - _CELL_BITS, -1):
        for c in range(n_channels):
            cells = cells << 1 | (samples[:, c] >> bit & 1)
    n_cells = 1 << (_CELL_BITS * n_channels)
    return Smoothness(
        np.bincount(cells, counted, n_cells), np.bincount(cells, rounded_weights(counted * smooth.ravel()), n_cells)
    )


def rounded_weights(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights in single precision, but without its limits."""
    fractions, exponents = np.frexp(weights)
    rounded: NDArray[np.float64] = np.ldexp(np.rint(np.ldexp(fractions, _WEIGHT_BITS)), exponents - _WEIGHT_BITS)
    return rounded


def _cells(hist: Histogram) -> tuple[NDArray[np.uint64], int]:
    """Return keys, and by how much they are longer than those of the cells."""
    if hist.keys.dtype == np.float64:
        return as_samples(hist.keys).astype(np.uint64), 16 - _CELL_BITS
    return hist.keys, hist.n_channels * (hist.bits - _CELL_BITS)
