"""Stage: rate-distortion."""

import zlib
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.png import rate_distortion
from pil_kmeans.png.rate_distortion import Bands, check_lossy
from pil_kmeans.stages.dithering.diffuse import opacity_of
from pil_kmeans.stages.pixels import read_pixels
from stage_calls import RateDistortion, dither, quantize_pixels

LOSSY = [0.25, 1, 4, 16]


def pixels_of(picture):
    return read_pixels(picture, channel_axis=None if picture.ndim == 2 else -1)


def quantized(picture, n_colors=32, **options):
    palette, indices, strength = quantize_pixels(
        pixels_of(picture), n_colors=n_colors, dither=options.pop("dither", "floyd-steinberg"), **options
    )
    return palette, indices, strength


def search(picture, n_colors=32, **options):
    """The search in a dithered picture, its palette and its indices."""
    palette, indices, strength = quantized(picture, n_colors)
    options = {"strength": strength} | options
    return RateDistortion(pixels_of(picture), palette.colors, indices, **options), palette.colors, indices


def size(indices):
    return len(zlib.compress(np.pad(indices, ((0, 0), (1, 0))).tobytes(), 9))


def soft_alpha(height=40, width=60, seed=0):
    """RGBA waves with a band of each kind of alpha."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (5 + c) + y / (9 - c)) for c in range(4)]
    picture = np.clip(127 + 100 * np.stack(waves, axis=-1) + rng.normal(0, 8, (height, width, 4)), 1, 254)
    picture[: height // 3, :, 3] = 0
    picture[height // 3 : 2 * height // 3, :, 3] = 255
    return np.rint(picture).astype(np.uint8)


@pytest.fixture(scope="module")
def crops(astronaut, camera):
    return {"head": astronaut[:90, 150:300], "shuttle": astronaut[90:170, 350:480], "camera": camera[90:170, 150:270]}


# What comes out


@pytest.mark.parametrize("name", ["head", "shuttle", "camera"])
@pytest.mark.parametrize("n_colors", [4, 64])
def test_larger_lossy_makes_smaller_streams_and_larger_errors(crops, name, n_colors):
    picture = crops[name]
    cheaper, palette, indices = search(picture, n_colors)
    found = [cheaper.indices(lossy) for lossy in LOSSY]
    sizes = [size(indices), *map(size, found)]
    assert all(after < 1.05 * before for before, after in pairwise(sizes))
    assert sizes[-1] < 0.75 * sizes[3] < 0.6 * sizes[0]
    flat = picture.reshape(*picture.shape[:2], -1).astype(float)
    errors = [np.square(flat - palette[result]).mean() for result in found]
    assert errors[-1] > errors[1]


def test_result_is_of_the_shape_and_dtype_of_indices_and_within_the_palette(crops):
    cheaper, palette, indices = search(crops["shuttle"], 20)
    found = cheaper.indices(3)
    assert found.shape == indices.shape
    assert found.dtype == np.uint8
    assert found.max() < len(palette)
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(cheaper.indices(3), found)


def test_nothing_changes_for_lossy_0(crops):
    cheaper, _, indices = search(crops["shuttle"])
    np.testing.assert_array_equal(cheaper.indices(0), indices)


@pytest.mark.parametrize("lossy", [1e-300, 1e-12, 1e30, 1e300])
def test_any_lossy_makes_a_picture(crops, lossy):
    cheaper, palette, indices = search(crops["camera"][:40])
    found = cheaper.indices(lossy)
    assert found.max() < len(palette)
    assert size(found) < 1.02 * size(indices)


@pytest.mark.parametrize("lossy", LOSSY)
def test_exact_palette_image_is_unchanged(lossy):
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (50, 3)).astype(np.uint8)
    indices = rng.integers(0, 50, (30, 40)).astype(np.uint8)
    exact = RateDistortion(pixels_of(palette[indices]), palette, indices)
    np.testing.assert_array_equal(exact.indices(lossy), indices)


@pytest.mark.parametrize("width", range(1, 11))
def test_pictures_narrower_than_8_columns_are_unchanged(crops, width):
    picture = crops["head"][:, :width]
    cheaper, _, indices = search(picture, 8)
    found = cheaper.indices(20)
    assert np.array_equal(found, indices) == (width < 8)


@pytest.mark.parametrize("shape", [(1, 8), (1, 400), (31, 9), (33, 8), (129, 65)])
def test_every_size_has_a_result(shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    picture = np.rint(127 + 60 * np.sin(x / 30) + 60 * np.cos(y / 20)).astype(np.uint8)
    cheaper, palette, indices = search(picture, 6)
    found = cheaper.indices(2)
    assert found.max() < len(palette)
    assert size(found) <= 1.1 * size(indices) + 4


@pytest.mark.parametrize("lossy", [0.25, 1, 4])
def test_some_rows_tell_about_how_many_bytes_all_take(camera, lossy):
    cheaper, *_ = search(camera[:256, :256])
    assert cheaper.n_bytes(lossy) == pytest.approx(size(cheaper.indices(lossy)), rel=0.2)


def test_bands_that_are_not_chosen_stay_dithered(camera):
    cheaper, _, indices = search(camera[:128])
    found = cheaper.indices(4, bands=Bands(np.array([0, 64]), 32))
    is_chosen = np.arange(128) // 32 % 2 == 0
    np.testing.assert_array_equal(found[~is_chosen], indices[~is_chosen])
    assert all((found[rows] != indices[rows]).mean() > 0.1 for rows in (slice(0, 32), slice(64, 96)))


@pytest.mark.parametrize("lossy", LOSSY)
@pytest.mark.parametrize("part", [1 << 20, 1 << 12], ids=["at once", "in parts"])
def test_symbols_are_the_rows_of_the_same_indices(camera, lossy, part, monkeypatch):
    for name, value in (("_PART", part), ("_KEPT_PART", part), ("_BAND", 1 << 11)):
        monkeypatch.setattr(rate_distortion, name, value)
    picture = np.stack([camera[:180, :90]] * 4, axis=-1)
    picture[:40, :, 3] = 0
    picture[40:60, :, 3] = 90
    cheaper, *_ = search(picture, 40)
    coded = cheaper.coded(lossy)
    np.testing.assert_array_equal(coded.indices, cheaper.indices(lossy))
    lookup = np.argsort(coded.order).astype(np.uint8)  # each literal stays what it is
    places = coded.places(lookup)
    rows = np.pad(lookup[coded.indices], ((0, 0), (1, 0)))
    for n_threads in (1, 3):
        assert sum(len(starts) for _, starts in coded.symbols) > 4
        streams = [
            _native.deflate_symbols(symbols, starts, places, 0, 0, True, n_threads)[0]
            for symbols, starts in coded.symbols
        ]
        assert b"".join(zlib.decompress(stream, -15) for stream in streams) == rows.tobytes()
    assert coded.places(np.roll(lookup, 1) if lookup[-1] else lookup + 1) is None


def test_symbols_that_change_have_codes_of_their_own():
    halves = [np.random.default_rng(0).integers(start, start + 16, 20_480, np.uint32) for start in (0, 100)]
    literals = np.concatenate([*halves, [_native.NO_SYMBOL]]).astype(np.uint32)
    lookup = np.arange(256, dtype=np.uint8)
    stream, _ = _native.deflate_symbols(literals, np.array([0]), lookup, 0, 0, True, 1)
    assert zlib.decompress(stream, -15) == literals[:-1].astype(np.uint8).tobytes()
    assert len(stream) < 1.02 * (40_960 * 4 / 8)  # 5 bits each if they had the same


def test_threads_do_not_change_the_bytes():
    picture = np.tile(soft_alpha(50, 300), (9, 1, 1))  # of two bands
    palette, indices, strength = quantized(picture, 9)
    results = []
    for n_threads in (1, 2, 7):
        cheaper = RateDistortion(
            pixels_of(picture),
            palette.colors,
            indices,
            strength=strength,
            n_threads=n_threads,
        )
        results.append(cheaper.indices(1.5).tobytes())
    assert results[0] == results[1] == results[2]


def test_errors_are_handed_on_as_in_dithering():
    """A level between two entries stays what it is on the mean, but not if it was not dithered."""
    grey = np.full((64, 64), 118, np.uint8)
    grey[::2, ::2] += 2
    palette = np.array([[110], [128]], np.uint8)
    indices = dither(pixels_of(grey), palette)
    means = [
        RateDistortion(pixels_of(grey), palette, indices, strength=strength).indices(4).mean() for strength in (0.85, 0)
    ]
    assert means[0] == pytest.approx(indices.mean(), abs=0.08)
    assert means[1] < 0.3  # a quarter of the pixels is nearer to the other entry


# Pixels that are not free


@pytest.mark.parametrize("lossy", [1, 30])
@pytest.mark.parametrize("channels", [[0, 3], [0, 1, 2, 3]])
@pytest.mark.parametrize("n_colors", [3, 20])
def test_transparent_stays_as_it_is_opaque_opaque_and_translucent_visible(lossy, channels, n_colors):
    picture = soft_alpha()[..., channels]
    cheaper, palette, indices = search(picture, n_colors)
    found = cheaper.indices(lossy)
    before, after = (opacity_of(palette)[result] for result in (indices, found))
    kinds = opacity_of(picture.reshape(-1, len(channels))).reshape(found.shape)
    np.testing.assert_array_equal(found[kinds == 0], indices[kinds == 0])
    assert (after[kinds == 2] == 2).all()
    assert (after[kinds == 1] > 0).all()
    assert (before != 0).any()
    if n_colors > 3:
        assert (found != indices)[kinds == 2].any()
        assert (found != indices)[kinds == 1].any()


def test_scattered_transparent_pixels_stay_as_they_are():
    picture = soft_alpha()
    picture[..., 3] = np.random.default_rng(0).choice([0, 255], picture.shape[:2])
    cheaper, palette, indices = search(picture, 12)
    found = cheaper.indices(100)
    is_transparent = picture[..., 3] == 0
    np.testing.assert_array_equal(found[is_transparent], indices[is_transparent])
    assert (palette[found][..., 3] == picture[..., 3]).all()


def test_palette_without_an_opaque_entry_will_do():
    picture = soft_alpha()
    palette = np.array([[200, 50, 50, 0], [50, 50, 50, 100], [220, 220, 220, 150], [99, 150, 150, 0]], np.uint8)
    indices = dither(pixels_of(picture), palette)
    found = RateDistortion(pixels_of(picture), palette, indices).indices(2)
    assert (found < 4).all()
    is_transparent = picture[..., 3] == 0
    np.testing.assert_array_equal(found[is_transparent], indices[is_transparent])


def test_fixed_colors_keep_their_pixels(crops):
    palette, indices, strength = quantized(crops["shuttle"], 16)
    fixed = np.zeros(len(palette.colors), bool)
    fixed[[2, 5]] = True
    options, pixels = {"strength": strength}, pixels_of(crops["shuttle"])
    held = RateDistortion(pixels, palette.colors, indices, fixed=fixed, **options).indices(8)
    free = RateDistortion(pixels, palette.colors, indices, **options).indices(8)
    is_fixed = fixed[indices]
    assert (held[is_fixed] == indices[is_fixed]).all()
    assert (free[is_fixed] != indices[is_fixed]).any()


@pytest.mark.parametrize("start", [0, 5, 36])
def test_flat_runs_of_exactly_a_color_of_the_palette_stay(start):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    colors = np.array([(250, 120, 10), (10, 60, 90), (110, 130, 140)], np.uint8)
    runs = np.s_[10:20, start : start + 4]
    picture[runs] = colors[1]
    indices = dither(pixels_of(picture), colors)
    assert (indices[runs] == 1).all()
    assert (RateDistortion(pixels_of(picture), colors, indices).indices(100)[runs] == 1).all()
    picture[10:20, start + 1] += 1  # no run any more
    broken = RateDistortion(pixels_of(picture), colors, dither(pixels_of(picture), colors)).indices(100)
    assert (broken[runs] != 1).any()


def test_more_important_pixels_change_less(crops):
    picture = crops["camera"]
    palette, indices, strength = quantized(picture, 16)
    weight = np.ones(picture.shape)
    weight[:, : picture.shape[1] // 2] = 50
    error = []
    for sample_weight in (None, weight, 1000 * weight):
        cheaper = RateDistortion(
            pixels_of(picture),
            palette.colors,
            indices,
            strength=strength,
            sample_weight=sample_weight,
        )
        found = cheaper.indices(4)
        changes = np.abs(palette.colors[found].astype(int) - palette.colors[indices])[..., 0]
        error.append([half.mean() for half in np.array_split(changes, 2, axis=1)])
    assert error[1][0] / error[1][1] < 0.7 * error[0][0] / error[0][1]
    assert error[2] == error[1]


# Progress


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_progress_ascends_to_the_end(n_threads):
    picture = np.tile(soft_alpha(50, 300), (9, 1, 1))[..., 0]
    shares = []
    cheaper, *_ = search(picture, 3, n_threads=n_threads)
    cheaper.indices(1, progress=shares.append)
    assert len(shares) >= 2
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] == 1.0


@pytest.mark.parametrize("nth", [1, 2])
def test_exceptions_of_progress_are_passed_on(crops, nth):
    class StopError(Exception):
        pass

    calls = []

    def progress(share):
        calls.append(share)
        if len(calls) == nth:
            raise StopError

    cheaper, *_ = search(crops["camera"])
    with pytest.raises(StopError):
        cheaper.indices(1, progress=progress)
    assert len(calls) == nth


# The option


@pytest.mark.parametrize("lossy", ["auto", 0, 0.0, 1, 2.5, np.float32(1), np.int64(3), Fraction(1, 3), 1e300])
def test_lossy_is_a_number_or_auto(lossy):
    check_lossy(lossy)


@pytest.mark.parametrize("lossy", [-1, -1e-9, np.nan, np.inf, -np.inf, 10**400])
def test_lossy_out_of_range_is_refused(lossy):
    with pytest.raises(ValueError, match="lossy must be 'auto' or a number from 0, which is off, got"):
        check_lossy(lossy)


@pytest.mark.parametrize("lossy", [None, True, np.True_, "1", "Auto", 1j, [1.0], np.ones(1)])
def test_lossy_of_another_type_is_refused(lossy):
    with pytest.raises(TypeError, match=r"lossy must be 'auto' or a number, got .* of type"):
        check_lossy(lossy)
