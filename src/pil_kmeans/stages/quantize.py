"""The stages in a row: from pixels to palette and indices. Every face that fits one picture calls this."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .color_space import COLOR_SPACES
from .dithering.auto import Dithered
from .dithering.diffuse import Frames, check_dither
from .efforts import fit_pictures
from .histogram import counted_as, picture_histogram, with_smoothness
from .kmeans import EFFORTS
from .options import Dither, Search, check_count, check_threads
from .pixels import Pixels, read_pixels
from .samples import to_uint8
from .weighting import check_weighting


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
    rounded = pixels
    if to_8_bits and pixels.dtype != np.uint8:
        rounded = read_pixels(to_uint8(pixels.values, pixels.new_array), new_array=pixels.new_array)
    hist = picture_histogram(
        rounded,
        n_colors=n_colors,
        effort=counted_as(search.effort, fixed_colors),
        sample_weight=sample_weight,
        n_threads=search.n_threads,
    )
    hist = with_smoothness(hist, rounded, search, sample_weight=sample_weight, frames=frames)
    return fit_pictures(
        pixels,
        hist,
        search,
        dither,
        rounded=rounded,
        n_colors=n_colors,
        fixed_colors=fixed_colors,
        sample_weight=sample_weight,
        frames=frames,
    )


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
    for name, value, allowed in (("color_space", color_space, COLOR_SPACES), ("effort", effort, tuple(EFFORTS))):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    check_weighting(weighting)
    check_dither(dither, dither_strength)
