"""Dither: indices whose errors cancel for the eye.

By error diffusion, of light, or by a mask of thresholds, where a pixel's entry depends on its colour and place only:
frames of an animation then agree wherever they are alike, and tiles fit together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import _native
from ..color_space import Grid, Points, center_colors, fine_grid, points_coincide, working_points
from ..indices import index_dtype
from ..options import Dither, is_number
from ..pixels import Pixels
from ..remap import label_equals
from ..row_blocks import in_row_blocks
from ..samples import as_samples, full_scale, in_least_channels, least_channels, packed, to_uint16
from ..threads import count_threads
from .amounts import Amount
from .threshold_mask import MASKS, threshold_mask

DIFFUSIONS = {
    "floyd-steinberg": ((7, 0), (3, 5, 1, 0)),
    "atkinson": ((1, 1), (1, 1, 1, 0), (1, 0, 0)),
    "stucki": ((8, 4), (2, 4, 8, 4, 2), (1, 2, 4, 2, 1)),
    "jarvis-judice-ninke": ((7, 5), (3, 5, 7, 5, 3), (1, 3, 5, 3, 1)),
    "sierra": ((5, 3), (2, 4, 5, 4, 2), (2, 3, 2, 0)),
}
"""Parts of a pixel's error that go to the pixels behind it, up to two columns to the right, and to the rows below."""

BY_MASK = tuple(MASKS)
DITHERS = ("none", *DIFFUSIONS, *BY_MASK, "auto")

_MARGIN = 3072  # how far, in working units, a pixel and the errors handed to it, or a ray, may go beyond the palette

Frames = Sequence[tuple[int, int]]
"""Sizes, (height, width), of pictures whose pixels come one after the other."""


def dither(
    pixels: Pixels,
    palette: NDArray[Any],
    *,
    method: str,
    amount: Amount,
    n_threads: int | None,
    frames: Frames | None = None,
    origin: tuple[int, int] = (0, 0),
) -> NDArray[Any]:
    """Return indices of palette entries that mix, for the eye, to the colours between them.

    Parameters
    ----------
    pixels : Pixels
    palette : ndarray of shape (n, C)
        In the pixels' dtype, 1 to 65536 entries; those of 8 bits may go with pixels of any dtype.
    method : one of `DIFFUSIONS` or of `BY_MASK`
        By diffusion each pixel makes up for the errors of those before it. By a mask its colour is compared with the
        threshold of its place: in Bayer's pattern of 8 x 8 pixels, or in 64 x 64 of blue noise, which shows no pattern.
    amount : Amount
        Its strength is from 0 to 1; more hides steps between entries better, and is noisier. It is the share of each
        error that is handed on: at 1 errors that no entry can make up for pile up. By thresholds it is how much the
        noise of a mix is worth for the light to be right: at 1 the mix has the colour's light, with less what is nearly
        an entry is just that.
    frames : sequence of (height, width), optional
        Where the pixels are those of several pictures one after the other: their sizes. Errors do not pass between, and
        masks start anew.
    origin : (int, int), default=(0, 0)
        By thresholds, where the pixels are part of a picture: their first row and column in it.
    n_threads : int, optional
        The result does not depend on it.

    Returns
    -------
    ndarray of shape (H, W)
        uint8, or uint16 above 256 entries. Fully transparent pixels get a fully transparent entry, and opaque ones an
        opaque entry, where there are such. Runs of one colour that is in the palette keep it.

    Notes
    -----
    R. W. Floyd and L. Steinberg, An adaptive algorithm for spatial grey scale, Proceedings of the SID 17(2), 1976.
    J. F. Jarvis, C. N. Judice and W. H. Ninke, A survey of techniques for the display of continuous tone pictures on
    bilevel displays, Computer Graphics and Image Processing 5(1), 1976. P. Stucki, MECCA: a multiple-error correction
    computation algorithm for bilevel image hardcopy reproduction, IBM RZ1060, 1981. Atkinson's and Sierra's shares are
    known from programs: MacPaint's, of 1984, and F. Sierra's of 1989.

    Errors are of light, relative to how much of it is seen: what comes out adds up to the light of the picture, as far
    as the palette has it. See ``cpp/kernels/dither/light.hpp``.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dithering.amounts import Amount
    >>> from pil_kmeans.stages.dithering.diffuse import dither
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> grey = read_pixels(np.full((64, 64), 100, np.uint8), channel_axis=None)
    >>> palette = np.array([[0], [255]], np.uint8)
    >>> indices = dither(grey, palette, method="floyd-steinberg", amount=Amount(0.99, 1.0, True, "oklab"), n_threads=1)
    >>> bool(0.11 < indices.mean() < 0.14)  # the light of 100 is 0.127
    True
    """
    if pixels.n_channels % 2 == 0 and least_channels(palette) == pixels.least_channels == 1:
        pixels, palette = pixels.in_channels(1), in_least_channels(palette, 1)  # alpha would only round otherwise
    passes = Passes.of(pixels, palette, method, amount, n_threads, moves=False, origin=origin)
    arguments = passes.arguments(palette)

    def of_picture(rows: NDArray[Any], height: int, width: int) -> NDArray[Any]:
        handed_down = np.zeros((2, width + 4, 4), np.float32)

        def of_block(block: slice) -> NDArray[Any]:
            given = rows[block.start * width : block.stop * width]
            indices: NDArray[Any] = np.asarray(_native.dither(given, width, handed_down=handed_down, **arguments))
            _tell_apart(indices, given, palette, arguments["entries"])
            return indices

        return in_row_blocks((height, width), index_dtype(len(palette)), pixels.new_array, of_block).ravel()

    start = 0
    parts: list[NDArray[Any]] = []
    for height, width in frames or [pixels.shape]:
        end = start + height * width
        parts.append(of_picture(passes.rows[start:end], height, width))
        start = end
    indices = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return indices.reshape(pixels.shape)


