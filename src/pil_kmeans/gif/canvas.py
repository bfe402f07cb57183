"""Canvas: what a GIF's frames make of it one after the other, each written as the rectangle that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .blocks import CLEAR, KEEP, MAX_DELAY, Rectangle, frame_bytes
from .codes import Coded, exact_codes
from .tables import NOTHING, Entries, Tables

_ONE_PIXEL = Rectangle(0, 0, 1, 1)
_SHORTEST = 2  # hundredths of a second that browsers show a frame for, when that is what it says
_WORTH_A_FRAME, _SHARE_WORTH_A_FRAME = 250, 0.25  # bytes that it must save, and of those of the one before


class Chooser(Protocol):
    """What chooses the entries of frames. It is asked for each of them in turn."""

    def changes(self, n: int, shown: Entries) -> NDArray[np.bool_]:
        """Return which pixels (H, W) of frame n should not stay as they are shown."""

    def choose(self, n: int, rectangle: Rectangle, shown: Entries) -> tuple[Entries, Coded | None]:
        """Return the entries that a rectangle of frame n shows from then on, and codes for it, if they are known."""


class Step(NamedTuple):
    """What is ready to be written, maybe nothing, and what frame n shows, (H, W); None at the end."""

    data: bytes
    shown: Entries | None


def steps(
    chooser: Chooser, is_transparent: Callable[[int], NDArray[np.bool_]], tables: Tables, delays: Sequence[int]
) -> Iterator[Step]:
    """Put frames on a canvas: a step for each, and one for what is left.

    A frame that changes nothing is not written: the one before is shown for longer. Where pixels become transparent the
    frame before is cleared, in a rectangle that holds them all. If much would be cleared with them that stays, that
    frame is shown for half of its time, and for the rest one that paints nothing, of just that rectangle.

    Parameters
    ----------
    chooser : Chooser
    is_transparent : callable
        Tells which pixels (H, W) of a frame are.
    tables : Tables
    delays : sequence of int
        Hundredths of a second for which each is shown.

    Yields
    ------
    Step
    """
    is_empty = is_transparent(0)
    shown = np.full(is_empty.shape, NOTHING, np.int16)
    held: _Held | None = None
    for n, delay in enumerate(delays):
        cleared = None
        will_be_empty = is_empty
        if n + 1 < len(delays):
            will_be_empty = is_transparent(n + 1)
            cleared = Rectangle.around(~is_empty & will_be_empty)
        rectangle = _union(Rectangle.around(chooser.changes(n, shown) & ~is_empty), cleared)
        is_empty = will_be_empty
        if rectangle is None and held is not None and held.disposal == KEEP and held.delay + delay <= MAX_DELAY:
            held = held._replace(delay=held.delay + delay)
            yield Step(b"", shown)
            continue
        rectangle = rectangle or _ONE_PIXEL
        entries, coded = chooser.choose(n, rectangle, shown)
        before, shown = shown, shown.copy()
        shown[rectangle.inside] = entries
        smaller = _union(Rectangle.around(shown != before), cleared) or _ONE_PIXEL
        is_cleared = cleared is not None
        names_transparent = is_cleared or (n == 0 and bool((shown == NOTHING).any()))  # readers begin with a color else
        of_frame = tables.of_frame[n]
        symbols, stays = tables.symbols[of_frame][shown[smaller.inside]], (shown == before)[smaller.inside]
        exact = exact_codes(symbols, stays, names_transparent=names_transparent)
        if coded is None or len(exact.codes) <= len(coded.codes) or (names_transparent and coded.transparent is None):
            rectangle, coded = smaller, exact
        data = b"" if held is None else held.written()
        table = tables.rows[of_frame][: coded.largest + 1] if of_frame else None
        held = _Held(rectangle, coded, delay, CLEAR if is_cleared else KEEP, table)
        if cleared is not None and rectangle != cleared and delay >= 2 * _SHORTEST:
            stays = ~chooser.changes(n + 1, shown) & (shown != NOTHING) & ~will_be_empty
            stays[cleared.inside] = False
            share = float(stays[rectangle.inside].sum() / max(1, int((shown != before).sum())))
            if share > _SHARE_WORTH_A_FRAME and share * len(coded.codes) > _WORTH_A_FRAME:
                data += held._replace(delay=delay - delay // 2, disposal=KEEP).written()
                rectangle = cleared
                held = _Held(rectangle, _nothing(rectangle), delay // 2, CLEAR, None)
        yield Step(data, shown)
        if is_cleared:
            shown = shown.copy()
            shown[rectangle.inside] = NOTHING
    yield Step(b"" if held is None else held.written(), None)


class _Held(NamedTuple):
    """A frame that is not written yet, as the next may show nothing else."""

    rectangle: Rectangle
    coded: Coded
    delay: int
    disposal: int
    table: NDArray[np.uint8] | None

    def written(self) -> bytes:
        return frame_bytes(
            self.rectangle,
            self.coded.symbol_bits,
            self.coded.codes,
            delay=self.delay,
            transparent=self.coded.transparent,
            disposal=self.disposal,
            table=self.table,
        )


def _nothing(rectangle: Rectangle) -> Coded:
    """Code a rectangle that leaves all as it is."""
    size = rectangle.height, rectangle.width
    return exact_codes(np.full(size, NOTHING, np.int16), np.ones(size, np.bool_), names_transparent=True)


def _union(a: Rectangle | None, b: Rectangle | None) -> Rectangle | None:
    if a is None or b is None:
        return a or b
    top, left = min(a.top, b.top), min(a.left, b.left)
    bottom, right = max(a.top + a.height, b.top + b.height), max(a.left + a.width, b.left + b.width)
    return Rectangle(top, left, bottom - top, right - left)
