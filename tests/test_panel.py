"""`encode_panel`: pixels as the controllers of panels take them."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_panel, quantize
from pil_kmeans.panel import packed


def unpacked(data, bits, shape):
    """The numbers of the pixels, found bit by bit."""
    stream = np.unpackbits(np.frombuffer(data, np.uint8)).reshape(shape[0], -1)
    rows = stream.reshape(shape[0], -1, bits) @ (1 << np.arange(bits)[::-1])
    return rows[:, : shape[1]]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("width", [1, 7, 8, 13])
def test_first_pixel_is_in_the_highest_bits_and_rows_begin_with_a_byte(bits, width):
    codes = np.random.default_rng(0).integers(0, 1 << bits, (5, width)).astype(np.uint8)
    data = packed(codes, bits)
    assert len(data) == 5 * -(-width * bits // 8)
    np.testing.assert_array_equal(unpacked(data, bits, codes.shape), codes)


@pytest.mark.parametrize(
    ("name", "bits", "codes"),
    [
        ("bw", 1, [0, 1]),
        ("grey4", 2, range(4)),
        ("grey16", 4, range(16)),
        ("acep7", 4, range(7)),
        ("spectra6", 4, [0, 1, 2, 3, 5, 6]),  # 4 would be the orange that it has not
        ("eink7", 4, range(7)),
    ],
)
def test_pixels_have_the_numbers_of_the_controller(photo, name, bits, codes):
    indices = np.asarray(quantize(photo, palette=name))
    data = encode_panel(photo, name)
    np.testing.assert_array_equal(unpacked(data, bits, indices.shape), np.array(codes)[indices])


def test_a_panel_of_ones_own(photo):
    colors = ["#101010", "#f0f0f0", "#b03020"]
    data = encode_panel(photo, colors, codes=[3, 0, 9], bits=8, dither="ordered")
    indices = np.asarray(quantize(photo, palette=colors, dither="ordered"))
    np.testing.assert_array_equal(np.frombuffer(data, np.uint8).reshape(indices.shape), np.array([3, 0, 9])[indices])


def test_pictures_are_turned_upright(photo):
    turned = photo.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6
    assert encode_panel(turned, "bw") == encode_panel(photo, "bw")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"palette": "eink5"}, "is no named palette: did you mean 'eink"),
        ({"codes": [0, 1]}, "codes must hold a number for each of the 6 colors of palette, got 2"),
        ({"codes": [0, 1, 2, 3, 4, 256]}, "codes must be integers from 0 to 255, got 256"),
        ({"bits": 2}, "bits must be one of 4, 8, as codes go up to 6, got 2"),
        ({"dither": "no"}, "dither must be"),
    ],
)
def test_bad_arguments_are_named(photo, options, message):
    with pytest.raises(ValueError, match=message):
        encode_panel(photo, **({"palette": "spectra6"} | options))


@pytest.mark.parametrize("palette", ["bw", "spectra6"])
def test_what_is_transparent_is_refused(photo, palette):
    image = photo.convert("RGBA")
    image.putalpha(0)
    with pytest.raises(ValueError, match="fully transparent pixels, which a device cannot show"):
        encode_panel(image, palette)
