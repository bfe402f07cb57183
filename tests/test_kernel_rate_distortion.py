"""The rate-distortion kernel gives what the plain search gives, and its counts are what deflate needs."""

from dataclasses import dataclass, replace

import deflate
import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.stages.progress import silent
from reference import rate_distortion as plain
from reference.points import to_points, to_rows

KEPT = -1.0
N_SYMBOLS = sum(_native.DEFLATE_SYMBOLS)


@dataclass
class Problem:
    shape: tuple[int, int]
    points: np.ndarray
    weights: np.ndarray
    lowest: np.ndarray
    guess: np.ndarray
    entries: np.ndarray

    def counts(self):
        n = len(self.guess)
        matches = np.full(29, n // 200 + 1), np.full(30, n // 400 + 1)
        return np.concatenate([np.bincount(self.guess, minlength=256), *matches]).astype(np.uint64)

    def solve(self, feedback=(205, 240), *, bands=None, n_threads=1, counts=None, **options):
        bands = np.array([(0, self.shape[0])] if bands is None else bands, np.int64)
        indices = self.guess.copy()
        used = _native.choose_indices(
            to_points(self.points),
            self.shape[1],
            self.weights,
            1.0,
            self.lowest,
            self.guess,
            to_points(self.entries),
            self.counts() if counts is None else counts,
            bands,
            feedback,
            n_threads,
            silent,
            indices,
            **options,
        )
        return indices.reshape(self.shape), used

    def plain_solution(self, feedback=(205, 240), **options):
        prices = _native.deflate_prices(self.counts())
        picture = (self.points, self.shape, self.weights, self.lowest, self.guess)
        return plain.Search(*picture, self.entries, prices, feedback, **options).run()

    def rows(self, top, n):
        part = slice(top * self.shape[1], (top + n) * self.shape[1])
        parts = {name: getattr(self, name)[part] for name in ("points", "weights", "lowest", "guess")}
        return replace(self, shape=(n, self.shape[1]), **parts)


def nearest(points, entries):
    return np.square(points[:, np.newaxis] - entries).sum(axis=2).argmin(axis=1).astype(np.uint8)


def problem(height, width, k, *, kept=0.0, limited=False, weight=0.002, noise=150, seed=0):
    """Waves with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [4000 + 3000 * np.sin(x / 7 + y / 9), 800 * np.cos(x / 11), 800 * np.sin(y / 5), 0 * x]
    points = (np.stack(waves, axis=-1) + rng.normal(0, noise, (height, width, 4))).reshape(-1, 4).astype(np.int64)
    entries = points[rng.integers(0, len(points), k)]
    weights = (weight * rng.uniform(0.2, 1, len(points))).astype(np.float32)
    weights[rng.random(len(points)) < kept] = KEPT
    lowest = rng.integers(0, k, len(points)) * (rng.random(len(points)) < 0.3) if limited else np.zeros(0)
    return Problem((height, width), points, weights, lowest.astype(np.uint8), nearest(points, entries), entries)


def assert_solved(problem, *feedback, **options):
    indices, counts = problem.solve(*feedback, **options)
    expected, expected_counts = problem.plain_solution(*feedback, **options)
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(counts, expected_counts)
    return indices, counts


def filtered_prices(seed):
    left = np.abs(np.arange(-128, 128)).astype(np.float32)
    return np.roll(3 + left / 8 + np.random.default_rng(seed).random(256, np.float32), 128)


def refined(problem, lowest=0, feedback=205, color=2294, scale=1.0):
    """The kernel's indices, and those of the plain refinement."""
    types = np.arange(problem.shape[0], dtype=np.uint8) * 2 % 5
    entries, guess = problem.entries[np.argsort(problem.entries[:, 0])], np.maximum(problem.guess, np.uint8(lowest))
    options = (filtered_prices(0), types, lowest, feedback, color)
    picture = to_points(problem.points), problem.shape[1], problem.weights / np.float32(scale)
    indices = _native.refine_filtered(*picture, scale, guess, to_points(entries), *options)
    expected = plain.refined(problem.points, problem.shape, problem.weights, guess, entries, *options)
    return indices.reshape(problem.shape), expected


def behind_paeth(problem, lowest=0, feedback=(205, 240), color=2294, seed=0):
    """The kernel's indices and error, and those of the plain search."""
    prices = filtered_prices(seed)
    entries, guess = problem.entries[np.argsort(problem.entries[:, 0])], problem.guess
    points, picture = to_points(problem.points), (problem.shape[1], problem.weights)
    options = (prices, lowest, feedback, color)
    indices, error = _native.choose_behind_paeth(points, *picture, 1.0, guess, to_points(entries), *options)
    plain_search = plain.PaethSearch(problem.points, problem.shape, problem.weights, guess, entries, *options)
    return (indices.reshape(problem.shape), error), plain_search.run()


# Against the plain search


@pytest.mark.parametrize(
    ("width", "k", "feedback"),
    [
        *((width, k, (205, 240)) for width in (8, 9, 12, 17, 40) for k in (1, 2, 16, 256)),
        *((width, k, (0, 0)) for width, k in ((8, 256), (9, 2), (17, 1), (40, 16))),
    ],
)
def test_indices_are_those_of_the_plain_search(width, k, feedback):
    assert_solved(problem(6, width, k, kept=0.1, limited=True), feedback)


@pytest.mark.parametrize("width", [8, 9, 17, 70])
@pytest.mark.parametrize(("k", "lowest"), [(1, 0), (2, 1), (21, 3), (256, 1)])
def test_indices_behind_paeth_are_those_of_the_plain_search(width, k, lowest):
    found, expected = behind_paeth(problem(6, width, k, kept=0.1), lowest)
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1] == pytest.approx(expected[1], rel=1e-12)


