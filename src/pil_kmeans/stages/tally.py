"""Tally: histograms in few bytes that add up, of any number of pictures, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .histogram import Histogram, least_colors
from .indices import MAX_COLORS
from .samples import full_scale
from .weighting import Smoothness

LEAST_BUDGET = 1 << 18  # colours: no fewer than there are cells of 6 bits, so that "fast" has its own
_VALUE_BITS = 64  # of the keys of float pictures of one channel, which are the bits of the values
_UNSUMMED_BITS = 17  # of these
_SPREAD = {8: 257, 16: 1}  # from samples of so many bits to 16
_MOST_AT_ONCE = 16  # tallies that are merged


class Transparent(NamedTuple):
    """The fully transparent pixels of pictures, which are all alike."""

    first: int
    """Which pixel of its picture is the first of them."""
    color: tuple[int, ...]
    """Its samples: of several such pixels, in several pictures, the least."""
    n_pixels: int
    weight: float


@dataclass(frozen=True, eq=False)
class Tally:
    """Distinct colours with counts, as a histogram has them, packed: about two bytes for each colour of a photograph.

    Above a budget of colours it holds cells: all that agree but for the last bits of their Morton keys, as few bits as
    will do. That depends on the set of all colours alone, so tallies add up to the same in any order and grouping.

    Attributes
    ----------
    packed : ndarray of shape (n_bytes,)
        uint8, see ``cpp/kernels/histogram/tally.hpp``; without the fully transparent pixels.
    n : int
        Colours or cells in it.
    shift : int
        How many bits the keys are shorter than those of single colours; 0 where they are exact.
    n_channels, bits, dtype
        As of `Histogram`.
    is_weighted : bool
        Whether pixels have weights.
    transparent : Transparent or None
        The fully transparent pixels, if there are any.
    exact : ndarray of shape (n, C) or None
        For float pictures of at most 65536 colours, the colours as given, ascending by keys.
    smoothness : Smoothness or None
        As of `Histogram`.
    """

    packed: NDArray[np.uint8]
    n: int
    shift: int
    n_channels: int
    bits: int
    dtype: np.dtype[Any]
    is_weighted: bool
    transparent: Transparent | None = None
    exact: NDArray[Any] | None = None
    smoothness: Smoothness | None = None

    @property
    def nbytes(self) -> int:
        """What a pickle takes, but for some hundred bytes."""
        smoothness = 0 if self.smoothness is None else self.smoothness.nbytes
        return self.packed.nbytes + (0 if self.exact is None else self.exact.nbytes) + smoothness

    def histogram(self) -> Histogram:
        """Unpack the histogram: that of all pictures as `histogram` counts them, or cells of colours."""
        keys: NDArray[Any]
        keys, n_pixels, means, sums, weights = _native.tally_entries(self._part, *self._layout)
        colors, exact, key_bits = None, self.exact, None
        if self.shift > 0:
            key_bits = self.n_channels * self.bits - self.shift + self._has_alpha
            if self.bits == _VALUE_BITS:
                keys = self._cell_values(keys, sums, n_pixels)
            else:
                colors = means
        elif self.bits == _VALUE_BITS:
            keys = keys.view(np.float64)
        if self.transparent is not None:
            color = np.array([self.transparent.color], dtype=f"u{self.bits // 8}")
            key = (_native.histogram(color, 1)[0] >> np.uint64(self.shift)) << np.uint64(self.shift > 0)
            at = np.searchsorted(keys, key)
            keys = np.insert(keys, at, key)
            n_pixels = np.insert(n_pixels, at, self.transparent.n_pixels)
            if self.is_weighted:
                weights = np.insert(weights, at, self.transparent.weight)
            if colors is not None:
                colors = np.insert(colors, at, color * np.uint16(_SPREAD[self.bits]), axis=0)
            if exact is not None:
                exact = np.insert(exact, at, color / full_scale(color.dtype), axis=0)
        counts: NDArray[Any] = weights if self.is_weighted else n_pixels
        return Histogram(
            keys=keys,
            counts=counts,
            n_channels=self.n_channels,
            bits=self.bits,
            dtype=self.dtype,
            cell_colors=colors,
            exact=exact,
            smoothness=self.smoothness,
            n_pixels=n_pixels if self.is_weighted else None,
            first=None if self.transparent is None else self.transparent.first,
            key_bits=key_bits,
        )

    def in_cells(self, cell_bits: int) -> Histogram:
        """Return the histogram of RGB pictures of 8 bits as ``histogram(..., cell_bits=cell_bits)`` counts it."""
        if self.shift == 0:
            return self.histogram().in_cells(cell_bits)
        shift = self.n_channels * (self.bits - cell_bits)
        packed, n, shift = _native.merge_tallies([self._part], *self._layout, shift, 1 << (self.n_channels * cell_bits))
        hist = replace(self, packed=packed, n=n, shift=shift).histogram()
        return replace(hist, bits=cell_bits, key_bits=None)

    def _cell_values(
        self, keys: NDArray[np.uint64], sums: NDArray[np.int64], n_pixels: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the mean value of each cell."""
        shift = np.uint64(self.shift + _UNSUMMED_BITS)
        low, high = (keys << shift).view(np.float64), ((keys + np.uint64(1)) << shift).view(np.float64)
        means: NDArray[np.float64] = low + (high - low) * np.ldexp(sums / np.maximum(n_pixels, 1), -self.shift)
        return means

    @property
    def _has_alpha(self) -> bool:
        return self.n_channels % 2 == 0

    @property
    def _part(self) -> tuple[NDArray[np.uint8], int, int, bool]:
        return self.packed, self.n, self.shift, self.is_weighted

    @property
    def _layout(self) -> tuple[int, int, int]:
        return _layout(self.n_channels, self.bits)


