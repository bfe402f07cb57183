"""The command: ``pil-kmeans`` and ``python -m pil_kmeans``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module

from .. import __version__
from .errors import EXIT_STATUSES, WRONG_USAGE, CommandError, Interrupted
from .one_line import one_line
from .signals import ended_by_signals, signal_of
from .streams import open_missing_streams, silence_stdout
from .suggestions import FIRST_STEPS, SuggestingParser

COMMANDS = {
    "compress": "write pictures as small PNGs or GIFs",
    "animate": "write pictures as the frames of an animated GIF or PNG",
    "compare": "show what fewer colors do to a picture and to its size",
    "palette": "print the colors that suit a picture best",
    "palettes": "list the palettes that --palette knows by name: of panels and of old machines",
}

MODULES = {
    "compress": "compress",
    "animate": "animate",
    "compare": "compare",
    "palette": "print_palette",
    "palettes": "print_palettes",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words behind the command's name; those of the process if not given.

    Returns
    -------
    int
        Exit status, one of `EXIT_STATUSES`. Wrong usage exits with 2.

    Examples
    --------
    >>> from pil_kmeans.cli import main
    >>> main(["palette", "--colors=4", "no/such/file.png"])
    1
    """
    open_missing_streams()
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt as error:
        stopped = Interrupted(signal_of(error))
        print(f"pil-kmeans: {stopped}", file=sys.stderr)
        return stopped.exit_status


def _run(words: list[str]) -> int:
    """Run the command that the words name; what goes wrong is one line."""
    if not words:
        print(FIRST_STEPS, end="", file=sys.stderr)
        return WRONG_USAGE
    try:
        options = read_options(words)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow about odd files; the user has chosen them
            with ended_by_signals():  # from here on: before, nothing is there that could be lost
                status: int = options.run(options)
        sys.stdout.flush()
    except CommandError as error:
        print(f"pil-kmeans: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        if error.filename is not None:
            print(f"pil-kmeans: {one_line(error.filename)}: {error.strerror}", file=sys.stderr)
            return CommandError.exit_status
        silence_stdout()  # a print has failed: what opens and writes files names them
        print(f"pil-kmeans: cannot write to standard output: {error.strerror}", file=sys.stderr)
        return CommandError.exit_status
    return status


def read_options(words: list[str]) -> argparse.Namespace:
    """Parse the words behind the command's name."""
    parser = SuggestingParser(
        prog="pil-kmeans",
        description="Shrink pictures to palette PNGs with k-means, and see what that does to them.",
        epilog="Exit status: " + ", ".join(f"{status} {meaning}" for status, meaning in EXIT_STATUSES.items()) + ".",
    )
    parser.add_argument("--version", action="version", version=f"pil-kmeans {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name in words:  # the import of the others, and of numpy with them, is what --help need not wait for
            module = import_module(f".{MODULES[name]}", __package__)
            module.add_options(subparser)
            subparser.set_defaults(run=module.run, usage_error=subparser.error)
    return parser.parse_args(words)
