"""Fit frames: what quantizes all of them with one palette, fitted or given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.dithering.auto import Dithered
from ..stages.given_palette import map_to_palette
from ..stages.histogram import histogram
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.options import Dither, Search
from ..stages.pixels import Pixels, read_pixels
from ..stages.quantize import quantize_pixels
from ..stages.samples import to_uint8
from .frames import Frames


def fitter(
    frames: Frames, search: Search, dither: Dither, colors: NDArray[np.uint8] | None
) -> Callable[[int], Dithered]:
    """Make what quantizes the frames to at most so many colours, or to `colors` (n, C) if there are any."""
    sizes = frames.sizes if len(frames.sizes) > 1 else None

    def to_fitted(n_colors: int) -> Dithered:
        return quantize_pixels(
            frames.pixels,
            search,
            dither,
            n_colors=max(n_colors, 1, len(frames.fixed_colors)),
            fixed_colors=frames.fixed_colors,
            sample_weight=frames.sample_weight,
            frames=sizes,
            to_8_bits=True,
        )

    def to_given(_: int) -> Dithered:
        assert colors is not None
        where: dict[str, Any] = {"color_space": search.color_space, "n_threads": search.n_threads}
        return map_to_palette(frames.pixels, colors, dither, frames=sizes, **where)

    return to_fitted if colors is None else to_given


def most_colors(pixels: Pixels, n_threads: int | None) -> int:
    """Leave room for a transparent entry, which makes frames far smaller, unless all colours can be kept."""
    is_exact = len(histogram(read_pixels(to_uint8(pixels.values)), n_threads=n_threads)) <= MAX_BYTE_COLORS
    return MAX_BYTE_COLORS if is_exact else MAX_BYTE_COLORS - 1
