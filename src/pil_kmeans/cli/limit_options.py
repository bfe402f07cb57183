"""The options that say how much a command may take, which commands share."""

from __future__ import annotations

import argparse

from PIL import Image

from .limits import MemoryBudget, byte_size, usual_memory
from .option_types import integer_between
from .shared_palette import Limits

MAX_MEMORY = "--max-memory"


def add_limits(parser: argparse._ActionsContainer) -> None:
    """Declare them."""
    parser.add_argument(
        "--jobs",
        type=integer_between(1, None),
        metavar="N",
        help="files to work on at the same time (default: OMP_NUM_THREADS, otherwise as many as CPUs)",
    )
    parser.add_argument(
        MAX_MEMORY,
        type=byte_size,
        metavar="SIZE",
        help="memory for all files that are worked on at the same time, such as 2G; files wait for it, and one that "
        "needs more is refused (default: half of what the machine or the container has)",
    )
    parser.add_argument(
        "--max-pixels",
        type=integer_between(1, None),
        metavar="N",
        help=f"pixels of a picture, above which it is refused (default: {2 * (Image.MAX_IMAGE_PIXELS or 0):,}, as "
        "Pillow does)",
    )


def budget_of(options: argparse.Namespace) -> MemoryBudget:
    """Return what all files may take together."""
    return MemoryBudget(options.max_memory or usual_memory(), MAX_MEMORY)


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the same for processes."""
    return Limits(options.max_memory or usual_memory(), MAX_MEMORY, options.max_pixels)
