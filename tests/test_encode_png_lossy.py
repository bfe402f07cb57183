"""`encode_png` with `lossy`, `quality` and `progress`: files, pixels and scores."""

import struct

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import IndexedImage, encode_png, ssimulacra2
from pil_kmeans.encode import QualityError
from pil_kmeans.stages.dither import opacity_of
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.quantize import quantize_pixels
from pil_kmeans.stages.rate_distortion import RateDistortion
from pil_pictures import opened, rgba
from png_chunks import chunks

FAST = {"compression": "fast", "effort": "fast"}


def made_pictures():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:48, :70]
    ramp = np.linspace(0, 255, 70).astype(np.uint8)[np.newaxis].repeat(48, axis=0)
    waves = np.clip(127 + 100 * np.stack([np.sin(x / 9 + c) * np.cos(y / 7 - c) for c in range(4)], axis=-1), 0, 255)
    drawing = np.kron(rng.integers(0, 256, (6, 7, 3)), np.ones((8, 10, 1))).astype(np.uint8)
    return {
        "ramp": ramp,
        "ramp of 16 bits": ramp * np.uint16(200) + np.arange(48, dtype=np.uint16)[:, np.newaxis],
        "floats": (waves[..., :3] / 255).astype(np.float32),
        "alpha": waves.astype(np.uint8),
        "grey and alpha": waves[..., [0, 3]].astype(np.uint8),
        "drawing": drawing,
        "noisy drawing": np.clip(drawing.astype(int) + rng.integers(-3, 4, drawing.shape), 0, 255).astype(np.uint8),
        "noise": rng.integers(0, 256, (48, 70, 3)).astype(np.uint8),
        "noise of two levels": rng.integers(0, 2, (48, 70)).astype(bool),
        "flat": np.full((48, 70, 3), 99, np.uint8),
    }


MADE = made_pictures()


@pytest.fixture(scope="module")
def crop(astronaut):
    return np.ascontiguousarray(astronaut[:120, 150:280])


def score(picture, data):
    return ssimulacra2(picture, opened(data).convert("RGB"))


# Sizes


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("n_colors", [2, 4, 16, 200])
def test_files_are_never_larger_than_without_loss(name, n_colors):
    picture = MADE[name]
    options = {"n_colors": n_colors, "dither": "floyd-steinberg"} | FAST
    exact = encode_png(picture, lossy=0, **options)
    for lossy in ("auto", 5):
        data = encode_png(picture, lossy=lossy, **options)
        assert len(data) <= len(exact)
        assert opened(data).size == (70, 48)
        assert len(opened(data).getcolors()) <= n_colors


@pytest.mark.parametrize("height", [1, 2, 9])
@pytest.mark.parametrize("width", [1, 3, 7, 8, 9])
@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_tiny_pictures_become_no_larger(height, width, n_channels):
    picture = np.random.default_rng(height).integers(0, 256, (height, width, n_channels)).astype(np.uint8)
    for n_colors in (1, 2, 7):
        options = {"n_colors": n_colors} | FAST
        exact, data = (encode_png(picture, lossy=lossy, **options) for lossy in (0, 2))
        assert len(data) <= len(exact)
        assert opened(data).size == (width, height)


@pytest.mark.parametrize("n_colors", [4, 16, 256])
@pytest.mark.parametrize("compression", ["fast", "default"])
def test_photographs_become_far_smaller(crop, n_colors, compression):
    options = {"n_colors": n_colors, "dither": "floyd-steinberg", "compression": compression, "effort": "fast"}
    sizes = [len(encode_png(crop, lossy=lossy, **options)) for lossy in (0, "auto", 4)]
    assert sizes[1] < 0.9 * sizes[0]
    assert sizes[2] < 0.8 * sizes[1]


def test_auto_is_1_and_the_default(crop):
    data = encode_png(crop, **FAST)
    assert data == encode_png(crop, lossy="auto", **FAST) == encode_png(crop, lossy=1, **FAST)
    assert data != encode_png(crop, lossy=0, **FAST)


