"""Kernels of the weights of pixels against NumPy."""

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.stages.weighting import Seen
from reference import weighting as reference

KINDS = [(dtype, n_channels) for dtype in (np.uint8, np.uint16) for n_channels in (1, 2, 3, 4)]


def picture(height, width, n_channels, dtype=np.uint8, seed=0):
    """Noise on some rows, flat and ramps on others; some pixels fully transparent."""
    rng = np.random.default_rng(seed)
    full = np.iinfo(dtype).max
    samples = rng.integers(0, full, (height, width, n_channels), dtype, endpoint=True)
    samples[::3] = np.linspace(0, full, width).astype(dtype)[:, np.newaxis]
    samples[height // 2 :, : width // 2] = full // 3
    if n_channels % 2 == 0:
        samples[rng.random((height, width)) < 0.1, -1] = 0
    return samples


def rows(samples):
    return samples.reshape(-1, samples.shape[-1])


def assert_as_reference(samples, *, row_step=1, n_threads=1):
    width = samples.shape[1]
    seen = Seen.of(*samples.shape[:2], row_step)
    found = _native.smoothness(rows(samples), width, seen, n_threads)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, reference.smoothness(samples, row_step))
    counts, sums = _native.cell_smoothness(rows(samples), width, seen, n_threads)
    expected_counts, expected_sums = reference.cell_smoothness(samples, row_step)
    np.testing.assert_array_equal(counts, expected_counts)
    np.testing.assert_array_equal(sums, expected_sums)
    wanted = np.arange(0, len(samples), row_step)
    weights = _native.pixel_weights(rows(samples), width, counts, wanted, n_threads).reshape(samples.shape[:2])
    assert weights.dtype == np.uint16
    np.testing.assert_array_equal(weights[wanted], reference.pixel_weights(samples, counts)[wanted])
    assert not np.delete(weights, wanted, axis=0).any()


def test_flat_area_is_255_and_an_edge_by_hand():
    step = np.zeros((5, 9, 1), np.uint8)
    step[:, 5:] = 255
    found = _native.smoothness(rows(step), 9, Seen.of(5, 9, 1), 1)
    # at x = 4, 15 of 25 pixels are black and 10 white: sd = 255 * sqrt(.6 * .4)
    assert found[2].tolist()[:3] == [255, 255, 255]
    assert found[2, 4] == round(255 / (1 + 255 * (0.6 * 0.4) ** 0.5 / 2))


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_smoothness_is_that_of_numpy(dtype, n_channels):
    assert_as_reference(picture(41, 37, n_channels, dtype))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 4), (4, 3), (5, 5), (6, 5), (33, 7), (65, 18)])
def test_every_size_is_looked_at_to_its_borders(shape):
    assert_as_reference(picture(*shape, 3, seed=sum(shape)))


