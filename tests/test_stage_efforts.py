"""Efforts: "best" is never worse than "balanced" by the measure that applies."""

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer, ssimulacra2
from pil_kmeans.stages.pixels import read_pixels
from stage_calls import quantize_pixels


def result_of(picture, effort, **options):
    result = quantize_pixels(read_pixels(picture), effort=effort, n_threads=1, **options)
    return result.palette.colors[result.indices]


@pytest.mark.parametrize("n_colors", [5, 16, 64])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "auto"])
def test_best_never_looks_worse(astronaut, china, n_colors, dither):
    for picture in (astronaut[100:260, 60:260], china[:150, 200:420]):
        scores = [
            ssimulacra2(picture, result_of(picture, effort, n_colors=n_colors, dither=dither))
            for effort in ("balanced", "best")
        ]
        assert scores[1] >= scores[0]


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
