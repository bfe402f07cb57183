"""Kernels of the histogram against NumPy: counting, cells, and colours of keys."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference.histogram import cell_histogram, histogram, morton_keys

KINDS = [(dtype, n_channels) for dtype in (np.uint8, np.uint16) for n_channels in (1, 2, 3, 4)]
CELL_BITS = [5, 6]
CHUNK = 1024  # pixels whose keys the kernel makes at a time, in four quarters


def noise(n, n_channels, dtype=np.uint8, high=None, seed=0):
    high = np.iinfo(dtype).max if high is None else high
    return np.random.default_rng(seed).integers(0, high, (n, n_channels), dtype, endpoint=True)


def assert_counted(samples, n_threads=1):
    keys, counts = _native.histogram(samples, n_threads)
    expected_keys, expected_counts = histogram(samples)
    assert keys.dtype == np.uint64
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(keys, expected_keys)
    np.testing.assert_array_equal(counts, expected_counts)


def assert_celled(samples, n_threads=1):
    for bits in CELL_BITS:
        keys, counts, colors = _native.cell_histogram(samples, bits, n_threads)
        expected_keys, expected_counts, expected_colors = cell_histogram(samples, bits)
        assert colors.dtype == np.uint16
        np.testing.assert_array_equal(keys, expected_keys)
        np.testing.assert_array_equal(counts, expected_counts)
        np.testing.assert_array_equal(colors, expected_colors)


def test_four_pixels_by_hand():
    samples = np.array([[255, 0, 0], [0, 0, 1], [255, 0, 0], [128, 0, 0]], np.uint8)
    keys, counts = _native.histogram(samples, 1)
    assert keys.tolist() == [0b001, 0b100 << 21, 0b100100100100100100100100]
    assert counts.tolist() == [1, 1, 2]


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
@pytest.mark.parametrize("high", [1, 7, None])
def test_histogram_of_noise_is_that_of_numpy(dtype, n_channels, high):
    assert_counted(noise(5000, n_channels, dtype, high))


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "n", [0, 1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 513, 767, 769, 1016, 1023, 1024, 1025, 1281, 2047, 2048, 2057]
)
def test_every_size_is_counted_to_the_last_pixel(n_channels, n):
    samples = noise(n, n_channels, high=3, seed=n)
    assert_counted(samples)
    if n_channels == 3:
        assert_celled(samples)


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 8, 254, 255, 256, 257, 509, 510, 511, 512, CHUNK, 65_280, 65_536, 100_003])
def test_counts_beyond_one_byte_are_exact(n_channels, n):
    flat = np.full((n, n_channels), 77, np.uint8)
    assert_counted(flat)
    keys, counts = _native.histogram(flat, 1)
    assert counts.tolist() == [n]
    np.testing.assert_array_equal(keys, morton_keys(flat[:1]))


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("run", [1, 2, 7, 8, 9, 15, 16, 17, 64, 255, 256])
def test_runs_of_equal_pixels_are_counted(n_channels, run):
    n_runs = 12_000 // run
    colors = noise(n_runs, n_channels, high=2, seed=run)
    assert_counted(colors.repeat(run, axis=0))
    assert_counted(np.concatenate([colors[:1].repeat(3, axis=0), colors.repeat(run, axis=0)]))


@pytest.mark.parametrize("single_first", [False, True])
def test_single_pixels_and_runs_of_one_color_add_up(single_first):
    """Counters go up by one and by eight, and pass their limit from every value below it."""
    rng = np.random.default_rng(1)
    lengths = rng.permutation(np.repeat([1, 8, 9, 23], 400))
    runs = [np.full((length, 3), 200 * (i % 2 == single_first), np.uint8) for i, length in enumerate(lengths)]
    assert_counted(np.concatenate(runs))


def test_first_and_last_color_of_every_table_are_found():
    for n_channels in (1, 2, 3):
        corners = np.array([[0] * n_channels, [255] * n_channels], np.uint8)
        assert_counted(corners)
        assert_counted(corners.repeat(3000, axis=0))


@pytest.fixture(scope="module")
def many():
    """Few colours in more than 3 * 2**20 pixels, with what NumPy counts in them."""
    samples = noise((3 << 20) + 5, 3, high=2)
    samples[: 1 << 20] = 255  # one table alone holds this color, and its counter is full many times
    samples[1 << 20 : (1 << 20) + 700] = samples[-700:] = [9, 9, 9]
    packed, counts = np.unique(samples @ np.array([1 << 16, 1 << 8, 1]), return_counts=True)
    keys = morton_keys(np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1).astype(np.uint8))
    order = np.argsort(keys)
    return samples, keys[order], counts[order]


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
def test_tables_of_several_threads_add_up(many, n_threads):
    """Above 2**20 pixels a thread, each counts in a table of its own."""
    samples, expected_keys, expected_counts = many
    keys, counts = _native.histogram(samples, n_threads)
    np.testing.assert_array_equal(keys, expected_keys)
    np.testing.assert_array_equal(counts, expected_counts)
    for bits in CELL_BITS:
        cells = _native.cell_histogram(samples, bits, n_threads)
        assert cells[0].tolist() == sorted({int(key) >> 3 * (8 - bits) for key in keys})
        assert cells[1].sum() == len(samples)
        for several, one in zip(cells, _native.cell_histogram(samples, bits, 1), strict=True):
            np.testing.assert_array_equal(several, one)


@pytest.mark.parametrize("n", [(1 << 19) - 1, (1 << 19) + 5, (2 << 20) + 5])
def test_many_colors_are_counted(n):
    """From 2**19 pixels on in tables; those of threads overlap in every region, and two counters are often full."""
    samples = noise(n, 3, seed=n)
    samples[::7] = [130, 120, 140]
    samples[-n // 3 :: 2] = [131, 120, 140]
    expected_keys, expected_counts = histogram(samples)
    for n_threads in (1, 2, 7):
        keys, counts = _native.histogram(samples, n_threads)
        np.testing.assert_array_equal(keys, expected_keys)
        np.testing.assert_array_equal(counts, expected_counts)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_tables_of_few_channels_add_up(n_channels):
    assert_counted(noise((2 << 20) + 5, n_channels), 2)


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_photograph_is_counted(china, n_threads):
    samples = np.ascontiguousarray(china[::2]).reshape(-1, 3)
    assert_counted(samples, n_threads)
    assert_celled(samples, n_threads)


@pytest.mark.parametrize("bits", CELL_BITS)
def test_cells_have_the_exact_mean_of_their_pixels(bits):
    width = 1 << (8 - bits)
    samples = np.array([[0, 1, 2], [3, 3, 3], [3, 0, 1], [width, 0, 0]], np.uint8)
    keys, counts, colors = _native.cell_histogram(samples, bits, 1)
    assert keys.tolist() == [0, 0b100]
    assert counts.tolist() == [3, 1]
    assert colors.tolist() == [[514, 343, 514], [257 * width, 0, 0]]  # 257 times 2, 4 / 3, 2 and the width, 0, 0


@pytest.mark.parametrize("n", [1000, 8191, 8192, 8193, 8199, 8200, 8201, 8208, 16_383, 16_384, 16_400, 65_536, 150_000])
@pytest.mark.parametrize("color", [[3, 3, 3], [255, 255, 255], [0, 0, 0], [252, 255, 1]])
def test_cell_of_many_pixels_is_exact(n, color):
    """A cell's word holds the sums of 8192 pixels; what goes beyond is put aside."""
    assert_celled(np.full((n, 3), color, np.uint8))


@pytest.mark.parametrize("high", [3, 9, 255])
def test_cells_of_noise_are_exact(high):
    assert_celled(noise(40_000, 3, high=high))
    runs = noise(5000, 3, high=high, seed=2).repeat(9, axis=0)
    assert_celled(runs)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_colors_of_keys_are_the_inverse_of_keys(dtype, n_channels):
    decode = _native.key_colors_uint8 if dtype == np.uint8 else _native.key_colors_uint16
    colors = np.concatenate([noise(2000, n_channels, dtype), np.eye(n_channels, dtype=dtype)])
    decoded = decode(morton_keys(colors), n_channels)
    assert decoded.dtype == dtype
    np.testing.assert_array_equal(decoded, colors)
    bits = np.arange(8 * n_channels * np.dtype(dtype).itemsize, dtype=np.uint64)
    np.testing.assert_array_equal(morton_keys(decode(np.uint64(1) << bits, n_channels)), np.uint64(1) << bits)
