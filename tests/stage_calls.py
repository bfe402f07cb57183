"""Stages called with fewer words: what a test does not say is as the faces have it by default, on any threads.

The stages themselves have no defaults for options, so that no face can forget one.
"""

import numpy as np

from pil_kmeans.png import rate_distortion
from pil_kmeans.stages import color_space as spaces
from pil_kmeans.stages import histogram as histograms
from pil_kmeans.stages import kmeans, palette, quantize
from pil_kmeans.stages import remap as remaps
from pil_kmeans.stages import ssimulacra2 as scores
from pil_kmeans.stages.dithering import amounts, auto, choose, diffuse
from pil_kmeans.stages.dithering import refit as refits
from pil_kmeans.stages.options import Search
from pil_kmeans.stages.tally import merge, tally_of
from pil_kmeans.stages.weighting import read_weighting

STRENGTH = amounts.DEFAULT_STRENGTH


def _search(options):
    """Take the options of a search out of others."""
    given = {
        name: options.pop(name)
        for name in ("color_space", "effort", "weighting", "random_state", "n_threads", "is_free")
        if name in options
    }
    options = {
        "color_space": "oklab",
        "effort": "balanced",
        "random_state": 0,
        "n_threads": None,
        "is_free": False,
    } | given
    return Search(**(options | {"weighting": read_weighting(given.get("weighting"), options["color_space"])}))


def _dither(options):
    return diffuse.read_dither(options.pop("dither", "none"), options.pop("dither_strength", None))


def _inputs(options, *names):
    return dict.fromkeys(names) | options


def histogram(pixels, **options):
    return histograms.histogram(pixels, **({"n_threads": None} | options))


def added(*hists, budget=1 << 21):
    """The histogram of all pictures that histograms are of."""
    return merge([tally_of(hist, budget=budget) for hist in hists], budget=budget).histogram()


def picture_histogram(pixels, **options):
    return histograms.picture_histogram(pixels, **({"n_threads": None} | options))


def working_points(colors, color_space, **options):
    return spaces.working_points(colors, color_space, **({"n_threads": None} | options))


def fit_centers(keys, points, counts, **options):
    return kmeans.fit_centers(keys, points, counts, _search(options), **options)


def inertia(hist, centers, color_space, n_threads=None):
    return kmeans.inertia(hist, centers, color_space, n_threads)


def fit_palette(hist, **options):
    return palette.fit_palette(hist, _search(options), **options)


def remap(pixels, colors, **options):
    defaults = {"color_space": "oklab", "effort": "balanced", "n_threads": None}
    return remaps.remap(pixels, colors, **(defaults | options))


def quantize_pixels(pixels, **options):
    search, dither = _search(options), _dither(options)
    options = {"to_8_bits": False} | _inputs(options, "fixed_colors", "sample_weight", "frames")
    return quantize.quantize_pixels(pixels, search, dither, **options)


def dither(pixels, colors, **options):
    amount = amounts.Amount(options.pop("strength", STRENGTH), amounts.LIGHTNESS_WEIGHT, False, "oklab")
    defaults = {"method": "floyd-steinberg", "amount": amount, "n_threads": None}
    return diffuse.dither(pixels, colors, **(defaults | options))


def refit(pixels, fitted, hist, **options):
    search = _search(options)
    amount = amounts.Amount(STRENGTH, amounts.LIGHTNESS_WEIGHT, False, "oklab")
    options = {"method": "floyd-steinberg", "amount": amount} | _inputs(options, "sample_weight", "frames")
    return refits.refit(pixels, fitted, hist, search, **options)


def fit_dither(pixels, fitted, hist, **options):
    search, dither = _search(options), _dither(options)
    return choose.fit_dither(pixels, fitted, hist, search, dither, **_inputs(options, "sample_weight", "frames"))


def looks_better_dithered(*parts, **options):
    return auto.looks_better_dithered(*parts, **_inputs(options, "frames", "n_threads"))


def Original(pixels, **options):  # noqa: N802 - a class to who reads a test
    return scores.Original(pixels, **_inputs(options, "background", "n_threads"))


def ssimulacra2(a, b, **options):
    return Original(a, **options).score(b)


def RateDistortion(pixels, colors, indices, **options):  # noqa: N802
    defaults = {"strength": STRENGTH, "fixed": np.zeros(len(colors), bool)}
    options = defaults | _inputs(options, "sample_weight", "n_threads")
    return rate_distortion.RateDistortion(pixels, colors, indices, **options)
