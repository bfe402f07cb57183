"""What a fitted `KMeansQuantizer` can do; how it is fitted is in `__init__.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils._set_output import _wrap_data_with_container
from sklearn.utils.validation import check_is_fitted, validate_data

from ..indexed_image import IndexedImage
from ..pictures.arrays import is_dask
from ..pictures.labelled import is_labelled
from ..stages.samples import full_scale
from ..swatches import Swatches
from ..swatches.picture_colors import check_kind
from .labels import keeps_labels, labelled_colors, reads_labelled
from .model import Keep, Model
from .read_x import AnyPictures, read_pictures


class FittedQuantizer:
    """Methods and attributes that read from the fitted model, which may fit when first asked.

    `transform` and `fit_transform` are here for a second reason: scikit-learn wraps them into data
    frames where an estimator's own class defines them. Indices of pictures are no table; only the
    column of a matrix is wrapped.
    """

    _fit: Callable[..., tuple[Model, Any]]
    _model: Model
    channel_axis: int | None
    dither: str | None
    n_features_in_: int

    @keeps_labels
    def transform(self, X: Any) -> Any:
        """Replace every sample by the index of a palette entry: the nearest, or with dithering on where that puts it.

        Pictures are dithered with the palette as it is and the strength that `fit` chose for its own: with
        ``dither="auto"`` not at all if those were better off without, nor if they kept all their colours.

        Parameters
        ----------
        X : picture, stack, list of pictures, or matrix
            As in `fit`: the same kind (pictures or matrix), channels and, for pictures, dtype.

        Returns
        -------
        indices : ndarray, list of ndarray, or dask array
            Of a dask array lazy, in its blocks. For pictures (H, W), (N, H, W) or a list of (H, W): uint8 up to 256
            entries of `palette_`, uint16 above. For a matrix (n, 1), int32, or a data frame of one column where
            `set_output` says so.

        Raises
        ------
        NotFittedError
            Before `fit` or `partial_fit`.
        ValueError
            If X is of another kind, has other channels or another dtype than what was fitted; for dask arrays that
            cannot be dithered block by block.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import KMeansQuantizer
        >>> picture = np.array([[[0, 0, 0], [250, 0, 0]]], np.uint8)
        >>> KMeansQuantizer().fit(picture).transform(picture)
        array([[0, 1]], dtype=uint8)
        """
        return self._present(X, self._fitted.transform(self._read(X, self._fitted)))

    @keeps_labels
    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Fit to X and return its indices: the same as ``fit(X).transform(X)``, faster.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`; the errors are the same, too.

        Returns
        -------
        indices : ndarray or list of ndarray
            As `transform`.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import KMeansQuantizer
        >>> stack = np.zeros((2, 3, 5, 3), np.uint8)
        >>> KMeansQuantizer(n_colors=8).fit_transform(stack).shape
        (2, 3, 5)
        """
        model, indices = self._fit(X, sample_weight, Keep.REFERENCE if self.dither in (None, "none") else Keep.COPY)
        return self._present(X, model.labels if indices is None else indices)

    @keeps_labels
    def predict(self, X: Any) -> Any:
        """Label every sample with its nearest palette entry, also where `transform` dithers.

        Parameters
        ----------
        X : picture, stack, list of pictures, or matrix
            As in `transform`.

        Returns
        -------
        labels : ndarray or list of ndarray
            For pictures as `transform`. For a matrix (n,), int32, of the nearest of `cluster_centers_`, the lowest of
            equal ones; never a data frame.

        Raises
        ------
        NotFittedError, ValueError
            As `transform`.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> KMeansQuantizer(n_colors=2).fit([[0.0], [1.0], [9.0]]).predict([[6.0]])
        array([1], dtype=int32)
        """
        return self._fitted.predict(self._read(X, self._fitted))

    def inverse_transform(self, indices: Any) -> Any:
        """Replace indices by the colours of `palette_`.

        Parameters
        ----------
        indices : array_like of int, list of them, or dask array
            As `transform` or `predict` gives them, each from 0 to ``n_colors_ - 1``.

        Returns
        -------
        X : ndarray, list of ndarray, or dask array
            In the shape and dtype of what was fitted: see the table in the notes of the class.

        Raises
        ------
        NotFittedError
            Before `fit` or `partial_fit`.
        TypeError, ValueError
            If indices are no integers, out of range or of the wrong shape.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> KMeansQuantizer(n_colors=2).fit([[0.0], [1.0], [9.0]]).inverse_transform([0, 1, 1])
        array([[0.5],
               [9. ],
               [9. ]])
        """
        if is_labelled(indices):
            colors = self._fitted.colors(indices.data, channel_axis=self.channel_axis)
            return labelled_colors(indices, colors, self)
        if self._fitted.is_matrix or not isinstance(indices, list | tuple):
            return self._fitted.colors(indices, channel_axis=self.channel_axis)
        return [self._fitted.colors(item, channel_axis=self.channel_axis) for item in indices]

    @reads_labelled
    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the inertia of X, the measure of `GridSearchCV`: higher is better.

        It rises with every colour that is added. So a search over `n_colors` always ends at the most colours of its
        grid: plot the error over their number instead, and look for an elbow, or choose by the look.

        Parameters
        ----------
        X : picture, stack, list of pictures, or matrix
            As in `transform`.
        y : None
            Ignored.
        sample_weight : array_like, or list of array_like, default=None
            As in `fit`.

        Returns
        -------
        score : float
            Not above 0; in the units of `inertia_`.

        Raises
        ------
        NotFittedError, ValueError
            As `transform`, and for weights as `fit`.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> KMeansQuantizer(n_colors=2).fit([[0.0], [1.0], [9.0]]).score([[2.0]])
        -2.25
        """
        return self._fitted.score(self._read(X, self._fitted), sample_weight)

    @reads_labelled
    def to_indexed(self, X: Any) -> Any:
        """Return the indices of X, as `transform` gives them, with the palette.

        Parameters
        ----------
        X : picture, stack or list of pictures
            As in `transform`.

        Returns
        -------
        indexed : IndexedImage, or list of them
            A list for a stack or a list of pictures.

        Raises
        ------
        NotFittedError, ValueError
            As `transform`, and if a matrix was fitted.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import KMeansQuantizer
        >>> picture = np.zeros((3, 5, 3), np.uint8)
        >>> KMeansQuantizer(n_colors=8).fit(picture).to_indexed(picture).to_array().shape
        (3, 5, 3)
        """
        if self._fitted.is_matrix:
            raise ValueError("to_indexed needs pictures, but KMeansQuantizer was fitted on a matrix")
        if is_dask(X):
            raise TypeError("to_indexed needs pictures in memory, but X is a dask array: pass X.compute()")
        indices = self.transform(X)
        if isinstance(indices, np.ndarray) and indices.ndim == 2:
            return self._indexed(indices)
        return [self._indexed(item) for item in indices]

    def to_swatches(self, kind: str = "dominant") -> Swatches:
        """Return the palette with the share of each colour, to be seen, or written for other programs.

        Parameters
        ----------
        kind : {"dominant", "accent", "real"}, default="dominant"
            As in `pil_kmeans.palette`, of everything that was fitted: "dominant" is `palette_` itself, rounded to 8
            bits.

        Returns
        -------
        swatches : Swatches
            The most frequent first.

        Raises
        ------
        NotFittedError
            Before `fit` or `partial_fit`.
        ValueError
            If a matrix was fitted, or there are none of that kind.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import KMeansQuantizer
        >>> picture = np.array([[[255, 0, 0], [255, 0, 0], [0, 0, 99]]], np.uint8)
        >>> print(KMeansQuantizer(8).fit(picture).to_swatches())
        #ff0000     66.7%
        #000063     33.3%
        """
        check_kind(kind)
        if self._fitted.is_matrix:
            raise ValueError("to_swatches needs pictures, but KMeansQuantizer was fitted on a matrix")
        return self._fitted.swatches(kind)

    def _indexed(self, indices: np.ndarray) -> IndexedImage:
        """Put indices and palette together; masked pixels get a fully transparent entry."""
        palette = self._fitted.stored
        if isinstance(indices, np.ma.MaskedArray):
            of_masked = int(indices.fill_value)
            n_channels = 2 if palette.shape[1] < 3 else 4
            with_alpha = np.zeros((of_masked + 1, n_channels), palette.dtype)
            with_alpha[: len(palette), -1] = full_scale(palette.dtype)
            with_alpha[: len(palette), : palette.shape[1]] = palette
            indices, palette = np.ma.getdata(indices), with_alpha
        return IndexedImage(indices, palette)

    def _present(self, X: Any, indices: Any) -> Any:
        if self._model.is_matrix:
            return _wrap_data_with_container("transform", indices[:, np.newaxis], X, self)
        return indices

    def _read(self, X: Any, model: Model | None) -> AnyPictures | np.ndarray:
        """Tell pictures from a matrix, and check X against the model, if there is one."""
        pictures = read_pictures(X, channel_axis=self.channel_axis)
        if model is not None and model.is_matrix != (pictures is None):
            if model.is_matrix:
                raise ValueError("X holds pictures, but KMeansQuantizer was fitted on a matrix: reshape X to (n, d)")
            raise ValueError(
                "X is a matrix, but KMeansQuantizer was fitted on pictures: an array of two axes is a picture only "
                "with channel_axis=None"
            )
        if pictures is None:
            matrix: np.ndarray = validate_data(self, X, reset=model is None)
            return matrix
        if model is None:
            self.n_features_in_ = pictures.n_channels
            self.__dict__.pop("feature_names_in_", None)
        return pictures

    def _repr_html_inner(self) -> str:
        html: str = super()._repr_html_inner()  # type: ignore[misc]
        return html + self._palette_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += self._palette_html()
        return bundle

    def _palette_html(self) -> str:
        """Show the palette of fitted pictures, below what scikit-learn shows of an estimator."""
        if not self.__sklearn_is_fitted__() or self._model.is_matrix:
            return ""
        return f'<div style="margin-top:.5em">{self.to_swatches()._repr_html_()}</div>'

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    @property
    def cluster_centers_(self) -> np.ndarray:
        """Centers (`n_colors_`, `n_features_in_`), not rounded."""
        return self._fitted.centers

    @property
    def palette_(self) -> np.ndarray:
        """Centers (`n_colors_`, `n_features_in_`) in the dtype of what was fitted."""
        return self._fitted.palette

    @property
    def n_colors_(self) -> int:
        """How many centers there are."""
        return len(self.palette_)

    @property
    def inertia_(self) -> float:
        """Sum of weighted squared distances to the nearest center."""
        return self._fitted.inertia

    @property
    def counts_(self) -> np.ndarray:
        """How many pixels, or rows, of all that was fitted have each entry for their nearest, (`n_colors_`,)."""
        return self._fitted.counts

    @property
    def shares_(self) -> np.ndarray:
        """Share of all pixels, or rows, that were fitted whose nearest entry each is, (`n_colors_`,)."""
        shares: np.ndarray = self.counts_ / self.counts_.sum()
        return shares

    @property
    def n_iter_(self) -> int:
        """Passes of the search."""
        return self._fitted.n_iter

    @property
    def labels_(self) -> Any:
        """Labels of what `fit` was given, made on first access."""
        return self._fitted.labels

    @property
    def _fitted(self) -> Model:
        check_is_fitted(self)
        return self._model
