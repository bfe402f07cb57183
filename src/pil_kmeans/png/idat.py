"""IDAT: the order of the palette, a filter for each row, and deflate."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.progress import Progress, part, silent
from ..stages.row_blocks import NewArray
from ..stages.threads import in_threads
from . import deflater
from .filters import (
    FEWEST_PAIRS,
    LEAST_BYTES,
    LEAST_ENTROPY,
    LEAST_SUM,
    PAETH,
    SUB,
    UNFILTERED,
    UP,
    Filters,
    filter_rows,
)
from .palette_order import palette_order
from .rate_distortion import Coded

BYTE = 8
"""Bits."""

PROBE_LEVEL, SMALL_PROBE_LEVEL = 6, 9
"""Levels of libdeflate that tell at an eighth of the time about how small rows become; and those of few bytes."""

CHUNK = 1 << 18
"""Bytes that are compressed by themselves, each chunk by another thread: matches do not go from one into the other."""

SMALL = 1 << 16
"""Up to this many bytes more is tried: filters that take long to choose, zlib, which is better at a few bytes and at
noise of few values, and a slow search of our own."""


LARGE = 1 << 25
"""Above this many bytes not all rows are in memory at once, and parts of them are probed."""

LONG = 1 << 22
"""Above this many bytes a low level of deflate saves seconds."""

Buffer = bytes | memoryview

_BLOCK, _PARTS_PROBED = 1 << 23, 64  # pixels of rows that are made at once, and parts of all rows that are probed
_PROBE, _PROBES = 1 << 16, 4  # bytes that are probed, and pieces that they are taken from
_MEDIUM = 1 << 20  # bytes of samples, or of a drawing, for which the highest level of libdeflate is not too slow
_REPETITIVE = 10  # times that a level makes rows of a drawing smaller
_SMALL_SLACK = 8  # bytes: of very few a level of libdeflate tells less
_FILTERS_GAIN = 1.3  # what filters, and a good order, make of rows is smaller by this factor at most


@dataclass(frozen=True)
class Compression:
    """How long to look for a small stream.

    Rows without filters, in the order of the palette as it is, are always tried: they suit drawings and dithering.
    """

    trials_per_pair: tuple[int, ...]
    """Orders of the palette to try, by the length of the search for each."""
    filters: tuple[Filters, ...]
    """To try with each order, and with pixels that have no palette."""
    small_filters: tuple[Filters, ...]
    """To try besides where there are few bytes."""
    margin: float
    """Whatever is within this factor of the smallest that was probed is compressed at `level`."""
    small_margin: float
    """The same where there are few bytes."""
    n_small: int
    """Of few bytes at most so many are."""
    level: int
    """Of libdeflate, 1 to 12."""
    packed_level: int
    """That of places of less than 8 bits, and of few bytes, in which higher levels find more."""
    long_level: int
    """That of more than `LONG` bytes, which take seconds at a high one."""
    n_rounds: int
    """Of the thorough search, with which few bytes are compressed instead, unless it is 0."""

    def level_for(self, rows: Rows, *, is_small: bool) -> int:
        """Return the level for rows."""
        if rows.n_bytes > LONG:
            return self.long_level
        return self.packed_level if rows.gains_by_level or is_small else self.level

    def filters_for(self, n_bytes: int) -> tuple[Filters, ...]:
        """Return all that are to be tried with so many bytes."""
        return self.filters + self.small_filters if n_bytes <= SMALL else self.filters

    def without_slow_ways(self) -> Compression:
        """Return what treats few bytes as many."""
        return replace(self, small_filters=(), small_margin=self.margin, n_small=12, n_rounds=0)


_SLOW_FILTERS = (Filters((SUB,)), Filters((UP,)), Filters((PAETH,)), LEAST_SUM, FEWEST_PAIRS, *LEAST_BYTES)

COMPRESSIONS = {
    "fast": Compression(
        (0,),
        (LEAST_ENTROPY,),
        (),
        margin=1.0,
        small_margin=1.0,
        n_small=1,
        level=10,
        packed_level=10,
        long_level=6,
        n_rounds=0,
    ),
    "default": Compression(
        (8,),
        (LEAST_ENTROPY,),
        _SLOW_FILTERS,
        margin=1.05,
        small_margin=1.03,
        n_small=5,
        level=10,
        packed_level=12,
        long_level=10,
        n_rounds=3,
    ),
    "max": Compression(
        (8, 30),
        (LEAST_ENTROPY, *_SLOW_FILTERS),
        (),
        margin=1.1,
        small_margin=1.1,
        n_small=8,
        level=12,
        packed_level=12,
        long_level=12,
        n_rounds=15,
    ),
}


@dataclass(frozen=True)
class Stream:
    """What IDAT holds, and what one must know to read it."""

    data: Buffer
    """A zlib stream of filtered rows of places in the palette."""
    depth: int
    """Bits of a place."""
    order: NDArray[np.uint8]
    """The entry for each place of the palette."""


def compress(
    indices: NDArray[np.uint8],
    lookup: NDArray[np.uint8],
    depth: int,
    n_colors: int,
    n_transparent: int,
    compression: str,
    *,
    n_threads: int,
    for_deflate: bool = False,
    reorder: bool = True,
    is_thorough: bool = True,
    new_array: NewArray = np.empty,
    progress: Progress = silent,
    coded: Coded | None = None,
) -> Stream:
    """Make the contents of IDAT.

    Parameters
    ----------
    indices : ndarray of shape (H, W)
        uint8, C-contiguous.
    lookup : ndarray
        The entry of the palette for each index.
    depth : {1, 2, 4, 8}
        Bits of an entry's number, at least.
    n_colors, n_transparent : int
        Entries of the palette, and those of them at its start that have to stay there.
    compression : str
        One of `COMPRESSIONS`.
    n_threads : int
        The stream does not depend on it.
    for_deflate : bool, default=False
        Whether the indices were chosen for rows without filters of 8 bits. Nothing else is tried then but to pack them,
        and where there are few bytes what else is.
    reorder : bool, default=True
        Whether the palette may get another order; not where pictures share it.
    is_thorough : bool, default=True
        Whether to do what takes long where there are few bytes; not where there are many such pictures.
    new_array : callable
        Makes what the streams of large pictures are put into.
    progress : callable, optional
    coded : Coded, optional
        The indices with the symbols that they were chosen with, which are written if there are 8 bits.

    Returns
    -------
    Stream
    """
    preset = COMPRESSIONS[compression] if is_thorough else COMPRESSIONS[compression].without_slow_ways()
    given_order = np.arange(n_colors, dtype=np.uint8)
    places = None if coded is None or depth < BYTE else coded.places(lookup)
    if coded is not None and places is not None:
        rows = IndexRows(depth, UNFILTERED, indices, lookup, given_order)
        return Stream(coded_stream(rows, coded, places, n_threads, new_array), depth, given_order)
    found = [IndexRows(depth, UNFILTERED, indices, lookup, given_order)]
    if for_deflate and depth < BYTE:
        found.append(IndexRows(BYTE, UNFILTERED, indices, lookup, given_order))
    others = []
    if not for_deflate or (indices.size <= SMALL and preset.n_rounds):
        orders = palette_orders(indices, lookup, n_colors, n_transparent, preset) if reorder else [given_order]
        others = [*filtered_rows(indices, lookup, depth, orders, preset)]
    if not for_deflate:
        found += others
    place, data = smallest_stream(found, preset, n_threads, new_array, progress)
    if for_deflate and others:  # by themselves: the thorough search does less for some rows than for others
        other_place, other_data = smallest_stream(others, preset, n_threads, new_array)
        if len(other_data) < len(data):
            found, place, data = others, other_place, other_data
    return Stream(data, found[place].depth, found[place].order)


def smallest_stream(
    found: Sequence[Rows],
    preset: Compression,
    n_threads: int,
    new_array: NewArray = np.empty,
    progress: Progress = silent,
) -> tuple[int, Buffer]:
    """Compress what becomes small: the place of the smallest, and its zlib stream.

    Parameters
    ----------
    found : sequence of Rows
        Of the same picture.
    preset : Compression
    n_threads : int
        The stream does not depend on it.
    new_array, progress : callable
        As in `compress`.
    """
    is_small = found[0].n_bytes <= SMALL
    likely = list(range(len(found)))
    if len(found) > 1:
        sizes = (
            [rows.probed_size(n_threads) for rows in found]
            if found[0].is_large
            else in_threads(lambda rows: rows.probed_size(1), found, n_threads)
        )
        limit = preset.small_margin * min(sizes) + _SMALL_SLACK if is_small else preset.margin * min(sizes)
        likely = [place for place in likely if sizes[place] <= limit]
        if is_small:
            likely = sorted(likely, key=sizes.__getitem__)[: preset.n_small]
    streams: list[tuple[int, Buffer]] = []
    for n, place in enumerate(likely):
        rows = found[place]
        if is_small and preset.n_rounds:
            streams.append((place, deflater.thorough_zlib_compress(rows.whole, preset.n_rounds)))
            continue
        level = preset.level_for(rows, is_small=is_small)
        own = part(progress, n / len(likely), (n + 1) / len(likely))
        streams.append((place, zlib_stream(rows, level, n_threads, new_array, own)))
        if level < preset.packed_level and _is_repetitive(rows, streams[-1][1]):
            streams.append((place, zlib_stream(rows, preset.packed_level, n_threads, new_array)))
        if is_small:
            streams.append((place, zlib.compress(rows.whole.data, 9)))
    return min(streams, key=lambda each: len(each[1]))


def _is_repetitive(rows: Rows, stream: Buffer) -> bool:
    """Tell whether rows are of a drawing, in which higher levels find much more, and soon."""
    return rows.n_bytes <= _MEDIUM and _REPETITIVE * len(stream) < rows.n_bytes


def may_be_smaller(indices: NDArray[np.uint8], others: NDArray[np.uint8]) -> bool:
    """Probe whether indices (H, W), in the best order and with filters, may be smaller than others without."""
    height, width = indices.shape
    rows = max(1, _PROBE // (_PROBES * width))
    tops = np.linspace(0, height - rows, _PROBES).astype(int) if height > _PROBES * rows else np.arange(0, height, rows)
    parts = [np.concatenate([some[top : top + rows].ravel() for top in tops]) for some in (indices, others)]
    size, other = (len(deflater.zlib_compress(part.data, PROBE_LEVEL)) for part in parts)
    return size <= _FILTERS_GAIN * other


def zlib_stream(rows: Rows, level: int, n_threads: int, new_array: NewArray, progress: Progress = silent) -> Buffer:
    """Compress rows, in chunks if there are many; the stream does not depend on the number of threads."""
    if rows.n_bytes < 2 * CHUNK:
        return deflater.zlib_compress(rows.whole.data, level)
    n_chunks = rows.n_bytes // CHUNK
    stream = new_array((rows.n_bytes + rows.n_bytes // 256 + 1024,), np.uint8)
    size, begun, n_bits, checksum = len(deflater.ZLIB_HEADER), 0, 0, 1
    stream[:size] = bytearray(deflater.ZLIB_HEADER)
    n_left = n_chunks
    for chunks in _chunks_of(rows, n_chunks):
        own = part(progress, 1 - n_left / n_chunks, 1 - (n_left - len(chunks)) / n_chunks)
        n_left -= len(chunks)
        parts = in_threads(lambda chunk: deflater.deflate_compress(chunk.data, level), chunks, n_threads, own)
        for chunk in chunks:
            checksum = zlib.adler32(chunk.data, checksum)
        joined, n_bits = _native.join_deflate(parts, begun, n_bits, n_left == 0, n_threads)
        stream[size : size + len(joined)] = bytearray(joined)
        begun = joined[-1]
        size += len(joined) - (n_bits > 0 and n_left > 0)  # the last byte is not full: more comes into it
    stream[size : size + 4] = bytearray(checksum.to_bytes(4, "big"))
    return memoryview(stream.data)[: size + 4]


def _chunks_of(rows: Rows, n: int) -> Iterator[list[NDArray[np.uint8]]]:
    """Cut the bytes of all rows into n parts of about the same size, and yield those that each block of rows ends."""
    size, n_longer = divmod(rows.n_bytes, n)
    n_cut = 0
    rest = np.zeros(0, np.uint8)
    for block in rows.blocks():
        rest = np.concatenate([rest, block.ravel()]) if len(rest) else block.ravel()
        chunks = []
        while n_cut < n and len(rest) >= size + (n_cut < n_longer):
            length = size + (n_cut < n_longer)
            chunks.append(rest[:length])
            rest = rest[length:]
            n_cut += 1
        if chunks:
            yield chunks


def coded_stream(rows: Rows, coded: Coded, places: NDArray[np.uint8], n_threads: int, new_array: NewArray) -> Buffer:
    """Write rows without filters by the symbols that they were chosen with; the stream does not depend on threads."""
    checksum = 1
    for block in rows.blocks():
        checksum = zlib.adler32(np.ascontiguousarray(block).data, checksum)
    parts, begun, n_bits = [deflater.ZLIB_HEADER], 0, 0
    for n, (symbols, starts) in enumerate(coded.symbols, 1):
        streams = _native.deflate_symbols(symbols, starts, places, n_threads)
        joined, n_bits = _native.join_deflate(streams, begun, n_bits, n == len(coded.symbols), n_threads)
        begun = joined[-1]
        is_open = n_bits > 0 and n < len(coded.symbols)
        parts.append(joined[:-1] if is_open else joined)
    parts.append(checksum.to_bytes(4, "big"))
    return b"".join(parts)


@dataclass(frozen=True, eq=False)
class Rows(ABC):
    """Filtered rows (H, 1 + n); of large pictures never all."""

    depth: int
    """Bits of a sample or a place in the palette."""
    filters: Filters

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """How many rows, and bytes of each without the type of its filter."""

    @abstractmethod
    def unfiltered(self, block: slice) -> NDArray[np.uint8]:
        """Make some of them, without filters."""

    @property
    def pixel_bytes(self) -> int:
        """As in `filter_rows`."""
        return 1

    @property
    def gains_by_level(self) -> bool:
        """Whether the highest levels find more: what is in less than 8 bits has longer matches for its few bytes."""
        return self.depth < BYTE

    @property
    def n_bytes(self) -> int:
        """Of all rows."""
        height, width = self.shape
        return height * (1 + width)

    @property
    def is_large(self) -> bool:
        """Whether they are made and probed in parts."""
        return self.n_bytes > LARGE

    @cached_property
    def whole(self) -> NDArray[np.uint8]:
        """All of them."""
        return self.of(slice(0, self.shape[0]))

    def of(self, block: slice) -> NDArray[np.uint8]:
        """Make some of them."""
        above = min(1, block.start)
        rows = self.unfiltered(slice(block.start - above, block.stop))
        return filter_rows(rows, self.filters, self.pixel_bytes)[above:]

    def blocks(self) -> Iterator[NDArray[np.uint8]]:
        """Make all of them, some at a time."""
        if not self.is_large:
            yield self.whole
            return
        height, width = self.shape
        n = max(1, _BLOCK // width)
        for top in range(0, height, n):
            yield self.of(slice(top, min(top + n, height)))

    @cached_property
    def _probed_size(self) -> int:
        level = SMALL_PROBE_LEVEL if self.n_bytes <= SMALL else PROBE_LEVEL
        return len(deflater.zlib_compress(self.whole.data, level))

    def probed_size(self, n_threads: int) -> int:
        """Tell about how small they become; parts of large pictures stand for all."""
        if not self.is_large:
            return self._probed_size
        height, width = self.shape
        n = max(1, CHUNK // width)
        n_parts = min(_PARTS_PROBED, max(1, height // n))
        tops = np.linspace(0, max(0, height - n), n_parts).astype(int).tolist()

        def size(top: int) -> int:
            return len(deflater.zlib_compress(self.of(slice(top, min(top + n, height))).data, PROBE_LEVEL))

        return sum(in_threads(size, tops, n_threads))


@dataclass(frozen=True, eq=False)
class IndexRows(Rows):
    """Of places in an order of the palette."""

    indices: NDArray[np.uint8]
    lookup: NDArray[np.uint8]
    """The entry for each index."""
    order: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows, and bytes of each."""
        height, width = self.indices.shape
        return height, -(-width * self.depth // BYTE)

    def unfiltered(self, block: slice) -> NDArray[np.uint8]:
        """Make some of them, without filters."""
        place = np.argsort(self.order).astype(np.uint8)
        return pack_bits(place[self.lookup][self.indices[block]], self.depth)


@dataclass(frozen=True, eq=False)
class SampleRows(Rows):
    """Of samples (H, n), of pixels that have no palette."""

    samples: NDArray[np.uint8]
    n_channels: int

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows, and bytes of each."""
        height, width = self.samples.shape
        return height, width

    @property
    def pixel_bytes(self) -> int:
        """As in `filter_rows`."""
        return self.n_channels

    @property
    def gains_by_level(self) -> bool:
        """So they do, in which neighbours are close; large ones would take long."""
        return self.n_bytes <= _MEDIUM

    def unfiltered(self, block: slice) -> NDArray[np.uint8]:
        """Return some of them."""
        return self.samples[block]


def palette_orders(
    indices: NDArray[np.uint8], lookup: NDArray[np.uint8], n_colors: int, n_transparent: int, preset: Compression
) -> Iterator[NDArray[np.uint8]]:
    """Yield the orders to be tried."""
    for trials_per_pair in preset.trials_per_pair:
        yield palette_order(indices, n_colors, lookup=lookup, n_first=n_transparent, trials_per_pair=trials_per_pair)


def filtered_rows(
    indices: NDArray[np.uint8],
    lookup: NDArray[np.uint8],
    depth: int,
    orders: Iterable[NDArray[np.uint8]],
    preset: Compression,
) -> Iterator[IndexRows]:
    """Yield rows in these orders and with all filters to be tried."""
    for order in orders:
        plain = IndexRows(depth, UNFILTERED, indices, lookup, order)
        for filters in preset.filters_for(plain.n_bytes):
            yield replace(plain, filters=filters)


def pack_bits(indices: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """Pack 8 / `depth` indices into each byte, the leftmost in the highest bits; rows end padded."""
    if depth == 8:
        return indices
    per_byte = 8 // depth
    height, width = indices.shape
    packed = np.zeros((height, -(-width // per_byte)), np.uint8)
    for place in range(per_byte):
        part = indices[:, place::per_byte]
        packed[:, : part.shape[1]] |= part << np.uint8(8 - depth * (place + 1))
    return packed
