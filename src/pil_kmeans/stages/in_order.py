"""In order: long rows of frames of which only a few are held at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

AHEAD = 8
"""Frames before and behind the current one that may be asked for at no cost."""


class Series(Protocol):
    """Frames by their number: an array (N, ...), a list, or what makes them when they are asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, n: int, /) -> NDArray[Any]: ...
    def __iter__(self) -> Iterator[NDArray[Any]]: ...


class AtHand:
    """Arrays of a few frames, which are copied, and whose memory is used for others once they are let go.

    Each frame makes many arrays of its size that are gone before the next. Were they made among others that stay for
    some frames, the heap would have holes that nothing fits into, and more of them with every frame.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[NDArray[Any], ...]] = {}
        self._spare: list[tuple[NDArray[Any], ...]] = []

    def __contains__(self, n: int) -> bool:
        """Whether there is something of frame n."""
        return n in self._made

    def __getitem__(self, n: int) -> tuple[NDArray[Any], ...]:
        """Return what there is of frame n. Whoever needs it when that is let go must copy it."""
        return self._made[n]

    def put(self, n: int, *arrays: NDArray[Any]) -> None:
        """Take what there is of frame n: of each frame as many arrays, of the same sizes and dtypes."""
        copies = self._spare.pop() if self._spare else tuple(map(np.empty_like, arrays))
        for copy, array in zip(copies, arrays, strict=True):
            np.copyto(copy, array, casting="no")
        self._made[n] = copies

    def let_go(self, is_needed: Callable[[int], bool]) -> None:
        """Let go of all frames but those that are needed."""
        for n in [n for n in self._made if not is_needed(n)]:
            self._spare.append(self._made.pop(n))


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
        self._made = AtHand()
        self._iterator, self._next = begin(), 0

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._length

    def __getitem__(self, n: int) -> NDArray[Any]:
        """Return frame n, from 0 on. Its memory becomes that of another when so many have come after it."""
        if n < self._next and n not in self._made:
            self._made = AtHand()
            self._iterator, self._next = self._begin(), 0
        while self._next <= n:
            self._made.let_go(lambda i: i >= self._next - 2 * AHEAD)
            self._made.put(self._next, next(self._iterator))
            self._next += 1
            if self._next == self._length:
                next(self._iterator, None)  # lets go what it holds
        return self._made[n][0]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield all frames."""
        return (self[n] for n in range(self._length))
