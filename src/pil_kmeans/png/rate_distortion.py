"""Rate-distortion: indices that look about as well as the dithered ones and make a far smaller PNG.

Deflate codes a byte the cheaper the more often it comes, and repetitions of earlier bytes for next to nothing. So
indices are chosen in scan order by what they cost in bits and in error at once, each handing on its error as in
dithering.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import Any, Literal

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
_FEEDBACK = 0.9  # share of the errors that is handed on, at the usual strength of dithering
_KEPT = -1.0  # weight of pixels that keep their index
_FLAT_RUN = 4  # pixels of one colour in a row that are taken for a flat area
_BAND = 1 << 17  # pixels of a band, which is searched as a picture of its own
_SAMPLED_ROWS = 32  # of a band of the first rounds


@dataclass(frozen=True)
class Search:
    """Work of a search: rounds for the prices, and of how many bands these look at one."""

    n_rounds: int
    one_of: int


SEARCHES = {"fast": Search(1, 8), "default": Search(2, 8), "max": Search(2, 3)}
"""By `compression`."""


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
    compression : {"fast", "default", "max"}
        How long to search.
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
    >>> options = {"fixed": np.zeros(4, bool), "sample_weight": None, "compression": "default", "n_threads": 1}
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
        compression: str,
        n_threads: int | None,
    ) -> None:
        self._shape = pixels.shape
        self._search = SEARCHES[compression]
        self._n_threads = count_threads(n_threads)
        self._feedback = min(256, round(256 * _FEEDBACK * strength / DEFAULT_STRENGTH))
        opacity = opacity_of(palette)
        self._order = np.argsort(opacity, kind="stable").astype(np.uint8)  # so that what a pixel may get is a range
        place = np.argsort(self._order).astype(np.uint8)
        self._guess = place[indices].ravel()
        self._points = working_points(as_samples(pixels.rows), "oklab", n_threads=self._n_threads)
        self._entries = working_points(as_samples(palette[self._order]), "oklab", n_threads=1)
        self._lowest = np.zeros(len(self._guess), np.uint8)
        if pixels.n_channels % 2 == 0:
            first = np.searchsorted(opacity[self._order], np.arange(3))
            first[first == len(palette)] = 0  # no entry is so opaque
            self._lowest = first.astype(np.uint8)[opacity_of(pixels.rows)]
        self._weights = _native.visibility(self._points, self._shape[1])
        if sample_weight is not None:
            self._weights *= (sample_weight / sample_weight.mean()).astype(np.float32).ravel()
        error = _native.weighted_error(self._points, self._weights, self._entries, self._guess) / len(self._guess)
        self._bit = _BIT * sqrt(error)
        self._is_kept = self._in_flat_runs()
        self._is_kept |= fixed[indices].ravel()
        if pixels.n_channels % 2 == 0:
            self._is_kept |= pixels.rows[:, -1] == 0

    def indices(self, lossy: float, *, progress: Progress = silent) -> NDArray[np.uint8]:
        """Choose cheaper indices.

        Parameters
        ----------
        lossy : float
            0 or more: how much rougher the picture may become for a bit less; 0 is not at all.
        progress : callable, optional

        Returns
        -------
        ndarray of shape (H, W)
            uint8.
        """
        height, width = self._shape
        bit = lossy * self._bit
        result = self._guess.copy()
        if bit > 0 and width >= _native.NARROWEST:
            weights = self._weights / np.float32(min(max(bit, _LEAST_BIT), _MOST_BIT))
            weights[self._is_kept] = _KEPT
            counts = _first_counts(self._guess)
            every = _SAMPLED_ROWS * min(self._search.one_of, max(1, height // (4 * _SAMPLED_ROWS)))
            for n in range(self._search.n_rounds):
                tops = np.arange(n * _SAMPLED_ROWS % every, height, every)
                counts = self._choose(weights, counts, tops, _SAMPLED_ROWS, result)
                progress((n + 1) / (4 * self._search.n_rounds))
            rows = max(_SAMPLED_ROWS, _BAND // width)
            for tops in _groups(np.arange(0, height, rows), self._n_threads):
                self._choose(weights, counts, tops, rows, result)
                progress(0.25 + 0.75 * min(1.0, (tops[-1] + rows) / height))
        return self._order[result].reshape(self._shape)

    def _choose(
        self, weights: NDArray[Any], counts: NDArray[Any], tops: NDArray[Any], rows: int, result: NDArray[np.uint8]
    ) -> NDArray[Any]:
        """Choose the indices of some bands, at the prices of symbols so often used; count the symbols used there."""
        height, width = self._shape
        bands = np.stack([tops, np.minimum(rows, height - tops)], axis=1)
        return _native.choose_indices(
            self._points,
            width,
            weights,
            self._lowest,
            self._guess,
            self._entries,
            counts,
            bands,
            self._feedback,
            self._n_threads,
            result,
        )

    def _in_flat_runs(self) -> NDArray[np.bool_]:
        points, entries = (values.view(np.uint32)[..., 0] for values in (self._points, self._entries))
        is_exact = (points[0] == entries[0][self._guess]) & (points[1] == entries[1][self._guess])
        exact, guess = is_exact.reshape(self._shape), self._guess.reshape(self._shape)
        goes_on = exact[:, 1:] & exact[:, :-1] & (guess[:, 1:] == guess[:, :-1])
        kept = np.zeros_like(exact)
        n = _FLAT_RUN - 1
        if goes_on.shape[1] >= n:
            starts = np.logical_and.reduce([goes_on[:, i : goes_on.shape[1] - n + 1 + i] for i in range(n)])
            for i in range(_FLAT_RUN):
                kept[:, i : i + starts.shape[1]] |= starts
        flat: NDArray[np.bool_] = kept.ravel()
        return flat


def _first_counts(indices: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Symbols as often as they are about to be used: matches are a few times as common as any literal."""
    n_literals, n_lengths, n_distances = _native.DEFLATE_SYMBOLS
    n = len(indices)
    literals = np.bincount(indices, minlength=n_literals)
    matches = np.full(n_lengths, n // 200 + 1), np.full(n_distances, n // 400 + 1)
    return np.concatenate([literals, *matches]).astype(np.uint64)


def _groups(values: NDArray[Any], size: int) -> list[NDArray[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


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
