"""What `KMeansQuantizer` says to bad input: the argument, the value, what is allowed."""

import numpy as np
import pytest
from PIL import Image
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from pil_kmeans import KMeansQuantizer
from pil_kmeans.stages.dithering.diffuse import BY_MASK

PICTURE = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
MATRIX = PICTURE.reshape(-1, 3).astype(float)
FLOATS = PICTURE / 255


def changed(array, value):
    copy = array.copy()
    copy.flat[5] = value
    return copy


@pytest.mark.parametrize(
    ("parameter", "values", "allowed"),
    [
        ("n_colors", [0, -1, 65537, 10**30, 2.5, "16", None], r"int in the range \[1, 65536\]"),
        ("color_space", ["lab", "SRGB", None, 3], "'cielab'.*'oklab'|'oklab'.*'cielab'"),
        ("effort", ["slow", None, 1], "'balanced'.*'best'|'best'.*'balanced'"),
        ("random_state", ["a", -1, 2.5, np.random.default_rng(0)], "RandomState"),
        ("n_threads", [0, -1, 1.5, "all"], r"int in the range \[1"),
        ("channel_axis", [3, -4, 1.0, "last"], r"int in the range \[-3, 2\]"),
    ],
)
@pytest.mark.parametrize("X", [PICTURE, MATRIX], ids=["picture", "matrix"])
@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_transform", "fit_predict"])
def test_parameters_out_of_range(parameter, values, allowed, X, method):
    for value in values:
        quantizer = KMeansQuantizer(**{parameter: value})
        for expected in (ValueError, TypeError):  # scikit-learn's error is both
            with pytest.raises(expected, match=f"'{parameter}' parameter.*({allowed})"):
                getattr(quantizer, method)(X)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"dither": "random"}, ValueError, "dither must be one of 'none', 'floyd-steinberg', .* 'auto', got 'random'"),
        ({"dither": True}, TypeError, "dither must be one of 'none'.* got True of type bool"),
        ({"dither": 3}, TypeError, "dither must be one of 'none'.* got 3 of type int"),
        ({"dither": "auto", "dither_strength": 1.5}, ValueError, "dither_strength must be from 0 to 1, got 1.5"),
        ({"dither": "auto", "dither_strength": np.nan}, ValueError, "dither_strength must be from 0 to 1, got nan"),
        ({"dither": "auto", "dither_strength": True}, TypeError, "dither_strength must be a number .* got True"),
        ({"dither": "auto", "dither_strength": "1"}, TypeError, "dither_strength must be a number .* got '1'"),
        ({"dither": "none", "dither_strength": 0.5}, ValueError, "dither_strength=0.5 has no use.*pass dither="),
        ({"dither_strength": 0.5}, ValueError, "dither_strength=0.5 has no use.*pass dither="),
    ],
)
@pytest.mark.parametrize("X", [PICTURE, MATRIX], ids=["picture", "matrix"])
@pytest.mark.parametrize("method", ["fit", "fit_transform", "fit_predict"])
def test_dithering_that_cannot_be_had(options, error, match, X, method):
    with pytest.raises(error, match=match):
        getattr(KMeansQuantizer(**options), method)(X)


@pytest.mark.parametrize("dither", ["floyd-steinberg", *BY_MASK, "auto"])
def test_matrices_are_not_dithered(dither):
    with pytest.raises(ValueError, match=rf"dither='{dither}' is for pictures, but X is a matrix of shape \(42, 3\)"):
        KMeansQuantizer(dither=dither).fit(MATRIX)
    assert KMeansQuantizer(dither="none").fit(MATRIX).n_colors_ == 42


