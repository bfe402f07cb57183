"""A bar on the terminal for loops that take long."""

from collections.abc import Iterable, Iterator
from typing import Any

from tqdm import tqdm

_nested = 0


def track(items: Iterable[Any], what: str, total: int | None = None) -> Iterator[Any]:
    """Give out `items`, with a bar below those that are there already; none where stderr is no terminal."""
    global _nested
    bar = tqdm(items, what, total, position=_nested, leave=_nested == 0, disable=None, dynamic_ncols=True)
    _nested += 1
    try:
        yield from bar
    finally:
        _nested -= 1
        bar.close()
