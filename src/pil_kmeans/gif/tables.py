"""Tables: the palettes of a GIF, and which of them each frame has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NOTHING = -1
"""In place of an entry: the pixel is transparent."""

Entries = NDArray[np.int16]
"""Which of the colours of all tables pixels have, or `NOTHING`: with one table, the entries of it."""


@dataclass(frozen=True, eq=False)
class Tables:
    """One palette for all frames, or several, so that a colour of two of them is one.

    Parameters
    ----------
    rows : sequence of ndarray of shape (k, 3)
        uint8, at most 256 each. The first is the one that is written once; the others are written with each of their
        frames.
    of_frame : sequence of int
        Which of them each frame has.

    Attributes
    ----------
    colors : ndarray of shape (m, 3)
        uint8, of all tables: of several each once.
    entries : list of ndarray of shape (k + 1,)
        Of each symbol of a table, its place in `colors`; at the end `NOTHING`.
    symbols : list of ndarray of shape (m + 1,)
        Of each colour, its symbol in a table, -1 where there is none; at the end -1, that of `NOTHING`.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.gif.tables import Tables
    >>> night = np.array([[0, 0, 0], [0, 0, 90]], np.uint8)
    >>> day = np.array([[255, 255, 0], [0, 0, 0]], np.uint8)
    >>> tables = Tables([night, day], [0, 0, 1])
    >>> tables.entries[1].tolist(), tables.symbols[1].tolist()
    ([2, 0, -1], [1, -1, 0, -1])
    """

    rows: Sequence[NDArray[np.uint8]]
    of_frame: Sequence[int]
    colors: NDArray[np.uint8] = field(init=False)
    entries: list[Entries] = field(init=False)
    symbols: list[Entries] = field(init=False)

    def __post_init__(self) -> None:
        places: dict[bytes, int] = {}
        is_one = len(self.rows) == 1  # of which equal entries stay apart
        entries, symbols = [], []
        for rows in self.rows:
            keys = [bytes([i]) if is_one else row.tobytes() for i, row in enumerate(rows)]
            entries.append(np.array([*(places.setdefault(key, len(places)) for key in keys), NOTHING], np.int16))
        colors = np.zeros((len(places), 3), np.uint8)
        for rows, own in zip(self.rows, entries, strict=True):
            colors[own[:-1]] = rows
            symbol = np.full(len(places) + 1, NOTHING, np.int16)
            symbol[own[-2::-1]] = np.arange(len(rows) - 1, -1, -1)
            symbols.append(symbol)
        object.__setattr__(self, "colors", colors)
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "symbols", symbols)
