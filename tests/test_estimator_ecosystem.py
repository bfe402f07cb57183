"""`KMeansQuantizer` among the tools that people use it with."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pil_kmeans import KMeansQuantizer


@pytest.fixture
def picture(china):
    return china[:200:4, :200:5].copy()


@pytest.fixture
def matrix():
    return np.random.default_rng(0).normal(size=(60, 3))


def fit(pictures, **options):
    return KMeansQuantizer(8, **options).fit(pictures)


@pytest.mark.parametrize("kind", ["picture", "matrix"])
@pytest.mark.parametrize("copied", [lambda q: pickle.loads(pickle.dumps(q)), copy.deepcopy])
def test_pickled_estimator_is_the_same(kind, copied, request):
    X = request.getfixturevalue(kind)
    quantizer = fit(X)
    restored = copied(quantizer)
    np.testing.assert_array_equal(restored.labels_, quantizer.labels_)
    np.testing.assert_array_equal(restored.palette_, quantizer.palette_)
    assert restored.inertia_ == quantizer.inertia_
    np.testing.assert_array_equal(restored.transform(X), quantizer.transform(X))
    restored.partial_fit(X[:10] if kind == "matrix" else X[:10, :10])
    quantizer.partial_fit(X[:10] if kind == "matrix" else X[:10, :10])
    np.testing.assert_array_equal(restored.palette_, quantizer.palette_)


def test_pickle_holds_no_pixels():
    picture = np.zeros((500, 500, 3), np.uint8)
    with_labels = fit(picture).fit(picture)
    assert len(pickle.dumps(with_labels)) < picture.nbytes / 2


def test_joblib_dump_and_parallel(tmp_path, picture):
    quantizer = fit(picture)
    joblib.dump(quantizer, tmp_path / "quantizer.joblib")
    restored = joblib.load(tmp_path / "quantizer.joblib")
    np.testing.assert_array_equal(restored.transform(picture), quantizer.transform(picture))
    jobs = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(quantizer.transform)(picture) for _ in range(4)
    )
    for indices in jobs:
        np.testing.assert_array_equal(indices, quantizer.labels_)


def test_clone_has_the_parameters_and_is_not_fitted(picture):
    quantizer = fit(picture, color_space="srgb", effort="fast", random_state=3, channel_axis=2)
    cloned = clone(quantizer)
    assert cloned.get_params() == quantizer.get_params()
    with pytest.raises(NotFittedError):
        cloned.predict(picture)


@pytest.mark.parametrize("attribute", ["palette_", "labels_", "inertia_", "n_iter_", "n_colors_"])
def test_attributes_are_absent_before_fit(attribute):
    assert not hasattr(KMeansQuantizer(), attribute)


def test_parameters_set_after_fit_wait_for_the_next(picture):
    quantizer = fit(picture)
    indices = quantizer.transform(picture)
    quantizer.set_params(n_colors=3, color_space="linear", effort="fast")
    np.testing.assert_array_equal(quantizer.transform(picture), indices)
    assert quantizer.fit(picture).n_colors_ == 3


def test_fitted_state_does_not_see_later_changes(picture):
    expected = KMeansQuantizer(8).fit_predict(picture)
    array = picture.copy()
    quantizer = fit(array)
    array[:] = 0
    np.testing.assert_array_equal(quantizer.labels_, expected)
    arrays = [picture.copy(), picture[:5].copy()]
    quantizer = fit(arrays)
    inertia = -quantizer.score([picture, picture[:5]])
    arrays[0][:] = 0
    assert quantizer.inertia_ == pytest.approx(inertia)
    np.testing.assert_array_equal(quantizer.labels_[0], quantizer.predict(picture))


@pytest.mark.parametrize("kind", ["picture", "matrix"])
def test_input_is_not_changed(kind, request):
    X = request.getfixturevalue(kind)
    before = X.copy()
    quantizer = fit(X)
    quantizer.fit_transform(X)
    quantizer.partial_fit(X).score(X)
    np.testing.assert_array_equal(X, before)


def test_pipeline_on_matrix_and_picture(picture, matrix):
    pipeline = make_pipeline(StandardScaler(), KMeansQuantizer(5))
    indices = pipeline.fit_transform(matrix, kmeansquantizer__sample_weight=np.ones(60))
    assert indices.shape == (60, 1)
    assert pipeline.inverse_transform(indices).shape == matrix.shape
    only = Pipeline([("quantize", KMeansQuantizer(5))])
    assert only.fit_transform(picture).shape == picture.shape[:2]


def test_grid_search_over_n_colors_on_matrix(matrix):
    search = GridSearchCV(KMeansQuantizer(), {"n_colors": [2, 4, 8]}, cv=3).fit(matrix)
    assert search.best_params_ == {"n_colors": 8}


def test_grid_search_over_n_colors_on_list_of_pictures(china):
    pictures = [china[i : i + 20, : 20 + i] for i in range(0, 60, 10)]
    search = GridSearchCV(KMeansQuantizer(), {"n_colors": [2, 4, 8]}, cv=3).fit(pictures)
    assert search.best_params_ == {"n_colors": 8}
    assert len(search.transform(pictures)) == 6


def test_pandas_output_is_one_column_of_indices(matrix):
    frame = pd.DataFrame(matrix, columns=["x", "y", "z"], index=range(100, 160))
    quantizer = KMeansQuantizer(5).set_output(transform="pandas")
    for indices in (quantizer.fit_transform(frame), quantizer.transform(frame)):
        assert indices.columns.tolist() == ["kmeansquantizer0"]
        assert indices.index.tolist() == list(range(100, 160))
        np.testing.assert_array_equal(indices["kmeansquantizer0"], quantizer.labels_)
    assert quantizer.get_feature_names_out().tolist() == ["kmeansquantizer0"]
    assert quantizer.feature_names_in_.tolist() == ["x", "y", "z"]
    assert quantizer.inverse_transform(indices).shape == matrix.shape
    assert isinstance(quantizer.predict(frame), np.ndarray)


def test_pictures_are_never_wrapped(picture):
    quantizer = KMeansQuantizer(5).set_output(transform="pandas")
    assert isinstance(quantizer.fit_transform(picture), np.ndarray)
    assert isinstance(quantizer.set_output(transform="pandas").transform(picture), np.ndarray)
    assert isinstance(quantizer.fit_transform([picture, picture]), list)
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(KMeansQuantizer(5).fit_transform(picture), np.ndarray)


def test_names_of_columns_are_forgotten_by_a_fit_on_pictures(picture, matrix):
    quantizer = KMeansQuantizer(5).fit(pd.DataFrame(matrix, columns=["x", "y", "z"]))
    assert not hasattr(quantizer.fit(picture), "feature_names_in_")
