"""Chunks: the parts that a PNG is made of (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPE_PALETTE = 3
HAS_COLOR, HAS_ALPHA = 2, 4
"""What makes the other colour types, added up; without either it is grey."""

MAX_CHUNK_LENGTH = 2**31 - 1
_FRAMED = 12  # bytes of length, type and checksum

Chunk = tuple[bytes, bytes | memoryview]
"""Type and data of one chunk, without length and checksum."""


@dataclass(frozen=True, eq=False)
class FileParts:
    """Whole file: height and width, bits per sample, palette (n, 4), and the chunks before and behind it."""

    size: tuple[int, int]
    depth: int
    rgba: NDArray[np.uint8]
    metadata: Sequence[Chunk]
    pictures: Sequence[Chunk]
    color_type: int = COLOR_TYPE_PALETTE
    """Of others the palette is empty, and not written."""

    @property
    def head(self) -> list[Chunk]:
        """All before the picture."""
        height, width = self.size
        header = (b"IHDR", struct.pack(">IIBBBBB", width, height, self.depth, self.color_type, 0, 0, 0))
        if self.color_type != COLOR_TYPE_PALETTE:
            return [header, *self.metadata]
        return [header, *self.metadata, (b"PLTE", self.rgba[:, :3].tobytes()), *trns_chunk(self.rgba)]

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Give the bytes in parts; those of the picture are not copied."""
        pictures = chain.from_iterable(chunk_parts(kind, data) for kind, data in self.pictures)
        yield from self.around(pictures)

    def around(self, pictures: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """Give the bytes with those of other chunks, in any parts, in place of the picture."""
        yield SIGNATURE
        for kind, data in self.head:
            yield from chunk_parts(kind, data)
        yield from pictures
        yield from chunk_parts(b"IEND", b"")

    @property
    def n_bytes(self) -> int:
        """Count the bytes."""
        chunks = [*self.head, *self.pictures, (b"IEND", b"")]
        return len(SIGNATURE) + sum(_FRAMED + len(data) for _, data in chunks)


def trns_chunk(rgba: NDArray[np.uint8]) -> list[Chunk]:
    """Make tRNS up to the last entry that is not opaque; nothing if all are."""
    not_opaque = np.flatnonzero(rgba[:, 3] < 255)
    return [(b"tRNS", rgba[: not_opaque[-1] + 1, 3].tobytes())] if len(not_opaque) else []


def idat_chunks(stream: bytes | memoryview) -> list[Chunk]:
    """Cut a zlib stream into chunks."""
    return [(b"IDAT", part) for part in cut(stream, MAX_CHUNK_LENGTH)]


def cut(stream: bytes | memoryview, length: int) -> list[bytes | memoryview]:
    """Parts of at most so many bytes."""
    return [stream[start : start + length] for start in range(0, len(stream), length)]


def chunk_parts(kind: bytes, data: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """One chunk with its length and checksum."""
    if len(data) > MAX_CHUNK_LENGTH:
        name = kind.decode("latin-1")
        msg = f"metadata: a PNG chunk holds at most 2 GiB, {name} would need {len(data)} bytes"
        raise ValueError(msg)
    yield struct.pack(">I", len(data)) + kind
    yield data
    yield struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def chunk_bytes(kind: bytes, data: bytes | memoryview) -> bytes:
    """Give the parts of a chunk as one."""
    return b"".join(chunk_parts(kind, data))
