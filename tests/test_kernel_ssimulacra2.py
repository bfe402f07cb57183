"""The kernel of SSIMULACRA 2 against a plain NumPy version, and against what the Python port of the original gives."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference import ssimulacra2 as reference

SIZES = [(8, 8), (8, 31), (9, 8), (15, 16), (17, 13), (33, 47), (64, 256), (65, 257), (75, 261), (130, 259), (263, 20)]

# What compute_ssimulacra2 of the Python package ssimulacra2 0.3 gives for the upper left corner of `china`, of so many
# rows and twice as many columns, its samples rounded down to multiples of a step: {rows: {step: score}}.
PORT = {
    53: {4: 87.9266, 16: 43.0893, 64: 81.0784},
    101: {4: 75.2742, 16: 15.6941, 64: -6.1459},
    222: {4: 88.5218, 16: 41.4393, 64: -17.2091},
    427: {4: 88.4191, 16: 34.8155, 64: -31.8141},
}


def made(height, width, seed=0, noise=20):
    """A smooth picture and the same with noise, (H, W, 3) uint8."""
    y, x = np.mgrid[:height, :width]
    rng = np.random.default_rng(seed)
    smooth = 128 + 100 * np.sin(np.stack([x / 9 + y / 5, x / 4 - y / 17, y / 3], axis=-1))
    a = smooth + rng.normal(0, 3, smooth.shape)
    b = a + rng.normal(0, noise, a.shape) * (y > height // 3)[..., np.newaxis]
    return [np.rint(values).clip(0, 255).astype(np.uint8) for values in (a, b)]


def score(a, b, n_threads=1):
    pyramids = [_native.xyb_pyramid(np.ascontiguousarray(picture), 0.5, n_threads) for picture in (a, b)]
    return _native.ssimulacra2(*pyramids, *a.shape[:2], n_threads)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", [1, 20, 150])
def test_score_is_that_of_the_reference(size, noise):
    a, b = made(*size, noise=noise)
    assert score(a, b) == pytest.approx(reference.ssimulacra2(a / 255, b / 255), abs=0.005)


def test_score_of_a_photograph_is_that_of_the_reference(china):
    a = china[:250, 200:510]
    b = a // 40 * 40
    assert score(a, b) == pytest.approx(reference.ssimulacra2(a / 255, b / 255), abs=0.001)


@pytest.mark.parametrize("n_rows", PORT)
def test_score_is_that_of_the_port(china, n_rows):
    a = china[:n_rows, : 2 * n_rows]
    for step, expected in PORT[n_rows].items():
        assert score(a, a // step * step) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("size", SIZES)
def test_pyramid_is_that_of_the_reference(size):
    a, _ = made(*size)
    expected = [np.moveaxis(scale, -1, 0).ravel() for scale in reference.pyramid(a / 255)][:6]
    found = _native.xyb_pyramid(a, 0.5, 1)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=0, atol=2e-6)


@pytest.mark.parametrize("n_channels", [2, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("background", [0.0, 0.3, 1.0])
def test_alpha_is_laid_on_the_background(dtype, n_channels, background):
    full = np.iinfo(dtype).max
    samples = np.random.default_rng(0).integers(0, full, (21, 19, n_channels), dtype, endpoint=True)
    samples[:5, :, -1], samples[5:8, :, -1] = 0, full
    colors, alpha = samples[..., :-1] / full, samples[..., -1:] / full
    flat = np.broadcast_to(alpha * colors + (1 - alpha) * background, (21, 19, 3))
    expected = np.concatenate([np.moveaxis(scale, -1, 0).ravel() for scale in reference.pyramid(flat)])
    np.testing.assert_allclose(_native.xyb_pyramid(samples, background, 1), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [(8, 8), (261, 300), (700, 9)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_identical_pictures_score_100(size, dtype):
    noise = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (*size, 3), dtype, endpoint=True)
    assert score(noise, noise) == 100


def test_every_pixel_counts():
    a = np.full((75, 261, 3), 120, np.uint8)
    scores = set()
    for y in (0, 4, 37, 63, 64, 74):
        for x in (0, 5, 130, 255, 256, 260):
            b = a.copy()
            b[y, x] = 140
            scores.add(score(a, b))
    assert max(scores) < 99.9


@pytest.mark.parametrize("size", SIZES)
def test_score_does_not_depend_on_threads(size):
    a, b = made(*size)
    assert len({score(a, b, n_threads) for n_threads in (1, 2, 7)}) == 1
