"""Masks of thresholds: every threshold once, evenly spread, and what is shipped is what the script makes."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from pil_kmeans.stages.dithering.threshold_mask import threshold_mask

SCRIPT = Path(__file__).parents[1] / "tools/blue_noise.py"


@pytest.mark.parametrize(("method", "size"), [("ordered", 8), ("blue-noise", 64)])
def test_thresholds_are_evenly_spaced(method, size):
    mask = threshold_mask(method)
    assert mask.shape == (size, size)
    assert mask.dtype == np.uint16
    n = size**2
    np.testing.assert_array_equal(np.sort(mask.ravel()), (2 * np.arange(n) + 1) * 65536 // (2 * n))


def test_bayers_pattern():
    ranks = threshold_mask("ordered") // 1024
    assert ranks[:2].tolist() == [[0, 32, 8, 40, 2, 34, 10, 42], [48, 16, 56, 24, 50, 18, 58, 26]]


def test_blue_noise_is_what_the_script_makes():
    made = runpy.run_path(str(SCRIPT))
    np.testing.assert_array_equal(np.load(made["PATH"]), made["void_and_cluster"](made["SIZE"]))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.8])
def test_blue_noise_has_no_low_frequencies(share):
    pattern = threshold_mask("blue-noise") < 65536 * share
    spectrum = np.abs(np.fft.fft2(pattern - pattern.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(*[np.fft.fftfreq(64)] * 2))
    low = (frequency > 0) & (frequency < 0.15)
    assert spectrum[low].mean() < 0.1 * spectrum[~low].mean()
