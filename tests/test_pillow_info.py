"""`quantize`: `info` is carried over, and its transparency made to fit."""

import numpy as np
import pytest

from pil_kmeans import quantize
from pil_pictures import rgba, saved, with_key


def test_info_is_carried_over_and_lists_are_copied(photo):
    image = photo.copy()
    image.info = {"dpi": (72, 72), "icc_profile": b"profile", "list": [1], 7: "number"}
    result = quantize(image, 4)
    assert result.info == image.info
    assert result.info["list"] is not image.info["list"]


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16", "I"])
def test_transparent_color_becomes_a_transparent_entry(mode):
    result = quantize(with_key(mode), 4)
    assert result.palette.mode == "RGB"
    index = result.info["transparency"]
    assert isinstance(index, int)
    assert (np.asarray(result)[:, :4] == index).all()
    for again in (saved(result), saved(result, "GIF"), result):
        alpha = rgba(again)[..., 3]
        assert (alpha[:, :4] == 0).all()
        assert (alpha[:, 4:] == 255).all()


@pytest.mark.parametrize("stale", [(1, 2, 3), (255, 255), b"\0\1", "x", 300])
def test_stale_transparency_is_dropped(photo, stale):
    image = photo.copy()
    image.info["transparency"] = stale
    result = quantize(image, 8)
    assert "transparency" not in result.info
    assert (rgba(saved(result))[..., 3] == 255).all()


def test_stale_transparency_of_an_image_with_alpha_is_dropped(drawing):
    image = drawing.copy()
    image.info["transparency"] = bytes(range(16))
    result = quantize(image, 16)
    assert "transparency" not in result.info
    assert np.array_equal(rgba(saved(result)), rgba(result))


@pytest.mark.parametrize("transparency", [3, bytes([255, 128, 0])])
def test_transparency_of_a_p_image_goes_into_the_palette(photo, transparency):
    image = photo.quantize(16)
    image.info["transparency"] = transparency
    result = quantize(image, 16)
    assert result.palette.mode == "RGBA"
    assert np.array_equal(rgba(result), rgba(image))
    assert np.array_equal(rgba(saved(result)), rgba(image))
    if isinstance(transparency, int):
        assert np.array_equal(rgba(saved(result, "GIF"))[..., 3], rgba(image)[..., 3])
