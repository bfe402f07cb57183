"""The comparison as one HTML document that needs nothing else."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from string import Template

from .. import _native
from ..measures import count_colors
from ..swatches.picture_colors import swatches_of
from .chart import chart_svg
from .measured import HEADINGS, Measured, cells, png_of
from .side_by_side import ZOOM, detail

TEMPLATE = Path(__file__).with_name("page.html")


def page(comparison: Measured) -> str:
    """Fill the template."""
    height, width = comparison.original.shape[:2]
    place = detail(comparison.original, width // ZOOM, height // ZOOM)
    rows = []
    for i, row in enumerate(comparison.table):
        swatches = swatches_of(comparison.decoded(i))
        rows.append(
            {
                "title": f"{row.colors} {'color' if row.colors == 1 else 'colors'}",
                "facts": f"{row.bytes:,} bytes, {row.ratio:.1%} of the original; SSIMULACRA 2: {row.ssimulacra2:.1f}",
                "swatches": [{"hex": swatch.hex, "share": f"{swatch.share:.1%}"} for swatch in swatches],
            }
        )
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=html.escape(comparison.name),
        facts=f"{width:,} &times; {height:,} pixels, {count_colors(comparison.original):,} colors, "
        f"{comparison.original_bytes:,} bytes",
        width=width,
        height=height,
        zoom=ZOOM,
        focus=f"{percent(place.x, width - place.width)} {percent(place.y, height - place.height)}",
        original=data_uri(png_of(comparison.original)),
        results="".join(
            f'<img src="{data_uri(data)}" alt="in {row["title"]}" hidden>'
            for row, data in zip(rows, comparison.pngs, strict=True)
        ),
        switches="".join(
            f'<label><input type="radio" name="k" value="{i}"><span>{row.n_colors}</span></label>'
            for i, row in enumerate(comparison.table)
        ),
        headings="".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS),
        table="".join(
            "<tr>"
            + "".join(f'<td data-name="{name}">{cell}</td>' for name, cell in zip(HEADINGS, cells(row), strict=True))
            + "</tr>"
            for row in comparison.table
        ),
        chart=chart_svg(comparison),
        data=json.dumps(rows).replace("<", "\\u003c"),
        version=_native.version,
    )


def data_uri(png: bytes) -> str:
    """Write a picture into an address."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def percent(part: int, whole: int) -> str:
    """Where a window that moves so far stands, as CSS counts it for the origin of an enlargement."""
    return f"{100 * part / whole if whole else 50:.2f}%"
