"""Given palette: the entries of a palette that stays as it is, nearest or dithered."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dithering.amounts import for_given
from .dithering.auto import Dithered, better, may_gain
from .dithering.diffuse import BY_MASK, Frames, dither, method_of
from .options import Dither
from .palette import Palette
from .pixels import Pixels, read_pixels
from .remap import remap
from .samples import as_samples, packed, rgba_rows, to_uint16


def map_to_palette(
    pixels: Pixels,
    colors: NDArray[np.uint8],
    options: Dither,
    *,
    color_space: str | None,
    frames: Frames | None,
    n_threads: int | None,
) -> Dithered:
    """Give every pixel an entry of a palette that stays as it is.

    Parameters
    ----------
    pixels : Pixels
        Of any number of channels and dtype; where all entries are opaque alpha has no say.
    colors : ndarray of shape (n, 3) or (n, 4)
        uint8 entries; equal ones may be among them, of which the first is used.
    options : Dither
    color_space : one of `COLOR_SPACES`, or None
        Where the nearest entry is looked for. None: in Oklab where the picture is dithered, else by the distance of the
        8-bit samples as they are, alpha being one of them, as Pillow measures it. By a mask it is Oklab in any case.
    frames
        As in `dithering.diffuse.dither`.
    n_threads : int or None

    Returns
    -------
    Dithered
        Fully transparent pixels have the first entry that is so, if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.given_palette import map_to_palette
    >>> from pil_kmeans.stages.options import Dither
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> pixels = read_pixels(np.array([[[250, 9, 9], [0, 0, 99]]], np.uint8))
    >>> red_and_black = np.array([[255, 0, 0], [0, 0, 0]], np.uint8)
    >>> undithered = {"color_space": "oklab", "frames": None, "n_threads": 1}
    >>> map_to_palette(pixels, red_and_black, Dither("none", 0.85), **undithered).indices
    array([[0, 1]], dtype=uint8)
    """
    pixels = _in_channels_of(colors, pixels)
    palette = Palette(colors, colors.astype(np.float64), None, np.zeros(len(colors), np.bool_), 0)

    def dithered() -> Dithered:
        method = method_of(options.method)
        amount = for_given(options, colors, by_diffusion=method not in BY_MASK, color_space=color_space or "oklab")
        indices = dither(pixels, colors, method=method, amount=amount, frames=frames, n_threads=n_threads)
        return Dithered(palette, indices, amount.strength)

    def plain() -> Dithered:
        return Dithered(palette, _nearest_entries(pixels, colors, color_space, n_threads), 0.0)

    if not may_gain(options):
        return plain()
    return better(pixels, options, dithered, plain, frames=frames, n_threads=n_threads)


def check_exact(pixels: Pixels, colors: NDArray[np.uint8], name: str) -> None:
    """Check that each pixel has an entry (n, C) of exactly its colour; `name` is what errors call the picture.

    Raises
    ------
    ValueError
        If one has none; it says which colour, and where it is first.
    """
    rows = rgba_rows(as_samples(pixels.rows))
    entries = rgba_rows(colors)
    if rows.dtype != entries.dtype:
        entries = to_uint16(entries)
    for samples in (rows, entries):
        samples[samples[:, 3] == 0] = 0  # what is hidden does not count
    missing = ~np.isin(packed(rows), packed(entries))
    if missing.any():
        row, column = divmod(int(missing.argmax()), pixels.shape[1])
        color = ", ".join(f"{sample:g}" for sample in pixels.values[row, column].astype(float))
        raise ValueError(
            f"{name} has the color ({color}) at row {row}, column {column}, which palette lacks: add it to palette, or "
            "drop exact=True to give such pixels the nearest entry"
        )


def _in_channels_of(colors: NDArray[np.uint8], pixels: Pixels) -> Pixels:
    """Spread pixels to RGB or RGBA, as the colours are."""
    n_channels = colors.shape[1]
    return pixels if pixels.n_channels == n_channels else read_pixels(rgba_rows(pixels.values)[..., :n_channels])


def _nearest_entries(
    pixels: Pixels, colors: NDArray[np.uint8], color_space: str | None, n_threads: int | None
) -> NDArray[Any]:
    """Nearest row of `colors`, the first of several; the invisible stays so if it can."""
    rounded = pixels.in_8_bits
    space = "rgba8" if color_space is None else color_space
    indices: NDArray[Any] = remap(rounded, colors, color_space=space, effort="balanced", n_threads=n_threads)
    if colors.shape[1] == 4:
        invisible = np.flatnonzero(colors[:, 3] == 0)
        if len(invisible):
            indices[rounded.samples[..., 3] == 0] = invisible[0]
    return indices