@pytest.mark.parametrize("weight", [0, 1e-6, 0.1, 1e20])
def test_every_weight_counts_behind_paeth(weight):
    found, expected = behind_paeth(problem(8, 23, 9, weight=weight, kept=0.05))
    np.testing.assert_array_equal(found[0], expected[0])


@pytest.mark.parametrize("width", [8, 23])
@pytest.mark.parametrize(("k", "lowest"), [(1, 0), (2, 1), (21, 3), (256, 1)])
def test_refined_indices_are_those_of_the_plain_refinement(width, k, lowest):
    found, expected = refined(problem(7, width, k, kept=0.1), lowest)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("weight", [0, 1e-6, 0.1, 1e20])
def test_every_weight_counts_where_indices_are_refined(weight):
    found, expected = refined(problem(6, 9, 9, weight=weight, kept=0.05))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("feedback", [0, 256])
def test_refined_indices_follow_feedback_and_scale(feedback):
    found, expected = refined(problem(5, 12, 30), feedback=feedback, color=4096, scale=0.25)
    np.testing.assert_array_equal(found, expected)


def test_one_row_is_refined():
    found, expected = refined(problem(1, 8, 9))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("size", "feedback", "color"), [((1, 8), 205, 2294), ((7, 23), 0, 2294), ((9, 12), 256, 4096)])
def test_blurred_errors_are_those_of_the_plain_sum(size, feedback, color):
    some = problem(*size, 9, kept=0.1)
    picture = to_points(some.points), size[1], some.weights, to_points(some.entries)
    found = _native.blurred_error(*picture, some.guess, feedback, color)
    expected = plain.blurred_error(some.points, size, some.weights, some.guess, some.entries, feedback, color)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("k", [1, 16, 256])
@pytest.mark.parametrize("size", [(6, 8), (8, 40), (4, 200)])
def test_a_quick_search_is_that_of_the_plain_one(size, k):
    hurried = problem(*size, k, kept=0.1, limited=True)
    indices, _ = assert_solved(hurried, is_quick=True)
    assert k != 16 or size[1] < 40 or (indices != hurried.solve()[0]).any()


@pytest.mark.parametrize("color", [2049, 2294, 4096])
def test_color_counts_as_in_the_plain_search(color):
    told = problem(6, 40, 16, kept=0.1, limited=True)
    indices, _ = assert_solved(told, color=color)
    assert (indices != told.solve()[0]).any()


@pytest.mark.parametrize("size", [(4, 200), (3, 333), (3, 163)])
def test_wide_pictures_are_settled_as_in_the_plain_search(size):
    problem_ = problem(*size, 16, kept=0.1)
    indices, counts = assert_solved(problem_)
    assert (indices.ravel() != problem_.guess).mean() > 0.1
    assert counts[256:].sum() > 40


@pytest.mark.parametrize("height", [1, 2, 3])
def test_few_rows(height):
    assert_solved(problem(height, 13, 5), (256, 256))


@pytest.mark.parametrize("weight", [0, 1e-6, 1e-4, 0.1, 4, 1e20])
def test_every_weight_counts_as_in_the_plain_search(weight):
    assert_solved(problem(8, 23, 9, weight=weight, kept=0.05))


def test_long_matches_end_where_deflate_ends_them():
    flat = problem(3, 300, 2, noise=0)
    flat.points[:] = flat.entries[0]
    flat.guess[:] = 0
    _, counts = assert_solved(flat)
    assert counts[256 + 28] >= 3  # of 258 bytes


