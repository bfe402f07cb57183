"""The argument `palette` of every face: colours that are to be used as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..indexed_image import IndexedImage
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.samples import rgba_rows, to_uint8
from .fixed_colors import read_color, read_colors

KINDS = "a PIL image of mode P, an array (n, 3) or (n, 4), a list of colors, or an IndexedImage"


def read_palette(palette: Any) -> NDArray[np.uint8]:
    """Read the colours of a palette, in their order, duplicates included.

    Parameters
    ----------
    palette : PIL.Image.Image of mode P, ndarray of shape (n, 3) or (n, 4), list of colors, or IndexedImage
        Samples of an array or list are whole numbers from 0 to 255, or floats from 0.0 to 1.0, or those of a uint16
        array from 0 to 65535, whatever the pictures have: a palette is stored in 8 bits. Strings of a list are names or
        hex strings that `PIL.ImageColor` knows.

    Returns
    -------
    ndarray of shape (n, 3) or (n, 4)
        uint8, RGB if all are opaque, otherwise RGBA; n is 1 to 256.

    Raises
    ------
    TypeError
        If it is nothing of that kind.
    ValueError
        If there are no colours or more than 256, or a sample or name is none.

    Examples
    --------
    >>> from pil_kmeans.pictures.palettes import read_palette
    >>> read_palette(["black", "#ff8000", (255, 255, 255)]).tolist()
    [[0, 0, 0], [255, 128, 0], [255, 255, 255]]
    """
    rgba = _rgba_of(palette)
    if not 1 <= len(rgba) <= MAX_BYTE_COLORS:
        raise ValueError(f"palette must hold 1 to {MAX_BYTE_COLORS} colors, got {len(rgba) or 'none'}")
    return rgba if (rgba[:, 3] < 255).any() else np.ascontiguousarray(rgba[:, :3])


def read_given_palette(
    palette: Any, *, keep_palette: bool, exact: bool, n_colors: int, fixed_colors: Any
) -> NDArray[np.uint8] | None:
    """Read the palette if one is given.

    Raises
    ------
    TypeError, ValueError
        As `read_palette`; ValueError also for what has no use with it, or without.
    """
    if palette is None:
        for name, is_given in (("keep_palette", keep_palette), ("exact", exact)):
            if is_given:
                raise ValueError(f"{name}=True has no use without palette=, whose colors it is about: pass both")
        return None
    if fixed_colors is not None:
        raise ValueError(f"fixed_colors={fixed_colors!r} has no use with palette=, which stays as it is: drop one")
    if n_colors != MAX_BYTE_COLORS:
        raise ValueError(f"n_colors={n_colors} has no use with palette=, all of which may be used: drop one of them")
    return read_palette(palette)


def with_transparent(colors: NDArray[np.uint8], *, has_transparent: bool, keep_palette: bool) -> NDArray[np.uint8]:
    """Add a fully transparent colour if pixels are so and none of the colours (n, C) is.

    Raises
    ------
    ValueError
        If there is no room for it, or the palette must stay as it is.
    """
    rgba = rgba_rows(colors)
    if not has_transparent or (rgba[:, 3] == 0).any():
        return colors
    if keep_palette:
        raise ValueError(
            "image has fully transparent pixels, and palette no transparent color: add one, or drop keep_palette=True"
        )
    if len(colors) == MAX_BYTE_COLORS:
        raise ValueError(
            "image has fully transparent pixels, and the palette neither a transparent color nor room for one: give "
            f"{MAX_BYTE_COLORS - 1} colors"
        )
    return np.concatenate((rgba, np.zeros((1, 4), np.uint8)))


def _rgba_of(palette: Any) -> NDArray[np.uint8]:
    if isinstance(palette, IndexedImage):
        return rgba_rows(to_uint8(palette.palette))
    if isinstance(palette, Image.Image):
        return entries_of(checked_p_image(palette), with_transparency=True)
    if isinstance(palette, list | tuple):
        parts = [_one_color(item, f"palette[{i}]") for i, item in enumerate(palette)]
        return np.concatenate([np.empty((0, 4), np.uint8), *parts])
    if hasattr(palette, "__array__"):
        rows = np.asarray(palette)
        if rows.ndim != 2 or rows.shape[1] not in (3, 4):
            raise ValueError(f"palette has shape {rows.shape}; an array of colors has shape (n, 3) or (n, 4)")
        return to_uint8(read_colors(rows, _scale_of(rows), (3, 4), "palette"))
    raise TypeError(f"palette must be {KINDS}, got {palette!r} of type {type(palette).__name__}")


def _one_color(item: Any, name: str) -> NDArray[np.uint8]:
    samples = item if isinstance(item, str) else np.asarray(item) if np.ndim(item) == 1 else item
    dtype = _scale_of(samples) if isinstance(samples, np.ndarray) else np.dtype(np.uint8)
    return to_uint8(read_color(samples, name, dtype, (3, 4)))


def _scale_of(samples: NDArray[Any]) -> np.dtype[Any]:
    """Return the dtype whose scale these samples have: whole numbers that of 8 bits, unless they say otherwise."""
    if samples.dtype.kind == "f":
        return np.dtype(np.float64)
    return samples.dtype if samples.dtype == np.uint16 else np.dtype(np.uint8)


def checked_p_image(image: Image.Image) -> Image.Image:
    """Accept what Pillow accepts as a palette: an image of mode P that has one."""
    image.load()
    if image.mode != "P":
        raise ValueError(f"bad mode for palette image: palette must be of mode P, got {image.mode}")
    if not image.getpalette():
        raise ValueError("empty palette: give palette its colors with Image.putpalette")
    return image


def entries_of(image: Image.Image, *, with_transparency: bool) -> NDArray[np.uint8]:
    """Every entry (n, 4) of a P image; what `info` makes transparent is so if asked for."""
    assert image.palette is not None
    rgba = np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    if image.palette.mode == "RGBA":
        return rgba
    rgba[:, 3] = 255
    transparency = image.info.get("transparency") if with_transparency else None
    if isinstance(transparency, bytes):
        alpha = np.frombuffer(transparency, np.uint8)[: len(rgba)]
        rgba[: len(alpha), 3] = alpha
    elif transparency is not None:
        rgba[transparency : transparency + 1, 3] = 0
    return rgba
