"""`quantize` of lists: pictures that share one palette."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageSequence

from made_pictures import moving_square
from pil_kmeans import quantize
from pil_kmeans.pictures.pil_modes import pixels_from_pil
from pil_pictures import MODES, entries, in_mode, rgba, saved, with_key


def test_pictures_of_a_list_share_one_palette(photo, astronaut):
    other = Image.fromarray(astronaut).resize((30, 20))
    first, second = quantize([photo, other], 16)
    assert (first.size, second.size) == (photo.size, other.size)
    assert first.palette.palette == second.palette.palette
    assert len(np.union1d(np.asarray(first), np.asarray(second))) == len(entries(first))


def test_list_equals_the_pictures_side_by_side(photo):
    left, right = photo.crop((0, 0, 32, 48)), photo.crop((32, 0, 64, 48))
    options = {"effort": "fast", "weighting": "uniform"}  # otherwise neighbours count as well
    together, halves = quantize(photo, 16, **options), quantize((left, right), 16, **options)
    assert np.array_equal(np.concatenate([rgba(half) for half in halves], 1), rgba(together))


def test_list_of_one_equals_the_picture(photo):
    assert quantize([photo], 16)[0].tobytes() == quantize(photo, 16).tobytes()


@pytest.mark.parametrize("other", [*MODES, "array"])
def test_pictures_of_a_list_may_differ_in_mode(photo, other):
    picture = np.asarray(photo) / 255 if other == "array" else in_mode(photo, other)
    results = quantize([photo, picture], 32)
    assert len({(result.palette.mode, result.palette.palette) for result in results}) == 1
    assert results[0].palette.mode == "RGB"  # all are opaque


def test_list_of_alpha_and_key_transparency_saves_right(drawing):
    alpha, keyed = quantize([drawing, with_key("RGB")], 32)
    for result, given in [(alpha, drawing), (keyed, with_key("RGB"))]:
        invisible = pixels_from_pil(given)[..., 3] == 0
        assert (rgba(saved(result))[invisible, 3] == 0).all()


def visible(image):
    """RGBA of an image, with invisible pixels of one colour."""
    pixels = rgba(image.copy())  # Pillow writes info["transparency"] into the palette of what it converts
    return np.where(pixels[..., 3:] == 0, 0, pixels)


def saved_as(frames, file_format, **options):
    read = saved(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    return np.stack([visible(frame) for frame in ImageSequence.Iterator(read)])


def test_frames_of_a_list_save_right_as_gif_and_png(photo):
    pictures = [photo.convert("RGBA").rotate(angle) for angle in (5, 30, 60, 90)]  # with transparent corners
    pictures[0].paste((0, 0, 255), (20, 20, 30, 30))  # a colour that the others do not have
    results = quantize(pictures, 16)
    expected = np.stack([visible(result) for result in results])
    assert {result.info["transparency"] for result in results} == {0}
    assert np.array_equal(expected[..., 3], [rgba(picture)[..., 3] for picture in pictures])
    assert np.array_equal(saved_as(results, "GIF", disposal=2, optimize=False), expected)
    assert np.array_equal(saved_as(results, "PNG"), expected)


def test_frames_of_a_list_save_right_as_gif_without_options(photo):
    whole = photo.convert("RGBA")
    pictures = [whole.rotate(10), whole.rotate(5), whole]  # what is visible stays so
    pictures[1].paste((0, 0, 255), (20, 20, 30, 30))
    for before, after in pairwise(pictures):
        after.paste(Image.alpha_composite(before, after))
    results = quantize(pictures, 16)
    assert np.array_equal(saved_as(results, "GIF"), [visible(result) for result in results])


def test_frames_with_soft_alpha_keep_it(photo):
    soft = photo.copy()
    soft.putalpha(Image.linear_gradient("L").resize(photo.size))
    first, second = quantize([photo, soft], 32)
    assert first.palette.mode == second.palette.mode == "RGBA"
    assert "transparency" not in first.info
    assert len(np.unique(rgba(saved(second))[..., 3])) > 2


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
    fixed = {"weighting": "perceptual"}  # of one small picture both are tried
    only_second = quantize([photo.convert("L"), photo], 8, sample_weight=[0 * ones, ones], **fixed)[1]
    assert only_second.palette.palette == quantize(photo, 8, **fixed).palette.palette
    with pytest.raises(ValueError, match=r"a list of 2 arrays \(H, W\), one for each picture, got 1"):
        quantize([photo, photo], 8, sample_weight=[ones])
    with pytest.raises(ValueError, match=r"shape \(64, 48\) for image\[1\]; it must have the shape \(48, 64\)"):
        quantize([photo, photo], 8, sample_weight=[ones, ones.T])


def test_pictures_of_a_list_are_dithered_each_for_itself(photo, drawing):
    grey = np.asarray(photo.convert("L")) / 255
    pictures = [photo, Image.new("RGB", (0, 3)), drawing, grey, photo, grey]
    results = quantize(pictures, 12, dither="floyd-steinberg")
    assert len({result.palette.palette for result in results if len(result.tobytes())}) == 1
    assert results[0].tobytes() == results[4].tobytes() != results[3].tobytes() == results[5].tobytes()
    undithered = quantize(pictures, 12, dither="none")
    assert results[0].tobytes() != undithered[0].tobytes()


def test_pictures_of_a_list_are_dithered_to_a_palette_each(photo, reference):
    expected = quantize(photo, palette=reference).tobytes()
    assert [result.tobytes() for result in quantize([photo, photo], palette=reference)] == [expected] * 2


def test_empty_list_is_refused():
    with pytest.raises(ValueError, match="at least one picture, got an empty list"):
        quantize([])


def test_errors_name_the_picture_of_a_list(photo):
    with pytest.raises(ValueError, match=r"image\[1\]"):
        quantize([photo, np.full((2, 2, 3), 2.0)])


# animations


@pytest.fixture(scope="module")
def moving(china):
    """A red square that moves over a photograph."""
    return moving_square(Image.fromarray(china).resize((160, 120)), 5)


@pytest.mark.parametrize("options", [{}, {"palette": ["red", "#456", "#999", "white"]}])
def test_what_stands_still_in_an_animation_keeps_its_index(moving, options):
    given = np.stack([np.asarray(frame) for frame in moving])
    stays = (given[1:] == given[:-1]).all(axis=-1)
    for animation in (False, True):
        frames = quantize(moving, dither="floyd-steinberg", animation=animation, **options)
        indices = np.stack([np.asarray(frame) for frame in frames])
        assert (indices[1:] == indices[:-1])[stays].all() == animation
        assert len({frame.palette.palette for frame in frames}) == 1


def test_frames_of_an_animation_leave_an_entry_for_what_stays(moving):
    sizes = []
    for animation in (True, False):
        frames = quantize(moving, dither="floyd-steinberg", animation=animation)
        assert len(frames[0].palette.colors) == (255 if animation else 256)
        sizes.append(len(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]).fp.getvalue()))
    assert sizes[0] < 0.4 * sizes[1]
    assert len(quantize(moving, 100, animation=True)[0].palette.colors) == 100


def test_an_animation_of_256_colors_keeps_them():
    colors = np.arange(256, dtype=np.uint8).reshape(16, 16)
    frames = [Image.fromarray(colors), Image.fromarray(colors.T.copy())]
    assert np.array_equal(rgba(quantize(frames, animation=True)[1])[..., 0], colors.T)


def test_what_is_no_animation_is_refused(moving):
    with pytest.raises(ValueError, match="animation=True is for a list of frames, got one picture"):
        quantize(moving[0], animation=True)
    with pytest.raises(ValueError, match=r"one size, but image\[0\] is 160 x 120 pixels and image\[1\] 40 x 30"):
        quantize([moving[0], moving[1].resize((40, 30))], animation=True)
    with pytest.raises(ValueError, match="takes no list"):
        quantize(moving, method=1, animation=True)
