"""Wall time of the command on a folder of pictures, beside pngquant and then oxipng, two files at a time.

Every tool reads and writes files, with its own defaults. The fastest of the rounds counts. Looks differ: the mean
SSIMULACRA 2 stands beside the bytes. And how long ``pil-kmeans --help`` takes, of fresh interpreters the median.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from benchmarks.pictures import find_pictures
from benchmarks.size.files import PNGQUANT, oxipng
from benchmarks.tables import print_table
from benchmarks.timing import interleave, time_once, wall_time

JOBS = 2
COMMAND = [sys.executable, "-m", "pil_kmeans"]
OURS = f"pil-kmeans compress --jobs {JOBS}"
LIMITS = {OURS: 1.5}  # of the peers' time
MOST_HELP_MS = 150
HELP_REPEATS = 11


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100", help="patterns (default: %(default)s)")
    add("--repeats", type=int, default=3, metavar="N", help="rounds (default: %(default)s)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    pictures = find_pictures(arguments.pictures, images=arguments.images)
    with TemporaryDirectory() as name, ProcessPoolExecutor(JOBS) as pool:
        folders = {tool: Path(name, folder) for tool, folder in ((None, "in"), (OURS, "ours"), (PNGQUANT, "peers"))}
        for folder in folders.values():
            folder.mkdir()
        originals = folders.pop(None)
        for i, picture in enumerate(pictures):
            Image.fromarray(picture.pixels).save(originals / f"{i:03}.png")
        tasks = {
            OURS: partial(ours, originals, folders[OURS]),
            PNGQUANT: partial(peers, pool, originals, folders[PNGQUANT]),
        }
        times = interleave(tasks, repeats=arguments.repeats, clock=wall_time)
        records = [
            {"tool": tool, "seconds": min(times[tool]) / 1000, **likeness(originals, folder)}
            for tool, folder in folders.items()
        ]
    base = records[-1]["seconds"]
    rows = [
        [r["tool"], r["seconds"], r["seconds"] / base, LIMITS.get(r["tool"]), r["bytes"], r["score"]] for r in records
    ]
    header = ["", "seconds", "ratio", "at most", "bytes", "SSIMULACRA 2"]
    print_table(f"{len(pictures)} pictures, {JOBS} files at a time", header, rows)
    help_ms = median(help_time() for _ in range(HELP_REPEATS))
    print(f"\npil-kmeans --help: {help_ms:.0f} ms, at most {MOST_HELP_MS} ms")
    return {"tools": records, "help_ms": help_ms}


def ours(originals: Path, results: Path) -> None:
    command = [*COMMAND, "compress", originals, "-o", results, "--force", "--jobs", str(JOBS)]
    subprocess.run(command, check=True, capture_output=True)


def peers(pool: ProcessPoolExecutor, originals: Path, results: Path) -> None:
    list(pool.map(peer, *zip(*((path, results / path.name) for path in sorted(originals.iterdir())), strict=True)))


def peer(original: Path, result: Path) -> None:
    command = ["pngquant", "--speed", "1", "--strip", "--force", "--output", result, original]
    subprocess.run(command, check=True, capture_output=True)
    result.write_bytes(oxipng(result.read_bytes()))


def likeness(originals: Path, results: Path) -> dict[str, float]:
    """Mean bytes and score of the files."""
    from pil_kmeans import ssimulacra2

    sizes, scores = [], []
    for path in sorted(originals.iterdir()):
        sizes.append((results / path.name).stat().st_size)
        with Image.open(path) as original, Image.open(results / path.name) as result:
            scores.append(ssimulacra2(original, result))
    return {"bytes": mean(sizes), "score": mean(scores)}


def help_time() -> float:
    """Milliseconds."""
    command = [*COMMAND, "--help"]
    return 1000 * time_once(lambda: subprocess.run(command, check=True, capture_output=True), wall_time)
