"""Where ``compress`` writes its results."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .containers import EXTENSIONS, known_extensions, own_extension
from .errors import CommandError
from .inputs import STANDARD, Input, shown
from .output import names_other_kind
from .results import Job, Result

SUFFIX = "-8bit"


def own_suffix(options: argparse.Namespace) -> str:
    """Return what ends the names of results that stand beside their files."""
    return SUFFIX if options.suffix is None else options.suffix


def result_test(options: argparse.Namespace) -> Callable[[Path], bool]:
    """Make a test for files and folders that a run with these options before may have written."""

    def is_result(path: Path) -> bool:
        if options.in_place:
            return False
        if options.output is not None:
            return path.is_dir() and os.path.realpath(path) == os.path.realpath(options.output)
        suffix = own_suffix(options)
        ends = tuple(suffix + extension for extension in EXTENSIONS)
        return bool(suffix) and path.name.endswith(ends) and not path.is_dir()

    return is_result


def planned(inputs: Sequence[Input], options: argparse.Namespace) -> tuple[list[Job], list[Result]]:
    """Say for each input where its result goes.

    The same file twice is one job. Two files must not have one result: the second is refused.
    """
    to_folder = is_folder(options, inputs)
    jobs: dict[str, Job] = {}
    refused = []
    for given in inputs:
        job = Job(given, target_of(given, options, to_folder=to_folder), makes_folder=to_folder)
        place = STANDARD if job.target is None else os.path.realpath(job.target)
        first = jobs.setdefault(place, job)
        if first is not job and not is_same_file(first.given, given):
            msg = f"{given} would become {shown(place)}, as {first.given}: rename one of them, or do it by itself"
            refused.append(Result(job, error=CommandError(msg)))
    return list(jobs.values()), refused


def is_same_file(a: Input, b: Input) -> bool:
    """Whether two names are of one file."""
    return a.path is not None and b.path is not None and os.path.realpath(a.path) == os.path.realpath(b.path)


def is_folder(options: argparse.Namespace, inputs: Sequence[Input]) -> bool:
    """Whether -o names a folder; wrong usage if it must and cannot, or must not."""
    output = options.output
    if output is None:
        return False
    is_one_file = len(inputs) == 1 and (not options.files or options.files == [str(inputs[0].path or STANDARD)])
    if output == STANDARD:
        if options.suffix is not None or not is_one_file:
            options.usage_error("-o - takes one picture and no --suffix: name a folder")
        return False
    if os.path.isdir(output) or output.endswith(("/", os.sep)):
        return True
    if is_one_file and options.suffix is not None:
        options.usage_error(f"--suffix goes with a folder for -o, got the file {output!r}: put a / behind a new folder")
    if not is_one_file and os.path.lexists(output):
        options.usage_error(f"-o must name a folder for several pictures, got the file {output!r}")
    if names_other_kind(Path(output), EXTENSIONS):
        options.usage_error(
            f"-o {output} names another kind of picture than can be written: name a {known_extensions()}, or put a / "
            "behind a new folder"
        )
    return not is_one_file


def target_of(given: Input, options: argparse.Namespace, *, to_folder: bool) -> Path | None:
    """Name the file to write; None is standard output."""
    if options.in_place:
        return given.path
    if options.output == STANDARD or (options.output is None and given.path is None):
        return None
    extension = own_extension(given.path)
    if to_folder:
        return Path(options.output, given.place.with_name(f"{given.place.stem}{options.suffix or ''}{extension}"))
    if options.output is not None:
        return Path(options.output)
    assert given.path is not None
    return given.path.with_name(f"{given.path.stem}{own_suffix(options)}{extension}")
