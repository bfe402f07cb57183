"""Locked colours in the stages: what holds for every kind of picture."""

from itertools import cycle

import numpy as np
import pytest

from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.samples import full_scale
from stage_calls import fit_palette, histogram, inertia, quantize_pixels

EFFORTS = ["fast", "balanced", "best"]
KINDS = [(dtype, n_channels) for dtype in ("uint8", "uint16", "bool", "float32") for n_channels in (1, 2, 3, 4)]


def made(dtype, n_channels, shape, seed=0):
    values = np.random.default_rng([seed, n_channels]).random((*shape, n_channels)) * 0.9
    return as_dtype(values, dtype)


def as_dtype(values, dtype):
    if dtype == "bool":
        return values > 0.5
    return values.astype(dtype) if dtype == "float32" else np.rint(values * full_scale(np.dtype(dtype))).astype(dtype)


def locked_for(picture):
    """The first pixel, a colour that is not there, and opaque and transparent ones where there is alpha."""
    dtype, n_channels = picture.dtype.name, picture.shape[2]
    ends = np.full((3, n_channels), 0.99)
    ends[0, 0] = 0.97
    ends[1:, -1] = (1.0, 0.0)
    ends[0, -1] = 1.0 if dtype == "bool" else 0.8
    picture[0, 0, -1] = full_scale(picture.dtype)
    colors = np.concatenate([picture[0, :1], as_dtype(ends[: 3 if n_channels % 2 == 0 else 1], dtype)])
    _, first = np.unique(colors, axis=0, return_index=True)
    return colors[np.sort(first)]


def quantized(picture, n_colors, fixed, **options):
    palette, indices, _ = quantize_pixels(read_pixels(picture), n_colors=n_colors, fixed_colors=fixed, **options)
    return palette, indices


def is_transparent(colors):
    return (colors[:, -1] == 0) & (colors.shape[1] % 2 == 0)


def assert_locked(palette, indices, fixed, n_colors):
    """Exactly, in order behind a transparent entry, once each; all others in use."""
    colors, first = palette.colors, int(is_transparent(palette.colors)[0])
    assert len(colors) <= n_colors
    assert len(np.unique(colors, axis=0)) == len(colors)
    assert not is_transparent(colors[1:]).any()
    in_order = np.concatenate([fixed[is_transparent(fixed)], fixed[~is_transparent(fixed)]])
    start = first - np.count_nonzero(is_transparent(fixed))
    np.testing.assert_array_equal(np.flatnonzero(palette.fixed), np.arange(start, start + len(fixed)))
    np.testing.assert_array_equal(colors[palette.fixed], in_order)
    np.testing.assert_array_equal(palette.centers[palette.fixed], in_order)
    used = np.bincount(indices.ravel(), minlength=len(colors)) > 0
    assert (used | palette.fixed).all()


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_locked_colors_are_entries_and_their_pixels_keep_them(dtype, n_channels):
    picture = made(dtype, n_channels, (30, 31))
    fixed = locked_for(picture)
    for n_colors, effort, space in zip(cycle((12, 20, 21, 60)), cycle(EFFORTS), COLOR_SPACES, strict=False):
        palette, indices = quantized(picture, n_colors, fixed, effort=effort, color_space=space, n_threads=1)
        assert_locked(palette, indices, fixed, n_colors)
        assert (palette.colors[indices[0, 0]] == picture[0, 0]).all()
        again, same_indices = quantized(picture, n_colors, fixed, effort=effort, color_space=space, n_threads=3)
        assert again.centers.tobytes() == palette.centers.tobytes()
        np.testing.assert_array_equal(same_indices, indices)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_picture_of_few_colors_beside_the_locked_is_unchanged(dtype, n_channels):
    colors = np.unique(made(dtype, n_channels, (1, 30))[0], axis=0)
    if n_channels % 2 == 0:
        colors = colors[colors[:, -1] > 0]
    picture = colors[np.random.default_rng(1).permutation(np.arange(len(colors)).repeat(20)).reshape(20, -1)]
    fixed = locked_for(picture)
    n_colors = len(np.unique(np.concatenate([colors, fixed]), axis=0))
    for more in (0, 1, 100):
        palette, indices = quantized(picture, n_colors + more, fixed)
        assert len(palette.colors) == n_colors
        np.testing.assert_array_equal(palette.colors[indices], picture)
        np.testing.assert_array_equal(palette.colors[palette.labels], colors_of(picture))
        assert_locked(palette, indices, fixed, n_colors)


