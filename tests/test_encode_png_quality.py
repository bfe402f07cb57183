"""`encode_png` with `quality` and `progress`: scores, sizes and errors."""

import numpy as np
import pytest

from made_pictures import made_pictures
from palettes_only import encode_png, encode_small_png
from pil_kmeans import IndexedImage, ssimulacra2
from pil_kmeans.encode import QualityError
from pil_kmeans.png.patchwork import Patchwork
from pil_kmeans.png.target_quality import Roughest
from pil_pictures import opened, rgba
from png_chunks import chunks

FAST = {"compression": "fast", "effort": "fast"}


MADE = made_pictures()


@pytest.fixture(scope="module")
def crop(astronaut):
    return np.ascontiguousarray(astronaut[:120, 150:280])


def mirrored(picture):
    """As small pictures are scored."""
    missing = [(0, max(0, 113 - size)) for size in picture.shape[:2]]
    return np.pad(picture, missing + [(0, 0)] * (picture.ndim - 2), mode="symmetric")


def score(picture, data):
    return ssimulacra2(mirrored(picture), mirrored(np.asarray(opened(data).convert("RGB"))))


@pytest.fixture(scope="module")
def by_quality(crop):
    return {quality: encode_png(crop, quality=quality, **FAST) for quality in (45, 65)}


def test_quality_is_reached_and_hardly_more(crop, by_quality):
    for quality, data in by_quality.items():
        assert quality <= score(crop, data) < quality + 2


def test_lower_quality_is_smaller(crop, by_quality):
    assert len(by_quality[45]) < 0.9 * len(by_quality[65])
    assert len(by_quality[65]) < len(encode_png(crop, lossy=0, **FAST))


def test_fewer_colors_are_taken_where_they_do(crop, by_quality):
    few, many = (
        len(dict(chunks(data))["PLTE"]) // 3 for data in (by_quality[45], encode_png(crop, quality=85, **FAST))
    )
    assert few < many


@pytest.mark.parametrize("dither", ["none", "ordered"])
def test_quality_goes_with_every_dither(crop, dither):
    options = {"n_colors": 32, "dither": dither} | FAST
    data = encode_png(crop, quality=40, **options)
    assert score(crop, data) >= 40
    assert len(data) <= len(encode_png(crop, lossy=0, **options))


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
        assert ssimulacra2(mirrored(picture), mirrored(shown)) >= 40


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


@pytest.mark.parametrize("size", [9, 28, 29, 56, 57, 112, 113])
def test_small_pictures_reach_the_quality_as_they_are_and_mirrored(astronaut, size):
    picture = astronaut[150 : 150 + size, 180 : 180 + size]
    try:
        quality, data = 60, encode_png(picture, quality=60, **FAST)
    except QualityError as error:
        quality = error.best - 1
        data = encode_png(picture, quality=quality, **FAST)
    assert ssimulacra2(picture, data) >= quality
    assert score(picture, data) >= quality


def test_indexed_image_has_a_quality(few):
    indexed = IndexedImage(np.arange(128, dtype=np.uint8).reshape(8, 16), np.asarray(few).reshape(-1, 3))
    data = encode_png(indexed, quality=100)
    assert np.array_equal(rgba(opened(data))[..., :3], indexed.to_array())


def test_fixed_colors_are_stored_whatever_the_quality(crop):
    fixed = [(255, 0, 0), (0, 255, 1), (3, 2, 250)]
    data = encode_png(crop, n_colors=16, quality=20, fixed_colors=fixed, **FAST)
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


def test_a_range_takes_what_it_aims_at_or_what_comes_closest_down_to_its_floor(crop, by_quality):
    assert encode_png(crop, quality="40-65", **FAST) == by_quality[65]  # within reach: as the number
    options = {"n_colors": 4, "dither": "floyd-steinberg"} | FAST
    with pytest.raises(QualityError) as caught:
        encode_png(crop, quality=90, **options)
    best = caught.value.best
    data = encode_small_png(crop, quality=f"{best - 1:.2f}-90", **options)  # no lossless picture in its place
    assert score(crop, data) == pytest.approx(best, abs=0.01)
    assert len(dict(chunks(data))["PLTE"]) == 3 * 4
    with pytest.raises(QualityError, match=rf"quality={best + 1:.2f}\d* cannot be reached"):
        encode_small_png(crop, quality=f"{best + 1:.2f}-90", **options)


def test_best_score_may_be_that_of_the_picture_without_loss(crop, monkeypatch):
    monkeypatch.setattr(Patchwork, "roughest", lambda *_, **__: Roughest(None, None, -50.0))
    options = {"n_colors": 4, "dither": "floyd-steinberg"} | FAST
    with pytest.raises(QualityError) as caught:
        encode_png(crop, quality=90, **options)
    assert caught.value.best == pytest.approx(score(crop, encode_png(crop, lossy=0, **options)))


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
        ({"quality": "90"}, ValueError, "quality must be a number from 0 to 100, or a range such as '60-80', got '90'"),
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


@pytest.mark.parametrize("options", [{}, {"lossy": 0}, {"quality": 40}, {"dither": "ordered"}])
def test_progress_ascends_from_0_to_1(crop, options):
    shares = []
    encode_png(crop, n_colors=32, progress=shares.append, **options, **FAST)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert len(shares) > 2


@pytest.mark.parametrize("options", [{}, {"quality": 40}])
def test_progress_says_what_is_being_done(crop, options):
    seen = []
    encode_png(crop, n_colors=32, progress=lambda share: seen.append(getattr(share, "doing", "")), **options, **FAST)
    assert [*dict.fromkeys(filter(None, seen))] == ["fitting the palette", "choosing indices", "compressing"]


def test_progress_of_an_indexed_image_goes_from_0_to_1():
    shares = []
    encode_png(IndexedImage(np.zeros((2, 2), np.uint8), np.zeros((1, 3), np.uint8)), progress=shares.append)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("options", [{"lossy": 1}, {"quality": 40}])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_exceptions_of_progress_are_passed_on(crop, options, share):
    class StopError(Exception):
        pass

    def progress(done):
        if done >= share:
            raise StopError

    with pytest.raises(StopError):
        encode_png(crop, n_colors=32, progress=progress, **options, **FAST)
