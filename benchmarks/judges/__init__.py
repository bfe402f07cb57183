"""Judges: how far a picture is from its original, each in its own way. None is an eye; where they disagree, look.

`JUDGES` has one row for each. One that is missing on a machine is named by `find_judges`, and has no part in records.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks import crates, needs
from benchmarks.judges import colors, commands
from benchmarks.judges.seen import BLUR_SIGMA, Seen

DIGITS = 6  # significant ones, in records

Scores = dict[str, float | None]


class Judge(NamedTuple):
    """`key` in records, `title` in tables; `better` is 1 if higher is, -1 if lower is, 0 if that depends."""

    key: str
    title: str
    better: int
    measure: Callable[[Seen, Seen], float | None]
    missing: needs.Need = needs.nothing

    @property
    def name(self) -> str:
        return self.title


def ssimulacra2(original: Seen, result: Seen) -> float:
    from pil_kmeans import ssimulacra2

    return ssimulacra2(original.pixels, result.pixels)


BUTTERAUGLI, DSSIM = needs.program("butteraugli_main"), needs.program("dssim")
JUDGES = (
    Judge("ssimulacra2", "SSIMULACRA 2", 1, ssimulacra2),
    Judge("fast_ssim2", "the same by fast-ssim2", 0, commands.fast_ssim2, crates.build),
    Judge("butteraugli_3norm", "Butteraugli 3-norm", -1, commands.butteraugli_3norm, BUTTERAUGLI),
    Judge("butteraugli_max", "Butteraugli max", -1, commands.butteraugli_max, BUTTERAUGLI),
    Judge("dssim", "DSSIM", -1, commands.dssim, DSSIM),
    Judge("worst_block", "worst block", -1, colors.worst_block),
    Judge("worst_block_of_light", "its light", -1, colors.worst_block_of_light),
    Judge("blurred_error", "blurred CIELAB", -1, colors.blurred_error),
    Judge("dark_colors", "dark colours", 0, colors.dark_colors),
    Judge("psnr", "PSNR dB", 0, colors.psnr),
)
BY_KEY = {judge.key: judge for judge in JUDGES}
NOTE = f"""\
SSIMULACRA 2 is our own, beside it that of the crate fast-ssim2; higher is better. Butteraugli is libjxl's
butteraugli_main, DSSIM the program dssim; lower is better. Worst block is the CIELAB difference of the means of those
{colors.BLOCK} x {colors.BLOCK} pixels that are farthest off, and its light that of the means of their light; blurred
CIELAB is the mean difference after a Gaussian blur in linear light, of sigma {BLUR_SIGMA:g} pixels; lower is better.
Dark colours are those in use below L* {colors.DARK:g}; PSNR is in 8-bit sRGB. Pictures with alpha are laid on the
backgrounds that are named."""


@cache
def find_judges() -> tuple[list[Judge], list[str]]:
    """The judges of this machine, and a sentence for each that is missing."""
    return needs.split(JUDGES)


def judged(original: np.ndarray, results: Mapping[str, np.ndarray], *, keys: Sequence[str] = ()) -> dict[str, Scores]:
    """What each judge, or those of `keys`, says of each of `results`; all are (H, W, 3) uint8 of one size."""
    judges = [judge for judge in find_judges()[0] if not keys or judge.key in keys]
    with TemporaryDirectory() as folder:
        first = Seen(original, Path(folder, "original"))
        scores = {}
        for number, (name, pixels) in enumerate(results.items()):
            seen = Seen(pixels, Path(folder, str(number)))
            scores[name] = {judge.key: rounded(judge.measure(first, seen)) for judge in judges}
        return scores


def rounded(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else float(f"{value:.{DIGITS}g}")
