"""``compress``: picture files -> small PNGs and GIFs, and what that did to their size."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from ..encode import encode_png
from ..pictures.from_files import EXTENSIONS
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.threads import count_threads
from .containers import is_replaceable
from .encode_options import add_encode_options, add_preset_and_quality, given_encode_options, with_preset
from .errors import CommandError
from .inputs import SAMPLE, STANDARD, Input, find_inputs, sample_input
from .limit_options import add_limits, budget_of, limits_of
from .limits import pixel_limit
from .option_types import (
    COLOR_FLAGS,
    add_function_option,
    file_suffix,
    integer_between,
    palette,
)
from .output import write_report
from .progress_bar import Progress
from .results import Result, as_json, describe, describe_briefly, exit_status, summary
from .shared_palette import fitted_to_all
from .targets import SUFFIX, planned, result_test
from .work import MOST_LEFT, Work, done_in_parallel


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options. Those of the picture have the names and defaults of `encode_png`."""
    kinds = ", ".join(sorted(EXTENSIONS))
    parser.epilog = (
        "Without -o, --suffix and --in-place, photo.jpg becomes photo-8bit.png beside it, and a GIF stays a GIF. With "
        "-o the extension says what is written, .png, .apng, .gif or .webp; an animation keeps its frames and their "
        "times. A file is replaced only by a complete one, and in place only if nobody else has changed it meanwhile. "
        "Several files: what fails is reported, and the others are done; of folders and patterns, what would be larger "
        "is skipped."
    )
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help=f"pictures that Pillow can read; folders, of which {kinds} are taken; patterns; - is standard input, and "
        f"alone goes to standard output (default, with -o: {SAMPLE}, which comes with scikit-learn)",
    )
    where = parser.add_argument_group("where results go")
    where.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="file to write, - for standard output; of several files, or with a / at its end, the folder",
    )
    where.add_argument(
        "--suffix",
        type=file_suffix,
        help=f"end of a result's name before its extension (default: {SUFFIX}, in the folder of -o nothing)",
    )
    where.add_argument("--in-place", action="store_true", help="replace the files, which must be PNGs or GIFs")
    where.add_argument("--recursive", action="store_true", help="look in the folders below folders, too")
    where.add_argument(
        "--force",
        action="store_true",
        help="overwrite outputs that exist; with --in-place also files of several names (hard links), of which one is "
        "replaced",
    )
    where.add_argument("--skip-if-larger", action="store_true", help="write nothing that is not smaller than its FILE")
    where.add_argument(
        "--only-if-smaller",
        action="store_true",
        help=f"leave out, without a failure, what would not be smaller by {1 - MOST_LEFT:.0%}% at least: what has been "
        "done stays as it is",
    )
    where.add_argument("--dry-run", action="store_true", help="do everything but write")
    where.add_argument("--json", action="store_true", help="report as one JSON document, with the score")
    where.add_argument(
        "--score",
        action="store_true",
        help="report the SSIMULACRA 2 score of each result, one for a panel as the panel shows it: 90 is visually "
        "lossless, 70 high, 50 medium",
    )
    add_limits(where)
    how = parser.add_argument_group("how pictures are compressed")
    add_preset_and_quality(how, "")
    add_function_option(
        how,
        encode_png,
        "--palette",
        metavar="FILE or NAME",
        type=palette,
        help="use these colors, as they are: a picture's, those of a GIMP palette, JSON, or hex colors in lines, "
        "or a palette that `pil-kmeans palettes` lists, such as spectra6; and a transparent one where it is needed; "
        "pixels get the nearest, or dither between them",
    )
    add_function_option(
        how,
        encode_png,
        "--device",
        metavar="FILE or NAME",
        type=palette,
        help="with --palette: store these colors in place of its own, one for each: what the driver of a panel calls "
        "them, while --palette is how they look",
    )
    how.add_argument(
        "--shared-palette",
        action="store_true",
        help="find the colors that suit all FILEs together, and use them in each, as --palette does",
    )
    for flag, meaning in (
        ("--keep-palette", "with --palette: store all its colors in their order, for programs that go by the indices"),
        ("--exact", "with --palette: refuse pictures that have other colors"),
    ):
        how.add_argument(flag, action="store_true", default=argparse.SUPPRESS, help=meaning)
    add_function_option(
        how,
        encode_png,
        *COLOR_FLAGS,
        type=integer_between(1, 256),
        metavar="N",
        help="most colors to use, 1 to 256",
    )
    how.add_argument(
        "--palette-only",
        action="store_true",
        default=argparse.SUPPRESS,
        help="store a palette of so many colors in any case; without it a picture that takes fewer bytes without loss "
        "is stored so, as grey or in colors",
    )
    add_encode_options(how)


UNUSED_WITH_PALETTE = {
    "n_colors": "-k",
    "fixed_colors": "--fixed",
    "effort": "--effort",
    "weighting": "--weighting",
}
FITTED = (*UNUSED_WITH_PALETTE, "color_space", "n_threads")
"""Options that count where a palette is fitted to several pictures."""
USED_WITH_PALETTE = {"device": "--device", "keep_palette": "--keep-palette", "exact": "--exact"}


