"""k-means on plain matrices: rows of any finite numbers, which are not read as colours."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from ..stages.block_work import check_indices
from ..stages.kmeans import fit_centers_matrix, optimal_centers_1d
from ..stages.matrix_nearest import nearest
from ..stages.options import Search
from ..stages.pixels import read_sample_weight
from .model import Keep, Model

MAX_NATIVE_COLUMNS = 4
STARTS = {"fast": 1, "balanced": 1, "best": 10}
"""Starts of scikit-learn's KMeans, which does the matrices of more columns."""
GRID_STEPS = 1 << 14
"""Steps of the grid on which fewer columns are searched, over the range of the widest."""
COARSE_STEPS = 8
"""Where the error is less than so many of them, a fit without the grid may be better."""


class UniqueRows(NamedTuple):
    """The distinct rows of a matrix in lexicographic order."""

    rows: NDArray[Any]
    """(U, d), in the matrix's dtype."""
    counts: NDArray[Any]
    """(U,) float64: the summed weight of each."""
    n_rows: NDArray[np.int64]
    """(U,): how many rows of positive weight are each."""
    inverse: NDArray[Any]
    """(n,): which of them each row of the matrix is."""


def unique_rows(X: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> UniqueRows:
    """Find the distinct rows of `X` (n, d), sorting column by column (fast for 8 and 16 bits)."""
    order = np.lexsort(X.T[::-1])
    ordered = X[order]
    is_first = np.empty(len(X), bool)
    is_first[:1] = True
    np.any(ordered[1:] != ordered[:-1], axis=1, out=is_first[1:])
    starts = np.flatnonzero(is_first)
    if sample_weight is None:
        n_rows = np.diff(starts, append=len(X))
        counts = n_rows.astype(np.float64)
    else:
        counts = np.add.reduceat(sample_weight[order], starts)
        n_rows = np.add.reduceat(sample_weight[order] > 0, starts, dtype=np.int64)
    inverse = np.empty(len(X), np.intp)
    inverse[order] = np.cumsum(is_first) - 1
    return UniqueRows(ordered[starts], counts, n_rows, inverse)


class Centers(NamedTuple):
    """What a fit finds."""

    centers: NDArray[Any]
    """(n, d) float64."""
    n_iter: int
    """Passes of the search, 0 without one."""


def fit_centers(points: NDArray[Any], counts: NDArray[Any], n_colors: int, search: Search) -> Centers:
    """Find centers of the distinct `points` (U, d), in lexicographic order, with their weights."""
    n_columns = points.shape[1]
    if len(points) <= n_colors:
        return Centers(points, 0)
    if n_columns == 1:
        centers = optimal_centers_1d(points[:, 0], counts, n_colors)
        return Centers(centers[:, np.newaxis], 0)
    if n_columns > MAX_NATIVE_COLUMNS:
        return _general_fit(points, counts, n_colors, search)
    found = Centers(*fit_centers_matrix(points, counts, n_colors, search))
    inertia = weighted_inertia(points, counts, found.centers)
    grid_step = np.ptp(points, axis=0).max() / GRID_STEPS
    if len(found.centers) == n_colors and inertia > counts.sum() * (COARSE_STEPS * grid_step) ** 2:
        return found
    other = _general_fit(points, counts, n_colors, search)
    return found if inertia < weighted_inertia(points, counts, other.centers) else other


def _general_fit(points: NDArray[Any], counts: NDArray[Any], n_colors: int, search: Search) -> Centers:
    kmeans = KMeans(n_colors, n_init=STARTS[search.effort], random_state=search.random_state)
    with threadpool_limits(limits=1), warnings.catch_warnings():  # its sums come in the order in which threads finish
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer centers than asked for are fine
        kmeans.fit(points, sample_weight=counts)
    return Centers(kmeans.cluster_centers_, int(kmeans.n_iter_))


def weighted_inertia(points: NDArray[Any], counts: NDArray[Any], centers: NDArray[Any]) -> float:
    """Sum the weighted squared distances of the points to the nearest center."""
    distances = np.sum((points - centers[nearest(points, centers)]) ** 2, axis=1)
    return float(np.sum(counts * distances))


class MatrixModel(Model):
    """Centers of all rows added, of which the distinct ones and their weights are kept.

    Inside, numbers are scaled by a power of two to at most 1, which changes no result and keeps
    squares of very large and very small numbers in range.
    """

    is_matrix = True
    _rows: Any = None
    _weights: Any = None
    _n_rows: Any = None

    def add(self, data: NDArray[Any], sample_weight: Any, *, keep: Keep) -> None:
        """Add the rows of `data` (n, d); what is kept are its distinct rows, a copy."""
        distinct = unique_rows(data, read_sample_weight(sample_weight, (len(data),)))
        is_there = distinct.counts > 0
        self._add(distinct.rows[is_there], distinct.counts[is_there], distinct.n_rows[is_there])
        self._replace(None if keep is Keep.NOTHING else distinct)

    def merge(self, other: Model) -> None:
        """Add the rows of another matrix."""
        assert isinstance(other, MatrixModel)
        if other._rows.shape[1] != self._rows.shape[1]:
            raise ValueError(
                f"other was fitted on matrices of {other._rows.shape[1]} columns, this one on {self._rows.shape[1]}"
            )
        self._add(other._rows, other._weights, other._n_rows)
        self._replace(None)

    def _add(self, rows: NDArray[Any], weights: NDArray[Any], n_rows: NDArray[Any]) -> None:
        if self._rows is not None:
            n_rows = np.concatenate([self._n_rows, n_rows])
            weights = np.concatenate([self._weights, weights])
            rows, weights, _, place = unique_rows(np.concatenate([self._rows, rows]), weights)
            n_rows = np.bincount(place, n_rows)
        self._rows, self._weights, self._n_rows = rows, weights, n_rows

    def predict(self, data: NDArray[Any] | UniqueRows) -> NDArray[np.int32]:
        """Label each row, (n,), with its nearest center."""
        distinct = data if isinstance(data, UniqueRows) else unique_rows(data)
        labels: NDArray[np.int32] = nearest(self._scale(distinct.rows), self._fitted.centers)[distinct.inverse]
        return labels

    def colors(self, indices: Any, *, channel_axis: int | None) -> NDArray[Any]:
        """Return the centers (n, d) of indices (n,) or (n, 1)."""
        checked = check_indices(indices, len(self.palette))
        if checked.ndim != 1 and checked.shape[1:] != (1,):
            raise ValueError(f"indices of a matrix must have shape (n,) or (n, 1), got {checked.shape}")
        return np.take(self.palette, checked.ravel(), axis=0)

    def score(self, data: NDArray[Any], sample_weight: Any) -> float:
        """Return minus the inertia of the rows."""
        distinct = unique_rows(data, read_sample_weight(sample_weight, (len(data),)))
        return -self._inertia(distinct.rows, distinct.counts)

    @cached_property
    def palette(self) -> NDArray[Any]:
        """Centers in the dtype of the rows; whole numbers and bool are rounded."""
        rounded = self.centers if self._rows.dtype.kind == "f" else np.rint(self.centers)
        palette: NDArray[Any] = rounded.astype(self._rows.dtype)
        return palette

    @cached_property
    def centers(self) -> NDArray[np.float64]:
        """Centers in the units of the rows."""
        centers: NDArray[np.float64] = np.ldexp(self._fitted.centers, self._exponent)
        return centers

    @property
    def n_iter(self) -> int:
        """Passes of the search."""
        return self._fitted.n_iter

    @cached_property
    def inertia(self) -> float:
        """Inertia of all rows, in their units squared."""
        return self._inertia(self._rows, self._weights)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many rows are nearest to each center."""
        labels = nearest(self._scale(self._rows), self._fitted.centers)
        return np.bincount(labels, self._n_rows, minlength=len(self.palette)).astype(np.int64)

    @cached_property
    def _exponent(self) -> int:
        """The largest number is less than 2 to the power of this."""
        return int(np.frexp(np.abs(self._rows.astype(np.float64)).max())[1])

    @cached_property
    def _fitted(self) -> Centers:
        """Scaled centers, each of them the nearest of some row."""
        points = self._scale(self._rows)
        centers, n_iter = fit_centers(points, self._weights, self.n_colors, self.search)
        return Centers(centers[np.unique(nearest(points, centers))], n_iter)

    def _scale(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        points: NDArray[np.float64] = np.ldexp(rows.astype(np.float64), -self._exponent)
        return points

    def _inertia(self, rows: NDArray[Any], counts: NDArray[Any]) -> float:
        inertia = weighted_inertia(self._scale(rows), counts, self._fitted.centers)
        with np.errstate(over="ignore"):
            return float(np.ldexp(inertia, 2 * self._exponent))
