"""`ssimulacra2`: what is a picture, what counts as a difference, and how much."""

import numpy as np
import pytest
from PIL import ExifTags, Image

import pil_kmeans
from pil_kmeans import IndexedImage, ssimulacra2
from pil_kmeans.stages.pixels import read_pixels
from pil_pictures import MODES, in_mode
from stage_calls import Original

SMALL = [(1, 1), (1, 9), (7, 1), (3, 4), (7, 7), (8, 7), (8, 8), (9, 15), (17, 13)]


@pytest.fixture(scope="module")
def crop(china):
    return china[100:180, 200:296]


# Scores


def test_identical_pictures_score_100(china):
    assert ssimulacra2(china, china) == 100
    assert ssimulacra2(china, china.copy()) == 100


@pytest.mark.parametrize("mode", MODES)
def test_image_of_every_mode_is_identical_to_itself(photo, mode):
    image = in_mode(photo, mode)
    assert ssimulacra2(image, image) == 100


def test_fewer_colors_score_less(china):
    scores = [ssimulacra2(china, pil_kmeans.quantize(Image.fromarray(china), k)) for k in (4, 16, 64, 256)]
    assert scores == sorted(scores)
    assert scores[-1] > 70 > scores[-2] > 0 > scores[0]


def test_more_noise_scores_less(astronaut):
    noise = np.random.default_rng(0).normal(size=astronaut.shape)
    levels = (0, 1, 2, 4, 8, 16, 32, 64)
    noisy = [np.rint(astronaut + level * noise).clip(0, 255).astype(np.uint8) for level in levels]
    scores = [ssimulacra2(astronaut, picture) for picture in noisy]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize("size", SMALL)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_every_size_has_a_score(size, n_channels):
    a, b = np.random.default_rng(0).integers(0, 256, (2, *size, n_channels), np.uint8)
    assert ssimulacra2(a, a) == 100
    assert np.isfinite(ssimulacra2(a, b))
    assert ssimulacra2(a, b) < 100


