"""`quantize`: errors as Pillow's, and `method=`, which is Pillow's."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import quantize
from pil_kmeans.stages.dithering.diffuse import BY_MASK


@pytest.mark.parametrize("colors", [0, -1, 257, 999])
def test_colors_must_be_1_to_256(photo, colors):
    with pytest.raises(ValueError, match=f"bad number of colors: .* between 1 and 256, got {colors}"):
        quantize(photo, colors)


@pytest.mark.parametrize("colors", [1.0, "8", None])
def test_colors_must_be_an_integer(photo, colors):
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        quantize(photo, colors)


@pytest.mark.parametrize("colors", [True, np.int64(1)])
def test_other_integers_are_colors_too(photo, colors):
    assert len(quantize(photo, colors).getcolors()) == 1


def test_kmeans_must_not_be_negative(photo):
    with pytest.raises(ValueError, match="kmeans must not be negative, got -1"):
        quantize(photo, kmeans=-1)


def test_kmeans_must_be_an_integer(photo):
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        quantize(photo, kmeans=1.5)


def test_kmeans_has_no_effect(photo):
    assert quantize(photo, 8, kmeans=5).tobytes() == quantize(photo, 8).tobytes()


@pytest.mark.parametrize("method", [0, 1, 2, Image.Quantize.FASTOCTREE])
def test_method_runs_pillows_own(photo, method):
    ours, pillows = quantize(photo, 20, method, 1), photo.quantize(20, method, 1)
    assert ours.tobytes() == pillows.tobytes()
    assert ours.palette.palette == pillows.palette.palette


@pytest.mark.parametrize(
    ("mode", "method", "error", "message"),
    [
        ("RGB", 7, ValueError, "quantization error"),
        ("RGB", "octree", TypeError, "cannot be interpreted as an integer"),
        ("RGB", 1.5, TypeError, "cannot be interpreted as an integer"),
        ("RGBA", 0, ValueError, "Fast Octree"),
        ("RGBA", 1, ValueError, "Fast Octree"),
        ("CMYK", 0, ValueError, "image has wrong mode"),
    ],
)
def test_errors_of_a_given_method_are_pillows(photo, mode, method, error, message):
    with pytest.raises(error, match=message):
        quantize(photo.convert(mode), method=method)


def test_method_with_an_array_runs_pillows_own(photo):
    assert quantize(np.asarray(photo), 8, 2).tobytes() == photo.quantize(8, 2).tobytes()


def test_method_takes_no_options_that_are_ours(photo):
    with pytest.raises(ValueError, match="takes no list"):
        quantize([photo], method=0)
    with pytest.raises(ValueError, match="takes no sample_weight"):
        quantize(photo, method=0, sample_weight=np.ones((48, 64)))
    with pytest.raises(ValueError, match="takes no dither_strength"):
        quantize(photo, method=0, palette=photo.quantize(4), dither="floyd-steinberg", dither_strength=0.5)
    for dither in ("auto", *BY_MASK):
        with pytest.raises(ValueError, match=f"takes no dither='{dither}'"):
            quantize(photo, method=0, dither=dither)


@pytest.mark.parametrize("options", [{"color_space": "hsv"}, {"effort": "slow"}, {"n_threads": 0}, {"n_threads": -2}])
def test_unknown_options_are_refused(photo, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        quantize(photo, **options)


def test_later_options_are_absent(photo):
    with pytest.raises(TypeError, match="unexpected keyword"):
        quantize(photo, lossy=0.5)
