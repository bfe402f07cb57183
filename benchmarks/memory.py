"""Memory and time of very large pictures, of all colours at once, and of one colour.

Every measurement runs in a process of its own. Extra memory is the peak of resident
memory during fit_transform, less what was resident before (the input included) and
the result. Linux only.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import print_table

MIB = 2**20
BYTES_A_PIXEL, BYTES_FIXED = 16, 64 * MIB
ALL_COLORS_SECONDS = 3.0
WARM_UP = np.zeros((8, 8, 3), np.uint8)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--megapixels", type=int, nargs="+", default=[10, 100], metavar="N")
    add("--effort", default="balanced", help="(default: %(default)s)")
    add("--n-threads", type=int, default=1, metavar="N", help="(default: %(default)s)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    pictures: dict[str, Callable[[], np.ndarray]] = {}
    for megapixels in arguments.megapixels:
        pictures[f"made photograph, {megapixels} Mpx"] = partial(make_photograph, megapixels)
        pictures[f"one colour, {megapixels} Mpx"] = partial(make_one_color, megapixels)
    pictures["all 16.7 million colours, in order"] = make_all_colors
    pictures["all 16.7 million colours, shuffled"] = partial(make_all_colors, True)
    options = {"effort": arguments.effort, "n_threads": arguments.n_threads}
    records = [{"picture": name, **options, **measure_apart(make, options)} for name, make in pictures.items()]
    print_table(
        "n_colors=256, {effort}, n_threads={n_threads}".format(**options),
        ["picture", "colours", "CPU s", "ns a pixel", "extra MiB", "at most MiB"],
        (
            [
                record["picture"],
                record["distinct_colors"],
                record["cpu_s"],
                1e9 * record["cpu_s"] / record["n_pixels"],
                record["extra_bytes"] / MIB,
                most_extra_bytes(record) / MIB,
            ]
            for record in records
        ),
    )
    print(
        "The bound on memory holds for at most 2 million distinct colours; all colours "
        f"may take {ALL_COLORS_SECONDS} s; one colour is no slower than a photograph."
    )
    return {"pictures": records}


def most_extra_bytes(record: dict[str, Any]) -> int:
    return BYTES_A_PIXEL * record["n_pixels"] + BYTES_FIXED


def measure_apart(make: Callable[[], np.ndarray], options: dict[str, Any]) -> dict[str, Any]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (make, options))


def measure(make: Callable[[], np.ndarray], options: dict[str, Any]) -> dict[str, Any]:
    from pil_kmeans import KMeansQuantizer

    KMeansQuantizer(4, **options).fit_transform(WARM_UP)
    picture = make()
    distinct_colors = count_distinct(picture)
    quantizer = KMeansQuantizer(256, **options)
    before = restarted_peak()
    start = time.process_time()
    indices = quantizer.fit_transform(picture)
    cpu_s = time.process_time() - start
    peak = resident_bytes("VmHWM")
    return {
        "n_pixels": indices.size,
        "distinct_colors": distinct_colors,
        "cpu_s": cpu_s,
        # A result of one value may be pages that were never touched.
        "extra_bytes": max(0, peak - before - indices.nbytes),
    }


def restarted_peak() -> int:
    """Have the peak of this process start again, from what is resident now, and return that."""
    Path("/proc/self/clear_refs").write_text("5")  # of what can be cleared, the peak: see proc(5)
    return resident_bytes("VmHWM")


def resident_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return 1024 * int(value.split()[0])
    raise LookupError(field)


def count_distinct(picture: np.ndarray) -> int:
    seen = np.zeros(2**24, bool)
    for row in picture:
        red, green, blue = row.astype(np.uint32).T
        seen[red << 16 | green << 8 | blue] = True
    return int(np.count_nonzero(seen))


def make_photograph(megapixels: int) -> np.ndarray:
    """Smooth fields of light with a little grain: under 2 million distinct colours."""
    height, width = megapixels * 500, 2000
    rng = np.random.default_rng(0)
    picture = np.empty((height, width, 3), np.uint8)
    x = np.linspace(0, 1, width)[:, None]
    for y, row in enumerate(picture):
        waves = np.sin([7 * y / height, 4 * y / height + 1, 9 * y / height + 2])
        light = 128 + 60 * waves * np.sin(x * [5, 8, 3] + waves)
        grey = 25 * np.sin(40 * x + 30 * y / height)
        grain = rng.integers(-3, 4, size=(width, 3))
        row[:] = np.clip(light + grey + grain, 0, 255)
    return picture


def make_one_color(megapixels: int) -> np.ndarray:
    return np.full((megapixels * 500, 2000, 3), (200, 90, 40), np.uint8)


def make_all_colors(shuffled: bool = False) -> np.ndarray:
    codes = np.arange(2**24, dtype=np.uint32)
    if shuffled:
        np.random.default_rng(0).shuffle(codes)
    channels = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)
    return channels.astype(np.uint8).reshape(4096, 4096, 3)
