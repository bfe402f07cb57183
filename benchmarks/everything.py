"""Error, looks, size and speed, one after the other, each to a JSON file, and the charts.

Takes hours on the full sets of pictures; with --quick some two minutes, on few and small ones, for a look at whether
all works. What is to be published comes from a full run on an idle machine: afterwards
``python -m benchmarks publish`` puts the figures into the README; the documentation reads them when it is built.
"""

import argparse
import contextlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.charts import write_charts
from benchmarks.progress import track
from benchmarks.records import RESULTS, read_records, write_record

QUICK_RESULTS = RESULTS.parents[1] / "build" / "benchmarks"

# File -> the command that writes it, and the options that make it quick.
PARTS = {
    "animation": (["animation"], ["--quick"]),
    "encoding": (["encoding"], ["--quick", "--pictures", "fruits,coffee"]),
    "error": (["error"], ["--pictures", "fruits,kodim15,coffee", "--slow-pictures", "0"]),
    "large": (["large", "--megapixels", "400", "--files", "1000"], ["--megapixels", "4", "--files", "20"]),
    "look": (["look"], ["--quick", "--pictures", "fruits,coffee"]),
    "look_speed": (["look", "--speed"], ["--pictures", "fruits,coffee", "--repeats", "1"]),
    "memory": (["memory"], ["--megapixels", "5"]),
    "ratios": (["size", "--ratios"], ["cq100/marrakech_museum.png"]),
    "scale": (
        ["scale"],
        ["--megapixels", "4", "--side", "512", "--memmap-megapixels", "40", "--pictures", "20", "--rounds", "1"],
    ),
    "scaling": (["scaling"], ["--quick"]),
    "size": (["size"], ["--pictures", "fruits,coffee"]),
    "swatches": (["swatches"], ["--pictures", "fruits,coffee", "--repeats", "1"]),
    "speed": (["speed"], ["--pictures", "fruits,coffee", "--repeats", "1", "--slow-pictures", "0"]),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--quick", action="store_true", help="few pictures, few rounds")
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="(default: all)")
    add(
        "--results",
        type=Path,
        metavar="FOLDER",
        help=f"where the files go (default: benchmarks/{RESULTS.name}, with --quick build/{QUICK_RESULTS.name})",
    )


def run(arguments: argparse.Namespace, run_part: Callable[[Sequence[str]], dict[str, Any]]) -> None:
    folder = arguments.results or (QUICK_RESULTS if arguments.quick else RESULTS)
    for name in track(arguments.parts, "benchmarks"):
        words, quick_words = PARTS[name]
        tables = io.StringIO()
        with contextlib.redirect_stdout(tables):
            record = run_part([*words, *(quick_words if arguments.quick else []), "--images", str(arguments.images)])
        write_record(folder / f"{name}.json", record)
        print(f"\n== {name}\n{tables.getvalue()}", flush=True)
    for path in write_charts(read_records(folder), folder):
        print(f"written: {path.name}")
