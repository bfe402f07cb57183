"""Grey: the same entries and indices in whatever form it is stored, by lightness in every color space."""

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer, encode_png, quantize
from pil_kmeans.stages.color_space import COLOR_SPACES
from reference.color_space import ORACLES
from reference.kmeans import inertia, least_inertia_1d

RAMP = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
FORMS = {
    "L": lambda grey: grey,
    "LA": lambda grey: np.dstack([grey, np.full_like(grey, 255)]),
    "RGB": lambda grey: np.dstack([grey] * 3),
    "RGBA": lambda grey: np.dstack([grey] * 3 + [np.full_like(grey, 255)]),
    "L of 16 bits": lambda grey: grey * np.uint16(257),
    "RGB of 16 bits": lambda grey: np.dstack([grey * np.uint16(257)] * 3),
    "L of floats": lambda grey: grey / 255,
    "RGB of floats": lambda grey: np.dstack([grey / 255] * 3),
}


def picture():
    """A soft disc before noise."""
    y, x = np.mgrid[:40, :60]
    soft = 255 / (1 + np.exp((np.hypot(y - 20, x - 25) - 12) / 3))
    return np.clip(soft + np.random.default_rng(0).normal(0, 9, soft.shape), 0, 255).astype(np.uint8)


def quantizer(form, **options):
    return KMeansQuantizer(5, channel_axis=None if form.startswith("L ") or form == "L" else -1, **options)


def levels(colors):
    """Of entries or centers in any form, from 0 to 1."""
    full = np.iinfo(colors.dtype).max if colors.dtype.kind == "u" else 1
    return colors[:, 0] / full


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_a_ramp_gets_the_optimum_of_lightness_in_every_space(space):
    lightness = ORACLES[space].formula(np.repeat(RAMP[0][:, np.newaxis] / 255, 3, axis=1))[:, :1]
    for form in ("L", "RGB"):
        model = quantizer(form, color_space=space, weighting="uniform").fit(FORMS[form](RAMP))
        centers = ORACLES[space].formula(np.repeat(model.cluster_centers_[:, :1] / 255, 3, axis=1))[:, :1]
        found = inertia(lightness, np.ones(256), centers)
        assert found == pytest.approx(least_inertia_1d(lightness[:, 0], np.ones(256))[4], rel=1e-5), form


def test_four_greys_of_a_ramp_by_hand():
    entries = {
        space: quantize(RAMP, 4, color_space=space, weighting="uniform").getpalette("RGB")[:12:3]
        for space in ("srgb", "oklab")
    }
    assert entries == {"srgb": [32, 96, 160, 224], "oklab": [25, 85, 150, 220]}


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_quantize_does_not_see_the_form(space, effort):
    for dither in ("none", "floyd-steinberg"):
        results = {
            form: quantize(stored(picture()), 5, color_space=space, effort=effort, dither=dither)
            for form, stored in FORMS.items()
        }
        assert len({tuple(result.getpalette("RGB")[:15]) for result in results.values()}) == 1
        fine = {form for form in FORMS if " of " in form and dither != "none"}  # errors are finer then
        for forms in (fine, FORMS.keys() - fine):
            assert len({results[form].tobytes() for form in forms}) <= 1


@pytest.mark.parametrize("dither", [None, "floyd-steinberg"])
def test_estimator_does_not_see_the_form(dither):
    for dtype in ("u1", "u2", "f8"):
        fits = {}
        for form, stored in FORMS.items():
            X = stored(picture())
            if X.dtype == np.dtype(dtype):
                model = quantizer(form, dither=dither)
                labels = model.fit_transform(X)
                assert model.palette_.shape[1] == (X.shape[2] if X.ndim == 3 else 1)
                assert np.array_equal(model.inverse_transform(labels), model.palette_.reshape(-1, *X.shape[2:])[labels])
                fits[form] = (levels(model.palette_), labels, model.transform(X), model.predict(X))
        first, *others = fits.values()
        assert others
        for other in others:
            for a, b in zip(first, other, strict=True):
                np.testing.assert_array_equal(a, b)


def test_parts_and_lists_of_grey_pictures_do_not_see_the_form():
    parts = np.array_split(picture(), 3)
    for form in ("L", "LA", "RGB", "RGBA"):
        whole = quantizer(form).fit([FORMS[form](part) for part in parts])
        model = quantizer(form)
        for part in parts:
            model.partial_fit(FORMS[form](part))
        np.testing.assert_array_equal(model.palette_, whole.palette_)
        if form == "L":
            expected = levels(model.palette_)
        np.testing.assert_array_equal(levels(model.palette_), expected)


def test_one_picture_in_colour_makes_all_of_a_list_be_in_colour():
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = np.arange(8) * 30
    model = KMeansQuantizer(6).fit([FORMS["RGB"](picture()), red])
    assert (model.palette_[:, 0] != model.palette_[:, 1]).any()


@pytest.mark.parametrize("stored", [FORMS["LA"], FORMS["RGBA"]])
def test_translucent_greys_do_not_see_the_form(stored):
    grey = picture()
    alpha = np.roll(grey, 7, axis=1) // 3 * 3
    la, rgba = np.dstack([grey, alpha]), np.dstack([grey, grey, grey, alpha])
    for dither in ("none", "floyd-steinberg"):
        a, b = quantize(la, 7, dither=dither), quantize(rgba, 7, dither=dither)
        assert a.getpalette("RGBA") == b.getpalette("RGBA")
        assert a.tobytes() == b.tobytes()


def test_locked_colours_in_colour_keep_a_grey_picture_in_colour():
    for form in ("L", "RGB", "RGBA"):
        result = quantize(FORMS[form](picture()), 4, fixed_colors=["red", "#808080"])
        assert result.getpalette("RGB")[:6] == [255, 0, 0, 128, 128, 128]
    locked = {form: quantize(stored(picture()), 4, fixed_colors=["#808080"]) for form, stored in FORMS.items()}
    assert len({tuple(result.getpalette("RGB")[:12]) for result in locked.values()}) == 1


def test_encode_png_writes_the_same_bytes_of_every_form():
    for options in ({}, {"dither": "none", "lossy": 0}, {"palette_only": True}):
        assert len({encode_png(stored(picture()[:16, :16]), n_colors=5, **options) for stored in FORMS.values()}) == 1
