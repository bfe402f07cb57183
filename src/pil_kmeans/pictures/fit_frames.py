"""Fit frames: what quantizes all of them with one palette, fitted or given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.dithering.auto import Dithered
from ..stages.dithering.diffuse import method_of
from ..stages.given_palette import check_exact, map_to_palette
from ..stages.histogram import histogram
from ..stages.in_order import InOrder, Series
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.options import Dither, Search
from ..stages.palette import Palette
from ..stages.pixels import read_pixels
from ..stages.quantize import quantize_pixels
from .frames import Frames


class Indexed(NamedTuple):
    """Frames in a palette.

    Attributes
    ----------
    palette : Palette
    known : dict of int to ndarray
        Indices (H, W) of the frames that the palette was fitted to, by their number.
    frame : callable
        Returns those of any frame.
    frames : Series
        Those of all.
    strength : float
        What they are dithered with, 0 for not at all.
    """

    palette: Palette
    known: dict[int, NDArray[Any]]
    frame: Callable[[int], NDArray[Any]]
    frames: Series
    strength: float

    @property
    def is_whole(self) -> bool:
        """Whether the indices of all frames are known."""
        return len(self.known) == len(self.frames)


def fitter(
    frames: Frames, search: Search, dither: Dither, colors: NDArray[np.uint8] | None
) -> Callable[[int], Dithered]:
    """Make what quantizes the frames at hand to at most so many colours, or to `colors` (n, C) if there are any.

    Where not all frames are at hand, but all their colours are known and not too many, it is these that it quantizes.
    """

    def to_fitted(n_colors: int) -> Dithered:
        n_colors = max(n_colors, 1, len(frames.fixed_colors))
        options: dict[str, Any] = {"n_colors": n_colors, "fixed_colors": frames.fixed_colors, "to_8_bits": True}
        if frames.colors is not None and len(frames.colors) <= n_colors:
            all_colors = read_pixels(frames.colors[np.newaxis])
            return quantize_pixels(all_colors, search, dither, sample_weight=None, frames=None, **options)
        return quantize_pixels(
            frames.pixels, search, dither, sample_weight=frames.sample_weight, frames=frames.sizes, **options
        )

    def to_given(_: int) -> Dithered:
        assert colors is not None
        where: dict[str, Any] = {"color_space": search.color_space, "n_threads": search.n_threads}
        return map_to_palette(frames.pixels, colors, dither, frames=frames.sizes, **where)

    return to_fitted if colors is None else to_given


def indexed(frames: Frames, fitted: Dithered, dither: Dither, search: Search) -> Indexed:
    """Return all frames in a palette that was fitted to those at hand."""
    method = Dither(method_of(dither.method), fitted.strength) if fitted.strength else Dither("none", 0.0)

    def quantized(n: int) -> NDArray[Any]:
        where: dict[str, Any] = {"color_space": search.color_space, "n_threads": search.n_threads}
        colors = fitted.palette.colors
        return map_to_palette(read_pixels(frames.reel[n]), colors, method, frames=None, **where).indices

    if fitted.indices.size == len(frames.at_hand) * frames.shape[0] * frames.shape[1]:
        known = dict(zip(frames.at_hand, fitted.indices.reshape(-1, *frames.shape), strict=True))
    else:
        known = {n: quantized(n) for n in frames.at_hand}

    def frame(n: int) -> NDArray[Any]:
        return known[n] if n in known else quantized(n)

    n_frames = len(frames)
    made: Series = (
        [*known.values()] if len(known) == n_frames else InOrder(lambda: map(frame, range(n_frames)), n_frames)
    )
    return Indexed(fitted.palette, known, frame, made, fitted.strength)


def most_colors(frames: Frames, n_threads: int | None) -> int:
    """Leave room for a transparent entry, which makes frames far smaller, unless all colours can be kept."""
    if len(frames.at_hand) < len(frames):
        is_exact = frames.colors is not None
    else:
        is_exact = len(histogram(frames.pixels.in_8_bits, n_threads=n_threads)) <= MAX_BYTE_COLORS
    return MAX_BYTE_COLORS if is_exact else MAX_BYTE_COLORS - 1


def check_all_exact(frames: Frames, colors: NDArray[np.uint8]) -> None:
    """Check each frame as `check_exact` does."""
    if len(frames) == len(frames.at_hand):
        check_exact(frames.pixels, colors, "image")
        return
    for n in range(len(frames)):
        check_exact(read_pixels(frames.reel[n]), colors, f"image[{n}]")
