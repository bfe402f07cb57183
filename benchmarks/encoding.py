"""Time and memory of `encode_png` against pixels and threads, and what its options cost beside pngquant and oxipng.

One photograph, resized, with the default options: CPU time on one thread, and wall time on one and on two, in turns, of
which the least counts. What is serial is told in two ways: by CPU time, as what the caller's thread works more than the
other one, and by Amdahl from the wall times, which wants two idle processors. Then the options, as CPU time of all
threads and programs over that of the defaults. Then memory, for each dtype in a process of its own: the peak of what is
resident, less what was before, the picture included. Linux only.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.memory import resident_bytes, restarted_peak
from benchmarks.pictures import find_pictures
from benchmarks.progress import track
from benchmarks.scaling import resized
from benchmarks.size.files import PNGQUANT_NEEDS, ours, oxipng, pngquant, save
from benchmarks.tables import print_table
from benchmarks.timing import all_cpu_time

MEGAPIXELS, QUICK_MEGAPIXELS = (0.1, 0.4, 1.6, 6.4, 16.0, 40.0), (0.1, 0.4)
SECONDS_OF_A_SIZE, MOST_ROUNDS = 40, 7
THREADS = 2  # beside one
FEW_SAMPLES = 3_000_000  # of which more rounds are no matter
OPTIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "lossy=0": {"lossy": 0},
    'compression="fast"': {"compression": "fast"},
    'compression="max"': {"compression": "max"},
    "quality=70": {"quality": 70},
    'preset="fast"': {"preset": "fast"},
}
PROGRAMS = {"pngquant --speed 1, oxipng 4": (1, 4), "pngquant --speed 4, oxipng 2": (4, 2)}
DEFAULTS, OVERSHOT = "defaults", "quality=70"
DTYPES = ("uint8", "uint16", "float32", "float64")
OPTION_PICTURES = "fruits,macaws,traffic,pencils,venetian_lagoon,photos"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--picture", default="Louvre_3840,retina", help="the photograph to resize (default: %(default)s)")
    add("--pictures", default=OPTION_PICTURES, help="those for the options (default: %(default)s)")
    add("--memory-megapixels", type=float, default=9.8, metavar="N", help="(default: %(default)s)")
    add("--quick", action="store_true", help="small sizes, few rounds")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    picture = max(find_pictures(arguments.picture, images=arguments.images), key=lambda picture: picture.n_pixels)
    curve = [
        measure_size(resized(picture.pixels, megapixels), megapixels, arguments.quick)
        for megapixels in track(QUICK_MEGAPIXELS if arguments.quick else MEGAPIXELS, "encoding, sizes")
    ]
    print_table(
        f"encode_png of {picture.name}, resized; {THREADS} threads",
        ["Mpx", "CPU s", "us a pixel", "wall s", f"wall s, {THREADS}", "times as fast", "serial", "serial by wall"],
        [
            [
                r["megapixels"],
                r["cpu_s"],
                r["cpu_s"] / r["megapixels"],
                r["wall_s"],
                r["threads_wall_s"],
                r["wall_s"] / r["threads_wall_s"],
                r["serial"],
                serial_by_wall(r),
            ]
            for r in curve
        ],
    )
    options = [
        record
        for own in track(find_pictures(arguments.pictures, images=arguments.images), "encoding, options")
        for record in measure_options(own.name, own.size, own.pixels)
    ]
    print_options(options)
    pixels = resized(picture.pixels, 0.4 if arguments.quick else arguments.memory_megapixels)
    memory = [
        {"dtype": dtype, "n_channels": n_channels, "bytes_a_pixel": measure_memory_apart(pixels, dtype, n_channels)}
        for dtype in track(DTYPES[:1] if arguments.quick else DTYPES, "encoding, memory")
        for n_channels in (3, 4)
    ]
    n_pixels = pixels.shape[0] * pixels.shape[1]
    rows = [[r["dtype"], r["n_channels"], r["bytes_a_pixel"]] for r in memory]
    print_table(f"memory beside the picture, {n_pixels / 1e6:.1f} Mpx", ["dtype", "channels", "bytes a pixel"], rows)
    return {"picture": picture.name, "sizes": curve, "options": options, "memory": memory, "n_pixels": n_pixels}


def measure_size(pixels: np.ndarray, megapixels: float, is_quick: bool) -> dict[str, Any]:
    """The least of some rounds, none of which is a first one."""
    from pil_kmeans import encode_png

    image = Image.fromarray(pixels)
    best: dict[str, float] = {}
    start, rounds = time.perf_counter(), 0
    encode_png(image.resize((200, 100)), n_threads=THREADS)
    while rounds < (1 if is_quick else MOST_ROUNDS):
        for n_threads, name in ((1, ""), (THREADS, "threads_")):
            before = time.perf_counter(), time.process_time(), time.thread_time()
            encode_png(image, n_threads=n_threads)
            wall, cpu, own = (b - a for a, b in zip(before, (*clocks(),), strict=True))
            for key, value in ((f"{name}wall_s", wall), (f"{name}cpu_s", cpu)):
                best[key] = min(value, best.get(key, value))
            if n_threads > 1:
                serial = max(0.0, 1 - n_threads * (cpu - own) / (n_threads - 1) / cpu)
                best["serial"] = min(serial, best.get("serial", serial))
        rounds += 1
        if time.perf_counter() - start > SECONDS_OF_A_SIZE:
            break
    return {"megapixels": megapixels, "n_rounds": rounds, **best}


def clocks() -> tuple[float, float, float]:
    return time.perf_counter(), time.process_time(), time.thread_time()


def serial_by_wall(record: dict[str, Any]) -> float:
    """The share that Amdahl's law makes of what the threads gained."""
    share = record["threads_wall_s"] / record["wall_s"]
    return (THREADS * share - 1) / (THREADS - 1)


