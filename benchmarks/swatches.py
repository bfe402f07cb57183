"""The colours that `palette` finds in photographs, beside those of color-thief, colorgram.py and Pylette.

A picture has a hue where at least one pixel in five hundred is vivid and of it: of Oklab chroma 0.1 or more, in one of
twelve equal sectors. A tool has found it if one of its colours, of chroma 0.07 or more, is in that sector or within
half a sector of it. Greys are colours of chroma below 0.04; the nearest pair is the least difference of two colours, in
Oklab. Times are of the call on a picture in memory, CPU, one thread where that can be said.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks import needs
from benchmarks.needs import Need
from benchmarks.pictures import find_pictures, shipped_pictures
from benchmarks.tables import print_table
from benchmarks.timing import interleave

N_COLORS = 8
SECTORS, VIVID, FOUND, GREY, LEAST_SHARE = 12, 0.1, 0.07, 0.04, 1 / 500
SHOWN = ("astronaut", "coffee", "china", "flower")
# Paper is transparent, and ink can be read on white and on black.
TILE_WIDTH, STRIP_HEIGHT, LABEL_WIDTH, GAP, PAPER, INK = 230, 26, 130, 6, (0, 0, 0, 0), (120, 120, 120)


@dataclass(frozen=True)
class Tool:
    """What finds colours: `find` takes a PIL image and returns RGB colours (n, 3)."""

    name: str
    find: Callable[[Image.Image], Any]
    missing: Need = needs.nothing


def ours(image: Image.Image, *, kind: str) -> Any:
    from pil_kmeans import palette

    return palette(image, N_COLORS, kind=kind, n_threads=1).colors


def color_thief(image: Image.Image) -> Any:
    """With its defaults; it reads files only."""
    from colorthief import ColorThief

    file = BytesIO()
    image.save(file, "BMP")
    return ColorThief(file).get_palette(color_count=N_COLORS)


def colorgram_py(image: Image.Image) -> Any:
    import colorgram

    return [tuple(color.rgb) for color in colorgram.extract(image, N_COLORS)]


def pylette(image: Image.Image, *, mode: str) -> Any:
    from pylette import extract_colors

    return [tuple(color.rgb)[:3] for color in extract_colors(image, palette_size=N_COLORS, mode=mode).colors]


TOOLS = (
    Tool("ours, dominant", partial(ours, kind="dominant")),
    Tool("ours, accent", partial(ours, kind="accent")),
    Tool("ours, real", partial(ours, kind="real")),
    Tool("color-thief", color_thief, needs.module("colorthief")),
    Tool("colorgram.py", colorgram_py, needs.module("colorgram")),
    Tool("Pylette", partial(pylette, mode="KMeans"), needs.module("pylette")),
    Tool("Pylette, median cut", partial(pylette, mode="MedianCut"), needs.module("pylette")),
)
IN_PICTURE = ("ours, dominant", "ours, accent", "color-thief", "colorgram.py", "Pylette")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100", help="patterns (default: %(default)s)")
    add("--repeats", type=int, default=3, metavar="N", help="rounds of timing (default: %(default)s)")
    add("--sheet", type=Path, metavar="FILE", help="also draw the pictures and what is found in them")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    tools, sentences = needs.split(TOOLS)
    print("\n".join(sentences))
    pictures = {p.name: Image.fromarray(p.pixels) for p in find_pictures(arguments.pictures, images=arguments.images)}
    rows = []
    for name, image in pictures.items():
        present = hues_of(np.asarray(image))
        times = interleave({tool.name: partial(tool.find, image) for tool in tools}, repeats=arguments.repeats)
        for tool in tools:
            colors = np.array(tool.find(image), np.uint8).reshape(-1, 3)
            own = {"picture": name, "tool": tool.name, "cpu_ms": median(times[tool.name]), "hues": len(present)}
            rows.append(own | measured(colors, present))
    print_table(
        f"{len(pictures)} pictures, {N_COLORS} colours",
        ["tool", "hues found", "greys", "nearest pair", "CPU ms"],
        [[tool.name, *summary([row for row in rows if row["tool"] == tool.name])] for tool in tools],
    )
    if arguments.sheet is not None:
        arguments.sheet.write_bytes(sheet(pictures, [tool for tool in tools if tool.name in IN_PICTURE]))
    return {"n_colors": N_COLORS, "swatches": rows}


def summary(rows: list[dict[str, Any]]) -> list[Any]:
    """Share of all hues that are found, means of greys and nearest pairs, and the median time."""
    found = sum(row["found"] for row in rows) / max(1, sum(row["hues"] for row in rows))
    return [
        found,
        mean(row["greys"] for row in rows),
        mean(row["nearest"] for row in rows),
        median(r["cpu_ms"] for r in rows),
    ]


def hues_of(pixels: np.ndarray) -> list[int]:
    """The sectors of hue in which a picture has vivid pixels."""
    chroma, hue = polar(pixels.reshape(-1, 3))
    counts = np.bincount(hue[chroma >= VIVID].astype(int), minlength=SECTORS)
    return np.flatnonzero(counts >= LEAST_SHARE * len(hue)).tolist()


def measured(colors: np.ndarray, present: list[int]) -> dict[str, Any]:
    chroma, hue = polar(colors)
    vivid = hue[chroma >= FOUND]
    off = np.abs((vivid[:, None] - (np.array(present, float) + 0.5) + SECTORS / 2) % SECTORS - SECTORS / 2)
    points = oklab(colors)
    between = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(len(points), 1)]
    found = int((off <= 1).any(axis=0).sum()) if len(vivid) and present else 0
    return {
        "found": found,
        "greys": int((chroma < GREY).sum()),
        "nearest": float(between.min()) if len(between) else 0.0,
    }


def polar(colors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chroma, and hue in sectors from 0 to 12."""
    _, a, b = oklab(colors).T
    return np.hypot(a, b), (np.arctan2(b, a) / (2 * np.pi) % 1 * SECTORS) % SECTORS


