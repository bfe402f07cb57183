"""`quantize` with `quality`: as few colours as reach it."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import QualityError, quantize, ssimulacra2

FAST = {"effort": "fast"}


@pytest.fixture(scope="module")
def crop(astronaut):
    return Image.fromarray(astronaut[60:180, 150:280])


def n_colors(image):
    return len(image.getcolors())


@pytest.mark.parametrize("options", [{}, {"dither": "floyd-steinberg"}])
def test_the_fewest_colors_that_reach_it_are_taken(crop, options):
    result = quantize(crop, quality=60, **options, **FAST)
    n = n_colors(result)
    assert 2 < n < 256
    assert ssimulacra2(crop, result) >= 60
    assert result.tobytes() == quantize(crop, n, **options, **FAST).tobytes()
    assert ssimulacra2(crop, quantize(crop, n - 1, **options, **FAST)) < 60
    assert n_colors(quantize(crop, quality=40, **options, **FAST)) < n


def test_what_cannot_be_reached_is_an_error_and_of_a_range_the_best(crop):
    with pytest.raises(QualityError, match=r"quality=90 cannot be reached, .* for more colors if colors is below 256"):
        quantize(crop, 8, quality=90, **FAST)
    assert quantize(crop, 8, quality="0-90", **FAST).tobytes() == quantize(crop, 8, **FAST).tobytes()
    with pytest.raises(QualityError, match="quality=80 cannot be reached"):
        quantize(crop, 8, quality="80-90", **FAST)


def test_alpha_and_flat_pictures_have_a_quality():
    assert n_colors(quantize(Image.new("RGB", (9, 9), "red"), quality=100)) == 1
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[4:, :, :3], pixels[4:, :, 3] = np.arange(16)[:, np.newaxis] * 16, 255
    picture = Image.fromarray(pixels)
    result = quantize(picture, quality=100)
    assert np.array_equal(np.asarray(result.convert("RGBA"))[4:], pixels[4:])
    assert n_colors(quantize(picture, quality=10)) < n_colors(result)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"palette": ["red"]}, "got palette=, whose colors stay: drop one of them"),
        ({"fixed_colors": ["red"]}, "got fixed_colors: drop one"),
        ({"method": 0}, "runs Pillow's own method, which takes no quality"),
        ({"quality": 101}, "quality must be from 0 to 100"),
        ({"quality": "high"}, "quality must be a number from 0 to 100, or a range"),
    ],
)
def test_bad_options_are_refused(crop, options, match):
    with pytest.raises(ValueError, match=match):
        quantize(crop, **({"quality": 50} | options))
    with pytest.raises(ValueError, match="got several pictures"):
        quantize([crop], quality=50)
