"""`IndexedImage`: checked, frozen, and the same picture in every form."""

import dataclasses
import pickle

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import IndexedImage
from pil_kmeans.indexed_image import p_image
from pil_pictures import opened

INDICES = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
GREY = np.array([[0], [100], [255]], np.uint8)
GREY_ALPHA = np.array([[7, 0], [100, 128], [255, 255]], np.uint8)
RGB = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
RGBA = np.array([[9, 9, 9, 0], [255, 0, 0, 128], [0, 0, 255, 255]], np.uint8)
PALETTES = [GREY, GREY_ALPHA, RGB, RGBA]


def pixels(image):
    return np.asarray(image.convert("RGBA"))


def as_rgba(palette):
    mode = ["L", "LA", "RGB", "RGBA"][palette.shape[1] - 1]
    rows = palette[np.newaxis]
    return np.asarray(Image.fromarray(rows[..., 0] if mode == "L" else rows).convert("RGBA"))[0]


@pytest.mark.parametrize("palette", PALETTES)
def test_array_has_the_color_of_every_pixel(palette):
    array = IndexedImage(INDICES, palette).to_array()
    assert array.shape == (2, 3, palette.shape[1])
    assert array.dtype == palette.dtype
    assert np.array_equal(array, palette[INDICES])


@pytest.mark.parametrize("palette", PALETTES)
def test_pil_image_and_png_have_the_same_pixels(palette):
    indexed = IndexedImage(INDICES, palette)
    image = indexed.to_pil()
    assert image.mode == "P"
    assert image.palette.mode == ("RGBA" if palette.shape[1] in (2, 4) else "RGB")
    assert np.array_equal(np.asarray(image), INDICES)
    assert np.array_equal(pixels(image), as_rgba(palette)[INDICES])
    assert np.array_equal(pixels(opened(indexed.to_png())), as_rgba(palette)[INDICES])


@pytest.mark.parametrize(
    ("palette", "expected"),
    [
        (np.array([[False], [True], [True]]), [0, 255, 255]),
        (np.array([[0], [128], [129]], np.uint16), [0, 0, 1]),
        (np.array([[0], [65406], [65535]], np.uint16), [0, 254, 255]),
        (np.array([[0.0], [0.25], [1.0]]), [0, 64, 255]),
        (np.array([[0.0], [0.501], [1.0]], np.float32), [0, 128, 255]),
    ],
)
def test_other_dtypes_are_rounded_to_8_bits(palette, expected):
    indexed = IndexedImage(INDICES, palette)
    expected = np.array(expected)[INDICES]
    assert np.array_equal(pixels(indexed.to_pil())[..., 0], expected)
    assert np.array_equal(pixels(opened(indexed.to_png()))[..., 0], expected)
    assert indexed.to_array().dtype == palette.dtype


def test_colors_that_become_equal_share_an_entry():
    image = IndexedImage(INDICES, np.array([[0], [1], [65535]], np.uint16)).to_pil()
    assert image.getpalette() == [0, 0, 0, 255, 255, 255]


def test_colors_that_are_hardly_visible_stay_so():
    palette = np.array([[0, 0], [65535, 100], [65535, 65535]], np.uint16)
    rgba = np.reshape(IndexedImage(INDICES, palette).to_pil().getpalette("RGBA"), (-1, 4))
    assert rgba.tolist() == [[0, 0, 0, 0], [255, 255, 255, 1], [255, 255, 255, 255]]


def test_duplicates_of_8_bits_are_kept():
    image = IndexedImage(INDICES, np.zeros((3, 3), np.uint8)).to_pil()
    assert len(image.getpalette()) == 9
    assert np.array_equal(np.asarray(image), INDICES)


