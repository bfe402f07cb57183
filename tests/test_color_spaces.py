"""Every colour space is known wherever it must be: to the kernels, the oracles and the documentation."""

from pathlib import Path

import pytest

from palettes_only import encode_small_png
from pil_kmeans import KMeansQuantizer, _native, quantize
from pil_kmeans.stages.color_space import COLOR_SPACES
from reference.color_space import ORACLES

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "oklab.rst"


def test_package_and_kernels_have_the_same_spaces():
    assert _native.COLOR_SPACES == COLOR_SPACES


def test_every_space_has_an_oracle():
    assert tuple(ORACLES) == COLOR_SPACES


@pytest.mark.parametrize("face", [KMeansQuantizer, encode_small_png, quantize])
def test_every_face_names_every_space(face):
    allowed = ", ".join(f'"{space}"' for space in COLOR_SPACES)
    assert f"color_space : {{{allowed}}}, " in face.__doc__


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_documentation_says_what_every_space_is_for(space):
    assert f'\n``"{space}"`` ' in PAGE.read_text(encoding="utf-8")


def test_unknown_space_is_an_error_that_names_all():
    with pytest.raises(ValueError, match=", ".join(map(repr, COLOR_SPACES)) + ", got 'hsv'"):
        _native.scale("hsv")
