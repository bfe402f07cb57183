"""`KMeansQuantizer` on matrices: rows of numbers that are no colours."""

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer
from pil_kmeans.estimator.matrix_model import unique_rows
from pil_kmeans.stages.matrix_nearest import nearest


def squared_distances(X, centers):
    return np.sum((X[:, np.newaxis].astype(float) - centers) ** 2, axis=-1)


def blobs(n_columns, n_blobs=4, seed=0):
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-100, 100, (n_blobs, n_columns))
    return middles[rng.integers(0, n_blobs, 300)] + rng.normal(size=(300, n_columns))


def test_four_points_by_hand():
    X = [[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 3.0]]
    quantizer = KMeansQuantizer(2).fit(X)
    order = np.argsort(quantizer.cluster_centers_[:, 0])
    np.testing.assert_allclose(quantizer.cluster_centers_[order], [[0, 1], [10, 1.5]])
    np.testing.assert_array_equal(order[quantizer.labels_], order[order[[0, 0, 1, 1]]])
    assert quantizer.inertia_ == pytest.approx(1 + 1 + 1.5**2 + 1.5**2)
    assert quantizer.score(X) == pytest.approx(-quantizer.inertia_)
    assert quantizer.n_features_in_ == 2


def test_one_column_is_the_exact_optimum_by_hand():
    X = np.array([[1.0], [2.0], [6.0], [7.0], [8.0], [100.0]])
    quantizer = KMeansQuantizer(3).fit(X)
    np.testing.assert_allclose(quantizer.cluster_centers_, [[1.5], [7], [100]])
    np.testing.assert_array_equal(quantizer.labels_, [0, 0, 1, 1, 1, 2])


@pytest.mark.parametrize("n_columns", [1, 2, 3, 4, 5, 9])
def test_shapes_dtypes_and_nearest_centers(n_columns):
    X = blobs(n_columns)
    quantizer = KMeansQuantizer(4)
    indices = quantizer.fit_transform(X)
    assert indices.shape == (300, 1)
    assert indices.dtype == np.int32
    assert quantizer.predict(X).shape == quantizer.labels_.shape == (300,)
    assert quantizer.labels_.dtype == quantizer.predict(X).dtype == np.int32
    np.testing.assert_array_equal(quantizer.transform(X), indices)
    np.testing.assert_array_equal(quantizer.predict(X), indices[:, 0])
    np.testing.assert_array_equal(quantizer.labels_, indices[:, 0])
    np.testing.assert_array_equal(np.unique(indices), np.arange(4))
    distances = squared_distances(X, quantizer.cluster_centers_)
    np.testing.assert_array_equal(indices[:, 0], distances.argmin(axis=1))
    assert quantizer.inertia_ == pytest.approx(distances.min(axis=1).sum())
    assert quantizer.inertia_ < 1.5 * n_columns * len(X)
    for given in (indices, indices[:, 0], indices.tolist()):
        restored = quantizer.inverse_transform(given)
        np.testing.assert_array_equal(restored, quantizer.palette_[indices[:, 0]])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64, np.bool_])
@pytest.mark.parametrize("n_columns", [1, 3, 6])
def test_palette_has_the_dtype_of_the_matrix(dtype, n_columns):
    X = (blobs(n_columns) + 120).astype(dtype)
    quantizer = KMeansQuantizer(2).fit(X)
    assert quantizer.cluster_centers_.dtype == np.float64
    assert quantizer.palette_.dtype == dtype
    assert np.max(np.abs(quantizer.palette_.astype(float) - quantizer.cluster_centers_)) <= 0.5
    assert quantizer.inverse_transform(quantizer.transform(X)).dtype == dtype


@pytest.mark.parametrize(
    "X",
    [
        [[1.0]],
        [[0.0, 0.0], [0.0, 0.0], [-0.0, 5.0]],
        1.7e9 + np.arange(30.0).reshape(-1, 3),
        1e12 + np.arange(40.0).reshape(-1, 2),
        np.array([[1e300, 2e300], [1e300, 3e300], [-1e300, 0]]),
        np.array([[1e-300, 2e-300], [1e-300, 3e-300], [-1e-300, 0]]),
        np.array([[-7, 3, 2, 1, 0, 9], [-7, 3, 2, 1, 0, 8]]),
    ],
)
def test_few_distinct_rows_come_back_exactly(X):
    quantizer = KMeansQuantizer(20)
    indices = quantizer.fit_transform(X)
    np.testing.assert_array_equal(quantizer.inverse_transform(indices), X)
    assert quantizer.n_colors_ == len(np.unique(X, axis=0))
    assert quantizer.inertia_ == 0


