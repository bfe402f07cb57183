"""Tallies: packed histograms that add up to the same in any order, within a budget of colours."""

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pil_kmeans import _native
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.tally import merge, tally_of
from stage_calls import histogram

KINDS = [(dtype, n_channels) for dtype in (np.uint8, np.uint16, np.float32, np.float64) for n_channels in (1, 2, 3, 4)]


def picture(dtype, n_channels, n, seed, spread=256):
    """A row of pixels near some colours, many of them opaque, some transparent."""
    rng = np.random.default_rng(seed)
    values = (rng.integers(0, 5, (1, n, n_channels)) * 60 + rng.integers(0, spread, (1, n, n_channels))) % 256 / 255
    if n_channels % 2 == 0:
        values[..., -1] = rng.choice([0, 0.5, 254 / 255, 1, 1], (1, n)) * np.ones((1, n))
    full = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    return (values * full).astype(dtype)


def tally(samples, budget, *, weighted=False, seed=0):
    weight = np.random.default_rng(seed).integers(0, 4, samples.shape[:2]) / 4 if weighted else None
    return tally_of(histogram(read_pixels(samples), sample_weight=weight), budget=budget)


def assert_same(a, b):
    assert (a.n, a.shift, a.transparent, a.is_weighted) == (b.n, b.shift, b.transparent, b.is_weighted)
    np.testing.assert_array_equal(a.packed, b.packed)
    assert (a.exact is None) == (b.exact is None)
    if a.exact is not None:
        np.testing.assert_array_equal(a.exact, b.exact)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_unpacked_tally_is_the_histogram(dtype, n_channels, weighted):
    samples = picture(dtype, n_channels, 300, 0)
    weight = np.random.default_rng(0).random(samples.shape[:2]) if weighted else None
    hist = histogram(read_pixels(samples), sample_weight=weight)
    unpacked = tally_of(hist, budget=1000).histogram()
    for name in ("keys", "counts", "colors", "exact", "n_pixels"):
        np.testing.assert_array_equal(getattr(unpacked, name), getattr(hist, name), strict=True)
    assert (unpacked.n_channels, unpacked.bits, unpacked.dtype) == (hist.n_channels, hist.bits, hist.dtype)
    assert (unpacked.first, unpacked.key_bits, unpacked.cell_colors) == (hist.first, None, None)


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    sizes=st.lists(st.integers(1, 60), min_size=2, max_size=6),
    budget=st.sampled_from([3, 16, 64, 1000]),
    weights=st.lists(st.booleans(), min_size=6, max_size=6),
    data=st.data(),
)
def test_any_order_and_grouping_is_the_same(kind, sizes, budget, weights, data):
    parts = [
        tally(picture(*kind, n, seed), budget, weighted=weighted, seed=seed)
        for seed, (n, weighted) in enumerate(zip(sizes, weights, strict=False))
    ]
    whole = merge(parts, budget=budget)
    assert whole.n <= budget or whole.shift == 46  # which is the most, and enough for real budgets
    assert whole.shift == 0 or sum(part.n for part in parts) > budget or any(part.shift for part in parts)
    left = data.draw(st.permutations(parts))
    while len(left) > 1:
        n = data.draw(st.integers(2, len(left)))
        group = data.draw(st.permutations(left[:n]))
        left = [merge([pickle.loads(pickle.dumps(part)) for part in group], budget=budget), *left[n:]]
        left = data.draw(st.permutations(left))
    assert_same(left[0], whole)


