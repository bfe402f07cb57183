"""The argument `palette` of every face: colours that are to be used as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..indexed_image import IndexedImage
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.samples import rgba_rows, to_uint8
from .fixed_colors import read_color, read_colors
from .named_palettes import named_palette

KINDS = (
    "a PIL image of mode P, an array (n, 3) or (n, 4), a list of colors, an IndexedImage, or a name such as 'spectra6'"
)


class GivenPalette(NamedTuple):
    """Colours that pictures are to be made of.

    Attributes
    ----------
    colors : ndarray of shape (n, 3) or (n, 4)
        uint8, how they look, in their order, duplicates included; RGB if all are opaque.
    device : ndarray of shape (n, 3) or None
        uint8, what is stored in their place, if that is something else.
    """

    colors: NDArray[np.uint8]
    device: NDArray[np.uint8] | None


def read_palette(palette: Any, device: Any = None) -> GivenPalette:
    """Read the colours of a palette, and what a device calls them.

    Parameters
    ----------
    palette : str, PIL.Image.Image of mode P, ndarray of shape (n, 3) or (n, 4), list of colors, or IndexedImage
        A string is one of `NAMED_PALETTES`. Samples of an array or list are whole numbers from 0 to 255, or floats from
        0.0 to 1.0, or those of a uint16 array from 0 to 65535, whatever the pictures have: a palette is stored in 8
        bits. Strings of a list are names or hex strings that `PIL.ImageColor` knows.
    device : the same, optional
        As many colours, opaque ones, to store in place of those. None: those of a named palette that has others.

    Returns
    -------
    GivenPalette
        Of 1 to 256 colours.

    Raises
    ------
    TypeError
        If it is nothing of that kind.
    ValueError
        If there are no colours or more than 256, a sample or name is none, or `device` does not go with them.

    Examples
    --------
    >>> from pil_kmeans.pictures.palettes import read_palette
    >>> read_palette(["black", "#ff8000", (255, 255, 255)]).colors.tolist()
    [[0, 0, 0], [255, 128, 0], [255, 255, 255]]
    >>> read_palette("spectra6").device[2:4].tolist()
    [[255, 255, 0], [255, 0, 0]]
    """
    if isinstance(palette, str):
        named = named_palette(palette)
        colors, own = named.seen, named.device
    else:
        colors, own = _checked(_rgba_of(palette, "palette"), "palette"), None
    stored = own if device is None else _read_device(device, colors)
    return GivenPalette(colors, None if stored is None or np.array_equal(stored, colors) else stored)


def as_seen(samples: NDArray[Any], palette: GivenPalette) -> NDArray[Any]:
    """Show a picture (H, W, C) in the colours of a device as it looks there.

    Of colours that the device calls the same, all look as the first; what it does not have stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.pictures.palettes import as_seen, read_palette
    >>> as_seen(np.array([[[255, 0, 0]]], np.uint8), read_palette("spectra6")).tolist()
    [[[182, 27, 0]]]
    """
    if palette.device is None:
        return samples
    stored = rgba_rows(samples)[..., :3]
    seen = stored.copy()
    for look, name in zip(palette.colors[::-1], palette.device[::-1], strict=True):
        seen[(stored == name).all(axis=-1)] = look
    return seen


def _read_device(device: Any, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rgba = named_palette(device).device if isinstance(device, str) else _checked(_rgba_of(device, "device"), "device")
    if len(rgba) != len(colors):
        raise ValueError(f"device must hold a color for each of palette, in its order: {len(colors)}, got {len(rgba)}")
    if rgba.shape[1] == 4 or colors.shape[1] == 4:
        raise ValueError("device is for opaque colors, and one of palette or device is not: drop its alpha")
    if len(colors) == 1:
        raise ValueError("device is for palettes of at least 2 colors, of one there is no picture: add colors")
    return rgba


def _checked(rgba: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    if not 1 <= len(rgba) <= MAX_BYTE_COLORS:
        raise ValueError(f"{name} must hold 1 to {MAX_BYTE_COLORS} colors, got {len(rgba) or 'none'}")
    return rgba if (rgba[:, 3] < 255).any() else np.ascontiguousarray(rgba[:, :3])


def read_given_palette(
    palette: Any, device: Any, *, keep_palette: bool, exact: bool, n_colors: int, fixed_colors: Any
) -> GivenPalette | None:
    """Read the palette if one is given.

    Raises
    ------
    TypeError, ValueError
        As `read_palette`; ValueError also for what has no use with it, or without.
    """
    if palette is None:
        for name, is_given in (
            ("keep_palette=True", keep_palette),
            ("exact=True", exact),
            ("device=", device is not None),
        ):
            if is_given:
                raise ValueError(f"{name} has no use without palette=, whose colors it is about: pass both")
        return None
    if fixed_colors is not None:
        raise ValueError(f"fixed_colors={fixed_colors!r} has no use with palette=, which stays as it is: drop one")
    if n_colors != MAX_BYTE_COLORS:
        raise ValueError(f"n_colors={n_colors} has no use with palette=, all of which may be used: drop one of them")
    return read_palette(palette, device)


def with_transparent(palette: GivenPalette, *, has_transparent: bool, keep_palette: bool) -> GivenPalette:
    """Add a fully transparent colour if pixels are so and none of the palette is.

    Raises
    ------
    ValueError
        If there is no room for it, or the palette must stay as it is.
    """
    colors, device = palette
    rgba = rgba_rows(colors)
    if not has_transparent or (rgba[:, 3] == 0).any():
        return palette
    if device is not None:
        raise ValueError("image has fully transparent pixels, which a device cannot show: lay it on a background first")
    if keep_palette:
        raise ValueError(
            "image has fully transparent pixels, and palette no transparent color: add one, or drop keep_palette=True"
        )
    if len(colors) == MAX_BYTE_COLORS:
        raise ValueError(
            "image has fully transparent pixels, and the palette neither a transparent color nor room for one: give "
            f"{MAX_BYTE_COLORS - 1} colors"
        )
    return GivenPalette(np.concatenate((rgba, np.zeros((1, 4), np.uint8))), None)


def _rgba_of(palette: Any, name: str) -> NDArray[np.uint8]:
    if isinstance(palette, IndexedImage):
        return rgba_rows(to_uint8(palette.palette))
    if isinstance(palette, Image.Image):
        return entries_of(checked_p_image(palette), with_transparency=True)
    if isinstance(palette, list | tuple):
        parts = [_one_color(item, f"{name}[{i}]") for i, item in enumerate(palette)]
        return np.concatenate([np.empty((0, 4), np.uint8), *parts])
    if hasattr(palette, "__array__"):
        rows = np.asarray(palette)
        if rows.ndim != 2 or rows.shape[1] not in (3, 4):
            raise ValueError(f"{name} has shape {rows.shape}; an array of colors has shape (n, 3) or (n, 4)")
        return to_uint8(read_colors(rows, _scale_of(rows), (3, 4), name))
    raise TypeError(f"{name} must be {KINDS}, got {palette!r} of type {type(palette).__name__}")


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
