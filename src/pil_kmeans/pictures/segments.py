"""Segments: which scenes of an animation get palettes of their own, because these pay for the bytes that they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.color_space import working_points
from ..stages.dithering.auto import Dithered
from ..stages.given_palette import map_to_palette
from ..stages.movie import Movie, bit_worth, spread
from ..stages.options import Dither
from ..stages.pixels import read_pixels
from ..stages.samples import as_samples, to_uint8
from .frames import Frames

_SAVED = 0.33  # share of what a better palette takes away from the errors of nearest entries, in bits, that is saved
_NOT_SAVED = 0.25  # bits of a pixel, of which nothing is: more colours take longer codes, and rough pixels need few
_LEAST_LOSSY = 0.1  # less is as good as this


class Segment(NamedTuple):
    """Frames, those at hand of which share a palette, and what this makes of them."""

    frames: Frames
    fitted: Dithered


class Segments:
    """Fits palettes to frames, and to some of their scenes.

    Parameters
    ----------
    frames : Frames
    fit : callable
        Fits a palette to the frames at hand.
    movie : Movie
        The same frames.
    can_be_several : bool
        Whether more than one palette is allowed.
    """

    def __init__(
        self, frames: Frames, fit: Callable[[Frames], Dithered], movie: Movie, *, can_be_several: bool
    ) -> None:
        self._frames, self._fit, self._movie = frames, fit, movie
        self._scenes = sorted(set(frames.scenes)) if can_be_several else [frames.scenes[0]]
        self._made: dict[tuple[int, ...], Segment] = {}
        self._whole = Segment(frames, fit(frames))

    def paying(self, lossy: float) -> tuple[list[Segment], list[int]]:
        """Return what shares palettes, and which of that each frame belongs to; the first needs no table in its frames.

        A palette of its own takes a table in every frame. Against that stand the bits that are saved as the nearest
        entries of the scene's pixels come nearer.

        Parameters
        ----------
        lossy : float
            How rough the frames are to be.
        """
        n_frames = len(self._frames)
        single = [self._whole], [0] * n_frames
        bit = bit_worth(self.errors_of_whole) * max(lossy, _LEAST_LOSSY)
        if len(self._scenes) == 1 or bit == 0:
            return single
        own = [scene for scene in self._scenes if self._saved_bits(scene, bit) > self._table_bits(scene)]
        if not own:
            return single
        others = [scene for scene in self._scenes if scene not in own]
        if not others:
            others = [max(own, key=self._table_bits)]
            own.remove(others[0])
        groups = [others, *([scene] for scene in own)]
        segment_of = {scene: i for i, group in enumerate(groups) for scene in group}
        return [self._segment(*group) for group in groups], [segment_of[scene] for scene in self._frames.scenes]

    @cached_property
    def errors_of_whole(self) -> list[float]:
        """Squared errors of nearest entries of one palette, of the frames of `movie.spread()`."""
        return self._errors(self._whole, self._movie.spread())

    def _saved_bits(self, scene: int, bit: float) -> float:
        n_changed = self._movie.n_pixels * sum(
            share for share, of in zip(self._frames.changed, self._frames.scenes, strict=True) if of == scene
        )
        return _SAVED * (self._gain(scene) / bit - _NOT_SAVED) * n_changed

    def _gain(self, scene: int) -> float:
        """How much less the squared error of a pixel is with a palette of its own."""
        segment = self._segment(scene)
        frames = spread(segment.frames.at_hand)
        before, after = (np.mean(self._errors(made, frames)) for made in (self._whole, segment))
        return float(before - after)

    def _table_bits(self, scene: int) -> int:
        return 24 * len(self._segment(scene).fitted.palette.colors) * self._frames.scenes.count(scene)

    def _segment(self, *scenes: int) -> Segment:
        if scenes not in self._made:
            frames = self._frames.of_scenes(scenes)
            self._made[scenes] = Segment(frames, self._fit(frames))
        return self._made[scenes]

    def _errors(self, segment: Segment, frames: Sequence[int]) -> list[float]:
        """Squared errors of the nearest entries in some of the frames at hand."""
        at_hand, fitted = segment.frames.at_hand, segment.fitted
        colors = to_uint8(fitted.palette.colors)
        opaque = colors if colors.shape[1] % 2 else np.ascontiguousarray(colors[:, :-1])
        entries = working_points(as_samples(opaque), "oklab", n_threads=1)
        is_known = fitted.strength == 0 and fitted.indices.size == len(at_hand) * self._movie.n_pixels
        known = dict(zip(at_hand, fitted.indices.reshape(len(at_hand), -1), strict=True)) if is_known else {}

        def nearest(n: int) -> NDArray[np.uint8]:
            if n in known:
                return known[n].astype(np.uint8)
            where: dict[str, Any] = {"color_space": "oklab", "frames": None, "n_threads": self._movie.n_threads}
            found = map_to_palette(read_pixels(self._frames.reel[n]), colors, Dither("none", 0.0), **where)
            return found.indices.astype(np.uint8)

        return [self._movie.mean_error(n, entries, nearest(n)) for n in frames]