@pytest.mark.parametrize("budget", [5, 40, 200])
@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_parts_are_the_same_as_all_pixels_at_once(dtype, n_channels, budget):
    samples = picture(dtype, n_channels, 400, 1)
    places = [0, 3, 100, 250, 400]
    parts = []
    for start, end in pairwise(places):
        hist = histogram(read_pixels(samples[:, start:end]))
        parts.append(tally_of(hist if hist.first is None else replace(hist, first=start + hist.first), budget=budget))
    assert_same(merge(parts, budget=budget), tally(samples, budget))


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cells_are_as_narrow_as_the_budget_allows_and_have_exact_means(dtype, n_channels):
    budget = 30
    samples = picture(dtype, n_channels, 500, 2)
    samples[..., :3] >>= 2 * samples.dtype.itemsize  # near enough for cells of the longest keys
    if n_channels % 2 == 0:
        samples = samples[samples[..., -1] > 0][np.newaxis]
    full, bits = np.iinfo(dtype).max, 8 * np.dtype(dtype).itemsize
    exact = histogram(read_pixels(samples))
    is_opaque = (exact.colors[:, -1] == full) if n_channels % 2 == 0 else np.zeros(len(exact), bool)

    def cells(shift):
        return (exact.keys >> np.uint64(shift)) * np.uint64(2) + is_opaque

    found = tally_of(exact, budget=budget)
    assert len(np.unique(cells(found.shift))) <= budget < len(np.unique(cells(found.shift - 1)))
    hist = found.histogram()
    order, place = np.unique(cells(found.shift), return_inverse=True)
    np.testing.assert_array_equal(hist.keys, order if n_channels % 2 == 0 else order // 2)
    assert hist.key_bits == n_channels * bits - found.shift + (n_channels % 2 == 0)
    counts = np.bincount(place, exact.counts)
    np.testing.assert_array_equal(hist.counts, counts)
    for c in range(n_channels):
        means = np.bincount(place, exact.counts * exact.colors[:, c]) / counts
        np.testing.assert_allclose(hist.colors[:, c], means * (65535 / full), atol=0.5001)
    if n_channels % 2 == 0:  # what is opaque stays so, and only that
        np.testing.assert_array_equal(hist.colors[:, -1] == 65535, order % 2)


def test_cells_of_values_have_their_mean():
    values = np.linspace(0.1, 0.9, 500).reshape(1, 500, 1)
    hist = tally(values, 50).histogram()
    assert 20 <= len(hist) <= 50
    assert (np.diff(hist.keys) > 0).all()
    assert hist.colors.dtype == np.float64
    assert (hist.colors[:, 0] * hist.counts).sum() == pytest.approx(values.sum())


def test_pixels_without_weight_do_not_move_a_cell():
    samples = np.array([[[0, 0, 0], [1, 1, 1], [200, 0, 0], [201, 1, 1]]], np.uint8)
    hist = histogram(read_pixels(samples), sample_weight=np.array([[1.0, 0.0, 0.0, 2.5]]))
    cells = tally_of(hist, budget=2).histogram()
    assert cells.counts.tolist() == [1.0, 2.5]
    assert cells.colors.tolist() == [[0, 0, 0], [201 * 257, 257, 257]]


@pytest.mark.parametrize("bits", [5, 6])
def test_cells_for_fast_are_those_of_the_pixels(astronaut, bits):
    expected = histogram(read_pixels(astronaut), cell_bits=bits)
    for budget in (1 << 18, 60_000):  # exact, and in narrower cells
        found = tally(astronaut, budget).in_cells(bits)
        for name in ("keys", "counts", "colors"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        assert (found.bits, found.key_bits) == (expected.bits, None)


def test_tally_takes_few_bytes(china):
    found = tally(china, 1 << 21)
    assert found.nbytes < 3 * found.n
    assert len(pickle.dumps(found)) < 3 * found.n + 1000


@pytest.mark.parametrize("budget", [1 << 18, 30_000, 100, 1])
def test_table_counts_as_the_histogram_does(china, budget):
    table = np.zeros(_native.TABLE_SIZE, np.uint8)
    flat = np.full((100_000, 3), 7, np.uint8)
    parts = (china.reshape(-1, 3), flat, flat[:300])
    wrapped = [_native.count_pixels(rows, table) for rows in parts]
    packed, *shape = _native.take_tally(table, np.concatenate(wrapped), budget)
    expected, *expected_shape = _native.tally(*_native.histogram(np.concatenate(parts), 1), None, 3, 8, 0, budget)
    np.testing.assert_array_equal(packed, expected)
    assert shape == expected_shape
    assert not table.any()


KEYS = np.array([3, 70_000, 70_001], np.uint64)
PACKED = _native.tally(KEYS, np.array([1, 300, 2]), None, 3, 8, 0, 100)[0]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ((PACKED[:-1], 3, 0, False), "shorter than its entries"),
        ((PACKED, 2, 0, False), "longer than its entries"),
        ((PACKED, 4, 0, False), "shorter than its entries"),
        ((PACKED, 1 << 60, 0, False), "shorter than its entries"),
        ((PACKED, 3, 0, True), "shorter than its entries|must ascend"),
        ((np.array([1, 1, 0, 1], np.uint8), 2, 0, False), "must ascend"),
        ((np.array([1, 1] * 4 + [0, 1] + [1, 1] * 4, np.uint8), 9, 0, False), "must ascend"),
        ((np.array([1, 1] * 9, np.uint8), 8, 0, False), "longer than its entries"),
        ((np.array([1, 1] * 9, np.uint8), 10, 0, False), "shorter than its entries"),
        ((np.full(40, 255, np.uint8), 1, 0, False), "too large"),
        ((np.array([255] * 9 + [1, 1, 9, 1], np.uint8), 2, 0, False), "too large"),
        ((PACKED, 3, 47, False), "shift must be"),
    ],
)
def test_what_is_no_tally_is_refused(part, message):
    with pytest.raises(ValueError, match=message):
        _native.tally_entries(part, 3, 8, 0)
    with pytest.raises(ValueError, match=message):
        _native.merge_tallies([part, (PACKED, 3, 0, False)], 3, 8, 0, 0, 100)
    with pytest.raises(ValueError, match=message):  # where colours are counted before they are merged
        _native.merge_tallies([part, (PACKED, 3, 0, False)], 3, 8, 0, 0, 2)


def test_keys_beyond_those_of_three_bytes_are_refused():
    packed = _native.tally(np.array([1, 2, (1 << 24) - 2], np.uint64), np.ones(3, np.int64), None, 3, 8, 0, 100)[0]
    beyond = np.concatenate([packed, np.array([1, 1] * 8, np.uint8)])
    with pytest.raises(ValueError, match="a key is too large"):
        _native.merge_tallies([(beyond, 11, 0, False), (PACKED, 3, 0, False)], 3, 8, 0, 0, 2)


def test_arguments_of_the_kernels_are_checked():
    part = (PACKED, 3, 0, False)
    for layout in ((0, 8, 0), (5, 8, 0), (3, 12, 0), (3, 64, 0), (3, 8, 18), (3, 8, -1)):
        with pytest.raises(ValueError, match="must be"):
            _native.merge_tallies([part], *layout, 0, 100)
    with pytest.raises(ValueError, match="least_shift"):
        _native.merge_tallies([part], 3, 8, 0, 47, 100)
    with pytest.raises(ValueError, match="differ in length"):
        _native.tally(KEYS, np.array([1, 2]), None, 3, 8, 0, 100)
    table = np.zeros(_native.TABLE_SIZE, np.uint8)
    for key in (_native.TABLE_SIZE, 5):
        with pytest.raises(ValueError, match="keys that the table has counted"):
            _native.take_tally(table, np.array([key], np.uint32), 100)
    with pytest.raises(ValueError, match="budget must be positive"):
        _native.take_tally(table, np.zeros(0, np.uint32), 0)
