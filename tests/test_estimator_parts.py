"""Pictures in parts: `merge`, `max_bins`, and arrays too large to be worked on at once."""

import pickle
from itertools import permutations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from pil_kmeans import KMeansQuantizer
from pil_kmeans.estimator import read_x
from pil_kmeans.stages import parts
from pil_kmeans.stages.tally import LEAST_BUDGET

KINDS = [(np.uint8, 3), (np.uint8, 4), (np.uint16, 3), (np.float32, 2), (np.float32, 1), (np.bool_, 3)]


def noise(*shape, dtype=np.uint8, seed=0):
    """Noise between two levels, some pixels transparent: of many colours."""
    values = np.random.default_rng(seed).random(shape) ** 2
    if shape[-1] % 2 == 0:
        values[..., -1] = np.clip(2 * values[..., -1] - 0.3, 0, 1)
    if dtype == np.bool_:
        return values > 0.3
    return (values * (1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max)).astype(dtype)


@pytest.fixture
def small_bands(monkeypatch):
    """What takes arrays of hundreds of megabytes takes those of some hundred pixels."""
    monkeypatch.setattr(read_x, "LARGE", 1000)
    monkeypatch.setattr(parts, "BAND_PIXELS", 300)


def assert_same_fit(a, b):
    np.testing.assert_array_equal(a.cluster_centers_, b.cluster_centers_)
    assert a.inertia_ == b.inertia_


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_merged_parts_are_one_fit_in_any_order(dtype, n_channels, weighted):
    pictures = [noise(20, 30 + i, n_channels, dtype=dtype, seed=i) for i in range(3)]
    weights = [np.random.default_rng(i).random(x.shape[:2]) if weighted else None for i, x in enumerate(pictures)]
    expected = KMeansQuantizer(6).fit(pictures, sample_weight=weights if weighted else None)
    for order in permutations(range(3)):
        first, second, third = (KMeansQuantizer(6).partial_fit(pictures[i], sample_weight=weights[i]) for i in order)
        second.merge(pickle.loads(pickle.dumps(third)))
        assert_same_fit(first.merge(second), expected)
    assert not hasattr(first, "labels_")


def test_merge_into_what_is_not_fitted_is_a_copy():
    picture = noise(20, 30, 3)
    other = KMeansQuantizer(6).fit(picture)
    merged = KMeansQuantizer(6).merge(other)
    assert_same_fit(merged, other)
    merged.partial_fit(picture[:4])
    assert_same_fit(other, KMeansQuantizer(6).fit(picture))
    assert_same_fit(
        KMeansQuantizer(6, effort="fast").fit(picture).merge(other),
        KMeansQuantizer(6, effort="fast").fit([picture] * 2),
    )


def test_merged_matrices_are_one_fit():
    rows = np.random.default_rng(0).integers(0, 9, (60, 3)).astype(float)
    merged = KMeansQuantizer(4).fit(rows[:20]).merge(KMeansQuantizer(4).fit(rows[20:]))
    assert_same_fit(merged, KMeansQuantizer(4).fit(rows))


def test_merge_refuses_what_does_not_agree():
    quantizer = KMeansQuantizer(4).fit(noise(9, 9, 3))
    with pytest.raises(TypeError, match="must be a KMeansQuantizer, got int"):
        quantizer.merge(3)
    with pytest.raises(NotFittedError):
        quantizer.merge(KMeansQuantizer(4))
    for X, message in (
        (noise(9, 9, 4), "other was fitted on pictures that have 4 channels"),
        (noise(9, 9, 3, dtype=np.uint16), "other was fitted on pictures that have dtype uint16"),
        (np.eye(3), "other was fitted on a matrix, this one on pictures"),
    ):
        with pytest.raises(ValueError, match=message):
            quantizer.merge(KMeansQuantizer(4).fit(X))
    for options, message in (
        ({"max_bins": LEAST_BUDGET}, "max_bins=262144"),
        ({"weighting": "uniform"}, "uniform weighting"),
        ({"dither": "ordered"}, "merge cannot be used with dither='ordered'"),
    ):
        with pytest.raises(ValueError, match=message):
            quantizer.merge(KMeansQuantizer(4, **options).fit(noise(9, 9, 3)))
    assert_same_fit(quantizer, KMeansQuantizer(4).fit(noise(9, 9, 3)))


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_above_max_bins_parts_are_one_fit_and_close_to_the_exact(effort):
    picture = noise(700, 800, 3)  # 490,000 colours
    options = {"n_colors": 16, "effort": effort, "weighting": "uniform"}
    whole = KMeansQuantizer(max_bins=LEAST_BUDGET, **options).fit(picture)
    merged = KMeansQuantizer(max_bins=LEAST_BUDGET, **options)
    for part in (picture[500:], picture[:100], picture[100:500]):
        merged.partial_fit(part)
    assert_same_fit(merged, whole)
    assert whole.score(picture) == pytest.approx(KMeansQuantizer(**options).fit(picture).score(picture), rel=0.01)
    assert len(pickle.dumps(merged)) < 7 * LEAST_BUDGET


