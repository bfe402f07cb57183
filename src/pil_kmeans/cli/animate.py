"""``animate``: pictures -> the frames of an animated GIF or PNG."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ..encode import QualityError, encode_png
from ..pictures.from_files import EXTENSIONS, frames_in
from .containers import EXTENSIONS as WRITTEN
from .containers import encoder, extension_of, known_extensions
from .encode_options import add_encode_options, add_preset_and_quality, given_encode_options
from .errors import BelowQualityError, CommandError
from .inputs import STANDARD, Input, find_inputs, shown
from .one_line import one_line
from .option_types import COLOR_FLAGS, add_function_option, integer_between, number_between
from .output import check_output, opened_output
from .progress_bar import Progress

FPS = 10.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options. Those of the pictures have the names and defaults of `encode_png`."""
    kinds = ", ".join(sorted(EXTENSIONS))
    parser.add_argument(
        "files",
        metavar="FRAME",
        nargs="+",
        help=f"pictures of one size, in their order; folders, of which {kinds} are taken by the numbers in their "
        "names; patterns; of a picture that has several frames, all; videos, if imageio can read them "
        "(pip install 'pil_kmeans[video]')",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        required=True,
        help=f"file to write, whose extension says what: {known_extensions()}",
    )
    parser.add_argument("--force", action="store_true", help="overwrite an output that exists")
    parser.add_argument(
        "--fps",
        type=number_between(0.01, 100),
        metavar="F",
        default=argparse.SUPPRESS,
        help="frames a second, 0.01 to 100; a video that has more loses some "
        f"(default: what the files say, otherwise {FPS:g})",
    )
    parser.add_argument(
        "--loop",
        type=integer_between(0, 65536),
        metavar="N",
        default=0,
        help="how many times to show them all; 0 is for ever (default: %(default)s)",
    )
    add_function_option(
        parser,
        encode_png,
        *COLOR_FLAGS,
        type=integer_between(1, 256),
        metavar="N",
        help="most colors to use, 1 to 256",
    )
    add_preset_and_quality(parser, " on average")
    add_encode_options(parser)


def run(options: argparse.Namespace) -> int:
    """Read the frames, and write them."""
    target = Path(options.output)
    if target.suffix.lower() not in WRITTEN:
        options.usage_error(f"-o {options.output} does not say what to write: name a {known_extensions()}")
    if STANDARD in options.files:
        options.usage_error("- for standard input is one picture: name files or folders")
    if "lossy" in options and "quality" in options:
        options.usage_error("--quality chooses what --lossy says: drop one of them")
    picture_options = given_encode_options(options) | {"loop": options.loop}
    encode = encoder(extension_of(target, None), picture_options)
    check_output(target, force=options.force)
    own = os.path.realpath(target)
    inputs, errors = find_inputs(options.files, is_result=lambda path: os.path.realpath(path) == own)
    if errors:
        raise errors[0]
    frames = _Frames(inputs, options.fps if "fps" in options else None)
    with Progress(1) as progress, opened_output(target, force=options.force) as file:
        try:
            encode(frames, to=file, progress=progress.follow(shown(target.name)), **picture_options)
        except QualityError as error:
            raise BelowQualityError(f"cannot animate: {one_line(error)}") from error
        except (ValueError, MemoryError) as error:
            msg = f"cannot animate: {one_line(error) or 'the frames do not fit into memory'}"
            raise CommandError(msg) from error
        n_bytes = file.tell()
        n_before = sum(path.stat().st_size for path in frames.paths)
        share = f"{n_bytes / n_before:.1%} of the frames' files"
        progress.print(f"{shown(target)}: {frames.count} frames, {n_bytes:,} bytes ({share})")
    return 0


class _Frames:
    """The frames of all inputs, read whenever they are asked for; what cannot be read is an error of the command."""

    def __init__(self, inputs: Sequence[Input], fps: float | None) -> None:
        self.paths = [given.path for given in inputs if given.path is not None]
        self.count = 0
        self._fps = fps

    def __iter__(self) -> Iterator[Image.Image]:
        self.count = 0
        for path in self.paths:
            frames = frames_in(path, self._fps)
            while True:
                try:
                    frame = next(frames, None)
                except UnidentifiedImageError as error:
                    raise CommandError(f"cannot read {shown(path)}: {one_line(error)}") from error
                except Exception as error:  # readers of broken files raise whatever they stumble upon
                    reason = getattr(error, "strerror", None) or error or type(error).__name__
                    raise CommandError(f"cannot read {shown(path)}: {one_line(reason)}") from error
                if frame is None:
                    break
                self.count += 1
                yield frame
