"""What encode_png decides by itself, by several judges: whether to dither, and how much rougher to make the indices.

``dither="auto"`` beside "none" and "floyd-steinberg", without ``lossy``: files that it makes larger than "none" does
and that a judge finds worse by more than its margin, and files of "none" that a judge would rather have dithered.
``lossy`` beside 0, of pictures whose file became smaller: bytes, and what each judge finds. Pictures with alpha lie on
steel blue.
"""

import argparse
import io
from collections.abc import Iterable
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.groups import group
from benchmarks.judges import BY_KEY, judged
from benchmarks.look.judge import on_backgrounds
from benchmarks.pictures import KINDS, PHOTOGRAPHS, Picture, find_kinds
from benchmarks.progress import track
from benchmarks.tables import print_table

N_COLORS = (8, 16, 64, 256)
MARGINS = {"ssimulacra2": 0.5, "butteraugli_3norm": 0.03, "dssim": 0.03}  # points, and shares of the value
BACKGROUND = "steel blue"
WAYS: dict[str, dict[str, Any]] = {
    "none": {"dither": "none", "lossy": 0},
    "dithered": {"dither": "floyd-steinberg", "lossy": 0},
    "auto": {"dither": "auto", "lossy": 0},
    "default": {},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100", help="photographs, patterns (default: %(default)s)")
    add("--kinds", nargs="+", default=KINDS, choices=KINDS, metavar="KIND", help="(default: all)")
    add("--n-colors", type=int, nargs="+", default=N_COLORS, metavar="N", help="(default: 8 16 64 256)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    pictures = find_kinds(arguments.kinds, arguments.pictures, images=arguments.images)
    rows = [
        encoded(picture, n_colors)
        for picture in track(pictures, "pictures", lambda picture: picture.name)
        for n_colors in arguments.n_colors
    ]
    kinds = group(rows, "kind", "n_colors")
    print_table(
        'dither="auto" beside "none": larger and worse, and worse where it does not dither, by each judge and by most',
        ["kind", "colours", "pictures", "dithered", *(f"{BY_KEY[key].title}" for key in MARGINS), "most of them"],
        [[*place, len(some), sum(r["is_dithered"] for r in some), *misses(some)] for place, some in kinds.items()],
    )
    print_table(
        "lossy by default beside 0, of files that it makes smaller: bytes, points of SSIMULACRA 2, ratios of means",
        ["kind", "colours", "pictures", "bytes", "lost points", "most", "Butteraugli 3-norm", "DSSIM"],
        [
            [*place, *losses([r for r in some if r["bytes"]["default"] < r["bytes"]["auto"]])]
            for place, some in kinds.items()
        ],
    )
    return {"files": rows}


def encoded(picture: Picture, n_colors: int) -> dict[str, Any]:
    import pil_kmeans

    files = {name: pil_kmeans.encode_png(picture.pixels, n_colors=n_colors, **way) for name, way in WAYS.items()}
    opened = {name: Image.open(io.BytesIO(data)) for name, data in files.items()}
    seen = {name: on_background(image.convert("RGBA")) for name, image in opened.items()}
    original = on_background(Image.fromarray(picture.pixels).convert("RGBA"))
    return {
        "picture": picture.name,
        "kind": "photographs" if picture.kind == PHOTOGRAPHS else picture.kind,
        "n_colors": n_colors,
        "is_dithered": files["auto"] != files["none"],
        "bytes": {name: len(data) for name, data in files.items()},
        "scores": judged(original, seen, keys=tuple(MARGINS)),
    }


def on_background(image: Image.Image) -> np.ndarray:
    return on_backgrounds(image)[BACKGROUND]


def misses(rows: Iterable[dict[str, Any]]) -> list[str]:
    """How often each judge, and most of them, would have decided otherwise: wrongly dithered + wrongly not."""
    counts = np.zeros((len(MARGINS) + 1, 2), int)
    for row in rows:
        other = "none" if row["is_dithered"] else "dithered"
        if row["is_dithered"] and row["bytes"]["auto"] <= row["bytes"]["none"]:
            continue
        wrong = [is_better(key, row["scores"][other], row["scores"]["auto"]) for key in MARGINS]
        counts[:, int(not row["is_dithered"])] += [*wrong, 2 * sum(wrong) > len(wrong)]
    return [f"{dithered} + {plain}" for dithered, plain in counts]


def is_better(key: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a judge finds one better by more than its margin; not if it is missing on this machine."""
    if one.get(key) is None or other.get(key) is None:
        return False
    if BY_KEY[key].better > 0:
        return one[key] > other[key] + MARGINS[key]
    return one[key] < (1 - MARGINS[key]) * other[key]


def losses(rows: list[dict[str, Any]]) -> list[Any]:
    if not rows:
        return [0]
    lost = [row["scores"]["auto"]["ssimulacra2"] - row["scores"]["default"]["ssimulacra2"] for row in rows]
    ratios = [
        mean(row["scores"]["default"][key] for row in rows) / mean(row["scores"]["auto"][key] for row in rows)
        if all(row["scores"]["auto"].get(key) is not None for row in rows)
        else None
        for key in ("butteraugli_3norm", "dssim")
    ]
    n_bytes = sum(row["bytes"]["default"] for row in rows) / sum(row["bytes"]["auto"] for row in rows)
    return [len(rows), n_bytes, mean(lost), max(lost), *ratios]
