"""What fully transparent pixels hide in a palette PNG."""

import numpy as np
import pytest

from palettes_only import encode_png
from pil_pictures import opened


def rgba(data):
    with opened(data) as image:
        return np.asarray(image.convert("RGBA"))


@pytest.fixture(scope="module")
def sprite():
    """Red on the left, blue on the right, in the middle of nothing, which hides noise."""
    samples = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    samples[..., 3] = 0
    samples[6:14, 8:15] = [255, 0, 0, 255]
    samples[6:14, 15:22] = [0, 0, 255, 255]
    return samples


def test_first_and_clear_are_one_entry(sprite):
    for how, color in (("first", sprite[0, 0, :3]), ("clear", [0, 0, 0])):
        result = rgba(encode_png(sprite, transparent_rgb=how))
        hidden = sprite[..., 3] == 0
        assert (result[hidden] == [*color, 0]).all()
        np.testing.assert_array_equal(result[~hidden], sprite[~hidden])


def test_bleed_has_the_color_of_the_nearest_visible_pixel(sprite):
    result = rgba(encode_png(sprite, n_colors=4, transparent_rgb="bleed"))
    np.testing.assert_array_equal(result[..., 3], sprite[..., 3])
    assert (result[:, :15, :3] == [255, 0, 0]).all()
    assert (result[:, 15:, :3] == [0, 0, 255]).all()


def test_keep_keeps_exactly_where_all_colors_fit(sprite):
    few = sprite // 128 * 128
    few[..., 3] = sprite[..., 3]
    np.testing.assert_array_equal(rgba(encode_png(few, n_colors=10, transparent_rgb="keep")), few)
    result = rgba(encode_png(sprite, n_colors=64, transparent_rgb="keep"))
    hidden = sprite[..., 3] == 0
    assert len(np.unique(result[hidden], axis=0)) == 16
    error = np.abs(result[hidden].astype(int) - sprite[hidden])[:, :3].mean()
    assert error < np.abs(sprite[0, 0, :3].astype(int) - sprite[hidden][:, :3]).mean() * 0.7
    np.testing.assert_array_equal(result[~hidden], sprite[~hidden])


@pytest.mark.parametrize("n_colors", [1, 2, 9])
@pytest.mark.parametrize("options", [{}, {"quality": 20}, {"dither": "floyd-steinberg", "lossy": 2}])
def test_number_of_colors_counts_hidden_ones(logo, n_colors, options):
    small = logo[::10, ::10]
    if n_colors < 9:
        options = options if "lossy" in options else {}
    result = rgba(encode_png(small, n_colors=n_colors, transparent_rgb="bleed", **options))
    assert len(np.unique(result.reshape(-1, 4), axis=0)) <= n_colors
    if n_colors > 1:
        np.testing.assert_array_equal(result[..., 3] == 0, small[..., 3] == 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transparent_rgb": "black"}, "transparent_rgb must be one of 'first', 'clear', 'keep', 'bleed', got 'black'"),
        ({"transparent_rgb": "keep", "palette": ["red"]}, "transparent_rgb='keep' has no use with palette="),
        (
            {"transparent_rgb": "clear", "fixed_colors": ["#ff000000"]},
            "'clear' and a fully transparent",
        ),
    ],
)
def test_what_says_different_things_is_refused(sprite, options, message):
    with pytest.raises(ValueError, match=message):
        encode_png(sprite, **options)


def test_frames_can_be_cleared_and_nothing_else(sprite):
    frames = [sprite, np.roll(sprite, 3, axis=0)]
    with pytest.raises(ValueError, match="transparent_rgb='bleed' is for one picture, got 2 frames"):
        encode_png(frames, transparent_rgb="bleed")
    with opened(encode_png(frames, transparent_rgb="clear")) as image:
        assert image.n_frames == 2
        assert not np.asarray(image.convert("RGBA"))[0, 0].any()


def test_picture_without_transparency_stays_the_same(astronaut):
    small = astronaut[::8, ::8]
    assert encode_png(small, transparent_rgb="bleed", n_colors=9) == encode_png(small, n_colors=9)


def test_hidden_colors_leave_an_exact_picture_exact(sprite):
    """Found by fuzzing: they took entries from it."""
    few = sprite.copy()
    few[6:14, 8:22, 0] = np.arange(14)
    n_visible = len(np.unique(few[few[..., 3] > 0], axis=0))
    result = rgba(encode_png(few, n_colors=n_visible + 3, transparent_rgb="keep", lossy=0))
    visible = few[..., 3] > 0
    np.testing.assert_array_equal(result[visible], few[visible])
    assert len(np.unique(result[~visible], axis=0)) == 3