def colors_of(picture):
    hist = histogram(read_pixels(picture))
    colors = hist.colors if hist.exact is None else hist.exact
    return colors > 127 if picture.dtype == bool else colors


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_locked_transparent_color_is_that_of_all_transparent_pixels(dtype):
    picture = made(dtype, 4, (20, 20))
    picture[:5, :, 3] = 0
    green = as_dtype(np.array([[0.0, 1.0, 0.0, 0.0]]), dtype)
    opaque = as_dtype(np.array([[0.3, 0.3, 0.3, 1.0]]), dtype)
    for fixed in (green, np.concatenate([opaque, green])):
        for n_colors in (2, 9, 400):
            palette, indices = quantized(picture, n_colors, fixed)
            np.testing.assert_array_equal(palette.colors[0], green[0])
            assert (indices[:5] == 0).all()
            assert_locked(palette, indices, fixed, n_colors)
    weight = np.zeros((20, 20))
    weight[9, :2] = 1
    palette, indices = quantized(picture, 300, green, sample_weight=weight)  # most entries go to the worst colours
    assert len(palette.colors) == 300
    assert_locked(palette, indices, green, 300)


def test_transparent_pixels_come_before_colors_that_are_locked():
    picture = made("uint8", 4, (20, 20))
    picture[:5, :, 3] = 0
    fixed = np.array([[255, 0, 0, 255], [0, 255, 0, 255]], np.uint8)
    palette, indices = quantized(picture, 5, fixed)
    assert palette.colors[0].tolist() == picture[0, 0].tolist()
    assert palette.fixed.tolist() == [False, True, True, False, False]
    assert (indices[:5] == 0).all()


@pytest.mark.parametrize("effort", EFFORTS)
def test_all_entries_locked_is_the_nearest_of_them(china, effort):
    fixed = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0]], np.uint8)
    palette, indices = quantized(china, 3, fixed, color_space="srgb", effort=effort)
    np.testing.assert_array_equal(palette.colors, fixed)
    distances = np.square(china[:, :, np.newaxis].astype(int) - fixed).sum(axis=-1)
    np.testing.assert_array_equal(indices, distances.argmin(axis=-1))


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_free_entries_are_fitted_beside_the_locked(china, space):
    """A locked colour in the sky: the others are better off than where they are fitted without it."""
    picture = china[::3, ::3]
    sky = np.unique(picture[:20].reshape(-1, 3), axis=0, return_counts=True)
    fixed = sky[0][sky[1].argmax()][np.newaxis]
    palette, _ = quantized(picture, 6, fixed, color_space=space)
    appended, _ = quantized(picture, 5, None, color_space=space)
    beside = np.concatenate([fixed, appended.colors])

    def error(colors):
        return inertia(histogram(read_pixels(picture)), colors.astype(float), space)

    assert error(palette.colors) < 0.98 * error(beside)


def test_one_channel_beside_locked_values_is_the_optimum():
    """By trying every pair of free values."""
    values, counts = np.arange(0, 60, 3), np.array([9, 1, 1, 7, 3, 1, 8, 2, 2, 1, 6, 4, 1, 1, 9, 1, 5, 5, 1, 3])
    picture = values.repeat(counts).astype(np.float32)[np.newaxis, :, np.newaxis] / 255
    fixed = np.array([[6.0], [40.0]], np.float32) / 255
    palette, _ = quantized(picture, 4, fixed, weighting="uniform", color_space="srgb")
    grid = np.arange(0, 58, 0.05)
    to_fixed = np.abs(values[:, np.newaxis] - [6, 40]).min(axis=1)
    one = np.minimum(np.abs(values[:, np.newaxis] - grid), to_fixed[:, np.newaxis])
    best = min((counts @ np.square(np.minimum(one, one[:, i : i + 1]))).min() for i in range(len(grid)))
    distances = np.abs(values[:, np.newaxis] - 255 * palette.centers[:, 0]).min(axis=1)
    assert counts @ np.square(distances) <= best * (1 + 1e-6)