def test_few_colors_may_take_8_bits_where_that_is_smaller(crop):
    depths = {}
    for lossy in (0, 8):
        data = encode_png(crop, n_colors=4, lossy=lossy, dither="floyd-steinberg", **FAST)
        depths[lossy] = struct.unpack(">IIB", dict(chunks(data))["IHDR"][:9])[2]
    assert depths == {0: 2, 8: 8}


# Pixels


@pytest.mark.parametrize("lossy", ["auto", 50])
def test_exact_palette_image_is_unchanged(few, lossy):
    drawing = MADE["drawing"]
    colors, indices = np.unique(drawing.reshape(-1, 3), axis=0, return_inverse=True)
    indexed = IndexedImage(indices.reshape(drawing.shape[:2]).astype(np.uint8), colors)
    for picture in (drawing, few, indexed, MADE["flat"], MADE["noise of two levels"]):
        assert encode_png(picture, lossy=lossy) == encode_png(picture, lossy=0)
    assert np.array_equal(rgba(opened(encode_png(drawing, lossy=lossy)))[..., :3], drawing)


def test_picture_is_the_one_that_was_chosen(crop):
    palette, indices, strength = quantize_pixels(
        read_pixels(crop), n_colors=20, dither="floyd-steinberg", to_8_bits=True
    )
    chosen = RateDistortion(read_pixels(crop), palette.colors, indices, strength=strength).indices(3)
    data = encode_png(crop, n_colors=20, dither="floyd-steinberg", lossy=3)
    assert np.array_equal(rgba(opened(data))[..., :3], palette.colors[chosen])


@pytest.mark.parametrize("name", ["alpha", "grey and alpha"])
def test_alpha_stays_transparent_or_opaque(name):
    picture = MADE[name].copy()
    picture[:15, :, -1] = 0
    picture[15:30, :, -1] = 255
    shown = rgba(opened(encode_png(picture, n_colors=12, lossy=8, **FAST)))[..., 3]
    assert (shown[:15] == 0).all()
    assert (shown[15:30] == 255).all()
    visible = opacity_of(picture.reshape(-1, picture.shape[2])).reshape(48, 70) == 1
    assert (shown[visible] > 0).all()


def test_fixed_colors_keep_their_pixels(crop):
    color = tuple(int(sample) for sample in crop[5, 5])
    options = {"n_colors": 12, "fixed_colors": [color], "dither": "floyd-steinberg"} | FAST
    exact, lossy = (rgba(opened(encode_png(crop, lossy=lossy, **options)))[..., :3] for lossy in (0, 6))
    is_fixed = (exact == color).all(axis=2)
    assert is_fixed.sum() > 100
    assert (lossy[is_fixed] == color).all()
    assert (lossy != exact).any()


def test_undithered_pictures_stay_undithered():
    """No errors are handed on: where the nearest entry is the same all around, it stays."""
    grey = np.full((32, 32), 100, np.uint8)
    grey[:, :16] = 110
    grey[::5, ::3] -= 1
    pixels = encode_png(grey, n_colors=2, dither="none", lossy=1)
    shown = rgba(opened(pixels))[..., 0]
    assert [len(np.unique(half)) for half in (shown[:, :15], shown[:, 17:])] == [1, 1]


