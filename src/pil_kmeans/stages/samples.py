"""Samples: the numbers that colours are made of, in every dtype a picture may have, from one to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .row_blocks import NewArray

_PART = 1 << 18  # samples converted at a time
_ROWS_FIRST = 1 << 10  # colours looked at before more are, four times as many each time


def full_scale(dtype: np.dtype[Any]) -> float:
    """Return the value of white in samples of this dtype."""
    return {"B": 255.0, "H": 65535.0}.get(dtype.char, 1.0)


def as_samples(colors: NDArray[Any], new_array: NewArray = np.empty) -> NDArray[Any]:
    """Return colours (..., C) as contiguous uint8 or uint16 samples, floats to the nearest 1 / 65535.

    Alpha becomes 0 only where it is.
    """
    if colors.dtype.kind == "f":
        return _in_parts(lambda part: np.rint(part.astype(np.float64) * 65535), colors, np.uint16, new_array)
    if colors.dtype == np.bool_:
        return _in_parts(lambda part: part * np.uint8(255), colors, np.uint8, new_array)
    is_as_it_should_be = colors.flags.c_contiguous and colors.flags.aligned  # `require` itself takes longer to see it
    return colors if is_as_it_should_be else np.require(colors, requirements=["C", "A"])


def to_uint8(samples: NDArray[Any], new_array: NewArray = np.empty) -> NDArray[np.uint8]:
    """Round samples (..., C) of any picture dtype to 8 bits; 65535, True and 1.0 become 255.

    Alpha becomes 0 only where it is: what is hardly visible does not vanish.
    """
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype == np.bool_:
        return as_samples(samples, new_array)
    if samples.dtype.kind == "u":
        return _in_parts(lambda part: (part.astype(np.uint32) + 128) // 257, samples, np.uint8, new_array)
    return _in_parts(lambda part: np.rint(part * part.dtype.type(255)), samples, np.uint8, new_array)


def _in_parts(
    convert: Callable[[NDArray[Any]], NDArray[Any]], samples: NDArray[Any], dtype: Any, new_array: NewArray
) -> NDArray[Any]:
    """Convert samples some of the first axis at a time, so that what lies between takes little memory.

    Alpha stays above 0 wherever it is.
    """
    converted = new_array(samples.shape, dtype)
    if samples.size:
        has_alpha = samples.ndim > 1 and samples.shape[-1] in (2, 4)
        step = max(1, _PART * len(samples) // samples.size)
        for start in range(0, len(samples), step):
            given, part = samples[start : start + step], converted[start : start + step]
            part[...] = convert(given)
            if has_alpha:
                np.maximum(part[..., -1], given[..., -1] > 0, out=part[..., -1])
    return converted


def to_uint16(samples: NDArray[Any]) -> NDArray[np.uint16]:
    """Spread or round samples of any picture dtype to 16 bits; 255, True and 1.0 become 65535."""
    samples = as_samples(samples)
    return samples if samples.dtype == np.uint16 else samples.astype(np.uint16) * np.uint16(257)


def to_samples(colors: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return colours in [0, 1] as samples of a dtype, rounded to the nearest."""
    if dtype.kind == "f":
        return colors.astype(dtype)
    return np.rint(colors * full_scale(dtype)).astype(dtype)


def rgba_rows(colors: NDArray[Any]) -> NDArray[Any]:
    """Spread colours (..., C) of 1 to 4 channels to contiguous RGBA (..., 4); opaque if without alpha."""
    n_channels = colors.shape[-1]
    rgba = np.full((*colors.shape[:-1], 4), full_scale(colors.dtype), colors.dtype)
    rgba[..., :3] = colors[..., : 3 if n_channels > 2 else 1]
    if n_channels in (2, 4):
        rgba[..., 3] = colors[..., -1]
    return rgba


def least_channels(colors: NDArray[Any]) -> int:
    """Return how many channels hold colours (..., C): 1 if all are grey, or 2 if some are not opaque; C for others.

    It ends at the first of some rows that are not.
    """
    rows = colors.reshape(-1, colors.shape[-1])
    start, size, are_opaque = 0, _ROWS_FIRST, True
    while start < len(rows):
        part = rows[start : start + size]
        if not _is_grey(part).all():
            return int(colors.shape[-1])
        are_opaque = are_opaque and bool(_is_opaque(part).all())
        start, size = start + size, min(4 * size, _PART)
    return 1 if are_opaque else 2


def is_opaque_grey(colors: NDArray[Any]) -> NDArray[np.bool_]:
    """Which colours (n, C) have neither colour nor transparency."""
    return _is_grey(colors) & _is_opaque(colors)


def _is_grey(rows: NDArray[Any]) -> NDArray[np.bool_]:
    if rows.shape[1] < 3:
        return np.ones(len(rows), np.bool_)
    is_grey: NDArray[np.bool_] = (rows[:, 0] == rows[:, 1]) & (rows[:, 1] == rows[:, 2])
    return is_grey


def _is_opaque(rows: NDArray[Any]) -> NDArray[np.bool_]:
    if rows.shape[1] % 2:
        return np.ones(len(rows), np.bool_)
    is_opaque: NDArray[np.bool_] = rows[:, -1] == full_scale(rows.dtype)
    return is_opaque


def in_least_channels(colors: NDArray[Any], n_channels: int, new_array: NewArray = np.empty) -> NDArray[Any]:
    """Return greys (..., C) with the 1 or 2 channels that hold them."""
    kept = new_array((*colors.shape[:-1], n_channels), colors.dtype)
    kept[..., 0] = colors[..., 0]
    if n_channels == 2:
        kept[..., 1] = colors[..., -1]
    return kept


def in_more_channels(greys: NDArray[Any], n_channels: int, white: float) -> NDArray[Any]:
    """Return greys of 1 or 2 channels with as many as are asked for; where they had no alpha it is `white`."""
    colors = np.empty((*greys.shape[:-1], n_channels), greys.dtype)
    colors[..., : 3 if n_channels > 2 else 1] = greys[..., :1]
    if n_channels % 2 == 0:
        colors[..., -1] = greys[..., -1] if greys.shape[-1] == 2 else white
    return colors


def packed(colors: NDArray[Any]) -> NDArray[Any]:
    """Return colours of up to four uint8 or uint16 samples, or of one float, each as one number."""
    if colors.dtype.kind == "f":
        return colors[:, 0]
    numbers: NDArray[np.uint64] = colors[:, 0].astype(np.uint64)
    for channel in range(1, colors.shape[1]):
        numbers = numbers << np.uint64(16) | colors[:, channel].astype(np.uint64)
    return numbers


def thinned(pixels: NDArray[Any], frames: Sequence[tuple[int, int]], step: int) -> NDArray[Any]:
    """Return the pixels (N,) or (N, C) of pictures in one of each `step` rows and columns."""
    if step == 1:
        return pixels
    rows = pixels.reshape(len(pixels), -1)
    n_left = sum(-(-height // step) * -(-width // step) for height, width in frames)
    result = np.empty((n_left, rows.shape[1]), pixels.dtype)
    start = to = 0
    for height, width in frames:
        whole = rows[start : start + height * width].reshape(height, width, -1)[::step, ::step]
        n_rows, n_columns = whole.shape[:2]
        part = result[to : to + n_rows * n_columns].reshape(n_rows, n_columns, -1)
        for channel in range(rows.shape[1]):  # many times as fast as all samples of a pixel at once
            part[:, :, channel] = whole[:, :, channel]
        start, to = start + height * width, to + n_rows * n_columns
    return result.reshape(-1, *pixels.shape[1:])
