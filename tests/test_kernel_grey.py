"""Optimal intervals against dynamic programming over all pairs of cuts."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference.kmeans import interval_inertia, least_inertia_1d, least_inertia_fixed_1d, one_interval_inertia


def intervals(values, weights, k):
    starts = _native.optimal_intervals(values, weights, np.zeros(len(values), bool), k)
    assert starts.dtype == np.int64
    assert starts.shape == (k,)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert starts[-1] < len(values)
    return starts


def assert_optimal(values, weights, ks):
    """The same inertia as the optimum: where several partitions have it, any of them will do."""
    least = least_inertia_1d(values, weights)
    for k in ks:
        found = interval_inertia(values, weights, intervals(values, weights, k))
        assert found == pytest.approx(least[k - 1], rel=1e-9, abs=1e-12 * least[0])


def random_values(n, seed):
    rng = np.random.default_rng(seed)
    return np.unique(rng.random(n)), rng


def test_four_points_by_hand():
    values, weights = np.array([0.0, 2.0, 9.0, 10.0]), np.ones(4)
    assert intervals(values, weights, 1).tolist() == [0]
    assert intervals(values, weights, 2).tolist() == [0, 2]
    assert intervals(values, weights, 3).tolist() == [0, 1, 2]
    assert intervals(values, weights, 4).tolist() == [0, 1, 2, 3]


def test_weights_move_the_cut():
    values = np.array([0.0, 4.0, 10.0])
    assert intervals(values, np.array([1.0, 1.0, 1.0]), 2).tolist() == [0, 2]
    assert intervals(values, np.array([1000.0, 1000.0, 1.0]), 2).tolist() == [0, 1]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("seed", range(6))
def test_every_number_of_intervals_of_few_values_is_optimal(n, seed):
    values, rng = random_values(n, seed)
    assert_optimal(values, rng.integers(1, 100, len(values)).astype(np.float64), range(1, len(values) + 1))


@pytest.mark.parametrize("n", [50, 151, 300])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_number_of_intervals_of_many_values_is_optimal(n, weighted):
    values, rng = random_values(n, n)
    weights = rng.pareto(0.7, len(values)) + 1e-3 if weighted else np.ones(len(values))
    assert_optimal(values, weights, [*range(1, 12), n // 4, n // 2, n - 1, n])


@pytest.mark.parametrize("step", [1.0, 255.0, 1e-3])
def test_even_values_with_many_equal_optima(step):
    values = step * np.arange(100)
    assert_optimal(values, np.ones(100), range(1, 101))
    assert_optimal(values, np.tile([1.0, 1000.0], 50), range(1, 101, 7))


def test_clusters_far_from_zero_keep_their_digits():
    values, rng = random_values(120, 1)
    values = np.concatenate([values, 50 + values]) + 1e6
    assert_optimal(values, rng.integers(1, 9, len(values)).astype(np.float64), [2, 3, 10, 100])


def test_histogram_of_a_photograph_is_cut_optimally(camera):
    values, counts = np.unique(camera, return_counts=True)
    values, counts = values.astype(np.float64), counts.astype(np.float64)
    assert_optimal(values, counts, [2, 4, 8, 16, 64, 128, 255])


def test_more_intervals_never_raise_the_inertia():
    values, rng = random_values(3000, 2)
    weights = rng.random(len(values)) + 0.01
    inertias = [interval_inertia(values, weights, intervals(values, weights, k)) for k in (1, 2, 3, 4, 8, 16, 64, 256)]
    assert (np.diff(inertias) < 0).all()


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9, 16])
@pytest.mark.parametrize("seed", range(8))
def test_fixed_values_have_intervals_of_their_own_and_the_rest_is_optimal(n, seed):
    """Any of the values may be fixed, also neighbours and the ends, and such as no pixel has."""
    rng = np.random.default_rng([n, seed])
    values = np.unique(rng.integers(0, 40, n)).astype(float) if seed % 2 else np.sort(rng.random(n))
    fixed = rng.random(len(values)) < rng.choice([0.2, 0.5, 0.9])
    weights = rng.integers(1, 50, len(values)) * np.where(fixed, rng.integers(0, 2, len(values)), 1.0)
    least = least_inertia_fixed_1d(values, weights, fixed)
    for k in range(max(1, fixed.sum()), len(values) + 1):
        starts = _native.optimal_intervals(values, weights, fixed, k)
        assert starts.shape == (k,)
        parts = np.split(np.arange(len(values)), starts[1:])
        found = sum(one_interval_inertia(values[part], weights[part], fixed[part]) for part in parts)
        assert found == pytest.approx(least[k - 1], rel=1e-9, abs=1e-9)


def test_fixed_values_in_a_photograph_leave_the_optimum_to_the_rest(camera):
    values, counts = np.unique(camera, return_counts=True)
    values, counts = values[::2].astype(np.float64), counts[::2].astype(np.float64)
    fixed = np.isin(values, [0, 4, 100, 120, 254])
    least = least_inertia_fixed_1d(values, counts, fixed)
    for k in (int(fixed.sum()), 7, 16, 64):
        parts = np.split(np.arange(len(values)), _native.optimal_intervals(values, counts, fixed, k)[1:])
        found = sum(one_interval_inertia(values[part], counts[part], fixed[part]) for part in parts)
        assert found == pytest.approx(least[k - 1], rel=1e-9)
