"""`quantize` without `palette=`: one palette, found by k-means, for all pictures given."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..indexed_image import MAX_BYTE_COLORS, rgba_rows, to_uint8, to_uint16
from ..pictures.fixed_colors import distinct, promoted, read_fixed_colors
from ..pictures.source import Source
from ..stages.pixels import read_pixels, read_sample_weight
from ..stages.quantize import quantize_pixels


def quantize_to_fitted_palette(
    sources: Sequence[Source],
    colors: int,
    fixed_colors: Any,
    sample_weights: Sequence[Any] | None,
    **options: Any,
) -> list[Image.Image]:
    """Quantize pictures, each with its weights if there are any, to one palette of at most `colors`."""
    seen = [source for source in sources if not source.is_empty]
    if not seen:  # `colors` is not even checked: Pillow takes any number here
        return [source.empty_result() for source in sources]
    n_colors = check_colors(colors)
    weight = None if sample_weights is None else read_weights(sources, sample_weights)
    samples = read_as_one([source.checked_samples() for source in seen])
    rgba = distinct(read_shared_colors(fixed_colors, seen), n_colors, "colors")
    samples, fixed = promoted(samples, rgba)
    palette, indices, _ = quantize_pixels(
        read_pixels(samples),
        n_colors=n_colors,
        fixed_colors=fixed,
        sample_weight=weight,
        frames=[source.samples.shape[:2] for source in seen] if len(seen) > 1 else None,
        to_8_bits=True,
        **options,
    )
    alpha_mode = any(source.has_alpha_mode for source in seen) or bool((rgba[:, 3] < 255).any())
    alpha_mode &= len(sources) == 1  # Pillow's GIF mixes up RGBA palettes of which a frame does not use all entries
    results, start = [], 0
    for source in sources:
        height, width = source.samples.shape[:2]
        own = indices.ravel()[start : start + height * width].reshape(height, width)
        start += height * width
        results.append(
            source.empty_result() if source.is_empty else source.result(own, palette.colors, has_alpha_mode=alpha_mode)
        )
    return results


def check_colors(colors: int) -> int:
    """Accept what Pillow accepts."""
    n_colors = operator.index(colors)
    if not 1 <= n_colors <= MAX_BYTE_COLORS:
        raise ValueError(f"bad number of colors: colors must be between 1 and {MAX_BYTE_COLORS}, got {colors}")
    return n_colors


def check_kmeans(kmeans: int) -> None:
    """Accept what Pillow accepts; the number itself has no use here."""
    if operator.index(kmeans) < 0:
        raise ValueError(f"kmeans must not be negative, got {kmeans}: leave it out, k-means always runs")


def read_shared_colors(fixed_colors: Any, sources: Sequence[Source]) -> NDArray[np.uint8]:
    """Read locked colours as 8-bit RGBA (m, 4), in the scale that all pictures share."""
    dtypes = {source.samples.dtype.name: source.samples.dtype for source in sources}
    channels = {source.samples.shape[2] for source in sources}
    first, *others = [to_uint8(read_fixed_colors(fixed_colors, dtype, channels)) for dtype in dtypes.values()]
    if not all(np.array_equal(first, other) for other in others):
        raise ValueError(
            f"fixed_colors has samples, but the pictures have different scales, {' and '.join(dtypes)}: give names or "
            "hex strings"
        )
    return first


def read_as_one(pictures: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Make one of pictures that are to share a palette, a row of all their pixels; a single one stays as it is."""
    if len(pictures) == 1:
        return pictures[0]
    if len({picture.dtype for picture in pictures}) > 1:
        pictures = [to_uint16(picture) for picture in pictures]
    channels = {picture.shape[2] for picture in pictures}
    if len(channels) > 1:
        has_color, has_alpha = bool(channels & {3, 4}), bool(channels & {2, 4})
        keep = [*range(3 if has_color else 1), *([3] if has_alpha else [])]
        pictures = [rgba_rows(picture)[..., keep] for picture in pictures]
    rows = [picture.reshape(1, -1, picture.shape[2]) for picture in pictures]
    return np.concatenate(rows, axis=1)


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
