"""Rate-distortion: indices that look about as well as the dithered ones and make a far smaller PNG.

Deflate codes a byte the cheaper the more often it comes, and repetitions of earlier bytes for next to nothing. So
indices are chosen in scan order by what they cost in bits and in error at once, each handing on its error as in
dithering.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.color_space import working_points
from ..stages.dithering.diffuse import DEFAULT_STRENGTH, opacity_of
from ..stages.options import is_number
from ..stages.pixels import Pixels
from ..stages.progress import Progress, silent
from ..stages.samples import as_samples
from ..stages.threads import count_threads

Lossy = float | Literal["auto"]

AUTO = 1.0
"""What `lossy="auto"` stands for."""

_BIT = 42  # what a bit is worth at AUTO: so many times the root of the palette's mean squared error
_LEAST_BIT, _MOST_BIT = 1e-6, 1e12  # beyond these nothing changes any more
_FEEDBACK, _SMOOTH_FEEDBACK = 0.78, 0.94  # shares of the errors that are handed on, at the usual strength of dithering
_KEPT = -1.0  # weight of pixels that keep their index
_BAND = 1 << 16  # pixels of a band, which is searched as a picture of its own,
_BAND_ROWS = 16  # and rows at least
_SAMPLED_ROWS = 16  # of a band that is looked at first
_SAMPLE, _LEAST_ONE_OF, _MOST_ONE_OF = 1 << 16, 8, 64  # pixels of these, about, and one of how many

# What pictures of 16 to 256 colours take at AUTO, about: literals and matches of each pixel; and of 1000 matches, those
# of each length's code, and of distances up to 3 bytes back, of those in each of the rows above, and of other codes.
_LITERALS, _MATCHES = 0.15, 0.12
_LENGTHS = (200, 190, 135, 100, 75, 55, 42, 36, 45, 32, 22, 17, 19, 11, 7, 4, 4, 2, 1, 1, 1, *[0.3] * 8)
_NEAR, _ABOVE, _ELSEWHERE = (180, 50, 50), (420, 140, 100), 3.0
_FARTHEST = 32767


class Prices(NamedTuple):
    """How often symbols are used, and so how many bytes all would take, about."""

    counts: NDArray[np.uint64]
    n_bytes: float


class Bands(NamedTuple):
    """Rows of a picture: the first ones of each band, and how many a band has unless the picture ends."""

    tops: NDArray[np.int64]
    rows: int

    def n_rows(self, height: int) -> int:
        """Count the rows of all bands."""
        return int(np.minimum(self.rows, height - self.tops).sum())


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

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dithering.diffuse import dither
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.png.rate_distortion import RateDistortion
    >>> ramp = read_pixels(np.linspace(0, 255, 64).astype(np.uint8)[np.newaxis].repeat(64, 0), channel_axis=None)
    >>> palette = np.array([[0], [85], [170], [255]], np.uint8)
    >>> indices = dither(ramp, palette, method="floyd-steinberg", strength=0.85, n_threads=1)
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
    ) -> None:
        self._shape = pixels.shape
        self._n_threads = count_threads(n_threads)
        shares = [min(256, round(256 * share * strength / DEFAULT_STRENGTH)) for share in (_FEEDBACK, _SMOOTH_FEEDBACK)]
        self._feedback = shares[0], shares[1]
        opacity = opacity_of(palette)
        self._order = np.argsort(opacity, kind="stable").astype(np.uint8)  # so that what a pixel may get is a range
        place = np.argsort(self._order).astype(np.uint8)
        self._guess = place[indices].ravel()
        self._points = working_points(as_samples(pixels.rows), "oklab", n_threads=self._n_threads)
        self._entries = working_points(as_samples(palette[self._order]), "oklab", n_threads=1)
        self._lowest = np.zeros(0, np.uint8)
        if pixels.n_channels % 2 == 0:
            first = np.searchsorted(opacity[self._order], np.arange(3))
            first[first == len(palette)] = first[1] % len(palette)  # no entry is so opaque: any that is seen
            self._lowest = first.astype(np.uint8)[opacity_of(pixels.rows)]
        width = self._shape[1]
        self._weights = _native.visibility(self._points, width, self._n_threads)
        if sample_weight is not None:
            self._weights *= (sample_weight / sample_weight.mean()).astype(np.float32).ravel()
        sum_ = _native.weighted_error(self._points, self._weights, self._entries, self._guess, self._n_threads)
        self._bit = _BIT * sqrt(sum_ / len(self._guess))
        kept = fixed[self._order]
        _native.keep_exact(self._points, width, self._entries, self._guess, kept, self._n_threads, self._weights)
        if pixels.n_channels % 2 == 0:
            self._weights[pixels.rows[:, -1] == 0] = _KEPT

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

    def first_counts(self) -> NDArray[np.uint64]:
        """Guess how often symbols are used: literals as when dithered, and matches as in other pictures."""
        n_literals, _, n_distances = _native.DEFLATE_SYMBOLS
        n = len(self._guess)
        literals = np.bincount(self._guess, minlength=n_literals) * _LITERALS
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

    def prices(self, lossy: float, *, progress: Progress = silent) -> Prices:
        """Look at some of the rows to find out what is used how often.

        Parameters
        ----------
        lossy : float
        progress : callable, optional

        Returns
        -------
        Prices
        """
        height, width = self._shape
        one_of = min(_MOST_ONE_OF, max(_LEAST_ONE_OF, height * width // _SAMPLE), max(1, height // (4 * _SAMPLED_ROWS)))
        bands = Bands(np.arange(0, height, _SAMPLED_ROWS * one_of), _SAMPLED_ROWS)
        _, counts = self.choose(lossy, self.first_counts(), bands, progress=progress)
        return Prices(counts, _n_bits(counts) / 8 * height / bands.n_rows(height))

    def indices(
        self, lossy: float, *, counts: NDArray[np.uint64] | None = None, progress: Progress = silent
    ) -> NDArray[np.uint8]:
        """Choose cheaper indices.

        Parameters
        ----------
        lossy : float
            0 or more: how much rougher the picture may become for a bit less; 0 is not at all.
        counts : ndarray, optional
            How often symbols are used, as `prices` or another choice found. None: as in other pictures.
        progress : callable, optional

        Returns
        -------
        ndarray of shape (H, W)
            uint8.
        """
        if lossy == 0 or not self.can_search:
            return self._order[self._guess].reshape(self._shape)
        counts = self.first_counts() if counts is None else counts
        return self.choose(lossy, counts, self.bands, progress=progress)[0]

    def choose(
        self, lossy: float, counts: NDArray[np.uint64], bands: Bands, *, progress: Progress = silent
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
        """Choose the indices of some bands, at the prices of symbols so often used, and count the symbols used there.

        Parameters
        ----------
        lossy : float
            Above 0.
        counts : ndarray
        bands : Bands
        progress : callable, optional

        Returns
        -------
        indices : ndarray of shape (H, W)
            uint8, elsewhere as dithered.
        counts : ndarray
        """
        height, width = self._shape
        result = self._guess.copy()
        scale = 1 / min(max(lossy * self._bit, _LEAST_BIT), _MOST_BIT)
        rows = np.stack([bands.tops, np.minimum(bands.rows, height - bands.tops)], axis=1)
        used = _native.choose_indices(
            self._points,
            width,
            self._weights,
            scale,
            self._lowest,
            self._guess,
            self._entries,
            counts,
            rows,
            self._feedback,
            self._n_threads,
            progress,
            result,
        )
        progress(1.0)
        return self._order[result].reshape(self._shape), used


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
