"""Bytes at equal looks: ours over `lossy`, against palette PNGs of others, and JPEG and WebP as context.

What looks equal is said by more than one judge, as each has its blind spots, and files could be made for one of them.
"""

import io
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, log
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import needs
from benchmarks.groups import group
from benchmarks.judges import BY_KEY, find_judges, judged
from benchmarks.pictures import Picture
from benchmarks.progress import track
from benchmarks.size.files import PNGQUANT_NEEDS, decoded, ours, oxipng, pngquant, save
from benchmarks.tables import print_table

BASES = {  # files whose looks are to be reached, and what they need
    "pngquant 256": (lambda source: oxipng(pngquant(source, 256)), PNGQUANT_NEEDS),
    "pngquant 128": (lambda source: oxipng(pngquant(source, 128)), PNGQUANT_NEEDS),
    "Pillow 256": (lambda source: pillow(source, 256), needs.nothing),
}
LOSSY = (0.25, 0.5, 1, 2, 4, 8, 16)
JPEG_QUALITY = (20, 35, 50, 65, 75, 85, 92, 96)
WEBP_QUALITY = (10, 30, 50, 70, 80, 90, 96)

EQUAL_BY = ("ssimulacra2", "butteraugli_3norm", "dssim")  # judges

# Highest allowed ratio of ours to a base, by what a judge says: mean, worst. With a pngquant of version 3 or more, in
# which libimagequant has version 4.
FLOORS = {
    ("ssimulacra2", "pngquant 256"): (0.55, 0.82),
    ("ssimulacra2", "pngquant 128"): (0.52, None),
    ("butteraugli_3norm", "pngquant 256"): (0.62, None),
    ("dssim", "pngquant 256"): (0.68, None),
}

Curve = Sequence[tuple[float, int]]  # what a judge says, and bytes


def run(pictures: Sequence[Picture], *, each: bool) -> list[dict[str, Any]]:
    records = [record for picture in track(pictures, "size, equal score") for record in measure(picture)]
    for (key,), own in group(records, "judge").items():
        for base in own[0]["bases"]:
            print_ratios(key, base, own)
        if each:
            rows = [[r["picture"], *(ratios["ours"] for ratios in r["ratios"].values())] for r in own]
            print_table(f"ours by {BY_KEY[key].title}, every picture", ["picture", *own[0]["bases"]], rows)
    return records


def print_ratios(key: str, base: str, records: list[dict[str, Any]]) -> None:
    rows = []
    for name in records[0]["curves"]:
        known = [ratio for r in records if (ratio := r["ratios"][base][name]) is not None]
        floors = FLOORS.get((key, base), (None, None)) if name == "ours" else (None, None)
        rows.append([name, len(known), *([mean(known), max(known)] if known else [None, None]), *floors])
    header = ["", "pictures", "mean", "worst", "mean at most", "worst at most"]
    print_table(f"bytes at the {BY_KEY[key].title} of {base}, ratios to its bytes", header, rows)


def measure(picture: Picture) -> list[dict[str, Any]]:
    """A record for each judge."""
    source = save(Image.fromarray(picture.pixels), compress_level=1)
    bases = {name: make(source) for name, (make, missing) in BASES.items() if missing() is None}
    curves = {
        "ours": [ours(source, lossy=lossy) for lossy in LOSSY],
        "JPEG": [lossy_file(picture, "JPEG", quality) for quality in JPEG_QUALITY],
        "WebP": [lossy_file(picture, "WEBP", quality) for quality in WEBP_QUALITY],
    }
    files = {data: pixels_of(data) for made in (bases.values(), *curves.values()) for data in made}
    said = judged(picture.pixels, files, keys=EQUAL_BY)
    return [record(picture, judge.key, bases, curves, said) for judge in find_judges()[0] if judge.key in EQUAL_BY]


def record(
    picture: Picture, key: str, bases: Mapping[str, bytes], curves: Mapping[str, list[bytes]], said: Mapping[bytes, Any]
) -> dict[str, Any]:
    known = {name: (said[data][key], len(data)) for name, data in bases.items()}
    points = {name: [(said[data][key], len(data)) for data in made] for name, made in curves.items()}
    return {
        "judge": key,
        "picture": picture.name,
        "bases": known,
        "curves": points,
        "ratios": {
            base: {name: divided(bytes_at(curve, value), n_bytes) for name, curve in points.items()}
            for base, (value, n_bytes) in known.items()
        },
    }


def pixels_of(data: bytes) -> np.ndarray:
    if data.startswith(b"\x89PNG"):
        return decoded(data)
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def bytes_at(points: Curve, value: float) -> float | None:
    """Bytes at what a judge says, between two points of a curve by their logarithms; None outside of it."""
    for (low, first), (high, second) in pairwise(sorted(points)):
        if low <= value <= high:
            share = (value - low) / (high - low) if high > low else 0.0
            return exp((1 - share) * log(first) + share * log(second))
    return None


def divided(a: float | None, b: float) -> float | None:
    return None if a is None else a / b


def lossy_file(picture: Picture, kind: str, quality: int) -> bytes:
    file = io.BytesIO()
    options = {"optimize": True} if kind == "JPEG" else {"method": 6}
    Image.fromarray(picture.pixels).save(file, kind, quality=quality, **options)
    return file.getvalue()


def pillow(source: bytes, n_colors: int) -> bytes:
    """Pillow's `quantize` and `optimize=True`."""
    with Image.open(io.BytesIO(source)) as image:
        return save(image.quantize(n_colors), optimize=True)
