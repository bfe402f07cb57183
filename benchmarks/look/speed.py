"""CPU time of the whole dithered call beside libimagequant's and quantette's, and wall time of two threads."""

import argparse
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import crates
from benchmarks.look.methods import as_ppm
from benchmarks.peers import find_peers, libimagequant
from benchmarks.pictures import Picture, find_pictures
from benchmarks.speed import print_each, print_summary, print_threads, time_threads
from benchmarks.timing import cpu_time, interleave, medians

N_COLORS = 256
FLOORS = {"768x512": 3, "3840x2560": 4}
QUANTETTE_COLORS = 16, 64, 256
QUANTETTE_FLOOR = 1.0
MORE_TIMES = 5  # in one process
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


def ours(picture: Picture, n_threads: int, n_colors: int = N_COLORS) -> Callable[[], object]:
    """The whole call, the PIL image ready."""
    import pil_kmeans

    image = Image.fromarray(picture.pixels)
    return lambda: pil_kmeans.quantize(
        image, n_colors, dither="floyd-steinberg", effort="balanced", n_threads=n_threads
    )


def compare(arguments: argparse.Namespace, pictures: list[Picture]) -> Iterator[dict[str, Any]]:
    """Each peer and ours in turns, on one thread; nothing of one that is not installed."""
    if find_peers("libimagequant"):
        for picture in pictures:
            tasks = {
                "ours": ours(picture, 1),
                "peer": libimagequant(picture.pixels, N_COLORS, dithering_level=1.0).run,
            }
            times = medians(interleave(tasks, repeats=arguments.repeats, seconds=arguments.seconds))
            yield compared(picture, N_COLORS, "libimagequant dithered", times, FLOORS.get(picture.size))
    if crates.build() is None:
        for n_colors in QUANTETTE_COLORS:
            for picture in pictures:
                times = beside_quantette(picture, n_colors, arguments)
                yield compared(picture, n_colors, "quantette dithered", times, QUANTETTE_FLOOR)


def compared(
    picture: Picture, n_colors: int, peer: str, times: dict[str, float], floor: float | None
) -> dict[str, Any]:
    return {
        "picture": picture.name,
        "size": picture.size,
        "n_colors": n_colors,
        "effort": "balanced, dithered",
        "peer": peer,
        "ours_ms": times["ours"],
        "peer_ms": times["peer"],
        "ratio": times["peer"] / times["ours"],
        "floor": floor,
    }


def beside_quantette(picture: Picture, n_colors: int, arguments: argparse.Namespace) -> dict[str, float]:
    """Of each what more times take longer: quantette's without its process, ours no colder than that."""
    source = as_ppm(Image.fromarray(picture.pixels))

    def quantette(times: int) -> Callable[[], object]:
        command = [crates.path("quantette"), str(n_colors), "floyd-steinberg", str(times)]
        return lambda: subprocess.run(command, input=source, stdout=subprocess.DEVNULL, check=True)

    def package(times: int) -> Callable[[], object]:
        call = ours(picture, 1, n_colors)
        return lambda: [call() for _ in range(times)]

    ways = {"ours": package, "peer": quantette}
    tasks = {(name, times): way(times) for name, way in ways.items() for times in (1, 1 + MORE_TIMES)}
    times = medians(interleave(tasks, repeats=arguments.repeats, seconds=arguments.seconds, clock=cpu_time_of_all))
    return {name: (times[name, 1 + MORE_TIMES] - times[name, 1]) / MORE_TIMES for name in ways}


def cpu_time_of_all() -> float:
    """Seconds of CPU time of this process, and of others that it started and that ended."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return cpu_time() + others.ru_utime + others.ru_stime
