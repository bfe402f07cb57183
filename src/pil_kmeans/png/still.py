"""Still: indices and a palette -> bytes of a palette PNG (colour type 3, PNG specification, third edition)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.indices import MAX_BYTE_COLORS, distinct_rows, index_dtype, round_to_8_bits
from ..stages.progress import Progress, silent
from ..stages.row_blocks import NewArray
from ..stages.samples import rgba_rows
from ..stages.threads import count_threads
from .chunks import Chunk, FileParts, idat_chunks
from .idat import BYTE, COMPRESSIONS, compress
from .rate_distortion import Coded


def encode(
    indices: NDArray[Any],
    palette: NDArray[Any],
    metadata: Sequence[Chunk] = (),
    *,
    keep: NDArray[np.bool_] | None = None,
    keep_palette: bool = False,
    compression: str = "default",
    for_deflate: bool = False,
    n_threads: int | None = 1,
) -> bytes:
    """Return what `encoded_parts` yields, whole."""
    return b"".join(
        encoded_parts(
            indices,
            palette,
            metadata,
            keep=keep,
            keep_palette=keep_palette,
            compression=compression,
            for_deflate=for_deflate,
            n_threads=n_threads,
            new_array=np.empty,
        )
    )


def encoded_parts(
    indices: NDArray[Any],
    palette: NDArray[Any],
    metadata: Sequence[Chunk],
    *,
    keep: NDArray[np.bool_] | None,
    keep_palette: bool,
    compression: str,
    for_deflate: bool,
    n_threads: int | None,
    new_array: NewArray,
    progress: Progress = silent,
    coded: Coded | None = None,
    than: int | None = None,
) -> FileParts:
    """Write a picture as a palette PNG.

    Parameters
    ----------
    indices : ndarray of shape (H, W)
        uint8 or uint16, the entry of each pixel.
    palette : ndarray of shape (n, C)
        The entries, of which 16-bit and float ones are rounded to 8 bits.
    metadata : sequence of (type, data)
        Ancillary chunks, written right behind IHDR, where every kind may stand.
    keep : ndarray of shape (n,), optional
        bool, which entries of an 8-bit palette to write though no pixel may have them.
    keep_palette : bool, default=False
        Write all entries, in their order.
    compression : {"fast", "default", "max"}
        How long to look for a small file.
    for_deflate : bool, default=False
        Whether the indices were chosen for what deflate makes of them, 8 bits each, and without filters.
    n_threads : int, optional
        The bytes do not depend on it.
    new_array : callable
        Makes what the contents of large pictures are put into.
    progress : callable, optional
    coded : Coded, optional
        The indices with the symbols that they were chosen with.
    than : int, optional
        A file that is not smaller is of no use: one that hardly becomes so is not looked for.

    Returns
    -------
    FileParts
        A whole PNG file: unless the palette is kept, PLTE holds exactly the colours which pixels have or `keep` names,
        those with transparency first; tRNS ends with the last of these; 1, 2, 4 or 8 bits per pixel, as few as can be,
        or 8 where that is smaller.

    Raises
    ------
    ValueError
        If the pixels have more than 256 different colours, a chunk is too long for a PNG, or `compression` is unknown.
    """
    check_compression(compression)
    if keep_palette:
        rgba = rgba_rows(palette)
        lookup = np.arange(len(rgba)).astype(np.uint8)
    else:
        indices, palette = round_to_8_bits(indices, palette)
        new_index, rgba = _plte_lookup(indices, palette, keep)
        lookup = new_index.astype(np.uint8)
        if indices.dtype != np.uint8:
            indices, lookup = lookup[indices], np.arange(len(rgba)).astype(np.uint8)
    if len(rgba) > MAX_BYTE_COLORS:
        msg = (
            f"a palette PNG holds at most {MAX_BYTE_COLORS} colors, this picture has {len(rgba)}: "
            f"quantize to n_colors={MAX_BYTE_COLORS} or fewer"
        )
        raise ValueError(msg)
    height, width = indices.shape
    if than:
        than = max(1, than - palette_bytes(rgba))
    stream = compress(
        np.ascontiguousarray(indices, dtype=np.uint8),
        lookup,
        bit_depth(len(rgba)),
        len(rgba),
        n_not_opaque(rgba),
        compression,
        n_threads=count_threads(n_threads),
        for_deflate=for_deflate,
        reorder=not keep_palette,
        new_array=new_array,
        progress=progress,
        coded=coded,
        than=than,
    )
    return FileParts((height, width), stream.depth, rgba[stream.order], metadata, idat_chunks(stream.data))


def check_compression(compression: str) -> None:
    """Check the option."""
    if compression not in COMPRESSIONS:
        msg = f"compression must be one of {list(COMPRESSIONS)}, got {compression!r}"
        raise ValueError(msg)


def plte_entries(
    indices: NDArray[Any], palette: NDArray[Any], keep_unused: NDArray[np.bool_] | None = None
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Find indices (H, W) into the different colours that pixels have, or that are kept, and these as RGBA (n, 4)."""
    indices, palette = round_to_8_bits(indices, palette)
    new_index, rgba = _plte_lookup(indices, palette, keep_unused)
    return new_index[indices], rgba


def _plte_lookup(
    indices: NDArray[Any], palette: NDArray[np.uint8], keep_unused: NDArray[np.bool_] | None
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Find where each entry of an 8-bit palette goes, and the colours there as RGBA (n, 4)."""
    is_used = _native.used_labels(np.ascontiguousarray(indices).ravel(), len(palette))
    used = np.flatnonzero(is_used if keep_unused is None else keep_unused | is_used)
    rgba = rgba_rows(palette[used])
    keep, new_row = distinct_rows(rgba)
    rgba = rgba[keep]
    order = np.argsort(transparency_group(rgba[:, 3]), kind="stable")
    place = np.argsort(order)
    new_index = np.zeros(len(palette), index_dtype(len(keep)))
    new_index[used] = place[new_row]
    return new_index, rgba[order]


def transparency_group(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Order in the palette: 0 for fully transparent, 1 for partly transparent, 2 for opaque."""
    return np.digitize(alpha, (1, 255)).astype(np.uint8)


def bit_depth(n_colors: int) -> int:
    """Bits per pixel: the fewest of 1, 2, 4 and 8 that can count `n_colors`."""
    return next(depth for depth in (1, 2, 4, 8) if n_colors <= 1 << depth)


def palette_bytes(rgba: NDArray[np.uint8]) -> int:
    """Count the bytes of a file with a palette that are neither a zlib stream nor metadata."""
    head = FileParts((1, 1), BYTE, rgba, (), idat_chunks(b"."))
    return head.n_bytes - 1


def n_not_opaque(rgba: NDArray[np.uint8]) -> int:
    """Count the entries with transparency, which come first unless the palette is kept."""
    return int(np.count_nonzero(rgba[:, 3] < 255))
