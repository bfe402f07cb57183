"""What deflates: libdeflate (package ``deflate``), or zlib where there is no wheel of it, with files a tenth larger.

And our own search, which finds a little more and takes long.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from .. import _native

_deflate: Any
try:
    import deflate as _deflate
except ImportError:
    _deflate = None

ZLIB_LEVEL = 9
"""The highest, where libdeflate has 12."""


ZLIB_HEADER = b"\x78\xda"
"""Deflate with a window of 32 KiB, compressed for size (RFC 1950)."""


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


def thorough_zlib_compress(data: Any, n_rounds: int) -> bytes:
    """Make a zlib stream as small as can be, for small data: it takes microseconds a byte.

    Parameters
    ----------
    data : ndarray of uint8
        C-contiguous.
    n_rounds : int
        How often to look for the cheapest cut; from 4 to 15 they gain hardly a thousandth.
    """
    whole = np.ascontiguousarray(data).reshape(-1)
    return ZLIB_HEADER + _native.deflate(whole, n_rounds) + adler32(whole.data).to_bytes(4, "big")


def deflate_compress(data: Any, level: int) -> bytes:
    """Make a stream as `zlib_compress` does, without its header and checksum."""
    if _deflate is None:
        stream = zlib.compressobj(min(level, ZLIB_LEVEL), wbits=-zlib.MAX_WBITS)
        return stream.compress(data) + stream.flush()
    return bytes(_deflate.deflate_compress(data, level))


def adler32(data: Any) -> int:
    """Return the checksum that ends a zlib stream."""
    return zlib.adler32(data) if _deflate is None else int(_deflate.adler32(data))
