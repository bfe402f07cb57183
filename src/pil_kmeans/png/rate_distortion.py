"""Rate-distortion: indices that look about as well as the dithered ones and make a far smaller PNG.

Deflate codes a byte the cheaper the more often it comes, and repetitions of earlier bytes for next to nothing. So
indices are chosen in scan order by what they cost in bits and in error at once, each handing on its error as in
dithering.
"""

from __future__ import annotations

from functools import cached_property
from math import inf, sqrt
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.color_space import working_points
from ..stages.dithering.amounts import DEFAULT_STRENGTH
from ..stages.dithering.diffuse import opacity_of
from ..stages.options import is_number
from ..stages.pixels import Pixels
from ..stages.progress import Progress, silent
from ..stages.progress import part as share_of
from ..stages.row_blocks import beside, row_blocks
from ..stages.samples import as_samples
from ..stages.threads import count_threads
from .filters import LEAST_ENTROPY, PAETH, Filters, filter_rows

Lossy = float | Literal["auto"]

AUTO = 1.0
"""What `lossy="auto"` stands for."""

_BIT = 42  # what a bit is worth at AUTO: so many times the root of the palette's mean squared error
_LEAST_BIT, _MOST_BIT = 1e-6, 1e12  # beyond these nothing changes any more
_FEEDBACK, _SMOOTH_FEEDBACK = 0.78, 0.94  # shares of the errors that are handed on, at the usual strength of dithering
_FRAME_FEEDBACK = 0.82  # the same of frames, in which errors are small: nothing shows in smooth areas
_FRAME_COLOR = 2294  # 4096ths of a difference of colour in frames that count, beside one of lightness
_PAETH = Filters((PAETH,))
_PAETH_SEARCHES = 2  # the first with prices of the guess
_REFINEMENTS = 3  # each with prices of what the one before found
_LEAST_REFINED = 0.45  # of what errors are worth, at least: little is seen of those that little lossy leaves
_KEPT = -1.0  # weight of pixels that keep their index
_KEPT_PART = 1 << 22  # pixels whose points stay in memory; those of more are made again each time,
_PART = 1 << 20  # so many at once, whose errors are summed up by themselves
_ONE_MEASURED_OF = 4  # parts of these, whose errors stand for those of all
_BAND = 3 << 15  # pixels of a band, which is searched as a picture of its own,
_BAND_ROWS = 16  # and rows at least
_SAMPLED_ROWS = 16  # of a band that is looked at first
_SAMPLE, _LEAST_ONE_OF, _MOST_ONE_OF = 1 << 16, 8, 64  # pixels of these, about, and one of how many

# What pictures of 16 to 256 colours take at AUTO, about: literals and matches of each pixel; and of 1000 matches, those
# of each length's code, and of distances up to 3 bytes back, of those in each of the rows above, and of other codes.
_LITERALS, _MATCHES = 0.15, 0.12
_LENGTHS = (200, 190, 135, 100, 75, 55, 42, 36, 45, 32, 22, 17, 19, 11, 7, 4, 4, 2, 1, 1, 1, *[0.3] * 8)
_NEAR, _ABOVE, _ELSEWHERE = (180, 50, 50), (420, 140, 100), 3.0
_FARTHEST = 32767
_EVENED_BITS = 20  # that roots of numbers of literals keep


class Bands(NamedTuple):
    """Rows of a picture: the first ones of each band, and how many a band has unless the picture ends."""

    tops: NDArray[np.int64]
    rows: int

    def n_rows(self, height: int) -> int:
        """Count the rows of all bands."""
        return int(np.minimum(self.rows, height - self.tops).sum())


