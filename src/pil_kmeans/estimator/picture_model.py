"""Palettes of pictures, fitted to the histogram of them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..pictures.arrays import is_dask
from ..stages.block_work import colors_of, dithered_part, nearest_part
from ..stages.color_space import Grid, fine_grid
from ..stages.dithering.amounts import Amount, for_fitted
from ..stages.dithering.choose import keeps_all_colors
from ..stages.dithering.diffuse import dither, method_of
from ..stages.efforts import fit_least, fit_pictures
from ..stages.histogram import (
    Histogram,
    coarse_histogram,
    counted_as,
    histogram,
    picture_histogram,
    with_smoothness,
)
from ..stages.indices import index_dtype
from ..stages.kmeans import inertia
from ..stages.options import Dither, Search
from ..stages.palette import Palette
from ..stages.parts import PartialCounts, bands
from ..stages.picked import counts_of
from ..stages.pixels import check_total
from ..stages.remap import remap
from ..stages.tally import Tally, tally_of
from ..swatches import Swatches
from ..swatches.picture_colors import accents_in, counted_colors, entries_in
from .lazy import LazyPictures, lazy_colors
from .model import Keep, Model
from .read_x import AnyPictures, LargePictures, Pictures


class Fit(NamedTuple):
    """A palette, the histogram, exact or in cells, that it was fitted to, and the strength it is dithered with."""

    palette: Palette
    hist: Histogram | None  # None after pickling, and where the counts of several pictures or parts can make it again
    strength: float


class PictureModel(Model):
    """The palette of all pictures added, whose counts add up.

    With ``effort="fast"`` pictures that are kept are only counted in cells, which is all that their fit needs; their
    copy is counted exactly when the inertia or the next picture asks for it.

    Parameters
    ----------
    n_colors, search
        As of `Model`.
    fixed_colors : ndarray of shape (m, C) or None
        In the pictures' dtype.
    dither : Dither
        Of another method than "none": nothing may be added after the first time, and `fit` must be called then.
    budget : int
        Most colours to keep apart, see `stages.tally`.
    masked : int or None
        The index of masked pixels, not below `n_colors`, which it is if it is None.
    """

    is_matrix = False
    _n_channels = 0
    _has_cells = False
    _dtype: np.dtype[Any] | None = None
    _counts: PartialCounts | None = None  # of all pictures, unless there is one histogram of them
    _hist: Histogram | None = None
    _cells: Histogram | None = None
    _uncounted: Pictures | None = None
    _weight: NDArray[np.float64] | None = None
    _is_lazy = False

    def __init__(
        self,
        n_colors: int,
        search: Search,
        fixed_colors: NDArray[Any] | None,
        dither: Dither,
        budget: int,
        masked: int | None,
    ) -> None:
        super().__init__(n_colors, search)
        self._of_masked = n_colors if masked is None else masked
        self._fixed_colors, self._dither, self.dither = fixed_colors, dither, dither.method
        self._counted_as = counted_as(search.effort, fixed_colors)
        self._budget = budget

    def add(self, data: AnyPictures, sample_weight: Any, *, keep: Keep) -> None:
        """Add the pictures' colours to the counts."""
        if self._dtype is not None:
            self._check(data)
        if isinstance(data, LargePictures) and self._looks:
            data = data.whole()
        if isinstance(data, LazyPictures):
            self._check_lazy(data)
            self._is_lazy, weight = True, None
            self._add_tally(data.count(sample_weight, self.search, self._budget))
            kept: AnyPictures | None = data
        elif isinstance(data, LargePictures):
            weight = None
            self._add_tally(self._count_in_bands(data, sample_weight))
            kept = data if keep is Keep.REFERENCE else None
        else:
            weight = data.read_sample_weight(sample_weight)
            kept = data = data.copied() if keep is Keep.COPY else data
            self._add_pictures(data, weight, keep)
        self._n_channels, self._dtype = data.n_channels, data.dtype
        self._has_cells = data.n_channels == 3 and data.dtype in (np.uint8, np.bool_)
        self._replace(None if keep is Keep.NOTHING else kept)
        self._weight = weight if self._looks and keep is not Keep.NOTHING else None

    def _check_lazy(self, data: LazyPictures) -> None:
        """Refuse to dither what cannot be dithered block by block."""
        if self.dither == "auto":
            raise ValueError(
                "dither='auto' looks at whole pictures, dithered and not, but X is a dask array, whose blocks are read "
                "once: say which, dither='blue-noise', 'ordered' or 'none'"
            )
        if self.dither == "floyd-steinberg" and data.is_split:
            raise ValueError(
                "dither='floyd-steinberg' hands the errors of each pixel on, from block to block, so that no block "
                f"could be dithered by itself, but X has pictures of {data.n_blocks} blocks: use dither='blue-noise', "
                "or X.rechunk so that each picture is one block"
            )

    def merge(self, other: Model) -> None:
        """Add the counts of other pictures."""
        assert isinstance(other, PictureModel)
        self._check_kind(other._n_channels, other._dtype, "other was fitted on pictures that have")
        if other._budget != self._budget:
            raise ValueError(f"other has max_bins={other._budget}, this one {self._budget}: they must be the same")
        if other.search.weighting != self.search.weighting:
            raise ValueError(
                f"other has {other.search.weighting} weighting, this one {self.search.weighting}: they must be the same"
            )
        self._add_tally(other.tally())
        self._replace(None)

    def tally(self) -> Tally:
        """Return the counts of all pictures, packed."""
        return tally_of(self.counted(), budget=self._budget) if self._counts is None else self._counts.tally()

    def _add_tally(self, tally: Tally) -> None:
        self._partial_counts().add(tally)
        self._hist = self._cells = None

    def _add_pictures(self, data: Pictures, weight: NDArray[np.float64] | None, keep: Keep) -> None:
        if self._dtype is not None:
            self._partial_counts().add_pictures(data.pixels, weight, data.frames)
            self._hist = self._cells = None
            return
        if weight is None and self._counted_as == "fast" and keep is not Keep.NOTHING:
            hist = picture_histogram(data.pixels, n_colors=self.n_colors, effort="fast", **self._threads)
            hist = with_smoothness(hist, data.pixels, self.search, sample_weight=None, frames=data.frames)
            if hist.cell_colors is not None:
                self._cells, self._uncounted = hist, data.copied()
                return
        else:
            hist = self._histogram(data, weight)
        if len(hist) <= self._budget:
            self._hist = hist
        else:
            self._add_tally(tally_of(hist, budget=self._budget))

    def _count_in_bands(self, data: LargePictures, sample_weight: Any) -> Tally:
        counts = PartialCounts(self._budget, self.search)
        for frame, shape in enumerate(data.frames):
            counts.add_in_bands(data.reader(frame), data.weight_reader(sample_weight, frame), shape)
        tally = counts.tally()
        if sample_weight is not None:
            check_total(tally.histogram().counts.any())
        return tally

    def _partial_counts(self) -> PartialCounts:
        """Return the counts of all pictures so far, to add to."""
        if self._counts is None:
            counts = PartialCounts(self._budget, self.search)
            if self._dtype is not None:
                counts.add(self.tally())
            self._counts = counts
        return self._counts

    def fit(self) -> Any:
        """Fit the palette, with dithering on to the dithered pictures; return their indices if they are dithered."""
        if not self._looks:
            is_dithered = self._fitted.strength > 0
            return self.transform(self._kept) if is_dithered and self._kept is not None else None
        data, weight, self._weight = self._kept, self._weight, None
        hist = self.fit_histogram
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

    def transform(self, data: AnyPictures) -> Any:
        """Index the entry of every pixel, dithered with the strength that the fit has chosen."""
        strength = self._fitted.strength
        if strength == 0:
            return self.predict(data)
        self._check(data)
        if isinstance(data, LazyPictures):
            self._check_lazy(data)
            how = {"method": method_of(self.dither), "amount": self._amount, "n_threads": 1}
            return self._map_lazily(data, dithered_part, how)
        if isinstance(data, LargePictures):
            data = data.whole()
        options = {"method": method_of(self.dither), "frames": data.frames, **self._threads}
        return self._arrange(data, dither(data.pixels, self.palette, amount=self._amount, **options))

    def predict(self, data: AnyPictures) -> Any:
        """Index the nearest palette entry of every pixel; the indices have the form of the pictures."""
        self._check(data)
        if isinstance(data, LazyPictures):
            how = self._nearest | {
                "effort": "balanced",
                "n_threads": 1,
                "grid": self._grid,
            }  # cells of "fast" would be those of each block
            return self._map_lazily(data, nearest_part, how)
        if isinstance(data, LargePictures):
            if self._counted_as != "fast":  # whose cells are those of all pixels
                return self._predict_in_bands(data)
            data = data.whole()
        return self._arrange(data, remap(data.pixels, self.palette, **self._nearest))

    def _predict_in_bands(self, data: LargePictures) -> NDArray[Any]:
        palette = self.palette
        frames = data.frames
        indices = np.empty((len(frames), *frames[0]), dtype=index_dtype(len(palette)))
        for frame, shape in enumerate(frames):
            read = data.reader(frame)
            for top, bottom in bands(*shape):
                indices[frame, top:bottom] = remap(read(top, bottom), palette, grid=self._grid, **self._nearest)
        return indices.reshape(data.shape)

    def score(self, data: AnyPictures, sample_weight: Any) -> float:
        """Return minus the inertia of the pictures."""
        self._check(data)
        if isinstance(data, LazyPictures):
            return -self._inertia(data.count(sample_weight, self.search, self._budget).histogram())
        if isinstance(data, LargePictures):
            return -self._inertia(self._count_in_bands(data, sample_weight).histogram())
        weight = data.read_sample_weight(sample_weight)
        return -self._inertia(self._histogram(data, weight))

    def colors(self, indices: Any, *, channel_axis: int | None) -> NDArray[Any]:
        """Return the picture, or stack, of one array of indices."""
        if is_dask(indices):
            colors = partial(colors_of, palette=self.palette, channel_axis=channel_axis)
            return lazy_colors(indices, colors)  # type: ignore[no-any-return]
        return colors_of(indices, palette=self.palette, channel_axis=channel_axis)

    @property
    def palette(self) -> NDArray[Any]:
        """Entries in the dtype of the pictures."""
        return self._fitted.palette.colors

    @property
    def centers(self) -> NDArray[np.float64]:
        """Centers in the units of the pictures."""
        return self._fitted.palette.centers

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many pixels are nearest to each entry."""
        return counts_of(self._fitted.hist or self.counted(), self._fitted.palette, self.search)

    def swatches(self, kind: str) -> Swatches:
        """Give the palette and its shares, or colours of another kind, the most frequent first."""
        if kind == "accent":
            fixed = np.empty((0, self._n_channels), self._dtype) if self._fixed_colors is None else self._fixed_colors
            return accents_in(self.fit_histogram, self.search, n_colors=self.n_colors, fixed=fixed).sorted("share")
        if kind == "real":
            return entries_in(self.counted(), self._fitted.palette, self.search, kind=kind).sorted("share")
        return counted_colors(self.palette, self.counts).sorted("share")

    @property
    def n_iter(self) -> int:
        """Steps of the search."""
        return self._fitted.palette.n_iter

    @cached_property
    def inertia(self) -> float:
        """Inertia of all pictures, in the working space."""
        return self._inertia(self.counted())

    @property
    def _looks(self) -> bool:
        """Whether the fit looks at the pictures, not at the numbers of their colours alone."""
        return not self._is_lazy and (self.dither != "none" or self.search.effort == "best")

    @property
    def _amount(self) -> Amount:
        return for_fitted(Dither(method_of(self.dither), self._fitted.strength))

    @property
    def _threads(self) -> dict[str, Any]:
        return {"n_threads": self.search.n_threads}

    @property
    def _nearest(self) -> dict[str, Any]:
        return {"color_space": self.search.color_space, "effort": self._counted_as} | self._threads

    @cached_property
    def _grid(self) -> Grid:
        """Where parts of pictures are measured: on the grid that suits all that was fitted."""
        return fine_grid(self.search.color_space, self.counted().colors, self.palette, **self._threads)

    @cached_property
    def _fitted(self) -> Fit:
        hist = self.fit_histogram
        palette = fit_least(hist, self.search, n_colors=self.n_colors, fixed_colors=self._fixed_colors)
        is_dithered = self.dither != "none" and not keeps_all_colors(palette, hist)
        held = hist if self._counts is None else None  # ten times as large as packed counts
        return Fit(palette, held, for_fitted(self._dither).strength if is_dithered else 0.0)

    @property
    def fit_histogram(self) -> Histogram:
        """What a palette is fitted to: all colours, or cells."""
        if self._cells is not None:
            return self._cells
        hist = self.counted()
        if self._counted_as == "fast" and self._has_cells and hist.least_channels > 2:
            return coarse_histogram(lambda bits: self._in_cells(bits) if bits else hist, self.n_colors)
        return hist

    def _in_cells(self, bits: int) -> Histogram:
        return self.counted().in_cells(bits) if self._counts is None else self._counts.tally().in_cells(bits)

    def counted(self) -> Histogram:
        """Return the histogram of all pictures added: exact, or above the budget in cells."""
        uncounted, self._uncounted = self._uncounted, None
        if uncounted is not None:
            self._hist = self._histogram(uncounted, None)
            if len(self._hist) > self._budget:
                self._counts = PartialCounts(self._budget, self.search)
                self._counts.add(tally_of(self._hist, budget=self._budget))
                self._hist = None
        if self._counts is not None:
            return self._counts.tally().histogram()
        assert self._hist is not None
        return self._hist

    def _histogram(self, data: Pictures, weight: NDArray[np.float64] | None) -> Histogram:
        """Count all colours of pictures, and what there is besides to what they count for."""
        hist = histogram(data.pixels, sample_weight=weight, frames=data.frames, **self._threads)
        return with_smoothness(hist, data.pixels, self.search, sample_weight=weight, frames=data.frames)

    def _inertia(self, hist: Histogram) -> float:
        return inertia(hist, self.centers, self.search.color_space, **self._threads)

    def _label(self, data: AnyPictures) -> Any:
        """Use the labels of the fitted colours, unless they are not known or of cells of more than these pictures."""
        palette, hist, _ = self._fitted
        if not isinstance(data, Pictures):
            return self.predict(data)
        if palette.labels is None or hist is None or (hist.cell_colors is not None and hist is not self._cells):
            return self.predict(data)
        return self._arrange(
            data, remap(data.pixels, palette.colors, hist=hist, labels=palette.labels, **self._nearest)
        )

    def _map_lazily(self, data: LazyPictures, function: Callable[..., NDArray[Any]], options: dict[str, Any]) -> Any:
        palette = self.palette
        return data.map(function, index_dtype(len(palette)), of_masked=self._of_masked, palette=palette, **options)

    def _arrange(self, data: Pictures, indices: NDArray[Any]) -> Any:
        return data.arrange(indices, self._of_masked)

    def _check(self, data: AnyPictures) -> None:
        """Refuse other channels or another dtype than the fitted ones."""
        self._check_kind(data.n_channels, data.dtype, "X has")

    def _check_kind(self, n_channels: int, dtype: np.dtype[Any] | None, has: str) -> None:
        if n_channels != self._n_channels:
            raise ValueError(
                f"{has} {n_channels} channels, but KMeansQuantizer was fitted on pictures of {self._n_channels}: "
                f"convert X to {self._n_channels} channels"
            )
        if dtype != self._dtype:
            raise ValueError(
                f"{has} dtype {dtype}, but KMeansQuantizer was fitted on pictures of {self._dtype}: "
                f"convert X to {self._dtype}"
            )

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what is small: the packed counts, the palette and what was asked for."""
        if isinstance(self._kept, LazyPictures):
            self._kept = None
        if "_fitted" in self.__dict__:
            _ = self.counts  # by labels that are not pickled
        state = super().__getstate__()
        if is_dask(self._labels):
            state["_labels"] = None
        counts = PartialCounts(self._budget, self.search)
        counts.add(self.tally())
        state |= {"_counts": counts, "_hist": None, "_cells": None, "_uncounted": None}
        if "_fitted" in state:
            fitted = self._fitted
            state["_fitted"] = fitted._replace(palette=replace(fitted.palette, labels=None), hist=None)
        return state
