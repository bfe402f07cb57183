"""Files that are nearly right: bytes, lengths, chunks and blocks changed, with checksums that agree again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np

Rng = np.random.Generator

INTERESTING = (0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 254, 255, 256, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)


def mutated(data: bytes, rng: Rng) -> bytes:
    """Change a file in one to six places, as its format is built where that is known."""
    for _ in range(int(rng.integers(1, 7))):
        by_structure = next((found for magic, found in STRUCTURES.items() if data.startswith(magic)), None)
        change = by_structure if by_structure is not None and rng.random() < 0.7 else bytes_changed
        data = change(data, rng)
    return data


def bytes_changed(data: bytes, rng: Rng) -> bytes:
    """Flip, set, insert, cut, repeat or overwrite bytes somewhere, mostly near the beginning, where headers are."""
    changed = bytearray(data)
    if not changed:
        return b"\0"
    at = int(rng.integers(len(changed)) * rng.choice([1.0, 0.2, 0.02]))
    kind = rng.integers(6)
    if kind == 0:
        changed[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        changed[at] = int(rng.choice(INTERESTING)) & 255
    elif kind == 2:
        value, size = int(rng.choice(INTERESTING)), int(rng.choice([2, 4]))
        changed[at : at + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, str(rng.choice(["big", "little"])))
    elif kind == 3:
        del changed[at : at + int(rng.integers(1, 20))]
    elif kind == 4:
        changed[at:at] = changed[max(0, at - int(rng.integers(1, 40))) : at]
    else:
        del changed[at:]
    return bytes(changed)


def png_changed(data: bytes, rng: Rng) -> bytes:
    """Change, swap, repeat, drop or add a chunk, or the rows within; checksums agree again."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return bytes_changed(data, rng)
    place = int(rng.integers(len(chunks)))
    kind, content = chunks[place]
    action = rng.integers(6)
    if action == 0:
        chunks[place] = kind, bytes_changed(content, rng)
    elif action == 1:
        other = int(rng.integers(len(chunks)))
        chunks[place], chunks[other] = chunks[other], chunks[place]
    elif action == 2:
        chunks.insert(place, chunks[place])
    elif action == 3:
        del chunks[place]
    elif action == 4:
        kinds = (b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"eXIf", b"PLTE", b"acTL", b"fcTL", b"bKGD")
        added = bytes(rng.integers(0, 256, int(rng.choice([0, 1, 3, 4, 6, 9, 32, 768])), np.uint8))
        chunks.insert(1, (kinds[int(rng.integers(len(kinds)))], added))
    else:  # the rows, compressed anew
        for i, (name, compressed) in enumerate(chunks):
            if name == b"IDAT":
                try:
                    rows = zlib.decompress(compressed)
                except zlib.error:
                    continue
                chunks[i] = name, zlib.compress(bytes_changed(rows, rng), 1)
    parts = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks]
    return data[:8] + b"".join(parts)


def blocks_changed(starts: Callable[[bytes], list[int]]) -> Callable[[bytes, Rng], bytes]:
    """Make what drops, repeats or changes a piece between two places where blocks start."""

    def change(data: bytes, rng: Rng) -> bytes:
        places = [*starts(data), len(data)]
        if len(places) < 2:
            return bytes_changed(data, rng)
        i = int(rng.integers(len(places) - 1))
        begin, end = places[i], places[i + 1]
        action = rng.integers(3)
        if action == 0:
            return data[:begin] + data[end:]
        if action == 1:
            return data[:end] + data[begin:]
        return data[:begin] + bytes_changed(data[begin:end], rng) + data[end:]

    return change


def jpeg_starts(data: bytes) -> list[int]:
    return [i for i in range(len(data) - 1) if data[i] == 0xFF and data[i + 1] not in (0, 0xFF)]


def gif_starts(data: bytes) -> list[int]:
    return [i for i in range(13, len(data)) if data[i] in (0x21, 0x2C, 0x3B)]


def tiff_starts(data: bytes) -> list[int]:
    order = "little" if data[:2] == b"II" else "big"
    first = int.from_bytes(data[4:8], order)  # type: ignore[arg-type]
    n = int.from_bytes(data[first : first + 2], order)  # type: ignore[arg-type]
    return [place for i in range(min(n, 64)) if (place := first + 2 + 12 * i) < len(data)]


def riff_starts(data: bytes) -> list[int]:
    places, at = [], 12
    while at + 8 <= len(data):
        places.append(at)
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little") // 2 * 2
    return places


STRUCTURES: dict[bytes, Callable[[bytes, Rng], bytes]] = {
    b"\x89PNG\r\n\x1a\n": png_changed,
    b"\xff\xd8": blocks_changed(jpeg_starts),
    b"GIF8": blocks_changed(gif_starts),
    b"II*\0": blocks_changed(tiff_starts),
    b"MM\0*": blocks_changed(tiff_starts),
    b"RIFF": blocks_changed(riff_starts),
}
