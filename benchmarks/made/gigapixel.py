"""Pictures of any size that are made block by block, the same whatever the blocks."""

from typing import Any

import numpy as np

KINDS = ("photograph", "all colours")
_PIXELS_AT_ONCE = 1 << 14  # whose numbers are near, and are no memory that comes from the system anew for each block


def block_of(kind: str, top: int, left: int, height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8 pixels of a picture without end.

    "photograph" is smooth fields of light with grain, in which a few million pixels have some hundred thousand colours
    and all of a gigapixel about 8 million. "all colours" has all 16.7 million, as noise, in every 4096 x 4096.
    """
    y = np.arange(top, top + height, dtype=np.uint32)[:, np.newaxis]
    x = np.arange(left, left + width, dtype=np.uint32)
    lights = [
        (
            (52 * np.sin(x / across * 6.28 + phase)).astype(np.int16) + 128,
            (44 * np.sin(y / down * 6.28 + 2 * phase)).astype(np.int16),
        )
        for across, down, phase in ((9100, 7300, 0.0), (6100, 11900, 1.9), (14300, 5300, 4.1))
    ]
    result = np.empty((height, width, 3), np.uint8)
    n_rows = max(_PIXELS_AT_ONCE // width, 1)
    for rows in (slice(first, first + n_rows) for first in range(0, height, n_rows)):
        noise = (y[rows] % 4096 * 4096 + x % 4096) * np.uint32(0x9E3779B1)
        if kind == "all colours":
            low = noise & np.uint32(0xFFFFFF)  # odd times a number: each of 24 bits once
            result[rows] = low.view(np.uint8).reshape(*low.shape, 4)[..., :3]
            continue
        noise ^= noise >> np.uint32(15)
        noise *= np.uint32(0x85EBCA6B)
        noise ^= noise >> np.uint32(13)
        for c, (of_column, of_row) in enumerate(lights):
            light = of_column + of_row[rows]
            light += (noise >> np.uint32(10 * c) & np.uint32(31)).astype(np.int16)
            result[rows, :, c] = light
    return result


def dask_picture(kind: str, height: int, width: int, side: int) -> Any:
    """The picture as a Dask array of square blocks."""
    import dask.array as da

    return da.map_blocks(
        _block, kind, dtype=np.uint8, chunks=(*_chunks(height, width, side), (3,)), meta=np.empty((0, 0, 0), np.uint8)
    )


def places_of(height: int, width: int, side: int) -> list[tuple[int, int, int, int]]:
    """Top, left, height and width of each block."""
    rows, columns = _chunks(height, width, side)
    return [
        (top, left, n_rows, n_columns)
        for top, n_rows in zip(range(0, height, side), rows, strict=True)
        for left, n_columns in zip(range(0, width, side), columns, strict=True)
    ]


def _chunks(height: int, width: int, side: int) -> list[tuple[int, ...]]:
    return [tuple(min(side, size - start) for start in range(0, size, side)) for size in (height, width)]


def _block(kind: str, block_info: Any = None) -> np.ndarray:
    (top, bottom), (left, right), _ = block_info[None]["array-location"]
    return block_of(kind, top, left, bottom - top, right - left)
