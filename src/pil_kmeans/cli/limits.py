"""How much the command takes at most: pixels of a picture, and memory for all that are worked on at the same time."""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from types import TracebackType

from PIL import Image

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

BYTES_A_PIXEL = {"1": 20, "L": 20, "P": 32, "I;16": 32, "I;16B": 32, "RGB": 44, "LA": 44}
"""Of pictures with a different colour in every pixel, which take most; `OTHER` of modes that are not here."""
OTHER = 96
OUTSIDE = 400 * 2**20
"""Bytes that a picture takes that lies in files, however large it is."""
TO_SCORE = 2
"""How many times as much `quality` takes."""

FILE_SHARE = 4
"""Work on a picture takes more than this many times the bytes of its file, unless that is no picture."""

CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
UNKNOWN_MEMORY = 8 * 2**30


class OverBudgetError(ValueError):
    """A picture takes more than is allowed for all."""


class MemoryBudget:
    """Memory that pictures share; one that has to wait for others to be done does.

    Parameters
    ----------
    total : int
        In bytes.
    option : str, optional
        What sets it; None where nothing does.
    """

    def __init__(self, total: int, option: str | None = None) -> None:
        self.total = total
        self.option = option
        self.used = 0
        self.changed = Condition()
        self.is_closed = False

    def close(self) -> None:
        """Let nobody wait any more."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()


class Share:
    """What one picture, or all frames of one result, take of a budget until the block ends.

    Only what has taken nothing yet waits for others: who waits with a part in hand might wait for ever.
    """

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._taken = 0

    @property
    def most_file_bytes(self) -> int:
        """Of a file, or of what gives no end, that may be worked on."""
        return self._budget.total // FILE_SHARE

    @property
    def set_by(self) -> str:
        """Who says so, for the end of an error."""
        return "" if self._budget.option is None else f": raise {self._budget.option} for more"

    def take(self, n_bytes: int) -> None:
        """Wait until there is as much.

        Raises
        ------
        OverBudgetError
            If it is more than the whole.
        KeyboardInterrupt
            If the budget is closed.
        """
        budget, needed = self._budget, self._taken + n_bytes
        with budget.changed:
            if needed <= budget.total and not self._taken:
                budget.changed.wait_for(lambda: budget.is_closed or budget.used + n_bytes <= budget.total)
            if budget.is_closed:
                raise KeyboardInterrupt
            if needed > budget.total or budget.used + n_bytes > budget.total:
                remedy = "shrink it, or use fewer of them"
                if budget.option is not None:
                    remedy = f"pass {budget.option} {in_units(needed)} if there is that much"
                raise OverBudgetError(
                    f"it takes about {in_words(needed)} of memory, and {in_words(budget.total)} are allowed: {remedy}"
                )
            budget.used += n_bytes
            self._taken = needed

    def __enter__(self) -> Share:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._budget.changed:
            self._budget.used -= self._taken
            self._budget.changed.notify_all()


def usual_memory() -> int:
    """Return half of the memory that the machine has, or the container."""
    try:
        found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    except (AttributeError, ValueError, OSError):  # Windows
        found = [UNKNOWN_MEMORY]
    for name in CGROUP_LIMITS:
        try:
            found.append(int(Path(name).read_text()))
        except (OSError, ValueError):  # "max" is none
            continue
    return min(found) // 2


def bytes_needed(image: Image.Image, *, to_score: bool) -> int:
    """Estimate what work on a picture takes, from its header."""
    a_pixel = BYTES_A_PIXEL.get(image.mode, OTHER)
    if "transparency" in image.info:
        a_pixel = OTHER
    return image.width * image.height * a_pixel * (TO_SCORE if to_score else 1)


@contextmanager
def pixel_limit(most: int | None) -> Iterator[None]:
    """Have Pillow refuse pictures of more pixels; None leaves its own limit."""
    usual = Image.MAX_IMAGE_PIXELS
    if most is not None:
        Image.MAX_IMAGE_PIXELS = max(1, most // 2)  # above which it warns, and refuses twice as many
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def byte_size(text: str) -> int:
    """Take a size such as 500M or 2G for an option."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    size = int(float(match[1]) * UNITS[match[2].upper()]) if match else 0
    if size < 1:
        msg = f"must be a number of bytes, or one with K, M, G or T behind it such as 2G, got {text!r}"
        raise ArgumentTypeError(msg)
    return size


def in_words(n_bytes: int) -> str:
    """Show a size to people."""
    unit = next((unit for unit in "TGM" if n_bytes >= UNITS[unit]), "K")
    return f"{n_bytes / UNITS[unit]:.1f} {unit}iB"


def in_units(n_bytes: int) -> str:
    """Show a size as `byte_size` takes it, not less than it is."""
    unit = next((unit for unit in "GM" if n_bytes >= UNITS[unit]), "K")
    return f"{-(-n_bytes // UNITS[unit])}{unit}"
