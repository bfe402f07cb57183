"""What deflates: libdeflate (package ``deflate``), or zlib where there is no wheel of it, with files a tenth larger."""

from __future__ import annotations

import zlib
from typing import Any

_deflate: Any
try:
    import deflate as _deflate
except ImportError:
    _deflate = None

ZLIB_LEVEL = 9
"""The highest, where libdeflate has 12."""


def zlib_compress(data: Any, level: int) -> bytes:
    """Make a zlib stream.

    Parameters
    ----------
    data : buffer
    level : int
        Of libdeflate, 1 to 12.

    Returns
    -------
    bytes
    """
    if _deflate is None:
        return zlib.compress(data, min(level, ZLIB_LEVEL))
    return bytes(_deflate.zlib_compress(data, level))


def deflate_compress(data: Any, level: int) -> bytes:
    """Make a stream as `zlib_compress` does, without its header and checksum."""
    if _deflate is None:
        stream = zlib.compressobj(min(level, ZLIB_LEVEL), wbits=-zlib.MAX_WBITS)
        return stream.compress(data) + stream.flush()
    return bytes(_deflate.deflate_compress(data, level))


def adler32(data: Any) -> int:
    """Return the checksum that ends a zlib stream."""
    return zlib.adler32(data) if _deflate is None else int(_deflate.adler32(data))