def test_undithered_photographs_become_smaller(crop):
    sizes = [len(encode_png(crop, n_colors=32, dither="none", lossy=lossy, **FAST)) for lossy in (0, 1, 4)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.8 * sizes[0]


@pytest.mark.parametrize("dither", ["ordered", "blue-noise"])
def test_patterns_are_not_broken(crop, dither):
    data = encode_png(crop, n_colors=8, dither=dither, **FAST)
    assert data == encode_png(crop, n_colors=8, dither=dither, lossy=0, **FAST)
    with pytest.raises(ValueError, match=f"lossy=0.5 would break the pattern of dither='{dither}'"):
        encode_png(crop, n_colors=8, dither=dither, lossy=0.5)


def test_more_important_pixels_change_less(crop):
    weight = np.ones(crop.shape[:2])
    weight[:, :65] = 100
    errors = []
    for sample_weight in (None, weight):
        data = encode_png(crop, n_colors=32, lossy=8, sample_weight=sample_weight, **FAST)
        squares = np.square(rgba(opened(data))[..., :3] - crop.astype(int))
        errors.append([half.mean() for half in np.array_split(squares, 2, axis=1)])
    assert errors[1][0] < 0.7 * errors[0][0]


def test_turned_pictures_are_searched_as_they_are_seen(crop):
    image = Image.fromarray(crop)
    image.getexif()[0x0112] = 6
    weight = np.linspace(1, 9, crop.size // 3).reshape(crop.shape[:2])
    turned, seen = encode_png(image, sample_weight=weight, **FAST), np.rot90(crop, -1)
    assert turned == encode_png(seen, sample_weight=np.rot90(weight, -1), **FAST)


@pytest.mark.parametrize("options", [{"lossy": 2}, {"quality": 20}])
def test_threads_do_not_change_the_bytes(camera, options):
    picture = camera[90:190, 100:210] if "quality" in options else np.tile(camera[90:180, 100:250], (10, 1))
    files = {
        encode_png(picture, n_colors=8, n_threads=n, dither="floyd-steinberg", **options, **FAST) for n in (1, 2, 7)
    }
    assert len(files) == 1


# Quality


@pytest.fixture(scope="module")
def by_quality(crop):
    return {quality: encode_png(crop, quality=quality, **FAST) for quality in (30, 55, 70)}


def test_quality_is_reached_and_hardly_more(crop, by_quality):
    for quality, data in by_quality.items():
        assert quality <= score(crop, data) < quality + 2


def test_lower_quality_is_smaller(crop, by_quality):
    assert len(by_quality[30]) < 0.9 * len(by_quality[55]) < 0.9 * len(by_quality[70])
    assert len(by_quality[70]) < len(encode_png(crop, lossy=0, **FAST))


def test_fewer_colors_are_taken_where_they_do(by_quality):
    n_colors = {quality: len(dict(chunks(data))["PLTE"]) // 3 for quality, data in by_quality.items()}
    assert n_colors[30] <= n_colors[70]
    assert n_colors[30] < 256


@pytest.mark.parametrize("dither", ["none", "ordered"])
def test_quality_goes_with_every_dither(crop, dither):
    data = encode_png(crop, quality=40, dither=dither, **FAST)
    assert score(crop, data) >= 40
    assert len(data) <= len(encode_png(crop, dither=dither, lossy=0, **FAST))


def test_quality_goes_with_alpha_and_16_bits():
    for name in ("alpha", "ramp of 16 bits", "floats"):
        picture = MADE[name]
        image = opened(encode_png(picture, quality=40, **FAST))
        shown = image.convert("RGBA") if name == "alpha" else image.convert("RGB")
        if picture.ndim == 2:
            picture = np.repeat(picture[..., np.newaxis], 3, axis=2)
        shown = np.asarray(shown)
        if picture.dtype == np.uint16:
            shown = shown * np.uint16(257)
        elif picture.dtype == np.float32:
            shown = (shown / 255).astype(np.float32)
        assert ssimulacra2(picture, shown) >= 40


@pytest.mark.parametrize("name", ["drawing", "flat", "noise of two levels"])
def test_pictures_of_few_colors_have_any_quality(name):
    data = encode_png(MADE[name], quality=100, **FAST)
    assert len(data) <= len(encode_png(MADE[name], lossy=0, **FAST))
    shown = np.asarray(opened(data).convert("RGB" if MADE[name].ndim == 3 else "L"))
    assert np.array_equal(shown, MADE[name] * np.uint8(255) if MADE[name].dtype == bool else MADE[name])


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 7), (9, 8)])
def test_tiny_pictures_have_a_quality(size):
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    data = encode_png(picture, quality=90)
    assert score(picture, data) >= 90
    assert len(data) <= len(encode_png(picture, lossy=0))