def test_the_farthest_points_and_entries():
    rng = np.random.default_rng(5)
    far = problem(8, 12, 2, kept=0.1)
    far.points = rng.choice([-8192, 8192], far.points.shape)
    far.entries = np.array([[-8192] * 4, [8192, 8192, -8192, 8192]])
    far.guess = nearest(far.points, far.entries)
    for weight in (1e-9, 1e-3):
        far.weights = np.where(far.weights < 0, far.weights, np.float32(weight))
        assert_solved(far, (256, 256))


def test_of_equal_entries_the_first_is_taken():
    doubled = problem(6, 20, 3)
    doubled.entries = np.concatenate([doubled.entries] * 40)
    counts = np.ones(N_SYMBOLS, np.uint64)
    assert doubled.solve(counts=counts)[0].max() < 3


def test_bands_are_searched_as_pictures_of_their_own():
    whole = problem(30, 21, 7, kept=0.05)
    bands = [(0, 3), (3, 1), (8, 6), (20, 10)]
    indices, counts = whole.solve(bands=bands)
    expected, expected_counts = whole.guess.reshape(whole.shape).copy(), np.zeros(N_SYMBOLS, np.uint64)
    for top, n in bands:
        expected[top : top + n], part = whole.rows(top, n).solve(counts=whole.counts())
        expected_counts += part
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(counts, expected_counts)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(whole.solve(bands=bands, n_threads=n_threads)[0], indices)


def test_no_band_is_no_change():
    whole = problem(4, 9, 3)
    indices, counts = whole.solve(bands=np.zeros((0, 2)))
    np.testing.assert_array_equal(indices.ravel(), whole.guess)
    assert counts.sum() == 0


# What it promises


def test_kept_pixels_keep_their_index_and_others_get_what_they_may():
    mixed = problem(40, 60, 30, kept=0.2, limited=True, weight=1e-4)
    indices = mixed.solve()[0].ravel()
    is_kept = mixed.weights < 0
    np.testing.assert_array_equal(indices[is_kept], mixed.guess[is_kept])
    assert (indices[~is_kept] >= mixed.lowest[~is_kept]).all()
    assert (indices < 30).all()


def test_dear_errors_give_the_nearest_entries():
    dear = problem(20, 50, 20, weight=1e6)
    expected = nearest(plain.weighted(dear.points), plain.weighted(dear.entries))
    np.testing.assert_array_equal(dear.solve((0, 0))[0].ravel(), expected)


def test_worthless_errors_give_one_long_repetition():
    _, counts = problem(20, 50, 20, weight=0).solve()
    assert counts[:256].sum() < 20


def test_handed_on_errors_keep_the_light():
    flat = problem(40, 40, 2, weight=0.001)
    flat.points[:] = (5000, 0, 0, 0)
    flat.entries = np.array([(3000, 0, 0, 0), (8000, 0, 0, 0)])
    flat.guess[:] = 0
    assert flat.solve((0, 0))[0].max() == 0
    of_light, of_oklab = (5**3 - 3**3) / (8**3 - 3**3), (5 - 3) / (8 - 3)
    assert flat.solve((256, 256))[0].mean() == pytest.approx(of_light, abs=0.15 * (of_oklab - of_light))


@pytest.mark.parametrize(("width", "reached"), [(16382, True), (16383, False)])
def test_matches_reach_as_far_as_deflate(width, reached):
    """Two rows above is just near enough, or not."""
    rng = np.random.default_rng(0)
    noise = problem(3, width, 2)
    noise.entries = rng.integers(0, 8192, (256, 4))
    rows = rng.integers(0, 256, (3, width)).astype(np.uint8)
    rows[2] = rows[0]
    noise.guess, noise.weights = rows.ravel(), np.full_like(noise.weights, KEPT)
    indices, counts = noise.solve((0, 0))
    np.testing.assert_array_equal(indices, rows)
    assert int(counts[:256].sum()) == pytest.approx((2 if reached else 3) * width, rel=0.02)


def covered(counts):
    """The fewest and the most bytes that such symbols stand for."""
    ends = [*plain.LENGTHS[1:-1], 258, 259]
    n = counts[:256].sum()
    lengths = counts[256 : 256 + 29]
    return n + (lengths * plain.LENGTHS).sum(), n + (lengths * (np.array(ends) - 1)).sum()


@pytest.mark.parametrize(("size", "k"), [((1, 8), 1), ((30, 8), 4), ((20, 90), 16), ((20, 333), 100)])
def test_counts_add_up_to_the_pixels_and_a_byte_for_each_row(size, k):
    counts = problem(*size, k).solve()[1].astype(np.int64)
    n_bytes = size[0] * (size[1] + 1)
    fewest, most = covered(counts)
    assert counts[256 : 256 + 29].sum() == counts[256 + 29 :].sum()
    assert fewest <= n_bytes
    assert most >= 0.99 * n_bytes  # less what began as a match and was none