def run(options: argparse.Namespace) -> int:
    """Compress and report."""
    check_usage(options)
    picture_options = given_encode_options(options)
    inputs, errors = given_inputs(options)
    jobs, results = planned(inputs, options)
    results = [Result(error=error) for error in errors] + results
    n_workers = min(count_threads(options.jobs), max(1, len(jobs)))
    if options.shared_palette:
        picture_options = with_shared_palette(picture_options, [job.given for job in jobs], options)
    picture_options.setdefault("n_threads", max(1, count_threads(None) // n_workers))
    is_silent = options.json or (any(job.target is None for job in jobs) and not options.dry_run)
    is_single = len(jobs) + len(results) == 1
    with pixel_limit(options.max_pixels), Progress(len(jobs)) as progress:
        work = Work(
            picture_options=picture_options,
            in_place=options.in_place,
            force=options.force,
            skip_if_larger=options.skip_if_larger,
            only_if_smaller=options.only_if_smaller,
            dry_run=options.dry_run,
            scores=options.score or options.json,
            must_score=options.score,
            budget=budget_of(options),
            n_workers=n_workers,
            follow=progress.follow,
        )
        for result in results:
            progress.print(f"pil-kmeans: {result.error}", is_error=True)
        with done_in_parallel(work, jobs) as done:
            for result in done:
                results.append(result)
                if result.error is not None:
                    progress.print(f"pil-kmeans: {result.error}", is_error=True)
                elif not is_silent and not result.is_skipped:
                    progress.print(describe(result) if is_single else describe_briefly(result))
                if result.note is not None and not options.json:
                    progress.print(f"{'pil-kmeans: ' * is_silent}{result.note}", is_error=is_silent)
    if options.json:
        write_report(as_json(results))
    elif not is_silent and not is_single:
        print(summary(results, dry_run=options.dry_run))
    return exit_status(results)


def with_shared_palette(
    picture_options: dict[str, Any], inputs: Sequence[Input], options: argparse.Namespace
) -> dict[str, Any]:
    """Fit the colours to all pictures, for each to have them; what cannot be read is told when it is its turn."""
    fit = {name: value for name, value in with_preset(picture_options).items() if name in FITTED}
    most = {"n_colors": fit.get("n_colors", MAX_BYTE_COLORS)}
    swatches, _ = fitted_to_all(inputs, fit | most, limits_of(options), count_threads(options.jobs))
    others = {name: value for name, value in picture_options.items() if name not in UNUSED_WITH_PALETTE}
    return others | {"palette": swatches.colors} if swatches else others


def check_usage(options: argparse.Namespace) -> None:
    """Refuse what contradicts itself, and options that would have no effect."""
    words, error = options.files, options.usage_error
    if not words and options.output is None:
        error("name the pictures to compress: FILE ..., or -o PATH to try it on a photograph")
    if STANDARD in words and len(words) > 1:
        error("- for standard input stands alone: name no other FILE")
    if options.in_place and (options.output is not None or options.suffix is not None or STANDARD in words):
        error("--in-place writes to the files themselves: drop -o, --suffix and -")
    if options.suffix is not None and STANDARD in words:
        error("--suffix needs the name of a file: name an output with -o")
    to_stdout = options.output == STANDARD or (options.output is None and words == [STANDARD])
    if to_stdout and not options.dry_run:
        if options.json:
            error("--json and the picture cannot both go to standard output: name an output with -o")
        if sys.stdout.isatty():
            error("standard output is a terminal: redirect it, or name an output with -o")
    if options.shared_palette and ("palette" in options or STANDARD in words):
        error(
            "--shared-palette finds colors for the FILEs: drop " + ("--palette" if "palette" in options else STANDARD)
        )
    if "lossy" in options and "quality" in options:
        error("--quality chooses what --lossy says: drop one of them")
    for name, flag in UNUSED_WITH_PALETTE.items():
        if "palette" in options and name in options:
            error(f"{flag} has no use with --palette, whose colors stay as they are: drop one of them")
    for name, flag in USED_WITH_PALETTE.items():
        if name in options and "palette" not in options and not (options.shared_palette and name == "keep_palette"):
            error(f"{flag} is about the colors of --palette: name colors with it, or drop it")


def given_inputs(options: argparse.Namespace) -> tuple[list[Input], list[CommandError]]:
    """Find the pictures, or take the one that comes with scikit-learn."""
    if not options.files:
        return [sample_input()], []
    inputs, errors = find_inputs(options.files, recursive=options.recursive, is_result=result_test(options))
    if options.in_place and inputs:
        inputs = [given for given in inputs if not given.is_found or is_replaceable(given.place)]
        if not inputs:
            errors.append(
                CommandError("none of the pictures found is a PNG or a GIF, and --in-place replaces no others")
            )
    return inputs, errors
