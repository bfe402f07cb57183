"""IDAT: the order of the palette, a filter for each row, and deflate."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

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
    LEAST_ENTROPY_OF_ALL,
    LEAST_SUM,
    PAETH,
    SUB,
    UNFILTERED,
    UP,
    Filters,
    filter_rows,
)
from .palette_order import border_first, palette_order
from .rate_distortion import Coded

BYTE = 8
"""Bits."""

PROBE_LEVEL, CLOSE_PROBE_LEVEL = 6, 9
"""Levels of libdeflate that tell about how small rows become: at an eighth of the time, and at a fourth but closely."""

CHUNK = 1 << 18
"""Bytes that are compressed by themselves, each chunk by another thread: matches do not go from one into the other."""

SMALL = 1 << 16
"""Up to this many bytes more is tried: filters that take long to choose, zlib, which is better at a few bytes and at
noise of few values, and a slow search of our own."""

MEDIUM = 1 << 20
"""Up to this many bytes the highest level of libdeflate, and a choice of filters by what it makes, are not too slow."""

LARGE = 1 << 25
"""Above this many bytes not all rows are in memory at once, and parts of them are probed."""

FILTERS_GAIN = 1.3
"""What filters, and a good order, make of rows is smaller by this factor at most."""

LONG = 1 << 22
"""Above this many bytes a low level of deflate saves seconds."""

Buffer = bytes | memoryview
SomeRows = TypeVar("SomeRows", bound="Rows")

_BLOCK, _PARTS_PROBED = 1 << 23, 64  # pixels of rows that are made at once, and parts of all rows that are probed
_PROBE, _PROBES = 1 << 16, 4  # bytes that are probed, and pieces that they are taken from
_DRAWING = 3  # times that a probe makes rows of a drawing smaller
_PLAIN = 24  # times that a probe makes rows of a large one smaller, in which the highest level finds a quarter more
_WIDE_MARGIN, _N_WIDE = 1.15, 4  # of what a quick probe says of few bytes or a drawing, for which a close one decides
_SEVERAL = 1 << 13  # bytes of all rows to search, but for the first
_SEARCHED, _LEAST_ROUNDS = 1 << 18, 5  # bytes in all rounds of a search, and rounds of many bytes
_SMALL_MARGIN = 1.04  # of what a level of libdeflate says of few bytes, which a search makes smaller than that
_SLACK = 8  # bytes: of very few a level of libdeflate tells less
_TOLD_BY_NO_PROBE = 1 << 12  # pixels
_ALL_GAIN, _LEVEL_GAINS, _SEARCH_GAINS = 1.35, 1.2, 1.1  # what other filters, a higher level, a search save at most


@dataclass(frozen=True)
class Compression:
    """How long to look for a small stream.

    Rows without filters, in the order of the palette as it is, are always tried: they suit drawings and dithering.
    """

    trials_per_pair: tuple[int, ...]
    """Orders of the palette to try, by the length of the search for each."""
    filters: tuple[Filters, ...]
    """To try with each order, and with pixels that have no palette."""
    more_filters: tuple[Filters, ...]
    """To try besides where there are few bytes, or a drawing."""
    margin: float
    """Whatever is within this factor of the smallest that was probed is compressed at `level`."""
    close_margin: float
    """The same where there are few bytes, or a drawing."""
    n_close: int
    """Of these at most so many are."""
    level: int
    """Of libdeflate, 1 to 12."""
    packed_level: int
    """That of places of less than 8 bits, of few bytes, and of drawings, in which higher levels find more."""
    long_level: int
    """That of more than `LONG` bytes, which take seconds at a high one."""
    n_rounds: int
    """Of the thorough search, at most, with which few bytes are compressed besides, unless it is 0."""
    n_searched: int
    """How many of the smallest are, at most."""

    def level_for(self, rows: Rows, *, is_close: bool) -> int:
        """Return the level for rows."""
        if rows.n_bytes > LONG:
            return self.long_level
        return self.packed_level if rows.gains_by_level or is_close else self.level

    def without_slow_ways(self) -> Compression:
        """Return what treats few bytes as many."""
        return replace(self, more_filters=(), close_margin=self.margin, n_close=12, n_rounds=0)


_MORE_FILTERS = (
    Filters((SUB,)),
    Filters((UP,)),
    Filters((PAETH,)),
    LEAST_SUM,
    LEAST_ENTROPY_OF_ALL,
    FEWEST_PAIRS,
    *LEAST_BYTES,
)

COMPRESSIONS = {
    "fast": Compression(
        (0,),
        (LEAST_ENTROPY,),
        (),
        margin=1.0,
        close_margin=1.0,
        n_close=1,
        level=10,
        packed_level=10,
        long_level=6,
        n_rounds=0,
        n_searched=0,
    ),
    "default": Compression(
        (8,),
        (LEAST_ENTROPY,),
        _MORE_FILTERS,
        margin=1.05,
        close_margin=1.02,
        n_close=4,
        level=10,
        packed_level=12,
        long_level=10,
        n_rounds=15,
        n_searched=4,
    ),
    "max": Compression(
        (8, 30),
        (LEAST_ENTROPY, *_MORE_FILTERS),
        (),
        margin=1.1,
        close_margin=1.1,
        n_close=8,
        level=12,
        packed_level=12,
        long_level=12,
        n_rounds=30,
        n_searched=4,
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
    than: int | None = None,
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
    than : int, optional
        As in `smallest_stream`.

    Returns
    -------
    Stream
    """
    preset = COMPRESSIONS[compression] if is_thorough else COMPRESSIONS[compression].without_slow_ways()
    given_order = np.arange(n_colors, dtype=np.uint8)
    places = None if coded is None or depth < BYTE else coded.places(lookup)
    if coded is not None and places is not None:
        rows = IndexRows(depth, UNFILTERED, indices, lookup, given_order)
        return Stream(coded_stream(rows, coded, places, n_threads), depth, given_order)
    first = border_first(indices, lookup, n_colors) if reorder else given_order
    if than == 0:
        plain = IndexRows(depth, UNFILTERED, indices, lookup, given_order)
        return Stream(zlib_stream(plain, CLOSE_PROBE_LEVEL, n_threads, new_array), depth, given_order)
    is_free = first[0] < n_transparent or n_transparent == 0  # before others with transparency it takes a byte of tRNS
    plain = IndexRows(depth, UNFILTERED, indices, lookup, first if is_free else given_order)
    packed: Sequence[IndexRows] = [plain]
    if for_deflate and depth < BYTE:
        packed = [plain, replace(plain, depth=BYTE)]
    if for_deflate and not (indices.size <= SMALL and preset.n_rounds):
        rows, data = smallest_stream(packed, preset, n_threads, new_array, progress=progress)
        return Stream(data, rows.depth, rows.order)
    orders = [*palette_orders(indices, lookup, n_colors, n_transparent, preset)] if reorder else [given_order]
    few, more = _filtered(plain, orders, preset)
    if not is_free:
        more.append(replace(plain, order=first))
    if depth < BYTE and preset.n_rounds:
        # Bytes may repeat where parts of them do not.
        more += [replace(rows, depth=BYTE) for rows in (plain, *few)]
    if not for_deflate:
        rows, data = smallest_stream([plain, *few], preset, n_threads, new_array, more, progress, than)
        return Stream(data, rows.depth, rows.order)
    # By themselves: the search for deflate favours rows that look larger than others before they are compressed well.
    found = smallest_stream(packed, preset, n_threads, than=than)
    other = smallest_stream(few, preset, n_threads, more=more, than=min(len(found[1]), than or len(found[1])))
    rows, data = min(found, other, key=lambda each: len(each[1]))
    return Stream(data, rows.depth, rows.order)