def test_more_than_256_colors_make_an_array_only():
    palette = np.stack([np.arange(300) % 20, np.arange(300) // 20, np.arange(300)], axis=1).astype(np.uint8)
    indexed = IndexedImage(np.arange(300, dtype=np.uint16)[np.newaxis], palette)
    assert indexed.to_array().shape == (1, 300, 3)
    with pytest.raises(ValueError, match="a P image holds at most 256 colors, this palette has"):
        indexed.to_pil()
    with pytest.raises(ValueError, match="a palette PNG holds at most 256 colors, this picture has"):
        indexed.to_png()


def test_large_palettes_of_which_few_are_used_make_a_png():
    palette = np.arange(1000, dtype=np.uint16)[:, np.newaxis] * 65
    indexed = IndexedImage(np.array([[0, 999]], np.uint16), palette)
    assert pixels(opened(indexed.to_png()))[0, :, 0].tolist() == [0, 253]


def test_it_is_frozen():
    indices, palette = INDICES.copy(), RGB.copy()
    indexed = IndexedImage(indices, palette)
    indices[:], palette[:] = 0, 0
    assert np.array_equal(indexed.indices, INDICES)
    assert np.array_equal(indexed.palette, RGB)
    with pytest.raises(ValueError, match="read-only"):
        indexed.indices[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        indexed.palette[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        indexed.palette = palette


def test_it_survives_pickle_frozen():
    again = pickle.loads(pickle.dumps(IndexedImage(INDICES, RGBA)))
    assert np.array_equal(again.to_array(), RGBA[INDICES])
    assert not again.indices.flags.writeable


def test_shape_is_height_and_width():
    assert IndexedImage(INDICES, RGB).shape == (2, 3)


@pytest.mark.parametrize(
    ("indices", "palette"),
    [
        (INDICES[::-1, ::-1], RGB[:, ::-1]),
        (INDICES.astype(">u2"), RGB.astype(">u2")),
        (INDICES.tolist(), RGB),
    ],
)
def test_any_layout_of_the_arrays_works_or_is_named(indices, palette):
    if isinstance(indices, list):
        with pytest.raises(TypeError, match="indices must be uint8 or uint16, got int64"):
            IndexedImage(indices, palette)
        return
    indexed = IndexedImage(indices, palette)
    assert indexed.indices.dtype.isnative
    assert np.array_equal(indexed.to_array(), palette[indices])


@pytest.mark.parametrize(
    ("indices", "palette", "error", "message"),
    [
        (INDICES.astype(np.int32), RGB, TypeError, "indices must be uint8 or uint16, got int32"),
        (INDICES[0], RGB, ValueError, r"indices must have shape \(H, W\) .*, got \(3,\)"),
        (INDICES[:0], RGB, ValueError, r"at least one pixel, got \(0, 3\)"),
        (INDICES, RGB[:2], ValueError, "indices must be below the palette's 2 colors, got 2"),
        (INDICES, RGB[0], ValueError, r"palette must have shape \(n, C\).*got \(3,\)"),
        (INDICES, np.zeros((3, 5), np.uint8), ValueError, r"1 to 4 channels, got \(3, 5\)"),
        (INDICES, np.zeros((0, 3), np.uint8), ValueError, r"from 1 to 65536 colors.*got \(0, 3\)"),
        (INDICES, np.zeros((65537, 1), np.uint8), ValueError, r"65536 colors.*got \(65537, 1\)"),
        (INDICES, RGB.astype(np.int64), TypeError, "palette must be uint8.*got int64.*astype"),
        (INDICES, RGB.astype(float), ValueError, r"numbers in \[0, 1\], got 255.0.*0-255"),
        (INDICES, RGB / -255, ValueError, r"numbers in \[0, 1\], got -1.0"),
        (INDICES, RGB * np.nan, ValueError, r"numbers in \[0, 1\], got nan"),
    ],
)
def test_what_is_no_picture_is_refused(indices, palette, error, message):
    with pytest.raises(error, match=message):
        IndexedImage(indices, palette)


@pytest.mark.parametrize("shape", [(3, 1), (3, 2), (3, 5), (3,)])
def test_a_p_image_takes_rgb_or_rgba_only(shape):
    with pytest.raises(ValueError, match=r"colors of a P image must have shape \(n, 3\) or \(n, 4\), got"):
        p_image(np.zeros((1, 1), np.uint8), np.zeros(shape, np.uint8))


@pytest.mark.parametrize("n_colors", [5, 300])
def test_a_notebook_shows_its_pixels(n_colors):
    indices = (np.arange(600) % n_colors).reshape(20, 30).astype(np.uint16)
    palette = (np.arange(n_colors)[:, None] * [1, 3, 7] % 256).astype(np.uint8)
    shown = opened(IndexedImage(indices, palette)._repr_png_())
    np.testing.assert_array_equal(np.asarray(shown.convert("RGB")), palette[indices])


@pytest.mark.parametrize("compression", ["fast", "default", "max"])
def test_wide_indices_of_few_colors_are_written(compression):
    indices = np.array([[0, 3, 2, 3], [1, 1, 0, 4]], np.uint16)
    palette = np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9], [9, 9, 0], [0, 9, 9]], np.uint8)
    data = IndexedImage(indices, palette).to_png(compression=compression)
    np.testing.assert_array_equal(np.asarray(opened(data).convert("RGB")), palette[indices])
