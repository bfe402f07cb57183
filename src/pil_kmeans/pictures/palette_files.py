"""Palette files: the colours that a picture, a GIMP palette, JSON or lines of hex colours hold."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, UnidentifiedImageError

from ..stages.histogram import histogram
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.pixels import read_pixels
from ..stages.samples import rgba_rows, to_uint8
from .palettes import entries_of
from .read import read_picture

GIMP_PALETTE = "GIMP Palette"
HEX = re.compile(r"#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b")


def colors_of_file(content: bytes) -> NDArray[np.uint8]:
    """Read the colours that a file holds.

    Parameters
    ----------
    content : bytes
        A picture, of mode P its palette and otherwise its different colours; a GIMP palette; JSON, a list of hex
        strings or of objects with "hex", or an object with such a list under "colors"; or text, a hex colour in each
        line.

    Returns
    -------
    ndarray of shape (n, 4), uint8
        RGBA, 1 to 256 of them.

    Raises
    ------
    ValueError, KeyError, SyntaxError, OSError
        If it holds none, too many, or is broken.
    """
    try:
        colors = colors_of_image(content)
    except UnidentifiedImageError:
        colors = colors_of_text(content.decode())
    if not 1 <= len(colors) <= MAX_BYTE_COLORS:
        msg = f"it holds {len(colors):,} colors, and a palette 1 to {MAX_BYTE_COLORS}"
        raise ValueError(msg)
    return colors


def colors_of_image(content: bytes) -> NDArray[np.uint8]:
    """Entries of a palette as they are, or the different colours of pixels."""
    with Image.open(BytesIO(content)) as image:
        image.load()
    if image.mode == "P":
        return entries_of(image, with_transparency=True)
    return rgba_rows(to_uint8(histogram(read_pixels(read_picture(image).samples), n_threads=None).colors))


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