def test_parts_are_held_packed():
    """Which takes a tenth of what a histogram does, that can be made again."""
    picture = noise(20, 30, 3)
    quantizer = KMeansQuantizer(4).partial_fit(picture).partial_fit(picture)
    assert (quantizer.inertia_ > 0, quantizer.counts_.sum()) == (True, 2 * 20 * 30)
    model = quantizer._model
    assert model._fitted.hist is model._hist is None


def test_max_bins_is_checked():
    for value in (LEAST_BUDGET - 1, 0, 1e6, "many"):
        with pytest.raises(ValueError, match="'max_bins' parameter of KMeansQuantizer must be an int in the range"):
            KMeansQuantizer(max_bins=value).fit(noise(9, 9, 3))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_large_pictures_are_as_others(small_bands, dtype, n_channels, weighted, tmp_path):
    stack = noise(2, 45, 37, n_channels, dtype=dtype)
    weight = np.random.default_rng(0).random(stack.shape[:3]) if weighted else None
    listed = KMeansQuantizer(6).fit([*stack], sample_weight=None if weight is None else [*weight])
    memory = np.memmap(tmp_path / "stack", dtype, "w+", shape=stack.shape)
    memory[:] = stack
    fitted = KMeansQuantizer(6).fit(memory, sample_weight=weight)
    assert_same_fit(fitted, listed)
    assert not hasattr(fitted, "labels_")
    np.testing.assert_array_equal(fitted.predict(memory), np.stack(listed.predict([*stack])))
    np.testing.assert_array_equal(KMeansQuantizer(6).fit_predict(memory, sample_weight=weight), fitted.predict(memory))
    assert fitted.score(memory, sample_weight=weight) == pytest.approx(-fitted.inertia_)
    first = np.moveaxis(stack, -1, 1)
    assert_same_fit(KMeansQuantizer(6, channel_axis=0).fit(first, sample_weight=weight), listed)


@pytest.mark.parametrize("options", [{"dither": "floyd-steinberg"}, {"effort": "best"}, {"effort": "fast"}])
def test_large_pictures_are_read_whole_where_that_is_needed(small_bands, monkeypatch, options):
    picture = noise(50, 40, 3)
    indices = KMeansQuantizer(6, **options).fit_transform(picture)
    monkeypatch.undo()
    np.testing.assert_array_equal(indices, KMeansQuantizer(6, **options).fit_transform(picture))


def test_bad_parts_of_large_pictures_are_named(small_bands):
    picture = noise(50, 40, 3, dtype=np.float32)
    picture[49, 39] = np.nan
    quantizer = KMeansQuantizer(4).partial_fit(picture[:20])
    with pytest.raises(ValueError, match="X holds NaN or infinity"):
        quantizer.partial_fit(picture)
    assert_same_fit(quantizer, KMeansQuantizer(4).fit(picture[:20]))
    picture[49, 39] = 1
    for weight, message in (
        (np.zeros((50, 40)), "at least one non-zero"),
        (np.ones((50, 39)), r"sample_weight has shape \(50, 39\); it must have the shape \(50, 40\)"),
        (np.full((50, 40), -1.0), "must not be negative"),
    ):
        with pytest.raises(ValueError, match=message):
            KMeansQuantizer(4).fit(picture, sample_weight=weight)
    with pytest.raises(TypeError, match="X has dtype int32"):
        KMeansQuantizer(4).fit(picture.astype(np.int32))
