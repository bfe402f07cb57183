"""Metadata of a PIL image -> PNG chunks."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, get_args

from PIL import ExifTags, Image

from ..exif import BROKEN_EXIF, orientation
from .chunks import Chunk

Metadata = Literal["color", "all", "none"]

SIDEWAYS = (5, 6, 7, 8)
"""Orientations that exchange width and height."""

TIFF_STRUCTURE_TAGS = frozenset(
    {*range(254, 260), *range(277, 280), *range(322, 326), *range(529, 533), 262, 266, 273, 284, 292}
    | {293, 317, 320, 330, 338, 339, 347, 512, 513, 700, 33723, 34377, 34675}
)
"""Tags that say how a TIFF file stores its pixels, or hold XMP, IPTC, Photoshop data or ICC."""

NOT_TEXT = frozenset(["xmp", "XML:com.adobe.xmp", "Raw profile type exif", "compression"])
"""Keys of `info` with a string that is no text of the picture's."""

NUMBERS = {b"gAMA": 1, b"cHRM": 8}
"""How many a chunk holds."""

XMP_KEYWORD = "XML:com.adobe.xmp"
MIN_COMPRESSED_TEXT = 1024
METERS_PER_INCH = 0.0254
USUAL_DPI = (72, 90, 96)
ICON = 256
"""Pixels of the longer side."""


def check_metadata(metadata: str) -> None:
    """Raise ValueError unless `metadata` is one of the three choices."""
    allowed = get_args(Metadata)
    if metadata not in allowed:
        msg = f"metadata must be one of {list(allowed)}, got {metadata!r}"
        raise ValueError(msg)


def metadata_chunks(image: Image.Image | None, metadata: Metadata, color_info: Mapping[Any, Any]) -> list[Chunk]:
    """PNG chunks for the upright image, whose colours `color_info` describes: none, those for its looks, or all."""
    if image is None or metadata == "none":
        return []
    turned, is_all = orientation(image), metadata == "all"
    chunks = color_chunks(color_info)
    if is_all or tells_density(image):
        chunks += density_chunk(image.info, turned)
    if is_all:
        chunks += exif_chunk(image) + xmp_chunk(image.info) + text_chunks(image)
    return chunks


def color_chunks(info: Mapping[Any, Any]) -> list[Chunk]:
    """Make iCCP or sRGB, gAMA, cHRM: what the numbers of a colour mean."""
    chunks: list[Chunk] = []
    profile = info.get("icc_profile")
    if isinstance(profile, bytes) and profile[16:20] == b"RGB ":  # the only kind that fits a palette of RGB
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile, 9)))
    elif info.get("srgb") in (0, 1, 2, 3):
        chunks.append((b"sRGB", bytes([info["srgb"]])))
    if info.get("gamma"):
        chunks += number_chunk(b"gAMA", [info["gamma"]])
    if info.get("chromaticity"):
        chunks += number_chunk(b"cHRM", info["chromaticity"])
    return chunks


def tells_density(image: Image.Image) -> bool:
    """Whether the dpi or aspect of a picture say what is not assumed without them.

    Square pixels do not, nor does a density in an icon that its program writes where nobody has chosen one.
    """
    try:
        x, y = image.info.get("dpi", image.info.get("aspect", (1, 1)))
        is_square = round(x) == round(y)
        is_usual = round(x) in USUAL_DPI and max(image.size) <= ICON
    except (TypeError, ValueError, OverflowError):
        return True  # to be refused
    return not (is_square and ("dpi" not in image.info or is_usual))


def number_chunk(kind: bytes, values: Any) -> list[Chunk]:
    """Make a chunk of numbers as PNG stores them, hundred-thousandths; none if it cannot store them."""
    try:
        hundred_thousandths = [round(float(value) * 100_000) for value in values]
        return [(kind, struct.pack(f">{NUMBERS[kind]}I", *hundred_thousandths))]
    except (TypeError, ValueError, OverflowError, struct.error):
        return []


def density_chunk(info: Mapping[Any, Any], turned: int) -> list[Chunk]:
    """Make pHYs from dpi, in pixels per metre, or from the aspect of a pixel."""
    unit, scale = (1, 1 / METERS_PER_INCH) if "dpi" in info else (0, 1.0)
    try:
        x, y = (float(value) * scale for value in info.get("dpi", info.get("aspect")))
    except (TypeError, ValueError, ZeroDivisionError):
        return []
    if not (isfinite(x) and isfinite(y) and round(min(x, y)) >= 1 and max(x, y) < 2**31):
        return []
    if turned in SIDEWAYS:
        x, y = y, x
    return [(b"pHYs", struct.pack(">IIB", round(x), round(y), unit))]


def exif_chunk(image: Image.Image) -> list[Chunk]:
    """EXIF (eXIf) without the orientation, which the pixels have taken on."""
    exif = Image.Exif()
    try:
        exif.load(image.getexif().tobytes())  # a copy: the image keeps its tags
        for tag in {ExifTags.Base.Orientation, *TIFF_STRUCTURE_TAGS} & set(exif):
            del exif[tag]
        return [(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))] if len(exif) else []
    except BROKEN_EXIF:
        return []


def xmp_chunk(info: Mapping[Any, Any]) -> list[Chunk]:
    """XMP (iTXt) without the orientation."""
    xmp = info.get("xmp") or info.get(XMP_KEYWORD)
    if not xmp:
        return []
    text = xmp.encode() if isinstance(xmp, str) else bytes(xmp).rstrip(b"\0")
    text = re.sub(rb'\s*tiff:Orientation="[0-9]"', b"", text)
    text = re.sub(rb"<tiff:Orientation>[0-9]</tiff:Orientation>\s*", b"", text)
    return [(b"iTXt", XMP_KEYWORD.encode() + b"\0\0\0\0\0" + text)]


def text_chunks(image: Image.Image) -> list[Chunk]:
    """tEXt, zTXt or iTXt for every text in `info` that has a keyword PNG allows."""
    texts: dict[Any, str] = {k: v for k, v in image.info.items() if isinstance(v, str)}
    comment = image.info.get("comment")
    if isinstance(comment, bytes):
        texts["Comment"] = comment.decode("utf-8", errors="replace")
    return [
        text_chunk(keyword, text) for keyword, text in texts.items() if keyword not in NOT_TEXT and is_keyword(keyword)
    ]


def is_keyword(key: Any) -> bool:
    """Whether PNG allows `key`: 1 to 79 printable Latin-1 characters, single spaces within."""
    return isinstance(key, str) and bool(re.fullmatch(r"(?! )(?!.*  )[\x20-\x7e\xa1-\xff]{1,79}(?<! )", key))


def text_chunk(keyword: str, text: str) -> Chunk:
    """Smallest of the chunks that can hold the text and what Pillow knows about its language."""
    name = keyword.encode("latin-1") + b"\0"
    language = [getattr(text, field, None) or "" for field in ("lang", "tkey")]
    is_latin = not re.search(r"[^\n\x20-\x7e\xa0-\xff]", text) and not any(language)
    data = text.encode("latin-1" if is_latin else "utf-8")
    compressed = zlib.compress(data, 9) if len(data) >= MIN_COMPRESSED_TEXT else data
    is_smaller = len(compressed) < len(data)
    data = compressed if is_smaller else data
    if is_latin:
        return (b"zTXt", name + b"\0" + data) if is_smaller else (b"tEXt", name + data)
    header = name + bytes([is_smaller, 0]) + b"\0".join(part.encode() for part in language)
    return b"iTXt", header + b"\0" + data
