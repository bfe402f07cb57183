"""IDAT: the order of the palette, a filter for each row, and libdeflate (package ``deflate``)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import deflate
import numpy as np
from numpy.typing import NDArray

from .. import _native
from .palette_order import palette_order

NONE, SUB, UP, AVERAGE, PAETH = range(5)
"""Filter types (PNG specification, section 9.2)."""

BYTE = 8
"""Bits."""

PROBE_LEVEL = 6
"""Level of libdeflate that tells at an eighth of the time about how small rows become."""

SMALL = 1 << 16
"""Up to this many bytes zlib has a try, too: it is better at a few bytes, and at noise of few values."""


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


COMPRESSIONS = {
    "fast": Compression((0,), ((SUB, UP, AVERAGE, PAETH),), margin=1.0, level=10),
    "default": Compression((8,), ((SUB, UP, AVERAGE, PAETH),), margin=1.05, level=12),
    "max": Compression((8, 30), ((SUB, UP, AVERAGE, PAETH), (UP,), (PAETH,)), margin=1.1, level=12),
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
    sizes = [len(deflate.zlib_compress(rows.data, PROBE_LEVEL)) for rows in found] if len(found) > 1 else [0]
    limit = preset.margin * min(sizes)
    streams = [
        Stream(bytes(deflate.zlib_compress(rows.data, preset.level)), rows.depth, rows.order)
        for rows, size in zip(found, sizes, strict=True)
        if size <= limit
    ]
    if plain_rows.size <= SMALL:
        streams.append(Stream(zlib.compress(plain_rows.data, 9), depth, given_order))
    return min(streams, key=lambda stream: len(stream.data))


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
