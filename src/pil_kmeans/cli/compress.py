"""``compress``: a picture file -> a palette PNG, and a few lines on what that did."""

from __future__ import annotations

import argparse
import math
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, UnidentifiedImageError

from ..color_management import in_srgb
from ..encode import encode_png
from ..metadata import Metadata, orientation, oriented
from ..pillow.modes import pixels_from_pil
from ..pillow.source import Source
from ..stages.color_space import COLOR_SPACES
from ..stages.dither import DEFAULT_STRENGTH, DITHERS
from ..stages.histogram import histogram
from ..stages.idat import COMPRESSIONS
from ..stages.indexed_image import rgba_rows, to_uint8
from ..stages.kmeans import EFFORTS
from ..stages.pixels import read_pixels
from .errors import CommandError
from .output import check_output, write_output

if TYPE_CHECKING:
    Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

SAMPLE = "china.jpg"
ROWS_AT_ONCE = 256  # keeps the error's floats small


def add_parser(commands: Parsers) -> None:
    """Declare the command's options; their names and defaults are those of `encode_png`."""
    parser = commands.add_parser(
        "compress",
        help="write a picture as a palette PNG",
        description="Write a picture as a palette PNG of few colours, found by k-means.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=Path,
        help=f"picture that Pillow can read (default: {SAMPLE}, which comes with scikit-learn)",
    )
    parser.add_argument("-o", "--output", metavar="PNG", type=Path, required=True, help="file to write")
    parser.add_argument(
        "-k",
        "--n-colors",
        type=integer_between(1, 256),
        default=256,
        metavar="N",
        help="most colours to use, 1 to 256 (default: %(default)s)",
    )
    parser.add_argument(
        "--fixed",
        dest="fixed_colors",
        type=color,
        action="append",
        metavar="COLOR",
        help="color to store exactly, such as red or '#ff0000'; may be given several times",
    )
    parser.add_argument(
        "--color-space",
        choices=COLOR_SPACES,
        default="oklab",
        help="where distances between colours are measured (default: %(default)s)",
    )
    parser.add_argument(
        "--effort",
        choices=tuple(EFFORTS),
        default="balanced",
        help="how long to search for better colours (default: %(default)s)",
    )
    parser.add_argument(
        "--dither",
        choices=DITHERS,
        default="auto",
        help="whether and how colours between the entries appear as a mix of them; ordered, blue-noise: by a pixel's "
        "colour and place only, for animations and tiles; auto: floyd-steinberg unless the picture is drawn in flat "
        "areas or looks better without (default: %(default)s)",
    )
    parser.add_argument(
        "--dither-strength",
        type=strength,
        metavar="S",
        help=f"0 to 1; more hides steps between colours better, and is noisier (default: {DEFAULT_STRENGTH})",
    )
    parser.add_argument(
        "--compression",
        choices=tuple(COMPRESSIONS),
        default="default",
        help="how long to look for a small file of the same pixels (default: %(default)s)",
    )
    parser.add_argument(
        "--metadata",
        choices=get_args(Metadata),
        default="color",
        help="keep what changes how the picture looks, all, or none (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        dest="n_threads",
        type=integer_between(1, None),
        metavar="N",
        help="threads to use (default: OMP_NUM_THREADS, otherwise all CPUs)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite an output that exists")
    parser.set_defaults(run=run)


def integer_between(low: int, high: int | None) -> Any:
    """Type of an option, for argparse."""

    def parse(text: str) -> int:
        allowed = f"an integer from {low}" + ("" if high is None else f" to {high}")
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low or (high is not None and value > high):
            msg = f"must be {allowed}, got {text!r}"
            raise argparse.ArgumentTypeError(msg)
        return value

    return parse


def strength(text: str) -> float:
    """Type of an option, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        msg = f"must be a number from 0 to 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return value


def color(text: str) -> str:
    """Type of an option, for argparse."""
    try:
        ImageColor.getrgb(text)
    except ValueError as error:
        msg = f"must be a name or hex string that PIL.ImageColor knows, such as red or '#ff0000', got {text!r}"
        raise argparse.ArgumentTypeError(msg) from error
    return text


def run(options: argparse.Namespace) -> None:
    """Compress and report."""
    check_output(options.output, force=options.force)
    path = sample_path() if options.file is None else options.file
    image = open_image(path)
    try:
        data = encode_png(
            image,
            n_colors=options.n_colors,
            fixed_colors=options.fixed_colors,
            color_space=options.color_space,
            effort=options.effort,
            dither=options.dither,
            dither_strength=options.dither_strength,
            compression=options.compression,
            metadata=options.metadata,
            n_threads=options.n_threads,
        )
    except ValueError as error:
        msg = f"cannot compress {path}: {error}"
        raise CommandError(msg) from error
    before = oriented(in_srgb(Source.read(image))[0].samples, orientation(image))
    with Image.open(BytesIO(data)) as decoded:
        after = pixels_from_pil(decoded)
    write_output(options.output, data)
    old_size = path.stat().st_size
    height, width = after.shape[:2]
    print(f"{path.name}: {width} x {height}, {count_colors(before):,} colours, {old_size:,} bytes")
    print(
        f"{options.output}: {count_colors(after):,} colours, {len(data):,} bytes "
        f"({len(data) / old_size:.1%} of {path.name})"
    )
    print(describe_error(before, after))


def sample_path() -> Path:
    """Return the photograph to take when no file is named."""
    from sklearn.datasets import load_sample_images

    names = load_sample_images().filenames
    return next(path for path in map(Path, names) if path.name == SAMPLE)


def open_image(path: Path) -> Image.Image:
    """Read a picture file whole."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # named by the user
            with Image.open(path) as image:
                image.load()  # all that is needed, also after the file is closed
    except UnidentifiedImageError as error:
        msg = f"cannot read {path}: it is not a picture that Pillow knows"
        raise CommandError(msg) from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        msg = f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        raise CommandError(msg) from error
    return image


def count_colors(samples: NDArray[Any]) -> int:
    """How many different colours pixels have."""
    return len(histogram(read_pixels(samples)).colors)


def describe_error(before: NDArray[Any], after: NDArray[Any]) -> str:
    """
    MSE and PSNR in words.

    MSE is the mean over pixels of the squared distance in 8-bit R, G, B (and alpha, if there is
    any; R, G, B are then multiplied by it, as the invisible has no error).
    """
    has_alpha = before.shape[2] in (2, 4)
    total = 0.0
    for row in range(0, len(before), ROWS_AT_ONCE):
        rows = slice(row, row + ROWS_AT_ONCE)
        difference = comparable(before[rows]) - comparable(after[rows])
        total += float(np.square(difference).sum())
    mse = total / (before.shape[0] * before.shape[1])
    channels = "premultiplied R, G, B and alpha" if has_alpha else "R, G, B"
    unit = f"mean squared distance in 8-bit {channels}"
    n_channels = 4 if has_alpha else 3
    psnr = f"{10 * math.log10(255**2 * n_channels / mse):.2f} dB" if mse else "infinite: exact"
    return f"error: MSE {mse:.2f} ({unit}), PSNR {psnr}"


def comparable(samples: NDArray[Any]) -> NDArray[np.float64]:
    """8-bit RGBA as floats, premultiplied."""
    rgba = rgba_rows(to_uint8(samples)).astype(np.float64)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba
