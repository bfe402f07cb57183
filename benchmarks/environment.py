"""What a figure depends on: machine, libraries, command line."""

import importlib.metadata
import math
import os
import platform
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import crates

DISTRIBUTIONS = (
    "colorgram.py",
    "colorthief",
    "deflate",
    "imagequant",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "pylette",
    "pyoxipng",
    "scikit-image",
    "scikit-learn",
    "scipy",
)
# Options that name files, and how many words after them do.
PLACES = {"--base": 1, "--images": 1, "--json": 1, "--keep": 1, "--sheet": 1, "--rest": math.inf}
# Programs, and the command that tells the version of each.
PROGRAMS = {
    "pngquant": ("pngquant", "--version"),
    "butteraugli_main": ("dpkg-query", "--show", "--showformat=${Version}", "libjxl-devtools"),
    "dssim": ("dssim", "--help"),
}


def describe_environment(words: Sequence[str]) -> dict[str, Any]:
    """Everything to record beside a figure that the command of these `words` measured, ready for JSON.

    Missing distributions and programs have the version None. `pil_kmeans` is what
    ``pil_kmeans.build_info()`` returns, with the instruction set in use: set
    ``PIL_KMEANS_ISA=baseline`` to measure the baseline. `code` is the commit, where it is known.
    """
    import pil_kmeans

    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "benchmarks", *without_places(words)]),
        "cpu": cpu_model(),
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "pil_kmeans": pil_kmeans.build_info(),
        "code": code_version(),
        "versions": {name: version(name) for name in DISTRIBUTIONS},
        "programs": {name: program_version(name) for name in PROGRAMS},
        "crates": {crate: crates.version(program) for program, crate in crates.CRATES.items()},
    }


def without_places(words: Sequence[str]) -> list[str]:
    """Without the options that name this machine's files, which say nothing about the figures."""
    result: list[str] = []
    n_places = 0.0
    for word in words:
        if word.startswith("--"):
            n_places = PLACES.get(word, 0)
            if word not in PLACES:
                result.append(word)
        elif n_places > 0:
            n_places -= 1
        else:
            result.append(word)
    return result


def print_environment(environment: dict[str, Any]) -> None:
    built = environment["pil_kmeans"]
    versions = {**environment["versions"], **environment["programs"], **environment["crates"]}
    print(f"pil_kmeans {built['version']}, {built['instruction_set']}, on {environment['cpu']}")
    print(f"{environment['date']}, Python {environment['python']}", end="")
    print("".join(f", {name} {known or 'not installed'}" for name, known in versions.items()))


def version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def program_version(program: str) -> str | None:
    """The first version number that `program` tells; None where it is not on PATH."""
    if shutil.which(program) is None:
        return None
    try:
        answer = subprocess.run(PROGRAMS[program], capture_output=True, text=True, check=False)
    except OSError:
        return "of an unknown version"
    number = re.search(r"\d+\.\d\S*", answer.stdout + answer.stderr)
    return number[0] if number else "of an unknown version"


def code_version() -> str | None:
    """The commit of the package that is imported, marked where it was changed since; None outside of its repository."""
    import pil_kmeans

    def git(*words: str) -> str:
        command = ["git", "-C", Path(pil_kmeans.__file__).parent, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")  # an environment may lie inside of another repository
        return git("describe", "--always", "--dirty", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.machine())
