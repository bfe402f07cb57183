"""Soft alpha: opaque pixels get opaque entries that are near, whatever lies beside them."""

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer, quantize
from pil_kmeans.stages.pixels import read_pixels
from stage_calls import quantize_pixels


def quantized(picture, n_colors, **options):
    result = quantize_pixels(read_pixels(picture), n_colors=n_colors, **options)
    return result.palette.colors[result.indices]


def opaque_black_beside_nearly_opaque_black():
    picture = np.empty((16, 16, 4), np.uint8)
    picture[:8], picture[8:] = (204, 33, 45, 255), (40, 133, 65, 255)
    picture[6:8, 5:8] = 0
    picture[6:8, 5:8, 3] = (255, 250, 251), (251, 255, 250)
    return picture


def assert_alpha_kept(picture, result):
    full = np.iinfo(picture.dtype).max
    np.testing.assert_array_equal(result[..., -1] == full, picture[..., -1] == full)
    np.testing.assert_array_equal(result[..., -1] == 0, picture[..., -1] == 0)


@pytest.mark.parametrize("space", ["oklab", "cielab", "linear", "srgb"])
def test_opaque_pixels_keep_their_color_beside_nearly_opaque_ones(space):
    picture = opaque_black_beside_nearly_opaque_black()
    result = quantized(picture, 3, color_space=space)
    is_black = picture[..., :3].max(axis=-1) == 0
    assert result[is_black][:, :3].max() < 25  # the others of its entry let the background through
    assert (result[is_black][:, 3] == 255).all()


@pytest.mark.parametrize("n_channels", [2, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg"])
def test_opaque_row_of_a_fading_ramp_has_many_greys(n_channels, dtype, dither):
    """Opaque pixels share clusters with those of slightly less alpha: all of them once shared one entry."""
    grey, alpha = (part.astype(dtype) * (np.iinfo(dtype).max // 255) for part in np.meshgrid(*[np.arange(256)] * 2))
    picture = np.stack([grey] * (n_channels - 1) + [alpha], axis=-1)
    result = quantized(picture, 256, dither=dither)
    assert len(np.unique(result[255, :, 0])) > 15
    error = np.abs(result[255, :, 0].astype(int) - picture[255, :, 0]) / np.iinfo(dtype).max
    assert error.mean() < 0.04
    assert (result[255, :, -1] == np.iinfo(dtype).max).all()
    assert (result[0, :, -1] == 0).all()


def test_alpha_of_hard_and_soft_pictures_is_kept():
    rng = np.random.default_rng(1)
    for n_colors in (2, 3, 5, 16, 60):
        picture = rng.integers(0, 256, (20, 24, 4), np.uint8)
        picture[:5, :, 3], picture[5:9, :, 3] = 0, 255
        picture[9:12, :, 3] = rng.integers(240, 255, (3, 24))
        result = quantized(picture, n_colors)
        assert (result[picture[..., 3] == 255][:, 3] == 255).all()
        assert (result[picture[..., 3] == 0][:, 3] == 0).all()


def test_many_faint_pixels_are_not_made_opaque_for_one():
    """A shadow of alpha 100 stays one; the one opaque pixel of its colour goes to the next opaque entry."""
    picture = np.zeros((20, 20, 4), np.uint8)
    picture[:, :, 3] = np.arange(100, 120)
    picture[:10] = 250, 250, 250, 255
    picture[19, 0] = 0, 0, 0, 255
    result = quantized(picture, 2)
    assert (result[11, :, 3] < 160).all()


def test_locked_and_opaque_go_together():
    picture = opaque_black_beside_nearly_opaque_black()
    result = quantized(picture, 4, fixed_colors=np.array([[0, 0, 0, 251]], np.uint8))
    assert_alpha_kept(picture, result)
    assert result[6, 5].tolist() == [0, 0, 0, 255]
    quantizer = KMeansQuantizer(3).fit(picture)
    assert quantizer.palette_[:, 3].min() == 255
    red, green, blue, alpha = np.asarray(quantize(picture, 3).convert("RGBA"))[6, 5].tolist()
    assert max(red, green, blue) <= 3
    assert alpha == 255
