"""Bytes at equal SSIMULACRA 2: ours over `lossy`, against palette PNGs of others, and JPEG and WebP as context."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import exp, log
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.pictures import Picture
from benchmarks.progress import track
from benchmarks.size.files import decoded, ours, oxipng, pngquant, save
from benchmarks.tables import print_table

BASES = {  # a row's files, whose score is to be reached
    "pngquant 256": lambda source: oxipng(pngquant(source, 256)),
    "pngquant 128": lambda source: oxipng(pngquant(source, 128)),
    "Pillow 256": lambda source: pillow(source, 256),
}
LOSSY = (0.25, 0.5, 1, 2, 4, 8, 16)
JPEG_QUALITY = (20, 35, 50, 65, 75, 85, 92, 96)
WEBP_QUALITY = (10, 30, 50, 70, 80, 90, 96)

# Highest allowed ratio of ours to a base: mean, worst.
FLOORS = {"pngquant 256": (0.55, 0.82), "pngquant 128": (0.52, None)}

Curve = Sequence[tuple[float, int]]  # scores and bytes


def run(pictures: Sequence[Picture], *, each: bool) -> list[dict[str, Any]]:
    records = [measure(picture) for picture in track(pictures, "size, equal score")]
    for base in BASES:
        rows = []
        for name in records[0]["curves"]:
            found = {r["picture"]: r["ratios"][base][name] for r in records}
            known = [ratio for ratio in found.values() if ratio is not None]
            floors = FLOORS.get(base, (None, None)) if name == "ours" else (None, None)
            rows.append([name, len(known), *([mean(known), max(known)] if known else [None, None]), *floors])
        header = ["", "pictures", "mean", "worst", "mean at most", "worst at most"]
        print_table(f"bytes at the SSIMULACRA 2 of {base}, ratios to its bytes", header, rows)
    if each:
        rows = [[r["picture"], *(r["ratios"][base]["ours"] for base in BASES)] for r in records]
        print_table("ours, every picture", ["picture", *BASES], rows)
    return records


def measure(picture: Picture) -> dict[str, Any]:
    from pil_kmeans import ssimulacra2

    source = save(Image.fromarray(picture.pixels), compress_level=1)
    score = partial(ssimulacra2, picture.pixels)
    bases = {}
    for name, make in BASES.items():
        data = make(source)
        bases[name] = (score(decoded(data)), len(data))
    curves = {
        "ours": curve(lambda lossy: ours(source, lossy=lossy), LOSSY, score),
        "JPEG": curve(lambda quality: lossy_file(picture, "JPEG", quality), JPEG_QUALITY, score),
        "WebP": curve(lambda quality: lossy_file(picture, "WEBP", quality), WEBP_QUALITY, score),
    }
    return {
        "picture": picture.name,
        "bases": bases,
        "curves": curves,
        "ratios": {
            base: {name: divided(bytes_at(points, base_score), n_bytes) for name, points in curves.items()}
            for base, (base_score, n_bytes) in bases.items()
        },
    }


def curve(make: Callable[[float], bytes], settings: Sequence[float], score: Callable[[np.ndarray], float]) -> Curve:
    return [(score(pixels_of(data)), len(data)) for data in map(make, settings)]


def pixels_of(data: bytes) -> np.ndarray:
    if data.startswith(b"\x89PNG"):
        return decoded(data)
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def bytes_at(points: Curve, score: float) -> float | None:
    """Bytes at a score, between two points of a curve by their logarithms; None outside of it."""
    ordered = sorted(points)
    for (low, small), (high, large) in pairwise(ordered):
        if low <= score <= high:
            share = (score - low) / (high - low) if high > low else 0.0
            return exp((1 - share) * log(small) + share * log(large))
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
