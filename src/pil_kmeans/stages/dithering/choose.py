"""Fit dither: a picture dithered with a palette fitted to it, where that is asked for and better."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..histogram import Histogram, histogram
from ..palette import Palette, given_colors, to_samples
from ..pixels import Pixels
from ..remap import remap
from .auto import looks_better_dithered, may_gain
from .diffuse import DEFAULT_STRENGTH, Frames, method_of
from .refit import refit


class Dithering(NamedTuple):
    """A palette, the indices (H, W) of a picture into it, and the strength it was dithered with, 0 for not at all."""

    palette: Palette
    indices: NDArray[Any]
    strength: float


def fit_dither(
    pixels: Pixels,
    palette: Palette,
    hist: Histogram,
    *,
    rounded: Pixels | None = None,
    dither: str = "none",
    dither_strength: float | None = None,
    color_space: str = "oklab",
    effort: str = "balanced",
    sample_weight: NDArray[np.float64] | None = None,
    frames: Frames | None = None,
    n_threads: int | None = None,
) -> Dithering:
    """Dither a picture with a palette fitted to it, refitted on the way, if that is asked for and better.

    Parameters
    ----------
    pixels, palette, hist, effort, sample_weight, frames, n_threads
        As in `refit`.
    rounded : Pixels, optional
        The pixels in the palette's dtype, of which `hist` is, where theirs is finer. What the rounding took away is
        dithered as well.
    dither : {"none", "floyd-steinberg", "ordered", "blue-noise", "auto"}
        "auto": "floyd-steinberg" or "none", as `is_flat` and `looks_better_dithered` say.
    dither_strength : float, optional
        0 to 1; 0 is no dithering. None: 0.85.
    color_space : {"oklab", "cielab", "linear", "srgb"}
        Where the nearest entry is looked for if the picture is not dithered.

    Returns
    -------
    Dithering
        Of strength 0, with the palette as it was, if the picture is not dithered. So it is where the palette holds all
        its colours.
    """
    strength = DEFAULT_STRENGTH if dither_strength is None else float(dither_strength)
    dithered = None
    if may_gain(pixels, dither, strength, frames=frames) and not _has_all_colors(palette, hist, pixels):
        moved, indices = refit(
            pixels,
            palette,
            hist,
            method=method_of(dither),
            strength=strength,
            effort=effort,
            sample_weight=sample_weight,
            frames=frames,
            n_threads=n_threads,
        )
        dithered = Dithering(moved, indices, strength)
        if dither != "auto":
            return dithered
    plain = remap(
        rounded or pixels,
        palette.colors,
        color_space=color_space,
        effort=effort,
        hist=hist,
        labels=palette.labels,
        n_threads=n_threads,
    )
    if dithered is not None and looks_better_dithered(
        pixels, plain, palette.colors, dithered.indices, dithered.palette.colors, frames=frames, n_threads=n_threads
    ):
        return dithered
    return Dithering(palette, plain, 0.0)


def _has_all_colors(palette: Palette, hist: Histogram, pixels: Pixels) -> bool:
    """Whether each colour of the pixels has its entry, which is that colour in the palette's dtype."""
    if hist.cell_colors is not None or palette.labels is None or len(hist) > len(palette.colors):
        return False
    colors = to_samples(given_colors(hist, np.arange(len(hist))), hist.dtype)
    is_exact = bool((palette.colors[palette.labels] == colors).all())
    return is_exact and (pixels.dtype == hist.dtype or len(histogram(pixels)) == len(hist))