def test_indexed_image_has_a_quality(few):
    indexed = IndexedImage(np.arange(128, dtype=np.uint8).reshape(8, 16), np.asarray(few).reshape(-1, 3))
    data = encode_png(indexed, quality=100)
    assert np.array_equal(rgba(opened(data))[..., :3], indexed.to_array())


def test_fixed_colors_are_stored_whatever_the_quality(crop):
    fixed = [(255, 0, 0), (0, 255, 1), (3, 2, 250)]
    data = encode_png(crop, quality=20, fixed_colors=fixed, **FAST)
    entries = np.frombuffer(dict(chunks(data))["PLTE"], np.uint8).reshape(-1, 3)
    assert set(fixed) <= {tuple(map(int, entry)) for entry in entries}
    assert score(crop, data) >= 20


def test_quality_that_cannot_be_reached_names_the_best_score(crop):
    with pytest.raises(QualityError) as caught:
        encode_png(crop, n_colors=4, quality=90, dither="floyd-steinberg", **FAST)
    error = caught.value
    assert isinstance(error, ValueError)
    assert error.quality == 90
    assert error.best < 90
    assert str(error) == (
        f"quality=90 cannot be reached, the best score here is {error.best:.2f}: "
        "ask for less, or for more colors if n_colors is below 256"
    )
    exact = encode_png(crop, n_colors=4, lossy=0, dither="floyd-steinberg", **FAST)
    assert error.best >= score(crop, exact) - 1e-9


# Options


@pytest.mark.parametrize("lossy", [0, 1, 2.5])
def test_quality_and_lossy_do_not_go_together(crop, lossy):
    with pytest.raises(ValueError, match=f"quality=70 chooses what lossy={lossy} says: pass one of them"):
        encode_png(crop, quality=70, lossy=lossy)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"lossy": "high"}, TypeError, "lossy must be 'auto' or a number, got 'high' of type str"),
        ({"lossy": None}, TypeError, "lossy must be 'auto' or a number, got None"),
        ({"lossy": True}, TypeError, "lossy must be 'auto' or a number, got True"),
        ({"lossy": -1}, ValueError, "lossy must be 'auto' or a number from 0, which is off, got -1"),
        ({"lossy": np.nan}, ValueError, "lossy must be .* got nan"),
        ({"quality": "90"}, TypeError, "quality must be a number from 0 to 100, got '90'"),
        ({"quality": 101}, ValueError, "quality must be from 0 to 100, .* got 101"),
        ({"quality": -1}, ValueError, "quality must be from 0 to 100"),
        ({"progress": 3}, TypeError, "progress must be callable or None, got 3 of type int"),
        ({"progress": "bar"}, TypeError, "progress must be callable"),
    ],
)
def test_bad_options_are_refused(crop, options, error, match):
    with pytest.raises(error, match=match):
        encode_png(crop, **options)


# Progress


@pytest.mark.parametrize(
    "options", [{}, {"lossy": 0}, {"quality": 50}, {"dither": "ordered"}, {"dither": "none", "quality": 50}]
)
def test_progress_ascends_from_0_to_1(crop, options):
    shares = []
    data = encode_png(crop, n_colors=64, progress=shares.append, **options, **FAST)
    assert data == encode_png(crop, n_colors=64, **options, **FAST)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert len(shares) > 2


def test_progress_of_an_indexed_image_goes_from_0_to_1():
    shares = []
    encode_png(IndexedImage(np.zeros((2, 2), np.uint8), np.zeros((1, 3), np.uint8)), progress=shares.append)
    assert shares == [0.0, 1.0]


@pytest.mark.parametrize("options", [{"lossy": 1}, {"quality": 50}])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_exceptions_of_progress_are_passed_on(crop, options, share):
    class StopError(Exception):
        pass

    def progress(done):
        if done >= share:
            raise StopError

    with pytest.raises(StopError):
        encode_png(crop, n_colors=64, progress=progress, **options, **FAST)
