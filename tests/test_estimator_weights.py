"""`sample_weight` and `partial_fit`: weights are repetitions, histograms add up."""

from itertools import permutations

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer


def pictures_of_one_palette():
    rng = np.random.default_rng(3)
    colors = rng.integers(0, 256, (200, 3), np.uint8)
    return [colors[rng.integers(0, 200, (n, 2 * n))] for n in (5, 12, 9)]


def matrices(n_columns):
    rng = np.random.default_rng(3)
    return [rng.normal(size=(n, n_columns)).round(1) for n in (40, 90, 20)]


def assert_same_fit(one, other):
    np.testing.assert_array_equal(one.cluster_centers_, other.cluster_centers_)
    np.testing.assert_array_equal(one.palette_, other.palette_)
    assert one.inertia_ == pytest.approx(other.inertia_, rel=1e-12)
    assert one.n_iter_ == other.n_iter_


def test_weight_of_a_pixel_is_its_repetition():
    picture = pictures_of_one_palette()[1]
    repeats = np.arange(picture.shape[0] * picture.shape[1]) % 4
    repeated = np.repeat(picture.reshape(-1, 3), repeats, axis=0)[np.newaxis]
    weighted = KMeansQuantizer(10).fit(picture, sample_weight=repeats.reshape(picture.shape[:2]))
    assert_same_fit(weighted, KMeansQuantizer(10).fit(repeated))


@pytest.mark.parametrize("n_columns", [1, 2, 4, 6])
def test_weight_of_a_row_is_its_repetition(n_columns):
    X = matrices(n_columns)[1]
    repeats = np.arange(len(X)) % 4
    weighted = KMeansQuantizer(7).fit(X, sample_weight=repeats)
    assert_same_fit(weighted, KMeansQuantizer(7).fit(np.repeat(X, repeats, axis=0)))
    assert weighted.score(X, sample_weight=repeats) == pytest.approx(-weighted.inertia_)


def test_weights_follow_the_form_of_the_pictures():
    picture = pictures_of_one_palette()[0]
    weight = np.arange(1, 51).reshape(5, 10)
    expected = KMeansQuantizer(6).fit(picture, sample_weight=weight)
    other, nothing = np.roll(picture, 1, axis=0), np.zeros_like(weight)
    pair = np.stack([picture, other])
    stacked = KMeansQuantizer(6).fit(pair, sample_weight=np.stack([weight, nothing]))
    listed = KMeansQuantizer(6).fit([picture, other], sample_weight=[weight, nothing.tolist()])
    assert_same_fit(stacked, expected)
    assert_same_fit(listed, expected)


def test_pixel_of_no_weight_has_no_say_but_may_have_an_entry():
    picture = np.zeros((1, 3, 3), np.uint8)
    picture[0, :, 0] = [0, 200, 90]
    quantizer = KMeansQuantizer(2).fit(picture, sample_weight=[[1, 1, 0]])
    assert sorted(quantizer.palette_[:, 0]) == [0, 200]
    assert quantizer.inertia_ == 0
    assert quantizer.labels_.shape == (1, 3)
    roomy = KMeansQuantizer(3)
    indices = roomy.fit_transform(picture, sample_weight=[[1, 1, 0]])
    np.testing.assert_array_equal(roomy.inverse_transform(indices), picture)


def test_row_of_no_weight_is_not_there():
    quantizer = KMeansQuantizer(4).fit([[0.0, 1.0], [200.0, 1.0], [90.0, 1.0]], sample_weight=[1, 1, 0])
    assert quantizer.n_colors_ == 2
    np.testing.assert_array_equal(quantizer.labels_, [0, 1, 0])


@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_partial_fit_on_pictures_is_one_fit_in_any_order(order, effort):
    pictures = pictures_of_one_palette()
    expected = KMeansQuantizer(10, effort=effort).fit(pictures)
    quantizer = KMeansQuantizer(10, effort=effort)
    for i in order:
        quantizer.partial_fit(pictures[i])
    assert_same_fit(quantizer, expected)
    last = pictures[order[-1]]
    np.testing.assert_array_equal(quantizer.labels_, expected.predict(last))


@pytest.mark.parametrize("n_columns", [1, 3, 6])
def test_partial_fit_on_matrices_is_one_fit_in_any_order(n_columns):
    parts = matrices(n_columns)
    expected = KMeansQuantizer(10).fit(np.concatenate(parts))
    for order in permutations(parts):
        quantizer = KMeansQuantizer(10)
        for part in order:
            quantizer.partial_fit(part)
        assert_same_fit(quantizer, expected)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit"])
def test_partial_fit_goes_on_from_fit_and_fit_starts_anew(effort, method):
    first, second, third = pictures_of_one_palette()
    array = first.copy()
    quantizer = KMeansQuantizer(10, effort=effort)
    getattr(quantizer, method)(array)
    assert_same_fit(quantizer, KMeansQuantizer(10, effort=effort).fit(first))
    array[:] = 0
    quantizer.partial_fit([second, third])
    assert_same_fit(quantizer, KMeansQuantizer(10, effort=effort).fit([first, second, third]))
    assert_same_fit(quantizer.fit(second), KMeansQuantizer(10, effort=effort).fit(second))


def test_partial_fit_with_a_random_state_instance_is_one_fit():
    first, second, third = pictures_of_one_palette()
    expected = KMeansQuantizer(10, random_state=np.random.RandomState(1))
    expected.fit([first, second, third])
    quantizer = KMeansQuantizer(10, random_state=np.random.RandomState(1))
    for picture in (first, second, third):
        quantizer.partial_fit(picture)
        assert quantizer.n_colors_ == 10
    assert_same_fit(quantizer, expected)


def test_failed_partial_fit_changes_nothing():
    first, second, _ = pictures_of_one_palette()
    quantizer = KMeansQuantizer(10).fit(first)
    with pytest.raises(ValueError, match="non-zero"):
        quantizer.partial_fit(second, sample_weight=np.zeros(second.shape[:2]))
    with pytest.raises(ValueError, match="channels"):
        quantizer.partial_fit(second[..., :2])
    assert_same_fit(quantizer, KMeansQuantizer(10).fit(first))
