"""Nearest centers against comparing every point with every center."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference.kmeans import nearest
from reference.points import to_points

LIMIT = _native.MAX_COORDINATE
SIZES = [1, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 255, 256, 257, 287, 2047, 2048, 2049, 2080, 2305]  # around the blocks


def labels_of(points, centers, n_threads=1):
    labels = _native.nearest_labels(to_points(points), to_points(centers), n_threads)
    assert labels.shape == (len(points),)
    assert labels.dtype == np.uint16
    return labels


def assert_nearest(points, centers):
    np.testing.assert_array_equal(labels_of(points, centers), nearest(points, centers))


def noise(n, limit=LIMIT, n_dims=4, seed=0):
    rows = np.random.default_rng([seed, n]).integers(-limit, limit, (n, 4), np.int16, endpoint=True)
    rows[:, n_dims:] = 0
    return rows


def walk(n, step=40, seed=0):
    """Neighbours alike, as in Morton order, so that few centers are left to compare with."""
    steps = np.random.default_rng([seed, n]).integers(-step, step, (n, 4), endpoint=True)
    return np.abs(np.cumsum(steps, axis=0) % (4 * LIMIT) - 2 * LIMIT) - LIMIT


def test_three_points_by_hand():
    centers = [[0, 0, 0, 0], [10, 0, 0, 0], [10, 0, 0, 6]]
    points = [[4, 0, 0, 0], [6, 0, 0, 0], [9, 0, 0, 4]]
    assert labels_of(np.array(points), np.array(centers)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("k", [1, 2, 7, 8, 9, 31, 249, 256, 1000])
@pytest.mark.parametrize("points", [noise, walk])
def test_labels_are_those_of_brute_force(k, points):
    """249 centers leave a tail for every width of vector; so does the number of points."""
    assert_nearest(points(4999), noise(k, seed=1))
    near = points(3001)
    assert_nearest(near, near[np.random.default_rng(k).integers(0, len(near), k)])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("k", [3, 9, 249])
def test_every_size_is_labelled_to_the_last_point(n, k):
    assert_nearest(noise(n), noise(k, seed=2))
    assert_nearest(walk(n), walk(k, step=2000, seed=3))


@pytest.mark.parametrize("n_dims", [1, 2, 3, 4])
def test_every_coordinate_counts(n_dims):
    for place in range(4):
        points, centers = noise(700, 50, n_dims), noise(20, 50, n_dims, seed=4)
        assert_nearest(np.roll(points, place, axis=1), np.roll(centers, place, axis=1))


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
@pytest.mark.parametrize("k", [2, 9, 64, 249])
def test_ties_go_to_the_lowest_index(limit, k):
    """On a coarse grid most points are as far from several centers, many of them equal."""
    assert_nearest(noise(2500, limit), noise(k, limit, seed=5))
    ordered = noise(2500, limit)
    assert_nearest(ordered[np.lexsort(ordered.T)], noise(k, limit, seed=6))


@pytest.mark.parametrize("k", [2, 8, 9, 17, 256, 300])
def test_of_equal_centers_the_first_is_taken(k):
    points = walk(2100)
    assert not labels_of(points, np.tile(points[5], (k, 1))).any()
    centers = np.concatenate([noise(k, seed=7)] * 3)
    assert labels_of(points, centers).max() < k
    assert_nearest(points, centers)


def test_extreme_coordinates_do_not_overflow():
    corners = np.array(np.meshgrid(*[[-LIMIT, 0, LIMIT]] * 4)).reshape(4, -1).T
    near = np.clip(corners + noise(len(corners), 3), -LIMIT, LIMIT)
    for points in (corners, near, corners[::-1], np.repeat(corners, 33, axis=0)):
        for centers in (corners, near, corners[np.abs(corners).min(axis=1) == LIMIT]):
            assert_nearest(points, centers)
    opposite = np.array([[-LIMIT] * 4, [LIMIT] * 4])
    assert labels_of(opposite.repeat(100, axis=0), opposite).tolist() == [0] * 100 + [1] * 100


@pytest.mark.parametrize("k", [1, 2, 40, 1000])
def test_equal_points_get_the_same_label(k):
    assert_nearest(np.tile(noise(1), (2100, 1)), noise(k, seed=8))


def test_points_that_are_centers_get_themselves():
    centers = np.unique(walk(3000), axis=0)
    np.testing.assert_array_equal(labels_of(centers, centers), np.arange(len(centers)))


def test_no_points_get_no_labels():
    assert labels_of(np.zeros((0, 4)), noise(5)).shape == (0,)


def test_65536_centers_are_told_apart():
    grid = np.array(np.meshgrid(*[np.arange(256) * 64 - LIMIT] * 2)).reshape(2, -1).T
    centers = np.concatenate([grid, np.zeros_like(grid)], axis=1)
    which = np.random.default_rng(9).permutation(65536)[:300]
    which[:2] = 0, 65535
    np.testing.assert_array_equal(labels_of(np.clip(centers[which] + [3, -3, 1, 0], -LIMIT, LIMIT), centers), which)


def test_labels_do_not_depend_on_threads():
    points, centers = walk(30_000), noise(249)
    labels = labels_of(points, centers)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(labels_of(points, centers, n_threads), labels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_used_labels_are_those_that_occur(dtype):
    labels = np.array([4, 0, 4, 2, 2, 4], dtype)
    assert _native.used_labels(labels, 6).tolist() == [True, False, True, False, True, False]
    assert _native.used_labels(labels[:0], 3).tolist() == [False] * 3
    with pytest.raises(ValueError, match="labels must be less than n"):
        _native.used_labels(labels, 4)


def test_totals_are_those_of_each_label():
    rng = np.random.default_rng(7)
    for n, k in ((0, 3), (1, 1), (5, 6), (4_001, 300)):
        labels = np.sort(rng.integers(0, k, n)).astype(np.uint16)
        weights = rng.integers(0, 2**47, n)
        expected = [sum(weights[labels == label].tolist()) for label in range(k)]
        assert _native.label_totals(labels, weights, k).tolist() == expected


@pytest.mark.parametrize("beyond", [LIMIT + 1, -LIMIT - 1, 32767, -32768])
@pytest.mark.parametrize("dim", range(4))
def test_coordinates_beyond_the_limit_are_refused_wherever_they_are(beyond, dim):
    centers = noise(3)
    for n in (1, 63, 64, 65, 130):
        for at in sorted({0, n // 2, n - 1}):
            points = np.zeros((n, 4), np.int16)
            points[at, dim] = LIMIT if beyond > 0 else -LIMIT
            labels_of(points, centers)
            points[at, dim] = beyond
            with pytest.raises(ValueError, match="points must be within"):
                labels_of(points, centers)
