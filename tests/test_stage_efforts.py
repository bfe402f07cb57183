"""Efforts: "best" is never worse than "balanced" by the measure that applies, nor what is small than by "fast"."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import KMeansQuantizer, quantize, ssimulacra2
from pil_kmeans.stages import efforts
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.remap import label_colors
from pil_kmeans.stages.ssimulacra2 import Original
from stage_calls import fit_palette, histogram, quantize_pixels


def result_of(picture, effort, **options):
    result = quantize_pixels(read_pixels(picture), effort=effort, n_threads=1, **options)
    return result.palette.colors[result.indices]


def to_palette(picture, colors):
    labels = label_colors(picture.reshape(-1, 3), colors, "oklab", n_threads=1)
    return colors[labels].reshape(picture.shape)


@pytest.mark.parametrize("n_colors", [5, 16, 64])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "auto"])
def test_best_never_looks_worse(astronaut, china, n_colors, dither):
    for picture in (astronaut[100:260, 60:260], china[:150, 200:420]):
        scores = [
            ssimulacra2(picture, result_of(picture, effort, n_colors=n_colors, dither=dither))
            for effort in ("balanced", "best")
        ]
        assert scores[1] >= scores[0]


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "auto"])
@pytest.mark.parametrize("options", [{"is_free": True}, {"weighting": "perceptual"}])
def test_small_pictures_hardly_ever_look_worse_by_more_effort(astronaut, china, dither, options):
    """Of the palette of "fast" all pixels get their nearest entries, and not by cells: so not quite what it makes."""
    for picture in (astronaut[20:52, 100:132], astronaut[300:400, 60:180], china[100:148, 200:264]):
        originals = [Original(read_pixels(picture), background=None, min_size=n, n_threads=1) for n in (8, 113)]
        for n_colors in (8, 32):
            fast, balanced, best = [
                np.mean([original.score(read_pixels(result)) for original in originals])
                for effort in ("fast", "balanced", "best")
                for result in [result_of(picture, effort, n_colors=n_colors, dither=dither, **options)]
            ]
            assert balanced > fast - 0.1
            assert best >= balanced


@pytest.mark.parametrize("dither", ["none", "auto", "floyd-steinberg"])
@pytest.mark.parametrize("n_colors", [6, 16, 40])
def test_few_colors_hardly_ever_look_worse_by_more_effort(astronaut, china, n_colors, dither):
    """Without looking at the palette of "fast" by up to 1.3 here."""
    for picture in (china[:213, :320], astronaut[50:250, 150:350], china[100:300, 200:400].swapaxes(0, 1)):
        fast, balanced, best = [
            ssimulacra2(picture, result_of(picture, effort, n_colors=n_colors, dither=dither))
            for effort in ("fast", "balanced", "best")
        ]
        assert balanced > fast - 1
        assert best >= balanced


@pytest.mark.parametrize("dither", ["floyd-steinberg", "ordered"])
def test_very_few_colors_are_dithered_by_the_weighting_that_looks_better(astronaut, china, dither, monkeypatch):
    results = [(picture, n, []) for picture in (china[::2, ::2], astronaut[::2, ::2]) for n in (4, 12)]
    for options in ({"is_free": True}, {"weighting": "perceptual"}, {"weighting": "uniform"}):
        for picture, n_colors, scores in results:
            result = result_of(picture, "balanced", n_colors=n_colors, dither=dither, **options)
            scores.append(ssimulacra2(picture, result))
        for name in ("_FEW", "_VERY_FEW", "_AS_GOOD_IN_CELLS"):
            monkeypatch.setattr(efforts, name, 0)
    kept = set()
    for _, _, (free, *others) in results:
        assert free >= max(others)
        kept.add(int(np.argmax(others)))
    assert 1 in kept  # which is not what would be tried without a look


def test_few_colors_get_the_palette_of_fast_where_that_looks_better(astronaut, china, monkeypatch):
    pictures = [china, astronaut, china[:200, :300], astronaut[150:450, 100:400], china[150:, 200:]]
    guarded = [result_of(picture, "balanced", n_colors=n) for picture in pictures for n in (8, 16, 32)]
    monkeypatch.setattr(efforts, "_FEW", 0)
    gains = []
    for (picture, n), result in zip([(p, n) for p in pictures for n in (8, 16, 32)], guarded, strict=True):
        alone = result_of(picture, "balanced", n_colors=n)
        gains.append(ssimulacra2(picture, result) - ssimulacra2(picture, alone))
    assert min(gains) > -0.4  # of what is looked at pixels have the nearest of their cell
    assert max(gains) > 0.5


@pytest.mark.parametrize("n_colors", [16, 20])
def test_few_dithered_colors_look_better_beside_what_fast_makes(astronaut, china, n_colors, monkeypatch):
    pictures = [china, astronaut, china[:200, :300], astronaut[150:450, 100:400], china[150:, 200:]]
    guarded = [result_of(p, "balanced", n_colors=n_colors, dither="floyd-steinberg") for p in pictures]
    monkeypatch.setattr(efforts, "_FEW", 0)
    gains = []
    for picture, result in zip(pictures, guarded, strict=True):
        alone = result_of(picture, "balanced", n_colors=n_colors, dither="floyd-steinberg")
        gains.append(ssimulacra2(picture, result) - ssimulacra2(picture, alone))
    assert min(gains) > -1  # a score of coarse scales is not quite that of all
    assert np.mean(gains) > 0.4


@pytest.mark.parametrize("n_colors", [15, 16, 23, 24])
@pytest.mark.parametrize("effort", ["balanced", "best"])
def test_faces_agree_whether_they_count_all_colors_or_cells(china, n_colors, effort):
    """An estimator always counts all: for what it predicts, and more pictures that may follow."""
    for picture in (china[:200, :300], np.dstack([china[:200, :300, 1]] * 3)):
        options = {"effort": effort, "dither": "floyd-steinberg", "n_threads": 1}
        expected = np.asarray(quantize(Image.fromarray(picture), n_colors, **options).convert("RGB"))
        quantizer = KMeansQuantizer(n_colors, **options)
        labels = quantizer.fit_transform(picture)
        np.testing.assert_array_equal(quantizer.palette_[labels][..., :3], expected)


def test_small_pictures_get_what_looks_best(astronaut, china):
    """Of both weightings and, where pixels get their entries in Oklab all the same, of sRGB."""
    pictures = [astronaut[20:52, 100:132], china[100:148, 200:264], china[300:360, 100:140], astronaut[0:48, 0:64]]
    kept = set()
    for picture in pictures:
        originals = [Original(read_pixels(picture), background=None, min_size=n, n_threads=1) for n in (8, 113)]

        def score(result, originals=originals):
            return sum(original.score(read_pixels(result)) for original in originals)

        for n_colors in (8, 32, 100):
            free, perceptual = [
                score(result_of(picture, "balanced", n_colors=n_colors, **options))
                for options in ({"is_free": True}, {"weighting": "perceptual"})
            ]
            uniform = fit_palette(histogram(read_pixels(picture)), n_colors=n_colors, weighting="uniform", n_threads=1)
            plain = quantize_pixels(
                read_pixels(picture), n_colors=n_colors, color_space="srgb", weighting="uniform", n_threads=1
            )
            others = [perceptual, *(score(to_palette(picture, found.colors)) for found in (uniform, plain.palette))]
            assert free == max(others)
            kept.add(others.index(free))
    assert kept == {0, 1, 2}


@pytest.mark.parametrize("options", [{"weighting": "perceptual"}, {"color_space": "oklab"}])
def test_a_space_or_a_weighting_that_is_asked_for_is_all_that_is_tried(astronaut, options):
    picture = Image.fromarray(astronaut[20:52, 100:132])
    for n_colors in (8, 32, 100):
        expected = result_of(np.asarray(picture), "balanced", n_colors=n_colors)
        np.testing.assert_array_equal(np.asarray(quantize(picture, n_colors, **options).convert("RGB")), expected)


@pytest.mark.parametrize("options", [{"color_space": "srgb"}, {}, {"weighting": "uniform"}])
def test_inertia_of_several_pictures_is_never_larger_by_more_effort(china, options):
    pictures = [china[:60, :90], china[100:170, :80]]
    inertias = [
        KMeansQuantizer(n_colors, effort=effort, n_threads=1, **options).fit(pictures).inertia_
        for n_colors in (6, 20)
        for effort in ("balanced", "best")
    ]
    assert inertias[1] <= inertias[0]
    assert inertias[3] <= inertias[2]


def test_estimator_and_stages_keep_the_same(china):
    picture = china[:120, :150]
    quantizer = KMeansQuantizer(12, effort="best", n_threads=1)
    indices = quantizer.fit_transform(picture)
    np.testing.assert_array_equal(quantizer.inverse_transform(indices), result_of(picture, "best", n_colors=12))
    np.testing.assert_array_equal(quantizer.predict(picture), indices)
    np.testing.assert_array_equal(quantizer.labels_, indices)
