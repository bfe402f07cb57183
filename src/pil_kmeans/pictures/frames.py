"""One picture or frames, upright, in sRGB, as pixels that are to share a palette."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exif import UPRIGHT, oriented
from ..scratch import array_in_file
from ..stages.pixels import Pixels, read_pixels
from .animated import read_animation
from .durations import read_durations
from .fixed_colors import channels_for, columns, distinct
from .from_files import read_path
from .layout import Layout
from .read import Picture
from .reel import Adapt, FirstLook, Kind, Reel, look, read_again
from .shared import common_channels, in_a_row, read_shared_colors, read_weights


@dataclass(frozen=True, eq=False)
class Frames:
    """One picture, or frames of one size.

    Attributes
    ----------
    reel : Reel
        All of them.
    pixels : Pixels
        The picture (H, W, C), or all pixels of the frames at hand in a row: those that a palette is fitted to.
    shape : (height, width)
        Of each.
    durations : list of float
        Milliseconds of each.
    fixed_colors : ndarray of shape (m, C)
        uint8.
    weights : ndarray of shape (N, H, W) or None
    first : Picture
        Whose metadata counts.
    plays : int or None
        How often an image says that its frames are shown, 0 forever.
    colors : ndarray of shape (n, C) or None
        uint8: all colours of all frames, where they are at most 256 and not all frames are at hand.
    has_transparent : bool
        Whether there is a fully transparent pixel.
    at_hand : list of int
        The frames that a palette is fitted to: all, if they are not too many.
    scenes : list of int
        Number of the scene of each frame: frames of like colours, which need not follow each other.
    changed : list of float
        Which share of each frame's pixels differs from the frame before.
    """

    reel: Reel
    pixels: Pixels
    shape: tuple[int, int]
    durations: list[float]
    fixed_colors: NDArray[np.uint8]
    weights: NDArray[np.float64] | None
    first: Picture
    plays: int | None
    colors: NDArray[np.uint8] | None
    has_transparent: bool
    at_hand: list[int]
    scenes: list[int]
    changed: list[float]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.reel)

    @property
    def sizes(self) -> list[tuple[int, int]] | None:
        """Height and width of each frame at hand; None for one picture."""
        return None if len(self) == 1 else [self.shape] * len(self.at_hand)

    @property
    def sample_weight(self) -> NDArray[np.float64] | None:
        """Weights of `pixels`."""
        if self.weights is None:
            return None
        return self.weights[0] if len(self) == 1 else self.weights[self.at_hand].reshape(1, -1)

    def of_scenes(self, scenes: Collection[int]) -> Frames:
        """Return the same, of which the frames of some scenes are taken to be those at hand."""
        at_hand = [n for n in self.at_hand if self.scenes[n] in scenes]
        return replace(self, at_hand=at_hand, pixels=read_pixels(in_a_row([self.reel[n] for n in at_hand])))


def read_frames(
    image: Any,
    *,
    n_colors: int,
    fixed_colors: Any,
    sample_weight: Any,
    duration: Any,
    longest: float,
    layout: Layout,
    adapt: Adapt = lambda samples: samples,
) -> Frames:
    """Read what the arguments of `encode_png` say about the pictures; samples are as `adapt` makes them."""
    given = read_path(image) if isinstance(image, str | PathLike) else read_animation(image)
    seen, again = look(given, layout, adapt)
    durations = read_durations(duration, seen.durations, longest)
    fixed = distinct(read_shared_colors(fixed_colors, seen.sources), n_colors)
    n_channels = channels_for(fixed, common_channels(seen.channels))
    kind = Kind(len(seen.dtypes) > 1, n_channels, adapt)
    colors = None if seen.is_whole or seen.colors is None else seen.colors[:, columns(n_channels)]
    kept = {n: kind.of(samples) for n, samples in seen.kept.items()}
    pixels = kept[0] if len(seen.sources) == 1 else in_a_row([*kept.values()])
    seen.kept = dict(zip(kept, pixels.reshape(len(kept), *seen.shape, n_channels), strict=True))
    reel = Reel(lambda: read_again(again, seen, kind, layout), seen.kept, len(seen.sources))
    weights = None
    if sample_weight is not None:
        each = sample_weight if given.is_list else [sample_weight]
        if not given.is_list and not given.is_one:
            each = [*each[0]] if np.ndim(each[0]) == 3 else each * len(reel)
        upright = _upright_weight(read_weights(seen.sources, each), seen)
        weights = None if upright is None else upright.reshape(len(reel), *seen.shape)
    new_array = array_in_file if seen.first.source.in_file and len(reel) == 1 else np.empty
    return Frames(
        reel,
        read_pixels(pixels, new_array=new_array),
        seen.shape,
        durations,
        fixed[:, columns(n_channels)],
        weights,
        seen.first,
        given.plays,
        colors,
        seen.has_transparent,
        [*seen.kept],
        [0] if given.is_one else seen.scenes.of_kept(seen.kept),
        seen.scenes.changed,
    )


def _upright_weight(weight: NDArray[np.float64] | None, seen: FirstLook) -> NDArray[np.float64] | None:
    """Turn checked weights, which are in a row if there are several frames, as their pictures were."""
    if weight is None or all(turn == UPRIGHT for turn in seen.turns):
        return weight
    shapes = [source.samples.shape[:2] for source in seen.sources]
    parts = np.split(weight.ravel(), np.cumsum([height * width for height, width in shapes])[:-1])
    upright = [oriented(part.reshape(shape), turn) for part, shape, turn in zip(parts, shapes, seen.turns, strict=True)]
    if len(upright) == 1:
        return np.ascontiguousarray(upright[0])
    return np.concatenate([part.ravel() for part in upright])[np.newaxis]
