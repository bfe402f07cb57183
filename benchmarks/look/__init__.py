"""How results look, dithered and not: perceptual scores beside the peers'.

Photographs (the report set cq100, or with --tuning the pictures that defaults may be
tuned on) and pictures with alpha, these on black, on white and on a checkerboard. A
table of means for each number of colours is followed by ours minus each peer,
beside the floors that it has to reach. What is not installed is named as such.
Results take about 15 seconds of CPU time for each picture and number of colours.
"""

import argparse
from pathlib import Path
from typing import Any

from benchmarks.look import speed
from benchmarks.look.compare import compare_alpha, compare_photographs
from benchmarks.look.scores import NOTE
from benchmarks.look.summary import compare_methods, print_differences, print_means
from benchmarks.pictures import find_alpha_pictures, find_pictures

N_COLORS = (16, 64, 256)
REPORT_SET, TUNING_SET = "cq100", "kodak"
PARTS = ("photographs", "alpha")
QUICK_N_COLORS, QUICK_PHOTOGRAPHS, QUICK_ALPHA = (16, 64), 2, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", help=f"patterns of photographs (default: {REPORT_SET})")
    add("--tuning", action="store_true", help=f"photographs of the tuning set, {TUNING_SET}")
    add("--parts", nargs="+", choices=PARTS, default=PARTS, help="(default: both)")
    add("--n-colors", type=int, nargs="+", metavar="N", help="(default: 16 64 256)")
    add("--quick", action="store_true", help="few pictures, 16 and 64 colours")
    add("--jobs", type=int, default=2, metavar="N", help="processes that score (default: %(default)s)")
    add("--sheet", type=Path, metavar="FOLDER", help="also write a contact sheet of each photograph and palette size")
    add("--speed", action="store_true", help="instead: CPU time of the dithered call beside libimagequant")
    add("--repeats", type=int, default=7, metavar="N", help="rounds of --speed (default: %(default)s)")
    add(
        "--seconds", type=float, default=20.0, metavar="S", help="of --speed: fewer rounds, but three, beyond this time"
    )


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    patterns = arguments.pictures or (TUNING_SET if arguments.tuning else REPORT_SET)
    photographs = find_pictures(patterns, images=arguments.images)
    alpha = find_alpha_pictures(images=arguments.images)
    n_colors = arguments.n_colors or N_COLORS
    if arguments.quick:
        photographs, alpha = photographs[:QUICK_PHOTOGRAPHS], alpha[:QUICK_ALPHA]
        n_colors = arguments.n_colors or QUICK_N_COLORS
    if arguments.speed:
        return speed.run(arguments, photographs)
    print(f"\n{NOTE}")
    records = []
    if "photographs" in arguments.parts:
        records += compare_photographs(photographs, n_colors, jobs=arguments.jobs, sheets=arguments.sheet)
    if "alpha" in arguments.parts:
        records += compare_alpha(alpha, n_colors, jobs=arguments.jobs)
    print_means(records)
    differences = compare_methods(records)
    print_differences(differences)
    return {"scores": records, "note": NOTE, "differences": differences}
