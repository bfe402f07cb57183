"""Several pictures that are to share a palette: their pixels as one picture, their weights, their locked colours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.pixels import read_sample_weight
from ..stages.samples import rgba_rows, to_uint8, to_uint16
from .fixed_colors import columns, read_colors
from .source import Source


def read_as_one(pictures: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Make one of pictures that are to share a palette, a row of all their pixels; a single one stays as it is."""
    if len(pictures) == 1:
        return pictures[0]
    if len({picture.dtype for picture in pictures}) > 1:
        pictures = [to_uint16(picture) for picture in pictures]
    channels = {picture.shape[2] for picture in pictures}
    if len(channels) > 1:
        keep = columns(common_channels(channels))
        pictures = [rgba_rows(picture)[..., keep] for picture in pictures]
    return in_a_row(pictures)


def common_channels(channels: Collection[int]) -> int:
    """Return how many channels hold pictures of each of these numbers."""
    return (3 if max(channels) > 2 else 1) + any(n % 2 == 0 for n in channels)


def in_a_row(pictures: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Put the pixels of pictures (H, W, C) of one kind in a row: (1, n, C)."""
    return np.concatenate([picture.reshape(1, -1, picture.shape[2]) for picture in pictures], axis=1)


def read_shared_colors(fixed_colors: Any, sources: Sequence[Source]) -> NDArray[np.uint8]:
    """Read locked colours as 8-bit RGBA (m, 4), in the scale that all pictures share."""
    dtypes = dict.fromkeys(source.samples.dtype for source in sources)
    channels = {source.samples.shape[2] for source in sources}
    first, *others = [to_uint8(read_colors(fixed_colors, dtype, channels)) for dtype in dtypes]
    if not all(np.array_equal(first, other) for other in others):
        scales = " and ".join(map(str, dtypes))
        raise ValueError(
            f"fixed_colors has samples, but the pictures have different scales, {scales}: give names or hex strings"
        )
    return first


def read_weights(sources: Sequence[Source], sample_weights: Sequence[Any]) -> NDArray[np.float64] | None:
    """Check the weights of every picture; all of one picture may be zero, but not of all pictures."""
    if len(sample_weights) != len(sources):
        raise ValueError(
            f"sample_weight must be a list of {len(sources)} arrays (H, W), one for each picture, "
            f"got {len(sample_weights)}"
        )
    weights = [np.asarray(weight, dtype=np.float64) for weight in sample_weights]
    for source, weight in zip(sources, weights, strict=True):
        shape = source.samples.shape[:2]
        if weight.shape != shape:
            raise ValueError(
                f"sample_weight has shape {weight.shape} for {source.name}; it must have the shape {shape}"
            )
    if len(weights) == 1:
        return read_sample_weight(weights[0], weights[0].shape)
    flat = np.concatenate([weight.ravel() for weight in weights])[np.newaxis]
    return read_sample_weight(flat, flat.shape)
