"""Does the error fall with every doubling of the colours and with more effort?"""

import argparse
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from benchmarks.mse import UniqueColors
from benchmarks.peers import EFFORTS, ours
from benchmarks.pictures import Picture
from benchmarks.tables import print_table

N_COLORS = (4, 8, 16, 32, 64, 128, 256)


def run(arguments: argparse.Namespace, pictures: list[Picture]) -> dict[str, Any]:
    n_colors = sorted(arguments.n_colors or N_COLORS)
    efforts = [effort for effort in EFFORTS if effort in arguments.efforts]
    rises = []
    for color_space in arguments.color_spaces:
        for picture in pictures:
            errors = measure(picture, n_colors, efforts, color_space)
            for rise in find_rises(errors, n_colors, efforts):
                rises.append({"picture": picture.name, "color_space": color_space, **rise})
    fits = len(arguments.color_spaces) * len(pictures) * len(n_colors) * len(efforts)
    print(f"\n{fits} fits of {len(pictures)} pictures, {len(rises)} rises")
    if rises:
        print_table(
            "Where the error of the unrounded centres rises though it should fall",
            ["picture", "space", "from", "to", "error before", "after", "rise in %"],
            (
                [
                    rise["picture"],
                    rise["color_space"],
                    rise["from"],
                    rise["to"],
                    rise["before"],
                    rise["after"],
                    100 * (rise["after"] / rise["before"] - 1),
                ]
                for rise in rises
            ),
        )
    return {"rises": rises, "fits": fits, "n_colors": n_colors}


Errors = dict[tuple[str, int], float]


def measure(picture: Picture, n_colors: list[int], efforts: list[str], color_space: str) -> Errors:
    """Errors of the unrounded centres by (effort, number of colours).

    In sRGB measured here; elsewhere what the fit says, its inertia a pixel.
    """
    colors = UniqueColors(picture.pixels)
    errors = {}
    for effort in efforts:
        for n in n_colors:
            task = ours(picture.pixels, n, effort=effort, color_space=color_space)
            quantizer, _ = task.run()
            errors[effort, n] = (
                colors.mse(quantizer.cluster_centers_)
                if color_space == "srgb"
                else quantizer.inertia_ / picture.n_pixels
            )
    return errors


def find_rises(errors: Errors, n_colors: list[int], efforts: list[str]) -> Iterator[dict[str, Any]]:
    steps = [
        *(((e, less), (e, more)) for e in efforts for less, more in pairwise(n_colors)),
        *(((less, n), (more, n)) for n in n_colors for less, more in pairwise(efforts)),
    ]
    for before, after in steps:
        if errors[after] > errors[before]:
            yield {
                "from": "{} {}".format(*before),
                "to": "{} {}".format(*after),
                "before": errors[before],
                "after": errors[after],
            }
