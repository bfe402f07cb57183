"""`patch`: puts `quantize` into the place of Pillow's method, restores it, and keeps Pillow's promises.

The second half holds, in our own words, what Pillow's tests expect of `Image.quantize` and of what
Pillow does with it, with the method patched. Four of those expectations do not hold, and why:

- ``quantize(100, method)`` uses exactly 100 colors (octree, libimagequant, resize): holds as long as
  `method` is given, as Pillow then does the work; without, there are at most as many colors as asked for.
- ``kmeans=1`` gives another result than ``kmeans=0``: names a step of Pillow's median cut and maximum
  coverage, and holds with these methods given. Without, `kmeans` has no effect.
- ``Image.new("RGBA", size).convert("P")`` saved as PNG is read back with a "transparency" of 256 bytes:
  counts the unused entries Pillow's octree pads the palette with. Ours has one entry, read back as
  transparency 0; every pixel is transparent either way.
- ``quantize(colors, method).palette`` is padded to `colors` entries by Pillow's other methods: same.
"""

import threading
from io import BytesIO
from unittest import mock

import numpy as np
import pytest
from PIL import Image

import pil_kmeans
from pil_kmeans.pillow import patch
from pil_pictures import MODES, entries, in_mode, rgba, saved

PILLOWS_OWN = Image.Image.quantize


@pytest.fixture(scope="module")
def photo(china):
    return Image.fromarray(china).resize((128, 128))


@pytest.fixture
def patched():
    with patch():
        yield


def difference(first, second):
    """Mean absolute difference of a pixel, summed over R, G, B."""
    first, second = (np.asarray(image.convert("RGB")).astype(int) for image in (first, second))
    return abs(first - second).sum(-1).mean()


# Putting in place and restoring


def test_with_patches_and_restores():
    with patch():
        assert Image.Image.quantize is pil_kmeans.quantize
    assert vars(Image.Image)["quantize"] is PILLOWS_OWN


def test_start_and_stop_patch_and_restore():
    patcher = patch()
    assert Image.Image.quantize is PILLOWS_OWN
    assert patcher.start() is patcher
    assert Image.Image.quantize is pil_kmeans.quantize
    patcher.stop()
    assert vars(Image.Image)["quantize"] is PILLOWS_OWN


def test_error_inside_restores():
    with pytest.raises(ZeroDivisionError), patch():
        _ = 1 / 0
    assert Image.Image.quantize is PILLOWS_OWN


def test_nested_patches_restore_with_the_last():
    outer = patch()
    with outer, patch(), outer:
        pass
    assert Image.Image.quantize is PILLOWS_OWN
    first, second = patch().start(), patch().start()
    first.stop()
    assert Image.Image.quantize is pil_kmeans.quantize
    second.stop()
    assert Image.Image.quantize is PILLOWS_OWN


def test_stop_without_start_is_refused():
    with pytest.raises(RuntimeError, match="not started"):
        patch().stop()
    assert Image.Image.quantize is PILLOWS_OWN


def test_what_was_there_before_is_restored():
    def other(image, *args, **kwargs):
        return PILLOWS_OWN(image, *args, **kwargs)

    with mock.patch.object(Image.Image, "quantize", other):
        with patch():
            assert Image.Image.quantize is pil_kmeans.quantize
        assert Image.Image.quantize is other
    assert Image.Image.quantize is PILLOWS_OWN


def test_patches_of_many_threads_restore():
    def work():
        for _ in range(200):
            with patch():
                assert Image.Image.quantize is pil_kmeans.quantize

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Image.Image.quantize is PILLOWS_OWN


def test_importing_patches_nothing():
    assert Image.Image.quantize is PILLOWS_OWN


# Used as a method


def test_patched_method_is_ours(photo, patched):
    assert photo.quantize(16).tobytes() == pil_kmeans.quantize(photo, 16).tobytes()
    assert photo.quantize(16, effort="fast", color_space="srgb").mode == "P"


@pytest.mark.parametrize("method", [0, 1, 2])
def test_given_method_is_pillows_when_patched(photo, patched, method):
    assert photo.quantize(16, method).tobytes() == PILLOWS_OWN(photo, 16, method).tobytes()


def test_dithering_to_a_palette_is_ours_when_patched(photo, patched):
    reference = photo.quantize(16)
    assert photo.quantize(palette=reference).tobytes() == pil_kmeans.quantize(photo, palette=reference).tobytes()


# What Pillow's tests expect of quantize


def test_default_is_close(photo, patched):
    assert photo.quantize().mode == "P"
    assert difference(photo.quantize(), photo) <= 10
    assert difference(photo.quantize(palette=photo.convert("P")), photo) <= 60


@pytest.mark.parametrize("method", [0, 1, 2])
def test_given_method_uses_exactly_as_many_colors(photo, patched, method):
    result = photo.quantize(100, method)
    assert len(result.getcolors()) == 100
    assert difference(result, photo) <= 20


def test_rgba_stays_rgba_and_refuses_median_cut(photo, patched):
    image = photo.convert("RGBA")
    assert image.quantize().convert().mode == "RGBA"
    with pytest.raises(ValueError, match="Fast Octree"):
        image.quantize(method=0)


def test_undithered_palette_is_the_reference(photo, patched):
    reference = photo.resize((64, 64)).quantize()
    result = photo.quantize(dither=Image.Dither.NONE, palette=reference)
    assert (result.mode, result.palette.palette) == ("P", reference.palette.palette)


