"""Mean squared error of palettes, beside the lowest known and the peers'.

Errors are means over all pixels of the squared Euclidean distance in 8-bit sRGB,
computed in double precision three times: to the nearest unrounded centre
(cluster_centers_), to the nearest palette entry (palette_), and to the colour that the
quantised picture really has there. Each is divided by the lowest error known for
the picture (best_known_mse.json), or, where none is known, by the lowest that
any quantiser of this run reached on it. 'mean' and 'worst' are over the pictures.
"""

import argparse
from collections.abc import Iterable, Iterator
from functools import partial
from statistics import mean
from typing import Any

from benchmarks import monotone
from benchmarks.groups import group
from benchmarks.mse import UniqueColors, measure_errors
from benchmarks.peers import EFFORTS, MakeTask, find_peers, ours
from benchmarks.pictures import Picture, find_pictures
from benchmarks.progress import track
from benchmarks.tables import print_table

N_COLORS = (4, 16, 64, 256)
MEASURES = ("centers", "palette", "output")

# (mean, worst) ratio of the centres' error to the lowest known that a row has to reach.
TARGETS = {
    ("fast, srgb", 256): (1.25, 1.6),
    ("fast, srgb", 64): (1.08, 1.25),
    ("fast, srgb", 16): (1.03, 1.12),
    ("balanced, srgb", 256): (1.02, 1.08),
    ("balanced, srgb", 64): (1.009, 1.03),
    ("balanced, srgb", 16): (1.004, 1.02),
    ("best, srgb", 256): (1.007, 1.02),
    ("best, srgb", 64): (1.003, 1.01),
    ("best, srgb", 16): (1.0015, 1.01),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100,kodak", help="patterns (default: %(default)s)")
    add("--n-colors", type=int, nargs="+", metavar="N", help="(default: 4 16 64 256)")
    add("--efforts", nargs="+", choices=EFFORTS, default=EFFORTS)
    add("--color-spaces", nargs="+", default=["srgb"], help="(default: srgb)")
    add("--peers", default="all", help="all, none or names (default: %(default)s)")
    add(
        "--slow-pictures",
        type=int,
        default=3,
        metavar="N",
        help="pictures for peers that take seconds each (default: %(default)s)",
    )
    add("--each", action="store_true", help="also print every picture's errors")
    add(
        "--monotone",
        action="store_true",
        help="instead: does the error fall from 4 to 256 colours and with effort?",
    )


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    pictures = find_pictures(arguments.pictures, images=arguments.images)
    if arguments.monotone:
        return monotone.run(arguments, pictures)
    records = list(measure(arguments, pictures))
    add_ratios(records)
    if arguments.each:
        print_each(records)
    for same in group(records, "n_colors").values():
        print_summary(same)
    print_better(records)
    return {"errors": records}


def measure(arguments: argparse.Namespace, pictures: list[Picture]) -> Iterator[dict[str, Any]]:
    methods: list[tuple[str, MakeTask, bool]] = [
        (
            f"{effort}, {color_space}",
            partial(ours, effort=effort, color_space=color_space),
            False,
        )
        for color_space in arguments.color_spaces
        for effort in arguments.efforts
    ]
    peers = find_peers(arguments.peers)
    methods += [(peer.name, peer.make_task, peer.slow) for peer in peers]
    for number, picture in enumerate(track(pictures, "error")):
        colors = UniqueColors(picture.pixels)
        for n_colors in arguments.n_colors or N_COLORS:
            for name, make_task, slow in methods:
                if slow and number >= arguments.slow_pictures:
                    continue
                task = make_task(picture.pixels, n_colors)
                errors = measure_errors(colors, task.read(task.run()))
                yield {
                    "picture": picture.name,
                    "n_colors": n_colors,
                    "method": name,
                    "best_known": picture.best_known.get(n_colors),
                    "mse": errors,
                }


def add_ratios(records: list[dict[str, Any]]) -> None:
    for same in group(records, "picture", "n_colors").values():
        lowest = min(record["mse"]["centers"] for record in same)
        for record in same:
            reference = record["best_known"] or lowest
            record["ratio"] = {
                name: mse / reference if reference else float(mse > 0) + 1.0 for name, mse in record["mse"].items()
            }


def print_each(records: Iterable[dict[str, Any]]) -> None:
    print_table(
        "Mean squared error of each picture, and its ratio to the lowest known",
        ["picture", "colours", "method", *MEASURES, *(f"/ {m}" for m in MEASURES)],
        (
            [
                record["picture"],
                record["n_colors"],
                record["method"],
                *(record["mse"][name] for name in MEASURES),
                *(f"{record['ratio'][name]:.4f}" for name in MEASURES),
            ]
            for record in records
        ),
    )


def print_summary(records: list[dict[str, Any]]) -> None:
    rows = []
    for (method,), own in group(records, "method").items():
        row = [method, len(own)]
        for name in MEASURES:
            ratios = [record["ratio"][name] for record in own]
            row.append(f"{mean(ratios):.4f} / {max(ratios):.4f}")
        worst = max(own, key=lambda record: record["ratio"]["centers"])
        target = TARGETS.get((method, own[0]["n_colors"]))
        floor = f"{target[0]} / {target[1]}" if target else None
        rows.append([*row, floor, worst["picture"]])
    print_table(
        f"{records[0]['n_colors']} colours: mean / worst ratio to the lowest error",
        ["method", "pictures", *MEASURES, "at most (centers)", "worst on"],
        rows,
    )


def print_better(records: Iterable[dict[str, Any]]) -> None:
    """What should go into best_known_mse.json."""
    better = [
        min(same, key=lambda record: record["mse"]["centers"])
        for same in group(
            (r for r in records if r["best_known"] and r["ratio"]["centers"] < 1),
            "picture",
            "n_colors",
        ).values()
    ]
    if better:
        print_table(
            "Lower than the lowest error known",
            ["picture", "colours", "method", "known", "now", "ratio"],
            (
                [
                    record["picture"],
                    record["n_colors"],
                    record["method"],
                    f"{record['best_known']:.4f}",
                    f"{record['mse']['centers']:.4f}",
                    f"{record['ratio']['centers']:.5f}",
                ]
                for record in better
            ),
        )
