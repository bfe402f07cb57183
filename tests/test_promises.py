"""What is promised of every palette, on small random pictures of every kind."""

import zlib

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer
from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.pixels import read_pixels
from stage_calls import added, histogram, quantize_pixels

DTYPES = ["uint8", "uint16", "bool", "float32", "float64"]
N_COLORS = [1, 2, 3, 5, 20, 60, 256, 300]
FULL = {"uint8": 255, "uint16": 65535, "bool": 1, "float32": 1, "float64": 1}


def noise(rng, shape):
    return rng.random(shape)


def few_levels(rng, shape):
    return rng.integers(0, 4, shape) / 3


def dark(rng, shape):
    return rng.random(shape) ** 8


def narrow(rng, shape):
    return 0.3 + rng.random(shape) * 10 ** -rng.uniform(1, 4)


def ramp(rng, shape):
    values = np.linspace(0, rng.uniform(0.01, 1), shape[0] * shape[1])
    return np.broadcast_to(values.reshape(*shape[:2], 1), shape).copy()


def one_color(rng, shape):
    return np.broadcast_to(rng.random(shape[2]), shape).copy()


def ends(rng, shape):
    return rng.integers(0, 3, shape) / 2


def faint(rng, shape):
    return rng.random(shape) * 0.02


def hard(rng, shape):
    return rng.integers(0, 2, shape).astype(float)


PATTERNS = [noise, few_levels, dark, narrow, ramp, one_color]
ALPHAS = [noise, ends, faint, hard]


def pictures(dtype, n_channels):
    """One small picture of each pattern; the alphas take turns."""
    for i, pattern in enumerate(PATTERNS):
        rng = np.random.default_rng(zlib.crc32(f"{dtype} {n_channels} {i}".encode()))
        values = pattern(rng, (*rng.integers(1, 18, 2), n_channels))
        if n_channels in (2, 4):
            values[..., -1] = ALPHAS[rng.integers(len(ALPHAS))](rng, values.shape[:2])
        if dtype == "bool":
            yield values > 0.5
        elif dtype.startswith("uint"):
            yield np.rint(values * FULL[dtype]).astype(dtype)
        else:  # floats are read to the nearest 1 / 65535
            yield (np.rint(values * 65535) / 65535).astype(dtype)


def n_distinct(picture):
    rows = picture.reshape(-1, picture.shape[2]).copy()
    if picture.shape[2] in (2, 4):
        rows[rows[:, -1] == 0] = 0
    return len(np.unique(rows, axis=0))


def assert_promises(picture, palette, indices, n_colors):
    dtype, n_channels = picture.dtype, picture.shape[2]
    assert palette.dtype == dtype
    assert len(palette) == min(n_colors, n_distinct(picture))
    assert len(np.unique(palette, axis=0)) == len(palette)
    assert np.bincount(indices.ravel(), minlength=len(palette)).all()
    result = palette[indices]
    hidden = np.zeros(picture.shape[:2], bool)
    if n_channels in (2, 4):
        alpha, full = picture[..., -1], FULL[dtype.name]
        hidden = alpha == 0
        if n_colors > 1:
            assert (result[hidden, -1] == 0).all()
            assert (result[alpha == full, -1] == full).all()
            assert (palette[1:, -1] > 0).all()
            assert (result[hidden] == picture[hidden][:1]).all()
    if len(palette) == n_distinct(picture):
        np.testing.assert_array_equal(result[~hidden], picture[~hidden])


