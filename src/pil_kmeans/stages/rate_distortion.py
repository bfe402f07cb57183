"""Rate-distortion: indices that look about as well as the dithered ones and make a far smaller PNG.

Deflate codes a byte the cheaper the more common it is, and repetitions of earlier bytes for next to nothing. So indices
are chosen in scan order by what they cost in bits and in error at once, each handing on its error as dithering does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import Points, as_samples, working_points
from .dither import DEFAULT_STRENGTH, opacity_of
from .pixels import Pixels
from .threads import count_threads

AUTO = 1.0
"""What `lossy="auto"` stands for."""

_BIT = 0.85  # mean errors of the palette that a bit is worth at AUTO
_FEEDBACK = 0.8  # share of the errors handed on, for the usual strength of dithering
_KEPT = -1.0  # weight of pixels that keep their index
_NARROWEST = 8  # columns
_BAND = 1 << 17  # pixels of a band, which is searched as a picture of its own
_SAMPLED_ROWS = 32  # of a band of the first rounds, which find out what symbols cost


@dataclass(frozen=True)
class Search:
    """Work of a search: survivors at a pixel, rounds to find the prices, and of how many bands each takes one."""

    n_survivors: int
    n_rounds: int
    one_of: int


SEARCHES = {"fast": Search(24, 1, 8), "default": Search(64, 2, 8), "max": Search(128, 3, 1)}
"""By `compression`."""


def cheaper_indices(
    pixels: Pixels,
    palette: NDArray[Any],
    indices: NDArray[np.uint8],
    lossy: float,
    *,
    kept: NDArray[np.bool_],
    strength: float = DEFAULT_STRENGTH,
    compression: str = "default",
    sample_weight: NDArray[np.float64] | None = None,
    n_threads: int | None = None,
) -> NDArray[np.uint8]:
    """x."""
    height, width = indices.shape
    if width < _NARROWEST or lossy <= 0:
        return indices
    search = SEARCHES[compression]
    n_threads = count_threads(n_threads)
    points = working_points(as_samples(pixels.rows), "oklab")
    entries = working_points(as_samples(palette), "oklab")
    guess = np.ascontiguousarray(indices).ravel()
    weights = _native.visibility(points, width)
    error = _native.weighted_error(points, weights, entries, guess)
    if error == 0:
        return indices
    weights *= np.float32(len(weights) / (_BIT * lossy * error))
    lowest = np.zeros(len(weights), np.uint8)
    n_symbols = sum(_native.DEFLATE_SYMBOLS)
    counts = np.zeros(n_symbols, np.uint64)
    n = len(weights)
    counts[:256] = np.bincount(guess, minlength=256)
    counts[256:285] = n // 200 + 1
    counts[285:] = n // 400 + 1
    result = guess.copy()
    def go(bands, counts):
        return _native.choose_indices(
            points, width, weights, lowest, guess, entries, counts, np.array(bands, np.int64),
            round(256 * _FEEDBACK * strength / DEFAULT_STRENGTH), search.n_survivors, n_threads, result)
    for r in range(search.n_rounds):
        tops = range((r % search.one_of) * _SAMPLED_ROWS, height, _SAMPLED_ROWS * search.one_of)
        counts = go([(t, min(_SAMPLED_ROWS, height - t)) for t in tops], counts)
    rows = max(1, _BAND // width)
    go([(t, min(rows, height - t)) for t in range(0, height, rows)], counts)
    return result.reshape(height, width)
