"""`encode_png`: pixels and options, read back by Pillow."""

import numpy as np
import pytest
from PIL import Image

from palettes_only import encode_png
from pil_kmeans import IndexedImage, KMeansQuantizer, quantize
from pil_kmeans.pictures.pil_modes import pixels_from_pil
from pil_kmeans.stages.dithering.diffuse import BY_MASK
from pil_pictures import MODES, in_mode, opened, rgba, with_key
from png_chunks import chunks


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_the_pixels_quantize_gives(photo, mode):
    image = in_mode(photo, mode)
    data = encode_png(image, n_colors=12, lossy=0, effort="fast")
    assert opened(data).mode == "P"
    assert opened(data).size == image.size
    assert np.array_equal(rgba(opened(data)), rgba(quantize(image, 12, dither="auto", effort="fast")))


@pytest.mark.parametrize("mode", [mode for mode in MODES if "16" not in mode])
def test_few_colors_are_stored_exactly(few, mode):
    image = in_mode(few, mode)
    expected = Image.fromarray(pixels_from_pil(image).squeeze()).convert("RGBA")
    assert np.array_equal(rgba(opened(encode_png(image))), rgba(expected))


@pytest.mark.parametrize("n_colors", [1, 2, 17, 256])
def test_at_most_n_colors_are_stored(photo, n_colors):
    data = encode_png(np.asarray(photo), n_colors=n_colors)
    assert len(dict(chunks(data))["PLTE"]) <= 3 * n_colors
    assert len(opened(data).getcolors()) <= n_colors


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.float32, np.float64])
def test_arrays_of_every_dtype_are_stored(dtype):
    full = {bool: True, np.uint8: 255, np.uint16: 65535}.get(dtype, 1)
    array = np.zeros((3, 4), dtype)
    array[1:] = full
    assert np.array_equal(np.asarray(opened(encode_png(array)).convert("L")), array.astype(bool) * 255)
    assert encode_png(array[..., np.newaxis]) == encode_png(array)


def test_transparent_color_of_an_image_is_transparent():
    alpha = rgba(opened(encode_png(with_key("RGB"))))[..., 3]
    assert (alpha[:, :4] == 0).all()
    assert (alpha[:, 4:] == 255).all()


def test_indexed_image_is_stored_as_it_is():
    indexed = IndexedImage(np.array([[1, 0]], np.uint8), np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    assert encode_png(indexed) == indexed.to_png()
    assert np.array_equal(rgba(opened(encode_png(indexed)))[..., :3], indexed.to_array())


def test_indexed_image_of_more_colors_is_quantized(few):
    indexed = IndexedImage(np.arange(128, dtype=np.uint8).reshape(8, 16), np.asarray(few).reshape(-1, 3))
    assert len(opened(encode_png(indexed, n_colors=5)).getcolors()) == 5


def test_sample_weight_moves_the_palette():
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis].repeat(4, 0)
    dark = [
        (np.unique(rgba(opened(encode_png(ramp, n_colors=8, sample_weight=weight)))[..., 0]) < 64).sum()
        for weight in (None, np.where(ramp < 64, 1000.0, 1.0))
    ]
    assert dark[1] > dark[0]


def test_threads_do_not_change_the_bytes(photo):
    assert encode_png(photo, n_threads=1) == encode_png(photo, n_threads=3)


def test_array_and_image_give_the_same_bytes(photo):
    assert encode_png(np.asarray(photo), n_colors=20) == encode_png(photo, n_colors=20)


@pytest.mark.parametrize("compression", ["fast", "max"])
def test_compression_does_not_change_the_pixels(photo, compression):
    indexed = KMeansQuantizer(16).fit(photo).to_indexed(photo)
    assert encode_png(indexed, compression=compression) == indexed.to_png(compression=compression)
    for image in (photo, indexed):
        data = encode_png(image, lossy=0, compression=compression)
        assert np.array_equal(rgba(opened(data)), rgba(opened(encode_png(image, lossy=0))))


