"""Lines about files that are done, and on a terminal a bar below them."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

PATIENCE = 0.5  # seconds; a bar for less is only a flicker


class Progress:
    """Prints lines, and draws a bar on standard error if that is a terminal.

    Parameters
    ----------
    n_files : int
        How many there are to do.
    """

    def __init__(self, n_files: int) -> None:
        self._bar: Any = None
        if sys.stderr.isatty() and n_files > 1:
            from tqdm import tqdm

            self._bar = tqdm(total=n_files, unit="file", delay=PATIENCE, leave=False, dynamic_ncols=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def print(self, text: str, *, is_error: bool = False) -> None:
        """Print a line above the bar."""
        file = sys.stderr if is_error else sys.stdout
        if self._bar is None:
            print(text, file=file)
        else:
            self._bar.write(text, file=file)

    def advance(self) -> None:
        """One file more is done."""
        if self._bar is not None:
            self._bar.update()