class Coded(NamedTuple):
    """Indices, and the symbols of deflate by which they were chosen."""

    indices: NDArray[np.uint8]
    """(H, W)"""
    symbols: list[tuple[NDArray[np.uint32], NDArray[np.int64]]]
    """As `deflate_symbols` takes them, of some bands each, and where those of each band start."""
    order: NDArray[np.uint8]
    """The index for each literal."""

    def places(self, lookup: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Tell what literals become if indices are looked up, if that is one thing.

        A row begins with the type of no filter, which is 0, and which matches do not tell from that literal.
        """
        places = np.zeros(_native.DEFLATE_SYMBOLS[0], np.uint8)
        places[: len(self.order)] = lookup[self.order]
        return None if places[0] else places


class Chosen(NamedTuple):
    """Indices (H, W), and what their errors, blurred to all sides, are worth in bits of AUTO or rougher.

    So frames can be compared that a search found whose errors go down and to the right, and a refinement. How close
    they were to come does not matter: at AUTO a bit is worth about what the eye makes of it.
    """

    indices: NDArray[np.uint8]
    error: float


class OfFrame(NamedTuple):
    """How a frame, or part of it, is searched, of which some pixels stay as they are."""

    weights: NDArray[np.float32]
    """(H, W), of errors; 0 or more."""
    stays: NDArray[np.bool_]
    """(H, W), pixels that keep their index and have no error."""
    bit: float
    """The squared error that a bit is worth at `lossy` 1."""


class RateDistortion:
    """A dithered picture, of which smaller ones are made.

    Parameters
    ----------
    pixels : Pixels
    palette : ndarray of shape (n, C)
        At most 256 colours, in the pixels' dtype or uint8.
    indices : ndarray of shape (H, W)
        uint8, of the dithered picture.
    strength : float
        What it was dithered with; 0 for not at all, then no error is handed on.
    fixed : ndarray of shape (n,)
        bool, entries whose pixels keep them. So do fully transparent pixels, and runs of four pixels that have exactly
        their colour.
    sample_weight : ndarray of shape (H, W) or None
        Checked weights of the pixels.
    n_threads : int, optional
        The result does not depend on it.
    is_quick : bool, default=False
        Whether to look at less: files are a hundredth larger.
    of_frame : OfFrame, optional
        What a picture finds out from its pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dithering.amounts import Amount
    >>> from pil_kmeans.stages.dithering.diffuse import dither
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.png.rate_distortion import RateDistortion
    >>> ramp = read_pixels(np.linspace(0, 255, 64).astype(np.uint8)[np.newaxis].repeat(64, 0), channel_axis=None)
    >>> palette = np.array([[0], [85], [170], [255]], np.uint8)
    >>> indices = dither(ramp, palette, method="floyd-steinberg", amount=Amount(0.85, 1.5, False, "oklab"), n_threads=1)
    >>> options = {"fixed": np.zeros(4, bool), "sample_weight": None, "n_threads": 1}
    >>> cheaper = RateDistortion(ramp, palette, indices, strength=0.85, **options).indices(2.0)
    >>> len(np.unique(cheaper, axis=0)) < len(np.unique(indices, axis=0))
    True
    """

    def __init__(
        self,
        pixels: Pixels,
        palette: NDArray[Any],
        indices: NDArray[np.uint8],
        *,
        strength: float,
        fixed: NDArray[np.bool_],
        sample_weight: NDArray[np.float64] | None,
        n_threads: int | None,
        is_quick: bool = False,
        of_frame: OfFrame | None = None,
    ) -> None:
        self._pixels, self._indices, self._fixed, self._is_quick = pixels, indices, fixed, is_quick
        self._of_frame = of_frame
        self._shape = pixels.shape
        self._n_threads = count_threads(n_threads)
        feedback = (_FEEDBACK, _SMOOTH_FEEDBACK) if of_frame is None else (_FRAME_FEEDBACK, _FRAME_FEEDBACK)
        shares = [min(256, round(256 * share * strength / DEFAULT_STRENGTH)) for share in feedback]
        self._feedback = shares[0], shares[1]
        self._color = _native.USUAL_COLOR if of_frame is None else _FRAME_COLOR
        opacity = opacity_of(palette)
        self._order = np.argsort(opacity, kind="stable").astype(np.uint8)  # so that what a pixel may get is a range
        self._place = np.argsort(self._order).astype(np.uint8)
        self._is_in_order = bool((self._order[:-1] < self._order[1:]).all())
        self._entries = working_points(as_samples(palette[self._order]), "oklab", n_threads=1)
        first = np.searchsorted(opacity[self._order], np.arange(3))
        first[first == len(palette)] = first[1] % len(palette)  # no entry is so opaque: any that is seen
        self._first = first.astype(np.uint8)
        self._sample_weight, self._mean_weight = sample_weight, 1.0 if sample_weight is None else sample_weight.mean()
        height, width = self._shape
        self._rows = max(1, _PART // width)
        self._kept_part: _Part | None = None
        if height * width <= _KEPT_PART:
            self._kept_part, sum_ = self._read(slice(0, height))
            mean = sum_ / (height * width)
        else:
            mean = self._mean_error(_ONE_MEASURED_OF) or self._mean_error(1)
        self._bit = _BIT * sqrt(mean) if of_frame is None else of_frame.bit

    def _mean_error(self, one_of: int) -> float:
        """Read one of so many parts of a large picture, each of which is gone before the next is made."""
        height, width = self._shape
        rows = max(1, self._rows // one_of)
        parts = [slice(top, min(top + rows, height)) for top in range(0, height, rows * one_of)]
        return sum(self._read(part)[1] for part in parts) / (width * sum(part.stop - part.start for part in parts))

    def _read(self, rows: slice) -> tuple[_Part, float]:
        """Prepare some rows, and sum up the errors that they have."""
        pixels, width = self._pixels, self._shape[1]
        seen, own = beside(rows, self._shape[0], _native.VISIBILITY_RADIUS)
        points = working_points(as_samples(_rows(pixels.samples[seen])), "oklab", n_threads=self._n_threads)
        if self._of_frame is None:
            weights = _native.visibility(points, width, self._n_threads)
        else:
            weights = self._of_frame.weights[seen].flatten()
        if seen != rows:
            inside = slice(own.start * width, own.stop * width)
            points, weights = np.ascontiguousarray(points[:, inside]), weights[inside].copy()
        samples = _rows(pixels.samples[rows])
        guess = self._places_of(self._indices[rows].ravel())
        has_alpha = pixels.n_channels % 2 == 0
        lowest = self._first[opacity_of(samples)] if has_alpha else np.zeros(0, np.uint8)
        if self._sample_weight is not None:
            weights *= (self._sample_weight[rows] / self._mean_weight).astype(np.float32).ravel()
        error = _native.weighted_error(points, weights, self._entries, guess, self._n_threads)
        kept = self._fixed[self._order]
        _native.keep_exact(points, width, self._entries, guess, kept, self._n_threads, weights)
        if has_alpha:
            weights[samples[:, -1] == 0] = _KEPT
        if self._of_frame is not None:
            weights[self._of_frame.stays[rows].ravel()] = _KEPT
        return _Part(points, weights, lowest, guess), error

    def _places_of(self, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the literals of indices."""
        return indices if self._is_in_order else np.take(self._place, indices)

    @property
    def can_search(self) -> bool:
        """Whether there is anything to choose: some error, in rows that are not too narrow."""
        return self._bit > 0 and self._shape[1] >= _native.NARROWEST

    @property
    def bands(self) -> Bands:
        """What is searched as a picture of its own each."""
        height, width = self._shape
        rows = max(_BAND_ROWS, _BAND // width)
        return Bands(np.arange(0, height, rows), rows)

    @cached_property
    def _counts(self) -> NDArray[np.uint64]:
        """How often symbols are used, by which they are priced: literals by the dithered picture, matches as elsewhere.

        Prices that a first search finds make files larger at the same score: they are too kind to what it chose. So
        are those of the dithered picture, of which roots are taken: rare entries are then not so much dearer.
        """
        n_literals, _, n_distances = _native.DEFLATE_SYMBOLS
        height, width = self._shape
        n = height * width
        used = np.zeros(n_literals, np.int64)
        for block in row_blocks(height, width):
            used += _native.count_indices(self._indices[block].ravel(), n_literals, self._n_threads)
        evened = np.sqrt(used << _EVENED_BITS).astype(np.int64)
        literals = np.zeros(n_literals)
        literals[: len(self._order)] = evened[self._order] * (n * _LITERALS / evened.sum())
        distances = np.full(n_distances, _ELSEWHERE)
        for distance, share in enumerate(_NEAR, 1):
            distances[_native.distance_code(distance)] += share
        for row, share in enumerate(_ABOVE, 1):
            for aside in range(-3, 5):
                distance = row * (self._shape[1] + 1) + aside
                if distance <= _FARTHEST:
                    distances[_native.distance_code(distance)] += share / 8
        matches = n * _MATCHES / 1000
        return np.concatenate([literals, matches * np.array(_LENGTHS), matches * distances]).astype(np.uint64)

    def n_bytes(self, lossy: float, *, progress: Progress = silent) -> float:
        """Look at some of the rows to tell how many bytes all would take, about.

        Parameters
        ----------
        lossy : float
        progress : callable, optional

        Returns
        -------
        float
        """
        height, width = self._shape
        one_of = min(_MOST_ONE_OF, max(_LEAST_ONE_OF, height * width // _SAMPLE), max(1, height // (4 * _SAMPLED_ROWS)))
        bands = Bands(np.arange(0, height, _SAMPLED_ROWS * one_of), _SAMPLED_ROWS)
        return _n_bits(self._choose(lossy, bands, progress)) / 8 * height / bands.n_rows(height)

    def indices(self, lossy: float, *, bands: Bands | None = None, progress: Progress = silent) -> NDArray[np.uint8]:
        """Choose cheaper indices.

        Parameters
        ----------
        lossy : float
            0 or more: how much rougher the picture may become for a bit less; 0 is not at all.
        bands : Bands, optional
            Rows to choose for; elsewhere they are as dithered.
        progress : callable, optional

        Returns
        -------
        ndarray of shape (H, W)
            uint8.
        """
        if lossy == 0 or not self.can_search:
            return self._indices
        bands = self.bands if bands is None else bands
        if self._kept_part is not None:
            result = np.empty(self._shape, np.uint8)
        else:
            result = self._pixels.new_array(self._shape, np.uint8)
        if bands.n_rows(self._shape[0]) < self._shape[0]:
            for block in row_blocks(*self._shape):
                result[block] = self._indices[block]
        frame = None if self._of_frame is None else self._kept_part
        self._choose(lossy, bands, progress if frame is None else share_of(progress, 0.0, 0.5), result)
        if frame is not None:  # again, for places that matches may start from are found by what is about the result
            again = frame._replace(guess=self._places_of(result.ravel()))
            self._choose(lossy, bands, share_of(progress, 0.5, 1.0), result, whole=again)
        return result

    def behind_paeth(self, lossy: float, order: NDArray[np.uint8], lowest: int, guess: NDArray[np.uint8]) -> Chosen:
        """Choose cheaper indices of a frame whose points are kept, coded behind Paeth in an order of the palette.

        They are refined then, when those below and to the right are known, too, for the filters that rows get.

        Parameters
        ----------
        lossy : float
            More than 0.
        order : ndarray of shape (n,)
            uint8, the entry for each place.
        lowest : int
            First place that a pixel may get.
        guess : ndarray of shape (H, W)
            uint8, indices of about the result, and those of pixels that keep theirs.

        Returns
        -------
        Chosen
        """
        assert self._kept_part is not None
        part, width, scale = self._kept_part, self._shape[1], self._scale(lossy)
        kept = found = np.argsort(order).astype(np.uint8)[guess]
        entries = np.ascontiguousarray(self._entries[:, self._place[order]])
        options = lowest, self._feedback, self._color
        for _ in range(_PAETH_SEARCHES):
            is_free = found >= lowest  # others are of runs, which take next to nothing
            prices = _prices_of_bytes(filter_rows(found, _PAETH)[:, 1:][is_free])
            rows, _ = _native.choose_behind_paeth(
                part.points, width, part.weights, scale, kept.ravel(), entries, prices, *options
            )
            found = rows.reshape(guess.shape)
        worth = scale * min(max(lossy, _LEAST_REFINED), 1.0)
        for _ in range(_REFINEMENTS):
            filtered = filter_rows(found, LEAST_ENTROPY)
            rows = _native.refine_filtered(
                part.points,
                width,
                part.weights,
                worth,
                found.ravel(),
                entries,
                _prices_of_bytes(filtered[:, 1:][found >= lowest]),
                np.ascontiguousarray(filtered[:, 0]),
                lowest,
                self._feedback[0],
                self._color,
            )
            found = rows.reshape(guess.shape)
        return self.as_chosen(lossy, order[found])

    def as_chosen(self, lossy: float, indices: NDArray[np.uint8]) -> Chosen:
        """Tell the error of indices that were chosen, of a frame whose points are kept."""
        assert self._kept_part is not None
        part = self._kept_part
        places = self._places_of(indices.ravel())
        error = _native.blurred_error(
            part.points, self._shape[1], part.weights, self._entries, places, self._feedback[0], self._color
        )
        return Chosen(indices, error * self._scale(max(lossy, AUTO)))

    @property
    def n_free(self) -> int:
        """Count the pixels that do not keep their index, if the points of all are kept: 0 of larger pictures."""
        return 0 if self._kept_part is None else int(np.count_nonzero(self._kept_part.weights >= 0))

    def _scale(self, lossy: float) -> float:
        """Say how many bits a squared error of 1 is worth."""
        return 1 / min(max(lossy * self._bit, _LEAST_BIT), _MOST_BIT)

    def coded(self, lossy: float, *, progress: Progress = silent) -> Coded:
        """Choose cheaper indices, and tell the symbols that code them, of pictures that can be searched."""
        result = self._pixels.new_array(self._shape, np.uint8)
        symbols: list[tuple[NDArray[np.uint32], NDArray[np.int64]]] = []
        self._choose(lossy, self.bands, progress, result, symbols)
        return Coded(result, symbols, self._order)

    def _choose(
        self,
        lossy: float,
        bands: Bands,
        progress: Progress,
        result: NDArray[np.uint8] | None = None,
        symbols: list[tuple[NDArray[np.uint32], NDArray[np.int64]]] | None = None,
        whole: _Part | None = None,
    ) -> NDArray[np.uint64]:
        """Choose the indices of some bands, put them into a result (H, W) if there is one, and count their symbols.

        To a list of symbols add theirs. `whole`, if it is given, are all rows in place of those that are kept.
        """
        height, width = self._shape
        scale = self._scale(lossy)
        used = np.zeros(sum(_native.DEFLATE_SYMBOLS), np.uint64)
        whole = whole or self._kept_part
        groups = [Bands(bands.tops, bands.rows)] if whole is not None else _groups(bands, self._rows)
        for n, group in enumerate(groups):
            heights = np.minimum(group.rows, height - group.tops)
            rows = slice(int(group.tops[0]), int(group.tops[-1] + heights[-1]))
            if whole is None:
                part, _ = self._read(rows)
            else:
                part, rows = whole, slice(0, height)
            chosen = part.guess.copy()
            own = None
            if symbols is not None:
                starts = (group.tops - rows.start) * (width + 1) + np.arange(len(heights))
                own = np.full((rows.stop - rows.start) * (width + 1) + len(heights), _native.NO_SYMBOL, np.uint32)
                symbols.append((own, starts))
            used += _native.choose_indices(
                part.points,
                width,
                part.weights,
                scale,
                part.lowest,
                part.guess,
                self._entries,
                self._counts,
                np.stack([group.tops - rows.start, heights], axis=1),
                self._feedback,
                self._n_threads,
                share_of(progress, n / len(groups), (n + 1) / len(groups)),
                chosen,
                own,
                self._is_quick,
                self._color,
            )
            if result is not None:
                found = chosen if self._is_in_order else np.take(self._order, chosen)
                result[rows] = found.reshape(-1, width)
        progress(1.0)
        return used


class _Part(NamedTuple):
    """Rows of pixels, as the search wants them: points, weights, the first entry that each may get, and the guess."""

    points: NDArray[np.int16]
    weights: NDArray[np.float32]
    lowest: NDArray[np.uint8]
    guess: NDArray[np.uint8]


def _prices_of_bytes(found: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bits that each byte takes with a code made for those that were found."""
    counts = np.zeros(sum(_native.DEFLATE_SYMBOLS), np.uint64)
    n_literals = _native.DEFLATE_SYMBOLS[0]
    counts[:n_literals] = np.bincount(found.ravel(), minlength=n_literals)
    literals: NDArray[np.float32] = _native.symbol_prices(counts)[0]
    return literals


def _rows(samples: NDArray[Any]) -> NDArray[Any]:
    return samples.reshape(-1, samples.shape[2])


def _groups(bands: Bands, most_rows: int) -> list[Bands]:
    """Put bands together that lie within so many rows."""
    starts = [0]
    for n, top in enumerate(bands.tops):
        if n > starts[-1] and top + bands.rows - bands.tops[starts[-1]] > most_rows:
            starts.append(n)
    return [Bands(tops, bands.rows) for tops in np.split(bands.tops, starts[1:])]


def _n_bits(counts: NDArray[np.uint64]) -> float:
    """Bits that symbols take which are used so often, with a code made for them."""
    literals, lengths, distances = _native.symbol_prices(counts)
    return float(np.dot(np.concatenate([literals, lengths, distances]), counts))


def check_lossy(lossy: Any) -> None:
    """Check the option.

    Raises
    ------
    TypeError
        If it is neither "auto" nor a number.
    ValueError
        If it is negative, or not finite.
    """
    if isinstance(lossy, str) and lossy == "auto":
        return
    if not is_number(lossy):
        raise TypeError(f"lossy must be 'auto' or a number, got {lossy!r} of type {type(lossy).__name__}")
    try:
        is_allowed = 0 <= float(lossy) < inf
    except OverflowError:  # an integer beyond all floats
        is_allowed = False
    if not is_allowed:
        raise ValueError(f"lossy must be 'auto' or a number from 0, which is off, got {lossy}")
