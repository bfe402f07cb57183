"""Blocks: the parts that a GIF is made of (Graphics Interchange Format, version 89a)."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 2**16 - 1
"""Pixels of height and width."""

MAX_DELAY = 2**16 - 1
"""Hundredths of a second."""

MAX_DURATION = 10 * MAX_DELAY
"""Milliseconds."""

MAX_PLAYS = 2**16
"""Of all frames: once, and so many repetitions less one."""

KEEP, CLEAR = 1, 2
"""What becomes of a frame before the next one: it stays, or its rectangle becomes transparent."""

TRAILER = b";"

_LONGEST_PART = 255


class Rectangle(NamedTuple):
    """Part of the canvas."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def around(cls, mask: NDArray[np.bool_]) -> Rectangle | None:
        """Return the smallest that holds all true pixels (H, W); None if there are none."""
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        if len(rows) == 0:
            return None
        top, left = int(rows[0]), int(columns[0])
        return cls(top, left, int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left)

    @property
    def inside(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def ends_between_frames(file: IO[bytes]) -> bool:
    """Whether a GIF ends behind whole frames without its trailer; the file stays where it is.

    Readers take what is there for all of it.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from pil_kmeans.gif.blocks import ends_between_frames
    >>> file = BytesIO()
    >>> Image.new("P", (4, 4)).save(file, "GIF")
    >>> data = file.getvalue()
    >>> [ends_between_frames(BytesIO(data)) for data in (data, data + bytes(9), data[:-1], data[:-2])]
    [False, False, True, False]
    """
    place = file.tell()
    try:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != TRAILER and _goes_on_to_the_end(file)
    finally:
        file.seek(place)


def _goes_on_to_the_end(file: IO[bytes]) -> bool:
    """Go from block to block, past bytes that begin none, as readers do; whether there is no trailer, nor half a frame.

    Whoever reads the pixels is told of that.
    """
    file.seek(len(b"GIF89a") + 4)
    _skip_table(file, file.read(3))
    while kind := file.read(1):
        if kind == TRAILER:
            return False
        if kind not in b",!":
            continue
        if kind == b",":
            _skip_table(file, file.read(9)[8:])
        file.seek(1, os.SEEK_CUR)  # of an extension its label, of a frame how LZW begins
        while (n := file.read(1)) and n[0]:
            file.seek(n[0], os.SEEK_CUR)
        if kind == b"," and not n:
            return False
    return True


def _skip_table(file: IO[bytes], flags: bytes) -> None:
    """Go past the table of colours that flags, the first byte, say that there is."""
    if flags and flags[0] & 0x80:
        file.seek(3 << ((flags[0] & 7) + 1), os.SEEK_CUR)


def header(size: tuple[int, int], rgb: NDArray[np.uint8], plays: int) -> bytes:
    """Begin a file of this height and width with its palette (n, 3), n from 1 to 256, and how often to play it.

    Raises
    ------
    ValueError
        If the size is beyond the format.
    """
    height, width = size
    if max(size) > MAX_SIDE:
        raise ValueError(f"a GIF holds at most {MAX_SIDE} x {MAX_SIDE} pixels, got {width} x {height}: use a PNG")
    flags, table = _table(rgb)
    screen = struct.pack("<HHBBB", width, height, flags | (flags & 7) << 4, 0, 0)
    return b"GIF89a" + screen + table + _loop(plays)


def _table(rgb: NDArray[np.uint8]) -> tuple[int, bytes]:
    """Return flags that say that there is a table, of so many entries, and the table."""
    bits = max(1, (len(rgb) - 1).bit_length())
    table = np.zeros((1 << bits, 3), np.uint8)
    table[: len(rgb)] = rgb
    return 0x80 | (bits - 1), table.tobytes()


def _loop(plays: int) -> bytes:
    """Say how often all frames are shown, 0 for ever: what readers expect counts repetitions."""
    if plays == 1:
        return b""
    return b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", max(plays - 1, 0), 0)


def frame_bytes(
    rectangle: Rectangle,
    symbol_bits: int,
    codes: bytes,
    *,
    delay: int,
    transparent: int | None,
    disposal: int,
    table: NDArray[np.uint8] | None,
) -> bytes:
    """One frame: a rectangle, for how many hundredths of a second it is shown, and the symbol that shows nothing.

    Of its own palette (n, 3), if it has one, all symbols have entries but the one that shows nothing.
    """
    flags = disposal << 2 | (transparent is not None)
    control = b"!\xf9\x04" + struct.pack("<BHBB", flags, delay, transparent or 0, 0)
    top, left, height, width = rectangle
    table_flags, own = (0, b"") if table is None else _table(table)
    image = b"," + struct.pack("<HHHHB", left, top, width, height, table_flags) + own
    parts = [codes[i : i + _LONGEST_PART] for i in range(0, len(codes), _LONGEST_PART)]
    return control + image + bytes([symbol_bits]) + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def symbol_bits(largest: int) -> int:
    """Bits of the symbols of a frame of which this is the largest, at least 2."""
    return max(2, largest.bit_length())


def centiseconds(durations: Sequence[float]) -> list[int]:
    """Round times in milliseconds so that what is rounded away of one is made up for by the next.

    Examples
    --------
    >>> from pil_kmeans.gif.blocks import centiseconds
    >>> centiseconds([100 / 3] * 6)
    [3, 4, 3, 3, 4, 3]
    """
    delays, past, shown = [], 0.0, 0
    for duration in durations:
        past += duration / 10
        delay = min(MAX_DELAY, max(0, round(past) - shown))
        shown += delay
        delays.append(delay)
    return delays
