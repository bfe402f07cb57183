"""Palettes of pictures, fitted to the histogram of them all."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.dithering.diffuse import dither, method_of
from ..stages.efforts import fit_least, fit_pictures
from ..stages.histogram import (
    Histogram,
    coarse_histogram,
    counted_as,
    has_cells,
    histogram,
    picture_histogram,
    with_smoothness,
)
from ..stages.kmeans import inertia
from ..stages.options import Dither, Search
from ..stages.palette import Palette
from ..stages.remap import remap
from .model import Model
from .read_x import Pictures


class Fit(NamedTuple):
    """A palette, the histogram, exact or in cells, that it was fitted to, and the strength it is dithered with."""

    palette: Palette
    hist: Histogram
    strength: float


class PictureModel(Model):
    """The palette of all pictures added, whose histograms add up.

    With ``effort="fast"`` the first picture is only counted in cells, which is all that its fit needs; a copy of it is
    kept, to count its colours when the inertia or the next picture asks for them.

    Parameters
    ----------
    n_colors, search
        As of `Model`.
    fixed_colors : ndarray of shape (m, C) or None
        In the pictures' dtype.
    dither : Dither
        Of another method than "none": nothing may be added after the first time, and `fit` must be called then.
    masked : int or None
        The index of masked pixels, not below `n_colors`, which it is if it is None.
    """

    is_matrix = False
    _n_channels = 0
    _has_cells = False
    _dtype: np.dtype[Any] | None = None
    _hist: Histogram | None = None
    _cells: Histogram | None = None
    _uncounted: Pictures | None = None
    _weight: NDArray[np.float64] | None = None

    def __init__(
        self, n_colors: int, search: Search, fixed_colors: NDArray[Any] | None, dither: Dither, masked: int | None
    ) -> None:
        super().__init__(n_colors, search)
        self._of_masked = n_colors if masked is None else masked
        self._fixed_colors, self._dither, self.dither = fixed_colors, dither, dither.method
        self._counted_as = counted_as(search.effort, fixed_colors)

    def add(self, data: Pictures, sample_weight: Any, *, own: bool) -> None:
        """Add the pictures' colours to the histogram."""
        weight = data.read_sample_weight(sample_weight)
        is_first = self._dtype is None
        if not is_first:
            self._check(data)
        if is_first and weight is None and self._counted_as == "fast":
            hist = picture_histogram(data.pixels, n_colors=self.n_colors, effort="fast", **self._threads)
            hist = with_smoothness(hist, data.pixels, self.search, sample_weight=None, frames=data.frames)
            if hist.cell_colors is None:
                self._hist = hist
            else:
                data = data.copied()
                self._cells, self._uncounted = hist, data
        else:
            hist = self._histogram(data, weight)
            self._hist = hist if is_first else self._counted() + hist
            self._cells = None
        self._n_channels, self._dtype = data.pixels.n_channels, data.pixels.dtype
        self._has_cells = has_cells(data.pixels)
        self._replace(data.copied() if own else data)
        self._weight = weight if self._looks else None

    def fit(self) -> Any:
        """Fit the palette, with dithering on to the dithered pictures; return their indices if they are dithered."""
        if not self._looks:
            _ = self._fitted
            return None
        data, weight, self._weight = self._kept, self._weight, None
        hist = self._fit_histogram
        result = fit_pictures(
            data.pixels,
            hist,
            self.search,
            self._dither,
            rounded=data.pixels,
            n_colors=self.n_colors,
            fixed_colors=self._fixed_colors,
            sample_weight=weight,
            frames=data.frames,
        )
        self._fitted = Fit(result.palette, hist, result.strength)
        indices = self._arrange(data, result.indices)
        if result.strength:
            return indices
        self._labels, self._kept = indices, None
        return None

    def transform(self, data: Pictures) -> Any:
        """Index the entry of every pixel, dithered with the strength that the fit has chosen."""
        strength = self._fitted.strength
        if strength == 0:
            return self.predict(data)
        self._check(data)
        options = {"method": method_of(self.dither), "strength": strength, "frames": data.frames, **self._threads}
        return self._arrange(data, dither(data.pixels, self.palette, **options))

    def predict(self, data: Pictures) -> Any:
        """Index the nearest palette entry of every pixel; the indices have the form of the pictures."""
        self._check(data)
        return self._arrange(data, remap(data.pixels, self.palette, **self._nearest))

    def score(self, data: Pictures, sample_weight: Any) -> float:
        """Return minus the inertia of the pictures."""
        self._check(data)
        weight = data.read_sample_weight(sample_weight)
        return -self._inertia(self._histogram(data, weight))

    def colors(self, indices: Any, *, channel_axis: int | None) -> NDArray[Any]:
        """Return the picture, or stack, of one array of indices."""
        checked = self._check_indices(indices)
        if checked.ndim not in (2, 3):
            raise ValueError(f"indices must have shape (H, W), (N, H, W) or be a list of (H, W), got {checked.shape}")
        colors = np.take(self.palette, checked, axis=0)
        if isinstance(indices, np.ma.MaskedArray):
            mask = np.broadcast_to(np.ma.getmaskarray(indices)[..., np.newaxis], colors.shape)
            colors = np.ma.MaskedArray(colors, mask)
        if channel_axis is None:
            return colors[..., 0] if self._n_channels == 1 else colors
        return np.moveaxis(colors, -1, channel_axis - 3 if channel_axis >= 0 else channel_axis)

    @property
    def palette(self) -> NDArray[Any]:
        """Entries in the dtype of the pictures."""
        return self._fitted.palette.colors

    @property
    def centers(self) -> NDArray[np.float64]:
        """Centers in the units of the pictures."""
        return self._fitted.palette.centers

    @property
    def n_iter(self) -> int:
        """Steps of the search."""
        return self._fitted.palette.n_iter

    @cached_property
    def inertia(self) -> float:
        """Inertia of all pictures, in the working space."""
        return self._inertia(self._counted())

    @property
    def _looks(self) -> bool:
        """Whether the fit looks at the pictures, not at the numbers of their colours alone."""
        return self.dither != "none" or self.search.effort == "best"

    @property
    def _threads(self) -> dict[str, Any]:
        return {"n_threads": self.search.n_threads}

    @property
    def _nearest(self) -> dict[str, Any]:
        return {"color_space": self.search.color_space, "effort": self._counted_as} | self._threads

    @cached_property
    def _fitted(self) -> Fit:
        hist = self._fit_histogram
        return Fit(fit_least(hist, self.search, n_colors=self.n_colors, fixed_colors=self._fixed_colors), hist, 0.0)

    @property
    def _fit_histogram(self) -> Histogram:
        """What a palette is fitted to: all colours, or cells."""
        if self._cells is not None:
            return self._cells
        hist = self._counted()
        if self._counted_as == "fast" and self._has_cells:
            return coarse_histogram(lambda bits: hist.in_cells(bits) if bits else hist, self.n_colors)
        return hist

    def _counted(self) -> Histogram:
        """Return the exact histogram of all pictures added."""
        uncounted = self._uncounted
        if uncounted is not None:
            self._hist = self._histogram(uncounted, None)
            self._uncounted = None
        assert self._hist is not None
        return self._hist

    def _histogram(self, data: Pictures, weight: NDArray[np.float64] | None) -> Histogram:
        """Count all colours of pictures, and what there is besides to what they count for."""
        hist = histogram(data.pixels, sample_weight=weight, **self._threads)
        return with_smoothness(hist, data.pixels, self.search, sample_weight=weight, frames=data.frames)

    def _inertia(self, hist: Histogram) -> float:
        return inertia(hist, self.centers, self.search.color_space, **self._threads)

    def _label(self, data: Pictures) -> Any:
        """Use the labels of the fitted colours, unless they are not known or of cells of more than these pictures."""
        palette, hist, _ = self._fitted
        if palette.labels is None or (hist.cell_colors is not None and hist is not self._cells):
            return self.predict(data)
        return self._arrange(
            data, remap(data.pixels, palette.colors, hist=hist, labels=palette.labels, **self._nearest)
        )

    def _arrange(self, data: Pictures, indices: NDArray[Any]) -> Any:
        return data.arrange(indices, self._of_masked)

    def _check(self, data: Pictures) -> None:
        """Refuse other channels or another dtype than the fitted ones."""
        n_channels, dtype = data.pixels.n_channels, data.pixels.dtype
        if n_channels != self._n_channels:
            raise ValueError(
                f"X has {n_channels} channels, but KMeansQuantizer was fitted on pictures of {self._n_channels}: "
                f"convert X to {self._n_channels} channels"
            )
        if dtype != self._dtype:
            raise ValueError(
                f"X has dtype {dtype}, but KMeansQuantizer was fitted on pictures of {self._dtype}: "
                f"convert X to {self._dtype}"
            )
