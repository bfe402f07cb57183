"""Remap against looking every pixel's key up."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference.histogram import histogram, remap

SAMPLES = [np.uint8, np.uint16]
LABELS = [np.uint8, np.uint16, np.uint32]


def noise(n, n_channels, dtype, high=40):
    return np.random.default_rng(n).integers(0, high, (n, n_channels), dtype)


@pytest.mark.parametrize("label_dtype", LABELS)
@pytest.mark.parametrize("dtype", SAMPLES)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_every_pixel_gets_the_label_of_its_color(dtype, n_channels, label_dtype):
    samples = noise(3001, n_channels, dtype)
    keys, _ = histogram(samples)
    labels = np.random.default_rng(1).integers(0, np.iinfo(label_dtype).max, len(keys), label_dtype, endpoint=True)
    found = _native.remap(samples, keys, labels, 0, 1)
    assert found.dtype == label_dtype
    np.testing.assert_array_equal(found, remap(samples, keys, labels, 0))


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 10, 17, 1023, 1024, 1025, 1034, 65_535, 65_536, 65_537, 140_000])
@pytest.mark.parametrize("n_channels", [3, 4])
def test_every_size_at_any_number_of_threads(n, n_channels):
    samples = noise(n, n_channels, np.uint8, high=5)
    keys, _ = histogram(samples)
    labels = np.arange(len(keys), dtype=np.uint16)[::-1].copy()
    expected = remap(samples, keys, labels, 0)
    for n_threads in (1, 2, 7):
        np.testing.assert_array_equal(_native.remap(samples, keys, labels, 0, n_threads), expected)


@pytest.mark.parametrize("n", [2000, 70_000])  # blocks of a table, and for the larger shifts all of it
@pytest.mark.parametrize("shift", [1, 6, 9, 23])
@pytest.mark.parametrize("dtype", SAMPLES)
def test_colors_of_a_cell_share_its_label(dtype, shift, n):
    samples = noise(n, 3, dtype, high=256)
    keys = np.unique(histogram(samples)[0] >> np.uint64(shift))
    labels = np.arange(len(keys), dtype=np.uint32)
    np.testing.assert_array_equal(_native.remap(samples, keys, labels, shift, 1), remap(samples, keys, labels, shift))


@pytest.mark.parametrize("label_dtype", LABELS)
def test_labels_of_many_keys_are_found_at_any_number_of_threads(label_dtype):
    """Blocks of 64 keys of one label may share their room; the table is made by tasks of 2**14 keys."""
    keys = np.arange(7, 100_007, dtype=np.uint64)  # tasks end within a block
    borders = np.zeros(len(keys), np.intp)
    borders[[16_380, 16_383, 16_390, 32_767, 49_200, 65_536, 81_921]] = 1
    borders[np.random.default_rng(0).integers(0, len(keys), 40)] = 1
    labels = (np.cumsum(borders) * 37 % 256).astype(label_dtype)
    order = np.random.default_rng(1).permutation(len(keys))
    samples = _native.key_colors_uint8(keys, 3)[order]
    for n_threads in (1, 2, 7):
        np.testing.assert_array_equal(_native.remap(samples, keys, labels, 0, n_threads), labels[order])


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_darkest_and_brightest_colors_are_looked_up(n_channels):
    samples = np.array([[255] * n_channels, [0] * n_channels], np.uint8)
    keys, _ = histogram(samples)
    assert _native.remap(samples, keys, np.array([5, 9], np.uint8), 0, 1).tolist() == [9, 5]


def test_unknown_color_of_a_long_key_is_an_error():
    samples = np.array([[1, 2, 3, 4], [9, 9, 9, 9]], np.uint8)
    keys, _ = histogram(samples[:1])
    for n_threads in (1, 3):
        with pytest.raises(ValueError, match="not in the histogram"):
            _native.remap(np.tile(samples, (70_000, 1)), keys, np.zeros(1, np.uint8), 0, n_threads)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_pixels_without_any_key_are_refused(n_channels):
    with pytest.raises(ValueError, match="not in the histogram"):
        _native.remap(noise(9, n_channels, np.uint8), np.zeros(0, np.uint64), np.zeros(0, np.uint16), 0, 1)


@pytest.mark.parametrize("n", [1, 1000])
@pytest.mark.parametrize("keys", [[256], [256, 0]])
def test_keys_longer_than_the_samples_are_refused(n, keys):
    with pytest.raises(ValueError, match="too many bits"):
        _native.remap(np.zeros((n, 1), np.uint8), np.array(keys, np.uint64), np.zeros(len(keys), np.uint8), 0, 1)
