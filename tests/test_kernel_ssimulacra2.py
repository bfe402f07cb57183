"""The kernel of SSIMULACRA 2 against a plain NumPy version, and against what others give."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference import ssimulacra2 as reference

SIZES = [(8, 8), (8, 31), (9, 8), (14, 15), (15, 16), (17, 13), (28, 29), (33, 47), (56, 57), (64, 256), (65, 257)]
SIZES += [(75, 261), (112, 113), (130, 259), (263, 20)]

# What compute_ssimulacra2 of the crate fast-ssim2 0.9.1, which follows the original 2.1, gives for so many rows of
# `china` from 190 and half again as many columns from 150, as RGB8_SRGB, the samples rounded down to multiples of a
# step: {rows: {step: score}}. There is one scale more from 15, 29, 57 and 113 rows on.
ORIGINAL = {
    8: {8: 95.404, 16: 93.756, 64: 82.094},
    14: {8: 95.490, 16: 92.565, 64: 75.441},
    15: {8: 92.314, 16: 86.425, 64: 70.810},
    28: {8: 92.036, 16: 85.205, 64: 64.625},
    29: {8: 66.628, 16: 35.142, 64: -7.372},
    56: {8: 63.067, 16: 22.245, 64: -49.313},
    57: {8: 81.079, 16: 59.305, 64: -33.263},
    112: {8: 81.870, 16: 61.393, 64: -21.405},
    113: {8: 84.925, 16: 72.014, 64: -14.214},
}


def made(height, width, seed=0, noise=20):
    """A smooth picture and the same with noise, (H, W, 3) uint8."""
    y, x = np.mgrid[:height, :width]
    rng = np.random.default_rng(seed)
    smooth = 128 + 100 * np.sin(np.stack([x / 9 + y / 5, x / 4 - y / 17, y / 3], axis=-1))
    a = smooth + rng.normal(0, 3, smooth.shape)
    b = a + rng.normal(0, noise, a.shape) * (y > height // 3)[..., np.newaxis]
    return [np.rint(values).clip(0, 255).astype(np.uint8) for values in (a, b)]


def score(a, b, n_threads=1, first_scale=0):
    pyramids = [_native.xyb_pyramid(np.ascontiguousarray(picture), 0.5, first_scale, n_threads) for picture in (a, b)]
    return _native.ssimulacra2(*pyramids, *a.shape[:2], first_scale, n_threads)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", [1, 20, 150])
def test_score_is_that_of_the_reference(size, noise):
    a, b = made(*size, noise=noise)
    assert score(a, b) == pytest.approx(reference.ssimulacra2(a / 255, b / 255), abs=0.001)


def test_score_of_a_photograph_is_that_of_the_reference(china):
    a = china[:250, 200:510]
    b = a // 40 * 40
    assert score(a, b) == pytest.approx(reference.ssimulacra2(a / 255, b / 255), abs=0.001)


@pytest.mark.parametrize("n_rows", ORIGINAL)
def test_score_is_that_of_the_original_program(china, n_rows):
    a = china[190 : 190 + n_rows, 150 : 150 + n_rows + n_rows // 2]
    for step, expected in ORIGINAL[n_rows].items():
        assert score(a, a // step * step) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", [1, 20, 150])
def test_transposing_both_pictures_changes_nothing(size, noise):
    a, b = made(*size, noise=noise)
    assert score(a.swapaxes(0, 1), b.swapaxes(0, 1)) == pytest.approx(score(a, b), abs=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_pyramid_is_that_of_the_reference(size):
    a, _ = made(*size)
    expected = [np.moveaxis(scale, -1, 0).ravel() for scale in reference.pyramid(a / 255)]
    found = _native.xyb_pyramid(a, 0.5, 0, 1)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=0, atol=2e-6)


@pytest.mark.parametrize("size", [(260, 300), (261, 301), (700, 130), (113, 117)])
@pytest.mark.parametrize("first_scale", [1, 2, 5])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_pyramid_from_a_later_scale_is_the_end_of_the_whole(size, first_scale, n_threads):
    a, _ = made(*size)
    whole, end = (_native.xyb_pyramid(a, 0.5, first, n_threads) for first in (0, first_scale))
    height, width = (-(-length // 2**first_scale) for length in size)
    assert len(end) >= 3 * height * width
    np.testing.assert_array_equal(end, whole[-len(end) :])


@pytest.mark.parametrize("size", [(260, 300), (113, 117)])
@pytest.mark.parametrize("first_scale", [1, 2, 5])
def test_scales_before_the_first_are_taken_for_equal(size, first_scale):
    a, b = made(*size)
    whole_a, whole_b = (_native.xyb_pyramid(picture, 0.5, 0, 1) for picture in (a, b))
    n = len(_native.xyb_pyramid(a, 0.5, first_scale, 1))
    half = np.concatenate([whole_a[:-n], whole_b[-n:]])
    assert score(a, b, first_scale=first_scale) == _native.ssimulacra2(whole_a, half, *size, 0, 1) > score(a, b)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("index_type", [np.uint8, np.uint16])
@pytest.mark.parametrize("first_scale", [0, 2])
def test_pyramid_of_indices_is_that_of_their_colors(n_channels, dtype, index_type, first_scale):
    rng = np.random.default_rng(0)
    palette = rng.integers(0, np.iinfo(dtype).max, (200, n_channels), dtype, endpoint=True)
    indices = rng.integers(0, 200, (67, 131)).astype(index_type)
    np.testing.assert_array_equal(
        _native.xyb_pyramid_of_indices(indices, palette, 0.3, first_scale, 2),
        _native.xyb_pyramid(palette[indices], 0.3, first_scale, 1),
    )


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
    np.testing.assert_allclose(_native.xyb_pyramid(samples, background, 0, 1), expected, rtol=0, atol=1e-4)


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
