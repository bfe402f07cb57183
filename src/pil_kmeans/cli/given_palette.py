"""``--palette FILE``: colours that are given, and pictures compressed to them."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, UnidentifiedImageError

from ..indexed_image import MAX_BYTE_COLORS, IndexedImage, p_image, rgba_rows, to_uint8
from ..pictures.metadata import Metadata, metadata_chunks, orientation, oriented
from ..pictures.pil_modes import pixels_from_pil
from ..pictures.source import Source
from ..pictures.to_srgb import in_srgb
from ..pillow import quantize
from ..png import file as png
from ..stages.histogram import histogram
from ..stages.pixels import read_pixels
from .inputs import one_line, shown

GIMP_PALETTE = "GIMP Palette"
HEX = re.compile(r"#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b")


def read_palette(name: str) -> NDArray[np.uint8]:
    """
    Read the colours that a file holds, for argparse.

    Parameters
    ----------
    name : str
        A picture, of mode P its palette and otherwise its different colours; a GIMP palette; JSON, a list of hex
        strings or of objects with "hex", or an object with such a list under "colors"; or text, a hex colour in each
        line.

    Returns
    -------
    ndarray of shape (n, 4), uint8
        RGBA, 1 to 256 of them.
    """
    try:
        content = Path(name).read_bytes()
        try:
            colors = colors_of_image(content)
        except UnidentifiedImageError:
            colors = colors_of_text(content.decode())
        if not 1 <= len(colors) <= MAX_BYTE_COLORS:
            msg = f"it holds {len(colors):,} colors, and a palette 1 to {MAX_BYTE_COLORS}"
            raise ValueError(msg)
    except OSError as error:
        msg = f"cannot read {shown(name)}: {error.strerror or one_line(error)}"
        raise argparse.ArgumentTypeError(msg) from error
    except (ValueError, KeyError, SyntaxError) as error:
        reason = "it is neither a picture nor text" if isinstance(error, UnicodeDecodeError) else one_line(error)
        msg = f"cannot take colors from {shown(name)}: {reason}"
        raise argparse.ArgumentTypeError(msg) from error
    return colors


def colors_of_image(content: bytes) -> NDArray[np.uint8]:
    """Entries of a palette as they are, or the different colours of pixels."""
    with Image.open(BytesIO(content)) as image:
        image.load()
    if image.mode == "P":
        image.apply_transparency()
        return np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    return rgba_rows(to_uint8(histogram(read_pixels(pixels_from_pil(image))).colors))


def colors_of_text(text: str) -> NDArray[np.uint8]:
    """Read a GIMP palette, JSON, or lines of hex colours."""
    text = text.strip()
    if text.startswith(GIMP_PALETTE):
        return colors_of_gimp_palette(text)
    if text.startswith(("[", "{")):
        document = json.loads(text)
        items = document.get("colors") if isinstance(document, dict) else document
        if not isinstance(items, list):
            msg = 'JSON must be a list of hex strings, or an object with such a list as "colors"'
            raise ValueError(msg)
        return hex_rows([item.get("hex") if isinstance(item, dict) else item for item in items])
    return hex_rows([line.strip() for line in text.splitlines() if line.strip()])


def colors_of_gimp_palette(text: str) -> NDArray[np.uint8]:
    """Read the lines with three numbers from 0 to 255."""
    rows = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if not words or line.startswith("#") or re.match(r"(Name|Columns):", line):
            continue
        samples = [int(word) for word in words[:3] if word.isdecimal() and int(word) <= 255]
        if len(samples) != 3:
            msg = f"a line of a GIMP palette must begin with three numbers from 0 to 255, got {line!r}"
            raise ValueError(msg)
        rows.append([*samples, 255])
    return np.array(rows, np.uint8).reshape(-1, 4)


def hex_rows(items: list[Any]) -> NDArray[np.uint8]:
    """Read hex colours, with # or without."""
    rows = []
    for item in items:
        match = HEX.fullmatch(item) if isinstance(item, str) else None
        if match is None:
            msg = f"a color must be hex such as #ff8800 or #ff880080, got {item!r}"
            raise ValueError(msg)
        rows.append([*ImageColor.getrgb(f"#{match[1]}"), 255][:4])
    return np.array(rows, np.uint8).reshape(-1, 4)


def encode_with_palette(colors: NDArray[np.uint8]) -> Callable[..., bytes]:
    """Make a function that encodes as `encode_png` does, but with these colours (n, 4)."""

    def encode(
        image: Image.Image,
        *,
        dither: str = "auto",
        dither_strength: float | None = None,
        compression: str = "default",
        metadata: Metadata = "color",
        n_threads: int | None = None,
        progress: Callable[[float], object] = lambda _: None,
    ) -> bytes:
        progress(0.0)
        source, color_info = in_srgb(Source.read(image))
        samples = oriented(source.samples, orientation(image))
        palette = with_transparent(colors) if has_transparent(samples) else colors
        mapped = quantize(
            samples,
            palette=palette_image(palette),
            dither=dither,
            dither_strength=dither_strength,
            n_threads=n_threads,
        )
        indexed = IndexedImage(np.asarray(mapped), palette)
        return png.encode(indexed, metadata_chunks(image, metadata, color_info), compression=compression)

    return encode


def has_transparent(samples: NDArray[Any]) -> bool:
    """Whether pixels (H, W, C) are fully transparent."""
    return samples.shape[2] in (2, 4) and bool((samples[..., -1] == 0).any())


def with_transparent(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Add a fully transparent colour to (n, 4) unless there is one: the invisible must stay so."""
    if (colors[:, 3] == 0).any():
        return colors
    if len(colors) == MAX_BYTE_COLORS:
        msg = "it has transparent pixels, and the palette neither a transparent color nor room for one: give 255 colors"
        raise ValueError(msg)
    return np.concatenate((colors, np.zeros((1, 4), np.uint8)))


def palette_image(colors: NDArray[np.uint8]) -> Image.Image:
    """Make what `quantize` takes as a palette."""
    is_opaque = bool((colors[:, 3] == 255).all())
    return p_image(np.zeros((1, 1), np.uint8), colors[:, :3] if is_opaque else colors)
