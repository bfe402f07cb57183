"""The pixels stage: any layout in memory gives the same samples."""

import numpy as np
import pytest

from pil_kmeans.stages.pixels import read_pixels, read_sample_weight

DTYPES = [np.uint8, np.uint16, np.bool_, np.float32, np.float64]

LAYOUTS = {
    "as it is": lambda a: a,
    "in columns": np.asfortranarray,
    "upside down": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "mirrored": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "channels backwards": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "every other pixel": lambda a: a.repeat(2, axis=0).repeat(3, axis=1)[::2, ::3],
    "part of a larger one": lambda a: np.pad(a, ((1, 2), (3, 1), (0, 1)))[1:-2, 3:-1, :-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "nested lists of rows": lambda a: list(a),
}


def made(dtype, shape=(7, 5, 3)):
    values = np.random.default_rng(0).random(shape)
    if np.dtype(dtype).kind == "u":
        return (values * np.iinfo(dtype).max).astype(dtype)
    return values > 0.5 if dtype == np.bool_ else values.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_layout_in_memory_does_not_matter(dtype, layout, n_channels):
    picture = made(dtype, (7, 5, n_channels))
    plain, other = read_pixels(picture), read_pixels(layout(picture))
    assert other.samples.flags.c_contiguous
    assert other.samples.dtype == plain.samples.dtype
    assert other.dtype == plain.dtype == dtype
    assert other.dtype.isnative
    np.testing.assert_array_equal(other.samples, plain.samples)
    np.testing.assert_array_equal(other.values, picture)
    assert (other.shape, other.n_channels) == ((7, 5), n_channels)


@pytest.mark.parametrize("dtype", DTYPES)
def test_read_only_pictures_are_read_and_none_is_changed(dtype):
    picture = made(dtype)
    before = picture.copy()
    picture.flags.writeable = False
    read_pixels(picture)
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("channel_axis", [-3, -2, -1, 0, 1, 2])
def test_channels_may_be_on_any_axis(channel_axis):
    picture = made(np.uint8)
    moved = read_pixels(np.moveaxis(picture, -1, channel_axis), channel_axis=channel_axis)
    np.testing.assert_array_equal(moved.samples, picture)
    np.testing.assert_array_equal(moved.values, picture)


@pytest.mark.parametrize("dtype", DTYPES)
def test_grey_picture_without_channel_axis_has_one_channel(dtype):
    picture = made(dtype, (7, 5))
    pixels, with_axis = read_pixels(picture, channel_axis=None), read_pixels(picture[..., np.newaxis])
    np.testing.assert_array_equal(pixels.samples, with_axis.samples)
    assert pixels.samples.shape == (7, 5, 1)


def test_samples_are_8_or_16_bits_or_float_values_of_one_channel():
    assert read_pixels(made(np.bool_)).samples.dtype == np.uint8
    assert set(np.unique(read_pixels(made(np.bool_)).samples)) == {0, 255}
    for dtype in (np.float32, np.float64):
        picture = made(dtype)
        assert read_pixels(picture).samples.dtype == np.uint16
        assert np.abs(read_pixels(picture).samples / 65535 - picture).max() <= 0.5 / 65535 + 1e-12
        grey = made(dtype, (7, 5, 1))
        assert read_pixels(grey).samples.dtype == np.float64
        np.testing.assert_array_equal(read_pixels(grey).samples, grey)


@pytest.mark.parametrize("values", [[0.0, 1.0], [1.0, 1.0], [0.0, -0.0]])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_ends_of_the_float_range_are_allowed(values, n_channels):
    picture = np.repeat(np.array([values])[..., np.newaxis], n_channels, axis=2)
    np.testing.assert_array_equal(read_pixels(picture).values, picture)


@pytest.mark.parametrize("value", [-1e-6, 1 + 1e-6, -0.5, 2.0, 255.0, 65535.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_one_sample_out_of_range_is_enough_to_refuse(value, dtype, n_channels):
    picture = made(dtype, (7, 5, n_channels))
    picture[3, 2, -1] = value
    with pytest.raises(ValueError, match=r"from 0\.0 to 1\.0"):
        read_pixels(picture)


@pytest.mark.parametrize(
    ("shape", "channel_axis", "message"),
    [
        ((3, 4), -1, r"shape \(3, 4\); .* For a grey picture pass channel_axis=None"),
        ((3, 4, 1), None, r"shape \(3, 4, 1\); with channel_axis=None a picture has two axes"),
        ((3, 4, 1), 3, r"channel_axis=3 is not an axis of image, which has shape \(3, 4, 1\)"),
    ],
)
def test_axes_that_do_not_fit_are_named(shape, channel_axis, message):
    with pytest.raises(ValueError, match=message):
        read_pixels(np.zeros(shape), channel_axis=channel_axis)


def test_weights_whose_sums_could_overflow_are_refused():
    with pytest.raises(ValueError, match=r"holds 1e\+101; weights must be at most 1e\+100: scale them"):
        read_sample_weight([[1.0, 1e101]], (1, 2))


def test_weights_of_any_layout_are_read():
    weights = np.arange(12.0).reshape(3, 4)
    for given in (weights, weights.tolist(), np.asfortranarray(weights), weights.astype(int)):
        read = read_sample_weight(given, (3, 4))
        assert read.dtype == np.float64
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read, weights)
    assert read_sample_weight(None, (3, 4)) is None
