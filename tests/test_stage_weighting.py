"""Weighting: what pixels count for, and that it adds up like counts."""

from itertools import permutations

import numpy as np
import pytest

from palettes_only import encode_png
from pil_kmeans import KMeansQuantizer, quantize
from pil_kmeans.stages.histogram import with_smoothness
from pil_kmeans.stages.options import Search
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.weighting import read_weighting
from reference import weighting as reference
from stage_calls import added, histogram, quantize_pixels

KINDS = [(dtype, n_channels) for dtype in (np.uint8, np.uint16, np.float32, np.bool_) for n_channels in (1, 2, 3, 4)]


def search(effort="balanced"):
    return Search("oklab", effort, "perceptual", 0, 2, is_free=False)


def counted(picture, *, sample_weight=None, frames=None, effort="balanced"):
    pixels = read_pixels(picture)
    hist = histogram(pixels, sample_weight=sample_weight)
    return with_smoothness(hist, pixels, search(effort), sample_weight=sample_weight, frames=frames)


def made(dtype, n_channels, shape=(40, 30)):
    values = np.random.default_rng([3, n_channels]).random((*shape, n_channels))
    values[:20] = np.linspace(0.2, 0.6, shape[1])[:, np.newaxis]
    if dtype == np.bool_:
        return values > 0.5
    return values.astype(dtype) if np.dtype(dtype).kind == "f" else (values * np.iinfo(dtype).max).astype(dtype)


def palette(picture, n_colors=8, **options):
    return quantize_pixels(read_pixels(picture), n_colors=n_colors, **options).palette


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_weights_are_those_of_the_reference(dtype, n_channels):
    picture = made(dtype, n_channels)
    hist, samples = counted(picture), read_pixels(picture).samples
    if samples.dtype == np.float64:
        samples = np.rint(samples * 65535).astype(np.uint16)
    counts, sums = reference.cell_smoothness(samples)
    np.testing.assert_array_equal(hist.smoothness.counts, counts)
    np.testing.assert_array_equal(hist.smoothness.sums, sums)
    keys, _, shift = hist._cell_keys
    expected = reference.color_weights(keys, hist.counts, shift, counts, sums)
    np.testing.assert_allclose(hist.weights / hist.weights.sum(), expected, rtol=1e-5)
    assert hist.shares.sum() == pytest.approx(hist.counts.sum())


def test_uniform_weights_are_the_counts():
    hist = histogram(read_pixels(made(np.uint8, 3)))
    np.testing.assert_array_equal(hist.weights, hist.counts)
    np.testing.assert_array_equal(hist.shares, hist.counts)


@pytest.mark.parametrize("sample_weight", [False, True])
def test_histograms_with_smoothness_add_up_in_any_order(sample_weight):
    rng = np.random.default_rng(2)
    pictures = [rng.integers(0, 99, (9, 12 + n, 3), np.uint8) for n in range(3)]
    weights = [rng.random(picture.shape[:2]) if sample_weight else None for picture in pictures]
    hists = [counted(picture, sample_weight=weight) for picture, weight in zip(pictures, weights, strict=True)]
    sums = [added(*order) for order in permutations(hists)]
    for other in sums[1:]:
        np.testing.assert_array_equal(other.weights, sums[0].weights)


def test_pictures_of_a_stack_and_of_a_list_are_apart():
    stack = np.random.default_rng(4).integers(0, 256, (3, 10, 14, 3), np.uint8)
    one = counted(stack.reshape(30, 14, 3), frames=[(10, 14)] * 3)
    parts = [counted(picture) for picture in stack]
    np.testing.assert_array_equal(one.weights, added(*parts).weights)
    assert (one.smoothness.sums != counted(stack.reshape(30, 14, 3)).smoothness.sums).any()
    quantizer = KMeansQuantizer(8, n_threads=1)
    stacked = quantizer.fit(stack).cluster_centers_
    np.testing.assert_array_equal(quantizer.fit([*stack]).cluster_centers_, stacked)
    parted = KMeansQuantizer(8, n_threads=1)
    for n in (2, 0, 1):
        parted.partial_fit(stack[n])
    np.testing.assert_array_equal(parted.cluster_centers_, stacked)


