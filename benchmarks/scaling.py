"""How time grows with pixels, colours and threads, beside the peers and the floor.

One photograph, resized: CPU time of the whole call on one thread, of ours and of the peers, in turns, against the
number of pixels and against the number of colours; and wall time of ours against the number of threads. The floor is
what it takes to read every pixel once, the least that any quantiser can do.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.peers import EFFORTS, find_peers, ours
from benchmarks.pictures import find_pictures
from benchmarks.progress import track
from benchmarks.tables import print_table
from benchmarks.timing import cpu_time, interleave, medians, wall_time

MEGAPIXELS, QUICK_MEGAPIXELS = (0.1, 0.4, 1.6, 6.4, 16.0, 40.0), (0.1, 0.4, 1.6)
N_COLORS = (4, 16, 64, 256)
SIZE_OF_COLORS, COLORS_OF_SIZE = 0.4, 256
SIZE_OF_THREADS, QUICK_SIZE_OF_THREADS = 16.0, 1.6
PEERS = "libimagequant,Pillow MEDIANCUT,Pillow FASTOCTREE,KMeans"
SLOW_MOST_MEGAPIXELS = 0.4
FLOOR = "reading the pixels once"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--picture", default="Louvre_3840,retina", help="the photograph (default: %(default)s)")
    add("--peers", default=PEERS, help="all, none or names (default: %(default)s)")
    add("--repeats", type=int, default=5, metavar="N", help="rounds (default: %(default)s)")
    add("--seconds", type=float, default=60.0, metavar="S", help="fewer rounds, but three, beyond this time")
    add("--quick", action="store_true", help="small pictures, one round, no slow peers")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    picture = max(find_pictures(arguments.picture, images=arguments.images), key=lambda picture: picture.n_pixels)
    sizes = QUICK_MEGAPIXELS if arguments.quick else MEGAPIXELS
    by_pixels = [(megapixels, COLORS_OF_SIZE) for megapixels in sizes]
    by_colors = [(SIZE_OF_COLORS, n_colors) for n_colors in N_COLORS if n_colors != COLORS_OF_SIZE]
    records = [
        record
        for megapixels, n_colors in track([*by_pixels, *by_colors], "scaling")
        for record in measure(arguments, resized(picture.pixels, megapixels), megapixels, n_colors)
    ]
    print_table(
        f"CPU ms on one thread, {picture.name} resized",
        ["method", "Mpx", "colours", "ms", "ns a pixel"],
        ([r["method"], r["megapixels"], r["n_colors"], r["cpu_ms"], r["cpu_ms"] / r["megapixels"]] for r in records),
    )
    threads = measure_threads(arguments, picture.pixels)
    print_table("Wall ms of balanced", ["threads", "Mpx", "ms"], (list(record.values()) for record in threads))
    return {"picture": picture.name, "times": records, "threads": threads}


def resized(pixels: np.ndarray, megapixels: float) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = (1e6 * megapixels / (height * width)) ** 0.5
    size = round(width * scale), round(height * scale)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def measure(
    arguments: argparse.Namespace, pixels: np.ndarray, megapixels: float, n_colors: int
) -> Iterator[dict[str, Any]]:
    tasks: dict[str, Callable[[], object]] = {FLOOR: partial(read_once, pixels)}
    for effort in EFFORTS:
        tasks[effort] = ours(pixels, n_colors, effort=effort).run
    for peer in find_peers(arguments.peers):
        if not peer.slow or (megapixels <= SLOW_MOST_MEGAPIXELS and not arguments.quick):
            tasks[peer.name] = peer.make_task(pixels, n_colors).run
    for name, cpu_ms in medians(timed(arguments, tasks, cpu_time)).items():
        yield {"method": name, "megapixels": megapixels, "n_colors": n_colors, "cpu_ms": cpu_ms}


def measure_threads(arguments: argparse.Namespace, pixels: np.ndarray) -> list[dict[str, Any]]:
    megapixels = QUICK_SIZE_OF_THREADS if arguments.quick else SIZE_OF_THREADS
    picture = resized(pixels, megapixels)
    numbers = sorted({1, 2, 4, 8, os.cpu_count() or 1} & set(range(1, (os.cpu_count() or 1) + 1)))
    tasks = {str(n): ours(picture, COLORS_OF_SIZE, effort="balanced", n_threads=n).run for n in numbers}
    times = medians(timed(arguments, tasks, wall_time))
    return [{"n_threads": int(n), "megapixels": megapixels, "wall_ms": times[n]} for n in tasks]


def timed(
    arguments: argparse.Namespace, tasks: dict[str, Callable[[], object]], clock: Callable[[], float]
) -> dict[str, list[float]]:
    repeats = 1 if arguments.quick else arguments.repeats
    return interleave(tasks, repeats=repeats, seconds=arguments.seconds, clock=clock)


def read_once(pixels: np.ndarray) -> int:
    """The sum of all bytes, eight at a time: every byte is needed for it."""
    flat = pixels.reshape(-1)
    return int(flat[: flat.size // 8 * 8].view(np.uint64).sum())
