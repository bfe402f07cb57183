"""How results look, dithered and not: what several judges say, beside the peers.

Photographs (the report set cq100, or with --tuning the pictures that defaults may be
tuned on), pictures with alpha, and made ones: icons, drawings, text, ramps, small pictures. A
table of means for each number of colours is followed by ours minus each peer,
beside the floors that it has to reach, and by the pictures on which a peer is better. What is missing is named.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.judges import NOTE
from benchmarks.look import speed
from benchmarks.look.judge import judge_results
from benchmarks.look.losses import find_losses, print_losses
from benchmarks.look.make import REPORT_SET, make_results
from benchmarks.look.sheet import write_sheets
from benchmarks.look.summary import compare_methods, print_differences, print_means
from benchmarks.pictures import KINDS, Picture, find_kinds, find_pictures

N_COLORS = (16, 64, 256)
TUNING_SET = "kodak"
QUICK_N_COLORS, QUICK_PICTURES = (16,), 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", help=f"patterns of photographs (default: {REPORT_SET})")
    add("--tuning", action="store_true", help=f"photographs of the tuning set, {TUNING_SET}")
    add("--kinds", nargs="+", choices=KINDS, default=KINDS, help="(default: all)")
    add("--n-colors", type=int, nargs="+", metavar="N", help="(default: 16 64 256)")
    add("--quick", action="store_true", help=f"{QUICK_PICTURES} picture of each kind, 16 colours")
    add("--jobs", type=int, default=2, metavar="N", help="processes (default: %(default)s)")
    add("--keep", type=Path, metavar="FOLDER", help="keep the results in this folder")
    add("--sheet", type=Path, metavar="FOLDER", help="also write a contact sheet of each photograph and palette size")
    add("--speed", action="store_true", help="instead: CPU time of the dithered call beside libimagequant")
    add("--repeats", type=int, default=7, metavar="N", help="rounds of --speed (default: %(default)s)")
    add(
        "--seconds", type=float, default=20.0, metavar="S", help="of --speed: fewer rounds, but three, beyond this time"
    )


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    patterns = arguments.pictures or (TUNING_SET if arguments.tuning else REPORT_SET)
    if arguments.speed:
        return speed.run(arguments, find_pictures(patterns, images=arguments.images))
    pictures = find_kinds(arguments.kinds, patterns, images=arguments.images)
    if arguments.quick:
        pictures = first_of_each_kind(pictures)
    n_colors = arguments.n_colors or (QUICK_N_COLORS if arguments.quick else N_COLORS)
    with results_folder(arguments.keep) as folder:
        made = make_results(folder, pictures, n_colors, jobs=arguments.jobs)
        scores, missing = judge_results(folder, made["files"], jobs=arguments.jobs)
        if arguments.sheet is not None:
            write_sheets(arguments.sheet, folder, made["files"], scores)
    print(f"\n{NOTE}")
    print_means(scores)
    differences, losses = compare_methods(scores), find_losses(scores)
    print_differences(differences)
    print_losses(losses)
    return {"missing": made["missing"] + missing, "note": NOTE, "scores": scores, "differences": differences}


def first_of_each_kind(pictures: list[Picture]) -> list[Picture]:
    return [p for kind in KINDS for p in [p for p in pictures if p.kind == kind][:QUICK_PICTURES]]


@contextmanager
def results_folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
    else:
        with TemporaryDirectory() as name:
            yield Path(name)