@pytest.mark.parametrize("unit", [2.0**-40, 8.0, 1e100])
def test_unit_of_weights_does_not_matter(unit):
    picture = made(np.uint8, 3)
    sample_weight = np.full(picture.shape[:2], unit)
    expected = palette(picture).centers
    np.testing.assert_allclose(palette(picture, sample_weight=sample_weight).centers, expected, rtol=1e-6)


def test_pixels_of_no_weight_have_no_say_in_weights():
    picture = made(np.uint8, 3, (40, 40))
    weight = np.ones((40, 40))
    weight[:, 20:] = 0
    other = picture.copy()
    other[:, 23:] = 7  # farther away than a window reaches
    results = [palette(each, sample_weight=weight).centers for each in (picture, other)]
    np.testing.assert_array_equal(*results)


def test_small_vivid_area_keeps_its_color():
    """Next to a large busy one, whose shades would take all entries."""
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 130, (96, 96, 1), np.uint8).repeat(3, axis=2)
    picture[40:48, 40:48] = 200, 40, 60
    errors = []
    for weighting in ("uniform", "perceptual"):
        result = quantize_pixels(read_pixels(picture), n_colors=6, weighting=weighting)
        area = result.palette.colors[result.indices][40:48, 40:48].astype(int)
        errors.append(np.abs(area - picture[40:48, 40:48]).max())
    assert errors[0] > 60
    assert errors[1] <= 2


def test_weighting_follows_the_color_space_unless_given():
    spaces = ("oklab", "cielab", "linear", "srgb")
    assert [read_weighting(None, space) for space in spaces] == ["perceptual", "perceptual", "uniform", "uniform"]
    assert {read_weighting(name, space) for space in spaces for name in ("uniform",)} == {"uniform"}
    picture = made(np.uint8, 3)
    plain = palette(picture, color_space="srgb").centers
    np.testing.assert_array_equal(palette(picture, color_space="srgb", weighting="uniform").centers, plain)
    assert (palette(picture, color_space="srgb", weighting="perceptual").centers != plain).any()


def test_inertia_and_score_include_the_weights():
    picture = made(np.uint8, 3)
    quantizer = KMeansQuantizer(6).fit(picture)
    assert quantizer.score(picture) == -quantizer.inertia_
    uniform = KMeansQuantizer(6, weighting="uniform").fit(picture)
    assert quantizer.inertia_ != uniform.inertia_
    # the mean weight is 1: what perceptual weights find is best by these
    by_those = KMeansQuantizer(6, weighting="uniform").fit(picture)
    by_those.weighting = "perceptual"
    assert quantizer.inertia_ <= -_perceptual_score(uniform, picture) * (1 + 1e-9)


def _perceptual_score(quantizer, picture):
    """The score of a palette under perceptual weights."""
    hist = counted(picture)
    from stage_calls import inertia

    return -inertia(hist, quantizer.cluster_centers_, "oklab")


def test_picture_of_few_colors_stays_exact():
    picture = made(np.uint8, 3) // 128 * 255
    quantizer = KMeansQuantizer(8).fit(picture)
    assert quantizer.inertia_ == 0
    np.testing.assert_array_equal(quantizer.inverse_transform(quantizer.transform(picture)), picture)


@pytest.mark.parametrize("call", [quantize, encode_png])
def test_unknown_weighting_is_refused(call):
    message = r"weighting must be one of 'perceptual', 'uniform' or None, got 'visual'"
    with pytest.raises(ValueError, match=message):
        call(made(np.uint8, 3), weighting="visual")


def test_estimator_refuses_unknown_weighting_and_perceptual_matrices():
    with pytest.raises(ValueError, match="'weighting' parameter of KMeansQuantizer must be a str among"):
        KMeansQuantizer(weighting="visual").fit(made(np.uint8, 3))
    with pytest.raises(
        ValueError, match=r"weighting='perceptual' is for pictures, but X is a matrix of shape \(4, 2\)"
    ):
        KMeansQuantizer(2, weighting="perceptual").fit(np.arange(8.0).reshape(4, 2))
    KMeansQuantizer(2, weighting="uniform").fit(np.arange(8.0).reshape(4, 2))


@pytest.mark.parametrize("call", [quantize, encode_png, lambda p, **o: KMeansQuantizer().fit(p, **o)])
def test_weights_that_are_all_zero_are_refused(call):
    with pytest.raises(ValueError, match="at least one non-zero"):
        call(made(np.uint8, 3), sample_weight=np.zeros((40, 30)))
