"""The LZW kernel gives what the plain search gives, and codes that a plain reader turns into its symbols."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from pil_kmeans import _native
from reference import gif as plain
from reference.points import to_points

KEPT = MUST_CHANGE = -1.0


@dataclass
class Problem:
    points: np.ndarray
    width: int
    weights: np.ndarray
    guess: np.ndarray
    shown: np.ndarray
    shown_color: np.ndarray
    stay_weights: np.ndarray
    entries: np.ndarray
    colors: np.ndarray
    transparent: int
    symbol_bits: int
    feedback: int = 128
    n_paths: int = 4
    n_ends: int = 1

    def solve(self):
        of_points = {name: to_points(getattr(self, name)) for name in ("points", "shown", "entries", "colors")}
        symbols, codes = _native.search_lzw(**(vars(self) | of_points))
        read, shown = plain.decoded(codes.tobytes(), self.symbol_bits)
        assert shown == symbols.tolist()
        return symbols, read

    def plain_solution(self):
        return plain.search(**vars(self))


def problem(seed, shape=(6, 9), k=5, symbol_bits=3, *, transparent=True, noise=2000, weight=1e-6):
    """Pixels near the entries, some of which keep their guess, and some of which have just changed."""
    rng = np.random.default_rng(seed)
    n = shape[0] * shape[1]
    entries = rng.integers(-4000, 4000, (k, 4))
    guess = np.repeat(rng.integers(0, k, n // 3 + 1), 3)[:n].astype(np.uint8)
    points = np.clip(entries[guess] + rng.integers(-noise, noise + 1, (n, 4)), -8192, 8192)
    weights = rng.uniform(0, weight, n).astype(np.float32)
    weights[rng.random(n) < 0.2] = KEPT
    stay = rng.uniform(0, weight, n).astype(np.float32)
    stay[rng.random(n) < 0.3] = MUST_CHANGE
    shown = np.where(rng.random((n, 1)) < 0.5, points, np.roll(points, 1, axis=0))
    colors = rng.integers(-4000, 4000, (300, 4))
    shown_color = rng.integers(0, 300, n).astype(np.uint16)
    symbol = k if transparent else -1
    return Problem(points, shape[1], weights, guess, shown, shown_color, stay, entries, colors, symbol, symbol_bits)


def lossless(symbols, symbol_bits, **options):
    """Every pixel keeps its guess."""
    n = len(symbols)
    nothing = np.zeros((n, 4), np.int64)
    weights = np.full(n, KEPT, np.float32)
    guess = np.asarray(symbols, np.uint8)
    return Problem(
        nothing,
        n,
        weights,
        guess,
        nothing,
        np.zeros(n, np.uint16),
        weights,
        nothing[:1],
        nothing[:1],
        -1,
        symbol_bits,
        **options,
    )


def test_one_pixel_is_three_codes():
    _, codes = lossless([2], 2).solve()
    assert codes == ["clear", (2,), "end"]


def test_a_run_grows_by_a_pixel_a_code():
    _, codes = lossless([1] * 10, 2).solve()
    assert [len(code) for code in codes[1:-1]] == [1, 2, 3, 4]


@pytest.mark.parametrize("transparent", [True, False])
@pytest.mark.parametrize("n_ends", [1, 3])
@pytest.mark.parametrize("n_paths", [1, 4, 64])
@pytest.mark.parametrize("shape", [(6, 9), (1, 1), (1, 17), (13, 1), (2, 3)])
def test_symbols_are_those_of_the_plain_search(shape, n_paths, n_ends, transparent):
    for seed in range(3):
        given = replace(problem(seed, shape, transparent=transparent), n_paths=n_paths, n_ends=n_ends)
        symbols, codes = given.solve()
        expected, expected_codes = given.plain_solution()
        assert symbols.tolist() == expected
        assert codes == expected_codes


@pytest.mark.parametrize("changes", [True, False])
def test_a_full_dictionary_is_cleared_where_it_serves_no_more(changes):
    rng = np.random.default_rng(1)
    symbols = np.concatenate([rng.integers(0, 3, 30000), rng.integers(0, 3, 3000) + 5 * changes])
    given = lossless(symbols, 3, n_paths=1)
    _, codes = given.solve()
    assert codes == given.plain_solution()[1]
    assert codes.count("clear") == (2 if changes else 1)


def test_without_weights_every_pixel_keeps_its_guess():
    rng = np.random.default_rng(0)
    for symbol_bits in range(2, 9):
        symbols = rng.integers(0, 1 << symbol_bits, 5000)
        shown, _ = lossless(symbols, symbol_bits, n_paths=8, n_ends=2).solve()
        assert np.array_equal(shown, symbols)


def test_looking_ahead_takes_fewer_codes():
    """The second row's first pixels are known longer from the second pixel on."""
    symbols = [0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 2, 3, 4, 5, 7, 1, 2, 3, 4, 5, 7] * 8
    greedy, ahead = (lossless(symbols, 3, n_ends=n_ends).solve()[1] for n_ends in (1, 3))
    assert len(ahead) < len(greedy)


def test_what_is_worth_less_than_a_bit_stays():
    given = replace(problem(0), stay_weights=np.zeros(54, np.float32))
    symbols, _ = given.solve()
    assert (symbols == given.transparent).all()


def test_pixels_that_must_change_do():
    given = problem(0)
    symbols, _ = given.solve()
    assert (symbols[given.stay_weights < 0] < given.transparent).all()
    kept = (given.weights < 0) & (given.stay_weights < 0)
    assert np.array_equal(symbols[kept], given.guess[kept])


def test_an_entry_may_be_the_symbol_of_what_stays():
    given = replace(problem(0), transparent=2)
    given.guess[given.guess == 2] = 1
    symbols, codes = given.solve()
    assert (symbols[given.stay_weights < 0] != 2).all()
    assert codes == given.plain_solution()[1]
