"""`quantize` of pictures that are not stored in sRGB: fitted by how they look, in colours as they are stored."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import quantize, ssimulacra2
from pil_kmeans.pictures.icc_profile import SRGB_CHROMATICITIES, rgb_profile
from pil_kmeans.pictures.to_srgb import in_srgb
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.ssimulacra2 import strict_score
from pil_pictures import rgba

WIDE = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)  # of Display P3


def with_info(image, **info):
    image = image.copy()
    image.info.update(info)
    return image


@pytest.fixture
def linear(china):
    """Stored as light: what is dark has few of the levels, and much of what is seen."""
    light = (china[300:420, 200:360] / 255) ** 2.2
    return with_info(Image.fromarray(np.rint(255 * light).astype(np.uint8)), gamma=1.0)


def seen(image):
    return read_pixels(in_srgb(image, np.asarray(image)).samples)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg"])
def test_palette_is_for_what_is_seen(linear, mode, dither):
    image = linear.convert(mode)
    result = quantize(image, 48, dither=dither)
    as_numbers = with_info(quantize(with_info(image, gamma=0.45455), 48, dither=dither), gamma=1.0)
    assert ssimulacra2(image, result) > ssimulacra2(image, as_numbers) + (1 if mode in ("L", "LA") else 5)
    assert result.info["gamma"] == 1.0


def test_profile_and_gamma_count_alike(linear):
    profile = with_info(linear, icc_profile=rgb_profile(1.0, SRGB_CHROMATICITIES))
    assert quantize(profile, 12).tobytes() == quantize(linear, 12).tobytes()


def test_few_colors_and_flat_areas_stay_as_they_are_stored(linear):
    few = with_info(linear.quantize(40).convert("RGB"), gamma=1.0)
    np.testing.assert_array_equal(rgba(quantize(few, 64)), rgba(few))
    linear.paste((3, 200, 77), (0, 0, 80, 120))
    result = quantize(linear, 12, dither="none").convert("RGB")
    assert (np.asarray(result)[:, :80] == (3, 200, 77)).all()


def test_fully_transparent_pixels_stay_so(linear):
    image = linear.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    alpha = rgba(quantize(image, 16))[..., 3]
    np.testing.assert_array_equal(alpha == 0, rgba(image)[..., 3] == 0)
    assert (alpha[rgba(image)[..., 3] == 255] == 255).all()


def test_entries_are_different_and_used(linear):
    result = quantize(linear, 64)
    colors = np.array(result.getpalette()).reshape(-1, 3)
    assert len(np.unique(colors, axis=0)) == len(colors) == np.asarray(result).max() + 1
    assert len(np.unique(np.asarray(result))) == len(colors)


def test_colors_that_srgb_cannot_show_are_not_lost(china):
    image = with_info(Image.fromarray(china[:60, :80]), chromaticity=WIDE)
    image.paste((255, 0, 0), (0, 0, 8, 8))  # far outside
    np.testing.assert_array_equal(rgba(quantize(image, 16)), rgba(quantize(with_info(image, srgb=0), 16)))


def test_frames_of_one_profile_share_a_palette_for_what_is_seen(linear):
    frames = [linear, linear.transpose(Image.Transpose.ROTATE_180)]
    results = quantize(frames, 12, dither="none")
    assert results[0].getpalette() == results[1].getpalette()
    alone = ssimulacra2(linear, quantize(linear, 12, dither="none", weighting="perceptual"))
    assert ssimulacra2(linear, results[0]) == pytest.approx(alone, abs=1)
    other = [linear, with_info(linear, gamma=0.45455)]  # whose numbers mean something else
    assert quantize(other, 12)[0].getpalette() == quantize(other[::-1], 12)[1].getpalette()


def test_quality_is_that_of_what_is_seen(linear):
    result = quantize(linear, quality=60, dither="none")
    assert ssimulacra2(linear, result) >= 60
    fewer = quantize(linear, len(result.getpalette()) // 3 - 1, dither="none")
    assert strict_score(seen(linear), 1)(seen(fewer.convert("RGB"))) < 60