def test_dithering_is_auto_by_default(photo):
    auto = encode_png(photo, n_colors=8, dither="auto")
    assert encode_png(photo, n_colors=8) == encode_png(photo, n_colors=8, dither=None) == auto
    for dither in ("none", "floyd-steinberg", *BY_MASK):
        data = encode_png(photo, n_colors=8, dither=dither, lossy=0)
        assert np.array_equal(rgba(opened(data)), rgba(quantize(photo, 8, dither=dither)))
    strong, weak = (encode_png(photo, n_colors=8, dither="floyd-steinberg", dither_strength=s) for s in (1, 0.5))
    assert strong != weak


@pytest.mark.parametrize("dither", ["auto", "floyd-steinberg"])
def test_gradients_of_16_bits_and_floats_show_no_bands(dither):
    ramp = np.linspace(0.3, 0.4, 256, dtype=np.float32)[np.newaxis].repeat(64, axis=0)
    for picture in (ramp, np.rint(ramp * 65535).astype(np.uint16), Image.fromarray((ramp * 65535).astype(np.uint16))):
        shown = np.asarray(opened(encode_png(picture, dither=dither)).convert("L")) / 255
        off = np.abs((shown - ramp).reshape(-1, 32, 8).mean(axis=(0, 2)))
        assert off[1:-1].max() < 1 / 2000


def test_turned_pictures_of_16_bits_are_dithered():
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[np.newaxis].repeat(32, axis=0)
    image = Image.fromarray(ramp)
    image.getexif()[0x0112] = 6
    assert opened(encode_png(image, n_colors=4)).size == (32, 64)


# Errors


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"dither": "random"}, ValueError, "dither must be one of 'none', 'floyd-steinberg', .* 'auto', got 'random'"),
        ({"dither": 3}, TypeError, "dither must be one of 'none'.* got 3 of type int"),
        ({"dither_strength": 1.5}, ValueError, "dither_strength must be from 0 to 1, got 1.5"),
        ({"dither_strength": np.nan}, ValueError, "dither_strength must be from 0 to 1, got nan"),
        ({"dither_strength": True}, TypeError, "dither_strength must be a number .* got True"),
        ({"dither": "none", "dither_strength": 0.5}, ValueError, "dither_strength=0.5 has no use.*pass dither="),
    ],
)
def test_dithering_that_cannot_be_had(photo, options, error, match):
    with pytest.raises(error, match=match):
        encode_png(photo, **options)


@pytest.mark.parametrize("n_colors", [0, -3, 257])
def test_n_colors_must_be_1_to_256(photo, n_colors):
    with pytest.raises(ValueError, match=f"n_colors must be between 1 and 256, got {n_colors}"):
        encode_png(photo, n_colors=n_colors)


@pytest.mark.parametrize("n_colors", [2.0, "8", None])
def test_n_colors_must_be_an_integer(photo, n_colors):
    with pytest.raises(TypeError, match=f"n_colors must be an integer, got {n_colors!r} of type"):
        encode_png(photo, n_colors=n_colors)


def test_metadata_must_be_known(photo):
    with pytest.raises(ValueError, match=r"metadata must be one of \['color', 'all', 'none'\], got 'some'"):
        encode_png(photo, metadata="some")


@pytest.mark.parametrize("option", [{"color_space": "hsv"}, {"effort": "slow"}, {"n_threads": 0}, {"compression": 9}])
def test_unknown_options_are_refused(photo, option):
    with pytest.raises(ValueError, match=next(iter(option))):
        encode_png(photo, **option)


@pytest.mark.parametrize("image", [Image.new("RGB", (0, 4)), np.zeros((4, 0, 3), np.uint8)])
def test_empty_pictures_are_refused(image):
    with pytest.raises(ValueError, match=r"image.*empty"):
        encode_png(image)


@pytest.mark.parametrize("image", [3, None, np.zeros((2, 2), complex)])
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(TypeError, match="image"):
        encode_png(image)


def test_weights_must_fit_the_picture(photo):
    with pytest.raises(ValueError, match="sample_weight"):
        encode_png(photo, sample_weight=np.ones((64, 48)))