def oklab(colors: np.ndarray) -> np.ndarray:
    """Ottosson 2020, of 8-bit sRGB."""
    x = colors / 255
    light = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(
        light
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return cones @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


def published_sheet() -> bytes | None:
    """The picture that the documentation shows; None where a peer is missing."""
    tools, sentences = needs.split(tool for tool in TOOLS if tool.name in IN_PICTURE)
    if sentences:
        return None
    return sheet({p.name: Image.fromarray(p.pixels) for p in shipped_pictures() if Path(p.name).name in SHOWN}, tools)


def sheet(pictures: dict[str, Image.Image], tools: list[Tool]) -> bytes:
    """A PNG: columns of a photograph and strips of what each tool finds in it, by lightness."""
    from pil_kmeans import encode_png

    height = round(TILE_WIDTH * 2 / 3)
    width = LABEL_WIDTH + len(pictures) * (TILE_WIDTH + GAP)
    drawn = Image.new("RGBA", (width, height + len(tools) * (STRIP_HEIGHT + GAP)), PAPER)
    draw, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=15)
    for row, tool in enumerate(tools):
        draw.text((0, height + row * (STRIP_HEIGHT + GAP) + GAP + 3), tool.name, INK, font)
    for column, image in enumerate(pictures.values()):
        left = LABEL_WIDTH + column * (TILE_WIDTH + GAP)
        scale = max(TILE_WIDTH / image.width, height / image.height)
        small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
        drawn.paste(small.crop((0, 0, TILE_WIDTH, height)), (left, 0))
        for row, tool in enumerate(tools):
            colors = np.array(tool.find(image), np.uint8).reshape(-1, 3)
            colors = colors[np.argsort(oklab(colors)[:, 0])]
            top = height + row * (STRIP_HEIGHT + GAP) + GAP
            ends = np.rint(np.linspace(left, left + TILE_WIDTH, len(colors) + 1)).astype(int).tolist()
            for color, start, end in zip(colors.tolist(), ends[:-1], ends[1:], strict=True):
                draw.rectangle((start, top, end - 1, top + STRIP_HEIGHT - 1), tuple(color))
    return encode_png(drawn, lossy=0)