def test_dithered_palettes_are_not_added_to():
    message = "partial_fit cannot be used with dither='floyd-steinberg'.*fit them at once"
    dithering = KMeansQuantizer(4, dither="floyd-steinberg")
    with pytest.raises(ValueError, match=message):
        dithering.partial_fit(PICTURE)
    dithering.fit(PICTURE).set_params(dither="none")
    with pytest.raises(ValueError, match=message):
        dithering.partial_fit(PICTURE)
    with pytest.raises(ValueError, match=message):
        KMeansQuantizer(4).partial_fit(PICTURE).set_params(dither="floyd-steinberg").partial_fit(PICTURE)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (changed(FLOATS, np.nan), ValueError, "(?i)nan"),
        (changed(FLOATS, np.inf), ValueError, "(?i)inf"),
        (PICTURE.astype(float), ValueError, "255"),
        (changed(FLOATS, -0.1), ValueError, r"-0\.1"),
        (PICTURE.astype(np.int32), TypeError, "int32"),
        (PICTURE.astype(complex), TypeError, "complex"),
        (PICTURE.astype(object), TypeError, "object"),
        (PICTURE[:0], ValueError, "empty"),
        (PICTURE[:, :0], ValueError, "empty"),
        (np.zeros((4, 4, 0), np.uint8), ValueError, "channel"),
        (np.zeros((4, 4, 5), np.uint8), ValueError, "(?s)5.*matrix"),
        (np.zeros((3, 40, 50), np.uint8), ValueError, "channel_axis"),
        (np.zeros((2, 3, 40, 50), np.uint8), ValueError, "channel_axis"),
        (np.zeros((2, 2, 4, 4, 3), np.uint8), ValueError, r"\(2, 2, 4, 4, 3\).*list"),
        ([PICTURE, PICTURE[..., :1]], ValueError, r"X\[1\] has 1 channel"),
        ([PICTURE, FLOATS], ValueError, r"X\[1\].*float64.*X\[0\].*uint8"),
        ([PICTURE, PICTURE[..., 0]], ValueError, r"X\[1\].*channel_axis"),
        ([PICTURE, PICTURE[:0]], ValueError, r"X\[1\].*empty"),
        ([FLOATS, changed(FLOATS, np.nan)], ValueError, r"X\[1\]"),
        ([PICTURE, None], (ValueError, TypeError), r"X\[1\]"),
        (Image.new("RGB", (0, 4)), ValueError, "empty"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_transform", "fit_predict"])
def test_pictures_that_cannot_be_read(X, error, match, method):
    with pytest.raises(error, match=match):
        getattr(KMeansQuantizer(4), method)(X)


@pytest.mark.parametrize(
    ("X", "match"),
    [
        (changed(MATRIX, np.nan), "NaN"),
        (changed(MATRIX, np.inf), "infinity"),
        (MATRIX[:0], "0 sample"),
        (MATRIX[:, :0], "0 feature"),
        (MATRIX[0], "1D array"),
        ([], "1D array"),
        (7, "scalar array"),
        (MATRIX.astype(complex), "Complex data"),
        ([[1, 2], [3]], "inhomogeneous"),
    ],
)
def test_matrices_that_cannot_be_read(X, match):
    with pytest.raises(ValueError, match=match):
        KMeansQuantizer(4).fit(X)


@pytest.mark.parametrize("channel_axis", [-1, 0, None])
def test_sparse_matrix(channel_axis):
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        KMeansQuantizer(4, channel_axis=channel_axis).fit(csr_array(MATRIX))


@pytest.mark.parametrize(
    ("X", "shape"),
    [(PICTURE, (6, 7)), (PICTURE[np.newaxis], (1, 6, 7)), (MATRIX, (42,))],
    ids=["picture", "stack", "matrix"],
)
def test_bad_sample_weight(X, shape):
    ones = np.ones(shape)
    bad = [changed(ones, -1), ones * 0, changed(ones, np.nan), ones[:-1], ones[..., np.newaxis]]
    for sample_weight in bad:
        with pytest.raises(ValueError, match=r"(?i)sample.weight"):
            KMeansQuantizer(4).fit(X, sample_weight=sample_weight)
    fitted = KMeansQuantizer(4).fit(X)
    with pytest.raises(ValueError, match=r"(?i)sample.weight"):
        fitted.score(X, sample_weight=ones[:-1])


@pytest.mark.parametrize(
    ("sample_weight", "match"),
    [
        (np.ones((6, 7)), r"list of 2 arrays.*an array of shape \(6, 7\)"),
        ([np.ones((6, 7))], "list of 2 arrays.*a list of 1"),
        ([np.ones((6, 7)), np.ones((7, 6))], r"sample_weight\[1\].*\(7, 6\).*\(6, 7\) of X\[1\]"),
        ([np.zeros((6, 7)), np.zeros((6, 7))], "(?i)weight"),
        ([np.ones((6, 7)), -np.ones((6, 7))], "(?i)weight"),
    ],
)
def test_bad_sample_weight_of_a_list(sample_weight, match):
    with pytest.raises(ValueError, match=match):
        KMeansQuantizer(4).fit([PICTURE, PICTURE], sample_weight=sample_weight)


@pytest.mark.parametrize("method", ["predict", "transform", "score", "to_indexed"])
@pytest.mark.parametrize(
    ("fitted", "X", "match"),
    [
        (PICTURE, PICTURE[..., :1], "X has 1 channel.*fitted on.*3"),
        (PICTURE, FLOATS, "float64.*uint8"),
        (PICTURE, PICTURE > 9, "bool.*uint8"),
        (PICTURE, PICTURE[..., 0], "matrix.*fitted on pictures.*channel_axis=None"),
        (PICTURE, [PICTURE, PICTURE[..., :2]], "channels"),
        (PICTURE, Image.new("L", (3, 3)), "X has 1 channel"),
        (PICTURE[..., :1], PICTURE, "X has 3 channels.*fitted on.*1"),
    ],
)
def test_pictures_unlike_the_fitted_ones(method, fitted, X, match):
    quantizer = KMeansQuantizer(4).fit(fitted)
    with pytest.raises(ValueError, match=match):
        getattr(quantizer, method)(X)
    with pytest.raises(ValueError, match=match):
        quantizer.partial_fit(X)


@pytest.mark.parametrize("method", ["predict", "transform", "score", "partial_fit"])
def test_matrix_unlike_the_fitted_one(method):
    call = getattr(KMeansQuantizer(4).fit(MATRIX), method)
    with pytest.raises(ValueError, match=r"X has 2 features.*expecting 3"):
        call(MATRIX[:, :2])
    with pytest.raises(ValueError, match=r"pictures.*fitted on a matrix.*reshape"):
        call(PICTURE)


def test_matrix_has_no_indexed_image():
    with pytest.raises(ValueError, match="pictures"):
        KMeansQuantizer(4).fit(MATRIX).to_indexed(MATRIX)


@pytest.mark.parametrize("method", ["predict", "transform", "score", "to_indexed", "inverse_transform"])
@pytest.mark.parametrize("X", [PICTURE, MATRIX, [PICTURE]], ids=["picture", "matrix", "list"])
def test_use_before_fit(method, X):
    with pytest.raises(NotFittedError, match="not fitted"):
        getattr(KMeansQuantizer(), method)(X)


@pytest.mark.parametrize(
    ("indices", "error", "match"),
    [
        (np.full((2, 2), 4), ValueError, "from 0 to 3.*got 4 to 4"),
        (np.array([[0, -1]]), ValueError, "from 0 to 3.*got -1 to 0"),
        (np.zeros((2, 2)), TypeError, "integers, got float64"),
        (np.zeros((2, 2), bool), TypeError, "integers, got bool"),
        (np.zeros(5, int), ValueError, r"shape \(H, W\).*\(5,\)"),
        ([np.zeros((2, 2), int), np.full((2, 2), 9)], ValueError, "from 0 to 3"),
    ],
)
def test_indices_that_are_none(indices, error, match):
    with pytest.raises(error, match=match):
        KMeansQuantizer(4).fit(PICTURE).inverse_transform(indices)
    with pytest.raises((ValueError, TypeError)):
        KMeansQuantizer(4).fit(MATRIX).inverse_transform(np.full((3, 2), 0))
