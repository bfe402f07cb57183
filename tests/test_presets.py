"""Presets, in Python and on the command: what they set, and that what is given besides wins."""

import numpy as np
import pytest

from pil_kmeans import encode_gif, encode_png, encode_webp, ssimulacra2
from pil_kmeans.cli import main
from pil_kmeans.presets import PRESETS, added_by_preset

QUICK = {"effort": "fast", "compression": "fast"}


@pytest.fixture(scope="module")
def crop(astronaut):
    return np.ascontiguousarray(astronaut[:64, 150:220])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_its_options(crop, preset):
    assert encode_png(crop, **QUICK, preset=preset) == encode_png(crop, **(PRESETS[preset] | QUICK))


def test_presets_are_good_and_tiny(crop):
    web, tiny = (encode_png(crop, **QUICK, preset=name) for name in ("web", "tiny"))
    assert len(tiny) < len(web) < len(encode_png(crop))
    assert ssimulacra2(crop, web) >= 70 > ssimulacra2(crop, tiny) >= 50


def test_gifs_and_webps_take_what_they_have_of_a_preset(crop):
    assert encode_gif(crop, preset="fast") == encode_gif(crop, effort="fast", dither="none", lossy=0)
    assert encode_webp(crop, preset="fast") == encode_webp(crop, **PRESETS["fast"])


@pytest.mark.parametrize(
    ("options", "added"),
    [
        ({"preset": None}, {}),
        ({}, {}),
        ({"preset": "web", "quality": 90}, {}),
        ({"preset": "web", "lossy": 2}, {}),
        ({"preset": "web", "lossy": 0}, {}),
        ({"preset": "web", "palette": "spectra6"}, {}),
        ({"preset": "web", "device": [[0, 0, 0]]}, {}),
        ({"preset": "web", "dither": "ordered"}, {}),
        ({"preset": "web", "palette": [[0, 0, 0]], "effort": "best"}, PRESETS["web"]),
        ({"preset": "fast", "effort": "best", "quality": 60}, {"dither": "none", "compression": "fast"}),
        ({"preset": "fast", "dither": "auto"}, {"effort": "fast", "lossy": 0, "compression": "fast"}),
    ],
)
def test_what_is_given_wins(options, added):
    assert added_by_preset(options) == added


def test_no_preset_fails_where_no_palette_is_good_enough():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert ssimulacra2(noise, encode_png(noise, preset="web", n_colors=2, palette_only=True)) < 0


def test_unknown_presets_are_refused(crop):
    with pytest.raises(ValueError, match="preset must be one of 'fast', 'web', 'tiny', or None, got 'small'"):
        encode_png(crop, preset="small")
    with pytest.raises(TypeError, match="preset must be a string or None, got 3"):
        encode_gif(crop, preset=3)


def test_help_says_what_presets_set(capsys):
    with pytest.raises(SystemExit):
        main(["compress", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "fast: --effort fast --dither none --lossy 0 --compression fast; web: --quality 0-70" in text
