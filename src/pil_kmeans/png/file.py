"""PNG: indexed image -> bytes of a palette PNG (colour type 3, PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..indexed_image import (
    MAX_BYTE_COLORS,
    IndexedImage,
    distinct_rows,
    index_dtype,
    rgba_rows,
    round_to_8_bits,
)
from .idat import COMPRESSIONS, compress

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPE_PALETTE = 3
MAX_CHUNK_LENGTH = 2**31 - 1

Chunk = tuple[bytes, bytes]
"""Type and data of one chunk, without length and checksum."""


def encode(
    image: IndexedImage,
    metadata: Sequence[Chunk] = (),
    keep: NDArray[np.bool_] | None = None,
    *,
    compression: str = "default",
    for_deflate: bool = False,
) -> bytes:
    """
    Write an indexed image as a palette PNG.

    Parameters
    ----------
    image : IndexedImage
        The picture; 16-bit and float colours are rounded to 8 bits.
    metadata : sequence of (type, data)
        Ancillary chunks, written right behind IHDR, where every kind may stand.
    keep : ndarray of shape (n,), optional
        bool, which entries of an 8-bit palette to write though no pixel may have them.
    compression : {"fast", "default", "max"}
        How long to look for a small file.
    for_deflate : bool, default=False
        Whether the indices were chosen for what deflate makes of them, 8 bits each, and without filters.

    Returns
    -------
    bytes
        A whole PNG file: PLTE holds exactly the colours which pixels have or `keep` names, those
        with transparency first; tRNS ends with the last of these; 1, 2, 4 or 8 bits per pixel, as few as can be, or 8
        where that is smaller for indices made for it.

    Raises
    ------
    ValueError
        If the pixels have more than 256 different colours, a chunk is too long for a PNG, or `compression` is unknown.
    """
    check_compression(compression)
    indices, rgba = plte_entries(image, keep)
    if len(rgba) > MAX_BYTE_COLORS:
        msg = (
            f"a palette PNG holds at most {MAX_BYTE_COLORS} colors, this picture has {len(rgba)}: "
            f"quantize to n_colors={MAX_BYTE_COLORS} or fewer"
        )
        raise ValueError(msg)
    height, width = indices.shape
    stream = compress(
        indices.astype(np.uint8, copy=False),
        bit_depth(len(rgba)),
        len(rgba),
        n_not_opaque(rgba),
        compression,
        for_deflate=for_deflate,
    )
    return file_bytes((height, width), stream.depth, rgba[stream.order], metadata, idat_chunks(stream.data))


def file_bytes(
    size: tuple[int, int], depth: int, rgba: NDArray[np.uint8], metadata: Sequence[Chunk], pictures: Sequence[Chunk]
) -> bytes:
    """Whole file: height and width, bits per pixel, palette with what is not opaque first, and the chunks."""
    height, width = size
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, COLOR_TYPE_PALETTE, 0, 0, 0)),
        *metadata,
        (b"PLTE", rgba[:, :3].tobytes()),
        *trns_chunk(rgba),
        *pictures,
        (b"IEND", b""),
    ]
    return SIGNATURE + b"".join(chunk_bytes(kind, data) for kind, data in chunks)


def check_compression(compression: str) -> None:
    """Check the option."""
    if compression not in COMPRESSIONS:
        msg = f"compression must be one of {list(COMPRESSIONS)}, got {compression!r}"
        raise ValueError(msg)


def plte_entries(
    image: IndexedImage, keep_unused: NDArray[np.bool_] | None = None
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Find indices (H, W) into the different colours that pixels have, or that are kept, and these as RGBA (n, 4)."""
    image = round_to_8_bits(image)
    counts = np.bincount(image.indices.ravel(), minlength=len(image.palette))
    used = np.flatnonzero(counts if keep_unused is None else keep_unused | (counts > 0))
    rgba = rgba_rows(image.palette[used])
    keep, new_row = distinct_rows(rgba)
    rgba = rgba[keep]
    order = np.argsort(transparency_group(rgba[:, 3]), kind="stable")
    place = np.argsort(order)
    new_index = np.zeros(len(image.palette), index_dtype(len(keep)))
    new_index[used] = place[new_row]
    return new_index[image.indices], rgba[order]


def transparency_group(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Order in the palette: 0 for fully transparent, 1 for partly transparent, 2 for opaque."""
    return np.digitize(alpha, (1, 255)).astype(np.uint8)


def bit_depth(n_colors: int) -> int:
    """Bits per pixel: the fewest of 1, 2, 4 and 8 that can count `n_colors`."""
    return next(depth for depth in (1, 2, 4, 8) if n_colors <= 1 << depth)


def n_not_opaque(rgba: NDArray[np.uint8]) -> int:
    """Count the entries with transparency, which come first."""
    return int(np.count_nonzero(rgba[:, 3] < 255))


def trns_chunk(rgba: NDArray[np.uint8]) -> list[Chunk]:
    """Make tRNS up to the last entry that is not opaque; nothing if all are."""
    n = n_not_opaque(rgba)
    return [(b"tRNS", rgba[:n, 3].tobytes())] if n else []


def idat_chunks(stream: bytes) -> list[Chunk]:
    """Cut a zlib stream into chunks."""
    return [(b"IDAT", part) for part in cut(stream, MAX_CHUNK_LENGTH)]


def cut(stream: bytes, length: int) -> list[bytes]:
    """Parts of at most so many bytes."""
    return [stream[start : start + length] for start in range(0, len(stream), length)]


def chunk_bytes(kind: bytes, data: bytes) -> bytes:
    """One chunk with its length and checksum."""
    if len(data) > MAX_CHUNK_LENGTH:
        name = kind.decode("latin-1")
        msg = f"metadata: a PNG chunk holds at most 2 GiB, {name} would need {len(data)} bytes"
        raise ValueError(msg)
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