def check_dither(dither: Any, dither_strength: Any) -> None:
    """Check the options `dither`, and `dither_strength`, which may be None.

    Raises
    ------
    TypeError
        If `dither` is not a string or `dither_strength` not a number.
    ValueError
        If one has a value that is not allowed, or a strength is given where nothing is dithered.
    """
    names = ", ".join(map(repr, DITHERS))
    if not isinstance(dither, str):
        raise TypeError(f"dither must be one of {names}, got {dither!r} of type {type(dither).__name__}")
    if dither not in DITHERS:
        raise ValueError(f"dither must be one of {names}, got {dither!r}")
    if dither_strength is None:
        return
    if not is_number(dither_strength):
        raise TypeError(
            "dither_strength must be a number from 0 to 1, "
            f"got {dither_strength!r} of type {type(dither_strength).__name__}"
        )
    if not 0 <= float(dither_strength) <= 1:  # NaN, too
        raise ValueError(f"dither_strength must be from 0 to 1, got {dither_strength}")
    if dither == "none":
        raise ValueError(
            f"dither_strength={dither_strength} has no use where nothing is dithered: "
            f"pass dither={' or '.join(map(repr, DITHERS[1:]))} with it, or leave it out"
        )


def read_dither(dither: str, dither_strength: float | None) -> Dither:
    """Return what checked options ask for."""
    return Dither(dither, None if dither_strength is None else float(dither_strength))


def method_of(dither: str) -> str:
    """Name the method of a `dither` other than "none"; "auto" decides only whether to use it."""
    return "floyd-steinberg" if dither == "auto" else dither