def _filtered(
    plain: IndexRows, orders: Sequence[NDArray[np.uint8]], preset: Compression
) -> tuple[list[IndexRows], list[IndexRows]]:
    """Put rows behind the filters that are always tried, and behind those for few bytes and drawings."""
    more = filters_that_suit(preset.more_filters, plain.n_bytes)
    quick = [filters for filters in (*preset.filters, *more) if filters.level is None]
    in_orders = [replace(plain, order=order) for order in orders]
    return (
        [replace(rows, filters=filters) for rows in in_orders for filters in preset.filters],
        [replace(rows, filters=filters) for rows in in_orders for filters in more]
        + [replace(plain, filters=filters) for filters in quick if preset.n_rounds],
    )


def filters_that_suit(filters: Sequence[Filters], n_bytes: int, most: int = CHUNK) -> list[Filters]:
    """Leave out those that are chosen by what deflate makes of them, which takes long, where there are more bytes."""
    return [some for some in filters if some.level is None or n_bytes <= most]


def smallest_stream(
    found: Sequence[SomeRows],
    preset: Compression,
    n_threads: int,
    new_array: NewArray = np.empty,
    more: Sequence[SomeRows] = (),
    progress: Progress = silent,
    than: int | None = None,
) -> tuple[SomeRows, Buffer]:
    """Compress what becomes small: the rows of the smallest, and its zlib stream.

    Parameters
    ----------
    found : sequence of Rows
        Of the same picture. Of drawings the first is not left out by a quick probe.
    preset : Compression
    n_threads : int
        The stream does not depend on it.
    new_array, progress : callable
        As in `compress`.
    more : sequence of Rows, optional
        To be tried, too, where there are few bytes, or a drawing.
    than : int, optional
        A stream that is not smaller is of no use: few bytes that hardly become so are not searched for. 0: a draft.
    """
    n_bytes = found[0].n_bytes

    def probed(found: Sequence[SomeRows], level: int) -> list[int]:
        if found[0].is_large:
            return [rows.probed_size(n_threads, level) for rows in found]
        return in_threads(lambda rows: rows.probed_size(1, level), found, n_threads)

    def smallest(found: Sequence[SomeRows], level: int, margin: float, n: int) -> Sequence[SomeRows]:
        if len(found) == 1:
            return found
        sizes = probed(found, level)
        limit = margin * min(sizes) + _SLACK
        places = sorted(range(len(found)), key=sizes.__getitem__)[:n]
        return [found[place] for place in places if sizes[place] <= limit]

    def is_vain(size: int, gain: float) -> bool:
        return than is not None and size > gain * than + _SLACK

    is_small = is_close = n_bytes <= SMALL
    is_plain = False
    if not is_small and (len(found) > 1 or n_bytes <= MEDIUM):
        sizes = probed(found, PROBE_LEVEL)
        if is_vain(min(sizes), _ALL_GAIN):
            return found[0], zlib_stream(found[0], PROBE_LEVEL, n_threads, new_array, progress)
        is_close = n_bytes <= MEDIUM and _DRAWING * min(sizes) < n_bytes
        is_plain = MEDIUM < n_bytes <= LONG and _PLAIN * min(sizes) < n_bytes
    likely: Sequence[SomeRows] = [*found, *more] if is_close else found
    if is_close:
        if is_small and than is not None and is_vain(min(probed(found, CLOSE_PROBE_LEVEL)), _ALL_GAIN):
            likely = found
        else:
            wide = smallest(likely, PROBE_LEVEL, _WIDE_MARGIN, 2 * preset.n_close if is_small else _N_WIDE)
            likely = [found[0], *(rows for rows in wide if rows is not found[0])]  # without filters: it suits drawings
        margin = max(preset.close_margin, _SMALL_MARGIN) if is_small else preset.close_margin
        likely = smallest(likely, CLOSE_PROBE_LEVEL, margin, preset.n_close)
        if is_vain(probed(likely[:1], CLOSE_PROBE_LEVEL)[0], _LEVEL_GAINS):
            return likely[0], zlib_stream(likely[0], CLOSE_PROBE_LEVEL, n_threads, new_array)
    elif is_plain:  # a low level tells little of these
        likely = smallest(likely, CLOSE_PROBE_LEVEL, 1.0, 1)
    else:
        likely = smallest(likely, PROBE_LEVEL, preset.margin, len(found))
    if is_small:  # several filters may make the same rows
        likely = [*{rows.whole.tobytes(): rows for rows in reversed(likely)}.values()][::-1]
    streams: list[tuple[SomeRows, Buffer]] = []
    for n, rows in enumerate(likely):
        own = part(progress, n / len(likely), (n + 1) / len(likely))
        streams.append(
            (rows, zlib_stream(rows, preset.level_for(rows, is_close=is_close or is_plain), n_threads, new_array, own))
        )
        if is_small:
            streams.append((rows, zlib.compress(rows.whole.data, 9)))
    streams.sort(key=lambda each: len(each[1]))
    if is_small and preset.n_rounds and not is_vain(len(streams[0][1]), _SEARCH_GAINS):
        n_rounds = min(preset.n_rounds, max(_LEAST_ROUNDS, _SEARCHED // n_bytes))
        best = [*dict.fromkeys(rows for rows, _ in streams if rows.n_bytes <= SMALL)]
        best = best[: max(1, min(preset.n_searched, _SEVERAL // n_bytes))]
        streams += [(rows, deflater.thorough_zlib_compress(rows.whole, n_rounds)) for rows in best]
    return min(streams, key=lambda each: len(each[1]))


def may_be_smaller(indices: NDArray[np.uint8], others: NDArray[np.uint8]) -> bool:
    """Probe whether indices (H, W), in the best order and with filters, may be smaller than others without.

    Of few pixels a probe tells nothing: they may.
    """
    height, width = indices.shape
    if height * width <= _TOLD_BY_NO_PROBE:
        return True
    rows = max(1, _PROBE // (_PROBES * width))
    tops = np.linspace(0, height - rows, _PROBES).astype(int) if height > _PROBES * rows else np.arange(0, height, rows)
    parts = [np.concatenate([some[top : top + rows].ravel() for top in tops]) for some in (indices, others)]
    size, other = (len(deflater.zlib_compress(part.data, PROBE_LEVEL)) for part in parts)
    return size <= FILTERS_GAIN * other


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


def coded_stream(rows: Rows, coded: Coded, places: NDArray[np.uint8], n_threads: int) -> Buffer:
    """Write rows without filters by the symbols that they were chosen with; the stream does not depend on threads."""
    checksum = 1
    for block in rows.blocks():
        checksum = zlib.adler32(np.ascontiguousarray(block).data, checksum)
    parts, begun, n_bits = [deflater.ZLIB_HEADER], 0, 0
    for n, (symbols, starts) in enumerate(coded.symbols, 1):
        ends = n == len(coded.symbols)
        joined, n_bits = _native.deflate_symbols(symbols, starts, places, begun, n_bits, ends, n_threads)
        begun = joined[-1]
        is_open = n_bits > 0 and not ends
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
    def _probed_sizes(self) -> dict[int, int]:
        """What is known of these, by level."""
        return {}

    def probed_size(self, n_threads: int, level: int) -> int:
        """Tell about how small they become; parts of large pictures stand for all."""
        if not self.is_large:
            if level not in self._probed_sizes:
                self._probed_sizes[level] = len(deflater.zlib_compress(self.whole.data, level))
            return self._probed_sizes[level]
        height, width = self.shape
        n = max(1, CHUNK // width)
        n_parts = min(_PARTS_PROBED, max(1, height // n))
        tops = np.linspace(0, max(0, height - n), n_parts).astype(int).tolist()

        def size(top: int) -> int:
            return len(deflater.zlib_compress(self.of(slice(top, min(top + n, height))).data, level))

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
        return self.n_bytes <= MEDIUM

    def unfiltered(self, block: slice) -> NDArray[np.uint8]:
        """Return some of them."""
        return self.samples[block]


def palette_orders(
    indices: NDArray[np.uint8], lookup: NDArray[np.uint8], n_colors: int, n_transparent: int, preset: Compression
) -> Iterator[NDArray[np.uint8]]:
    """Yield the orders to be tried."""
    for trials_per_pair in preset.trials_per_pair:
        yield palette_order(indices, n_colors, lookup=lookup, n_first=n_transparent, trials_per_pair=trials_per_pair)


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
