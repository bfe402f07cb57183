"""The command: ``pil-kmeans`` and ``python -m pil_kmeans``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import compress
from .errors import CommandError

EXIT_OK = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words behind the command's name; those of the process if not given.

    Returns
    -------
    int
        Exit status: 0 done, 1 failed, 15 the output exists. Wrong usage exits with 2.
    """
    parser = argparse.ArgumentParser(
        prog="pil-kmeans",
        description="Shrink pictures to palette PNGs with k-means.",
        epilog="Exit status: 0 done, 1 failed, 2 wrong usage, 15 the output exists.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    compress.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except CommandError as error:
        print(f"pil-kmeans: {error}", file=sys.stderr)
        return error.exit_status
    return EXIT_OK
