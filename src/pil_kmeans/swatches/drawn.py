"""Swatches that are seen: in a terminal, in a notebook, as a picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from html import escape
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .swatch import Swatch


def for_terminal(swatches: Sequence[Swatch], *, in_true_color: bool) -> str:
    """Lay out a palette for a terminal: a block of each colour, if it can show them, its hex and its share."""
    lines = []
    for swatch in swatches:
        area = f"{_area(swatch, 6)}  " if in_true_color else ""
        lines.append(f"{area}{swatch.hex:9}  {swatch.share:6.1%}\n")
    return "".join(lines)


def in_a_row(swatches: Sequence[Swatch]) -> str:
    """Lay out a palette for a terminal that can show colours: a small block of each, side by side."""
    return "".join(_area(swatch, 3) for swatch in swatches)


def shows_true_color() -> bool:
    """Whether standard output is a terminal that shows any colour, and should."""
    is_able = os.environ.get("COLORTERM") in ("truecolor", "24bit") and not os.environ.get("NO_COLOR")
    return is_able and sys.stdout is not None and sys.stdout.isatty()


def as_html(swatches: Sequence[Swatch]) -> str:
    """Make a piece of a page: a tile of each colour, its hex and its share below; of all pages the text's colour."""
    tiles = "".join(
        f'<div style="width:5.5em"><div style="height:3em;background:{swatch.hex};border:1px solid #8888"></div>'
        f"<code>{escape(swatch.hex)}</code><br><small>{swatch.share:.1%}</small></div>"
        for swatch in swatches
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:.4em;line-height:1.3;text-align:center">{tiles}</div>'


def as_image(colors: NDArray[np.uint8], widths: NDArray[np.float64], size: tuple[int, int]) -> Image.Image:
    """Draw areas side by side, (n, 3) or (n, 4), with widths that are in these relations.

    Raises
    ------
    ValueError
        If there is no colour, or no pixel for each.
    """
    width, height = size
    if not 1 <= len(colors) <= width or height < 1:
        raise ValueError(f"size={size!r} must hold a pixel for each of {len(colors)} colors, and there must be one")
    ends = np.rint(width * np.cumsum(widths) / widths.sum()).astype(np.intp)
    row = np.repeat(colors, np.diff(ends, prepend=0), axis=0)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(row, (height, *row.shape))))


def as_png(image: Image.Image) -> bytes:
    """Return the content of a PNG."""
    file = BytesIO()
    image.save(file, format="PNG", optimize=True)
    return file.getvalue()


def _area(swatch: Swatch, width: int) -> str:
    red, green, blue, _ = swatch.rgba
    return f"\x1b[48;2;{red};{green};{blue}m{' ' * width}\x1b[0m"
