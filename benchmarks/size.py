"""Bytes and CPU time of palette PNGs, beside Pillow, oxipng and pngquant.

First the encoder alone: the same undithered indices, written by ours, by Pillow, and
by Pillow and then oxipng. Then the whole way from a true-colour PNG in memory to a palette PNG,
beside pngquant and then oxipng, each with its own defaults; looks differ there, which
``python -m benchmarks look`` measures. Bytes are divided by those of Pillow's default, and of pngquant.
CPU time is of all threads and of child processes; the fastest of the rounds counts. Every file is decoded by
Pillow and by OpenCV and compared pixel by pixel.
"""

import argparse
import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.pictures import Picture, find_pictures
from benchmarks.progress import track
from benchmarks.tables import print_table
from benchmarks.timing import interleave

COMPRESSIONS = ("fast", "default", "max")
PILLOW, PNGQUANT = "Pillow", "pngquant --speed 1, oxipng 4"
OXIPNG_LEVEL = 4
ENCODER, WHOLE = "encoder alone, same indices", "whole way, from true colour"

# Highest allowed mean ratio to the base, by table and row, at 256 colours.
BYTES_FLOORS = {(ENCODER, "ours default"): 0.86}
TIME_FLOORS = {(WHOLE, "ours fast"): 0.3, (WHOLE, "ours default"): 0.5}
FLOORS_N_COLORS = 256

Task = Callable[[], bytes]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100", help="patterns (default: %(default)s)")
    add("--n-colors", type=int, nargs="+", default=[256], metavar="N", help="(default: 256)")
    add("--repeats", type=int, default=1, metavar="N", help="rounds (default: %(default)s)")
    add("--each", action="store_true", help="also print every picture's bytes")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    pictures = find_pictures(arguments.pictures, images=arguments.images)
    records = []
    for n_colors in arguments.n_colors:
        same = []
        for picture in track(pictures, "size"):
            same += measure(picture, n_colors, arguments.repeats)
        for table, base in ((ENCODER, PILLOW), (WHOLE, PNGQUANT)):
            rows = [record for record in same if record["table"] == table]
            if arguments.each:
                print_each(rows)
            print_summary(rows, table, base, n_colors)
        records += same
    return {"sizes": records}


def measure(picture: Picture, n_colors: int, repeats: int) -> Iterator[dict[str, Any]]:
    """One record for each row of both tables."""
    import pil_kmeans

    quantized = pil_kmeans.quantize(Image.fromarray(picture.pixels), n_colors, n_threads=1)
    quantized.info.clear()
    expected = np.asarray(quantized.convert("RGB"))
    for table, tasks in ((ENCODER, encoders(quantized)), (WHOLE, whole_ways(picture, n_colors))):
        files = {name: task() for name, task in tasks.items()}
        for data in files.values():
            check(data, expected if table == ENCODER else None)
        times = interleave(tasks, repeats=repeats, clock=all_cpu_time)
        for name, data in files.items():
            yield {
                "table": table,
                "picture": picture.name,
                "n_colors": n_colors,
                "encoder": name,
                "bytes": len(data),
                "cpu_ms": min(times[name]),
            }


def encoders(quantized: Image.Image) -> dict[str, Task]:
    """Ways to write the same palette picture."""
    from pil_kmeans import IndexedImage

    palette = np.array(quantized.getpalette(), np.uint8).reshape(-1, 3)
    indexed = IndexedImage(np.asarray(quantized), palette)
    tasks: dict[str, Task] = {PILLOW: partial(save, quantized)}
    tasks["Pillow, optimize=True"] = partial(save, quantized, optimize=True)
    if find_spec("oxipng"):
        tasks[f"Pillow, oxipng {OXIPNG_LEVEL}"] = lambda: oxipng(save(quantized))
    for compression in COMPRESSIONS:
        tasks[f"ours {compression}"] = partial(indexed.to_png, compression=compression)
    return tasks


def whole_ways(picture: Picture, n_colors: int) -> dict[str, Task]:
    """Ways from the bytes of a true-colour PNG to those of a palette PNG."""
    source = save(Image.fromarray(picture.pixels), compress_level=1)
    tasks: dict[str, Task] = {}
    if shutil.which("pngquant") and find_spec("oxipng"):
        tasks[PNGQUANT] = lambda: oxipng(pngquant(source, n_colors))
    for compression in COMPRESSIONS:
        tasks[f"ours {compression}"] = partial(ours, source, n_colors, compression)
    return tasks


def ours(source: bytes, n_colors: int, compression: str) -> bytes:
    from pil_kmeans import encode_png

    with Image.open(io.BytesIO(source)) as image:
        return encode_png(image, n_colors=n_colors, compression=compression, n_threads=1)


def pngquant(source: bytes, n_colors: int) -> bytes:
    command = ["pngquant", "--speed", "1", "--strip", str(n_colors), "-"]
    return subprocess.run(command, input=source, capture_output=True, check=True).stdout


def oxipng(data: bytes) -> bytes:
    from oxipng import optimize_from_memory

    return bytes(optimize_from_memory(data, level=OXIPNG_LEVEL))


def save(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def check(data: bytes, expected: np.ndarray | None) -> None:
    """Both decoders must agree with each other, and with what was to be written where that is known."""
    import cv2

    with Image.open(io.BytesIO(data)) as image:
        pillow = np.asarray(image.convert("RGB"))
    opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    if not np.array_equal(pillow, opencv) or (expected is not None and not np.array_equal(pillow, expected)):
        raise SystemExit("a file does not hold the pixels it should")


def all_cpu_time() -> float:
    """Seconds of CPU time of this process and of its children that ended."""
    from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

    usages = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def print_each(records: list[dict[str, Any]]) -> None:
    rows = [[r["picture"], r["encoder"], r["n_colors"], r["bytes"], r["cpu_ms"]] for r in records]
    print_table("every file", ["picture", "encoder", "colours", "bytes", "CPU ms"], rows)


def print_summary(records: list[dict[str, Any]], table: str, base: str, n_colors: int) -> None:
    """Ratios to the base, where it was there."""
    by_name: dict[str, dict[str, dict[str, Any]]] = {}
    for record in records:
        by_name.setdefault(record["encoder"], {})[record["picture"]] = record
    rows = []
    for name, found in by_name.items():
        floors = [f.get((table, name)) if n_colors == FLOORS_N_COLORS else None for f in (BYTES_FLOORS, TIME_FLOORS)]
        sizes, times = (ratios(found, by_name.get(base), key) for key in ("bytes", "cpu_ms"))
        rows.append(
            [
                name,
                mean(record["bytes"] for record in found.values()),
                *([mean(sizes), max(sizes)] if sizes else [None, None]),
                floors[0],
                mean(record["cpu_ms"] for record in found.values()),
                mean(times) if times else None,
                floors[1],
            ]
        )
    n_pictures = len(next(iter(by_name.values())))
    header = ["", "bytes", "ratio", "worst", "at most", "CPU ms", "ratio", "at most"]
    print_table(f"{table}: {n_pictures} pictures, {n_colors} colours, ratios to {base}", header, rows)


def ratios(found: dict[str, dict[str, Any]], base: dict[str, dict[str, Any]] | None, key: str) -> list[float]:
    return [] if base is None else [record[key] / base[picture][key] for picture, record in found.items()]
