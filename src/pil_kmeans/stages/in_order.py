"""In order: long rows of frames of which only a few are held at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from numpy.typing import NDArray

AHEAD = 8
"""Frames before and behind the current one that may be asked for at no cost."""


class Series(Protocol):
    """Frames by their number: an array (N, ...), a list, or what makes them when they are asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, n: int, /) -> NDArray[Any]: ...
    def __iter__(self) -> Iterator[NDArray[Any]]: ...


class InOrder:
    """Frames that an iterator makes, of which the last few are at hand. For one further back it is begun again.

    Parameters
    ----------
    begin : callable
        Returns an iterator of all frames.
    length : int
        How many they are.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.in_order import InOrder
    >>> squares = InOrder(lambda: (np.array([n * n]) for n in range(1000)), 1000)
    >>> squares[999], squares[3]
    (array([998001]), array([9]))
    """

    def __init__(self, begin: Callable[[], Iterator[NDArray[Any]]], length: int) -> None:
        self._begin, self._length = begin, length
        self._made: dict[int, NDArray[Any]] = {}
        self._iterator, self._next = begin(), 0

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._length

    def __getitem__(self, n: int) -> NDArray[Any]:
        """Return frame n, from 0 on."""
        if n < self._next and n not in self._made:
            self._made.clear()
            self._iterator, self._next = self._begin(), 0
        while self._next <= n:
            self._made[self._next] = next(self._iterator)
            self._made.pop(self._next - 2 * AHEAD - 1, None)
            self._next += 1
            if self._next == self._length:
                next(self._iterator, None)  # lets go what it holds
        return self._made[n]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield all frames."""
        return (self[n] for n in range(self._length))
