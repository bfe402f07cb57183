"""One picture or frames, upright, in sRGB, as pixels that are to share a palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..exif import UPRIGHT, oriented
from ..stages.pixels import Pixels, read_pixels
from .animated import read_animation
from .durations import read_durations
from .fixed_colors import distinct, promoted
from .layout import Layout
from .read import Picture, read_picture
from .shared import read_as_one, read_shared_colors, read_weights
from .source import named_pictures


class Frames(NamedTuple):
    """One picture, or frames of one size.

    Attributes
    ----------
    pixels : Pixels
        The picture (H, W, C), or all pixels of the frames in a row.
    sizes : list of (height, width)
        Of each; a single one is the picture.
    durations : list of float
        Milliseconds of each.
    fixed_colors : ndarray of shape (m, C)
        uint8.
    sample_weight : ndarray of the shape of the pixels, or None
    first : Picture
        Whose metadata counts.
    plays : int or None
        How often an image says that its frames are shown, 0 forever.
    """

    pixels: Pixels
    sizes: list[tuple[int, int]]
    durations: list[float]
    fixed_colors: NDArray[np.uint8]
    sample_weight: NDArray[np.float64] | None
    first: Picture
    plays: int | None


def read_frames(
    image: Any, *, n_colors: int, fixed_colors: Any, sample_weight: Any, duration: Any, longest: float, layout: Layout
) -> Frames:
    """Read what the arguments of `encode_png` say about the pictures."""
    given = read_animation(image)
    named = named_pictures(given.image)
    read = [read_picture(*picture, layout) for picture in named]
    own = [picture.image and picture.image.info.get("duration") for picture in read]
    durations = read_durations(duration, own, longest)
    upright = [picture.samples for picture in read]
    sizes = [(samples.shape[0], samples.shape[1]) for samples in upright]
    _check_sizes(sizes, [name for _, name in named])
    sources = [picture.source for picture in read]
    fixed = distinct(read_shared_colors(fixed_colors, sources), n_colors)
    as_one, fixed = promoted(read_as_one(upright), fixed)
    weight = None
    if sample_weight is not None:
        weights = sample_weight if isinstance(given.image, list | tuple) else [sample_weight]
        if given.is_animated and np.ndim(weights) == 2:
            weights = [weights] * len(read)
        weight = _upright_weight(read_weights(sources, weights), read)
    return Frames(read_pixels(as_one), sizes, durations, fixed, weight, read[0], given.plays)


def _check_sizes(sizes: Sequence[tuple[int, int]], names: Sequence[str]) -> None:
    for size, name in zip(sizes, names, strict=True):
        if size != sizes[0]:
            (height, width), (first_height, first_width) = size, sizes[0]
            msg = (
                f"image must be frames of one size, {names[0]} is {first_width} x {first_height} pixels, "
                f"but {name} {width} x {height}"
            )
            raise ValueError(msg)


def _upright_weight(weight: NDArray[np.float64] | None, pictures: Sequence[Picture]) -> NDArray[np.float64] | None:
    """Turn checked weights, which are in a row if there are several frames, as their pictures were."""
    if weight is None or all(picture.turn == UPRIGHT for picture in pictures):
        return weight
    shapes = [picture.source.samples.shape[:2] for picture in pictures]
    parts = np.split(weight.ravel(), np.cumsum([height * width for height, width in shapes])[:-1])
    upright = [
        oriented(part.reshape(shape), picture.turn)
        for part, shape, picture in zip(parts, shapes, pictures, strict=True)
    ]
    if len(upright) == 1:
        return np.ascontiguousarray(upright[0])
    return np.concatenate([part.ravel() for part in upright])[np.newaxis]
