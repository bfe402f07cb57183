"""What `encode_png` is given: one picture or frames, read upright, in sRGB, as pixels that are to share a palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..indexed_image import IndexedImage
from ..pillow.fitted_palette import read_as_one, read_shared_colors, read_weights
from ..png.file import Chunk
from ..stages.pixels import Pixels, read_pixels
from .durations import read_durations
from .fixed_colors import distinct, promoted
from .metadata import Metadata, metadata_chunks, orientation, oriented
from .source import Source, named_pictures
from .to_srgb import in_srgb


class EncodeInput(NamedTuple):
    """One picture, or frames of one size.

    Attributes
    ----------
    indexed : IndexedImage or None
        A single picture that was given as such.
    pixels : Pixels
        The picture (H, W, C), or all pixels of the frames in a row.
    frames : list of (height, width)
        Of each; a single one is the picture.
    durations : list of float
        Milliseconds of each.
    fixed_colors : ndarray of shape (m, C)
        uint8.
    sample_weight : ndarray of the shape of the pixels, or None
    chunks : list of (type, data)
        Metadata of the first.
    """

    indexed: IndexedImage | None
    pixels: Pixels
    frames: list[tuple[int, int]]
    durations: list[float]
    fixed_colors: NDArray[np.uint8]
    sample_weight: NDArray[np.float64] | None
    chunks: list[Chunk]


def read_input(
    image: Any, *, n_colors: int, fixed_colors: Any, sample_weight: Any, metadata: Metadata, duration: Any
) -> EncodeInput:
    """Read what the arguments of `encode_png` say about the pictures."""
    named = named_pictures(image)
    read = [in_srgb(_source(*given)) for given in named]
    sources = [source for source, _ in read]
    given_durations = [source.image and source.image.info.get("duration") for source in sources]
    durations = read_durations(duration, given_durations)
    samples = [source.checked_samples() for source in sources]
    turns = [1 if source.image is None else orientation(source.image) for source in sources]
    upright = [oriented(*turned) for turned in zip(samples, turns, strict=True)]
    sizes = [(picture.shape[0], picture.shape[1]) for picture in upright]
    _check_sizes(sizes, [name for _, name in named])
    first, color_info = read[0]
    fixed = distinct(read_shared_colors(fixed_colors, sources), n_colors)
    as_one, fixed = promoted(read_as_one(upright), fixed)
    weight = None
    if sample_weight is not None:
        weights = sample_weight if isinstance(image, list | tuple) else [sample_weight]
        weight = _upright_weight(read_weights(sources, weights), [part.shape[:2] for part in samples], turns)
    chunks = [] if first.image is None else metadata_chunks(first.image, metadata, color_info)
    indexed = named[0][0] if len(named) == 1 and isinstance(named[0][0], IndexedImage) else None
    return EncodeInput(indexed, read_pixels(as_one), sizes, durations, fixed, weight, chunks)


def _source(picture: Any, name: str) -> Source:
    return Source.read(picture.to_array() if isinstance(picture, IndexedImage) else picture, name)


def _check_sizes(sizes: Sequence[tuple[int, int]], names: Sequence[str]) -> None:
    for size, name in zip(sizes, names, strict=True):
        if size != sizes[0]:
            (height, width), (first_height, first_width) = size, sizes[0]
            msg = (
                f"image must be frames of one size, {names[0]} is {first_width} x {first_height} pixels, "
                f"but {name} {width} x {height}"
            )
            raise ValueError(msg)


def _upright_weight(
    weight: NDArray[np.float64] | None, shapes: Sequence[tuple[int, ...]], turns: Sequence[int]
) -> NDArray[np.float64] | None:
    """Turn checked weights, which are in a row if there are several frames, as their pictures were."""
    if weight is None or all(turn == 1 for turn in turns):
        return weight
    parts = np.split(weight.ravel(), np.cumsum([height * width for height, width in shapes])[:-1])
    upright = [oriented(part.reshape(shape), turn) for part, shape, turn in zip(parts, shapes, turns, strict=True)]
    if len(upright) == 1:
        return np.ascontiguousarray(upright[0])
    return np.concatenate([part.ravel() for part in upright])[np.newaxis]