def cases(dtype, n_channels):
    """Every picture with a few options: all of these occur, not all together."""
    for i, picture in enumerate(pictures(dtype, n_channels)):
        rng = np.random.default_rng(zlib.crc32(f"{n_channels} {dtype} {i}".encode()))
        for n_colors in rng.choice(N_COLORS, 2, replace=False):
            yield picture, int(n_colors), str(rng.choice(COLOR_SPACES)), rng


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_palette_is_distinct_used_full_and_exact_where_it_can_be(dtype, n_channels, effort):
    for picture, n_colors, color_space, _ in cases(dtype, n_channels):
        pixels = read_pixels(picture)
        options = {"n_colors": n_colors, "color_space": color_space, "effort": effort}
        palette, indices, _ = quantize_pixels(pixels, n_threads=1, **options)
        assert_promises(picture, palette.colors, indices, n_colors)
        if n_colors % 2:  # more threads half of the times
            continue
        again, same_indices, *_ = quantize_pixels(pixels, n_threads=3, **options)
        assert again.centers.tobytes() == palette.centers.tobytes()
        np.testing.assert_array_equal(same_indices, indices)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_take_nothing_from_the_promises(dtype, n_channels):
    for picture, n_colors, color_space, rng in cases(dtype, n_channels):
        weight = np.zeros(picture.shape[:2])
        weight.flat[rng.integers(0, weight.size, 1 + weight.size // 8)] = rng.random()
        options = {"n_colors": n_colors, "color_space": color_space, "sample_weight": weight}
        palette, indices, _ = quantize_pixels(read_pixels(picture), **options)
        assert_promises(picture, palette.colors, indices, n_colors)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_transform_is_what_fit_transform_was(dtype, n_channels, effort):
    for picture, n_colors, color_space, rng in cases(dtype, n_channels):
        quantizer = KMeansQuantizer(n_colors, color_space=color_space, effort=effort)
        weight = rng.random(picture.shape[:2]) + 0.01
        indices = quantizer.fit_transform(picture, sample_weight=weight)
        np.testing.assert_array_equal(quantizer.transform(picture), indices)
        assert quantizer.score(picture, sample_weight=weight) == -quantizer.inertia_
        if quantizer.n_colors_ == n_distinct(picture):
            assert quantizer.inertia_ == 0


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_colors_that_a_space_cannot_tell_apart_are_kept(color_space):
    yellow = np.array([[[200, 200, blue] for blue in range(40)]], np.uint8)
    faint = np.array([[[red, 0, 0, 1] for red in range(40)]], np.uint8)
    deep = np.array([[[1000 + red, 1000, 1000] for red in range(40)]], np.uint16)
    for picture in (yellow, faint, deep):
        quantizer = KMeansQuantizer(40, color_space=color_space).fit(picture)
        np.testing.assert_array_equal(quantizer.inverse_transform(quantizer.transform(picture)), picture)
        assert quantizer.inertia_ == 0


@pytest.mark.parametrize("n_channels", [3, 4])
def test_fewer_colors_than_places_on_the_grid_still_fill_the_palette(n_channels):
    picture = np.full((8, 32, n_channels), 65535, np.uint16)
    picture[..., :3] = 1000 + np.arange(256).reshape(8, 32, 1)
    palette, indices, _ = quantize_pixels(read_pixels(picture), n_colors=200, color_space="srgb")
    assert_promises(picture, palette.colors, indices, 200)


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_inertia_in_srgb_is_that_of_the_picture_in_its_own_units(dtype):
    picture = next(pictures(dtype, 3))
    quantizer = KMeansQuantizer(7, color_space="srgb").fit(picture)
    distances = np.square(picture[:, :, np.newaxis].astype(float) - quantizer.cluster_centers_).sum(axis=-1)
    assert quantizer.inertia_ == pytest.approx(distances.min(axis=-1).sum(), rel=1e-5)


def test_adding_keeps_the_least_of_the_colors_that_are_transparent_and_first_in_their_picture():
    one, other = (histogram(read_pixels(np.array([[[i, i, i, 0], [i, 0, 0, 9]]], np.uint8))) for i in (5, 90))
    for first, second in ((one, other), (other, one)):
        total = added(first, second)
        assert total.colors[total.transparent].tolist() == [[5, 5, 5, 0]]
        assert total.counts[total.transparent].tolist() == [2]
