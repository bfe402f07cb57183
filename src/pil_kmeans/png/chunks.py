"""Chunks: the parts that a PNG is made of (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPE_PALETTE = 3
MAX_CHUNK_LENGTH = 2**31 - 1

Chunk = tuple[bytes, bytes]
"""Type and data of one chunk, without length and checksum."""


def file_bytes(
    size: tuple[int, int], depth: int, rgba: NDArray[np.uint8], metadata: Sequence[Chunk], pictures: Sequence[Chunk]
) -> bytes:
    """Whole file: height and width, bits per pixel, palette (n, 4), and the chunks before and behind it."""
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


def trns_chunk(rgba: NDArray[np.uint8]) -> list[Chunk]:
    """Make tRNS up to the last entry that is not opaque; nothing if all are."""
    not_opaque = np.flatnonzero(rgba[:, 3] < 255)
    return [(b"tRNS", rgba[: not_opaque[-1] + 1, 3].tobytes())] if len(not_opaque) else []


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
