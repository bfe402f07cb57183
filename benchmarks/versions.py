"""This version of the package against another one, installed in an environment of its own.

Fresh interpreters of both take turns in one run, so that a busy moment falls on everybody; the other version runs twice
in each round, as two, and what lies between those two is noise. Only what both show to everybody is called.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.pictures import find_pictures
from benchmarks.progress import track
from benchmarks.tables import print_table

DEFAULT_PICTURES = "fruits,marrakech_museum"
CALLS = {
    "quantize, fast": "quantize(image, 256, effort='fast', n_threads=1)",
    "quantize": "quantize(image, 256, n_threads=1)",
    "quantize, 16 colors": "quantize(image, 16, n_threads=1)",
    "quantize, best, 64 colors": "quantize(image, 64, effort='best', n_threads=1)",
    "quantize, dithered, 64 colors": "quantize(image, 64, dither='floyd-steinberg', n_threads=1)",
    "quantize to a palette": "quantize(image, palette=palette, dither='none', n_threads=1)",
    "quantize to a palette, dithered": "quantize(image, palette=palette, n_threads=1)",
    "fit_transform, 64 colors": "KMeansQuantizer(64, n_threads=1).fit_transform(pixels)",
    "encode_png": "encode_png(image, n_threads=1)",
    "encode_png, 64 colors, lossy=0": "encode_png(image, n_colors=64, lossy=0, n_threads=1)",
    "encode_png, 96 x 64 pixels": "encode_png(icon, n_colors=64, n_threads=1)",
    "ssimulacra2": "ssimulacra2(image, palette, n_threads=1)",
}
RUN = """\
import json, sys, time
import numpy as np
from PIL import Image
from pil_kmeans import KMeansQuantizer, encode_png, quantize, ssimulacra2
pixels = np.load(sys.argv[1])
image = Image.fromarray(pixels)
icon = image.resize((96, 64))
palette = quantize(image, 64)
times = {}
for name, call in json.loads(sys.argv[2]).items():
    code = compile(call, name, "eval")
    eval(code)
    runs = []
    while len(runs) < 3 or (sum(runs) < 0.2 and len(runs) < 9):
        start = time.process_time()
        eval(code)
        runs.append(time.process_time() - start)
    times[name] = 1000 * min(runs)
print(json.dumps(times))
"""
IMPORT = """\
import time, numpy
start = time.perf_counter()
import pil_kmeans
print(1000 * (time.perf_counter() - start))
"""
IMPORTS_A_ROUND = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("other", metavar="PYTHON", help="the interpreter of an environment that has the other version installed")
    add("--pictures", default=DEFAULT_PICTURES, metavar="NAMES", help="(default: %(default)s)")
    add("--calls", default="", metavar="WORD", help="only calls whose name has this in it")
    add("--rounds", type=int, default=7, metavar="N", help="(default: %(default)s)")


def run(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    calls = {name: call for name, call in CALLS.items() if arguments.calls in name}
    pythons = {"other": arguments.other, "other again": arguments.other, "this": sys.executable}
    rows = []
    with TemporaryDirectory() as folder:
        for picture in find_pictures(arguments.pictures, images=arguments.images):
            file = Path(folder, "pixels.npy")
            np.save(file, picture.pixels)
            rounds = [
                {version: answer(python, RUN, file, json.dumps(calls)) for version, python in pythons.items()}
                for _ in track(range(arguments.rounds), picture.name)
            ]
            for name in calls:
                rows.append({"call": name, "picture": picture.name} | figures(rounds, name))
        rounds = [
            {version: {"import": answer(python, IMPORT)} for version, python in pythons.items()}
            for _ in range(arguments.rounds * IMPORTS_A_ROUND)
        ]
        rows.append({"call": "import pil_kmeans (wall time)", "picture": ""} | figures(rounds, "import"))
    print_table(
        "CPU time on one thread in ms, medians; ratio to the other version: of itself, and of this one",
        ["call", "picture", "other", "this", "itself", "this / other", "least / least"],
        [
            [row["call"], row["picture"], row["other_ms"], row["this_ms"]]
            + [f"{row[name]:.3f}" for name in ("itself", "ratio", "ratio_of_least")]
            for row in rows
        ],
    )
    return rows


def answer(python: str, program: str, *words: object) -> Any:
    command = [python, "-c", program, *map(str, words)]
    with TemporaryDirectory() as elsewhere:  # where no folder can be taken for the package
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=elsewhere).stdout)


def figures(rounds: list[dict[str, dict[str, float]]], name: str) -> dict[str, float]:
    runs = {version: [each[version][name] for each in rounds] for version in rounds[0]}
    middle = {version: median(times) for version, times in runs.items()}
    return {
        "other_ms": middle["other"],
        "this_ms": middle["this"],
        "itself": middle["other again"] / middle["other"],
        "ratio": middle["this"] / middle["other"],
        "ratio_of_least": min(runs["this"]) / min(*runs["other"], *runs["other again"]),
    }
