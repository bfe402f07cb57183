"""`KMeansQuantizer`: k-means colour quantisation as a scikit-learn estimator."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from inspect import signature
from itertools import repeat
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted

from ..argument_names import counts_colors
from ..pictures.fixed_colors import distinct, in_channels, read_colors
from ..pictures.palettes import read_given_palette
from ..stages.color_space import COLOR_SPACES
from ..stages.dithering.diffuse import check_dither, read_dither
from ..stages.indices import MAX_COLORS
from ..stages.kmeans import EFFORTS
from ..stages.options import Search
from ..stages.tally import LEAST_BUDGET
from ..stages.weighting import WEIGHTINGS, read_weighting
from .fitted import FittedQuantizer
from .given_model import GivenModel
from .labels import keeps_labels, plain, reads_labelled
from .matrix_model import MatrixModel
from .model import Keep, Model
from .picture_model import PictureModel
from .read_x import AnyPictures, is_stream


class KMeansQuantizer(FittedQuantizer, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Reduce pictures to the few colours that k-means finds best.

    Parameters
    ----------
    n_colors : int, default=256
        Most colours the palette may have, 1 to 65536. Pictures that have no more distinct colours keep them exactly.
    color_space : {"oklab", "cielab", "linear", "srgb"}, default="oklab"
        Where distances between colours are measured: "oklab" and "cielab" are perceptual, "linear" is linear light,
        "srgb" the samples as they are. Greys are measured by their lightness there, matrices as they are. Where a
        palette is given, also where it is dithered but by a mask; fitted ones are dithered in Oklab.
    effort : {"fast", "balanced", "best"}, default="balanced"
        How long to search: more effort lowers the error and takes more time. "fast" sees RGB pictures in uint8 in
        cells of 8 levels a channel, also where it assigns indices; of 4 where many pixels are nearly black, of 4 or
        exactly where cells are few. The others see every colour, but "balanced" with 16 to 23 that it dithers. "best"
        of one picture in a perceptual space keeps what looks best of its own and what "balanced" finds, after
        `partial_fit` what has less inertia. "best", and "balanced" where it dithers, also look at what "fast" makes
        of such a picture, if it has up to 16384 pixels or gets fewer than 64 colours. Undithered, "balanced" fits to
        the counts of colours alone, so that parts, Dask arrays and files give the palette of the whole; `quantize`
        looks there, too.
    weighting : {"perceptual", "uniform"} or None, default=None
        What pixels count for, besides `sample_weight`, which multiplies. "perceptual": as much as an error there is
        seen, more in smooth areas than in busy ones, and more where few pixels are of their kind, so that a small vivid
        area keeps its colour. "uniform": all the same, so that the result is that of k-means. None means "perceptual"
        for pictures in "oklab" and "cielab", "uniform" in the other spaces and for matrices, which take nothing else.
    dither : {"none", "floyd-steinberg", "atkinson", "stucki", "jarvis-judice-ninke", "sierra", "ordered", \
"blue-noise", "auto"} or None, default=None
        Whether and how `transform` lets colours of pictures between the entries appear as a mix of them; None means
        "none". `fit` refits the palette to its dithered pictures. "floyd-steinberg" diffuses the errors of pixels to
        their neighbours, which looks best; "atkinson", "stucki", "jarvis-judice-ninke" and "sierra" do so two pixels
        far. "ordered", Bayer's pattern of 8 x 8, and "blue-noise", of 64 x 64
        pixels, let a pixel's index depend on its colour and place only: frames that differ somewhere differ only there,
        and tiles fit together. "auto" is "floyd-steinberg" unless the pictures look better undithered, or flat
        areas of drawings would be speckled. Pictures that keep all their colours are not dithered. Matrices never are.
    dither_strength : float or None, default=None
        With `dither`: 0 to 1; 0 is no dithering. None means 0.9, 0.75 for "atkinson", and 0.85 for "ordered"
        and "blue-noise". More hides steps between colours better, and is noisier. By diffusion it is the share of each
        error that is handed on.
    fixed_colors : str, sequence of colors, or array-like of shape (m, C), default=None
        Colours of pictures that the palette holds exactly, also where no pixel has them: names and hex strings that
        `PIL.ImageColor` knows, with alpha or without, or samples in the scale of the pictures, as many as they have
        channels, or R, G, B, or R, G, B, A. They count towards `n_colors`; the other colours are fitted with them in
        place. Equal ones are merged. They come first in the palette, in this order, behind the fully transparent
        entry, which is theirs if one of them is fully transparent. Grey pictures take grey ones, pictures without
        alpha opaque ones. With them "fast" sees every colour, so that all pixels which have a fixed colour keep it;
        dithered, all but some that lie alone. Matrices take none.
    palette : str, PIL image of mode P, array of shape (m, 3) or (m, 4), list of colors, IndexedImage or None, \
default=None
        Use these 1 to 256 colours as they are, and fit nothing: as in `pil_kmeans.encode_png`, also those of a device
        by its name, such as "spectra6". Grey pictures take grey ones, pictures without alpha opaque ones. `palette_` is
        how they look; `to_indexed` gives them as the device has them.
    device : the same as `palette`, default=None
        What `to_indexed` gives in place of `palette`, a colour for each, in its order: what the driver of a panel calls
        its colours. None means those that a named palette has for its device.
    random_state : int, RandomState instance or None, default=0
        Seed of the search. None means 0: results never depend on hidden state.
    n_threads : int or None, default=None
        Threads to use, at least 1; None means ``OMP_NUM_THREADS`` if set, else the CPUs usable. The results are the
        same for every number. Matrices of more than four columns use one.
    max_bins : int, default=2097152
        Most distinct colours of pictures that are counted one by one, at least 2**18. Of more, colours that agree but
        for their last bits are counted together, as few bits as will do: of RGB pictures in 8 bits the last of each
        sample at most. It bounds memory, about 100 bytes for each in a fit. Pixels still get the nearest entry. The
        palette is the same for pictures in any order and in any parts.
    channel_axis : int or None, default=-1
        The axis of a picture that holds its channels: -1 for (H, W, C), 0 for (C, H, W), -3 to 2 in general, in a
        stack as well. None says that pictures are grey and without such an axis, (H, W). PIL images know by themselves,
        and of an xarray.DataArray a dimension named "band", "channel", "c" or "rgb" holds them.
    masked : int or None, default=None
        The index of masked pixels, `n_colors` to 65535; None means `n_colors`. Pixels of a NumPy masked array with a
        masked sample, also in blocks of a dask array, have no say in the palette, and get this index, which is that of
        no colour: a nodata value. So do NaNs of an xarray.DataArray.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n, C), float64
        The `n_colors_` centers, not rounded, in the colours and scale of the pictures.
    palette_ : ndarray of shape (n, C)
        The same, rounded to the dtype of the pictures or matrix.
    n_colors_ : int
        How many there are.
    inertia_ : float
        Sum over all fitted samples of weighted squared distances to the nearest center: in the working space (L, a, b
        for "oklab"), for "srgb" and matrices in the units of X. With perceptual weighting the mean weight is 1. Of
        pictures of one channel it is that of one coordinate.
    counts_ : ndarray of shape (n,), int64
        How many of the pixels fitted, or rows of the matrix, have each entry for their nearest: of one `fit` the counts
        of `labels_`, whatever `sample_weight` and `weighting` are, but without pixels of weight 0 and masked ones. Of
        stacks, lists and iterables, and after `partial_fit` or `merge`, of all pictures together. Dithered pictures
        count as if they were not. Above `max_bins`, colours that are counted together have the nearest entry of their
        mean.
    shares_ : ndarray of shape (n,), float64
        The same as shares of 1.
    labels_ : ndarray or list of ndarray
        What `predict` gives for the X of `fit`. Made on first access. Not there after `partial_fit` or `merge`, nor if
        X is an array of more than 2**25 pixels: neither is kept.
    n_iter_ : int
        Passes of the search; 0 where the result is exact without one.
    n_features_in_ : int
        Channels of the pictures or columns of the matrix.
    feature_names_in_ : ndarray of str
        Columns of the data frame fitted, where X was one with string names.

    See Also
    --------
    pil_kmeans.quantize : The same for one call on a PIL image.

    Notes
    -----
    ============================================  ===============  ==============  =================
    X                                             `transform`      `predict`       inverse_transform
    ============================================  ===============  ==============  =================
    (n, d): array, list of rows, data frame       (n, 1) int32     (n,) int32      (n, d)
    (H, W, C), C = 1 to 4, or a PIL image         (H, W)           (H, W)          (H, W, C)
    (H, W) with ``channel_axis=None``             (H, W)           (H, W)          (H, W)
    (N, H, W, C), or (N, H, W) with ``None``      (N, H, W)        (N, H, W)       (N, H, W[, C])
    list or tuple of pictures, of any sizes       list             list            list
    dask array: picture or stack, any blocks      dask array       dask array      dask array
    ============================================  ===============  ==============  =================

    Channels are grey, grey + alpha, RGB or RGBA; samples are uint8, uint16, bool, or floats in [0, 1]. Indices of
    pictures are uint8 up to 256 entries of the palette and uint16 above. Stacks and lists share one palette. Arrays of
    two axes are matrices of any finite numbers, which are not read as colours, unless ``channel_axis=None``.

    Pictures are searched on a grid that is fine for 8-bit colours (32 steps a level in sRGB) but coarse for 16-bit and
    float pictures of several channels whose samples all lie within a few 8-bit levels. Stretch those to the full range
    first, or fit them as a matrix, ``picture.reshape(-1, n_channels)``, whose grid follows the range of the data.

    Of a dask array every block is read once by `fit`, wherever it is, and the palette is that of the same picture in
    memory, but that it is not refitted where `dither` is on. Results are dask arrays, in the blocks of X. "auto" is
    refused, and "floyd-steinberg" for pictures of several blocks; "best" is as after `partial_fit`, and "fast" assigns
    each pixel its nearest entry. Arrays of more than 2**25 pixels, also `numpy.memmap`, are worked on some rows at a
    time, unless "best" or dithering have to see them whole, or "fast" to assign indices.

    Float samples are told apart to 1 / 65535, in one channel exactly. Weights count to 24 significant bits.

    Examples
    --------
    >>> from sklearn.datasets import load_sample_image
    >>> from pil_kmeans import KMeansQuantizer
    >>> picture = load_sample_image("china.jpg")
    >>> quantizer = KMeansQuantizer(n_colors=16)
    >>> indices = quantizer.fit_transform(picture)
    >>> indices.shape, indices.dtype, quantizer.palette_.shape
    ((427, 640), dtype('uint8'), (16, 3))
    >>> quantizer.inverse_transform(indices).shape
    (427, 640, 3)

    A logo so small that its colour would vanish keeps it:

    >>> picture = picture.copy()
    >>> picture[400:408, 10:18] = 255, 0, 0
    >>> quantizer = KMeansQuantizer(n_colors=16)
    >>> quantizer.inverse_transform(quantizer.fit_transform(picture))[404, 14].tolist() == [255, 0, 0]
    False
    >>> quantizer = KMeansQuantizer(n_colors=16, fixed_colors=["red"])
    >>> quantizer.inverse_transform(quantizer.fit_transform(picture))[404, 14].tolist()
    [255, 0, 0]

    What is important, a face or a logo, comes closer to the original by its weight:

    >>> import numpy as np
    >>> weight = np.ones((427, 640))
    >>> weight[200:300, 50:150] = 100
    >>> errors = []
    >>> for sample_weight in (None, weight):
    ...     quantizer = KMeansQuantizer(n_colors=16).fit(picture, sample_weight=sample_weight)
    ...     errors.append(-quantizer.score(picture[200:300, 50:150]))
    >>> errors[1] < 0.7 * errors[0]
    True

    Dithered, even two greys show those between them:

    >>> ramp = np.linspace(0, 1, 300).repeat(200).reshape(300, 200, 1)
    >>> quantizer = KMeansQuantizer(n_colors=2, dither="floyd-steinberg")
    >>> dithered = quantizer.inverse_transform(quantizer.fit_transform(ramp))
    >>> len(np.unique(dithered)), len(np.unique(dithered[100:200].mean(axis=1).round(1))) > 2
    (2, True)
    """

    _parameter_constraints: ClassVar = {
        "n_colors": [Interval(Integral, 1, MAX_COLORS, closed="both")],
        "color_space": [StrOptions(set(COLOR_SPACES))],
        "effort": [StrOptions(set(EFFORTS))],
        "weighting": [StrOptions(set(WEIGHTINGS)), None],
        "fixed_colors": ["array-like", str, None],
        "random_state": ["random_state"],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "max_bins": [Interval(Integral, LEAST_BUDGET, None, closed="left")],
        "channel_axis": [Interval(Integral, -3, 2, closed="both"), None],
        "masked": [Interval(Integral, 1, MAX_COLORS - 1, closed="both"), None],
    }

    @counts_colors("n_colors")
    def __init__(
        self,
        n_colors: int = 256,
        *,
        color_space: str = "oklab",
        effort: str = "balanced",
        weighting: str | None = None,
        dither: str | None = None,
        dither_strength: float | None = None,
        fixed_colors: Any = None,
        palette: Any = None,
        device: Any = None,
        random_state: int | np.random.RandomState | None = 0,
        n_threads: int | None = None,
        max_bins: int = 1 << 21,
        channel_axis: int | None = -1,
        masked: int | None = None,
    ) -> None:
        self.n_colors = n_colors
        self.color_space = color_space
        self.effort = effort
        self.weighting = weighting
        self.dither = dither
        self.dither_strength = dither_strength
        self.fixed_colors = fixed_colors
        self.palette = palette
        self.device = device
        self.random_state = random_state
        self.n_threads = n_threads
        self.max_bins = max_bins
        self.channel_axis = channel_axis
        self.masked = masked

    @reads_labelled
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> KMeansQuantizer:
        """Find the palette of X.

        Parameters
        ----------
        X : picture, stack, list of pictures, matrix, or iterable of pictures
            See the table in the notes of the class. It may be changed afterwards. Of an iterable without a length,
            such as a generator, one picture is in memory at a time: ``fit(map(Image.open, paths))``. Then there are no
            `labels_`, and nothing can be dithered. A dask array is computed.
        y : None
            Ignored.
        sample_weight : array_like, dask array, or list of array_like, default=None
            Weight of each pixel, (H, W), (N, H, W), or one (H, W) for each picture of a list; of each row of a matrix,
            (n,). Not negative and not all zero. A weight of 2 is a sample that comes twice. One of 0 has no say in
            where centers are; a row of a matrix is then as if it were not there.

        Returns
        -------
        self : KMeansQuantizer

        Raises
        ------
        ValueError, TypeError
            For parameters out of range, and for X or `sample_weight` of the wrong shape, dtype or range; the message
            says which and what is allowed.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> KMeansQuantizer(n_colors=2).fit([[0.0], [1.0], [9.0]]).cluster_centers_.tolist()
        [[0.5], [9.0]]
        """
        if is_stream(X):
            self._model = self._learn_each("fit of an iterable", None, X, sample_weight)
            _ = self._model.palette
        else:
            self._fit(X, sample_weight)
        return self

    @reads_labelled
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> KMeansQuantizer:
        """Add X to what was fitted before; the palette is that of everything.

        In any order the same as one `fit` on everything, without keeping pictures in memory: only their distinct
        colours are kept, at most `max_bins`. The search runs when its result is first asked for, with the parameters of
        the first call.

        Parameters
        ----------
        X : picture, stack, list of pictures, or matrix
            As in `fit`; of the same kind, channels and, for pictures, dtype as before.
        y : None
            Ignored.
        sample_weight : array_like, or list of array_like, default=None
            As in `fit`.

        Returns
        -------
        self : KMeansQuantizer

        Raises
        ------
        ValueError, TypeError
            As `fit`, if X does not agree with what was fitted before, which then stays as it was, and with dithering
            on: the palette then depends on all pictures at once.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> quantizer = KMeansQuantizer(n_colors=2).partial_fit([[0.0], [9.0]])
        >>> quantizer.partial_fit([[1.0]]).cluster_centers_.tolist()
        [[0.5], [9.0]]
        """
        model = getattr(self, "_model", None)
        for dither in (self.dither, None if model is None else model.dither):
            _check_undithered("partial_fit", dither)
        if is_stream(X):
            self._model = self._learn_each("partial_fit", copy.deepcopy(model), X, sample_weight)
        else:
            self._model = self._learn(model, X, sample_weight, Keep.NOTHING)
        return self

    def merge(self, other: KMeansQuantizer) -> KMeansQuantizer:
        """Add what another quantizer was fitted to; the palette is that of everything, as after `partial_fit`.

        So parts may be counted anywhere, in other processes or on other machines, and be sent pickled: about two bytes
        for each distinct colour of photographs, and no pictures. The result is the same in any order and grouping.

        Parameters
        ----------
        other : KMeansQuantizer
            Fitted, on the same kind of X, channels and, for pictures, dtype, and with the same `max_bins` and
            `weighting`. It stays as it is.

        Returns
        -------
        self : KMeansQuantizer
            Not fitted before, it becomes like `other`, with the parameters that `other` was fitted with.

        Raises
        ------
        NotFittedError
            If `other` is not fitted.
        TypeError
            If `other` is no `KMeansQuantizer`.
        ValueError
            If the two do not agree, or one was fitted with dithering on.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> first, second = (KMeansQuantizer(n_colors=2).partial_fit(X) for X in ([[0.0], [9.0]], [[1.0]]))
        >>> first.merge(second).cluster_centers_.tolist()
        [[0.5], [9.0]]
        """
        if not isinstance(other, KMeansQuantizer):
            raise TypeError(f"other must be a KMeansQuantizer, got {type(other).__name__}")
        check_is_fitted(other)
        model = getattr(self, "_model", None)
        for dither in (self.dither, other._model.dither, None if model is None else model.dither):
            _check_undithered("merge", dither)
        if model is None:
            self._model = copy.deepcopy(other._model)
            self.n_features_in_, self._n_features_out = other.n_features_in_, 1
        elif model.is_matrix != other._model.is_matrix:
            kinds = ["a matrix" if is_matrix else "pictures" for is_matrix in (other._model.is_matrix, model.is_matrix)]
            raise ValueError(f"other was fitted on {kinds[0]}, this one on {kinds[1]}")
        else:
            model.merge(other._model)
        return self

    @keeps_labels
    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Fit to X and return its labels: the same as ``fit(X).predict(X)``, faster.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`; the errors are the same, too.

        Returns
        -------
        labels : ndarray or list of ndarray
            As `predict`.

        Examples
        --------
        >>> from pil_kmeans import KMeansQuantizer
        >>> KMeansQuantizer(n_colors=2).fit_predict([[0.0], [1.0], [9.0]])
        array([0, 0, 1], dtype=int32)
        """
        model, _ = self._fit(X, sample_weight, Keep.REFERENCE)
        return model.labels

    def _fit(self, X: Any, sample_weight: Any, keep: Keep = Keep.COPY) -> tuple[Model, Any]:
        """Fit a new model to X; also return the indices of X if they are dithered."""
        model = self._learn(None, X, sample_weight, keep)
        indices = model.fit()
        self._model = model  # only now: a fit that fails leaves the last one
        return model, indices

    def _learn_each(self, method: str, model: Model | None, X: Iterable[Any], sample_weight: Any) -> Model:
        """Add pictures that come one by one, of which none is kept."""
        _check_undithered(method, self.dither)
        weights = repeat(None) if sample_weight is None else iter(sample_weight)
        n = -1
        for n, picture in enumerate(X):
            try:
                weight = next(weights, _NONE_LEFT)
                if weight is _NONE_LEFT:
                    raise ValueError("sample_weight ends before X: it must have an array (H, W) for each picture")
                model = self._learn(model, plain(picture, self), weight, Keep.NOTHING)
            except (TypeError, ValueError) as error:
                error.add_note(f"This is about picture {n} of X, the first being 0.")
                raise
        if model is None or n < 0:
            raise ValueError("X is an iterable without pictures; one that has been read before is at its end")
        if sample_weight is not None and next(weights, _NONE_LEFT) is not _NONE_LEFT:
            raise ValueError(f"sample_weight has arrays for more than the {n + 1} pictures of X")
        return model

    def _learn(self, model: Model | None, X: Any, sample_weight: Any, keep: Keep) -> Model:
        """Add X to the model, or to a new one."""
        given = {name: getattr(self, name) for name in _DEFAULTS}
        changed = {name: value for name, value in given.items() if value is not _DEFAULTS[name]}  # others are valid
        validate_parameter_constraints(self._parameter_constraints, changed, caller_name=type(self).__name__)
        check_dither(self._dither, self.dither_strength)
        if self.masked is not None and self.palette is None and self.masked < self.n_colors:
            raise ValueError(
                f"masked={self.masked} is the index of an entry: it must not be below n_colors={self.n_colors}"
            )
        if is_stream(X):
            raise TypeError(
                f"X is a {type(X).__name__}, which is read once: fit or partial_fit it, then transform each picture"
            )
        data = self._read(X, model)
        if model is None:
            colors = read_given_palette(
                self.palette,
                self.device,
                keep_palette=False,
                exact=False,
                n_colors=self.n_colors,
                fixed_colors=self.fixed_colors,
            )
            n_colors, search, fixed_colors = int(self.n_colors), self._search, self._fixed_colors(data)
            dither = read_dither(self._dither, self.dither_strength)
            if isinstance(data, AnyPictures):
                if colors is not None:
                    model = GivenModel(colors, search, dither, int(self.max_bins), self.masked)
                else:
                    model = PictureModel(n_colors, search, fixed_colors, dither, int(self.max_bins), self.masked)
            elif colors is not None:
                raise ValueError(
                    f"palette is for pictures, but X is a matrix of shape {data.shape}, whose rows are not read as "
                    "colors: pass the picture as (H, W, C), or leave palette=None"
                )
            elif self.weighting == "perceptual":
                raise ValueError(
                    f"weighting='perceptual' is for pictures, but X is a matrix of shape {data.shape}, whose rows have "
                    "no neighbours: pass the picture as (H, W, C), or leave weighting=None"
                )
            elif self._dither == "none":
                model = MatrixModel(n_colors, search)
            else:
                raise ValueError(
                    f"dither={self.dither!r} is for pictures, but X is a matrix of shape {data.shape}: pass the "
                    "picture as (H, W, C), or leave dither=None"
                )
        model.add(data, sample_weight, keep=keep)
        self._n_features_out = 1  # for get_feature_names_out: the column of a matrix
        return model

    @property
    def _dither(self) -> str:
        return "none" if self.dither is None else self.dither

    @property
    def _search(self) -> Search:
        seed = self.random_state
        if isinstance(seed, np.random.RandomState):
            seed = seed.randint(np.iinfo(np.int32).max)
        weighting = read_weighting(self.weighting, self.color_space)
        return Search(self.color_space, self.effort, weighting, int(seed or 0), self.n_threads, is_free=False)

    def _fixed_colors(self, data: AnyPictures | np.ndarray) -> np.ndarray | None:
        """Read the locked colours as the pictures have theirs, (m, C)."""
        if self.fixed_colors is None:
            return None
        if not isinstance(data, AnyPictures):
            raise ValueError(
                f"fixed_colors is for pictures, but X is a matrix of shape {data.shape}, whose rows are not read as "
                "colors: pass the picture as (H, W, C), or leave fixed_colors=None"
            )
        rgba = read_colors(self.fixed_colors, data.dtype, [data.n_channels])
        return distinct(in_channels(rgba, data.n_channels), self.n_colors)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _check_undithered(method: str, dither: str | None) -> None:
    if dither not in (None, "none"):
        raise ValueError(
            f"{method} cannot be used with dither={dither!r}, whose palette depends on all pictures: fit "
            "them at once, fit([first, second, ...]), or set dither='none'"
        )


_NONE_LEFT = object()
_DEFAULTS = {name: parameter.default for name, parameter in signature(KMeansQuantizer).parameters.items()}
