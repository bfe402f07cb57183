"""Ways to make a picture file smaller, ours and others', for pages that set them beside each other."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from io import BytesIO
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ..encode import encode_png
from ..measures import count_colors
from ..pictures.read import Picture, read_picture
from ..presets import PRESETS
from ..stages.dithering.diffuse import DITHERS
from ..stages.pixels import read_pixels
from ..stages.samples import to_uint8
from ..stages.ssimulacra2 import Original
from .measured import pil_image, png_of

OURS, PNGQUANT, JPEG, WEBP = "png", "pngquant", "jpeg", "webp"
PNGQUANT_SECONDS = 120


class Encoded(NamedTuple):
    """A file, and what it is like."""

    data: bytes
    media_type: str
    seconds: float
    colors: int
    score: float


def known_codecs() -> list[str]:
    """Name those that can be used here: pngquant where it is installed."""
    return [OURS, *([PNGQUANT] if shutil.which(PNGQUANT) else []), JPEG, WEBP]


def encoded(picture: Picture, settings: Mapping[str, str]) -> Encoded:
    """Write a picture by the codec that settings name, and compare the result with it.

    Parameters
    ----------
    picture : Picture
    settings : mapping
        ``codec``, one of `known_codecs`; for the first two ``colors``, for the first ``dither`` and ``preset``, too,
        which is empty for none; for the others ``quality``.

    Returns
    -------
    Encoded

    Raises
    ------
    ValueError
        If a setting is missing or out of range.
    """
    codec = chosen(settings, "codec", known_codecs())
    start = perf_counter()
    if codec == OURS:
        preset = chosen(settings, "preset", ["", *PRESETS]) or None
        given: dict[str, Any] = {"n_colors": integer(settings, "colors", 1, 256)}
        dither = chosen(settings, "dither", DITHERS)
        if dither != "auto":
            given["dither"] = dither
        data, media_type = encode_png(picture, preset=preset, **given), "image/png"
    elif codec == PNGQUANT:
        data, media_type = by_pngquant(picture, integer(settings, "colors", 2, 256)), "image/png"
    else:
        quality = integer(settings, "quality", 0, 100)
        image = pil_image(to_uint8(picture.samples))
        if codec == JPEG:
            image = on_white(image)
        file = BytesIO()
        image.save(file, codec.upper(), quality=quality)
        data, media_type = file.getvalue(), f"image/{codec}"
    seconds = perf_counter() - start
    result = read_picture(data).samples
    score = Original(read_pixels(picture.samples), background=None, n_threads=None).score(read_pixels(result))
    return Encoded(data, media_type, seconds, count_colors(result), score)


def by_pngquant(picture: Picture, n_colors: int) -> bytes:
    """Run pngquant, as a command."""
    command = [PNGQUANT, str(n_colors), "-"]
    try:
        found = subprocess.run(
            command, input=png_of(to_uint8(picture.samples)), capture_output=True, check=True, timeout=PNGQUANT_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ValueError(f"pngquant failed: {error}") from error
    return found.stdout


def on_white(image: Image.Image) -> Image.Image:
    """Lay a picture on white, for files that have no alpha."""
    if not image.has_transparency_data:
        return image
    paper = Image.fromarray(np.full((image.height, image.width, 4), 255, np.uint8))
    return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")


def chosen(settings: Mapping[str, str], name: str, allowed: Any) -> str:
    """Take one of some words."""
    value = settings.get(name, "")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def integer(settings: Mapping[str, str], name: str, low: int, high: int) -> int:
    """Take an integer."""
    text = settings.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 5 and low <= int(text) <= high):
        raise ValueError(f"{name} must be an integer from {low} to {high}, got {text!r}")
    return int(text)