@pytest.mark.parametrize("n_columns", [1, 3, 6])
@pytest.mark.parametrize("scale", [2.0**-900, 2.0**900])
def test_scale_of_the_numbers_does_not_matter(n_columns, scale):
    X = blobs(n_columns)
    expected = KMeansQuantizer(9).fit(X)
    scaled = KMeansQuantizer(9).fit(X * scale)
    np.testing.assert_array_equal(scaled.labels_, expected.labels_)
    np.testing.assert_array_equal(scaled.cluster_centers_, expected.cluster_centers_ * scale)


@pytest.mark.parametrize("n_columns", [1, 2, 4, 6])
def test_order_of_rows_and_layout_do_not_matter(n_columns):
    X = blobs(n_columns).round(1)
    expected = KMeansQuantizer(9).fit(X)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = KMeansQuantizer(9).fit(X[order])
    np.testing.assert_array_equal(shuffled.cluster_centers_, expected.cluster_centers_)
    np.testing.assert_array_equal(shuffled.labels_, expected.labels_[order])
    swapped = X.astype(X.dtype.newbyteorder())
    for given in (np.asfortranarray(X), X[::-1][::-1], np.repeat(X, 2, axis=1)[:, ::2], swapped):
        np.testing.assert_array_equal(KMeansQuantizer(9).fit(given).labels_, expected.labels_)


@pytest.mark.parametrize("n_columns", [1, 3, 6])
def test_threads_do_not_change_the_result(n_columns):
    X = blobs(n_columns)
    fits = [KMeansQuantizer(9, n_threads=n_threads).fit(X) for n_threads in (1, 2, 7)]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.cluster_centers_, fits[0].cluster_centers_)
        np.testing.assert_array_equal(fit.labels_, fits[0].labels_)


@pytest.mark.parametrize("far", [1e3, 1e5, 1e9])
def test_one_row_far_away_does_not_spoil_the_others(far):
    X = blobs(3)
    alone = KMeansQuantizer(4).fit(X)
    quantizer = KMeansQuantizer(5).fit(np.concatenate([X, np.full((1, 3), far)]))
    assert quantizer.n_colors_ == 5
    assert quantizer.inertia_ <= 1.01 * alone.inertia_


@pytest.mark.parametrize("n_columns", [1, 3, 6])
def test_rows_close_together_give_as_many_centers_as_asked_for(n_columns):
    X = 1 + 1e-12 * np.random.default_rng(0).integers(0, 9, (300, n_columns))
    assert KMeansQuantizer(5).fit(X).n_colors_ == 5


def test_no_alpha_and_no_color_space_in_matrices():
    X = np.array([[0, 0, 0, 0], [250, 0, 0, 0], [0, 0, 0, 255]], np.uint8)
    quantizer = KMeansQuantizer(3, color_space="oklab").fit(X)
    assert quantizer.n_colors_ == 3  # as pictures the first two would be one: both transparent
    rows = blobs(3)
    centers = [
        KMeansQuantizer(5, color_space=color_space).fit(rows).cluster_centers_ for color_space in ("oklab", "srgb")
    ]
    np.testing.assert_array_equal(*centers)


@pytest.mark.parametrize("n_columns", [1, 2, 5])
@pytest.mark.parametrize("offset", [0.0, 1e9, -1e15])
def test_nearest_is_the_plain_double_computation(n_columns, offset):
    rng = np.random.default_rng(1)
    points = offset + rng.integers(-20, 20, (2000, n_columns)) / 2
    centers = np.unique(offset + rng.integers(-20, 20, (37, n_columns)).astype(float), axis=0)
    expected = squared_distances(points, centers).argmin(axis=1)
    np.testing.assert_array_equal(nearest(points, centers), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_unique_rows_are_those_of_numpy(dtype):
    rng = np.random.default_rng(1)
    X = rng.integers(0, 5, (500, 3)).astype(dtype)
    weight = rng.integers(0, 9, 500).astype(float)
    rows, inverse = np.unique(X, axis=0, return_inverse=True)
    found = unique_rows(X, weight)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.inverse, inverse.ravel())
    np.testing.assert_array_equal(found.counts, np.bincount(inverse.ravel(), weights=weight))
    np.testing.assert_array_equal(unique_rows(X).counts, np.bincount(inverse.ravel()))