def test_more_distinct_values_than_are_searched_leave_the_locked_exact():
    picture = np.random.default_rng(0).random((300, 300, 1))
    fixed = np.array([[0.123456789], [2.0]]) / 2
    palette, indices = quantized(picture, 5, fixed)
    assert_locked(palette, indices, fixed, 5)


def test_locked_colors_far_from_a_narrow_picture_cost_it_no_digits():
    """16-bit samples within two 8-bit levels: the grid has to hold the locked colour, and so is coarser."""
    picture = (30000 + np.random.default_rng(0).integers(0, 500, (40, 40, 3))).astype(np.uint16)
    for fixed in ([[65535, 0, 0]], [[30250, 30250, 30250]]):
        palette, indices = quantized(picture, 30, np.array(fixed, np.uint16), color_space="srgb")
        assert_locked(palette, indices, np.array(fixed, np.uint16), 30)
        error = np.square(palette.colors[indices].astype(float) - picture).mean()
        assert error < 0.3 * picture.astype(float).var(axis=(0, 1)).mean()


def test_cells_leave_the_locked_exact(china):
    hist = histogram(read_pixels(china), cell_bits=5)
    fixed = np.array([[1, 2, 3], [255, 0, 255]], np.uint8)
    palette = fit_palette(hist, n_colors=20, fixed_colors=fixed)
    np.testing.assert_array_equal(palette.colors[:2], fixed)
    assert len(palette.colors) == 20
    assert (np.bincount(palette.labels, minlength=20)[2:] > 0).all()


def test_cells_give_no_pixel_of_a_locked_color_to_a_neighbor():
    """The cell of both is nearer to the other colour, of which there are many."""
    rng = np.random.default_rng(0)
    picture = np.full((400, 400, 3), (250, 1, 1), np.uint8)
    picture[-1] = rng.integers(0, 240, (400, 3))
    picture[0, 0] = 255, 0, 0
    palette, indices = quantized(picture, 8, np.array([[255, 0, 0]], np.uint8), effort="fast", color_space="srgb")
    assert palette.colors[indices[0, 0]].tolist() == [255, 0, 0]
    assert palette.colors[indices[1, 1]].tolist() != [255, 0, 0]


@pytest.mark.parametrize("n_channels", [2, 4])
def test_locked_colors_must_leave_room_for_transparent_and_opaque_pixels(n_channels):
    picture = made("uint8", n_channels, (9, 9))
    picture[0, :, -1] = 0
    picture[1, :, -1] = 255
    fixed = np.full((2, n_channels), 99, np.uint8)
    fixed[1] = 100
    with pytest.raises(
        ValueError,
        match=r"fixed_colors takes 2 of 3 colors, but fully transparent and opaque pixels need 2 more: .*at least 4",
    ):
        quantized(picture, 3, fixed)
    palette, indices = quantized(picture, 4, fixed)
    assert_locked(palette, indices, fixed, 4)
    assert (palette.colors[indices[0]][:, -1] == 0).all()
    assert (palette.colors[indices[1]][:, -1] == 255).all()


def test_weights_and_locked_colors_go_together():
    picture = made("uint8", 3, (20, 20))
    weight = np.zeros((20, 20))
    weight[:3] = 1
    fixed = picture[10, :2]
    palette, indices = quantized(picture, 30, fixed, sample_weight=weight)
    assert_locked(palette, indices, fixed, 30)
    assert len(palette.colors) == 30
