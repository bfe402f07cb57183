"""Masked pixels: they have no say in the palette, and an index or an entry that is no colour's."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import KMeansQuantizer, encode_png, quantize


@pytest.fixture(scope="module")
def half_masked(china):
    """A photograph whose right half is not known, and red where it is looked at in spite of that."""
    picture = china[:100, :200].copy()
    picture[:, 120:] = 255, 0, 0
    mask = np.zeros(picture.shape, bool)
    mask[:, 120:] = True
    return np.ma.MaskedArray(picture, mask)


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_masked_pixels_have_no_say_in_the_palette(half_masked, effort):
    options = {"n_colors": 16, "weighting": "uniform", "effort": effort}
    known = np.ascontiguousarray(half_masked.data[:, :120])
    quantizer = KMeansQuantizer(**options).fit(half_masked)
    np.testing.assert_array_equal(quantizer.palette_, KMeansQuantizer(**options).fit(known).palette_)


@pytest.mark.parametrize("dither", [None, "floyd-steinberg", "ordered"])
def test_what_is_behind_the_mask_changes_nothing(half_masked, dither):
    other = np.ma.MaskedArray(half_masked.data.copy(), half_masked.mask)
    other.data[:, 120:] = np.random.default_rng(0).integers(0, 256, (100, 80, 3))
    options = {"n_colors": 16, "dither": dither}
    first, second = (KMeansQuantizer(**options).fit_transform(given) for given in (half_masked, other))
    np.testing.assert_array_equal(first.data, second.data)


@pytest.mark.parametrize(("masked", "n_colors", "expected", "dtype"), [
    (None, 16, 16, np.uint8), (255, 16, 255, np.uint8), (None, 256, 256, np.uint16), (999, 16, 999, np.uint16),
])  # fmt: skip
def test_masked_pixels_get_the_index_that_is_stated(half_masked, masked, n_colors, expected, dtype):
    quantizer = KMeansQuantizer(n_colors, masked=masked)
    for indices in (quantizer.fit_transform(half_masked), quantizer.transform(half_masked), quantizer.labels_):
        assert isinstance(indices, np.ma.MaskedArray)
        assert indices.dtype == dtype
        assert indices.fill_value == expected
        assert (indices.data[:, 120:] == expected).all()
        assert (indices.data[:, :120] < quantizer.n_colors_).all()
        np.testing.assert_array_equal(indices.mask, half_masked.mask[..., 0])


def test_colors_of_masked_indices_are_masked(half_masked):
    quantizer = KMeansQuantizer(16)
    colors = quantizer.inverse_transform(quantizer.fit_transform(half_masked))
    np.testing.assert_array_equal(colors.mask, half_masked.mask)
    assert np.abs(colors[:, :120].astype(int) - half_masked[:, :120]).mean() < 12


def test_one_masked_sample_masks_the_pixel(half_masked):
    mask = np.zeros(half_masked.shape, bool)
    mask[:, 120:, 1] = True
    quantizer = KMeansQuantizer(16).fit(np.ma.MaskedArray(half_masked.data, mask))
    np.testing.assert_array_equal(quantizer.palette_, KMeansQuantizer(16).fit(half_masked).palette_)


def test_lists_and_stacks_may_be_masked(half_masked):
    plain = half_masked.data[:, :120]
    indices = KMeansQuantizer(16).fit_transform([half_masked, plain])
    assert [item.shape for item in indices] == [(100, 200), (100, 120)]
    assert (indices[0].data[:, 120:] == 16).all()
    assert not np.ma.getmaskarray(indices[1]).any()
    stack = np.ma.stack([half_masked, half_masked[::-1]])
    indices = KMeansQuantizer(16).fit_transform(stack)
    np.testing.assert_array_equal(indices.mask, stack.mask[..., 0])


def test_nan_behind_a_mask_is_no_error():
    picture = np.ma.masked_invalid(np.array([[[0.5], [np.nan], [0.25]], [[np.nan], [np.nan], [np.nan]]]))
    quantizer = KMeansQuantizer(4).fit(picture)
    assert quantizer.palette_.tolist() == [[0.25], [0.5]]
    assert quantizer.transform(picture).data.tolist() == [[1, 4, 0], [4, 4, 4]]


def test_a_fit_needs_a_pixel_and_a_transform_none(half_masked):
    nothing = np.ma.MaskedArray(half_masked.data, True)
    with pytest.raises(ValueError, match="X is masked everywhere"):
        KMeansQuantizer(4).fit(nothing)
    assert (KMeansQuantizer(4).fit(half_masked).transform(nothing).data == 4).all()


def test_weights_count_beside_a_mask(half_masked):
    weight = np.zeros((100, 200))
    weight[:, 120:] = 1
    with pytest.raises(ValueError, match="sample_weight is zero wherever X is not masked"):
        KMeansQuantizer(4).fit(half_masked, sample_weight=weight)
    weight[:50, :120] = 1
    options = {"n_colors": 8, "weighting": "uniform"}
    palette = KMeansQuantizer(**options).fit(half_masked, sample_weight=weight).palette_
    np.testing.assert_array_equal(palette, KMeansQuantizer(**options).fit(half_masked.data[:50, :120]).palette_)


def test_the_index_of_masked_pixels_is_no_entry():
    with pytest.raises(ValueError, match="masked=7 is the index of an entry: it must not be below n_colors=8"):
        KMeansQuantizer(8, masked=7).fit(np.zeros((4, 4, 3), np.uint8))


def test_masked_pixels_of_a_png_are_transparent(half_masked):
    for data in (
        encode_png(half_masked, n_colors=16),
        KMeansQuantizer(15).fit(half_masked).to_indexed(half_masked).to_png(),
    ):
        with Image.open(BytesIO(data)) as image:
            assert len(image.getcolors()) <= 16
            alpha = np.asarray(image.convert("RGBA"))[..., 3]
        np.testing.assert_array_equal(alpha == 0, half_masked.mask[..., 0])
        assert set(np.unique(alpha)) == {0, 255}


def test_masked_pixels_of_a_p_image_are_transparent(half_masked):
    image = quantize(half_masked, 16)
    assert (np.asarray(image)[:, 120:] == image.info["transparency"]).all()


def test_a_mask_that_masks_nothing_is_none(half_masked):
    plain = half_masked.data
    assert encode_png(np.ma.MaskedArray(plain, False), n_colors=8) == encode_png(plain, n_colors=8)


def test_float_pictures_are_scaled_without_what_is_masked():
    picture = np.ma.masked_invalid(np.array([[[10.0], [np.nan], [255.0]]]))
    with Image.open(BytesIO(encode_png(picture, full_scale=255))) as image:
        assert np.asarray(image.convert("LA")).tolist() == [[[10, 255], [0, 0], [255, 255]]]
