"""Histogram: the distinct colours of pictures and how often each occurs, in Morton order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .pixels import Pixels
from .threads import count_threads

_MAX_WEIGHT = 1 << 24  # of one pixel, in the integers that weights are rounded to
_MAX_TOTAL = 1 << 46


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distinct colours with counts. Add two to get the histogram of both pictures.

    Attributes
    ----------
    keys : ndarray of shape (U,)
        uint64 Morton keys, ascending: the bits of a colour's samples interleaved. For float pictures of one channel
        the values themselves, ascending.
    counts : ndarray of shape (U,)
        int64. Pixels of each colour, or the sum of their weights as integers; 0 where all weights are 0.
    n_channels : int
        1 to 4.
    bits : int
        Of each sample that the keys keep: 8, 16, or fewer for cells of several colours.
    dtype : numpy.dtype
        Of the pictures.
    cell_colors : ndarray of shape (U, C) or None
        uint16 mean colour of each cell, where a key stands for several colours.
    exact : ndarray of shape (U, C) or None
        For float pictures: the colour as given that each key was made from.
    """

    keys: NDArray[Any]
    counts: NDArray[np.int64]
    n_channels: int
    bits: int
    dtype: np.dtype[Any]
    cell_colors: NDArray[np.uint16] | None = None
    exact: NDArray[Any] | None = field(default=None, repr=False)

    @cached_property
    def colors(self) -> NDArray[Any]:
        """The colours, (U, C): uint8, uint16 or, for float pictures of one channel, float64."""
        if self.cell_colors is not None:
            return self.cell_colors
        if self.keys.dtype == np.float64:
            return self.keys[:, np.newaxis]
        decode = _native.key_colors_uint8 if self.bits == 8 else _native.key_colors_uint16
        return decode(self.keys, self.n_channels)

    def __len__(self) -> int:
        """Return the number of distinct colours."""
        return len(self.keys)

    @property
    def shift(self) -> int:
        """How many bits the keys are shorter than those of single colours."""
        return self.n_channels * (8 - self.bits) if self.cell_colors is not None else 0

    def in_cells(self) -> Histogram:
        """Return the same pictures counted in cells, as ``histogram(..., cells=True)`` counts them."""
        keys = self.keys >> np.uint64(self.n_channels * (8 - _native.CELL_BITS))
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        counts = np.add.reduceat(self.counts, starts)
        weights = np.maximum(self.counts, counts.repeat(np.diff(starts, append=len(keys))) == 0)  # all zero: equal
        sums = np.add.reduceat(weights[:, np.newaxis] * self.colors.astype(np.int64), starts)
        totals = np.add.reduceat(weights, starts)[:, np.newaxis]
        cell_colors = ((257 * sums + totals // 2) // totals).astype(np.uint16)
        return Histogram(keys[starts], counts, self.n_channels, _native.CELL_BITS, self.dtype, cell_colors)

    def __add__(self, other: Histogram) -> Histogram:
        """Return the histogram of both pictures."""
        if not isinstance(other, Histogram):
            return NotImplemented
        if self.cell_colors is not None or other.cell_colors is not None:
            raise ValueError("histograms of cells cannot be added; add the exact ones, then take in_cells()")
        if (self.n_channels, self.bits, self.dtype) != (other.n_channels, other.bits, other.dtype):
            raise ValueError(
                f"cannot add histograms of {self.n_channels}-channel {self.dtype} and {other.n_channels}-channel "
                f"{other.dtype} pictures; convert the pictures to the same kind first"
            )
        keys, place = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        counts = np.zeros(len(keys), dtype=np.int64)
        np.add.at(counts, place, np.concatenate([self.counts, other.counts]))
        exact = None
        if self.exact is not None and other.exact is not None:
            exact = np.empty((len(keys), self.n_channels), dtype=self.exact.dtype)
            exact[place[len(self) :]] = other.exact
            exact[place[: len(self)]] = self.exact
        return Histogram(keys, counts, self.n_channels, self.bits, self.dtype, None, exact)


def histogram(
    pixels: Pixels,
    *,
    sample_weight: NDArray[np.float64] | None = None,
    cells: bool = False,
    n_threads: int | None = None,
) -> Histogram:
    """Count the distinct colours of a picture.

    Parameters
    ----------
    pixels : Pixels
    sample_weight : ndarray of shape (H, W), optional
        Non-negative weight of every pixel, checked before (`read_sample_weight`). Integers up to 2**24 count exactly;
        other weights are rounded to 24 bits of the largest.
    cells : bool, default=False
        Count cells of 6 bits a channel, which is faster, instead of colours. Only for RGB pictures in uint8 without
        weights; others are counted exactly all the same.
    n_threads : int, optional

    Returns
    -------
    Histogram
        In Morton order. All fully transparent pixels count as one colour, that of the first of them.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> h = histogram(read_pixels(np.array([[[255, 0, 0], [0, 0, 9], [255, 0, 0]]], dtype=np.uint8)))
    >>> h.colors.tolist(), h.counts.tolist()
    ([[0, 0, 9], [255, 0, 0]], [1, 2])
    """
    threads = count_threads(n_threads)
    rows, n_channels = pixels.rows, pixels.n_channels
    if rows.dtype == np.float64:
        return _value_histogram(pixels, sample_weight)
    if cells and sample_weight is None and has_cells(pixels):
        keys, counts, cell_colors = _native.cell_histogram(rows, threads)
        return Histogram(keys, counts, n_channels, _native.CELL_BITS, pixels.dtype, cell_colors)
    if n_channels % 2 == 0:
        rows = unify_transparent(rows)
    keys, counts = _native.histogram(rows, threads)
    if sample_weight is not None:
        counts = _native.weigh(rows, _integer_weights(sample_weight).ravel(), keys)
    exact = None
    if pixels.dtype.kind == "f":
        exact = np.empty((len(keys), n_channels), dtype=pixels.dtype)
        place = _native.remap(rows, keys, np.arange(len(keys), dtype=np.uint32), 0, threads)
        exact[place[::-1]] = pixels.values.reshape(-1, n_channels)[::-1]  # the first pixel of a colour is written last
    exact_histogram = Histogram(keys, counts, n_channels, 8 * rows.dtype.itemsize, pixels.dtype, None, exact)
    return exact_histogram.in_cells() if cells and has_cells(pixels) else exact_histogram


def has_cells(pixels: Pixels) -> bool:
    """Whether pictures of this kind can be counted in cells."""
    return pixels.n_channels == 3 and pixels.samples.dtype == np.uint8


def unify_transparent(rows: NDArray[Any]) -> NDArray[Any]:
    """Give all fully transparent pixels the colour of the first of them; rows are (n, C), alpha last."""
    transparent = rows[:, -1] == 0
    if not transparent.any():
        return rows
    unified = rows.copy()
    unified[transparent] = rows[transparent.argmax()]
    return unified


def _value_histogram(pixels: Pixels, sample_weight: NDArray[np.float64] | None) -> Histogram:
    flat = pixels.samples.ravel()
    values, place, counts = np.unique(flat, return_inverse=True, return_counts=True)
    if sample_weight is not None:
        counts = np.zeros(len(values), dtype=np.int64)
        np.add.at(counts, place, _integer_weights(sample_weight).ravel())
    return Histogram(values, counts.astype(np.int64), 1, 64, pixels.dtype)


def _integer_weights(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Weights as integers that add up exactly, in any order; a positive weight stays positive."""
    largest = min(_MAX_WEIGHT, max(_MAX_TOTAL // weights.size, 1))
    if weights.max() > largest or (weights != np.floor(weights)).any():
        weights = np.where(weights > 0, np.maximum(np.rint(weights * (largest / weights.max())), 1), 0)
    return weights.astype(np.uint32)