@pytest.mark.parametrize("scale", [0.1, 1, 10])
def test_counts_are_about_what_deflate_needs(camera, scale):
    grey = camera[100:260, 150:400].reshape(-1, 1)
    palette = np.linspace(0, 255, 24).astype(np.uint8)[:, np.newaxis]
    points, entries = (
        to_rows(_native.working_points(samples, "oklab", False, (0.0,) * 4, 1.0, 1)) for samples in (grey, palette)
    )
    weights = np.full(len(grey), 4e-4 / scale, np.float32)
    photo = Problem((160, 250), points, weights, np.zeros(len(grey), np.uint8), nearest(points, entries), entries)
    _, counts = photo.solve()
    indices, counts = photo.solve(counts=counts)
    literals, lengths, distances = np.split(counts, [256, 256 + 29])
    of_literals, of_lengths, of_distances = _native.deflate_prices(counts)
    of_lengths, of_distances = of_lengths[np.array(plain.LENGTHS) - 3], of_distances[np.array(plain.DISTANCES) - 1]
    n_bits = (literals * of_literals).sum() + (lengths * of_lengths).sum() + (distances * of_distances).sum()
    size = len(deflate.zlib_compress(np.pad(indices, ((0, 0), (1, 0))).tobytes(), 12))
    assert n_bits / 8 == pytest.approx(size, rel=0.1)


# Prices, visibility and errors


@pytest.mark.parametrize("highest", [1, 3, 1000, 2**40])
def test_prices_are_those_of_an_ideal_code_and_the_extra_bits_of_deflate(highest):
    rng = np.random.default_rng(1)
    counts = np.floor(highest ** rng.random(N_SYMBOLS)).astype(np.uint64) * rng.integers(0, 2, N_SYMBOLS, np.uint64)
    for found, expected in zip(_native.deflate_prices(counts), plain.prices(counts), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_prices_of_what_was_never_used_are_finite():
    for found in _native.deflate_prices(np.zeros(N_SYMBOLS, np.uint64)):
        assert (found > 0).all()
        assert (found < 15 + 14).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (3, 5), (40, 31)])
def test_visibility_is_that_of_the_plain_formula(size):
    height, width = size
    points = np.random.default_rng(height).integers(-8192, 8192, (height * width, 4), endpoint=True)
    points[: len(points) // 2, 0] //= 40
    for protection in (2, 0.3, 0):
        expected = plain.visibility(points[:, 0].reshape(size), protection)
        found = _native.visibility(to_points(points), width, 2, protection).reshape(size)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_errors_in_flat_areas_are_fully_visible():
    points = np.full((100, 4), 5000)
    assert (_native.visibility(to_points(points), 10, 1) == 3).all()
    points[:50, 0] = 8192
    visible = _native.visibility(to_points(points), 10, 1).reshape(10, 10)
    assert (visible[0] == 3).all()
    assert (visible[4] < 0.3).all()


@pytest.mark.parametrize("n", [0, 1, 100_003])
def test_indices_are_counted(n):
    indices = np.random.default_rng(n).integers(0, 7, n).astype(np.uint8)
    for n_threads in (1, 3):
        np.testing.assert_array_equal(_native.count_indices(indices, 9, n_threads), np.bincount(indices, minlength=9))


def test_weighted_error_is_that_of_the_plain_sum():
    some = problem(13, 29, 11, noise=2000)
    some.points[:] = np.clip(some.points, -8192, 8192)
    found = _native.weighted_error(to_points(some.points), some.weights, to_points(some.entries), some.guess, 2)
    expected = plain.weighted_error(some.points, some.weights.astype(float), some.entries, some.guess)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_fixed_entries_and_flat_runs_are_kept(n_threads):
    rng = np.random.default_rng(3)
    entries = rng.integers(-4000, 4000, (5, 4))
    guess = np.repeat(rng.integers(0, 5, 4000), rng.integers(1, 8, 4000))[: 31 * 300].astype(np.uint8)
    points = entries[guess] + (rng.random(len(guess)) < 0.1)[:, np.newaxis]
    fixed = np.array([False, True, False, False, False])
    weights = np.ones(len(guess), np.float32)
    _native.keep_exact(to_points(points), 31, to_points(entries), guess, fixed, n_threads, weights)
    is_exact = (points == entries[guess]).all(axis=1).reshape(-1, 31)
    expected = fixed[guess].reshape(-1, 31)
    for y, row in enumerate(guess.reshape(-1, 31)):
        for x in range(31 - 3):
            if is_exact[y, x : x + 4].all() and (row[x : x + 4] == row[x]).all():
                expected[y, x : x + 4] = True
    np.testing.assert_array_equal(weights.reshape(-1, 31) == KEPT, expected)
