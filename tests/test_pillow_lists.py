"""`quantize` of lists: pictures that share one palette."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import quantize
from pil_kmeans.pillow.modes import pixels_from_pil
from pil_pictures import ALPHA_MODES, MODES, entries, in_mode, rgba, saved, with_key


def test_pictures_of_a_list_share_one_palette(photo, astronaut):
    other = Image.fromarray(astronaut).resize((30, 20))
    first, second = quantize([photo, other], 16)
    assert (first.size, second.size) == (photo.size, other.size)
    assert first.palette.palette == second.palette.palette
    assert len(np.union1d(np.asarray(first), np.asarray(second))) == len(entries(first))


def test_list_equals_the_pictures_side_by_side(photo):
    left, right = photo.crop((0, 0, 32, 48)), photo.crop((32, 0, 64, 48))
    together = quantize(photo, 16, effort="fast")
    halves = quantize((left, right), 16, effort="fast")
    assert np.array_equal(np.concatenate([rgba(half) for half in halves], 1), rgba(together))


def test_list_of_one_equals_the_picture(photo):
    assert quantize([photo], 16)[0].tobytes() == quantize(photo, 16).tobytes()


@pytest.mark.parametrize("other", [*MODES, "array"])
def test_pictures_of_a_list_may_differ_in_mode(photo, other):
    picture = np.asarray(photo) / 255 if other == "array" else in_mode(photo, other)
    results = quantize([photo, picture], 32)
    assert len({(result.palette.mode, result.palette.palette) for result in results}) == 1
    assert results[0].palette.mode == ("RGBA" if other in ALPHA_MODES else "RGB")


def test_list_of_alpha_and_key_transparency_saves_right(drawing):
    alpha, keyed = quantize([drawing, with_key("RGB")], 32)
    for result, given in [(alpha, drawing), (keyed, with_key("RGB"))]:
        invisible = pixels_from_pil(given)[..., 3] == 0
        assert (rgba(saved(result))[invisible, 3] == 0).all()


def test_empty_picture_in_a_list_stays_empty(photo):
    empty, full = quantize([Image.new("RGB", (0, 4)), photo], 8)
    assert empty.size == (0, 4)
    assert full.tobytes() == quantize(photo, 8).tobytes()


def test_list_with_palette_maps_each(photo, reference):
    results = quantize([photo, photo.convert("L")], palette=reference, dither="none")
    assert [result.getpalette() for result in results] == [reference.getpalette()] * 2


def test_list_takes_a_list_of_weights(photo):
    ones = np.ones((48, 64))
    plain = quantize([photo, photo], 8)
    assert quantize([photo, photo], 8, sample_weight=[ones, ones])[0].tobytes() == plain[0].tobytes()
    only_second = quantize([photo.convert("L"), photo], 8, sample_weight=[0 * ones, ones])[1]
    assert only_second.palette.palette == quantize(photo, 8).palette.palette
    with pytest.raises(ValueError, match=r"a list of 2 arrays \(H, W\), one for each picture, got 1"):
        quantize([photo, photo], 8, sample_weight=[ones])
    with pytest.raises(ValueError, match=r"shape \(64, 48\) for image\[1\]; it must have the shape \(48, 64\)"):
        quantize([photo, photo], 8, sample_weight=[ones, ones.T])


def test_pictures_of_a_list_are_dithered_each_for_itself(photo, drawing):
    pictures = [photo, Image.new("RGB", (0, 3)), drawing, np.asarray(photo.convert("L")) / 255]
    results = quantize(pictures, 12, dither="floyd-steinberg")
    for picture, result in zip(pictures, results, strict=True):
        if len(result.tobytes()):
            assert result.palette.palette == results[0].palette.palette
            assert np.array_equal(np.asarray(quantize(picture, palette=results[0])), np.asarray(result))


def test_pictures_of_a_list_are_dithered_to_a_palette_each(photo, reference):
    expected = quantize(photo, palette=reference).tobytes()
    assert [result.tobytes() for result in quantize([photo, photo], palette=reference)] == [expected] * 2


def test_empty_list_is_refused():
    with pytest.raises(ValueError, match="at least one picture, got an empty list"):
        quantize([])


def test_errors_name_the_picture_of_a_list(photo):
    with pytest.raises(ValueError, match=r"image\[1\]"):
        quantize([photo, np.full((2, 2, 3), 2.0)])
