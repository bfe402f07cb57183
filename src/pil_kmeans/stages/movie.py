"""Movie: frames as the eye sees them one after the other, and how far pixels are from what they were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import Points, working_points
from .in_order import AHEAD, AtHand, Series
from .samples import as_samples

PLAIN = np.float32((0.04 * 8192) ** 2)
"""A squared change that is seen anywhere, however coarse the palette."""

_BIT = 42  # what a bit is worth where a picture may be hardly rougher: so many times the root of its palette's error
_AXES = np.array([1, 0.7, 0.7, 1], np.float32)  # as kernels weigh the axes of Oklab, and alpha
_MEASURED_FRAMES = 8


class Movie:
    """Frames in Oklab, and how much of an error in each pixel is seen; the last that were asked for are at hand.

    Parameters
    ----------
    frames : Series
        uint8 or uint16 samples (H, W, C); pixels that are transparent do not count.
    at_hand : sequence of int
        Frames that can be asked for in any order.
    weights : ndarray of shape (N, H, W) or None
        Importance of each pixel, 1 on average.
    n_threads : int
    with_alpha : bool
        Whether alpha, if frames have it, is part of what is seen.
    """

    def __init__(
        self,
        frames: Series,
        at_hand: Sequence[int],
        weights: NDArray[np.float64] | None,
        n_threads: int,
        *,
        with_alpha: bool,
    ) -> None:
        self.frames, self.at_hand, self._weights, self.n_threads = frames, at_hand, weights, n_threads
        height, width, n_channels = frames[at_hand[0]].shape
        self.with_alpha = with_alpha and n_channels % 2 == 0
        self.shape: tuple[int, int] = height, width
        self._made = AtHand()

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def n_pixels(self) -> int:
        """Of each frame."""
        height, width = self.shape
        return height * width

    def __getitem__(self, n: int) -> tuple[Points, NDArray[np.float32]]:
        """Return the points (2, H * W, 2) of a frame, and the weights (H * W,) of its errors."""
        if n not in self._made:
            samples = as_samples(self.frames[n])
            rows = samples.reshape(-1, samples.shape[-1])
            if not self.with_alpha:
                rows = np.ascontiguousarray(rows[:, : 3 if rows.shape[1] > 2 else 1])
            points = working_points(rows, "oklab", n_threads=self.n_threads)
            seen = self._seen(n, points, _native.PROTECTION)
            self._made.let_go(lambda i: n - AHEAD <= i <= n + AHEAD)
            self._made.put(n, points, seen)
        points, seen = self._made[n]
        return points, seen

    def seen(self, n: int, protection: float) -> NDArray[np.float32]:
        """Return the weights (H * W,) of the errors of a frame where smooth areas are protected so much."""
        return self._seen(n, self[n][0], protection)

    def _seen(self, n: int, points: Points, protection: float) -> NDArray[np.float32]:
        seen = _native.visibility(points, self.shape[1], self.n_threads, protection)
        if self._weights is not None:
            seen *= self._weights[n].ravel().astype(np.float32)
        return seen

    def lasting(
        self, n: int, allowed: float, is_seen: Callable[[int], NDArray[np.bool_]] | None = None
    ) -> NDArray[np.float32]:
        """In how many of the next frames each pixel (H * W,) will be seen as it is in this one, itself included.

        Behind the last frame those before it are taken to come again, backwards: nothing is known of what comes there.
        What has just left a pixel free is not taken to come back, though, if it had been seen before as it is now.

        Parameters
        ----------
        n : int
        allowed : float
            What a squared change, times how much of it is seen, is below where nothing changes.
        is_seen : callable, optional
            Tells which pixels (H, W) of a frame are seen at all.
        """
        points, weights = self[n]
        lasting = np.ones(len(weights), np.float32)
        goes_on = np.ones(len(weights), np.bool_) if is_seen is None else is_seen(n).ravel().copy()
        last = len(self) - 1
        for ahead in range(n + 1, min(n + AHEAD, 2 * last + 1)):
            later = last - abs(last - ahead)
            is_same = goes_on & (squared_change(self[later][0], points) * weights < np.float32(allowed))
            if is_seen is not None:
                is_same &= is_seen(later).ravel()
            if ahead <= last:
                goes_on = is_same
            if not goes_on.any():
                break
            lasting += is_same
        return lasting

    def samples(self, n: int) -> NDArray[Any]:
        """Return a frame as it is given."""
        frame: NDArray[Any] = self.frames[n]
        return frame

    def spread(self) -> list[int]:
        """Return some of the frames at hand, evenly spread."""
        return spread(self.at_hand)

    def mean_error(self, n: int, entries: Points, indices: NDArray[np.uint8]) -> float:
        """Squared error of the pixels (H, W) of a frame with these entries, as far as it is seen."""
        rows = np.ascontiguousarray(indices.ravel())
        (points, weights), samples, n_seen = self[n], self.frames[n], rows.size
        if samples.shape[2] % 2 == 0 and not self.with_alpha:
            is_seen = samples[..., -1].ravel() > 0
            weights, n_seen = weights * is_seen, max(1, int(np.count_nonzero(is_seen)))
        return float(_native.weighted_error(points, weights, entries, rows, self.n_threads)) / n_seen


def spread(frames: Sequence[int]) -> list[int]:
    """Return some of these frames, evenly spread."""
    return [*frames[:: -(-len(frames) // _MEASURED_FRAMES)]]


def bit_worth(errors: Sequence[float]) -> float:
    """Say what squared error a bit is worth at `lossy` 1; `errors` are those of the nearest entries, of some frames."""
    return _BIT * sqrt(sum(errors) / len(errors))


def squared_change(points: Points, others: Points) -> NDArray[np.float32]:
    """Squared distance, as the kernel measures it, about."""
    distance = np.zeros(points.shape[1], np.float32)
    for axis, factor in enumerate(_AXES):
        pair, place = divmod(axis, 2)
        difference = (points[pair, :, place].astype(np.float32) - others[pair, :, place]) * factor
        distance += difference * difference
    return distance


def local_change(points: Points, others: Points, width: int) -> NDArray[np.float32]:
    """Squared distance of the mean of each three by three pixels, in which noise cancels out."""
    sums = (points.astype(np.int32) - others).reshape(2, -1, width, 2)
    for axis in (1, 2):
        ends = [(0, 0)] * 4
        ends[axis] = (1, 1)
        padded = np.moveaxis(np.pad(sums, ends, mode="edge"), axis, 0)
        sums = np.moveaxis(padded[:-2] + padded[1:-1] + padded[2:], 0, axis)
    mean = (sums / np.float32(9)).reshape(points.shape)
    distance = np.zeros(points.shape[1], np.float32)
    for axis, factor in enumerate(_AXES):
        pair, place = divmod(axis, 2)
        distance += (mean[pair, :, place] * factor) ** 2
    return distance


def share_around(mask: NDArray[np.bool_], reach: int) -> NDArray[np.float64]:
    """Which share of the pixels (H, W) is true that are at most so far away in both directions.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.movie import share_around
    >>> share_around(np.array([[True, False, False, True]]), 1).tolist()
    [[0.5, 0.3333333333333333, 0.3333333333333333, 0.5]]
    """
    sums, area = mask.astype(np.intp), np.ones((1, 1), np.intp)
    for axis, n in enumerate(mask.shape):
        places = np.arange(n)
        first, end = np.maximum(places - reach, 0), np.minimum(places + reach + 1, n)
        total = np.insert(sums.cumsum(axis=axis), 0, 0, axis=axis)
        sums = total.take(end, axis=axis) - total.take(first, axis=axis)
        area = area * np.expand_dims(end - first, 1 - axis)
    share: NDArray[np.float64] = sums / area
    return share
