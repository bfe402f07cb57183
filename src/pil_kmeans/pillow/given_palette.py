"""`quantize` with `palette=`: the nearest entries of a palette that stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..stages.indexed_image import p_image, rgba_rows
from ..stages.pixels import read_pixels
from ..stages.remap import remap
from .patch import original_quantize
from .source import Source

MODES_PILLOW_DITHERS = ("L", "RGB")


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


def map_to_palette(source: Source, reference: Image.Image, *, n_threads: int | None) -> Image.Image:
    """Nearest entry for every pixel, by 8-bit sRGB and alpha."""
    colors = palette_rows(reference, with_transparency=source.has_alpha)
    if source.is_empty:
        indices = np.zeros(source.samples.shape[:2], np.uint8)
    else:
        indices = nearest_entries(source.samples_8_bit(), colors, n_threads=n_threads)
    image = p_image(indices, colors)
    assert image.palette is not None
    assert reference.palette is not None
    if image.palette.mode == reference.palette.mode:
        image.palette = reference.palette.copy()
    image.info = source.info()
    return image


def dither_to_palette(source: Source, reference: Image.Image) -> Image.Image:
    """Floyd-Steinberg by Pillow."""
    if source.has_alpha_mode:
        msg = (
            f"dither: {source.name} has an alpha channel, and only pictures without one can be "
            'dithered to a palette: pass dither="none", or convert the picture to RGB'
        )
        raise ValueError(msg)
    image = source.image
    if image is None or image.mode not in MODES_PILLOW_DITHERS:
        rgb = rgba_rows(source.samples_8_bit())[..., :3]
        height, width = rgb.shape[:2]
        image = Image.frombytes("RGB", (width, height), rgb.tobytes())
    result = original_quantize()(image, palette=reference)
    result.info = source.info()
    return result


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


def nearest_entries(samples: NDArray[np.uint8], colors: NDArray[np.uint8], *, n_threads: int | None) -> NDArray[Any]:
    """Nearest row of `colors`, the first of several; the invisible stays so if it can."""
    options: dict[str, Any] = {"color_space": "rgba8", "n_threads": n_threads}
    if colors.shape[1] == 3:  # all entries are opaque, so that alpha makes no difference between them
        rgb = samples if samples.shape[2] == 3 else rgba_rows(samples)[..., :3]
        return remap(read_pixels(rgb), colors, **options)
    rgba = rgba_rows(samples)
    indices: NDArray[Any] = remap(read_pixels(rgba), colors, **options)
    invisible = np.flatnonzero(colors[:, 3] == 0)
    if len(invisible):
        indices[rgba[..., 3] == 0] = invisible[0]
    return indices
