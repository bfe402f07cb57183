"""Stage: dithering with palette refit."""

import numpy as np
import pytest
from PIL import Image
from skimage.filters import gaussian

from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.dithering import auto
from pil_kmeans.stages.dithering.amounts import Amount, for_fitted, for_given, spread
from pil_kmeans.stages.dithering.auto import is_flat, is_speckled, looks
from pil_kmeans.stages.dithering.diffuse import BY_MASK, DIFFUSIONS, check_dither
from pil_kmeans.stages.options import Dither
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.remap import remap
from pil_kmeans.stages.ssimulacra2 import Original
from stage_calls import (
    dither,
    fit_dither,
    fit_palette,
    histogram,
    looks_better_dithered,
    quantize_pixels,
    refit,
    ssimulacra2,
)

FS = {"dither": "floyd-steinberg"}
METHODS = [*DIFFUSIONS, *BY_MASK]
FEW_METHODS = ["floyd-steinberg", "stucki", *BY_MASK]

IN_OKLAB = {"color_space": "oklab"}


def light(samples):
    """Light of samples from 0 to 1."""
    return np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)


def lightness(samples):
    """Oklab lightness of grey samples from 0 to 1."""
    return np.cbrt(light(samples))


def quantized(picture, n_colors, **options):
    palette, indices, _ = quantize_pixels(read_pixels(picture), n_colors=n_colors, **options)
    return palette.colors, indices


