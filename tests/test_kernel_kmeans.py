"""K-means against plain Lloyd in NumPy, and against what must hold for any partition."""

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.stages.kmeans import EFFORTS
from reference.color_space import coordinates
from reference.histogram import histogram
from reference.kmeans import inertia, least_inertia_1d, lloyd_step, means, nearest
from reference.points import USUAL_GRID, fixed_point, to_points, to_rows

NAMES = ["fast", "balanced", "best"]


NOT_FIXED = to_points(np.empty((0, 4)))


def fit(keys, rows, weights, k, effort="balanced", seed=0, n_threads=1, fixed=NOT_FIXED):
    return _native.fit_centers(
        keys, to_points(rows), weights, fixed, k, **vars(EFFORTS[effort]), seed=seed, n_threads=n_threads
    )


def lloyd(keys, rows, weights, k, steps, n_threads=1, fixed=NOT_FIXED):
    """The seed and then plain steps on all points, each a stage without search."""
    effort = vars(EFFORTS["fast"]) | {"stages": [(0, 0, 1, 0)] * steps}
    return _native.fit_centers(keys, to_points(rows), weights, fixed, k, **effort, seed=0, n_threads=n_threads)


def made(n, n_channels=3, seed=0, space="oklab"):
    """Keys, rows and weights of random colours, half of them close together."""
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (n, n_channels), np.uint8)
    colors[: n // 2] = np.clip(rng.normal(120, 12, (n // 2, n_channels)), 0, 255)
    keys, _ = histogram(colors)
    colors = _native.key_colors_uint8(keys, n_channels)
    return keys, fixed_point(coordinates(colors / 255, space)), rng.integers(1, 50, len(keys))


def photograph(picture, space="oklab"):
    keys, counts = _native.histogram(picture.reshape(-1, 3), 1)
    colors = _native.key_colors_uint8(keys, 3)
    return keys, to_rows(_native.working_points(colors, space, False, *USUAL_GRID, 1)), counts


def explained_inertia(rows, weights, centers, sizes):
    """Inertia of a partition by way of its means and their weights alone."""
    return float(weights @ np.square(rows, dtype=float).sum(axis=1)) - float(sizes @ np.square(centers).sum(axis=1))


@pytest.mark.parametrize("effort", NAMES)
def test_four_points_by_hand(effort):
    rows = np.array([[0, 0, 0, 0], [2, 0, 0, 0], [100, 0, 0, 0], [103, 0, 0, 0]])
    keys, weights = np.arange(4, dtype=np.uint64), np.array([1, 1, 2, 1])
    centers, sizes, found, _ = fit(keys, rows, weights, 2, effort)
    order = np.argsort(centers[:, 0])
    np.testing.assert_array_equal(centers[order], [[1, 0, 0, 0], [101, 0, 0, 0]])
    assert sizes[order].tolist() == [2, 3]
    assert found == 1 + 1 + 2 * 1 + 4


@pytest.mark.parametrize("effort", NAMES)
@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_one_center_is_the_mean(effort, n_channels):
    keys, rows, weights = made(3000, n_channels)
    centers, sizes, found, _ = fit(keys, rows, weights, 1, effort)
    np.testing.assert_array_equal(centers, means(rows, weights, np.zeros(len(rows), int), 1)[0])
    assert sizes.tolist() == [weights.sum()]
    assert found == pytest.approx(inertia(rows, weights, centers), rel=1e-9)


@pytest.mark.parametrize("effort", NAMES)
@pytest.mark.parametrize("n", [1, 2, 3, 9, 40, 300])
def test_as_many_centers_as_points_are_the_points(effort, n):
    keys, rows, weights = made(n, seed=n)
    centers, sizes, found, _ = fit(keys, rows, weights, len(rows), effort)
    place = nearest(fixed_point(centers), rows)
    assert sorted(place) == list(range(len(rows)))
    np.testing.assert_array_equal(centers, rows[place])
    np.testing.assert_array_equal(sizes, weights[place])
    assert found == 0


@pytest.mark.parametrize("n", [3, 9, 40, 300])
def test_one_center_less_than_points_merges_a_cheap_pair(n):
    keys, rows, weights = made(n, seed=n)
    centers, sizes, found, _ = fit(keys, rows, weights, len(rows) - 1, "best")
    assert len(centers) == len(rows) - 1
    assert sizes.sum() == weights.sum()
    assert found == pytest.approx(inertia(rows, weights, centers))
    pairs = np.triu_indices(len(rows), 1)
    merged = np.square(rows[pairs[0]] - rows[pairs[1]]).sum(axis=1) / (1 / weights[pairs[0]] + 1 / weights[pairs[1]])
    assert merged.min() * (1 - 1e-9) <= found <= np.sort(merged)[n // 8]


@pytest.mark.parametrize(
    ("n", "n_channels", "k"), [(60, 3, 5), (2500, 3, 40), (2500, 4, 40), (4100, 2, 9), (3000, 3, 300)]
)
@pytest.mark.parametrize("n_threads", [1, 3])
def test_steps_are_those_of_lloyd(n, n_channels, k, n_threads):
    """Bit by bit: sums that are only updated where labels change, and blocks that are skipped, leave no trace."""
    keys, rows, weights = made(n, n_channels, seed=k)
    centers, *_ = lloyd(keys, rows, weights, k, 1, n_threads)
    for steps in range(2, 10):
        expected, totals = lloyd_step(rows, weights, fixed_point(centers))
        centers, sizes, *_ = lloyd(keys, rows, weights, k, steps, n_threads)
        np.testing.assert_array_equal(centers, expected)
        np.testing.assert_array_equal(sizes, totals)


def test_steps_on_a_photograph_are_those_of_lloyd(astronaut):
    keys, rows, weights = photograph(astronaut)
    for steps in (1, 6):
        centers, *_ = lloyd(keys, rows, weights, 16, steps)
        expected, totals = lloyd_step(rows, weights, fixed_point(centers))
        centers, sizes, *_ = lloyd(keys, rows, weights, 16, steps + 1)
        np.testing.assert_array_equal(centers, expected)
        np.testing.assert_array_equal(sizes, totals)


@pytest.mark.parametrize("k", [2, 16, 100])
def test_steps_end_where_centers_are_the_means_of_their_points(k):
    keys, rows, weights = made(3000, seed=k)
    centers, *_ = lloyd(keys, rows, weights, k, 400)
    np.testing.assert_array_equal(lloyd_step(rows, weights, fixed_point(centers))[0], centers)


def test_steps_never_raise_the_inertia():
    """Up to the rounding of centers: half a unit a coordinate, of a distance of hundreds of units."""
    keys, rows, weights = made(3000)
    trace = [lloyd(keys, rows, weights, 30, steps)[2] for steps in range(1, 40)]
    assert (np.diff(trace) <= 1e-6 * np.array(trace[:-1])).all()
    assert trace[-1] < 0.95 * trace[0]


@pytest.mark.parametrize("effort", NAMES)
@pytest.mark.parametrize("n_channels", [2, 3, 4])
@pytest.mark.parametrize(("n", "k"), [(300, 20), (9000, 2), (9000, 200)])
def test_inertia_is_that_of_the_partition_behind_the_centers(effort, n, k, n_channels):
    keys, rows, weights = made(n, n_channels, seed=k)
    centers, sizes, found, n_iter = fit(keys, rows, weights, k, effort)
    assert len(centers) <= k
    assert sizes.min() > 0
    assert sizes.sum() == weights.sum()
    off_center = np.abs(sizes @ centers - weights @ rows) / weights.sum()
    if EFFORTS[effort].stages[-1][0]:  # ends on cells, whose means are rounded
        assert off_center.max() < 0.5
        return
    assert off_center.max() < 1e-9
    assert found == pytest.approx(explained_inertia(rows, weights, centers, sizes), rel=1e-6)
    best = inertia(rows, weights, centers)  # moving on to the nearest center can only be better, and is not by much
    assert best * (1 - 1e-9) <= found <= (1.1 if effort == "fast" else 1.02) * best
    assert n_iter >= 1


@pytest.mark.parametrize("effort", NAMES)
@pytest.mark.parametrize(("n", "k"), [(50, 7), (900, 30), (900, 300), (20_000, 100)])
def test_result_is_never_worse_than_the_seed(effort, n, k):
    """The seed being that of all points; that of fast is made of few cells, and up to 5 % worse."""
    keys, rows, weights = made(n, seed=n)
    allowed = 1.05 if effort == "fast" else 1
    assert fit(keys, rows, weights, k, effort)[2] <= allowed * lloyd(keys, rows, weights, k, 1)[2]


@pytest.mark.parametrize("space", ["oklab", "srgb"])
@pytest.mark.parametrize(("n", "k"), [(30, 4), (100, 6), (100, 12), (800, 16), (2500, 24)])
def test_result_is_not_worse_than_lloyd_from_random_starts(n, k, space):
    """With many centers than the luckiest start; with few, where luck goes far, than about the median one."""
    keys, rows, weights = made(n, seed=n, space=space)
    rng = np.random.default_rng(k)
    starts = []
    for _ in range(5):
        centers = rows[rng.choice(len(rows), k, replace=False)].astype(float)
        for _ in range(20):
            centers, _ = lloyd_step(rows, weights, fixed_point(centers))
        starts.append(inertia(rows, weights, centers))
    fast, balanced, best = (fit(keys, rows, weights, k, effort)[2] for effort in NAMES)
    assert fast <= max(starts)
    assert max(balanced, best) <= 1.05 * np.median(starts)
    if k > 8:
        assert max(balanced, best) <= min(starts)


@pytest.mark.parametrize("k", [2, 5, 16, 64])
def test_points_on_a_line_come_near_their_optimum(k):
    values = np.unique(np.random.default_rng(k).integers(-8000, 8000, 300))
    rows = np.zeros((len(values), 4), np.int64)
    rows[:, 2] = values
    weights = np.random.default_rng(k).integers(1, 20, len(values))
    found = fit(np.arange(len(values), dtype=np.uint64), rows, weights, k, "best")[2]
    least = least_inertia_1d(values.astype(float), weights.astype(float))[k - 1]
    assert least * (1 - 1e-9) <= found <= 1.1 * least


@pytest.mark.parametrize("k", [4, 16, 64, 256])
@pytest.mark.parametrize("picture", ["china", "astronaut"])
@pytest.mark.parametrize("space", ["oklab", "srgb"])
def test_more_effort_never_raises_the_inertia(picture, k, space, request):
    """Local optima differ by chance: 2 % is allowed; 1.6 % have been seen."""
    keys, rows, weights = photograph(request.getfixturevalue(picture)[::4, ::4], space)

    def inertia_of(centers):
        labels = _native.nearest_labels(to_points(rows), to_points(fixed_point(centers)), 1)
        return float(weights @ np.square(rows - centers[labels]).sum(axis=1))

    fast, balanced, best = (inertia_of(fit(keys, rows, weights, k, effort)[0]) for effort in NAMES)
    assert balanced <= 1.02 * fast
    assert best <= 1.02 * balanced


@pytest.mark.parametrize("effort", NAMES)
def test_points_that_coincide_share_a_center(effort):
    keys, weights = np.arange(500, dtype=np.uint64), np.ones(500, np.int64)
    rows = np.tile([5, -7, 9, 0], (500, 1))
    centers, sizes, found, _ = fit(keys, rows, weights, 8, effort)
    assert centers[sizes > 0].tolist() == [[5, -7, 9, 0]]
    assert found == 0
    rows[250:] = [100, 100, 100, 100]
    centers, sizes, found, _ = fit(keys, rows, weights, 8, effort)
    assert sorted(centers[sizes > 0].tolist()) == [[5, -7, 9, 0], [100, 100, 100, 100]]
    assert found == 0


@pytest.mark.parametrize("effort", NAMES)
def test_scale_of_the_weights_does_not_matter(effort):
    keys, rows, weights = made(5000)
    centers, sizes, found, n_iter = fit(keys, rows, weights, 50, effort)
    large = fit(keys, rows, weights << 24, 50, effort)
    np.testing.assert_array_equal(large[0], centers)
    np.testing.assert_array_equal(large[1], sizes * 2.0**24)
    assert large[2] == pytest.approx(found * 2.0**24, rel=1e-9)
    assert large[3] == n_iter


@pytest.mark.parametrize("effort", NAMES)
@pytest.mark.parametrize("n_channels", [3, 4])
def test_extreme_coordinates_do_not_overflow(effort, n_channels):
    limit = _native.MAX_COORDINATE
    rows = np.array(np.meshgrid(*[[-limit, 0, limit]] * n_channels)).reshape(n_channels, -1).T
    rows = np.pad(rows, ((0, 0), (0, 4 - n_channels)))
    weights = np.full(len(rows), 1 << 38)
    centers, sizes, found, _ = fit(np.arange(len(rows), dtype=np.uint64), rows, weights, 20, effort)
    assert sizes.sum() == weights.sum()
    assert np.abs(centers).max() <= limit
    assert found == pytest.approx(explained_inertia(rows, weights, centers, sizes), rel=1e-9)


@pytest.mark.parametrize("effort", NAMES)
def test_result_does_not_depend_on_threads(effort, astronaut):
    keys, rows, weights = photograph(astronaut)
    one = fit(keys, rows, weights, 64, effort)
    for n_threads in (2, 7):
        several = fit(keys, rows, weights, 64, effort, n_threads=n_threads)
        for a, b in zip(one, several, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", [1, 12345, 2**64 - 1])
def test_any_seed_comes_near_the_same_inertia(seed, astronaut):
    keys, rows, weights = photograph(astronaut)
    found = fit(keys, rows, weights, 64, seed=seed)[2]
    assert found == pytest.approx(fit(keys, rows, weights, 64)[2], rel=0.02)
    assert found == fit(keys, rows, weights, 64, seed=seed)[2]


def fixed_rows(rows, m):
    """Every other one a point, the others anywhere near."""
    rng = np.random.default_rng(m)
    places = rows[rng.choice(len(rows), m, replace=False)]
    places[1::2] = np.clip(places[1::2] + rng.integers(-1500, 1500, places[1::2].shape), -8192, 8192)
    return places


@pytest.mark.parametrize("effort", NAMES)
@pytest.mark.parametrize(("n", "k", "m"), [(60, 1, 1), (60, 5, 40), (3000, 12, 3), (9000, 60, 200)])
def test_fixed_centers_stay_and_take_their_points(effort, n, k, m):
    keys, rows, weights = made(n, seed=m)
    fixed = fixed_rows(rows, m)
    centers, sizes, found, _ = fit(keys, rows, weights, k, effort, fixed=to_points(fixed))
    assert len(centers) <= m + k
    np.testing.assert_array_equal(centers[:m], fixed)
    assert sizes.sum() == weights.sum()
    assert sizes[m:].min() > 0
    for n_threads in (2, 7):
        again = fit(keys, rows, weights, k, effort, n_threads=n_threads, fixed=to_points(fixed))
        np.testing.assert_array_equal(again[0], centers)
    if not EFFORTS[effort].stages[-1][0]:
        best = inertia(rows, weights, centers)
        assert best * (1 - 1e-6) <= found <= 1.1 * best


@pytest.mark.parametrize(("n", "k", "m"), [(300, 7, 2), (2500, 30, 9)])
def test_steps_beside_fixed_centers_are_those_of_lloyd(n, k, m):
    keys, rows, weights = made(n, seed=n)
    fixed = fixed_rows(rows, m)
    centers, *_ = lloyd(keys, rows, weights, k, 1, fixed=to_points(fixed))
    for steps in range(2, 8):
        expected, totals = lloyd_step(rows, weights, fixed_point(centers), n_fixed=m)
        centers, sizes, found, _ = lloyd(keys, rows, weights, k, steps, fixed=to_points(fixed))
        np.testing.assert_array_equal(centers, expected)
        np.testing.assert_array_equal(sizes, totals)
    assert found >= inertia(rows, weights, centers) * (1 - 1e-6)


@pytest.mark.parametrize(("k", "m"), [(6, 1), (12, 12), (24, 100)])
def test_fit_beside_fixed_centers_is_not_worse_than_lloyd_from_random_starts(k, m):
    keys, rows, weights = made(2500, seed=k)
    fixed = fixed_rows(rows, m)
    rng = np.random.default_rng(k)
    starts = []
    for _ in range(3):
        centers = np.concatenate([fixed, rows[rng.choice(len(rows), k, replace=False)]]).astype(float)
        for _ in range(15):
            centers, _ = lloyd_step(rows, weights, fixed_point(centers), n_fixed=m)
        starts.append(inertia(rows, weights, centers))
    for effort in ("balanced", "best"):
        assert fit(keys, rows, weights, k, effort, fixed=to_points(fixed))[2] <= 1.02 * min(starts)


@pytest.mark.parametrize("effort", NAMES)
def test_fixed_centers_far_from_all_points_change_little(effort):
    keys, rows, weights = made(9000)
    far = np.full((50, 4), -8000) + np.arange(50)[:, np.newaxis]
    with_far = fit(keys, rows, weights, 40, effort, fixed=to_points(far))
    assert (with_far[1][:50] == 0).all()
    assert with_far[2] == pytest.approx(fit(keys, rows, weights, 40, effort)[2], rel=0.03)
