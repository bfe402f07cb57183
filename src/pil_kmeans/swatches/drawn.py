"""Swatches that are seen: in a terminal, in a notebook, as a picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .swatch import Swatch

_MOST_LARGE, _MOST_SMALL = 32, 256


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
    """Make a piece of a page: a tile of each colour, of a few with hex and share below, of many with a tooltip.

    Of more than a palette image holds only the first are drawn. Text has the colour of the page.
    """
    make = _large_tile if len(swatches) <= _MOST_LARGE else _small_tile
    tiles = "".join(map(make, swatches[:_MOST_SMALL]))
    gap = ".4em" if make is _large_tile else "1px"
    more = f"<small>and {len(swatches) - _MOST_SMALL:,} more</small>" if len(swatches) > _MOST_SMALL else ""
    return f'<div style="display:flex;flex-wrap:wrap;gap:{gap};line-height:1.3;text-align:center">{tiles}{more}</div>'


def _large_tile(swatch: Swatch) -> str:
    return (
        f'<div style="width:5.5em"><div style="height:3em;background:{swatch.hex};border:1px solid #8888"></div>'
        f'<span style="font-family:monospace">{swatch.hex}</span><br><small>{swatch.share:.1%}</small></div>'
    )


def _small_tile(swatch: Swatch) -> str:
    title = f"{swatch.hex} {swatch.share:.2%}"
    return f'<div title="{title}" style="width:1.4em;height:1.4em;background:{swatch.hex}"></div>'


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
