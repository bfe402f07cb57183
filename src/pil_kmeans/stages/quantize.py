"""The stages in a row: from pixels to palette and indices. Every face that fits one picture calls this."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..indexed_image import to_uint8
from .color_space import COLOR_SPACES
from .dithering.choose import Dithering, fit_dither
from .dithering.diffuse import Frames, check_dither
from .kmeans import EFFORTS, MAX_COLORS
from .option_checks import is_integer
from .palette import fit_palette
from .pixels import Pixels, read_pixels
from .remap import counted_as, picture_histogram


def quantize_pixels(
    pixels: Pixels,
    *,
    n_colors: int,
    fixed_colors: NDArray[Any] | None = None,
    color_space: str = "oklab",
    effort: str = "balanced",
    sample_weight: NDArray[np.float64] | None = None,
    random_state: int = 0,
    dither: str = "none",
    dither_strength: float | None = None,
    frames: Frames | None = None,
    to_8_bits: bool = False,
    n_threads: int | None = None,
) -> Dithering:
    """Fit a palette to a picture and remap or dither the picture with it.

    Parameters
    ----------
    pixels : Pixels
    n_colors : int
        Most entries, 1 to 65536.
    fixed_colors, color_space, effort, random_state, n_threads
        As in `palette.fit_palette`; with locked colours "fast" sees all colours, so that their pixels keep them.
    sample_weight : ndarray of shape (H, W), optional
        Checked weights of the pixels.
    dither, dither_strength, frames
        As in `dither.fit_dither`.
    to_8_bits : bool, default=False
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
        rounded = read_pixels(to_uint8(pixels.values))
    counted = counted_as(effort, fixed_colors)
    hist = picture_histogram(
        rounded, n_colors=n_colors, effort=counted, sample_weight=sample_weight, n_threads=n_threads
    )
    palette = fit_palette(
        hist,
        n_colors=n_colors,
        fixed_colors=fixed_colors,
        color_space=color_space,
        effort=effort,
        random_state=random_state,
        n_threads=n_threads,
    )
    return fit_dither(
        pixels,
        palette,
        hist,
        rounded=rounded,
        dither=dither,
        dither_strength=dither_strength,
        color_space=color_space,
        effort=effort,
        sample_weight=sample_weight,
        frames=frames,
        n_threads=n_threads,
    )


def check_options(
    *,
    n_colors: Any,
    color_space: Any,
    effort: Any,
    dither: Any,
    dither_strength: Any,
    n_threads: Any,
    max_colors: int = MAX_COLORS,
) -> None:
    """Check the options that every face shares.

    Raises
    ------
    TypeError
        If an option is of the wrong type.
    ValueError
        If an option has a value that is not allowed.
    """
    _check_count("n_colors", n_colors, max_colors)
    check_threads(n_threads)
    for name, value, allowed in (("color_space", color_space, COLOR_SPACES), ("effort", effort, tuple(EFFORTS))):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    check_dither(dither, dither_strength)


def check_threads(n_threads: Any) -> None:
    """Check a number of threads; None will do."""
    if n_threads is not None:
        _check_count("n_threads", n_threads, None)


def _check_count(name: str, value: Any, largest: int | None) -> None:
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}")
    if value < 1 or (largest is not None and value > largest):
        allowed = "at least 1" if largest is None else f"between 1 and {largest}"
        raise ValueError(f"{name} must be {allowed}, got {value}")
