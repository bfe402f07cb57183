"""Centers moved for the worst block, against NumPy."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference import worst_block as reference
from reference.kmeans import nearest
from reference.points import to_points


def made(k, height=30, width=45, seed=0, n_steps=0):
    """Rows of a picture of two soft halves, and centers: its means, or any, and then with a vivid square."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 200, (height, width, 4)) + np.where(np.arange(width)[:, None] < 20, 900, -900)
    if n_steps == 0:
        rows[6:12, 30:36] = rng.normal((2000, -3000, 2500, 0), 100, (6, 6, 4))
    rows[..., 3] = 0
    rows = np.rint(rows).reshape(-1, 4).astype(np.int64)
    centers = rows[rng.choice(len(rows), k, replace=False)].astype(float) + rng.random((k, 4)) - 0.5
    for _ in range(n_steps + 1):
        labels = nearest(rows, np.rint(centers).astype(np.int64)).astype(np.uint16)
        centers = np.stack([rows[labels == c].mean(axis=0) if n_steps else centers[c] for c in range(k)])
    pixel_weights = rng.random(len(rows)) * 40
    return rows, labels, pixel_weights, width, 6, centers, np.bincount(labels, pixel_weights, k) * 3


def mended(rows, labels, pixel_weights, width, side, centers, weights):
    return _native.mend_worst_block(to_points(rows), labels, pixel_weights, width, side, centers, weights)


@pytest.mark.parametrize("k", [1, 2, 5, 40])
@pytest.mark.parametrize("n_steps", [0, 8])
@pytest.mark.parametrize("seed", range(4))
def test_moves_are_those_of_numpy(k, seed, n_steps):
    given = made(k, seed=seed, n_steps=n_steps)
    centers, weights = mended(*given)
    expected, expected_weights, _ = reference.mend_worst_block(*given)
    np.testing.assert_allclose(centers, expected, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(weights, expected_weights, rtol=1e-9, atol=1e-6)


def test_both_outcomes_are_among_those_tested():
    cases = [made(k, seed=seed, n_steps=n_steps) for k in (2, 5, 40) for seed in range(4) for n_steps in (0, 8)]
    assert {reference.mend_worst_block(*given)[2] for given in cases} == {False, True}


def test_a_vivid_square_gets_a_center():
    rows, labels, pixel_weights, width, side, centers, weights = made(40)
    is_plain = np.abs(centers).max(axis=1) < 2000
    centers = np.where(is_plain[:, None], centers, centers[is_plain][0])  # none there, whatever was drawn
    labels = nearest(rows, np.rint(centers).astype(np.int64)).astype(np.uint16)
    moved, _ = mended(rows, labels, pixel_weights, width, side, centers, weights)
    away = np.abs(moved - (2000, -3000, 2500, 0)).max(axis=1)
    assert away.min() < 100


def test_pixels_without_errors_move_nothing():
    rows = np.array([[5, 0, 0, 0], [9, 1, 0, 0]]).repeat(50, axis=0)
    labels = np.arange(2, dtype=np.uint16).repeat(50)
    centers, weights = np.array([[5.0, 0, 0, 0], [9, 1, 0, 0]]), np.array([50.0, 50])
    moved, _ = mended(rows, labels, np.ones(100), 10, 5, centers, weights)
    np.testing.assert_array_equal(moved, centers)


def test_pixels_that_weigh_nothing_get_no_center():
    rows, labels, pixel_weights, width, side, centers, weights = made(5)
    moved, _ = mended(rows, labels, 0 * pixel_weights, width, side, centers, weights)
    np.testing.assert_allclose(moved, centers, rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.zeros(3, np.uint16)}, "labels and points differ in length"),
        ({"labels": np.full(1350, 5, np.uint16)}, "labels must be those of centers"),
        ({"pixel_weights": np.ones(3)}, "pixel_weights and points differ in length"),
        ({"pixel_weights": np.full(1350, -1.0)}, "weights must be 0 to"),
        ({"pixel_weights": np.full(1350, np.nan)}, "weights must be 0 to"),
        ({"weights": np.full(5, np.inf)}, "weights must be 0 to"),
        ({"weights": np.ones(4)}, "weights and centers differ in length"),
        ({"width": 0}, "width does not divide"),
        ({"width": 44}, "width does not divide"),
        ({"side": 0}, "side must be"),
        ({"side": 257}, "side must be"),
        ({"centers": np.full((5, 4), 8193.0)}, "centers must lie within"),
        ({"centers": np.full((5, 4), np.nan)}, "centers must lie within"),
        ({"centers": np.empty((0, 4)), "weights": np.empty(0)}, "1 to 65536 centers"),
        ({"points": np.full((2, 1350, 2), 8193, np.int16)}, "coordinates of points"),
    ],
)
def test_bad_input_is_refused(changes, message):
    rows, labels, pixel_weights, width, side, centers, weights = made(5)
    given = {"points": to_points(rows), "labels": labels, "pixel_weights": pixel_weights, "width": width}
    given |= {"side": side, "centers": centers, "weights": weights}
    with pytest.raises(ValueError, match=message):
        _native.mend_worst_block(**(given | changes))
