"""Read a PNG file as its chunks, checking the container."""

import struct
import zlib


def chunks(data: bytes) -> list[tuple[str, bytes]]:
    """Type and data of every chunk; lengths and checksums must be right."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert checksum == zlib.crc32(kind + body)
        found.append((kind.decode(), body))
        at += 12 + length
    return found


def kinds(data: bytes) -> list[str]:
    """Types of the chunks, in order."""
    return [kind for kind, _ in chunks(data)]


def unpacked(stream: bytes) -> bytes:
    """Data of a stream of deflate without header, which must end with it."""
    unpacker = zlib.decompressobj(-15)
    data = unpacker.decompress(stream) + unpacker.flush()
    assert unpacker.eof
    assert not unpacker.unused_data
    return data
