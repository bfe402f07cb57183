"""``palettes``: the palettes that have a name."""

from __future__ import annotations

import argparse
import json

from ..pictures.named_palettes import NAMED_PALETTES, NamedPalette
from ..swatches.drawn import in_a_row, shows_true_color
from ..swatches.swatch import Swatch

_MOST_IN_A_ROW = 16


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="all colors of each, and where they were published")


def run(options: argparse.Namespace) -> int:
    """Print them."""
    if options.json:
        print(json.dumps({name: as_json(palette) for name, palette in NAMED_PALETTES.items()}, indent=2))
        return 0
    with_areas = shows_true_color()
    width = max(map(len, NAMED_PALETTES))
    for name, palette in NAMED_PALETTES.items():
        swatches = swatches_of_rows(palette)
        print(f"{name:{width}}  {len(swatches):3}  {palette.title}")
        rows = range(0, len(swatches), _MOST_IN_A_ROW)
        if with_areas:
            for start in rows:
                print(" " * (width + 7) + in_a_row(swatches[start : start + _MOST_IN_A_ROW]))
        elif len(swatches) <= _MOST_IN_A_ROW:
            print(" " * (width + 7) + " ".join(swatch.hex for swatch in swatches))
    return 0


def swatches_of_rows(palette: NamedPalette) -> list[Swatch]:
    """Return the colours as they look."""
    return [Swatch((*rgb, 255), 0.0) for rgb in palette.seen.tolist()]


def as_json(palette: NamedPalette) -> dict[str, object]:
    """Return all there is to know."""
    columns = {
        name: [f"#{bytes(rgb).hex()}" for rgb in colors.tolist()]
        for name, colors in (("seen", palette.seen), ("device", palette.device))
    }
    codes = list(palette.codes or range(len(palette.device)))
    return {"title": palette.title, **columns, "codes": codes, "source": palette.source}
