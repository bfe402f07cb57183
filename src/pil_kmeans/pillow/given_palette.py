"""`quantize` with `palette=`: the entries of a palette that stays as it is, nearest or dithered."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..indexed_image import p_image, rgba_rows, to_uint8
from ..pictures.source import Source
from ..stages.dithering.auto import looks_better_dithered, may_gain
from ..stages.dithering.diffuse import DEFAULT_STRENGTH, method_of
from ..stages.dithering.diffuse import dither as dither_pixels
from ..stages.pixels import read_pixels
from ..stages.remap import remap


def check_palette(palette: Any) -> Image.Image:
    """Accept what Pillow accepts: an image of mode P that has a palette."""
    if not hasattr(palette, "load"):
        msg = (
            f"palette must be a PIL image of mode P, but this {type(palette).__name__!r} object "
            "has no attribute 'load': put colors into an image with Image.putpalette"
        )
        raise AttributeError(msg)
    palette.load()
    if palette.mode != "P":
        msg = f"bad mode for palette image: palette must be of mode P, got {palette.mode}"
        raise ValueError(msg)
    if not palette.getpalette():
        msg = "empty palette: give palette its colors with Image.putpalette"
        raise ValueError(msg)
    image: Image.Image = palette
    return image


def map_to_palette(
    source: Source, reference: Image.Image, *, dither: str, dither_strength: float | None, n_threads: int | None
) -> Image.Image:
    """Give every pixel an entry, dithered or the nearest."""
    colors = palette_rows(reference, with_transparency=source.has_alpha)
    if source.is_empty:
        indices = np.zeros(source.samples.shape[:2], np.uint8)
    else:
        samples = in_channels_of(colors, source.checked_samples())
        indices = choose_entries(samples, colors, dither, dither_strength, n_threads)
    image = p_image(indices, colors)
    assert image.palette is not None
    assert reference.palette is not None
    if image.palette.mode == reference.palette.mode:
        image.palette = reference.palette.copy()
    image.info = source.info()
    return image


def palette_rows(reference: Image.Image, *, with_transparency: bool) -> NDArray[np.uint8]:
    """Every entry (n, 3), or (n, 4) if they have alpha or `info` makes some transparent."""
    assert reference.palette is not None
    rgba = np.array(reference.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    if reference.palette.mode == "RGBA":
        return rgba
    transparency = reference.info.get("transparency")
    if transparency is None or not with_transparency:
        return np.ascontiguousarray(rgba[:, :3])
    rgba[:, 3] = 255
    if isinstance(transparency, bytes):
        alpha = np.frombuffer(transparency, np.uint8)[: len(rgba)]
        rgba[: len(alpha), 3] = alpha
    else:
        rgba[transparency : transparency + 1, 3] = 0
    return rgba


def in_channels_of(colors: NDArray[np.uint8], samples: NDArray[Any]) -> NDArray[Any]:
    """Spread samples to RGB or RGBA, as the colours are; if all of these are opaque, alpha has no say."""
    n_channels = colors.shape[1]
    return samples if samples.shape[2] == n_channels else rgba_rows(samples)[..., :n_channels]


def choose_entries(
    samples: NDArray[Any], colors: NDArray[np.uint8], dither: str, dither_strength: float | None, n_threads: int | None
) -> NDArray[Any]:
    """Row of `colors` for every pixel."""
    pixels = read_pixels(samples)
    strength = DEFAULT_STRENGTH if dither_strength is None else dither_strength
    dithered = None
    if may_gain(pixels, dither, strength):
        dithered = dither_pixels(pixels, colors, method=method_of(dither), strength=strength, n_threads=n_threads)
        if dither != "auto":
            return dithered
    plain = nearest_entries(to_uint8(samples), colors, n_threads=n_threads)
    if dithered is not None and looks_better_dithered(pixels, plain, colors, dithered, colors, n_threads=n_threads):
        return dithered
    return plain


def nearest_entries(samples: NDArray[np.uint8], colors: NDArray[np.uint8], *, n_threads: int | None) -> NDArray[Any]:
    """Nearest row of `colors`, the first of several; the invisible stays so if it can."""
    indices: NDArray[Any] = remap(read_pixels(samples), colors, color_space="rgba8", n_threads=n_threads)
    if colors.shape[1] == 4:
        invisible = np.flatnonzero(colors[:, 3] == 0)
        if len(invisible):
            indices[samples[..., 3] == 0] = invisible[0]
    return indices