def _layout(n_channels: int, bits: int) -> tuple[int, int, int]:
    """Return of keys: channels, bits of each sample, and last bits that cells do not sum."""
    return n_channels, bits, _UNSUMMED_BITS if bits == _VALUE_BITS else 0


def tally_of(hist: Histogram, *, budget: int) -> Tally:
    """Pack an exact histogram.

    Parameters
    ----------
    hist : Histogram
        Not in cells.
    budget : int
        Most colours to keep apart, `LEAST_BUDGET` at least. Of more it makes cells, as few bits wider as will do.
    """
    keys, exact = hist.keys, hist.exact
    if keys.dtype == np.float64:
        keys = (keys + 0.0).view(np.uint64)  # of two zeros the positive one
    is_weighted = hist.counts.dtype.kind == "f"
    n_pixels = hist.pixel_counts
    weights = hist.counts if is_weighted else None
    transparent = None
    if len(hist.transparent):
        at = int(hist.transparent[0])
        first = 0 if hist.first is None else hist.first
        transparent = Transparent(first, tuple(hist.colors[at].tolist()), int(n_pixels[at]), float(hist.counts[at]))
        keys, n_pixels = np.delete(keys, at), np.delete(n_pixels, at)
        weights = None if weights is None else np.delete(weights, at)
        exact = None if exact is None else np.delete(exact, at, axis=0)
    layout = _layout(hist.n_channels, hist.bits)
    packed, n, shift = _native.tally(keys, n_pixels, weights, *layout, budget)
    return Tally(
        packed=packed,
        n=n,
        shift=shift,
        n_channels=hist.n_channels,
        bits=hist.bits,
        dtype=hist.dtype,
        is_weighted=is_weighted,
        transparent=transparent,
        exact=exact if shift == 0 else None,
        smoothness=hist.smoothness,
    )


def merge(tallies: Sequence[Tally], *, budget: int) -> Tally:
    """Add tallies up, in any order and grouping to the same.

    Parameters
    ----------
    tallies : sequence of Tally
        One at least.
    budget : int
        As in `tally_of`, and for all of them the same.

    Raises
    ------
    ValueError
        If pictures have different channels or dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.histogram import histogram
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.stages.tally import merge, tally_of
    >>> pictures = np.array([[[[1, 2, 3]], [[4, 5, 6]]], [[[4, 5, 6]], [[7, 8, 9]]]], np.uint8)
    >>> tallies = [tally_of(histogram(read_pixels(picture), n_threads=1), budget=1 << 21) for picture in pictures]
    >>> merge(tallies, budget=1 << 21).histogram().counts.tolist()
    [1, 2, 1]
    """
    first = tallies[0]
    for other in tallies:
        if (first.n_channels, first.bits, first.dtype) != (other.n_channels, other.bits, other.dtype):
            raise ValueError(
                f"cannot merge {first.n_channels}-channel {first.dtype} and {other.n_channels}-channel {other.dtype} "
                "pictures; convert the pictures to the same kind first"
            )
    if len(tallies) == 1:
        return first
    if len(tallies) > _MOST_AT_ONCE:
        groups = [tallies[i : i + _MOST_AT_ONCE] for i in range(0, len(tallies), _MOST_AT_ONCE)]
        return merge([merge(group, budget=budget) for group in groups], budget=budget)
    packed, n, shift = _native.merge_tallies([tally._part for tally in tallies], *first._layout, 0, budget)
    merged = replace(
        first,
        packed=packed,
        n=n,
        shift=shift,
        is_weighted=any(tally.is_weighted for tally in tallies),
        transparent=_all_transparent(tallies),
        exact=None,
        smoothness=_all_smoothness(tallies),
    )
    if first.exact is None or shift > 0 or n > MAX_COLORS:
        return merged
    return replace(merged, exact=_all_exact(tallies, merged))


def _all_transparent(tallies: Sequence[Tally]) -> Transparent | None:
    parts = [tally.transparent for tally in tallies if tally.transparent is not None]
    if not parts:
        return None
    first, color = min(part[:2] for part in parts)
    return Transparent(first, color, sum(part.n_pixels for part in parts), sum(part.weight for part in parts))


def _all_smoothness(tallies: Sequence[Tally]) -> Smoothness | None:
    total = None
    for tally in tallies:
        if tally.smoothness is None:
            return None
        total = tally.smoothness if total is None else total + tally.smoothness
    return total


def _all_exact(tallies: Sequence[Tally], merged: Tally) -> NDArray[Any]:
    """Of colours with one key the least in each channel, as in one histogram."""
    keys = _native.tally_entries(merged._part, *merged._layout)[0]
    parts = [tally.exact for tally in tallies if tally.exact is not None]  # all: the whole has more colours
    place = [np.searchsorted(keys, _native.tally_entries(tally._part, *tally._layout)[0]) for tally in tallies]
    return least_colors(np.concatenate(parts), np.concatenate(place), len(keys))
