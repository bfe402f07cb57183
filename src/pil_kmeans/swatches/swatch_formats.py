"""Files that hold the colours of swatches, for other programs."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence

from .swatch import Swatch


def as_hex(swatches: Sequence[Swatch], name: str) -> bytes:
    """One in each line."""
    return "".join(f"{swatch.hex}\n" for swatch in swatches).encode()


def as_css(swatches: Sequence[Swatch], name: str) -> bytes:
    """Variables ``--color-1`` and so on."""
    variables = "".join(f"  --color-{i}: {swatch.hex};\n" for i, swatch in enumerate(swatches, 1))
    return f":root {{\n{variables}}}\n".encode()


def as_json(swatches: Sequence[Swatch], name: str) -> bytes:
    """Make an object with the picture's name and "colors", each with "hex" and "share"."""
    colors = [{"hex": swatch.hex, "share": round(swatch.share, 6)} for swatch in swatches]
    return (json.dumps({"name": name, "colors": colors}, indent=2) + "\n").encode()


def as_gpl(swatches: Sequence[Swatch], name: str) -> bytes:
    """Make a palette of GIMP, Inkscape and Krita; of opaque colours only."""
    rows = "".join("{:3} {:3} {:3}".format(*rgb) + f"\t#{rgb.hex()}\n" for rgb in opaque_rgb(swatches))
    title = " ".join(name.split())  # on one line
    return f"GIMP Palette\nName: {title}\nColumns: 0\n#\n{rows}".encode(errors="replace")


def as_act(swatches: Sequence[Swatch], name: str) -> bytes:
    """Make an Adobe color table: 256 times R, G, B, how many count, no transparent one; of opaque colours only."""
    return b"".join(opaque_rgb(swatches)).ljust(3 * 256, b"\0") + struct.pack(">HH", len(swatches), 0xFFFF)


def as_ase(swatches: Sequence[Swatch], name: str) -> bytes:
    """Make an Adobe swatch exchange file: a block for each colour, named by its hex; of opaque colours only."""
    blocks = [
        block(f"#{rgb.hex()}", b"RGB " + struct.pack(">3f", *(sample / 255 for sample in rgb)))
        for rgb in opaque_rgb(swatches)
    ]
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


def block(name: str, color: bytes) -> bytes:
    """Make a block of a swatch exchange file: a colour that stands for itself, not global and no spot colour."""
    color_entry, normal = 1, 2
    text = f"{name}\0"
    data = struct.pack(">H", len(text)) + text.encode("utf-16-be") + color + struct.pack(">H", normal)
    return struct.pack(">HI", color_entry, len(data)) + data


def opaque_rgb(swatches: Sequence[Swatch]) -> list[bytes]:
    """Return R, G, B of each, for formats that know nothing else.

    Raises
    ------
    ValueError
        If a colour is not opaque.
    """
    for swatch in swatches:
        if not swatch.is_opaque:
            msg = f"this format holds opaque colors only, got {swatch.hex}: take css, json or hex"
            raise ValueError(msg)
    return [bytes(swatch.rgba[:3]) for swatch in swatches]


FORMATS: dict[str, Callable[[Sequence[Swatch], str], bytes]] = {
    "hex": as_hex,
    "css": as_css,
    "json": as_json,
    "gpl": as_gpl,
    "act": as_act,
    "ase": as_ase,
}
"""Name of a format, also the end of its files' names -> palette and its name as bytes."""
