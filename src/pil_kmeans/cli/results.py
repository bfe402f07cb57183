"""What became of each file, for people and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..measures import psnr
from .errors import EXIT_STATUSES, CommandError
from .inputs import Input, shown

SUMMARY_WORDS = {1: "failed", 15: "not overwritten", 99: "below the quality", 98: "not smaller, skipped"}
"""Exit status of a file -> how the last line counts it."""


@dataclass(frozen=True)
class Job:
    """A picture, and the file to write."""

    given: Input
    target: Path | None
    """None: standard output."""
    makes_folder: bool = False
    """Whether the folder of `target` is made if it is missing."""


@dataclass(frozen=True)
class Figures:
    """Sizes and error of one picture."""

    width: int
    height: int
    bytes_before: int
    bytes_after: int
    colors_before: int | None
    colors_after: int | None
    mse: float | None
    """None, as the colours, of a picture that is too large for memory."""
    ssimulacra2: float | None
    """None: nobody has asked, or as above."""
    has_alpha: bool
    n_frames: int
    is_animation: bool
    """Whether all frames are in the result; colours and error are those of the first in any case."""
    changes: list[str]
    """What reading changed: whether it was turned, or its colours converted."""

    @property
    def frames(self) -> str:
        """What there is to say of frames, for people; nothing of a single picture."""
        if self.n_frames == 1:
            return ""
        return f", {self.n_frames} frames" if self.is_animation else f", the first of {self.n_frames} frames"

    @property
    def score(self) -> str:
        """What there is to say of the score, for people."""
        return "" if self.ssimulacra2 is None else f", SSIMULACRA 2: {self.ssimulacra2:.1f}"

    @property
    def psnr(self) -> float | None:
        """In dB, infinite for an exact result."""
        return None if self.mse is None else psnr(self.mse, has_alpha=self.has_alpha)


@dataclass
class Result:
    """What became of one file."""

    job: Job | None = None
    """None: a word that names no picture."""
    figures: Figures | None = None
    error: CommandError | None = None
    is_written: bool = False
    is_skipped: bool = False
    """Whether it is not written for it would be larger than its file."""
    note: str | None = None
    """What to know of it beside the figures."""

    @property
    def exit_status(self) -> int:
        """What the command would return for this file alone."""
        return 0 if self.error is None else self.error.exit_status


def is_done(result: Result) -> bool:
    """Whether there is a result, or would be but for a dry run."""
    return result.error is None and not result.is_skipped


def exit_status(results: Sequence[Result]) -> int:
    """Return the status of a run: that which comes first in `EXIT_STATUSES`, 0 if nothing else does."""
    statuses = {result.exit_status for result in results}
    return next((status for status in EXIT_STATUSES if status in statuses - {0}), 0)


def describe(result: Result) -> str:
    """Three lines on one file: before, after, error."""
    job, figures = result.job, result.figures
    assert job is not None
    assert figures is not None
    of_what = " of the first frame" if figures.is_animation else ""
    channels = "premultiplied R, G, B and alpha" if figures.has_alpha else "R, G, B"
    return "\n".join(
        (
            f"{job.given.name}: {figures.width} x {figures.height}, {colors_text(figures.colors_before)}"
            f"{figures.bytes_before:,} bytes{figures.frames}{''.join(f', {change}' for change in figures.changes)}",
            f"{target_name(result)}: {colors_text(figures.colors_after)}{figures.bytes_after:,} bytes "
            f"({figures.bytes_after / figures.bytes_before:.1%} of {job.given.name})"
            + ("" if result.is_written else ", not written: a dry run"),
            "error: not measured, since the picture is too large for memory"
            if figures.mse is None
            else f"error{of_what}: MSE {figures.mse:.2f} (mean squared distance in 8-bit {channels}), "
            f"PSNR {psnr_text(figures)}{figures.score}",
        )
    )


def describe_briefly(result: Result) -> str:
    """One line on one of many files."""
    figures = result.figures
    assert result.job is not None
    assert figures is not None
    to = f"{result.job.given} -> {target_name(result)}: {sizes(figures.bytes_before, figures.bytes_after)}"
    if figures.mse is None:
        return to
    likeness = f"PSNR {psnr_text(figures)}" if figures.mse else "exact"
    return f"{to}, {figures.colors_after} colors, {likeness}{figures.score}{figures.frames}"


def summary(results: Sequence[Result], *, dry_run: bool) -> str:
    """One line on all files."""
    done = [result.figures for result in results if is_done(result) and result.figures is not None]
    parts = [f"{len(done)} {'file' if len(done) == 1 else 'files'}{', a dry run' if dry_run else ''}"]
    if done:
        parts[0] += f": {sizes(sum(f.bytes_before for f in done), sum(f.bytes_after for f in done))}"
    for status, words in SUMMARY_WORDS.items():
        n = sum(result.exit_status == status for result in results)
        if n:
            parts.append(f"{n} {words}")
    n_skipped = sum(result.is_skipped for result in results)
    if n_skipped:
        parts.append(f"{n_skipped} would be larger, skipped")
    return "; ".join(parts)


def as_json(results: Sequence[Result]) -> str:
    """One document: a list of files, and totals of those that are done."""
    done = [result.figures for result in results if is_done(result) and result.figures is not None]
    document = {
        "files": [row(result) for result in results],
        "total": {
            "files": len(done),
            "bytes_before": sum(figures.bytes_before for figures in done),
            "bytes_after": sum(figures.bytes_after for figures in done),
        },
        "exit_status": exit_status(results),
    }
    return json.dumps(document, indent=2)


def row(result: Result) -> dict[str, Any]:
    """One file for JSON, which knows no infinity: the PSNR of an exact result is null, as what was not measured."""
    job, figures = result.job, result.figures
    measured: dict[str, Any] = {}
    if figures is not None:
        is_known = figures.psnr is not None and not math.isinf(figures.psnr)
        measured = asdict(figures) | {"psnr": figures.psnr if is_known else None}
    return {
        "input": None if job is None else str(job.given.path or "-"),
        "output": None if job is None else str(job.target or "-"),
        "written": result.is_written,
        "exit_status": result.exit_status,
        "error": None if result.error is None else str(result.error),
        "note": result.note,
        **measured,
    }


def target_name(result: Result) -> str:
    """Where it went, for people."""
    assert result.job is not None
    return "standard output" if result.job.target is None else shown(result.job.target)


def sizes(before: int, after: int) -> str:
    """Bytes before and after, and the share that is left."""
    return f"{before:,} -> {after:,} bytes ({after / before:.1%})"


def colors_text(n: int | None) -> str:
    """Say how many colours there are, if that is known."""
    return "" if n is None else f"{n:,} colors, "


def psnr_text(figures: Figures) -> str:
    """PSNR with its unit."""
    assert figures.psnr is not None
    return "infinite: exact" if math.isinf(figures.psnr) else f"{figures.psnr:.2f} dB"
