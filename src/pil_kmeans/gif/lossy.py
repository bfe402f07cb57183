"""Lossy GIF: frames whose entries take few bits as LZW, and look about as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.color_space import Points, working_points
from ..stages.in_order import Series
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.movie import PLAIN, Movie, squared_change
from .blocks import Rectangle, symbol_bits
from .codes import Coded
from .tables import NOTHING, Entries, Tables

AUTO = 1.0
"""What `lossy="auto"` stands for."""

_LEAST_BIT, _MOST_BIT = 1e-6, 1e12  # beyond these nothing changes any more
_FEEDBACK = 0.5  # share of the errors that is handed on, at the usual strength of dithering
_STAY = 2.0  # how much worse a change that is not shown is than an error of the same size
_UNCHANGED = 1.5  # bits that the change of a pixel is worth that still counts as the same
_LEFT = 0.1  # bits that it is worth below which it need not lie in the rectangle that is written
_LITTLE = 0.05  # share of the pixels: where less changes everybody looks there,
_WATCHED = 2.5  # and errors count up to so many times as much
_KEPT, _MUST_CHANGE = -1.0, -1.0  # weights
_PATHS, _ENDS = 16, 1


@dataclass
class Lossy:
    """Chooses entries by bits and error at once.

    Parameters
    ----------
    movie : Movie
    tables : Tables
        Of 256 colours each frame does without the one that it needs least.
    guess : Series
        int16 entries (H, W) of the undithered frames, -1 where they are transparent.
    has_transparent : bool
        Whether they are so anywhere.
    is_kept : sequence of ndarray of shape (k,)
        bool, of each table the entries whose pixels keep them. So do runs of four that have exactly their colour.
    bit : float
        The squared error that a bit is worth, more than 0.
    strength : float
        0 to 1: how much of its error a pixel hands on, as in dithering; 0 for nothing.
    """

    movie: Movie
    tables: Tables
    guess: Series
    has_transparent: bool
    is_kept: Sequence[NDArray[np.bool_]]
    bit: float
    strength: float
    _entries: list[Points] = field(init=False)
    _colors: Points = field(init=False)
    _written: Points = field(init=False)
    _changed: float = field(init=False, default=1.0)  # share of the pixels of the current frame

    def __post_init__(self) -> None:
        self._entries = [self.points_of(table) for table in self.tables.rows]
        self._colors = self.points_of(self.tables.colors)
        self._written = np.zeros((2, self.guess[0].size, 2), np.int16)
        self.bit = min(max(self.bit, _LEAST_BIT), _MOST_BIT)

    @staticmethod
    def points_of(table: NDArray[np.uint8]) -> Points:
        """Return the points of a palette."""
        return working_points(table, "oklab", n_threads=1)

    def changes(self, n: int, shown: Entries) -> NDArray[np.bool_]:
        """Return which pixels differ visibly from what they were when they were last written."""
        points, weights = self.movie[n]
        change = squared_change(points, self._written)
        is_seen = (change * weights * np.float32(_STAY / self.bit) > _LEFT) | (change > PLAIN)
        changes: NDArray[np.bool_] = is_seen.reshape(shown.shape) | (shown == NOTHING)
        self._changed = float(changes.mean())
        return changes

    def choose(self, n: int, rectangle: Rectangle, shown: Entries) -> tuple[Entries, Coded | None]:
        """Search a rectangle."""
        points, weights = self.movie[n]
        weights = (
            weights
            * self.movie.lasting(n, _UNCHANGED * self.bit, self._is_seen if self.has_transparent else None)
            * np.float32((1 + (_WATCHED - 1) * max(0.0, 1 - self._changed / _LITTLE)) / self.bit)
        )

        def cut(values: NDArray[Any]) -> NDArray[Any]:
            return np.ascontiguousarray(values.reshape(shown.shape)[rectangle.inside].ravel())

        def cut_points(values: Points) -> Points:
            inside = values.reshape(2, *shown.shape, 2)[:, *rectangle.inside]
            return np.ascontiguousarray(inside.reshape(2, -1, 2))

        table = self.tables.of_frame[n]
        guess, before = cut(self._symbols(n)), cut(shown)
        is_transparent = guess == NOTHING
        transparent = None
        if (before >= 0).any() or is_transparent.any():
            transparent = self._transparent(table, guess)
        kept = is_transparent | (cut(self._kept(n)) & (guess != transparent))
        n_entries = len(self.tables.rows[table])
        weights, bits = cut(weights), symbol_bits(max(n_entries - 1, transparent or 0))
        may_stay = (before >= 0) & ~is_transparent & cut(squared_change(points, self._written) <= PLAIN)
        may_stay &= ~kept | (self.tables.symbols[table][before] == guess)
        symbols, codes = _native.search_lzw(
            points=cut_points(points),
            width=rectangle.width,
            weights=np.where(kept, _KEPT, weights).astype(np.float32),
            guess=np.where(is_transparent, transparent or 0, guess).astype(np.uint8),
            shown=cut_points(self._written),
            shown_color=np.maximum(before, 0).astype(np.uint16),
            stay_weights=np.where(may_stay, weights * np.float32(_STAY), _MUST_CHANGE).astype(np.float32),
            entries=self._entries[table],
            colors=self._colors,
            transparent=-1 if transparent is None else transparent,
            symbol_bits=bits,
            feedback=round(256 * _FEEDBACK * self.strength),
            n_paths=_PATHS,
            n_ends=_ENDS,
        )
        symbols = symbols.reshape(rectangle.height, rectangle.width)
        is_drawn = np.zeros(shown.shape, np.bool_)
        is_drawn[rectangle.inside] = True if transparent is None else symbols != transparent
        np.copyto(self._written, points, where=is_drawn.ravel()[np.newaxis, :, np.newaxis])
        drawn = symbols[is_drawn[rectangle.inside]]
        entries = shown[rectangle.inside].copy()
        entries[is_drawn[rectangle.inside]] = self.tables.entries[table][drawn]
        return entries, Coded(codes.tobytes(), bits, transparent, int(drawn.max(initial=0)))

    def _symbols(self, n: int) -> Entries:
        """Return the symbols of the guess, `NOTHING` where it is transparent."""
        symbols: Entries = self.tables.symbols[self.tables.of_frame[n]][self.guess[n]]
        return symbols

    def _is_seen(self, n: int) -> NDArray[np.bool_]:
        is_seen: NDArray[np.bool_] = self.guess[n] >= 0
        return is_seen

    def _transparent(self, table: int, guess: NDArray[np.int16]) -> int:
        """Return the symbol that shows nothing: one beyond the table, or the entry that is needed least."""
        n_entries = len(self.tables.rows[table])
        if n_entries < MAX_BYTE_COLORS:
            return n_entries
        counts = np.bincount(guess[guess >= 0], minlength=n_entries) + self.is_kept[table] * guess.size
        return int(counts.argmin())

    def _kept(self, n: int) -> NDArray[np.bool_]:
        """Return which pixels (H * W,) keep their guess."""
        table = self.tables.of_frame[n]
        guess = np.maximum(self._symbols(n), 0).astype(np.uint8).ravel()
        points, weights = self.movie[n][0], np.zeros(guess.size, np.float32)
        _native.keep_exact(
            points,
            self.movie.shape[1],
            self._entries[table],
            guess,
            self.is_kept[table],
            self.movie.n_threads,
            weights,
        )
        kept: NDArray[np.bool_] = weights < 0
        return kept