def measure_options(name: str, size: str, pixels: np.ndarray) -> Iterator[dict[str, Any]]:
    from benchmarks.judges import judged
    from benchmarks.size.files import decoded

    source = save(Image.fromarray(pixels), compress_level=1)
    tasks: dict[str, Callable[[], bytes]] = {what: partial(ours, source, **o) for what, o in OPTIONS.items()}
    if PNGQUANT_NEEDS() is None:
        for what, (speed, level) in PROGRAMS.items():
            tasks[what] = partial(both, source, speed, level)
    times: dict[str, list[float]] = {what: [] for what in tasks}
    files = {}
    for _ in range(3 if pixels.size < FEW_SAMPLES else 1):
        for what, task in tasks.items():
            start = all_cpu_time()
            files[what] = task()
            times[what].append(all_cpu_time() - start)
    scores = judged(pixels, {what: decoded(data) for what, data in files.items()}, keys=("ssimulacra2",))
    for what, data in files.items():
        yield {
            "picture": name,
            "size": size,
            "option": what,
            "cpu_s": min(times[what]),
            "bytes": len(data),
            "score": scores[what]["ssimulacra2"],
        }


def both(source: bytes, speed: int, level: int) -> bytes:
    return oxipng(pngquant(source, 256, speed), level)


def over_defaults(records: list[dict[str, Any]]) -> Iterator[tuple[str, str, float, float, float, float]]:
    """Size, option, and means over pictures: seconds, their ratio and that of bytes to the defaults, score."""
    of_defaults = {r["picture"]: r for r in records if r["option"] == DEFAULTS}
    for size in dict.fromkeys(r["size"] for r in records):
        for option in dict.fromkeys(r["option"] for r in records):
            own = [r for r in records if (r["size"], r["option"]) == (size, option)]
            pairs = [(r, of_defaults[r["picture"]]) for r in own]
            time_ratio, bytes_ratio = (mean(a[key] / b[key] for a, b in pairs) for key in ("cpu_s", "bytes"))
            yield size, option, mean(r["cpu_s"] for r in own), time_ratio, bytes_ratio, mean(r["score"] for r in own)


def print_options(records: list[dict[str, Any]]) -> None:
    header = ["size", "", "CPU s", "of the defaults", "bytes of the defaults", "score"]
    print_table("options, one thread: means of pictures", header, [list(row) for row in over_defaults(records)])
    over = [r["score"] - 70 for r in records if r["option"] == OVERSHOT]
    print(f"{OVERSHOT} scores {mean(over):.3f} more than that on the mean, {max(over):.3f} at most")


def measure_memory_apart(pixels: np.ndarray, dtype: str, n_channels: int) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure_memory, (pixels, dtype, n_channels))


def measure_memory(pixels: np.ndarray, dtype: str, n_channels: int) -> float:
    from pil_kmeans import encode_png

    if n_channels == 4:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        pixels[:16, :, 3] = 100
    if dtype == "uint16":
        pixels = pixels.astype(dtype) * np.uint16(257)
    elif dtype != "uint8":
        pixels = pixels.astype(dtype)
        pixels /= 255
    encode_png(pixels[:256, :256], n_threads=1)
    before = restarted_peak()
    encode_png(pixels, n_threads=1)
    return (resident_bytes("VmHWM") - before) / (pixels.shape[0] * pixels.shape[1])
