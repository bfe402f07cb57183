"""The options of `encode_png`, which commands share."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from typing import Any, get_args

from ..encode import encode_png
from ..png.idat import COMPRESSIONS
from ..png.metadata import Metadata
from ..png.target_quality import read_quality
from ..presets import PRESETS, added_by_preset
from ..stages.color_space import COLOR_SPACES
from ..stages.dithering.amounts import DEFAULT_STRENGTH
from ..stages.dithering.diffuse import DITHERS
from ..stages.hidden import TRANSPARENT_RGB
from ..stages.kmeans import EFFORTS
from ..stages.weighting import WEIGHTINGS
from .option_types import add_function_option, color, given_options, integer_between, number_between

WEIGHTING_HELP = (
    "perceptual: pixels count as much as an error there is seen; uniform: all the same "
    "(default: perceptual in oklab and cielab, otherwise uniform; "
    "of small pictures, and dithered below 16 colours, what looks better)"
)


def preset_help() -> str:
    """Say what each preset sets, as options of the command."""
    meanings = (
        f"{name}: " + " ".join(f"--{option.replace('_', '-')} {value}" for option, value in options.items())
        for name, options in PRESETS.items()
    )
    return f"options under one name, of which those that are given besides win; {'; '.join(meanings)}"


def add_preset_and_quality(parser: argparse._ActionsContainer, of_what: str) -> None:
    """Declare the options that stand for others, and how rough the result may be."""
    add_function_option(parser, encode_png, "--preset", choices=tuple(PRESETS), help=preset_help())
    add_function_option(
        parser,
        encode_png,
        "--quality",
        type=quality,
        metavar="Q",
        help=f"as rough as this SSIMULACRA 2 score{of_what} allows, 0 to 100: 90 is visually lossless, 70 high, 50 "
        "medium; a range such as 60-80: 80, or what comes closest to it where no palette reaches that, and at least 60",
    )


def quality(text: str) -> float | str:
    """Take a number, or a range."""
    try:
        number = float(text)
    except ValueError:
        number = None
    try:
        read_quality(text if number is None else number)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("quality ")) from error
    return text if number is None else number


def add_encode_options(parser: argparse._ActionsContainer) -> None:
    """Declare the options of `encode_png` but the number of colours."""

    def add(*flags: str, **details: Any) -> None:
        add_function_option(parser, encode_png, *flags, **details)

    add(
        "--fixed",
        dest="fixed_colors",
        type=color,
        action="append",
        metavar="COLOR",
        help="color to store exactly, such as red or '#ff0000'; may be given several times",
    )
    add("--color-space", choices=COLOR_SPACES, help="where distances between colors are measured")
    add("--effort", choices=tuple(EFFORTS), help="how long to search for better colors")
    add("--weighting", choices=WEIGHTINGS, help=WEIGHTING_HELP)
    add(
        "--dither",
        choices=DITHERS,
        help="whether and how colors between the entries appear as a mix of them; atkinson, stucki, "
        "jarvis-judice-ninke, sierra: as floyd-steinberg, but farther; ordered, blue-noise: by a pixel's "
        "color and place only, for animations and tiles; auto: floyd-steinberg unless the picture looks better "
        "without, or flat areas of a drawing would be speckled",
    )
    add(
        "--dither-strength",
        type=number_between(0, 1),
        metavar="S",
        help="0 to 1; more hides steps between colors better, and is noisier "
        f"(default: {DEFAULT_STRENGTH}, or up to 0.99 with a palette, by how far apart its colors are)",
    )
    add(
        "--lossy",
        type=number_between(0, math.inf, "auto"),
        metavar="X",
        help="how much rougher the picture may become to take fewer bytes; 0: not at all; auto: hardly to be seen",
    )
    add("--compression", choices=tuple(COMPRESSIONS), help="how long to look for a small file of the same pixels")
    add("--metadata", choices=get_args(Metadata), help="keep what changes how the picture looks, all, or none")
    add(
        "--transparent-rgb",
        choices=TRANSPARENT_RGB,
        help="what fully transparent pixels hide, for textures of games: the first one's color, none, what they have, "
        "or that of the nearest visible pixel",
    )
    add(
        "--threads",
        dest="n_threads",
        type=integer_between(1, None),
        metavar="N",
        help="threads for each file (default: OMP_NUM_THREADS, otherwise all CPUs, divided among the jobs)",
    )


def given_encode_options(options: argparse.Namespace) -> dict[str, Any]:
    """Keyword arguments for `encode_png`: the options that were given."""
    return given_options(options, encode_png)


def with_preset(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with those that their preset stands for."""
    return added_by_preset(options) | dict(options)
