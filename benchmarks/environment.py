"""What a figure depends on: machine, libraries, command line."""

import importlib.metadata
import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DISTRIBUTIONS = (
    "imagequant",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scikit-image",
    "scikit-learn",
    "scipy",
)


def describe_environment() -> dict[str, Any]:
    """Everything to record beside a figure, ready for JSON.

    Missing distributions have the version None. `pil_kmeans` is what
    ``pil_kmeans.build_info()`` returns, with the instruction set in use: set
    ``PIL_KMEANS_ISA=baseline`` to measure the baseline.
    """
    import pil_kmeans

    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        "cpu": cpu_model(),
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "pil_kmeans": pil_kmeans.build_info(),
        "versions": {name: version(name) for name in DISTRIBUTIONS},
    }


def version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.machine())
