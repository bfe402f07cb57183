"""Lines about files that are done, and on a terminal a bar below them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Lock
from time import monotonic
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
        self._shown_from = monotonic() + PATIENCE
        self._lock = Lock()  # files report from threads of their own
        if sys.stderr.isatty():
            from tqdm import tqdm

            files = f" {{n:.0f}}/{n_files} files" if n_files > 1 else ""
            layout = f"{{percentage:3.0f}}%|{{bar:20}}|{files} [{{elapsed}}<{{remaining}}] {{desc}}"
            self._bar = tqdm(total=n_files, bar_format=layout, delay=PATIENCE, leave=False, dynamic_ncols=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.delay = 0  # else what a printed line has drawn would stay: tqdm thinks that nothing was
            self._bar.close()

    def print(self, text: str, *, is_error: bool = False) -> None:
        """Print a line above the bar."""
        file = sys.stderr if is_error else sys.stdout
        if self._bar is None or monotonic() < self._shown_from:
            print(text, file=file)
        else:
            self._bar.write(text, file=file)

    def follow(self, name: str) -> Callable[[float], None]:
        """Make what is called with the share that is done of one more file, from 0.0 to 1.0.

        The bar shows the name of the file that has told last, and what is being done.
        """
        shown = 0.0

        def show(share: float) -> None:
            nonlocal shown
            if self._bar is not None:
                doing = getattr(share, "doing", "")
                with self._lock:
                    self._bar.set_description_str(f"{name}: {doing}" if doing else name, refresh=False)
                    self._bar.update(share - shown)
            shown = share

        return show
