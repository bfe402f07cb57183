"""Small vivid areas keep their colour, wherever they are."""

import numpy as np
import pytest
from skimage import data

from pil_kmeans import KMeansQuantizer, quantize
from pil_kmeans.stages.dithering.refit import ROUNDS, Plan
from pil_kmeans.stages.samples import thinned

SIDE = 16
PLACES = [(SIDE * row, 240) for row in range(0, 32, 3)]


def with_a_vivid_square(y, x):
    picture = data.astronaut()
    picture[y : y + SIDE, x : x + SIDE] = np.random.default_rng(0).integers(
        (0, 170, 0), (90, 255, 120), (SIDE, SIDE, 3)
    )
    return picture


def light(samples):
    srgb = samples / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg"])
def test_a_small_vivid_area_stays_vivid_wherever_it_is(dither):
    for y, x in PLACES:
        picture = with_a_vivid_square(y, x)
        result = np.asarray(quantize(picture, 16, dither=dither).convert("RGB"))
        wanted, found = (light(each[y : y + SIDE, x : x + SIDE]).mean(axis=(0, 1)) for each in (picture, result))
        assert np.abs(wanted - found).max() < 0.08, (y, x)


def test_uniform_weights_are_those_of_k_means_alone():
    """Whatever the blocks look like: the entries are means of their pixels, to half a level and the working grid."""
    picture = with_a_vivid_square(48, 240)
    model = KMeansQuantizer(16, weighting="uniform", color_space="srgb", dither="none")
    labels = model.fit_transform(picture)
    for entry in range(16):
        own = picture[labels == entry]
        assert np.abs(own.mean(axis=0) - model.cluster_centers_[entry]).max() < 4


@pytest.mark.parametrize("effort", ["balanced", "best"])
def test_rounds_of_a_refit_look_everywhere(effort):
    """The last ones of large pictures: each block of 16 rows and columns has a pixel in them."""
    height, width = 1200, 1600
    rounds = Plan.of(ROUNDS[effort], 64, [(height, width)], None).rounds
    for part in rounds[-2:]:
        place = thinned(np.arange(height * width), [(height, width)], part.step)
        assert (part.bands[:, 1] * part.bands[:, 2]).sum() == len(place)
        blocks = place // width // SIDE * (width // SIDE) + place % width // SIDE
        assert len(np.unique(blocks)) == height // SIDE * (width // SIDE)


def test_pictures_are_thinned_out_one_by_one():
    frames = [(5, 4), (1, 1), (3, 7)]
    pixels = np.arange(3 * (20 + 1 + 21), dtype=np.uint16).reshape(-1, 3)
    parts = np.split(pixels, [20, 21])
    expected = [part.reshape(*size, 3)[::3, ::3].reshape(-1, 3) for part, size in zip(parts, frames, strict=True)]
    np.testing.assert_array_equal(thinned(pixels, frames, 3), np.concatenate(expected))
    np.testing.assert_array_equal(thinned(pixels[:, 0].copy(), frames, 3), np.concatenate(expected)[:, 0])
