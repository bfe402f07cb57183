"""The colours of a palette picture as swatches, and as text that other programs read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Swatch:
    """One colour of a palette."""

    rgba: tuple[int, ...]
    share: float
    """Of the pixels that have it, from 0.0 to 1.0."""

    @property
    def hex(self) -> str:
        """``#rrggbb``, or ``#rrggbbaa`` if it is not opaque."""
        return f"#{bytes(self.rgba[:3] if self.is_opaque else self.rgba).hex()}"

    @property
    def is_opaque(self) -> bool:
        """Whether nothing shines through."""
        return self.rgba[3] == 255


def swatches_of(image: Image.Image) -> list[Swatch]:
    """Return the entries of a P image, the most frequent first, then in the palette's order."""
    image = image.copy()
    image.apply_transparency()
    rgba = np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    counts = np.bincount(np.asarray(image).ravel(), minlength=len(rgba))
    order = np.argsort(-counts, kind="stable")
    n_pixels = max(1, int(counts.sum()))
    return [Swatch(tuple(rgba[i].tolist()), int(counts[i]) / n_pixels) for i in order]


def as_hex(swatches: Sequence[Swatch], name: str) -> str:
    """One in each line."""
    return "".join(f"{swatch.hex}\n" for swatch in swatches)


def as_css(swatches: Sequence[Swatch], name: str) -> str:
    """Variables ``--color-1`` and so on."""
    variables = "".join(f"  --color-{i}: {swatch.hex};\n" for i, swatch in enumerate(swatches, 1))
    return f":root {{\n{variables}}}\n"


def as_json(swatches: Sequence[Swatch], name: str) -> str:
    """Make an object with the picture's name and "colors", each with "hex" and "share"."""
    colors = [{"hex": swatch.hex, "share": round(swatch.share, 6)} for swatch in swatches]
    return json.dumps({"name": name, "colors": colors}, indent=2) + "\n"


def as_gpl(swatches: Sequence[Swatch], name: str) -> str:
    """
    Make a GIMP palette.

    Raises
    ------
    ValueError
        If a colour is not opaque, which GIMP palettes cannot say.
    """
    for swatch in swatches:
        if not swatch.is_opaque:
            msg = f"a GIMP palette holds opaque colors only, got {swatch.hex}: take css, json or hex"
            raise ValueError(msg)
    title = " ".join(name.split())  # on one line
    rows = "".join("{:3} {:3} {:3}".format(*swatch.rgba) + f"\t{swatch.hex}\n" for swatch in swatches)
    return f"GIMP Palette\nName: {title}\nColumns: 0\n#\n{rows}"


FORMATS: dict[str, Callable[[Sequence[Swatch], str], str]] = {
    "hex": as_hex,
    "css": as_css,
    "json": as_json,
    "gpl": as_gpl,
}
"""Name of a format -> palette and its name as text."""
