"""The stages in a row: from pixels to palette and indices. Every face that fits one picture calls this."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .color_space import COLOR_SPACES
from .dithering.auto import Dithered
from .dithering.diffuse import Frames, check_dither
from .efforts import counting_search, fit_pictures
from .histogram import Histogram, counted_as, picture_histogram, with_smoothness
from .kmeans import EFFORTS
from .options import Dither, Search, check_count, check_threads
from .parts import PartialCounts
from .pixels import Pixels
from .weighting import check_weighting, read_weighting

LARGE = 1 << 25
"""Pixels above which colours are counted band by band, and those beyond `BUDGET` in cells."""

BUDGET = 1 << 20


def quantize_pixels(
    pixels: Pixels,
    search: Search,
    dither: Dither,
    *,
    n_colors: int,
    fixed_colors: NDArray[Any] | None,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames | None,
    to_8_bits: bool,
) -> Dithered:
    """Fit a palette to a picture and remap or dither the picture with it.

    Parameters
    ----------
    pixels : Pixels
    search : Search
        With locked colours "fast" sees all colours, so that their pixels keep them.
    dither : Dither
    n_colors : int
        Most entries, 1 to 65536.
    fixed_colors
        As in `palette.fit_palette`.
    sample_weight : ndarray of shape (H, W) or None
        Checked weights of the pixels.
    frames
        As in `dithering.choose.fit_dither`.
    to_8_bits : bool
        Round the samples to 8 bits, so that the palette is uint8, as `fixed_colors` are then. Where the picture is
        dithered, so is what the rounding took away.

    Returns
    -------
    palette : Palette
    indices : ndarray of shape (H, W)
        uint8, or uint16 above 256 entries.
    strength : float
        What the picture was dithered with, 0 for not at all.
    """
    rounded = pixels.in_8_bits if to_8_bits else pixels
    given: dict[str, Any] = {
        "n_colors": n_colors,
        "fixed_colors": fixed_colors,
        "sample_weight": sample_weight,
        "frames": frames,
    }
    counts: dict[str, Any] = {"n_colors": n_colors, "fixed_colors": fixed_colors, "frames": frames}
    hist = counted(rounded, counting_search(rounded, search, dither, **counts), **given)
    return fit_pictures(pixels, hist, search, dither, rounded=rounded, **given)


def counted(
    pixels: Pixels,
    search: Search,
    *,
    n_colors: int,
    fixed_colors: NDArray[Any] | None,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames | None,
) -> Histogram:
    """Count the colours of a picture for such a search, with the arguments of `quantize_pixels`."""
    effort = counted_as(search.effort, fixed_colors)
    if effort != "fast" and frames is None and len(pixels.rows) > LARGE:
        return _counted_in_bands(pixels, sample_weight, search)
    hist = picture_histogram(
        pixels, n_colors=n_colors, effort=effort, sample_weight=sample_weight, n_threads=search.n_threads
    )
    return with_smoothness(hist, pixels, search, sample_weight=sample_weight, frames=frames)


def _counted_in_bands(pixels: Pixels, sample_weight: NDArray[np.float64] | None, search: Search) -> Histogram:
    """Count a large picture with memory for some rows and for as many colours as the budget allows."""
    counts = PartialCounts(BUDGET, search)

    def rows(top: int, bottom: int) -> Pixels:
        return replace(pixels, samples=pixels.samples[top:bottom], values=pixels.values[top:bottom])

    def weights(top: int, bottom: int) -> NDArray[np.float64] | None:
        return None if sample_weight is None else sample_weight[top:bottom]

    counts.add_in_bands(rows, weights, pixels.shape)
    return counts.tally().histogram()


def read_search(color_space: str | None, effort: str, weighting: str | None, n_threads: int | None) -> Search:
    """Return what options of a face mean, which `check_options` has checked."""
    space = "oklab" if color_space is None else color_space
    is_free = color_space is None and weighting is None
    return Search(space, effort, read_weighting(weighting, space), 0, n_threads, is_free)


def check_options(
    *,
    n_colors: Any,
    color_space: Any,
    effort: Any,
    weighting: Any,
    dither: Any,
    dither_strength: Any,
    n_threads: Any,
    max_colors: int,
) -> None:
    """Check the options that every face shares.

    Raises
    ------
    TypeError
        If an option is of the wrong type.
    ValueError
        If an option has a value that is not allowed.
    """
    check_count("n_colors", n_colors, max_colors)
    check_threads(n_threads)
    for name, value, allowed in (
        ("color_space", color_space, (*COLOR_SPACES, None)),
        ("effort", effort, tuple(EFFORTS)),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    check_weighting(weighting)
    check_dither(dither, dither_strength)
