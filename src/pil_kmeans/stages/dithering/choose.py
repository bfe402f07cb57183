"""Fit dither: a picture dithered with a palette fitted to it, where that is asked for and better."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..histogram import Histogram, histogram
from ..options import Dither, Search
from ..palette import Palette, given_colors
from ..pixels import Pixels
from ..remap import remap
from ..samples import to_samples
from .amounts import for_fitted
from .auto import Dithered, better, may_gain
from .diffuse import Frames, method_of
from .refit import refit


def fit_dither(
    pixels: Pixels,
    palette: Palette,
    hist: Histogram,
    search: Search,
    dither: Dither,
    *,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames | None,
    rounded: Pixels | None = None,
    known_weights: dict[bytes, NDArray[np.uint16]] | None = None,
) -> Dithered:
    """Dither a picture with a palette fitted to it, refitted on the way, if that is asked for and better.

    Parameters
    ----------
    pixels, palette, hist, search, sample_weight, frames, known_weights
        As in `refit`. Undithered pixels get the entry nearest in the color space of the search.
    dither : Dither
        "auto": "floyd-steinberg" or "none", whichever `better` finds.
    rounded : Pixels, optional
        The pixels in the palette's dtype, of which `hist` is, where theirs is finer. What the rounding took away is
        dithered as well.

    Returns
    -------
    Dithered
        Of strength 0, with the palette as it was, if the picture is not dithered. So it is where the palette holds all
        its colours.
    """
    n_threads, amount = search.n_threads, for_fitted(dither)

    def dithered() -> Dithered:
        method = method_of(dither.method)
        options: dict[str, Any] = {"sample_weight": sample_weight, "frames": frames, "known_weights": known_weights}
        moved, indices = refit(
            pixels, palette, hist, search, method=method, amount=amount, is_quick=dither.is_quick, **options
        )
        return Dithered(moved, indices, amount.strength)

    def plain() -> Dithered:
        options: dict[str, Any] = {"color_space": search.color_space, "effort": search.effort, "n_threads": n_threads}
        known: dict[str, Any] = {"hist": hist, "labels": palette.labels}
        if hist.key_bits is not None:  # cells of more colours than are kept apart: pixels get their own nearest
            known = {}
        indices = remap(rounded or pixels, palette.colors, **known, **options)
        return Dithered(palette, indices, 0.0)

    if not may_gain(dither) or _has_all_colors(palette, hist, pixels, n_threads):
        return plain()
    return better(pixels, dither, dithered, plain, frames=frames, n_threads=n_threads)


def _has_all_colors(palette: Palette, hist: Histogram, pixels: Pixels, n_threads: int | None) -> bool:
    """Whether each colour of the pixels has its entry, which is that colour in the palette's dtype."""
    is_exact = keeps_all_colors(palette, hist)
    return is_exact and (pixels.dtype == hist.dtype or len(histogram(pixels, n_threads=n_threads)) == len(hist))


def keeps_all_colors(palette: Palette, hist: Histogram) -> bool:
    """Whether each colour of a histogram has its entry, which is that colour in the palette's dtype."""
    if hist.cell_colors is not None or palette.labels is None or len(hist) > len(palette.colors):
        return False
    colors = to_samples(given_colors(hist, np.arange(len(hist))), hist.dtype)
    return bool((palette.colors[palette.labels] == colors).all())
