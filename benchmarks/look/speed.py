"""CPU time of the whole dithered call beside libimagequant's, and wall time of two threads."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.peers import find_peers, libimagequant
from benchmarks.pictures import Picture, find_pictures
from benchmarks.speed import print_each, print_summary, print_threads, time_threads
from benchmarks.timing import interleave, medians

N_COLORS = 256
FLOORS = {"768x512": 3, "3840x2560": 4}
TWO_THREADS_FLOOR = 1.4
LARGE_SIZE = 3840, 2560
LARGE, ENLARGED = "Louvre_3840", "Hokkaido"


def run(arguments: argparse.Namespace, pictures: list[Picture]) -> dict[str, Any]:
    large = large_pictures(arguments.images)
    records = list(compare(arguments, [*pictures, *large]))
    if records:
        print_each(records)
        print_summary(records)
    threads = [time_threads(arguments, picture, ours, TWO_THREADS_FLOOR) for picture in large]
    print_threads(f"dithered, balanced, {N_COLORS} colours", threads)
    return {"comparisons": records, "threads": threads}


def large_pictures(images: Path) -> list[Picture]:
    """A photograph of 3840 x 2560 if there is one, and an enlarged one."""
    large = find_pictures(LARGE, images=images) if images.is_dir() else []
    return [*large, enlarge(find_pictures(ENLARGED, images=images)[0])]


def enlarge(picture: Picture) -> Picture:
    def load() -> np.ndarray:
        return np.asarray(Image.fromarray(picture.pixels).resize(LARGE_SIZE, Image.Resampling.LANCZOS))

    return Picture(f"{picture.name}, enlarged", load)


def ours(picture: Picture, n_threads: int) -> Callable[[], object]:
    """The whole call, the PIL image ready."""
    import pil_kmeans

    image = Image.fromarray(picture.pixels)
    return lambda: pil_kmeans.quantize(
        image, N_COLORS, dither="floyd-steinberg", effort="balanced", n_threads=n_threads
    )


def compare(arguments: argparse.Namespace, pictures: list[Picture]) -> Iterator[dict[str, Any]]:
    """Both in turns, on one thread; nothing where imagequant is not installed."""
    if not find_peers("libimagequant"):
        return
    for picture in pictures:
        tasks = {
            "ours": ours(picture, 1),
            "libimagequant": libimagequant(picture.pixels, N_COLORS, dithering_level=1.0).run,
        }
        times = medians(interleave(tasks, repeats=arguments.repeats, seconds=arguments.seconds))
        yield {
            "picture": picture.name,
            "size": picture.size,
            "n_colors": N_COLORS,
            "effort": "balanced, dithered",
            "peer": "libimagequant dithered",
            "ours_ms": times["ours"],
            "peer_ms": times["libimagequant"],
            "ratio": times["libimagequant"] / times["ours"],
            "floor": FLOORS.get(picture.size),
        }
