"""What holds for every picture, tried on pictures that Hypothesis makes; the same ones in each run."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from palettes_only import encode_png
from pil_kmeans import IndexedImage, KMeansQuantizer, quantize, ssimulacra2
from pil_kmeans.measures import count_colors
from pil_kmeans.stages.dithering.diffuse import DITHERS
from pil_kmeans.stages.samples import full_scale, rgba_rows, to_uint8

settings.register_profile(
    "same", derandomize=True, deadline=None, max_examples=25, database=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("same")


def rgba(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"))


@st.composite
def pictures(draw, dtypes=(np.uint8, np.uint16, np.bool_), n_channels=(1, 2, 3, 4)):
    """Of few levels or of all, up to 12 x 12."""
    dtype = draw(st.sampled_from(dtypes))
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 12)), draw(st.sampled_from(n_channels)))
    if dtype == np.bool_:
        return draw(arrays.arrays(dtype, shape))
    full = int(full_scale(np.dtype(dtype)))
    levels = draw(st.sampled_from([st.integers(0, full), st.sampled_from([0, 1, full // 2, full - 1, full])]))
    return draw(arrays.arrays(dtype, shape, elements=levels, fill=levels))


few = st.sampled_from([1, 2, 3, 7, 16])


@given(pictures(dtypes=(np.uint8,)))
def test_few_colors_come_back_exactly(picture):
    expected = rgba_rows(picture)
    visible = expected[..., 3] > 0
    for data in (encode_png(picture), encode_png(picture, dither="floyd-steinberg", lossy=9)):
        result = rgba(data)
        np.testing.assert_array_equal(result[visible], expected[visible])
        np.testing.assert_array_equal(result[..., 3], expected[..., 3])
    quantizer = KMeansQuantizer(256).fit(picture)
    assert quantizer.inertia_ == 0


@given(pictures(), few)
def test_palettes_are_tight(picture, n_colors):
    image = quantize(picture, n_colors)
    used = len(image.getcolors())
    assert used <= n_colors
    assert len(image.getpalette()) == 3 * used
    quantizer = KMeansQuantizer(n_colors).fit(picture)
    assert len(np.unique(quantizer.palette_, axis=0)) == len(np.unique(quantizer.labels_)) == quantizer.n_colors_


@given(pictures(n_channels=(2, 4)), st.sampled_from([2, 3, 7]), st.sampled_from(DITHERS))
def test_ends_of_alpha_stay(picture, n_colors, dither):
    alpha, full = picture[..., -1], full_scale(picture.dtype)
    result = rgba(encode_png(picture, n_colors=n_colors, dither=dither))[..., 3]
    np.testing.assert_array_equal(result == 0, alpha == 0)
    assert (result[alpha == full] == 255).all()


@given(pictures(), few, st.sampled_from(DITHERS))
def test_threads_and_layout_change_no_byte(picture, n_colors, dither):
    expected = encode_png(picture, n_colors=n_colors, dither=dither, n_threads=1)
    assert encode_png(picture, n_colors=n_colors, dither=dither, n_threads=3) == expected
    turned = np.asfortranarray(picture[::-1])[::-1]
    swapped = turned.astype(turned.dtype.newbyteorder())
    assert encode_png(swapped, n_colors=n_colors, dither=dither) == expected


@given(pictures(dtypes=(np.uint8,)), few)
def test_what_is_made_comes_back_when_it_is_made_again(picture, n_colors):
    once = rgba(encode_png(picture, n_colors=n_colors))
    again = rgba(encode_png(once, n_colors=n_colors))
    np.testing.assert_array_equal(again, once)


@given(pictures(), few)
def test_the_file_holds_the_pixels_that_were_chosen(picture, n_colors):
    quantizer = KMeansQuantizer(n_colors).fit(picture)
    indexed = quantizer.to_indexed(picture)
    expected = rgba_rows(to_uint8(indexed.to_array()))
    result = rgba(indexed.to_png())
    visible = expected[..., 3] > 0
    np.testing.assert_array_equal(result[visible], expected[visible])
    np.testing.assert_array_equal(result[..., 3], expected[..., 3])
    assert count_colors(result) <= n_colors


@given(arrays.arrays(np.uint8, (5, 9), elements=st.integers(0, 5)), st.sampled_from(["fast", "default", "max"]))
def test_indices_survive_a_palette_that_is_kept(indices, compression):
    palette = np.random.default_rng(0).integers(0, 256, (6, 4), np.uint8)
    data = IndexedImage(indices, palette).to_png(keep_palette=True, compression=compression)
    with Image.open(BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image), indices)


@given(pictures(), pictures())
def test_a_picture_scores_100_against_itself_and_no_other_more(a, b):
    assert ssimulacra2(a, a) == 100
    if a.shape[:2] == b.shape[:2]:
        assert ssimulacra2(a, b) <= 100


@given(st.lists(pictures(dtypes=(np.uint8,), n_channels=(3,)), min_size=2, max_size=4), few)
def test_order_of_chunks_does_not_matter_to_the_palette(parts, n_colors):
    forth, back = KMeansQuantizer(n_colors), KMeansQuantizer(n_colors)
    for part in parts:
        forth.partial_fit(part)
    for part in reversed(parts):
        back.partial_fit(part)
    np.testing.assert_array_equal(forth.palette_, back.palette_)


def test_examples_are_the_same_in_each_run():
    assert settings.default.derandomize
    with pytest.raises(ValueError, match="n_colors"):
        encode_png(np.zeros((1, 1), np.uint8), n_colors=0)
