"""``palette``: the colours that suit a picture best, for people and for programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..pictures.read import read_picture
from ..stages.color_space import COLOR_SPACES
from ..stages.kmeans import EFFORTS
from ..stages.threads import count_threads
from ..stages.weighting import WEIGHTINGS
from ..swatches import ORDERS, Swatches
from ..swatches.drawn import for_terminal, shows_true_color
from ..swatches.picture_colors import KINDS, palette
from ..swatches.swatch_formats import FORMATS
from .encode_options import WEIGHTING_HELP
from .errors import CommandError
from .inputs import STANDARD, Input, find_inputs, open_picture
from .limit_options import add_limits, budget_of, limits_of
from .limits import Share, pixel_limit
from .one_line import one_line
from .option_types import COLOR_FLAGS, add_function_option, color, given_options, integer_between
from .output import check_output, names_picture, write_output
from .shared_palette import fitted_to_all

N_COLORS = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="pictures that Pillow can read, folders of such, or patterns: of several the colors that suit them all; "
        "what cannot be read is reported; - is standard input, and stands alone",
    )
    parser.add_argument(
        *COLOR_FLAGS,
        dest="n_colors",
        type=integer_between(1, 256),
        metavar="N",
        default=N_COLORS,
        help="most colors to find, 1 to 256 (default: %(default)s)",
    )
    parser.add_argument("--recursive", action="store_true", help="look in the folders below folders, too")
    add_limits(parser)
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="hex: one in a line; css: variables; json: with the share of pixels; gpl: for GIMP, Inkscape, Krita; act, "
        "ase: for Adobe's programs (default: what the end of the output's name says, otherwise hex, which a terminal "
        "shows with swatches)",
    )
    parser.add_argument("-o", "--output", metavar="PATH", type=Path, help="file to write (default: standard output)")
    parser.add_argument("--force", action="store_true", help="overwrite an output that exists")
    add_function_option(
        parser,
        palette,
        "--fixed",
        dest="fixed_colors",
        type=color,
        action="append",
        metavar="COLOR",
        help="color that the palette holds exactly, such as red or '#ff0000'; may be given several times",
    )
    for flag, choices, meaning in (
        (
            "--kind",
            KINDS,
            "dominant: what the picture is painted with best; accent: what people would name, vivid and different, few "
            "blacks and greys; real: dominant, but only colors that pixels have",
        ),
        ("--sort", ORDERS, "most frequent first, by hue from red to purple, or from dark to light"),
        ("--color-space", COLOR_SPACES, "where distances between colors are measured"),
        ("--effort", tuple(EFFORTS), "how long to search for better colors"),
        ("--weighting", WEIGHTINGS, WEIGHTING_HELP),
    ):
        add_function_option(parser, palette, flag, choices=choices, help=meaning)
    add_function_option(
        parser,
        palette,
        "--threads",
        dest="n_threads",
        type=integer_between(1, None),
        metavar="N",
        help="threads to use (default: OMP_NUM_THREADS, otherwise all CPUs)",
    )


def run(options: argparse.Namespace) -> int:
    """Find the palette and write it."""
    if options.output is not None and names_picture(options.output):
        options.usage_error(f"-o {options.output} names a picture, and the palette is none: name another file")
    if options.output is not None:
        check_output(options.output, force=options.force)
    if STANDARD in options.files and len(options.files) > 1:
        options.usage_error("- for standard input stands alone: name no other FILE")
    inputs, errors = find_inputs(options.files, recursive=options.recursive)
    colors: Swatches | None
    if len(inputs) == 1 and not errors:
        colors, name = of_one(inputs[0], options), inputs[0].place.stem
    else:
        given = given_options(options, palette)
        kind, sort = (given.pop(name, default) for name, default in (("kind", "dominant"), ("sort", "share")))
        colors, unread = fitted_to_all(inputs, given, limits_of(options), count_threads(options.jobs), kind)
        errors += unread
        name = f"{len(inputs) - len(unread)} pictures"
        colors = colors and colors.sorted(sort)
    for error in errors:
        print(f"pil-kmeans: {error}", file=sys.stderr)
    if colors:
        try:
            data = as_file(colors, name, options)
        except ValueError as error:
            msg = f"cannot make a palette of {inputs[0] if len(inputs) == 1 else name}: {one_line(error)}"
            raise CommandError(msg) from error
        write_output(options.output, data, force=options.force)
    return errors[0].exit_status if errors else 0


def of_one(given: Input, options: argparse.Namespace) -> Swatches:
    """Find the colours of one picture."""
    with pixel_limit(options.max_pixels), Share(budget_of(options)) as share:
        opened = open_picture(given, share=share)
        try:
            return palette(read_picture(opened.first), **given_options(options, palette))
        except (ValueError, MemoryError) as error:
            msg = f"cannot make a palette of {given}: {one_line(error)}"
            raise CommandError(msg) from error


def as_file(colors: Swatches, name: str, options: argparse.Namespace) -> bytes:
    """Write the palette as asked for, or as the end of the output's name says, or for the terminal."""
    if options.output is None and options.format is None and sys.stdout.isatty():
        return for_terminal(colors, in_true_color=shows_true_color()).encode()
    extension = "" if options.output is None else options.output.suffix[1:].lower()
    return FORMATS[options.format or (extension if extension in FORMATS else "hex")](colors, name)
