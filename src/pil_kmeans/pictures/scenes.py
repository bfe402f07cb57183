"""Scenes: frames of like colours, found as frames come."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

MOST_SCENES = 8

_OTHER = 0.5  # share of a frame's pixels that are not where a scene has them in the space of colours
_CHANGED = 4  # levels by more than which it is no noise
_STRIDE = 4


class Scenes:
    """Puts each frame into a scene: that of the frame before while it is like it, else another like it, else a new one.

    Attributes
    ----------
    of_frame : list of int
        Number of the scene of each frame.
    changed : list of float
        Which share of each frame's pixels differs from the frame before.
    """

    def __init__(self) -> None:
        self.of_frame: list[int] = []
        self.changed: list[float] = []
        self._sums: list[NDArray[np.float64]] = []  # of the shares of a scene's frames
        self._before: NDArray[np.int16] | None = None

    def add(self, rgba: NDArray[np.uint8], counts: NDArray[np.intp]) -> None:
        """Take the next frame, (H, W, 4), and its pixels in cells of colours (n,)."""
        sample = rgba[::_STRIDE, ::_STRIDE].astype(np.int16)
        is_changed = True if self._before is None else (np.abs(sample - self._before) > _CHANGED).any(axis=-1)
        self.changed.append(float(np.mean(is_changed)))
        self._before = sample
        shares = counts / counts.sum()
        scene = self.of_frame[-1] if self.of_frame else None
        if scene is None or self._distance(shares, scene) > _OTHER:
            found = self._nearest(shares, range(len(self._sums)))
            if found is None or (self._distance(shares, found) > _OTHER and len(self._sums) < MOST_SCENES):
                found = len(self._sums)
                self._sums.append(np.zeros(len(shares)))
            scene = found
        self._sums[scene] += shares
        self.of_frame.append(scene)

    def of_kept(self, kept: Collection[int]) -> list[int]:
        """Return the scene of each frame, those without a kept frame being joined to the nearest that has one."""
        known = sorted({self.of_frame[n] for n in kept})
        joined = []
        for scene, total in enumerate(self._sums):
            nearest = scene if scene in known else self._nearest(total / total.sum(), known)
            joined.append(0 if nearest is None else nearest)
        return [joined[scene] for scene in self.of_frame]

    def _nearest(self, shares: NDArray[np.float64], scenes: Collection[int]) -> int | None:
        return min(scenes, key=lambda scene: self._distance(shares, scene), default=None)

    def _distance(self, shares: NDArray[np.float64], scene: int) -> float:
        mean = self._sums[scene] / self._sums[scene].sum()
        return 1.0 - float(np.minimum(shares, mean).sum())
