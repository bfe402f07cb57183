"""What ``import pil_kmeans; pil_kmeans.quantize`` costs in a fresh interpreter.

Modules are compiled before, as installed packages are, wherever this environment would have that.
"""

import os
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.tables import print_table

STATEMENTS = {
    "ours": "import pil_kmeans; pil_kmeans.quantize",
    "numpy and Pillow": "import numpy, PIL.Image",
}
MEASURE = """\
import sys, time
start = time.perf_counter()
{statement}
print(1000 * (time.perf_counter() - start), "sklearn" in sys.modules)
"""
MOST_EXTRA_MS = 60
REPEATS = 11


def run() -> dict[str, Any]:
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    with TemporaryDirectory() as bytecode:
        for repeat in range(1 + REPEATS):  # the first one compiles
            for name, statement in STATEMENTS.items():
                milliseconds, loads_sklearn = measure_import(statement, bytecode)
                if repeat > 0:
                    times[name].append(milliseconds)
                if loads_sklearn:
                    raise SystemExit(f"{statement!r} loads scikit-learn")
    own, base = (median(times[name]) for name in STATEMENTS)
    print_table(
        "Wall time in ms of the import, fresh interpreters",
        ["statement", "median"],
        [[STATEMENTS[name], median(runs)] for name, runs in times.items()],
    )
    print(f"difference {own - base:.1f} ms, at most {MOST_EXTRA_MS} ms")
    return {"ours_ms": own, "numpy_and_pillow_ms": base, "extra_ms": own - base}


def measure_import(statement: str, bytecode: str) -> tuple[float, bool]:
    command = [sys.executable, "-c", MEASURE.format(statement=statement)]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    milliseconds, loads_sklearn = answer.stdout.split()
    return float(milliseconds), loads_sklearn == "True"
