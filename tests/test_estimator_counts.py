"""`counts_` and `shares_` of `KMeansQuantizer`: of pixels, and of rows."""

import pickle

import dask.array as da
import numpy as np
import pytest
from skimage.data import chelsea

from pil_kmeans import KMeansQuantizer

PICTURE = chelsea()[::4, ::4]
HALF = len(PICTURE) // 2


def counted(indices, n):
    return np.bincount(np.ravel(indices), minlength=n)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"effort": "fast"},
        {"effort": "best"},
        {"dither": "floyd-steinberg"},
        {"weighting": "uniform"},
        {"palette": "pico8"},
    ],
    ids=str,
)
def test_counts_are_those_of_the_labels(options):
    quantizer = KMeansQuantizer(**{"n_colors": 9} | options if "palette" not in options else options).fit(PICTURE)
    restored = pickle.loads(pickle.dumps(quantizer))
    assert quantizer.counts_.dtype == np.int64
    assert quantizer.counts_.sum() == PICTURE.shape[0] * PICTURE.shape[1]
    np.testing.assert_array_equal(quantizer.counts_, counted(quantizer.labels_, quantizer.n_colors_))
    np.testing.assert_allclose(quantizer.shares_, quantizer.counts_ / quantizer.counts_.sum(), rtol=1e-15)
    np.testing.assert_array_equal(restored.counts_, quantizer.counts_)
    assert str(restored.to_swatches()) == str(quantizer.to_swatches())


def test_counts_come_back_where_pixels_are_counted_anew():
    """As by merging into a quantizer that was fitted and pickled."""
    first, second = (KMeansQuantizer(6, color_space="cielab").fit(part) for part in (PICTURE[:HALF], PICTURE[HALF:]))
    merged = pickle.loads(pickle.dumps(first)).merge(second)
    indices = np.concatenate([merged.predict(part).ravel() for part in (PICTURE[:HALF], PICTURE[HALF:])])
    np.testing.assert_array_equal(merged.counts_, counted(indices, 6))


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_weights_move_centers_but_count_no_pixel_twice(effort):
    weight = np.ones(PICTURE.shape[:2])
    weight[:HALF] = 50.5
    weight[:, :7] = 0
    quantizer = KMeansQuantizer(6, effort=effort).fit(PICTURE, sample_weight=weight)
    assert (quantizer.palette_ != KMeansQuantizer(6, effort=effort).fit(PICTURE).palette_).any()
    assert quantizer.counts_.sum() == (weight > 0).sum()
    if effort == "balanced":
        np.testing.assert_array_equal(quantizer.counts_, counted(quantizer.predict(PICTURE)[weight > 0], 6))
    else:
        by_colors = counted(quantizer.predict(PICTURE)[weight > 0], 6)
        assert abs(quantizer.counts_ - by_colors).max() < 0.02 * by_colors.sum()  # it counts in cells


def test_masked_pixels_do_not_count():
    mask = np.zeros(PICTURE.shape, bool)
    mask[:HALF] = True
    quantizer = KMeansQuantizer(6).fit(np.ma.MaskedArray(PICTURE, mask))
    np.testing.assert_array_equal(quantizer.counts_, KMeansQuantizer(6).fit(PICTURE[HALF:]).counts_)


def test_parts_count_together():
    at_once = KMeansQuantizer(6).fit([PICTURE[:HALF], PICTURE[HALF:]])
    first, second = (KMeansQuantizer(6).partial_fit(part) for part in (PICTURE[:HALF], PICTURE[HALF:]))
    assert first.counts_.sum() < at_once.counts_.sum()
    in_parts = [
        KMeansQuantizer(6).partial_fit(PICTURE[HALF:]).partial_fit(PICTURE[:HALF]),
        second.merge(first),
        KMeansQuantizer(6).fit(iter([PICTURE[:HALF], PICTURE[HALF:]])),
    ]
    for quantizer in in_parts:
        np.testing.assert_array_equal(quantizer.counts_, at_once.counts_)


def test_dask_blocks_count_as_the_picture_does():
    blocks = da.from_array(PICTURE, chunks=(30, 60, 3))
    np.testing.assert_array_equal(KMeansQuantizer(6).fit(blocks).counts_, KMeansQuantizer(6).fit(PICTURE).counts_)


@pytest.mark.parametrize("n_columns", [1, 3, 6])
def test_rows_of_matrices_count(n_columns):
    X = np.random.default_rng(0).integers(0, 3, (200, n_columns)).astype(float)
    weight = np.arange(200) % 3 / 2
    quantizer = KMeansQuantizer(4).fit(X, sample_weight=weight)
    np.testing.assert_array_equal(quantizer.counts_, counted(quantizer.predict(X)[weight > 0], quantizer.n_colors_))
    parts = KMeansQuantizer(4).partial_fit(X[:90], sample_weight=weight[:90])
    parts.partial_fit(X[90:], sample_weight=weight[90:])
    np.testing.assert_array_equal(parts.counts_, quantizer.counts_)
