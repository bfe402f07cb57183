"""What the modes of Pillow mean: PIL image -> samples (H, W, C), as the stages take them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import _native

CONVERTED_TO = {
    "1": "L",
    "La": "LA",
    "PA": "RGBA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
    "LAB": "RGB",
}
"""Modes that Pillow converts for us. L, LA, RGB and RGBA are taken as they are."""

KEYED_MODES = ("1", "L", "RGB", "I", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes in which `info["transparency"]` names the one colour that is transparent."""

UNSCALED_MODES = ("I", "F")
"""Modes without a fixed range; only what Pillow's own conversion keeps is accepted: 0 to 255."""

SIXTEEN_BIT_FORMATS = ("PPM",)
"""Formats of which Pillow reads 16 bits as mode I, 0 to 65535."""


def pixels_from_pil(image: Image.Image) -> NDArray[Any]:
    """Read the samples of a PIL image of any mode.

    L, LA, RGB and RGBA stay as they are; the other modes are converted by Pillow to that of them
    which keeps most, P with transparency to RGBA. I;16 keeps its 16 bits, 0 to 65535, and so does
    I of a PGM file. I and F of other origin
    have no fixed range: they are read as Pillow's ``convert("L")`` reads them, and refused where
    that would clip. A transparent colour in ``info["transparency"]`` becomes an alpha channel.

    Parameters
    ----------
    image : PIL.Image.Image
        An image of any mode. It is loaded, and not changed.

    Returns
    -------
    ndarray of shape (H, W, C), uint8 or uint16
        C is 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA).

    Raises
    ------
    ValueError
        If an image of mode I or F holds a value outside of 0 to 255.
    """
    if image.mode == "I" and image.format in SIXTEEN_BIT_FORMATS:
        samples = np.asarray(image)
    else:
        samples = _samples(_converted(image))
    if samples.dtype != np.uint8:
        samples = samples.astype(np.uint16)  # I;16: also from big-endian
    if samples.ndim == 2:
        samples = samples[..., np.newaxis]
    key = transparent_color(image)
    return samples if key is None else _with_alpha(samples, key)


def has_alpha_mode(image: Image.Image) -> bool:
    """Whether the mode, or the palette of a P image, has alpha: then so has the result's palette."""
    return "A" in _target(image)


def transparent_color(image: Image.Image) -> tuple[int, ...] | None:
    """Return the colour that `info["transparency"]` makes transparent; None if there is none."""
    key = image.info.get("transparency")
    if key is None or image.mode not in KEYED_MODES:
        return None
    key = key if isinstance(key, tuple) else (key,)
    n_channels = 3 if image.mode == "RGB" else 1
    valid = len(key) == n_channels and all(isinstance(value, int) for value in key)
    if valid and image.mode == "RGB" and max(key) > 255:  # of 16 bits, of which Pillow gives the samples the upper 8
        key = tuple(value >> 8 for value in key)
    return key if valid else None


def unscaled_samples(image: Image.Image, name: str) -> NDArray[Any]:
    """Return the samples (H, W, 1) of an image whose mode has no fixed range, or is wider than what is in it.

    Raises
    ------
    ValueError
        If the mode is another one.
    """
    if image.mode not in UNSCALED_MODES and not image.mode.startswith("I;16"):
        msg = (
            f"full_scale is for arrays and images of mode I, I;16 or F, and {name} is of mode {image.mode}, which has "
            "a scale: drop full_scale"
        )
        raise ValueError(msg)
    return np.asarray(image)[..., np.newaxis]


def _samples(image: Image.Image) -> NDArray[Any]:
    """Return what `numpy.asarray` does, of RGB without the detour of Pillow's own by many small pieces."""
    if image.mode == "RGB" and hasattr(image, "__arrow_c_array__"):
        try:
            rgb = _native.rgb_of_arrow(*image.__arrow_c_array__(), image.width * image.height)
            return rgb.reshape(image.height, image.width, 3)
        except ValueError:  # large images lie in several pieces
            pass
    return np.asarray(image)


def _converted(image: Image.Image) -> Image.Image:
    """Convert to a mode whose array is what we want."""
    if image.mode in UNSCALED_MODES:
        _check_range(image)
        return image.convert("L")
    target = _target(image)
    if target == image.mode:
        return image
    if image.mode == "P":
        image = image.copy()  # Pillow writes info["transparency"] into the palette it converts
    return image.convert(target)


def _target(image: Image.Image) -> str:
    """Mode to convert to."""
    if image.mode == "P":
        image.load()
        if image.palette is None:  # as of a PNG without PLTE
            raise ValueError("image of mode P has no palette, so that its pixels have no colors: mend the file")
        return "RGBA" if image.has_transparency_data else "RGB"
    return CONVERTED_TO.get(image.mode, image.mode)


def _check_range(image: Image.Image) -> None:
    """Refuse values that the conversion to 8 bits would clip."""
    values = np.asarray(image)
    outside = ~((values >= 0) & (values <= 255))
    if outside.any():
        msg = (
            f"image of mode {image.mode} must hold values of 0 to 255, got {values[outside][0]}: "
            "say which value is white, as full_scale=65535 for 16-bit values, or scale them to 0 to 255"
        )
        raise ValueError(msg)


def _with_alpha(samples: NDArray[Any], key: tuple[int, ...]) -> NDArray[Any]:
    """Add a channel that is 0 where the colour is `key`, otherwise opaque."""
    opaque = (samples != np.array(key)).any(axis=-1, keepdims=True)
    full = samples.dtype.type(np.iinfo(samples.dtype).max)
    return np.concatenate((samples, opaque.astype(samples.dtype) * full), axis=-1)
