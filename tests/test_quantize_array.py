"""`quantize_array`: as `KMeansQuantizer`, in the manner of scikit-image."""

import numpy as np
import pytest
from skimage.color import label2rgb
from skimage.util import img_as_float, img_as_float32, img_as_uint

from pil_kmeans import KMeansQuantizer, quantize_array


@pytest.fixture(scope="module")
def picture(astronaut):
    return astronaut[100:160, 150:230]


@pytest.mark.parametrize("as_dtype", [np.asarray, img_as_float, img_as_float32, img_as_uint])
def test_result_is_that_of_the_estimator_in_the_dtype_of_the_image(picture, as_dtype):
    image = as_dtype(picture)
    given = image.copy()
    indices, palette = quantize_array(image, 12)
    quantizer = KMeansQuantizer(12)
    np.testing.assert_array_equal(indices, quantizer.fit_transform(image))
    np.testing.assert_array_equal(palette, quantizer.palette_)
    assert palette.dtype == image.dtype
    np.testing.assert_array_equal(image, given)


def test_options_are_those_of_the_estimator(picture):
    weight = np.ones(picture.shape[:2])
    weight[:20] = 30
    options = {
        "color_space": "cielab",
        "effort": "fast",
        "dither": "ordered",
        "fixed_colors": ["lime"],
        "weighting": "uniform",
    }
    indices, palette = quantize_array(picture, 6, sample_weight=weight, **options)
    quantizer = KMeansQuantizer(6, **options)
    np.testing.assert_array_equal(indices, quantizer.fit_transform(picture, sample_weight=weight))
    np.testing.assert_array_equal(palette, quantizer.palette_)


def test_channels_are_where_channel_axis_says(picture):
    indices, palette = quantize_array(picture, 7)
    for axis in (0, 1, -2):
        moved = quantize_array(np.moveaxis(picture, -1, axis), 7, channel_axis=axis)
        np.testing.assert_array_equal(moved[0], indices)
        np.testing.assert_array_equal(moved[1], palette)
    grey = picture[..., 0]
    labels, levels = quantize_array(grey, 7, channel_axis=None)
    assert levels.shape == (7,)
    np.testing.assert_array_equal(
        levels[labels], KMeansQuantizer(7, channel_axis=None).fit(grey).inverse_transform(labels)
    )


def test_label2rgb_shows_it(picture):
    indices, palette = quantize_array(img_as_float(picture), 300)
    assert indices.dtype == np.int32
    assert indices.max() > 255
    np.testing.assert_array_equal(label2rgb(indices, colors=palette, bg_label=-1), palette[indices])


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        (lambda a: a[..., 0], {}, ValueError, "For a grey picture pass channel_axis=None"),
        (lambda a: a.astype(float), {}, ValueError, r"float pictures run from 0.0 to 1.0. Divide it by 255"),
        (lambda a: a.astype(int), {}, TypeError, "has dtype int64"),
        (lambda a: a, {"n_colors": 0}, ValueError, "n_colors must be between 1 and 65536, got 0"),
        (lambda a: a, {"n_segments": 9}, TypeError, "n_segments"),
        (lambda a: a, {"sample_weight": np.ones(3)}, ValueError, "sample_weight has shape"),
    ],
)
def test_what_cannot_be_is_told(picture, change, options, error, message):
    with pytest.raises(error, match=message):
        quantize_array(change(picture), **options)
