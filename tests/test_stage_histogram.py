"""The histogram stage: all pixels counted, histograms that add up, weights, cells, transparent pixels."""

from dataclasses import replace

import numpy as np
import pytest

from pil_kmeans.stages.pixels import read_pixels
from reference.histogram import cell_histogram
from stage_calls import added, histogram, picture_histogram

DTYPES = [np.uint8, np.uint16, np.bool_, np.float32, np.float64]
KINDS = [(dtype, n_channels) for dtype in DTYPES for n_channels in (1, 2, 3, 4)]
CELLED = [(np.uint8, 3), (np.bool_, 3)]  # whose samples are RGB in 8 bits


def made(dtype, n_channels, shape=(19, 23), seed=0, levels=4):
    """A picture of few levels, so that colours repeat."""
    levels = np.random.default_rng([seed, n_channels]).integers(0, levels, (*shape, n_channels)) / (levels - 1)
    if np.dtype(dtype).kind == "u":
        return (levels * np.iinfo(dtype).max).astype(dtype)
    return (levels > 0.5) if dtype == np.bool_ else levels.astype(dtype)


def counted(picture, **options):
    return histogram(read_pixels(picture), **options)


def assert_equal(a, b):
    np.testing.assert_array_equal(a.keys, b.keys)
    np.testing.assert_array_equal(a.counts, b.counts)
    np.testing.assert_array_equal(a.colors, b.colors)
    assert (a.n_channels, a.bits, a.dtype) == (b.n_channels, b.bits, b.dtype)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_every_pixel_is_counted_and_every_color_once(dtype, n_channels):
    picture = made(dtype, n_channels)
    hist = counted(picture)
    assert hist.counts.sum() == picture.shape[0] * picture.shape[1]
    assert hist.counts.min() > 0
    assert len(np.unique(hist.colors, axis=0)) == len(hist)
    assert (np.diff(hist.keys) > 0).all()
    if n_channels % 2:
        colors, counts = np.unique(picture.reshape(-1, n_channels), axis=0, return_counts=True)
        assert len(hist) == len(colors)
        assert sorted(hist.counts) == sorted(counts)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_histograms_of_parts_add_up_to_that_of_the_whole(dtype, n_channels):
    picture = made(dtype, n_channels, (30, 20))
    top, middle, bottom = (
        replace(part, first=part.first + 20 * row) if part.first is not None else part
        for row, part in zip((0, 7, 8), map(counted, np.split(picture, [7, 8])), strict=True)
    )
    whole = counted(picture)
    assert_equal(added(top, middle, bottom), whole)
    assert_equal(added(top, added(middle, bottom)), whole)
    assert_equal(added(bottom, top, middle), whole)


def test_histograms_of_unlike_pictures_do_not_add():
    hist = counted(made(np.uint8, 3))
    for other in (made(np.uint8, 4), made(np.uint16, 3), made(np.bool_, 3), made(np.float32, 3)):
        with pytest.raises(ValueError, match="cannot merge 3-channel uint8"):
            added(hist, counted(other))


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_weight_of_a_pixel_is_its_repetition(dtype, n_channels):
    picture = made(dtype, n_channels)
    weights = np.random.default_rng(1).integers(1, 6, picture.shape[:2])
    repeated = picture.reshape(1, -1, n_channels).repeat(weights.ravel(), axis=1)
    assert_equal(counted(picture, sample_weight=weights.astype(np.float64)), counted(repeated))


def test_pixels_of_no_weight_leave_their_color():
    picture = np.array([[[1, 2, 3], [4, 5, 6], [1, 2, 3]]], np.uint8)
    hist = counted(picture, sample_weight=np.array([[0.0, 0.0, 2.0]]))
    assert hist.colors.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert hist.counts.tolist() == [2, 0]


def test_scale_of_the_weights_does_not_matter_to_their_ratio():
    picture = made(np.uint8, 3)
    weights = np.random.default_rng(2).random(picture.shape[:2])
    ratios = [
        counts / counts.sum()
        for counts in (counted(picture, sample_weight=scale * weights).counts for scale in (1, 1e-12, 1e12))
    ]
    np.testing.assert_allclose(ratios[1], ratios[0], rtol=1e-6)
    np.testing.assert_allclose(ratios[2], ratios[0], rtol=1e-6)


@pytest.mark.parametrize("bits", [5, 6])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_cells_are_those_of_the_exact_histogram(astronaut, bits, n_threads):
    cells = counted(astronaut, cell_bits=bits, n_threads=n_threads)
    keys, counts, colors = cell_histogram(astronaut.reshape(-1, 3), bits)
    for hist in (cells, counted(astronaut).in_cells(bits)):
        np.testing.assert_array_equal(hist.keys, keys)
        np.testing.assert_array_equal(hist.counts, counts)
        np.testing.assert_array_equal(hist.colors, colors)


def test_cells_of_weighted_pictures_have_weighted_means():
    picture = np.array([[[0, 0, 0], [3, 3, 3], [200, 0, 0]]], np.uint8)
    hist = counted(picture, sample_weight=np.array([[1.0, 2.0, 0.0]]), cell_bits=6)
    assert hist.colors.tolist() == [[2 * 257] * 3, [200 * 257, 0, 0]]
    assert hist.counts.tolist() == [3, 0]


@pytest.mark.parametrize(("dtype", "n_channels"), [kind for kind in KINDS if kind not in CELLED])
def test_other_pictures_are_counted_exactly_where_cells_are_asked_for(dtype, n_channels):
    picture = made(dtype, n_channels)
    assert_equal(counted(picture, cell_bits=5), counted(picture))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n_channels", [2, 4])
def test_transparent_pixels_count_as_the_first_of_them(dtype, n_channels):
    picture = made(dtype, n_channels, levels=5)
    picture[..., -1] = np.where(np.arange(23) % 3 == 1, 0, np.iinfo(dtype).max)
    hist = counted(picture)
    transparent = hist.colors[:, -1] == 0
    assert hist.colors[transparent].tolist() == [picture[0, 1].tolist()]
    assert hist.counts[transparent].sum() == 19 * 8


@pytest.mark.parametrize(("darkest", "bits"), [(8, 5), (4, 6), (0, 6)])
def test_cells_are_fine_where_many_pixels_are_dark(china, darkest, bits):
    dark = np.random.default_rng(0).integers(darkest, darkest + 4, (100, *china.shape[1:]), np.uint8)
    picture = np.concatenate([china, dark])
    assert picture_histogram(read_pixels(picture), n_colors=16, effort="fast").bits == bits
    weight = np.ones(picture.shape[:2])
    assert picture_histogram(read_pixels(picture), n_colors=16, effort="fast", sample_weight=weight).bits == bits