@pytest.mark.parametrize("step", [4, 32, 128])
def test_transposing_both_pictures_changes_nothing(china, step):
    for picture in (china, china[:57, :61], china[200:297, 300:413], china[100:400, 200:216]):
        turned = picture.swapaxes(0, 1)
        expected = ssimulacra2(picture, picture // step * step)
        assert ssimulacra2(turned, turned // step * step) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (7, 30), (30, 5), (7, 7)])
def test_below_8_pixels_pictures_are_mirrored_to_8(size):
    a, b = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
    missing = [(0, max(0, 8 - n)) for n in size] + [(0, 0)]
    assert ssimulacra2(a, b) == ssimulacra2(*(np.pad(picture, missing, mode="symmetric") for picture in (a, b)))


# Pictures


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_dtype_does_not_matter(crop, dtype):
    b = crop // 32 * 32
    as_dtype = {np.uint8: lambda a: a, np.uint16: lambda a: a * np.uint16(257)}
    convert = as_dtype.get(dtype, lambda a: (a / 255).astype(dtype))
    assert ssimulacra2(convert(crop), convert(b)) == pytest.approx(ssimulacra2(crop, b), abs=1e-3)
    assert ssimulacra2(crop, convert(crop)) == pytest.approx(100, abs=1e-3)


@pytest.mark.parametrize("dtype", [bool, np.uint16, np.float64])
def test_grey_counts_as_rgb(camera, dtype):
    a = camera[:64, :80] / 255 if dtype is np.float64 else camera[:64, :80].astype(dtype)
    b = a.T[:64, :64].T if dtype is bool else a // 2 if dtype is np.uint16 else a / 2
    b = np.resize(b, a.shape)
    expected = ssimulacra2(*(picture[..., np.newaxis].repeat(3, axis=2) for picture in (a, b)))
    assert ssimulacra2(a, b) == pytest.approx(expected, abs=1e-9)
    assert ssimulacra2(a, b[..., np.newaxis]) == pytest.approx(expected, abs=1e-9)
    assert ssimulacra2(a, a[..., np.newaxis].repeat(3, axis=2)) == 100


def test_image_array_and_indexed_image_are_the_same_picture(photo):
    array = np.asarray(photo)
    palette_image = pil_kmeans.quantize(photo, 9)
    colors = np.array(palette_image.getpalette(), np.uint8).reshape(-1, 3)
    indexed = IndexedImage(np.asarray(palette_image), colors)
    expected = ssimulacra2(array, indexed.to_array())
    assert expected < 90
    for a in (photo, array):
        for b in (palette_image, palette_image.convert("RGB"), indexed):
            assert ssimulacra2(a, b) == expected


def test_exif_orientation_turns_an_image(photo):
    turned = photo.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned.info["exif"] = exif.tobytes()
    assert ssimulacra2(photo, turned) == 100


def test_layout_in_memory_does_not_matter(crop):
    b = crop // 32 * 32
    expected = ssimulacra2(crop, b)
    assert ssimulacra2(np.asfortranarray(crop), b[::-1].copy()[::-1]) == expected


# Alpha


def with_alpha(colors, alpha):
    return np.dstack([colors, np.full(colors.shape[:2], alpha, np.uint8)])


def test_colors_under_full_transparency_do_not_count(crop):
    a, b = with_alpha(crop, 255), with_alpha(crop, 255)
    a[:20, :, 3] = b[:20, :, 3] = 0
    b[:20, :, :3] = 255 - b[:20, :, :3]
    assert ssimulacra2(a, b) == 100


def test_opaque_alpha_changes_nothing(crop):
    b = crop // 32 * 32
    expected = ssimulacra2(crop, b)
    for background in (None, 0.0, 0.5):
        assert ssimulacra2(with_alpha(crop, 255), with_alpha(b, 255), background=background) == expected
        assert ssimulacra2(crop, with_alpha(b, 255), background=background) == expected


def test_transparent_pixels_look_like_the_background(crop):
    b = with_alpha(crop, 0)
    assert ssimulacra2(np.full_like(crop, 51), b, background=0.2) == pytest.approx(100)
    assert ssimulacra2(b, np.full_like(crop, 255), background=1.0) == pytest.approx(100)
    assert ssimulacra2(np.full_like(crop, 255), b, background=0) < 50


def test_default_is_the_lower_score_of_a_dark_and_a_light_background(logo):
    a = np.ascontiguousarray(logo[100:200, 100:200])
    a[..., 3] = np.arange(0, 200, 2)
    b = a // 100 * 100
    scores = [ssimulacra2(a, b, background=background) for background in (0.1, 0.9)]
    assert scores[0] != scores[1]
    assert ssimulacra2(a, b) == min(scores)
    plain = np.full((*a.shape[:2], 3), 230, np.uint8)
    assert ssimulacra2(plain, b) == min(ssimulacra2(plain, b, background=level) for level in (0.1, 0.9))
    assert ssimulacra2(b, plain) == min(ssimulacra2(b, plain, background=level) for level in (0.1, 0.9))


def test_alpha_in_one_picture_alone_counts_as_a_difference(crop):
    opaque, faded = with_alpha(crop, 255), with_alpha(crop, 255)
    faded[20:60, 20:60, 3] = 128
    for plain in (crop, opaque):  # no alpha is full alpha
        for a, b in ((plain, faded), (faded, plain)):
            assert ssimulacra2(a, b) == min(ssimulacra2(a, b, background=level) for level in (0.1, 0.9)) < 90
    faded[..., 3] = 254
    assert ssimulacra2(crop, faded) > 95


# One original, many pictures


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_original_is_prepared_once_for_the_same_scores(logo, n_channels):
    channels = {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[n_channels]
    a = logo[::5, ::5][..., channels]
    original = Original(read_pixels(a))
    for step in (16, 64, 16):
        for b in (a // step * step, logo[::5, ::5] // step * step, a[..., :1] // step * step):
            assert original.score(read_pixels(b)) == ssimulacra2(a, b)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_do_not_change_the_score(china, n_threads):
    b = china // 32 * 32
    assert ssimulacra2(china, b, n_threads=n_threads) == ssimulacra2(china, b, n_threads=1)


# Errors


@pytest.mark.parametrize("shape", [(96, 80, 3), (80, 95, 3), (79, 96), (1, 1, 4)])
def test_pictures_must_have_the_same_size(crop, shape):
    with pytest.raises(ValueError, match=rf"differ in shape.*\(80, 96\).*\({shape[0]}, {shape[1]}\)"):
        ssimulacra2(crop, np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((0, 4, 3), np.uint8), "empty"),
        (Image.new("RGB", (0, 4)), "empty"),
        (np.zeros((4, 4, 5), np.uint8), "5 channels"),
        (np.zeros((4, 4, 0), np.uint8), "0 channels"),
        (np.zeros(4, np.uint8), "shape"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.full((4, 4, 3), np.inf), "NaN or infinity"),
        (np.full((4, 4, 3), 200.0), "Divide it by 255"),
        (np.full((4, 4, 3), -0.1), "from 0.0 to 1.0"),
    ],
)
def test_pictures_out_of_range_are_refused_by_name(bad, message):
    good = np.zeros((4, 4), np.uint8)
    with pytest.raises(ValueError, match=rf"^a .*{message}"):
        ssimulacra2(bad, good)
    with pytest.raises(ValueError, match=rf"^b .*{message}"):
        ssimulacra2(good, bad)


@pytest.mark.parametrize("bad", ["picture.png", None, np.zeros((4, 4), complex), np.zeros((4, 4), np.int64)])
def test_what_is_no_picture_is_refused(bad):
    with pytest.raises(TypeError, match=r"^b "):
        ssimulacra2(np.zeros((4, 4), np.uint8), bad)


@pytest.mark.parametrize("background", [-0.1, 1.1, 255, np.nan, np.inf])
def test_background_must_be_a_grey_level(crop, background):
    with pytest.raises(ValueError, match=r"background must be from 0\.0 to 1\.0"):
        ssimulacra2(crop, crop, background=background)


@pytest.mark.parametrize("background", ["white", True, (0, 0, 0)])
def test_background_must_be_a_number(crop, background):
    with pytest.raises(TypeError, match="background must be a number"):
        ssimulacra2(crop, crop, background=background)


@pytest.mark.parametrize(("n_threads", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError)])
def test_threads_must_be_a_count(crop, n_threads, error):
    with pytest.raises(error, match="n_threads"):
        ssimulacra2(crop, crop, n_threads=n_threads)