def block_means(values, size):
    height, width = (n // size * size for n in values.shape)
    return values[:height, :width].reshape(height // size, size, width // size, size).mean((1, 3))


def soft_alpha(rng, height, width):
    """RGBA noise whose alpha is nothing, full and between in turns."""
    picture = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
    picture[: height // 3, :, 3] = 0
    picture[height // 3 : 2 * height // 3, :, 3] = 255
    return picture


# What dithering does to pixels


@pytest.mark.parametrize("level", [30, 100, 200])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("method", METHODS)
def test_uniform_grey_keeps_its_light(level, n_channels, method):
    picture = np.full((128, 128, n_channels), level, np.uint8)
    palette = np.array([[0], [255]], np.uint8).repeat(n_channels, axis=1)
    indices = dither(read_pixels(picture), palette, method=method, strength=1.0)
    assert indices.mean() == pytest.approx(light(level / 255), abs=0.015)


@pytest.mark.parametrize("method", METHODS)
def test_strength_zero_takes_the_nearest_entries(camera, method):
    palette = np.array([[0], [80], [170], [255]], np.uint8)
    indices = dither(read_pixels(camera[..., np.newaxis]), palette, method=method, strength=0)
    middles = [(lightness(a / 255) + lightness(b / 255)) / 2 for a, b in ((0, 80), (80, 170), (170, 255))]
    exact = np.digitize(lightness(camera / 255), middles)
    assert (indices != exact).mean() < 0.002  # which are in the middle between two


@pytest.mark.parametrize("shape", [(1, 400), (300, 1), (70, 200), (49, 333)])
@pytest.mark.parametrize("method", FEW_METHODS)
def test_threads_do_not_change_the_bytes(astronaut, shape, method):
    for picture in (astronaut[: shape[0], : shape[1]], soft_alpha(np.random.default_rng(0), *shape)):
        results = [quantized(picture, 12, n_threads=n, dither=method) for n in (1, 3)]
        for palette, indices in results[1:]:
            assert palette.tobytes() == results[0][0].tobytes()
            assert indices.tobytes() == results[0][1].tobytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n_colors", [2, 3, 20])
@pytest.mark.parametrize("method", FEW_METHODS)
def test_transparent_stays_transparent_and_opaque_opaque(dtype, n_colors, method):
    full = np.iinfo(dtype).max
    picture = soft_alpha(np.random.default_rng(n_colors), 30, 31).astype(dtype) * dtype(full // 255)
    palette, indices = quantized(picture, n_colors, dither=method)
    alpha = palette[indices][..., 3]
    assert (alpha[picture[..., 3] == 0] == 0).all()
    assert (alpha[picture[..., 3] == full] == full).all()
    assert (palette[:, 3] == 0).sum() == 1
    assert palette[0].tolist() == picture[0, 0].tolist()


def test_the_only_opaque_entry_stays_opaque_where_most_of_its_pixels_are_translucent():
    picture = np.random.default_rng(3).integers(1, 255, (24, 24, 4), dtype=np.uint8)
    picture[:8] = 90, 140, 60, 250
    picture[8, :5] = 90, 140, 60, 255
    palette, indices = quantized(picture, 3, **FS)
    assert (palette[indices][8, :5, 3] == 255).all()


def test_alpha_is_transparent_only_where_it_is_none():
    rng = np.random.default_rng(4)
    picture = rng.random((40, 40, 4))
    picture[rng.random((40, 40)) < 0.5, 3] = 0
    picture[5, :20, 3] = 1e-9
    palette = np.array([[0.2, 0.3, 0.4, 0], [0.9, 0.9, 0.9, 0.1], [1, 1, 1, 1 - 1e-7], [0, 0, 0, 1]])
    indices = dither(read_pixels(picture), palette)
    np.testing.assert_array_equal(indices == 0, picture[..., 3] == 0)


@pytest.mark.parametrize("method", FEW_METHODS)
def test_flat_runs_of_palette_colors_are_untouched(astronaut, method):
    picture = astronaut[:120, :120].copy()
    picture[40:80, 30:90] = 200, 40, 40
    picture[60:80, 50:54] = 40, 200, 40
    fixed = np.array([[200, 40, 40], [40, 200, 40]], np.uint8)
    palette, indices = quantized(picture, 8, fixed_colors=fixed, dither=method)
    np.testing.assert_array_equal(palette[indices][40:80, 30:90], picture[40:80, 30:90])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_colors_that_coincide_in_oklab_are_told_apart(dtype):
    twins = np.array([[3, 253, 223, 255], [4, 253, 223, 255]], np.uint8)
    invisible = np.array([[5, 5, 5, 0], [6, 6, 6, 0]], np.uint8)
    colors = np.concatenate([twins[[1]], twins, invisible])  # the second of each is not the first entry like it
    full = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[dtype]
    picture = (colors[np.arange(5).repeat(60).reshape(15, 20)] * (full / 255)).astype(dtype)
    for n_channels, expected in ((3, [0, 1, 0, 3, 4]), (4, [0, 1, 0, 3, 3])):
        palette = np.ascontiguousarray(colors[:, :n_channels])
        indices = dither(read_pixels(picture[..., :n_channels]), palette)
        np.testing.assert_array_equal(indices.ravel(), np.repeat(expected, 60))


@pytest.mark.parametrize("strength", [None, 0, 1])
@pytest.mark.parametrize("dithering", [*FEW_METHODS, "auto"])
def test_pictures_that_keep_their_colors_are_exact(dithering, strength):
    rng = np.random.default_rng(1)
    colors = np.array([[200, 200, blue] for blue in range(40)], np.uint8)  # some coincide in Oklab
    picture = colors[rng.integers(0, 40, (20, 30))]
    palette, indices = quantized(picture, 40, dither=dithering, dither_strength=strength)
    np.testing.assert_array_equal(palette[indices], picture)


@pytest.mark.parametrize("method", FEW_METHODS)
def test_frames_are_independent(astronaut, method):
    frames = [astronaut[:20, :31], astronaut[100:133, 50:57], astronaut[:1, :9]]
    column = np.concatenate([frame.reshape(-1, 1, 3) for frame in frames])
    palette = quantized(astronaut[:100, :100], 9)[0]
    shapes = [frame.shape[:2] for frame in frames]
    indices = dither(read_pixels(column), palette, method=method, frames=shapes).ravel()
    expected = [dither(read_pixels(frame), palette, method=method).ravel() for frame in frames]
    np.testing.assert_array_equal(indices, np.concatenate(expected))


@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_every_size_is_dithered(n_channels):
    rng = np.random.default_rng(n_channels)
    palette = rng.integers(0, 256, (4, n_channels), dtype=np.uint8)
    for height in range(1, 10):
        for width in range(1, 10):
            picture = rng.integers(0, 256, (height, width, n_channels), dtype=np.uint8)
            indices = dither(read_pixels(picture), palette, n_threads=2)
            assert indices.shape == (height, width)
            if (height + width) % 3 == 0:
                palette, indices = quantized(picture, 4, dither="auto" if width == 5 else "floyd-steinberg")
                assert indices.shape == (height, width)
                assert (np.bincount(indices.ravel(), minlength=len(palette)) > 0).all()


@pytest.mark.parametrize(
    ("method", "color_space"),
    [*((method, "oklab") for method in DIFFUSIONS), *(("floyd-steinberg", space) for space in COLOR_SPACES[1:])],
)
def test_flat_colors_between_given_ones_keep_their_light(method, color_space):
    """In the seven colours of a panel, by the strength that is meant for them."""
    panel = np.array(
        [[0, 0, 0], [255] * 3, [0, 255, 0], [0, 0, 255], [255, 0, 0], [255, 255, 0], [255, 128, 0]], np.uint8
    )
    for color in ((128, 128, 128), (200, 120, 90), (90, 60, 60), (140, 190, 120)):
        picture = read_pixels(np.full((96, 96, 3), color, np.uint8))
        amount = for_given(Dither(method, 0.99), panel, by_diffusion=True, color_space=color_space)
        seen = light(panel[dither(picture, panel, method=method, amount=amount)] / 255).mean(axis=(0, 1))
        np.testing.assert_allclose(seen, light(np.array(color) / 255), atol=0.02)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_entries_are_the_nearest_in_the_color_space(n_channels, color_space):
    """Where no error is handed on that is all there is to dithering, and how lightness weighs."""
    rng = np.random.default_rng(n_channels)
    picture = read_pixels(rng.integers(1, 255, (40, 50, n_channels)).astype(np.uint8))
    colors = rng.integers(1, 255, (24, n_channels)).astype(np.uint8)
    amount = Amount(0.0, 1.0, False, color_space)
    nearest = remap(picture, colors, color_space=color_space, effort="balanced", n_threads=1)
    assert (dither(picture, colors, amount=amount) == nearest).mean() > 0.97  # not of light that lies beyond


def test_colors_beyond_the_palette_do_not_spill_over():
    """A dark area that the palette cannot show leaves the light beside it as it is."""
    picture = np.full((64, 128, 1), 150, np.uint8)
    picture[:, :64] = 0
    palette = np.array([[80], [220]], np.uint8)
    indices = dither(read_pixels(picture), palette, strength=0.97)
    assert (indices[:, :60] == 0).all()
    assert light(palette[indices[:, 68:], 0] / 255).mean() == pytest.approx(light(150 / 255), abs=0.01)


def test_strength_that_nobody_gives_depends_on_the_palette():
    ramp = np.arange(256, dtype=np.uint8)[:, np.newaxis]
    usual = [
        for_given(Dither("floyd-steinberg", None), ramp[::step], by_diffusion=True, **IN_OKLAB)
        for step in (255, 85, 17, 1)
    ]
    assert [amount.strength for amount in usual] == sorted((amount.strength for amount in usual), reverse=True)
    assert [amount.lightness_weight for amount in usual] == sorted(amount.lightness_weight for amount in usual)
    assert usual[0] == (0.99, 1, True, "oklab")
    assert usual[-1] == (0.92, 1.5, True, "oklab")
    assert for_given(Dither("stucki", 0.5), ramp[::255], by_diffusion=True, **IN_OKLAB) == (
        0.5,
        1,
        True,
        "oklab",
    )
    assert for_fitted(Dither("stucki", None)) == (0.9, 1.5, False, "oklab")
    assert for_fitted(Dither("atkinson", None)) == (0.75, 1.5, False, "oklab")
    assert for_fitted(Dither("ordered", None)) == (0.85, 1.5, False, "oklab")
    assert for_given(Dither("atkinson", None), ramp[::255], by_diffusion=True, **IN_OKLAB) == (
        0.75,
        1,
        True,
        "oklab",
    )
    assert for_given(Dither("ordered", None), ramp[::255], by_diffusion=False, **IN_OKLAB) == (
        0.99,
        1.5,
        False,
        "oklab",
    )
    assert for_given(Dither("ordered", None), ramp, by_diffusion=False, **IN_OKLAB) == (
        0.85,
        1.5,
        False,
        "oklab",
    )


def test_spread_is_the_mean_distance_to_the_next_other_color():
    greys = np.array([[0], [255], [255]], np.uint8)
    assert spread(greys) == pytest.approx(1, abs=1e-3)
    assert spread(greys[:1]) == 0


# What a mask is for


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("method", BY_MASK)
def test_frames_that_differ_somewhere_differ_only_there(astronaut, method, dtype):
    scale = dtype(np.iinfo(dtype).max // 255)
    frame = astronaut[:128, :128] // 2 * scale
    palette = quantized(frame, 16)[0]
    other = frame.copy()
    other[30:50, 60:90] = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8) * scale
    is_other = dither(read_pixels(frame), palette, method=method) != dither(read_pixels(other), palette, method=method)
    assert is_other[30:50, 60:90].mean() > 0.5
    is_other[30:50, 60:90] = False
    assert not is_other.any()


@pytest.mark.parametrize(("method", "size"), [("ordered", 8), ("blue-noise", 64)])
def test_tiles_fit_together(astronaut, method, size):
    tile = astronaut[: 2 * size, : 3 * size]
    palette = quantized(astronaut, 8)[0]
    indices = dither(read_pixels(tile), palette, method=method)
    tiled = dither(read_pixels(np.tile(tile, (2, 2, 1))), palette, method=method)
    np.testing.assert_array_equal(tiled, np.tile(indices, (2, 2)))


@pytest.mark.parametrize("method", BY_MASK)
def test_strength_is_how_much_noise_a_right_mean_is_worth(method):
    levels = np.arange(1, 255, 4)
    picture = levels.astype(np.uint8)[:, np.newaxis, np.newaxis, np.newaxis].repeat(64, axis=1).repeat(64, axis=2)
    palette = np.array([[0], [255]], np.uint8)
    column = read_pixels(picture.reshape(-1, 64, 1))
    off, is_flat = [], []
    for strength in (0, 0.3, 0.6, 0.85, 0.95, 1):
        indices = dither(column, palette, method=method, strength=strength, frames=[(64, 64)] * len(levels))
        share = indices.reshape(len(levels), -1).mean(axis=1)
        off.append(np.abs(share - light(levels / 255)).mean())
        is_flat.append(((share == 0) | (share == 1)).mean())
    assert np.all(np.diff(off) < 0)
    assert np.all(np.diff(is_flat) <= 0)
    assert is_flat[0] == 1
    assert off[-1] < 0.006


@pytest.mark.parametrize("method", BY_MASK)
def test_greys_are_mixed_of_black_and_white_though_colors_are_nearer(method):
    """No two of the others make a grey, and red and blue less than all."""
    grey = read_pixels(np.full((64, 64, 3), 128, np.uint8))
    palette = np.array([[0, 0, 0], [255, 255, 255], [0, 255, 0], [0, 0, 255], [255, 0, 0], [255, 255, 0]], np.uint8)
    shares = np.bincount(dither(grey, palette, method=method, strength=0.97).ravel(), minlength=6) / 64**2
    mean = shares @ lightness(palette / 255) ** 3
    np.testing.assert_allclose(mean, light(128 / 255), atol=0.04)


# What the refit does to the palette


@pytest.mark.parametrize("n_colors", [1, 2, 16, 300])
@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
def test_palette_of_one_picture_is_distinct_and_used(astronaut, effort, n_colors):
    palette, indices = quantized(astronaut[150:250, 100:220], n_colors, effort=effort, **FS)
    assert n_colors / 2 < len(palette) <= n_colors
    assert len(np.unique(palette, axis=0)) == len(palette)
    assert (np.bincount(indices.ravel(), minlength=len(palette)) > 0).all()
    assert indices.dtype == (np.uint8 if len(palette) <= 256 else np.uint16)


def test_locked_and_transparent_entries_do_not_move():
    picture = soft_alpha(np.random.default_rng(2), 60, 60)
    fixed = np.array([[255, 0, 0, 255], [0, 0, 0, 255], [9, 9, 200, 77]], np.uint8)
    palette, indices, _ = quantize_pixels(read_pixels(picture), n_colors=12, fixed_colors=fixed, **FS)
    assert palette.colors[0].tolist() == picture[0, 0].tolist()
    assert palette.colors[1:4].tolist() == fixed.tolist()
    assert palette.centers[1:4].tolist() == fixed.tolist()
    assert palette.fixed.tolist() == [False] + 3 * [True] + (len(palette.colors) - 4) * [False]
    assert len(np.unique(palette.colors, axis=0)) == len(palette.colors)
    free = np.bincount(indices.ravel(), minlength=len(palette.colors))[4:]
    assert (free > 0).all()


def test_entries_of_one_color_stay_that_color(astronaut):
    picture = astronaut[:100, :100].copy()
    picture[30:70, 30:70] = 30, 90, 200
    palette, indices = quantized(picture, 8, **FS)
    assert (palette[indices][30:70, 30:70] == [30, 90, 200]).all()


@pytest.mark.parametrize("n_channels", [2, 3, 4])
def test_grey_pictures_use_only_greys(camera, n_channels):
    picture = camera[::4, ::4, np.newaxis].repeat(n_channels, axis=2)
    if n_channels % 2 == 0:
        picture[..., -1] = 200
    palette, indices = quantized(picture, 7, **FS)
    color = palette[:, : 3 if n_channels > 2 else 1].astype(int)
    assert np.ptp(color, axis=1).max() <= 1  # a grey of no whole level may round to two
    if n_channels % 2 == 0:
        assert (palette[indices][..., -1] == 200).mean() > 0.99
    assert len(palette) == 7


def test_sample_weight_steers_the_refit(astronaut):
    picture = astronaut[50:250, 100:300]
    pixels = read_pixels(picture)
    hist = histogram(pixels)
    palette = fit_palette(hist, n_colors=12)
    weight = np.full(picture.shape[:2], 1e-3)
    weight[20:120, 60:140] = 1
    errors = []
    for sample_weight in (None, weight):
        moved, indices = refit(pixels, palette, hist, sample_weight=sample_weight)
        lacking = gaussian(picture - moved.colors[indices].astype(float), 1.5, channel_axis=2)
        errors.append(np.square(lacking[20:120, 60:140]).mean())
    assert errors[1] < 0.95 * errors[0]


def test_rows_with_nothing_to_see_do_not_stop_the_refit(astronaut):
    picture = astronaut[100:144, 200:244].copy()
    picture[:14] = 0
    pixels = read_pixels(picture)
    hist = histogram(pixels)
    palette = fit_palette(hist, n_colors=16)
    moved, indices = refit(pixels, palette, hist)
    errors = [
        np.square(gaussian(picture - result.astype(float), 1.5, channel_axis=2)).mean()
        for result in (moved.colors[indices], palette.colors[dither(pixels, palette.colors)])
    ]
    assert errors[0] < 0.85 * errors[1]


@pytest.mark.parametrize("weight", [1e-310, 1e100])
def test_only_the_ratio_of_weights_counts(astronaut, weight):
    picture = astronaut[:60, :60]
    expected, _ = quantized(picture, 8, sample_weight=np.ones((60, 60)), **FS)
    palette, _ = quantized(picture, 8, sample_weight=np.full((60, 60), weight), **FS)
    np.testing.assert_array_equal(palette, expected)


def test_weights_in_few_rows_steer_the_refit(astronaut):
    pixels = read_pixels(astronaut)
    weight = np.zeros(astronaut.shape[:2])
    weight[109:143] = 1
    hist = histogram(pixels, sample_weight=weight)
    palette = fit_palette(hist, n_colors=16)
    moved, indices = refit(pixels, palette, hist, sample_weight=weight)
    errors = [
        np.square(gaussian(astronaut - result.astype(float), 1.5, channel_axis=2))[109:143].mean()
        for result in (moved.colors[indices], palette.colors[dither(pixels, palette.colors)])
    ]
    assert errors[0] < 0.8 * errors[1]


@pytest.mark.parametrize(("method", "share"), [("floyd-steinberg", 0.8), ("ordered", 1), ("blue-noise", 1)])
def test_refit_lowers_what_is_left_to_see(astronaut, method, share):
    pixels = read_pixels(astronaut)
    hist = histogram(pixels)
    palette = fit_palette(hist, n_colors=16)
    moved, indices = refit(pixels, palette, hist, method=method)

    def error(colors, indices):
        return np.square(gaussian(astronaut - colors[indices].astype(float), 1.5, channel_axis=2)).mean()

    assert moved.labels is None
    assert error(moved.colors, indices) <= share * error(palette.colors, dither(pixels, palette.colors, method=method))


def test_photographs_look_better_dithered(astronaut):
    scores = []
    for dithering in ("none", "ordered", "blue-noise", "auto"):
        palette, indices = quantized(astronaut, 16, dither=dithering)
        scores.append(ssimulacra2(read_pixels(astronaut), read_pixels(palette[indices])))
    assert min(scores[1:3]) > scores[0] + 5
    assert scores[3] > scores[0] + 10


# 16 bits and floats


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("n_colors", [16, 256])
@pytest.mark.parametrize(
    "method", ["floyd-steinberg", "blue-noise"]
)  # Bayer's pattern beats with steps as narrow as it
def test_gradients_of_16_bits_show_no_bands(dtype, n_channels, n_colors, method):
    ramp = np.linspace(0, 1, 512)[np.newaxis, :, np.newaxis].repeat(128, axis=0).repeat(n_channels, axis=2)
    picture = np.rint(65535 * ramp).astype(dtype) if dtype == np.uint16 else ramp.astype(dtype)
    off = {}
    for strength in (0, 1):
        palette, indices = quantized(picture, n_colors, dither=method, dither_strength=strength, to_8_bits=True)
        assert palette.dtype == np.uint8
        power = 3  # means of light
        means = [
            block_means(lightness(samples[..., 0]) ** power, 16).mean(axis=0) ** (1 / power)
            for samples in (palette[indices] / 255, ramp)
        ]
        off[strength] = np.abs(means[0] - means[1])[4:-4]  # entries reach not quite to the ends
    assert off[1].max() < 1 / 500
    assert off[1].mean() < 0.25 * off[0].mean()


def test_narrow_16_bit_pictures_are_dithered_in_their_own_scale():
    ramp = np.linspace(30000, 30200, 256).round().astype(np.uint16)[np.newaxis, :, np.newaxis].repeat(64, axis=0)
    for picture in (ramp, ramp.repeat(3, axis=2)):
        palette, indices = quantized(picture, 4, dither_strength=1, **FS)
        result = palette[indices][..., 0].astype(float)
        off = block_means(result - picture[..., 0], 16).mean(axis=0)
        assert len(palette) == 4
        assert np.abs(off[2:-2]).max() < 3


def test_bits_that_are_only_rounded_are_not_dithered():
    colors = np.array([[1000], [30001], [65000]], np.uint16)
    picture = colors[np.random.default_rng(3).integers(0, 3, (20, 20))]
    palette, indices = quantized(picture, 5, to_8_bits=True, **FS)
    assert palette.tolist() == [[4], [117], [253]]
    np.testing.assert_array_equal(colors[indices], picture)


# Auto


def test_drawings_are_flat_and_gradients_and_photographs_are_not(astronaut):
    drawing = np.full((64, 64, 3), 255, np.uint8)
    drawing[10:40, 20:50] = 30, 90, 200
    gradient = np.arange(256, dtype=np.uint8)[:, np.newaxis, np.newaxis].repeat(64, axis=1)
    assert is_flat(read_pixels(drawing))
    assert not is_flat(read_pixels(gradient))
    assert not is_flat(read_pixels(astronaut))


def test_areas_of_several_entries_are_speckled_and_edges_are_not():
    drawing = np.zeros((64, 64, 1), np.uint8)
    drawing[:, 30] = 99  # an edge
    alternating = np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2
    at_edge, in_area = (np.zeros((64, 64), np.uint8) for _ in range(2))
    at_edge[:, 30], in_area[:, 50:] = alternating[:, 30], alternating[:, 50:]
    assert not is_speckled(read_pixels(drawing), at_edge)
    assert is_speckled(read_pixels(drawing), in_area)
    stacked = read_pixels(np.concatenate([drawing, drawing]).reshape(-1, 1, 1))
    shapes = [(64, 64)] * 2
    assert not is_speckled(stacked, np.concatenate([at_edge, at_edge]).reshape(-1, 1), frames=shapes)
    assert is_speckled(stacked, np.concatenate([at_edge, in_area]).reshape(-1, 1), frames=shapes)


def test_auto_dithers_the_edges_of_a_drawing_but_not_its_areas():
    y, x = np.mgrid[:128, :192]
    colors = np.array([(250, 250, 250), (30, 60, 160), (200, 40, 50), (40, 150, 80), (240, 190, 40), (90, 30, 110)])
    picture = np.full((128, 192, 3), colors[0], float)
    for i, color in enumerate(colors[1:]):
        cover = np.clip(8 - np.hypot(y - 64 - 30 * (-1) ** i, x - 24 - 36 * i) / 2, 0, 1)[..., np.newaxis]
        picture = cover * color + (1 - cover) * picture
    picture = np.rint(picture).astype(np.uint8)
    for n_colors, is_dithered in ((4, False), (8, True)):
        auto, plain = (quantized(picture, n_colors, dither=dither)[1] for dither in ("auto", "none"))
        assert is_flat(read_pixels(picture))
        assert np.any(auto != plain) == is_dithered


@pytest.mark.parametrize("shape", [(1, 400_000), (400_000, 1), (300, 40_000)])
def test_pictures_of_any_shape_are_judged_by_some_of_their_pixels(shape, monkeypatch):
    read = []
    monkeypatch.setattr(
        "pil_kmeans.stages.dithering.auto.read_pixels", lambda part: read.append(part.size) or read_pixels(part)
    )
    indices = np.zeros(shape, np.uint8)
    black = np.zeros((1, 1), np.uint8)
    assert not looks_better_dithered(read_pixels(np.zeros((*shape, 1), np.uint8)), indices, black, indices, black)
    assert max(read) <= 5 << 19


def test_frames_are_judged_as_pictures(astronaut):
    frames = [astronaut[:128, :200], astronaut[200:400, 100:180]]
    column = read_pixels(np.concatenate([frame.reshape(-1, 1, 3) for frame in frames]))
    shapes = [frame.shape[:2] for frame in frames]
    palette = fit_palette(histogram(column), n_colors=8)
    result = fit_dither(column, palette, histogram(column), dither="auto", frames=shapes)
    assert result.strength == 0.9
    many = read_pixels(np.zeros((40 * 50, 1, 3), np.uint8))
    zeros = np.zeros((40 * 50, 1), np.uint8)
    black = np.zeros((1, 3), np.uint8)
    assert not looks_better_dithered(many, zeros, black, zeros, black, frames=[(5, 10)] * 40)
    assert is_flat(many, frames=[(5, 10)] * 40)


@pytest.mark.parametrize("n_colors", [16, 256])
@pytest.mark.parametrize("size", [(176, 117), (96, 64), (48, 48)])
def test_small_photographs_are_not_dithered_where_they_would_look_worse(astronaut, size, n_colors):
    small = np.asarray(Image.fromarray(astronaut[50:350, 50:500]).resize(size, Image.Resampling.LANCZOS))
    scores = {}
    for dithering in ("none", "auto", "floyd-steinberg"):
        palette, indices = quantized(small, n_colors, dither=dithering)
        scores[dithering] = ssimulacra2(read_pixels(small), read_pixels(palette[indices]))
    assert scores["auto"] >= scores["none"]
    others = scores["none"], scores["floyd-steinberg"]
    assert scores["auto"] in others or scores["auto"] > max(others)  # of few colours it looks at more palettes


# Bad input


@pytest.mark.parametrize("strength", [-0.01, 1.01, np.nan, np.inf, -np.inf])
def test_strength_out_of_range_is_refused(strength):
    with pytest.raises(ValueError, match=f"dither_strength must be from 0 to 1, got {strength}"):
        check_dither("auto", strength)


@pytest.mark.parametrize("strength", ["0.5", True, np.True_, [0.5], 1j])
def test_strength_must_be_a_number(strength):
    with pytest.raises(TypeError, match="dither_strength must be a number from 0 to 1, got"):
        check_dither("auto", strength)


@pytest.mark.parametrize("strength", [0, 1, 0.5, np.float32(0.25), np.int64(1), None])
def test_numbers_of_every_type_are_strengths(strength):
    check_dither("floyd-steinberg", strength)


def test_dither_must_be_known():
    names = "'none', 'floyd-steinberg', 'atkinson', .* 'sierra', 'ordered', 'blue-noise', 'auto'"
    with pytest.raises(ValueError, match=f"dither must be one of {names}, got 'random'"):
        check_dither("random", None)
    for given in (True, 3, None):
        with pytest.raises(TypeError, match=f"dither must be one of 'none'.* got {given} of type"):
            check_dither(given, None)


def test_strength_without_dithering_is_refused():
    with pytest.raises(
        ValueError, match=r"dither_strength=0.5 has no use .* pass dither='floyd-steinberg' or .* 'auto'"
    ):
        check_dither("none", 0.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_looks_are_the_lower_score_of_two_backgrounds(dtype):
    y, x = np.mgrid[:64, :96]
    picture = np.dstack([2 * x, 3 * y, x + y, np.minimum(255, 3 * x)]).astype(np.uint8)
    given = picture.astype(dtype) / dtype(255) if dtype(0.5) else picture.astype(dtype)
    given = given * 257 if dtype is np.uint16 else given
    palette = picture[::16, ::16].reshape(-1, 4)
    indices = np.random.default_rng(0).integers(0, len(palette), (64, 96)).astype(np.uint8)
    score = Original(read_pixels(given), background=None, n_threads=1).score(read_pixels(palette[indices]))
    found = looks(read_pixels(given), [(indices, palette)], frames=None, n_threads=1, min_size=8)
    assert found == [score * 64 * 96]


def test_a_quick_look_is_at_fewer_rows(monkeypatch):
    seen = []
    monkeypatch.setattr(
        auto, "Original", lambda pixels, **options: seen.append(pixels.shape) or Original(pixels, **options)
    )
    noise = read_pixels(np.random.default_rng(0).integers(0, 256, (512, 300, 1), np.uint8))
    zeros, black = np.zeros((512, 300), np.uint8), np.zeros((1, 1), np.uint8)
    for is_quick in (False, True):
        looks(noise, [(zeros, black)], frames=None, n_threads=1, is_quick=is_quick)
    assert seen == [(512, 300), (192, 300)]
