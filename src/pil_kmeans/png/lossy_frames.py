"""Lossy frames: indices of an animation that look about as well and make a far smaller APNG.

A pixel stays as it was shown while its source is about what it was when the pixel was last written, so that noise is
not painted again and nothing leaves a trace. Single pixels among others that change do not: they would cut what is
written into pieces, for which more bytes are needed than they save. The rest of each frame is searched as a picture of
its own is, with what stays as transparent; where little may be lost, also for rows behind filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..stages.color_space import Points, working_points
from ..stages.dithering.diffuse import opacity_of
from ..stages.in_order import Series
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.movie import PLAIN, Movie, bit_worth, local_change, share_around, squared_change
from ..stages.palette import Palette
from ..stages.pixels import read_pixels
from ..stages.progress import Progress
from ..stages.samples import as_samples, rgba_rows, to_uint8
from . import deflater
from .animation import RUNS, in_runs
from .filters import LEAST_ENTROPY, UNFILTERED, Filters, filter_rows
from .idat import BYTE, COMPRESSIONS
from .palette_order import palette_order
from .rate_distortion import AUTO, Chosen, OfFrame, RateDistortion
from .still import bit_depth

_UNCHANGED = 5.0  # bits that the change of a pixel is worth that is not shown
_NOISE = 3.0  # times as much may change where
_NOT_NOISE = 0.3  # times as much is what neighbours change by together: noise, of which nothing is left in the mean
_AROUND = 4  # pixels to each side of one that stays, of which many must, too
_STILL, _MOVING = 0.75, 0.5  # shares of the frame that do, from which on none of these must, and up to which
_MOST_AROUND = 0.9  # of them must
_LASTING = 4  # frames that one that begins to stand still must do so: equal by chance are many in smooth areas
_EQUAL_AROUND = 3  # of nine, itself included, must be equal where one stays because it is

# Rows behind filters are not smaller where the errors of a pixel are worth fewer bits, or fewer of the pixels change.
_LEAST_ERROR, _LEAST_FREE = (1.2, 2.2), 0.3  # near lossy 0, and from 1 on
_LEVEL = 10  # of libdeflate


class LossyFrames:
    """Dithered frames, of which smaller ones are made.

    Parameters
    ----------
    movie : Movie
    palette : Palette
        Of 8 bits.
    guess : Series
        Indices (H, W) of the frames, dithered.
    measured : sequence of ndarray of shape (H, W)
        Those of the frames of `movie.spread()`.
    strength : float
        That they are dithered with.
    n_threads : int or None
        The result does not depend on it.
    may_reorder : bool
        Whether the palette may get another order.

    Attributes
    ----------
    order : ndarray of shape (n,) or None
        uint8, that of the palette which some frames are searched for; None if it does not matter.
    """

    def __init__(
        self,
        movie: Movie,
        palette: Palette,
        guess: Series,
        measured: Sequence[NDArray[Any]],
        strength: float,
        n_threads: int | None,
        *,
        may_reorder: bool,
    ) -> None:
        self._movie, self._guess, self._strength, self._n_threads = movie, guess, strength, n_threads
        colors = to_uint8(palette.colors)
        own = colors if movie.with_alpha or colors.shape[1] % 2 else np.ascontiguousarray(colors[:, :-1])
        points = working_points(as_samples(own), "oklab", n_threads=1)
        frames = zip(movie.spread(), measured, strict=True)
        self._bit = bit_worth([movie.mean_error(n, points, indices.astype(np.uint8)) for n, indices in frames])
        self._rgba, self._fixed = rgba_rows(colors), palette.fixed
        invisible = np.flatnonzero(self._rgba[:, 3] == 0)
        self._nothing: int | None = None if not len(invisible) else int(invisible[0])
        if self._nothing is None and len(colors) < MAX_BYTE_COLORS:
            self._nothing = len(colors)
            self._rgba = np.concatenate([self._rgba, np.zeros((1, 4), np.uint8)])
            self._fixed = np.append(self._fixed, False)
        self.order: NDArray[np.uint8] | None = None
        is_opaque = bool((rgba_rows(colors)[:, 3] == 255).all())
        if may_reorder and is_opaque and bit_depth(len(colors)) == BYTE:
            n_trials = COMPRESSIONS["default"].trials_per_pair[-1]
            seen = np.concatenate(measured).astype(np.uint8)
            self.order = palette_order(seen, len(colors), trials_per_pair=n_trials)

    def indices(self, lossy: float, progress: Progress) -> Iterator[NDArray[np.uint8]]:
        """Choose the indices of all frames.

        Parameters
        ----------
        lossy : float
            0 or more, as of one picture.
        progress : callable

        Yields
        ------
        ndarray of shape (H, W)
            uint8.
        """
        written = self._movie[0][0].copy()
        allowed = _UNCHANGED * lossy * self._bit
        shown: NDArray[np.uint8] | None = None
        stays = np.zeros(self._movie.shape, np.bool_)
        for n, guess in enumerate(self._guess):
            frame = guess.astype(np.uint8)
            if allowed > 0:
                points, seen = self._movie[n]
                lasting = self._movie.lasting(n, allowed).reshape(self._movie.shape)
                before, stays = stays, np.zeros(self._movie.shape, np.bool_)
                if shown is not None:
                    stays = self._looks_the_same(points, written, seen, allowed)
                    stays &= self._is_as_opaque(n, shown)
                    stays &= self._pays(stays, points, written, before | (lasting >= _LASTING))
                lasting[~_is_among_others(lasting > 1)] = 1
                self._choose(n, stays, lasting, lossy, frame, shown)
                if shown is not None:
                    np.copyto(frame, shown, where=stays)
                np.copyto(written, points, where=~stays.ravel()[np.newaxis, :, np.newaxis])
            shown = frame
            yield frame
            progress((n + 1) / len(self._movie))

    def _looks_the_same(
        self, points: Points, written: Points, seen: NDArray[np.float32], allowed: float
    ) -> NDArray[np.bool_]:
        """Return which pixels are about what they were when they were last written, but for noise."""
        plain = squared_change(points, written)
        change = plain * seen
        together = local_change(points, written, self._movie.shape[1]) * seen
        is_noise = (change < np.float32(_NOISE * allowed)) & (together < np.float32(_NOT_NOISE * allowed))
        is_same: NDArray[np.bool_] = ((change < np.float32(allowed)) | is_noise) & (plain <= PLAIN)
        return is_same.reshape(self._movie.shape)

    def _pays(
        self, stays: NDArray[np.bool_], points: Points, written: Points, may_stand_still: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return which pixels are among others that stay, so that they are cheap, or stand still in any case."""
        is_equal = (points == written).all(axis=(0, 2)).reshape(stays.shape) & stays & may_stand_still
        is_still: NDArray[np.bool_] = is_equal & (share_around(is_equal, 1) >= _EQUAL_AROUND / 9)
        return is_still | _is_among_others(stays)

    def _is_as_opaque(self, n: int, shown: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which pixels are as transparent, translucent or opaque as what is shown, and can be seen."""
        opacity = opacity_of(self._rgba)[shown]
        wanted: NDArray[np.uint8] = np.full_like(opacity, 2)
        if self._movie.with_alpha:
            samples = self._movie.samples(n)
            wanted = opacity_of(samples.reshape(-1, samples.shape[-1])).reshape(opacity.shape)
        is_as_opaque: NDArray[np.bool_] = (opacity == wanted) & (opacity > 0)
        return is_as_opaque

    def _choose(
        self,
        n: int,
        stays: NDArray[np.bool_],
        lasting: NDArray[np.float32],
        lossy: float,
        frame: NDArray[np.uint8],
        shown: NDArray[np.uint8] | None,
    ) -> None:
        """Choose the indices of what does not stay, in the rectangle around it: the better the longer it lasts."""
        rows, columns = (np.flatnonzero(~stays.all(axis=axis)) for axis in (1, 0))
        if len(rows) == 0:
            return
        inside = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        if (stays.any() and self._nothing is None) or columns[-1] + 1 - columns[0] < _native.NARROWEST:
            return
        rgba = rgba_rows(self._movie.samples(n)[inside])
        as_shown = frame[inside] if shown is None else np.where(stays[inside], shown[inside], frame[inside])
        as_shown = np.where(in_runs(stays[inside], RUNS[-1]), np.uint8(self._nothing or 0), as_shown)
        guess = np.where(stays[inside], np.uint8(self._nothing or 0), frame[inside])
        weights = self._weights(n, lossy) * lasting
        search = RateDistortion(
            read_pixels(rgba),
            self._rgba,
            guess,
            strength=self._strength,
            fixed=self._fixed,
            sample_weight=None,
            n_threads=self._n_threads,
            of_frame=OfFrame(weights[inside], stays[inside], self._bit),
        )
        found = search.indices(lossy)
        frame[inside] = found if self.order is None else self._filtered(search, lossy, found, as_shown, self.order)

    def _filtered(
        self,
        search: RateDistortion,
        lossy: float,
        found: NDArray[np.uint8],
        as_shown: NDArray[np.uint8],
        order: NDArray[np.uint8],
    ) -> NDArray[np.uint8]:
        """Search again for rows behind filters, which are the smaller where little may be lost, and return the better.

        There pixels that stay are what is shown, but for those of runs: transparent ones are far from their neighbours.
        """
        if search.n_free < _LEAST_FREE * found.size:
            return found
        plain = search.as_chosen(lossy, found)
        if plain.error <= min(lossy, AUTO) * np.interp(lossy, (0, AUTO), _LEAST_ERROR) * search.n_free:
            return found
        n_first = 0 if self._nothing is None else 1
        entries = order if self._nothing is None else np.insert(order, 0, np.uint8(self._nothing))
        filtered = search.behind_paeth(lossy, entries, n_first, as_shown)
        place = np.argsort(entries).astype(np.uint8)

        def bits(chosen: Chosen, filters: Filters) -> float:
            rows = filter_rows(place[chosen.indices], filters)
            return 8 * len(deflater.zlib_compress(rows.data, _LEVEL)) + chosen.error

        return min(((plain, UNFILTERED), (filtered, LEAST_ENTROPY)), key=lambda way: bits(*way))[0].indices

    def _weights(self, n: int, lossy: float) -> NDArray[np.float32]:
        """Return what errors in each pixel count for: smooth areas need no protection from small ones."""
        return self._movie.seen(n, min(lossy, 1.0) * _native.PROTECTION).reshape(self._movie.shape)


def _is_among_others(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where so many pixels around are true that these do not cut what is written into pieces.

    It does not matter where most of the frame is true, as where noise flickers in a picture that stands still.
    """
    moving = (_STILL - mask.mean()) / (_STILL - _MOVING)
    is_among_others: NDArray[np.bool_] = share_around(mask, _AROUND) >= min(max(moving, 0.0), _MOST_AROUND)
    return is_among_others
