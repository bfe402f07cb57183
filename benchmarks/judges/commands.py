"""Judges that are commands. DSSIM is under the AGPL: it is run, and no part of it is used here."""

import subprocess
from functools import lru_cache

from benchmarks import crates
from benchmarks.judges.seen import Seen


def butteraugli_3norm(original: Seen, result: Seen) -> float:
    return butteraugli(original, result)[1]


def butteraugli_max(original: Seen, result: Seen) -> float:
    return butteraugli(original, result)[0]


@lru_cache(maxsize=1)
def butteraugli(original: Seen, result: Seen) -> tuple[float, float]:
    """Greatest difference and 3-norm, both of one run."""
    greatest, norm = answer("butteraugli_main", original.png, result.png).splitlines()
    return float(greatest), float(norm.removeprefix("3-norm:"))


def dssim(original: Seen, result: Seen) -> float:
    return float(answer("dssim", original.png, result.png).split()[0])


def fast_ssim2(original: Seen, result: Seen) -> float:
    return float(answer(crates.path("fast_ssim2"), original.ppm, result.ppm))


def answer(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return done.stdout
