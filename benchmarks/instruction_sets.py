"""CPU time of ours with each instruction set forced, on one thread.

The set is chosen once in a process, so each has interpreters of its own, which take turns.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.peers import EFFORTS, ours
from benchmarks.pictures import Picture
from benchmarks.tables import print_table
from benchmarks.timing import interleave, medians

N_COLORS = 256
TURNS = 3


def run(pictures: Sequence[Picture], *, repeats: int) -> list[dict[str, Any]]:
    """Times of the first picture of each size, by effort and instruction set."""
    import pil_kmeans

    sets = pil_kmeans.build_info()["instruction_sets"]
    first_of_size = {picture.size: picture for picture in reversed(pictures)}
    records = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pixels.npy"
        for size, picture in first_of_size.items():
            np.save(path, picture.pixels)
            turns = [(name, measure(name, path, repeats)) for _ in range(TURNS) for name in sets]
            for effort in EFFORTS:
                times = {name: median(turn[effort] for which, turn in turns if which == name) for name in sets}
                records.append({"picture": picture.name, "size": size, "effort": effort, "ms": times})
    print_table(
        f"CPU time in ms, {N_COLORS} colours, one thread, by instruction set",
        ["picture", "size", "effort", *sets],
        [[r["picture"], r["size"], r["effort"], *r["ms"].values()] for r in records],
    )
    return records


def measure(instruction_set: str, path: Path, repeats: int) -> dict[str, float]:
    """Milliseconds of each effort, in an interpreter that uses this instruction set."""
    command = [sys.executable, "-m", "benchmarks.instruction_sets", str(path), str(repeats)]
    environment = os.environ | {"PIL_KMEANS_ISA": instruction_set}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(answer.stdout)


def main() -> None:
    pixels, repeats = np.load(sys.argv[1]), int(sys.argv[2])
    tasks = {effort: ours(pixels, N_COLORS, effort=effort).run for effort in EFFORTS}
    print(json.dumps(medians(interleave(tasks, repeats=repeats))))


if __name__ == "__main__":
    main()
