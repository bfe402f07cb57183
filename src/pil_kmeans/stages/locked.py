"""Locked colours: entries of the palette that are there before any is chosen, and stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .histogram import Histogram
from .remap import label_equals
from .samples import as_samples, full_scale


@dataclass(frozen=True, eq=False)
class Locked:
    """Locked entries, and which colours of a histogram are theirs.

    Attributes
    ----------
    colors : ndarray of shape (m, C)
        In the pictures' dtype.
    there : ndarray of shape (n,)
        intp, which colours of the histogram equal one of them, ascending. All fully transparent colours are equal;
        cells of colours equal none.
    label : ndarray of shape (n,)
        intp, which of the locked each of those equals.
    """

    colors: NDArray[Any]
    there: NDArray[np.intp]
    label: NDArray[np.intp]

    @classmethod
    def among(cls, hist: Histogram, colors: NDArray[Any] | None, n_colors: int) -> Locked:
        """Find the colours in a histogram.

        Raises
        ------
        ValueError
            If fully transparent or opaque pixels would be left without an entry like them.
        """
        if colors is None:
            colors = np.empty((0, hist.n_channels), dtype=hist.dtype)
        nowhere = np.empty(0, dtype=np.intp)
        locked = cls(colors, nowhere, nowhere)
        if len(colors) == 0:
            return locked
        if hist.n_channels % 2 == 0:
            locked._check_room(hist, n_colors)
        label = np.full(len(hist), -1, dtype=np.intp)
        if hist.cell_colors is None:
            label_equals(label, hist.colors, colors if hist.keys.dtype == np.float64 else locked.samples)
        if locked.has_alpha(0.0):
            label[hist.transparent] = locked._is_transparent.argmax()
        there = np.flatnonzero(label >= 0)
        return cls(colors, there, label[there])

    @property
    def samples(self) -> NDArray[Any]:
        """The colours as the histogram has them, but for floats of one channel: uint8 or uint16."""
        return as_samples(self.colors)

    @property
    def visible(self) -> NDArray[Any]:
        """The samples of those that are not fully transparent."""
        return self.samples[~self._is_transparent]

    def has_alpha(self, alpha: float) -> bool:
        """Whether one of them is fully transparent, 0.0, or opaque, 1.0; without alpha none is."""
        samples = self.samples
        return samples.shape[1] % 2 == 0 and bool((samples[:, -1] == alpha * full_scale(samples.dtype)).any())

    @property
    def _is_transparent(self) -> NDArray[np.bool_]:
        is_zero: NDArray[np.bool_] = self.samples[:, -1] == 0
        return is_zero if self.colors.shape[1] % 2 == 0 else np.zeros_like(is_zero)

    def _check_room(self, hist: Histogram, n_colors: int) -> None:
        alpha = hist.colors[:, -1] / full_scale(hist.colors.dtype)
        missing = [
            name
            for name, value in (("fully transparent", 0.0), ("opaque", 1.0))
            if (alpha == value).any() and not self.has_alpha(value)
        ]
        n, needed = len(self.colors), len(self.colors) + len(missing)
        if needed > n_colors:
            raise ValueError(
                f"fixed_colors takes {n} of {n_colors} colors, but {' and '.join(missing)} pixels need {len(missing)} "
                f"more: give fewer, or ask for at least {needed} colors"
            )
