"""What the estimator learns: a model of pictures or of a matrix, fitted when first asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.options import Search
from ..swatches import Swatches


class Keep(Enum):
    """What to keep of data, for its labels."""

    NOTHING = 0
    REFERENCE = 1  # to the caller's memory: what asks for the labels does so at once
    COPY = 2


class Model(ABC):
    """Sums of all data added, from which the fit is made when it is first asked for.

    A subclass caches what it derives from the sums in `cached_property`; it keeps the data of a fit
    until somebody asks for its labels, or pickles the model.

    Parameters
    ----------
    n_colors : int
    search : Search
    """

    is_matrix: bool
    dither = "none"

    def __init__(self, n_colors: int, search: Search) -> None:
        self.n_colors, self.search = n_colors, search
        self._kept: Any = None
        self._labels: Any = None

    @abstractmethod
    def add(self, data: Any, sample_weight: Any, *, keep: Keep) -> None:
        """Check the data, then add it."""

    @abstractmethod
    def merge(self, other: Model) -> None:
        """Add what another model of the same kind has added, which stays as it is."""

    def fit(self) -> Any:
        """Fit now; return the data last added as `transform` would, or None if it would return their labels."""
        _ = self.palette

    def transform(self, data: Any) -> Any:
        """Index of the entry that stands for every sample: the nearest, or where dithering puts it."""
        return self.predict(data)

    @abstractmethod
    def predict(self, data: Any) -> Any:
        """Index of the nearest entry for every sample."""

    @abstractmethod
    def score(self, data: Any, sample_weight: Any) -> float:
        """Minus the inertia of the data."""

    @abstractmethod
    def colors(self, indices: Any, *, channel_axis: int | None) -> NDArray[Any]:
        """Palette entries of one array of indices, in the shape of the data."""

    @property
    @abstractmethod
    def palette(self) -> NDArray[Any]:
        """Centers (n, d) in the dtype of the data."""

    @property
    def stored(self) -> NDArray[Any]:
        """What pictures are stored with: the palette, or a device's name for it."""
        return self.palette

    @property
    @abstractmethod
    def centers(self) -> NDArray[np.float64]:
        """Centers (n, d), not rounded, float64."""

    def swatches(self, kind: str) -> Swatches:
        """Give the palette of pictures and its shares, or colours of another kind."""
        raise NotImplementedError

    @property
    @abstractmethod
    def counts(self) -> NDArray[np.int64]:
        """How much of the data is nearest to each entry, in pixels or rows, without those of no weight."""

    @property
    @abstractmethod
    def n_iter(self) -> int:
        """Passes of the search."""

    @property
    @abstractmethod
    def inertia(self) -> float:
        """Sum of weighted squared distances of all data to the nearest center."""

    @property
    def labels(self) -> Any:
        """Labels of the data of the fit."""
        kept = self._kept
        if kept is not None:
            self._labels = self._label(kept)
            self._kept = None
        if self._labels is None:
            raise AttributeError(
                "labels_ are those of what fit was given, and are not there after partial_fit or merge, which keep no "
                "pictures, nor of pictures that are too large to keep: call predict(X)"
            )
        return self._labels

    def _label(self, data: Any) -> Any:
        """Label the data of the fit: what `predict` gives, perhaps faster."""
        return self.predict(data)

    def _replace(self, kept: Any) -> None:
        """Keep other data and forget everything derived from the sums so far."""
        self._kept, self._labels = kept, None
        for name in list(self.__dict__):
            if isinstance(getattr(type(self), name, None), cached_property):
                del self.__dict__[name]

    def __getstate__(self) -> dict[str, Any]:
        if self._kept is not None:
            _ = self.labels
        return self.__dict__.copy()
