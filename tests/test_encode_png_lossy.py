"""`encode_png` with `lossy`: sizes and pixels."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from benchmarks.made.alpha import shadow_card
from made_pictures import made_pictures
from palettes_only import encode_png
from pil_kmeans import IndexedImage, ssimulacra2
from pil_kmeans.png import smallest
from pil_kmeans.stages.dithering.diffuse import BY_MASK, opacity_of
from pil_kmeans.stages.pixels import read_pixels
from pil_pictures import opened, rgba
from png_chunks import chunks
from stage_calls import RateDistortion, quantize_pixels

FAST = {"compression": "fast", "effort": "fast"}


MADE = made_pictures()


@pytest.fixture(scope="module")
def crop(astronaut):
    return np.ascontiguousarray(astronaut[:90, 160:260])


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
@pytest.mark.parametrize("n_channels", [1, 4])
def test_tiny_pictures_become_no_larger(height, width, n_channels):
    picture = np.random.default_rng(height).integers(0, 256, (height, width, n_channels)).astype(np.uint8)
    for n_colors, dither in ((2, "floyd-steinberg"), (7, "auto")):
        options = {"n_colors": n_colors, "dither": dither} | FAST
        exact, data = (encode_png(picture, lossy=lossy, **options) for lossy in (0, 2))
        assert len(data) <= len(exact)
        assert opened(data).size == (width, height)


@pytest.mark.parametrize(("n_colors", "compression"), [(4, "fast"), (16, "default"), (256, "fast")])
def test_photographs_become_far_smaller(crop, n_colors, compression):
    options = {"n_colors": n_colors, "dither": "floyd-steinberg", "compression": compression, "effort": "fast"}
    sizes = [len(encode_png(crop, lossy=lossy, **options)) for lossy in (0, 1, 4)]
    assert sizes[1] < (0.94 if n_colors > 4 else 1) * sizes[0]
    assert sizes[2] < 0.8 * sizes[1]


@pytest.mark.parametrize("n_colors", [16, 256])
def test_next_to_no_lossy_leads_up_to_more_of_it(astronaut, n_colors):
    photograph = np.ascontiguousarray(astronaut[:200, 150:400])
    files = [encode_png(photograph, n_colors=n_colors, lossy=lossy) for lossy in (0, 0.1, 0.2, 0.3, 0.4)]
    sizes, scores = [len(data) for data in files], [ssimulacra2(photograph, opened(data)) for data in files]
    steps = [after / before for before, after in pairwise(sizes)]
    assert max(steps) <= 1
    assert min(steps) > 0.87  # nowhere a jump
    assert min(scores) > scores[0] - 3
    assert sizes[-1] < 0.95 * sizes[0]


@pytest.mark.parametrize("size", [(176, 117), (64, 64), (48, 40)])
def test_small_pictures_lose_little_by_default(astronaut, size):
    small = Image.fromarray(astronaut[50:350, 50:500]).resize(size, Image.Resampling.LANCZOS)
    scores = [ssimulacra2(small, opened(encode_png(small, lossy=lossy))) for lossy in (0, "auto")]
    assert scores[1] > scores[0] - 3


@pytest.mark.parametrize(("n_colors", "step"), [(8, 1), (16, 2)])
def test_nothing_is_lost_by_default_where_that_takes_no_more_than_dithering(n_colors, step):
    """Without loss this shadow takes more bytes than with rough indices, and fewer than dithered as it is."""
    shadow = shadow_card()[::step, ::step]
    exact = encode_png(shadow, n_colors=n_colors, palette_only=False)
    is_visible = shadow[..., 3:] > 0
    assert np.array_equal(np.asarray(opened(exact).convert("RGBA")) * is_visible, shadow * is_visible)
    dithered, rough = (len(encode_png(shadow, n_colors=n_colors, lossy=lossy)) for lossy in (0, 1))
    assert rough < len(exact) <= dithered


def test_icons_leave_out_colors_that_hardly_show():
    """A palette of 256 colours takes more bytes than the pixels of a small smooth picture."""
    y, x = np.mgrid[:48, :48]
    edge = np.clip(22 - np.hypot(x - 24, y - 24), 0, 1)[..., np.newaxis]
    icon = (edge * np.dstack([255 - y / 3, 200 - y, 40 + x / 2]) + (1 - edge) * 255).round().astype(np.uint8)
    options = {"palette_only": True}
    files = {lossy: encode_png(icon, lossy=lossy, **options) for lossy in (0, "auto")}
    n_colors = {lossy: len(opened(data).getcolors(256)) for lossy, data in files.items()}
    assert 64 < n_colors["auto"] < 0.8 * n_colors[0]
    assert len(files["auto"]) < 0.8 * len(files[0])
    assert ssimulacra2(icon, opened(files["auto"])) > ssimulacra2(icon, opened(files[0])) - 3


def test_auto_is_1_and_the_default(astronaut):
    large = astronaut[:260, 100:360]
    data = encode_png(large, **FAST)
    assert data == encode_png(large, lossy="auto", **FAST) == encode_png(large, lossy=1, **FAST)
    assert data != encode_png(large, lossy=0, **FAST)


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


@pytest.mark.parametrize("dither", BY_MASK)
def test_patterns_are_not_broken(crop, dither):
    data = encode_png(crop, n_colors=8, dither=dither, **FAST)
    assert data == encode_png(crop, n_colors=8, dither=dither, lossy=0, **FAST)
    with pytest.raises(ValueError, match=f"lossy=0.5 would break the pattern of dither='{dither}'"):
        encode_png(crop, n_colors=8, dither=dither, lossy=0.5)


def test_more_important_pixels_change_less(crop):
    weight = np.ones(crop.shape[:2])
    weight[:, :50] = 100
    errors = []
    for sample_weight in (None, weight):
        data = encode_png(crop, n_colors=32, lossy=8, sample_weight=sample_weight, weighting="uniform", **FAST)
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
    picture = camera[90:190, 100:210]
    files = {
        encode_png(picture, n_colors=8, n_threads=n, dither="floyd-steinberg", **options, **FAST) for n in (1, 2, 7)
    }
    assert len(files) == 1


@pytest.mark.parametrize("keep_palette", [False, True])
@pytest.mark.parametrize("lossy", [0.2, 1, 5])
def test_symbols_of_the_search_have_the_pixels_of_its_rows(astronaut, keep_palette, lossy, monkeypatch):
    """Its symbols are those of the search, which knows another order of the palette, and entries that are not used."""
    picture = np.dstack([astronaut[:220, 100:400], np.full((220, 300), 255, np.uint8)])
    picture[:30, :, 3] = 0
    picture[30:60, :, 3] = 120
    palette = np.random.default_rng(0).integers(0, 256, (120, 4)).astype(np.uint8)
    palette[40:, 3] = 255
    palette[7], palette[-2:], palette[60] = 0, (3, 250, 3, 255), palette[61]  # fully transparent, not used, twice
    options = {"palette": palette, "keep_palette": keep_palette, "lossy": lossy, "n_threads": 1}
    by_symbols = opened(encode_png(picture, compression="fast", **options))
    monkeypatch.setattr(smallest, "LARGE", 0)
    np.testing.assert_array_equal(rgba(opened(encode_png(picture, compression="fast", **options))), rgba(by_symbols))
