"""Histogram: the distinct colours of pictures and how often each occurs, in Morton order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .indices import MAX_COLORS
from .options import Search
from .pixels import Pixels
from .samples import as_samples, full_scale, in_least_channels, least_channels
from .threads import count_threads
from .weighting import CELL_BITS, CellWeights, Frames, Smoothness, color_weights, rounded_weights, smoothness_of

_WEIGHT_BITS = 24  # significant bits of a pixel's weight that count, so that sums of weights are exact
_TOTAL_BITS = 46  # of all weights together, where they are integers

_CELLS_A_COLOR = {5: 12, 6: 1}  # cells of so many bits will do if there are more than so many for each colour
_COARSEST = min(_CELLS_A_COLOR)
_MOST_DARK = 1 / 16  # of all pixels, in the coarsest cell at black: Oklab tells many colours apart there


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distinct colours with counts; those of several pictures add up as tallies, see `tally`.

    Attributes
    ----------
    keys : ndarray of shape (U,)
        uint64 Morton keys, ascending: the bits of a colour's samples interleaved. For float pictures of one channel
        the values themselves, ascending.
    counts : ndarray of shape (U,)
        Pixels of each colour, int64; or the sum of their weights, float64, 0 where all are 0.
    n_channels : int
        1 to 4.
    bits : int
        Of each sample that the keys keep: 8, 16, or fewer for cells of several colours.
    dtype : numpy.dtype
        Of the pictures.
    cell_colors : ndarray of shape (U, C) or None
        uint16 mean colour of each cell, where a key stands for several colours.
    exact : ndarray of shape (U, C) or None
        For float pictures of at most 65536 colours: the colour as given that each key was made from, of several the
        least in each channel.
    smoothness : Smoothness or None
        How smooth the pictures are around pixels of each kind, where that is to count.
    n_pixels : ndarray of shape (U,) or None
        Where counts are weights: the pixels of each colour whose weight is not 0.
    first : int or None
        Which pixel of its picture is the first that is fully transparent, whose colour stands for all of them.
    key_bits : int or None
        Bits of the keys of a `tally`'s cells, with alpha the last for "opaque"; None for as many as `bits` make.
    """

    keys: NDArray[Any]
    counts: NDArray[Any]
    n_channels: int
    bits: int
    dtype: np.dtype[Any]
    cell_colors: NDArray[np.uint16] | None = None
    exact: NDArray[Any] | None = field(default=None, repr=False)
    smoothness: Smoothness | None = field(default=None, repr=False)
    n_pixels: NDArray[np.int64] | None = field(default=None, repr=False)
    first: int | None = None
    key_bits: int | None = None

    @cached_property
    def colors(self) -> NDArray[Any]:
        """The colours, (U, C): uint8, uint16 or, for float pictures of one channel, float64."""
        if self.cell_colors is not None:
            return self.cell_colors
        if self.keys.dtype == np.float64:
            return self.keys[:, np.newaxis]
        decode = _native.key_colors_uint8 if self.bits == 8 else _native.key_colors_uint16
        return decode(self.keys, self.n_channels)

    @cached_property
    def integer_counts(self) -> NDArray[np.int64]:
        """The counts as integers, (U,), as `integer_weights` makes them."""
        return integer_weights(self.counts)

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """What each colour counts for in a fit, (U,): by its count alone, unless smoothness is to count as well."""
        if self.smoothness is None:
            return self.integer_counts
        return self.cell_weights.weights

    @property
    def pixel_counts(self) -> NDArray[np.int64]:
        """Pixels of each colour, (U,), whatever their weights are but 0."""
        return self.counts if self.n_pixels is None else self.n_pixels

    @cached_property
    def cell_weights(self) -> CellWeights:
        """What the colours count for where smoothness counts as well."""
        assert self.smoothness is not None
        return color_weights(*self._cell_keys, self.smoothness)

    @property
    def _cell_keys(self) -> tuple[NDArray[np.uint64], NDArray[np.int64], int]:
        """Keys, integer counts, and by how many bits the keys are longer than those of the cells of `smoothness`."""
        if self.keys.dtype == np.float64:
            return as_samples(self.keys).astype(np.uint64), self.integer_counts, 16 - CELL_BITS
        key_bits = self.n_channels * self.bits if self.key_bits is None else self.key_bits
        return self.keys, self.integer_counts, key_bits - self.n_channels * CELL_BITS

    @property
    def shares(self) -> NDArray[Any]:
        """The weights in the unit of the counts, (U,): together they are as many."""
        if self.smoothness is None:
            return self.counts
        shares: NDArray[np.float64] = self.weights * (np.add.reduce(self.counts) / np.add.reduce(self.weights))
        return shares

    def in_channels(self, n_channels: int) -> Histogram:
        """Return the same greys, all of them single colours, counted in the 1 or 2 channels that hold them."""
        keys: NDArray[Any] = self.keys
        exact = None if self.exact is None else in_least_channels(self.exact, n_channels)
        if n_channels == 1 and self.dtype.kind == "f":
            colors = self.colors / full_scale(self.colors.dtype) if exact is None else exact
            keys, exact = colors[:, 0].astype(np.float64), None
        else:  # keys of more channels have the same order
            keys = _native.histogram(in_least_channels(self.colors, n_channels), 1)[0]
        smoothness = None if self.smoothness is None else self.smoothness.in_channels(self.n_channels, n_channels)
        return replace(self, keys=keys, n_channels=n_channels, exact=exact, smoothness=smoothness)

    @cached_property
    def least_channels(self) -> int:
        """How many channels hold the colours: 1 or 2 for greys, where no key stands for several colours."""
        if self.cell_colors is not None or self.key_bits is not None:
            return self.n_channels
        colors = self.colors if self.exact is None else self.exact
        return min(least_channels(colors), self.n_channels)

    @property
    def transparent(self) -> NDArray[np.intp]:
        """Where the fully transparent colour is, (1,); (0,) where there is none."""
        if self.n_channels % 2:
            return np.zeros(0, dtype=np.intp)
        return np.flatnonzero(self.colors[:, -1] == 0)

    def __len__(self) -> int:
        """Return the number of distinct colours."""
        return len(self.keys)

    @property
    def shift(self) -> int:
        """How many bits the keys are shorter than those of single colours."""
        return self.n_channels * (8 - self.bits) if self.cell_colors is not None else 0

    def in_cells(self, bits: int) -> Histogram:
        """Return the same pictures counted in cells, as ``histogram(..., cell_bits=bits)`` counts them."""
        keys = self.keys >> np.uint64(self.n_channels * (8 - bits))
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        weights = self.integer_counts
        is_empty = np.add.reduceat(weights, starts) == 0
        weights = np.maximum(weights, is_empty.repeat(np.diff(starts, append=len(keys))))  # all zero: equal
        sums = np.add.reduceat(weights[:, np.newaxis] * self.colors.astype(np.int64), starts)
        totals = np.add.reduceat(weights, starts)[:, np.newaxis]
        cell_colors = ((257 * sums + totals // 2) // totals).astype(np.uint16)
        counts = np.add.reduceat(self.counts, starts)
        n_pixels = None if self.n_pixels is None else np.add.reduceat(self.n_pixels, starts)
        cells = {"keys": keys[starts], "counts": counts, "cell_colors": cell_colors, "n_pixels": n_pixels}
        return replace(self, bits=bits, **cells)


def histogram(
    pixels: Pixels,
    *,
    n_threads: int | None,
    sample_weight: NDArray[np.float64] | None = None,
    cell_bits: int | None = None,
    one_transparent: bool = True,
    frames: Frames | None = None,
) -> Histogram:
    """Count the distinct colours of a picture.

    Parameters
    ----------
    pixels : Pixels
    sample_weight : ndarray of shape (H, W), optional
        Non-negative weight of every pixel, checked before (`read_sample_weight`), and taken in single precision: to
        24 significant bits. Sums of such weights are exact, and so the same in any order, unless a colour's largest
        sum is more than 2**29 times its smallest weight.
    cell_bits : {5, 6}, optional
        Count cells of so many bits a channel, which is faster, instead of colours. Only for RGB pictures in uint8 that
        are not grey; others are counted exactly all the same.
    one_transparent : bool, default=True
        Count all fully transparent pixels as one colour, that of the first of them.
    frames : sequence of (height, width), optional
        Where the pixels are those of several pictures one after the other: their sizes. The first transparent pixel is
        then the first of its own picture, in whichever that is nearest to the start; of several such the least colour.
        So it does not depend on the order of the pictures.
    n_threads : int, optional

    Returns
    -------
    Histogram
        In Morton order.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> h = histogram(read_pixels(np.array([[[255, 0, 0], [0, 0, 9], [255, 0, 0]]], dtype=np.uint8)), n_threads=1)
    >>> h.colors.tolist(), h.counts.tolist()
    ([[0, 0, 9], [255, 0, 0]], [1, 2])
    """
    threads = count_threads(n_threads)
    rows, n_channels = pixels.rows, pixels.n_channels
    if rows.dtype == np.float64:
        return _value_histogram(pixels, sample_weight)
    cell_bits = cell_bits if has_cells(pixels) and least_channels(rows) == pixels.n_channels else None
    if cell_bits and sample_weight is None:
        cell_keys, cell_counts, cell_colors = _native.cell_histogram(rows, cell_bits, threads)
        return Histogram(cell_keys, cell_counts, n_channels, cell_bits, pixels.dtype, cell_colors)
    place_of_first = None
    if one_transparent and n_channels % 2 == 0:
        place_of_first, color = first_transparent(rows, frames)
        rows = unify_transparent(rows, color)
    counts: NDArray[Any]
    keys, counts = _native.histogram(rows, threads)
    is_exact = pixels.dtype.kind == "f" and len(keys) <= MAX_COLORS
    exact: NDArray[Any] | None = None
    n_pixels: NDArray[np.int64] | None = None
    if sample_weight is not None or is_exact:
        place = places(rows, keys, threads)
        if sample_weight is not None:
            counts, n_pixels = _summed_weights(place, sample_weight, len(keys))
        if is_exact:
            exact = least_colors(pixels.values.reshape(-1, n_channels), place, len(keys))
    sample_bits = 8 * rows.dtype.itemsize
    exact_histogram = Histogram(
        keys, counts, n_channels, sample_bits, pixels.dtype, exact=exact, n_pixels=n_pixels, first=place_of_first
    )
    if exact is not None and len(exact_histogram.transparent):
        at = exact_histogram.transparent
        exact[at] = exact_histogram.colors[at] / full_scale(rows.dtype)
    return exact_histogram.in_cells(cell_bits) if cell_bits else exact_histogram


def no_histogram(pixels: Pixels) -> Histogram:
    """Return the weighted histogram of no pixels of this kind."""
    rows, n_channels = pixels.rows[:0], pixels.n_channels
    is_value = rows.dtype == np.float64
    counts: NDArray[np.float64] = np.zeros(0)
    return Histogram(
        keys=np.zeros(0, np.float64 if is_value else np.uint64),
        counts=counts,
        n_channels=n_channels,
        bits=8 * rows.dtype.itemsize,
        dtype=pixels.dtype,
        exact=pixels.values.reshape(-1, n_channels)[:0] if pixels.dtype.kind == "f" and not is_value else None,
        n_pixels=counts.astype(np.int64),
    )


def picture_histogram(
    pixels: Pixels,
    *,
    n_colors: int,
    effort: str,
    n_threads: int | None,
    sample_weight: NDArray[np.float64] | None = None,
) -> Histogram:
    """Return the histogram that an effort works on: in cells when fast, where there are enough to choose from."""

    def count(cell_bits: int | None) -> Histogram:
        return histogram(pixels, sample_weight=sample_weight, cell_bits=cell_bits, n_threads=n_threads)

    return coarse_histogram(count, n_colors) if effort == "fast" else count(None)


def with_smoothness(
    hist: Histogram,
    pixels: Pixels,
    search: Search,
    *,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames | None,
) -> Histogram:
    """Return a histogram of pictures, with their smoothness if it is to count in the search.

    Parameters
    ----------
    hist : Histogram
        Of the pixels and their weights.
    pixels, sample_weight
        As in `histogram`.
    search : Search
    frames : sequence of (height, width) or None
        Where the pixels are those of several pictures one after the other: their sizes.
    """
    if search.weighting == "uniform":
        return hist
    options: dict[str, Any] = {"effort": search.effort, "n_threads": search.n_threads}
    return replace(hist, smoothness=smoothness_of(pixels, frames=frames, sample_weight=sample_weight, **options))


def counted_as(effort: str, fixed_colors: NDArray[Any] | None) -> str:
    """Return the effort whose histogram suits: cells would mix locked colours with others, so they need all colours."""
    return effort if fixed_colors is None or len(fixed_colors) == 0 else "balanced"


def coarse_histogram(count: Callable[[int | None], Histogram], n_colors: int) -> Histogram:
    """Return the coarsest histogram that has enough cells for so many colours, also near black, or the exact one.

    Parameters
    ----------
    count : callable
        Gives the histogram in cells of so many bits, or for None the exact one; always the exact one for pictures that
        are not counted in cells.
    n_colors : int

    Returns
    -------
    Histogram
    """
    for bits, cells_a_color in _CELLS_A_COLOR.items():
        hist = count(bits)
        if hist.cell_colors is None or (len(hist) > cells_a_color * n_colors and not _is_dark(hist)):
            return hist
    return count(None)


def _is_dark(hist: Histogram) -> bool:
    """Whether the cells are the coarsest, and many pixels in that at black."""
    if hist.bits > _COARSEST or hist.keys[0] > 0:
        return False
    return bool(hist.counts.item(0) > _MOST_DARK * np.add.reduce(hist.counts).item())  # Python's numbers are faster


def has_cells(pixels: Pixels) -> bool:
    """Whether pictures of this kind can be counted in cells."""
    return pixels.n_channels == 3 and pixels.samples.dtype == np.uint8


def places(rows: NDArray[Any], keys: NDArray[np.uint64], n_threads: int) -> NDArray[np.uint32]:
    """Return which of the keys, all of which are there, is that of each row (n, C) of uint8 or uint16 samples."""
    return _native.remap(rows, keys, np.arange(len(keys), dtype=np.uint32), 0, n_threads)


def unify_transparent(rows: NDArray[Any], color: NDArray[Any] | None) -> NDArray[Any]:
    """Give all fully transparent pixels this colour, unless there is none; rows are (n, C), alpha last."""
    if color is None:
        return rows
    transparent = rows[:, -1] == 0
    if not transparent.any():
        return rows
    unified = rows.copy()
    unified[transparent] = color
    return unified


def first_transparent(rows: NDArray[Any], frames: Frames | None) -> tuple[int | None, NDArray[Any] | None]:
    """Return where in its picture the first fully transparent pixel is, and its colour (C,), if there is one."""
    transparent = rows[:, -1] == 0
    found: list[tuple[int, tuple[int, ...]]] = []
    start = 0
    for height, width in frames or [(1, len(rows))]:
        part = transparent[start : start + height * width]
        at = int(part.argmax())
        if part[at]:
            found.append((at, tuple(rows[start + at].tolist())))
        start += len(part)
    if not found:
        return None, None
    place, color = min(found)
    return place, np.array(color, dtype=rows.dtype)


def least_colors(colors: NDArray[Any], place: NDArray[Any], n: int) -> NDArray[Any]:
    """Return, of the colours (m, C) at each of n places, the least in each channel, (n, C)."""
    least = np.full((colors.shape[1], n), np.inf, dtype=colors.dtype)
    for channel, values in zip(least, colors.T, strict=True):
        np.minimum.at(channel, place, np.ascontiguousarray(values))
    return np.ascontiguousarray(least.T)


def integer_weights(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return weights as integers, which add up exactly: the same after any exact sum, whatever the unit.

    Integers stay as they are. Others are multiplied by the power of two that makes integers of them, or at most by one
    that brings all together near 2**46, and rounded; a positive weight stays positive.
    """
    if counts.dtype.kind == "i":
        return counts
    fractions, exponents = np.frexp(counts[counts > 0])
    whole = np.ldexp(fractions, 53).astype(np.int64)
    bits_used = 54 - np.frexp((whole & -whole).astype(np.float64))[1]
    shift = max(0, int((bits_used - exponents).max()))
    shift = min(shift, _TOTAL_BITS - int(np.frexp(counts.sum())[1]))
    weights: NDArray[np.int64] = np.maximum(np.rint(np.ldexp(counts, shift)), counts > 0).astype(np.int64)
    return weights


def _value_histogram(pixels: Pixels, sample_weight: NDArray[np.float64] | None) -> Histogram:
    values, place = np.unique(pixels.samples.ravel(), return_inverse=True)
    if sample_weight is None:
        return Histogram(values, np.bincount(place), 1, 64, pixels.dtype)
    counts, n_pixels = _summed_weights(place, sample_weight, len(values))
    return Histogram(values, counts, 1, 64, pixels.dtype, n_pixels=n_pixels)


def _summed_weights(
    place: NDArray[Any], weights: NDArray[np.float64], n: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum the weights, in single precision but without its limits, at each of n places; count those that are not 0."""
    rounded = rounded_weights(weights.ravel(), _WEIGHT_BITS)
    sums: NDArray[Any] = np.bincount(place, rounded, minlength=n)
    counts: NDArray[Any] = np.bincount(place[rounded > 0], minlength=n)
    return sums, counts
