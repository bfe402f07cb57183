"""IDAT: the order of the palette, a filter for each row, and libdeflate (package ``deflate``)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.threads import in_threads
from . import deflater
from .palette_order import palette_order

NONE, SUB, UP, AVERAGE, PAETH = range(5)
"""Filter types (PNG specification, section 9.2)."""

BYTE = 8
"""Bits."""

PROBE_LEVEL = 6
"""Level of libdeflate that tells at an eighth of the time about how small rows become."""

ZLIB_HEADER = b"\x78\xda"
"""Deflate with a window of 32 KiB, compressed for size (RFC 1950)."""

CHUNK = 1 << 18
"""Bytes that are compressed by themselves, each chunk by another thread: matches do not go from one into the other."""

SMALL = 1 << 16
"""Up to this many bytes zlib has a try, too: it is better at a few bytes, and at noise of few values."""


_PROBE, _PROBES = 1 << 16, 4  # bytes that are probed, and pieces that they are taken from
_FILTERS_GAIN = 1.3  # what filters, and a good order, make of rows is smaller by this factor at most


@dataclass(frozen=True)
class Compression:
    """How long to look for a small stream.

    Rows without filters, in the order of the palette as it is, are always tried: they suit drawings and dithering.
    """

    trials_per_pair: tuple[int, ...]
    """Orders of the palette to try, by the length of the search for each."""
    filters: tuple[tuple[int, ...], ...]
    """Sets of filters to try with each order; rows take the one of the set that leaves the least entropy."""
    margin: float
    """Whatever is within this factor of the smallest at `PROBE_LEVEL` is compressed at `level`."""
    level: int
    """Of libdeflate, 1 to 12."""
    packed_level: int
    """That of places of less than 8 bits, in which higher levels find more."""


COMPRESSIONS = {
    "fast": Compression((0,), ((SUB, UP, AVERAGE, PAETH),), margin=1.0, level=10, packed_level=10),
    "default": Compression((8,), ((SUB, UP, AVERAGE, PAETH),), margin=1.05, level=10, packed_level=12),
    "max": Compression((8, 30), ((SUB, UP, AVERAGE, PAETH), (UP,), (PAETH,)), margin=1.1, level=12, packed_level=12),
}


@dataclass(frozen=True)
class Stream:
    """What IDAT holds, and what one must know to read it."""

    data: bytes
    """A zlib stream of filtered rows of places in the palette."""
    depth: int
    """Bits of a place."""
    order: NDArray[np.uint8]
    """The entry for each place of the palette."""


def compress(
    indices: NDArray[np.uint8],
    depth: int,
    n_colors: int,
    n_transparent: int,
    compression: str,
    *,
    n_threads: int,
    for_deflate: bool = False,
    reorder: bool = True,
) -> Stream:
    """Make the contents of IDAT.

    Parameters
    ----------
    indices : ndarray of shape (H, W)
        uint8, C-contiguous.
    depth : {1, 2, 4, 8}
        Bits of an index, at least.
    n_colors, n_transparent : int
        Entries of the palette, and those of them at its start that have to stay there.
    compression : str
        One of `COMPRESSIONS`.
    n_threads : int
        The stream does not depend on it.
    for_deflate : bool, default=False
        Whether the indices were chosen for rows without filters of 8 bits. Nothing else is tried then but to pack them.
    reorder : bool, default=True
        Whether the palette may get another order; not where pictures share it.

    Returns
    -------
    Stream
    """
    preset = COMPRESSIONS[compression]
    given_order = np.arange(n_colors, dtype=np.uint8)
    plain_rows = filter_rows(pack_bits(indices, depth), (NONE,))
    found = [Rows(plain_rows, depth, given_order)]
    if not for_deflate:
        orders = palette_orders(indices, n_colors, n_transparent, preset) if reorder else [given_order]
        found += filtered_rows(indices, depth, orders, preset)
    elif depth < BYTE:
        found.append(Rows(filter_rows(indices, (NONE,)), BYTE, given_order))
    if len(found) > 1:
        sizes = in_threads(lambda rows: len(deflater.zlib_compress(rows.data, PROBE_LEVEL)), found, n_threads)
        limit = preset.margin * min(sizes)
        found = [rows for rows, size in zip(found, sizes, strict=True) if size <= limit]
    streams = []
    for rows in found:
        level = preset.level if rows.depth == BYTE else preset.packed_level
        streams.append(Stream(zlib_stream(rows.data, level, n_threads), rows.depth, rows.order))
    if plain_rows.size <= SMALL:
        streams.append(Stream(zlib.compress(plain_rows.data, 9), depth, given_order))
    return min(streams, key=lambda stream: len(stream.data))


def may_be_smaller(indices: NDArray[np.uint8], others: NDArray[np.uint8]) -> bool:
    """Probe whether indices (H, W), in the best order and with filters, may be smaller than others without."""
    height, width = indices.shape
    rows = max(1, _PROBE // (_PROBES * width))
    tops = np.linspace(0, height - rows, _PROBES).astype(int) if height > _PROBES * rows else np.arange(0, height, rows)
    parts = [np.concatenate([some[top : top + rows].ravel() for top in tops]) for some in (indices, others)]
    size, other = (len(deflater.zlib_compress(part.data, PROBE_LEVEL)) for part in parts)
    return size <= _FILTERS_GAIN * other


def zlib_stream(data: NDArray[np.uint8], level: int, n_threads: int) -> bytes:
    """Compress bytes, in chunks if there are many; the stream does not depend on the number of threads."""
    whole = data.ravel()
    if whole.size < 2 * CHUNK:
        return deflater.zlib_compress(whole.data, level)
    n_chunks = whole.size // CHUNK
    chunks = np.array_split(whole, n_chunks)
    parts = in_threads(lambda chunk: deflater.deflate_compress(chunk.data, level), chunks, n_threads)
    return ZLIB_HEADER + _native.join_deflate(parts, n_threads) + deflater.adler32(whole.data).to_bytes(4, "big")


class Rows(NamedTuple):
    """Filtered rows (H, 1 + n) of places of `depth` bits, in an order of the palette."""

    data: NDArray[np.uint8]
    depth: int
    order: NDArray[np.uint8]


def palette_orders(
    indices: NDArray[np.uint8], n_colors: int, n_transparent: int, preset: Compression
) -> Iterator[NDArray[np.uint8]]:
    """Yield the orders to be tried."""
    for trials_per_pair in preset.trials_per_pair:
        yield palette_order(indices, n_colors, n_first=n_transparent, trials_per_pair=trials_per_pair)


def filtered_rows(
    indices: NDArray[np.uint8], depth: int, orders: Iterable[NDArray[np.uint8]], preset: Compression
) -> Iterator[Rows]:
    """Yield rows in these orders and with all filters to be tried."""
    for order in orders:
        packed = pack_bits(np.argsort(order).astype(np.uint8)[indices], depth)
        for types in preset.filters:
            yield Rows(filter_rows(packed, types), depth, order)


def filter_rows(packed: NDArray[np.uint8], types: tuple[int, ...]) -> NDArray[np.uint8]:
    """Put each row behind the one of these filters that leaves the least entropy: (H, n) to (H, 1 + n)."""
    return _native.filter_rows(packed, np.array(types, np.uint8))


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