@dataclass(frozen=True)
class Passes:
    """What all passes over the pixels share."""

    rows: NDArray[Any]
    n_channels: int
    color_space: str
    grid: Grid
    options: _native.DitherOptions
    n_threads: int

    @classmethod
    def of(
        cls,
        pixels: Pixels,
        palette: NDArray[Any],
        method: str,
        amount: Amount,
        n_threads: int | None,
        *,
        moves: bool,
        origin: tuple[int, int] = (0, 0),
    ) -> Passes:
        """Prepare passes with this palette, or, where it `moves`, with others that start from it."""
        rows, colors = as_samples(pixels.rows), as_samples(palette)
        mask = threshold_mask(method) if method in BY_MASK else None
        if mask is not None and origin != (0, 0):
            mask = np.roll(mask, (-origin[0], -origin[1]), axis=(0, 1))
        # By a mask, a pixel's entry may not depend on other pixels, so nor may the grid.
        on_grid = (rows, colors) if mask is None or moves else (colors,)
        grid = fine_grid(amount.color_space, *on_grid, n_threads=n_threads)
        options = _native.DitherOptions(
            origin=grid.origin,
            zoom=grid.zoom,
            color_space=amount.color_space,
            mask=mask,
            shares=shares_of(method),
            strength=round(256 * amount.strength),
            lightness_weight=round(8 * amount.lightness_weight),
            margin=_MARGIN,
            into_hull=amount.into_hull,
        )
        return cls(rows, pixels.n_channels, amount.color_space, grid, options, count_threads(n_threads))

    def arguments(self, palette: NDArray[Any]) -> dict[str, Any]:
        """Return what the kernels want to know of a palette and of how to dither to it."""
        return {
            "entries": working_points(palette, self.color_space, grid=self.grid, n_threads=1),
            "roots": _native.cone_roots(as_samples(palette), self.grid.zoom > 1),
            "opacity": opacity_of(palette),
            "options": self.options,
            "n_threads": self.n_threads,
        }

    def colors(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the colours, in [0, 1], of working points, clipped to what sRGB can show."""
        return center_colors(coordinates, self.n_channels, self.color_space, self.grid)


def shares_of(method: str) -> NDArray[np.uint8]:
    """Return what parts of its error go from a pixel to others, (3, 5): to rows below, and columns to the right."""
    shares = np.zeros((3, 5), np.uint8)
    for row, parts in zip(shares, DIFFUSIONS.get(method, DIFFUSIONS["floyd-steinberg"]), strict=False):
        row[-len(parts) :] = parts
    return shares


def _tell_apart(indices: NDArray[Any], rows: NDArray[Any], palette: NDArray[Any], entries: Points) -> None:
    """Give pixels the entry they equal, of several that the working space cannot tell apart: their errors are equal."""
    samples = to_uint16(palette) if rows.dtype == np.uint16 else as_samples(palette)
    is_visible = opacity_of(samples) > 0
    visible = np.flatnonzero(is_visible)
    _, first = np.unique(packed(samples[visible]), return_index=True)  # a palette that is given may repeat colors
    if not points_coincide(entries[:, visible[first]]):
        return
    words = entries.transpose(1, 0, 2).reshape(-1, 4).view(np.uint64)[:, 0]
    _, place, counts = np.unique(words, return_inverse=True, return_counts=True)
    pixels = np.flatnonzero(((counts[place] > 1) & is_visible)[indices])
    chosen = indices[pixels].astype(np.intp)
    equal = chosen.copy()
    label_equals(equal, rows[pixels], samples)
    indices[pixels] = np.where(place[equal] == place[chosen], equal, chosen)


def opacity_of(colors: NDArray[Any]) -> NDArray[np.uint8]:
    """Which colours (n, C) are fully transparent, 0, translucent, 1, or opaque, 2, as the kernels see their samples."""
    samples = as_samples(colors)
    if samples.shape[1] % 2:
        return np.full(len(samples), 2, dtype=np.uint8)
    alpha = samples[:, -1]
    opacity: NDArray[np.uint8] = (alpha > 0).astype(np.uint8) + (alpha == full_scale(samples.dtype))
    return opacity