def test_ties_in_a_grey_palette_go_to_the_lower_entry(patched):
    reference = Image.new("P", (1, 1))
    reference.putpalette([0, 0, 0, 32, 32, 32])
    image = Image.frombytes("L", (9, 1), bytes(range(0, 36, 4)))
    result = image.quantize(dither=Image.Dither.NONE, palette=reference)
    assert result.tobytes() == bytes([0] * 5 + [1] * 4)


def test_dithered_and_undithered_differ(photo, patched):
    reference = photo.quantize(32)
    dithered = photo.quantize(dither=Image.Dither.FLOYDSTEINBERG, palette=reference)
    undithered = photo.quantize(dither=Image.Dither.NONE, palette=reference)
    assert dithered.tobytes() != undithered.tobytes()


@pytest.mark.parametrize("method", [0, 1])
def test_kmeans_of_pillows_methods(photo, patched, method):
    assert photo.quantize(kmeans=1, method=method).tobytes() != photo.quantize(kmeans=0, method=method).tobytes()
    with pytest.raises(ValueError, match="kmeans must not be negative"):
        photo.quantize(kmeans=-1, method=method)


def test_two_colors_are_six_bytes(photo, patched):
    assert len(photo.quantize(colors=2).palette.palette) == 6


def test_invisible_pixels_of_different_colors_share_an_entry(patched):
    image = Image.new("RGBA", (1, 2), (0, 0, 0, 0))
    image.putpixel((0, 1), (255, 255, 255, 0))
    result = image.quantize()
    assert result.getpixel((0, 0)) == result.getpixel((0, 1))


@pytest.mark.parametrize(
    ("mode", "color"), [("RGB", (10, 200, 30)), ("RGBA", (10, 200, 30, 128)), ("RGBA", (0, 0, 0, 0))]
)
def test_palette_maps_a_color_to_its_index(patched, mode, color):
    result = Image.new(mode, (1, 1), color).quantize()
    assert result.getpixel((0, 0)) == result.palette.colors[color]


def test_small_palette_is_used_whole(photo, patched):
    reference = Image.new("P", (1, 1))
    reference.putpalette([0, 0, 0, 255, 255, 255])
    assert len(photo.quantize(palette=reference).getcolors()) == 2


# What Pillow's tests expect of convert


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("La", "I;16B")])
@pytest.mark.parametrize("target", ["P", "PA"])
def test_conversions_work_as_without_patch(photo, patched, mode, target):
    image = in_mode(photo, mode)
    try:
        with mock.patch.object(Image.Image, "quantize", PILLOWS_OWN):
            expected = image.convert(target)
    except ValueError:
        with pytest.raises(ValueError, match="conversion"):
            image.convert(target)
        return
    result = image.convert(target)
    assert (result.mode, result.size) == (expected.mode, expected.size)


@pytest.mark.parametrize("target", ["P", "PA"])
def test_empty_rgba_converts(patched, target):
    assert Image.new("RGBA", (0, 0)).convert(target).mode == target


def test_rgba_to_p_and_back_is_close(photo, patched):
    image = photo.convert("RGBA")
    image.putalpha(photo.convert("L"))
    result = image.convert("P").convert("RGBA")
    assert abs(rgba(result) - rgba(image)).mean(axis=(0, 1)).sum() <= 20


def test_rgba_to_pa_has_pillows_alpha_and_is_no_less_close(photo, patched):
    image = photo.convert("RGBA")
    image.putalpha(photo.convert("L"))
    with mock.patch.object(Image.Image, "quantize", PILLOWS_OWN):
        expected = image.convert("PA")
    result = image.convert("PA")
    assert result.getpalette()
    assert result.getchannel("A").tobytes() == expected.getchannel("A").tobytes()
    assert difference(result.convert("RGB"), photo) <= difference(expected.convert("RGB"), photo)


# What Pillow's tests expect of saved files


def test_transparent_black_stays_transparent_in_png(patched):
    again = saved(Image.new("RGBA", (10, 10), (0, 0, 0, 0)).convert("P"))
    assert again.info["transparency"] == 0  # 256 bytes with the octree's padding
    assert again.convert("RGBA").getcolors() == [(100, (0, 0, 0, 0))]


def test_one_color_is_a_palette_of_three_bytes(patched):
    file = BytesIO()
    Image.new("RGB", (4, 4), (255, 0, 0)).quantize(1).save(file, "PNG")
    assert b"\0\0\0\3PLTE\xff\0\0" in file.getvalue()


def test_four_bits_are_a_palette_of_sixteen(photo, patched):
    file = BytesIO()
    photo.quantize(16).save(file, "PNG", bits=4)
    assert b"\0\0\0\x30PLTE" in file.getvalue()


def test_alpha_survives_png(photo, patched):
    image = photo.convert("RGBA")
    image.putalpha(photo.convert("L"))
    result = image.quantize(32)
    assert len(entries(result)) == 32
    assert np.array_equal(rgba(saved(result)), rgba(result))


def test_rgba_saved_as_gif_keeps_transparency(photo, patched):
    image = photo.convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 64, 64))
    alpha = rgba(saved(image, "GIF"))[..., 3]
    assert (alpha[:64, :64] == 0).all()
    assert (alpha[64:] == 255).all()
