"""What options mean: types for argparse, and the defaults of the functions that the command calls."""

from __future__ import annotations

import argparse
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from ..pictures.named_palettes import NAMED_PALETTES, OTHER_NAMES, named_palette
from ..pictures.palette_files import colors_of_file
from .inputs import shown
from .one_line import one_line


def integer_between(low: int, high: int | None) -> Callable[[str], int]:
    """Make the type of an integer from `low` to `high`, or without an upper limit."""

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


def number_between(low: float, high: float, *words: str) -> Callable[[str], float | str]:
    """Make the type of a number from `low` to `high`, or one of some words."""
    others = "".join(f", or {word}" for word in words)

    def parse(text: str) -> float | str:
        if text in words:
            return text
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or math.isinf(value):
            limits = f"from {low:g}" + ("" if math.isinf(high) else f" to {high:g}")
            msg = f"must be a number {limits}{others}, got {text!r}"
            raise argparse.ArgumentTypeError(msg)
        return value

    return parse


def color(text: str) -> str:
    """Take what names a colour."""
    try:
        ImageColor.getrgb(text)
    except ValueError as error:
        msg = f"must be a name or hex string that PIL.ImageColor knows, such as red or '#ff0000', got {text!r}"
        raise argparse.ArgumentTypeError(msg) from error
    return text


def palette(name: str) -> str | NDArray[np.uint8]:
    """Take the name of a palette, or of a file that holds colours, and read these: RGBA (n, 4)."""
    path = Path(name)
    if (name in NAMED_PALETTES or name in OTHER_NAMES) and not path.exists():
        return name
    try:
        return colors_of_file(path.read_bytes())
    except FileNotFoundError as error:
        try:
            named_palette(name)
        except ValueError as unknown:
            msg = f"cannot read {shown(name)}: {error.strerror}, and {one_line(unknown)}"
            raise argparse.ArgumentTypeError(msg) from error
        raise
    except OSError as error:
        msg = f"cannot read {shown(name)}: {error.strerror or one_line(error)}"
        raise argparse.ArgumentTypeError(msg) from error
    except (ValueError, KeyError, SyntaxError) as error:
        reason = "it is neither a picture nor text" if isinstance(error, UnicodeDecodeError) else one_line(error)
        msg = f"cannot take colors from {shown(name)}: {reason}"
        raise argparse.ArgumentTypeError(msg) from error


def file_suffix(text: str) -> str:
    """Take what can stand at the end of a file's name."""
    if "/" in text or "\\" in text or "\0" in text:
        msg = f"must be the end of a file's name, without folders, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return text


COLOR_FLAGS = ("-k", "--colors", "--n-colors")
"""Of a number of colours."""


def add_file_and_colors(
    parser: argparse.ArgumentParser,
    *,
    file_help: str = "picture that Pillow can read, or - for standard input",
    file_nargs: str | None = None,
    **details: Any,
) -> None:
    """Add the picture of a command that takes one, and the number of colours; several with ``nargs="+"``."""
    parser.add_argument("file", metavar="FILE", nargs=file_nargs, help=file_help)
    parser.add_argument(*COLOR_FLAGS, dest="colors", type=integer_between(1, 256), metavar="N", **details)


def add_function_option(
    parser: argparse._ActionsContainer, function: Callable[..., Any], *flags: str, help: str, **details: Any
) -> None:
    """Add an option that is an argument of a function: if not given it is absent, and the function's default counts."""
    keyword = details.setdefault("dest", flags[-1].removeprefix("--").replace("-", "_"))
    default = inspect.signature(function).parameters[keyword].default
    shown = "" if default is None else f" (default: {default})"
    parser.add_argument(*flags, default=argparse.SUPPRESS, help=help + shown, **details)


def given_options(options: argparse.Namespace, function: Callable[..., Any]) -> dict[str, Any]:
    """Keyword arguments for the function: the options that were given."""
    keywords = inspect.signature(function).parameters
    return {name: value for name, value in vars(options).items() if name in keywords}
