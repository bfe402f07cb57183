"""Palette order against sums over all pairs, and what it promises."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference.palette_order import COSTS, cost, neighbor_counts, palette_order


def smooth_indices(n_entries, shape=(40, 50), seed=0):
    """Neighbouring pixels have similar numbers; then entries are shuffled."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    values = np.sin(x / 9 + seed) + np.cos(y / 7) + rng.normal(0, 0.2, shape)
    levels = np.searchsorted(np.quantile(values, np.linspace(0, 1, n_entries + 1)[1:-1]), values)
    return rng.permutation(n_entries)[levels].astype(np.uint8)


def random_counts(n_entries, seed, high=1000):
    counts = np.triu(np.random.default_rng(seed).integers(0, high, (n_entries, n_entries), np.int32), 1)
    return counts + counts.T


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 13), (40, 50)])
def test_neighbors_are_counted(shape):
    indices = np.random.default_rng(1).integers(0, 11, shape, np.uint8)
    found = _native.neighbor_counts(indices, 12)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, neighbor_counts(indices, 12))


@pytest.mark.parametrize("shape", [(3000, 1000), (2, 3_000_000)])
def test_counts_of_large_pictures_are_bounded(shape):
    indices = (np.arange(shape[0] * shape[1]).reshape(shape) * 7 % 5).astype(np.uint8)
    counts = _native.neighbor_counts(indices, 5).astype(np.int64)
    assert 2**19 < counts.sum() <= 2**22
    assert sorted(_native.palette_order(counts.astype(np.int32), 0, 100)) == list(range(5))


@pytest.mark.parametrize("n_trials", [0, 60])
@pytest.mark.parametrize("n_entries", [1, 2, 3, 4, 9, 17])
def test_order_is_that_of_the_reference(n_entries, n_trials):
    for n_first in {0, 1, n_entries // 2, n_entries}:
        for counts in (
            random_counts(n_entries, n_first),
            neighbor_counts(smooth_indices(n_entries), n_entries).astype(np.int32),
        ):
            found = _native.palette_order(counts, n_first, n_trials)
            assert found.dtype == np.uint8
            np.testing.assert_array_equal(found, palette_order(counts.astype(np.int64), n_first, n_trials))


@pytest.mark.parametrize("n_trials", [0, 20_000])
@pytest.mark.parametrize("n_entries", [2, 100, 256])
def test_order_is_a_permutation_that_keeps_the_first_first(n_entries, n_trials):
    for n_first in (0, 1, n_entries // 3, n_entries):
        order = _native.palette_order(random_counts(n_entries, 5, high=20), n_first, n_trials)
        assert sorted(order[:n_first]) == list(range(n_first))
        assert sorted(order) == list(range(n_entries))


def test_longer_search_never_costs_more_and_ramps_are_found():
    indices = smooth_indices(200, (300, 300))
    counts = _native.neighbor_counts(indices, 200)
    orders = [_native.palette_order(counts, 0, n_trials) for n_trials in (0, 100_000)]
    costs = [cost(counts.astype(np.int64), order, COSTS) for order in (np.arange(200), *orders)]
    assert costs[2] <= costs[1] < 0.8 * costs[0]
    ramp = np.random.default_rng(0).permutation(30).astype(np.uint8)
    order = list(_native.palette_order(_native.neighbor_counts(ramp[np.newaxis], 30), 0, 0))
    assert order in (list(ramp), list(ramp[::-1]))


def test_largest_counts_do_not_overflow():
    counts = np.zeros((256, 256), np.int32)
    counts[0, 255] = counts[255, 0] = 2**21
    order = list(_native.palette_order(counts, 0, 50_000))
    assert abs(order.index(0) - order.index(255)) == 1


def test_entries_without_neighbors_are_kept():
    assert sorted(_native.palette_order(np.zeros((256, 256), np.int32), 7, 1000)) == list(range(256))


def test_bad_input_is_refused():
    indices = np.zeros((2, 2), np.uint8)
    for n_entries in (0, 257):
        with pytest.raises(ValueError, match="1 to 256"):
            _native.neighbor_counts(indices, n_entries)
    with pytest.raises(ValueError, match="has pixels"):
        _native.neighbor_counts(indices[:0], 2)
    with pytest.raises(ValueError, match="beyond the palette"):
        _native.neighbor_counts(indices + np.uint8(2), 2)
    counts = random_counts(4, 0)
    with pytest.raises(ValueError, match="beyond the palette"):
        _native.palette_order(counts, 5, 0)
    with pytest.raises(ValueError, match="differ in length"):
        _native.palette_order(np.ascontiguousarray(counts[:3]), 0, 0)
    for bad in (-counts, np.eye(4, dtype=np.int32), np.triu(counts)):
        with pytest.raises(ValueError, match="symmetric"):
            _native.palette_order(bad, 0, 0)
    with pytest.raises(ValueError, match="too large"):
        _native.palette_order(counts * np.int32(100_000), 0, 0)
    for bad in (counts.astype(np.int64), counts[::-1], counts.ravel()):
        with pytest.raises(TypeError):
            _native.palette_order(bad, 0, 0)