@pytest.mark.parametrize("row_step", [2, 3, 4, 5, 6, 8, 100])
@pytest.mark.parametrize("height", [1, 2, 7, 50])
def test_rows_are_left_out(row_step, height):
    assert_as_reference(picture(height, 13, 3), row_step=row_step)
    assert len(_native.smoothness(rows(picture(height, 13, 3)), 13, Seen.of(height, 13, row_step), 1)) == max(
        1, -(-(height - (row_step - 1) // 2) // row_step)
    )


@pytest.mark.parametrize("row_step", [1, 3])
@pytest.mark.parametrize(("dtype", "n_channels"), [(np.uint8, 3), (np.uint16, 4)])
def test_parts_with_two_pixels_of_their_neighbors_add_up_to_the_picture(dtype, n_channels, row_step):
    samples = picture(23, 19, n_channels, dtype)
    seen = Seen.of(23, 19, row_step)
    whole = _native.cell_smoothness(rows(samples), 19, seen, 1)
    parts = []
    for top, bottom in ((0, 1), (1, 9), (9, 21), (21, 23)):
        for left, right in ((0, 3), (3, 4), (4, 19)):
            above, before = max(top - 2, 0), max(left - 2, 0)
            around = np.ascontiguousarray(samples[above : bottom + 2, before : right + 2])
            inner = seen.within(top, left, bottom - top, right - left).moved(top - above, left - before)
            parts.append(_native.cell_smoothness(rows(around), around.shape[1], inner, 1))
    np.testing.assert_array_equal(np.sum(parts, axis=0), whole)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_weights_do_not_depend_on_threads(n_threads):
    assert_as_reference(picture(150, 31, 3), n_threads=n_threads)
    assert_as_reference(picture(70, 31, 4, np.uint16), row_step=2, n_threads=n_threads)


def test_sums_of_many_pixels_are_exact():
    flat = np.full((300, 70_001, 1), 9, np.uint8)
    counts, sums = _native.cell_smoothness(rows(flat), flat.shape[1], Seen.of(*flat.shape[:2], 1), 2)
    assert counts[0] == flat.size
    assert sums[0] == 255 * flat.size


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_color_weights_are_those_of_numpy(n_channels):
    samples = picture(60, 50, n_channels)
    keys, counted = _native.histogram(rows(samples), 1)
    shift = 4 * n_channels
    counts, sums = (
        part.astype(np.float64) for part in _native.cell_smoothness(rows(samples), 50, Seen.of(60, 50, 3), 1)
    )
    found, totals, factors = _native.color_weights(keys, counted, shift, counts, sums)
    np.testing.assert_array_equal(totals, np.bincount(reference.cells(samples).ravel(), minlength=len(counts)))
    which = (keys >> np.uint64(shift)).astype(np.intp)
    np.testing.assert_allclose(found, counted * factors[which], atol=0.51)
    assert (factors[totals == 0] == 0).all()
    assert found.dtype == np.int64
    assert 2**45 <= found.sum() <= 2**46 + len(found)
    expected = reference.color_weights(keys, counted, shift, counts, sums)
    np.testing.assert_allclose(found / found.sum(), expected, rtol=1e-6)


def test_colors_that_weigh_nothing_count_for_nothing_and_others_for_something():
    keys = np.arange(4, dtype=np.uint64)
    found, *_ = _native.color_weights(keys, np.array([0, 1, 2**46, 0]), 0, np.ones(16), np.full(16, 9.0))
    assert (found > 0).tolist() == [False, True, True, False]


U64, I64 = np.uint64, np.int64


def weights_of(keys, weights, shift=0, n_cells=16):
    return _native.color_weights(keys.astype(U64), weights, shift, np.ones(n_cells), np.ones(n_cells))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: _native.smoothness(np.zeros((6, 5), np.uint8), 2, Seen.of(3, 2, 1), 1), "1 to 4 channels"),
        (lambda: _native.smoothness(np.zeros((0, 3), np.uint8), 2, Seen.of(1, 2, 1), 1), "there must be a pixel"),
        (lambda: _native.smoothness(np.zeros((6, 3), np.uint8), 4, Seen.of(1, 4, 1), 1), "width does not divide"),
        (lambda: _native.smoothness(np.zeros((6, 3), np.uint8), 0, Seen.of(1, 1, 1), 1), "width does not divide"),
        (
            lambda: _native.cell_smoothness(np.zeros((6, 3), np.uint16), 2, (0, 3, 0, 0, 2), 1),
            "row_step must be at least 1",
        ),
        (lambda: _native.cell_smoothness(np.zeros((6, 3), np.uint8), 2, (0, 4, 1, 0, 2), 1), "must lie in the picture"),
        (lambda: _native.cell_smoothness(np.zeros((6, 3), np.uint8), 2, (0, 3, 1, 1, 3), 1), "must lie in the picture"),
        (lambda: _native.smoothness(np.zeros((6, 3), np.uint8), 2, (0, 3, 1, 2, 1), 1), "must lie in the picture"),
        (
            lambda: _native.pixel_weights(np.zeros((6, 3), np.uint8), 2, np.zeros(16, I64), np.arange(3), 1),
            "a total a cell",
        ),
        (
            lambda: _native.pixel_weights(np.zeros((6, 1), np.uint8), 2, np.ones(16, I64), np.array([0, 3]), 1),
            "rows must ascend",
        ),
        (
            lambda: _native.pixel_weights(np.zeros((6, 1), np.uint8), 2, np.ones(16, I64), np.array([1, 1]), 1),
            "rows must ascend",
        ),
        (lambda: weights_of(np.arange(3), np.ones(2, I64)), "differ in length"),
        (lambda: weights_of(np.arange(3), np.ones(3, I64), shift=64), "shift must be"),
        (lambda: weights_of(np.arange(3), np.ones(3, I64), n_cells=17), "a power of two"),
        (lambda: weights_of(np.arange(3), np.ones(3, I64), n_cells=1 << 17), "at most 65536"),
        (lambda: weights_of(np.arange(3), np.ones(3, I64), n_cells=2), "lies in no cell"),
        (lambda: weights_of(np.arange(3)[::-1], np.ones(3, I64)), "must ascend"),
        (lambda: weights_of(np.array([3, 1, 2, 9]), np.ones(4, I64), shift=2), "must ascend"),
        (lambda: weights_of(np.array([1 << 60, 0]), np.ones(2, I64)), "lies in no cell"),
        (lambda: weights_of(np.arange(3), -np.ones(3, I64)), "weights must be 0"),
        (lambda: weights_of(np.arange(3), np.full(3, 2**52)), "weights must be 0"),
        (
            lambda: _native.color_weights(np.arange(3, dtype=U64), np.ones(3, I64), 0, np.ones(16), np.ones(4)),
            "differ in length",
        ),
        (
            lambda: _native.color_weights(
                np.arange(3, dtype=U64), np.ones(3, I64), 0, np.ones(16), np.full(16, np.nan)
            ),
            "must not be negative",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_colors_have_no_weights():
    nothing = np.zeros(0, U64), np.zeros(0, I64)
    weights, totals, factors = _native.color_weights(*nothing, 0, np.zeros(16), np.zeros(16))
    assert len(weights) == totals.sum() == factors.sum() == 0
