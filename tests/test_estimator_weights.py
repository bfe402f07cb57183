"""`sample_weight` and `partial_fit`: weights are repetitions, histograms add up."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.base import clone

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
    quantizer = KMeansQuantizer(10, weighting="uniform")  # otherwise neighbours count as well
    weighted = clone(quantizer).fit(picture, sample_weight=repeats.reshape(picture.shape[:2]))
    assert_same_fit(weighted, quantizer.fit(repeated))


@pytest.mark.parametrize("n_columns", [1, 2, 4, 6])
def test_weight_of_a_row_is_its_repetition(n_columns):
    X = matrices(n_columns)[1]
    repeats = np.arange(len(X)) % 4
    weighted = KMeansQuantizer(7).fit(X, sample_weight=repeats)
    assert_same_fit(weighted, KMeansQuantizer(7).fit(np.repeat(X, repeats, axis=0)))
    assert weighted.score(X, sample_weight=repeats) == pytest.approx(-weighted.inertia_)


def test_weights_of_a_half_are_half_of_the_picture():
    picture = pictures_of_one_palette()[1]
    whole = KMeansQuantizer(8).fit(picture)
    half = KMeansQuantizer(8).fit(picture, sample_weight=np.full(picture.shape[:2], 0.5))
    np.testing.assert_array_equal(half.cluster_centers_, whole.cluster_centers_)
    assert half.inertia_ == whole.inertia_ / 2
    assert half.score(picture) == -whole.inertia_


@pytest.mark.parametrize("factor", [0.25, 0.1, 3, 1e-9, 1e9, 1e-300, 1e90])
def test_unit_of_the_weights_does_not_matter(factor):
    picture = pictures_of_one_palette()[1]
    weight = np.random.default_rng(5).uniform(0.001, 1, picture.shape[:2])
    expected = KMeansQuantizer(8).fit(picture, sample_weight=weight)
    found = KMeansQuantizer(8).fit(picture, sample_weight=weight * factor)
    np.testing.assert_array_equal(found.palette_, expected.palette_)
    np.testing.assert_allclose(found.cluster_centers_, expected.cluster_centers_, atol=1e-5)
    assert found.inertia_ == pytest.approx(expected.inertia_ * factor, rel=1e-6)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_fractions_and_whole_pictures_add_up_in_any_order(order, effort):
    pictures = pictures_of_one_palette()
    rng = np.random.default_rng(6)
    weights = [rng.uniform(0.001, 1, pictures[0].shape[:2]), None, np.full(pictures[2].shape[:2], 0.5)]
    ones = np.ones(pictures[1].shape[:2])
    expected = KMeansQuantizer(10, effort=effort).fit(pictures, sample_weight=[weights[0], ones, weights[2]])
    quantizer = KMeansQuantizer(10, effort=effort)
    for i in order:
        quantizer.partial_fit(pictures[i], sample_weight=weights[i])
    assert_same_fit(quantizer, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_the_smallest_weight_beside_the_largest_has_a_say(dtype):
    grey = np.array([[0, 255, 102]], np.uint8) if dtype == np.uint8 else np.array([[0, 1, 0.4]])
    quantizer = KMeansQuantizer(3, channel_axis=None).fit(grey, sample_weight=[[1e100, 1e-300, 1]])
    assert quantizer.inertia_ == 0
    picture = np.tile(grey[..., np.newaxis], 3)
    few = KMeansQuantizer(2, color_space="srgb").fit(picture, sample_weight=[[1e100, 1e-300, 0]])
    np.testing.assert_array_equal(np.sort(few.palette_[:, 0]), grey[0, :2])


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
    assert not hasattr(quantizer, "labels_")  # no picture is kept


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


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pictures_with_transparency_share_one_transparent_entry(dtype):
    rng = np.random.default_rng(8)
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    pictures = []
    for _ in range(5):
        picture = (rng.integers(0, 6, (6, 7, 4)) * (full / 5)).astype(dtype)
        picture[0, 0] = [*(rng.integers(1, 5, 3) * (full / 5)).astype(dtype), 0]
        picture[picture[..., 3] == 0, :3] = picture[0, 0, :3]
        pictures.append(picture)
    quantizer = KMeansQuantizer(4)
    for picture in pictures:
        quantizer.partial_fit(picture)
    assert_same_fit(quantizer, KMeansQuantizer(4).fit(pictures))
    assert_same_fit(quantizer, KMeansQuantizer(4).fit(pictures[::-1]))
    least = min(tuple(picture[0, 0].tolist()) for picture in pictures)  # all of them are first in their picture
    assert tuple(quantizer.palette_[0].tolist()) == pytest.approx(least)
    assert (quantizer.palette_[1:, 3] > 0).all()
    np.testing.assert_array_equal(quantizer.predict(pictures[-1]) == 0, pictures[-1][..., 3] == 0)
