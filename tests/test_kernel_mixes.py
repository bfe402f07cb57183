"""By a mask each pixel takes its entry of the best mix for its colour, as a plain search finds it."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference import dither as plain
from reference import mixes
from reference.points import USUAL_GRID, to_rows
from test_kernel_dither import (
    CHANNELS,
    arguments,
    entries_of,
    found,
    opacity_of,
    options,
    picture,
    points_of,
    some_entries,
)

MASK = np.random.default_rng(4).integers(1, 65536, (5, 7)).astype(np.uint16)


def expected(samples, palette, strength, eighths, mask, grid=USUAL_GRID):
    height, width, n_channels = samples.shape
    points, entries = (
        plain.weighted(to_rows(_native.working_points(rows, "oklab", False, *grid, 1)), eighths)
        for rows in (samples.reshape(-1, n_channels), palette)
    )
    pixels = points, opacity_of(samples.reshape(-1, n_channels)), (height, width)
    given = entries, opacity_of(palette), mask, strength, eighths, grid
    bits = (5, 6, 6, 5) if samples.dtype == np.uint8 else (0, 0, 0, 0)
    return mixes.by_mask(*pixels, *given, n_channels % 2 == 0, bits)


def assert_is_best_mix(indices, samples, *numbers, **options):
    """Where a threshold is almost that of the next entry, either will do; some mixes are as good as others."""
    best, margin = expected(samples, *numbers, **options)
    is_clear = margin > 0.004
    assert is_clear.mean() > 0.9
    assert (indices == best)[is_clear].mean() > 0.98


@pytest.mark.parametrize("n_channels", CHANNELS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("k", [1, 2, 5, 70, 300])
def test_entries_are_those_of_the_best_mix(n_channels, dtype, k):
    samples = picture(7, 16, n_channels, dtype)
    palette = some_entries(samples, k)
    indices = found(samples, palette, mask=MASK)
    assert indices.dtype == (np.uint8 if len(palette) <= 256 else np.uint16)
    assert_is_best_mix(indices, samples, palette, 218, 12, MASK)


@pytest.mark.parametrize("strength", [0, 64, 192, 250])
@pytest.mark.parametrize("eighths", [8, 12])
@pytest.mark.parametrize("mask", [MASK, MASK[:1, :1], MASK[:, :1].repeat(99, axis=1), MASK[:1].repeat(99, axis=0)])
def test_every_option_counts(strength, eighths, mask):
    samples = picture(7, 16, 3)
    palette = some_entries(samples, 9)
    assert_is_best_mix(found(samples, palette, strength, eighths, mask=mask), samples, palette, strength, eighths, mask)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_fine_grids_and_close_colors(dtype):
    """Differences are as small as a grid can hold."""
    rng = np.random.default_rng(2)
    full = np.iinfo(dtype).max
    samples = (full // 2 + rng.integers(0, full // 100, (12, 16, 3))).astype(dtype)
    palette = some_entries(samples, 6)
    grid = ([0.59, 0, 0, 0], 32.0)
    given = {**entries_of(palette, grid), "options": options(250, mask=MASK, grid=grid), "n_threads": 1}
    indices = _native.dither(samples.reshape(-1, 3), 16, **given, handed_down=None).reshape(12, 16)
    assert_is_best_mix(indices, samples, palette, 250, 12, MASK, grid=grid)


@pytest.mark.parametrize("n_channels", CHANNELS)
def test_threads_and_company_do_not_matter(n_channels):
    """A pixel's entry is the same whatever is beside it, and whoever finds it."""
    samples = picture(61, 200, n_channels)
    palette = some_entries(samples, 40)
    alone = found(samples, palette, mask=MASK)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(found(samples, palette, n_threads=n_threads, mask=MASK), alone)
    part = np.ascontiguousarray(samples[20:41, 70:133])
    np.testing.assert_array_equal(found(part, palette, mask=MASK), alone[20:41, 70:133])


@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_colors_of_the_palette_keep_their_entry(n_channels):
    samples = picture(20, 30, n_channels)
    palette = np.unique(samples.reshape(-1, n_channels), axis=0)
    indices = found(samples, palette, 256, mask=MASK)
    is_seen = samples[..., -1] > 0 if n_channels == 4 else np.ones((20, 30), bool)
    assert (points_of(palette[indices[is_seen]]) == points_of(samples[is_seen])).all()


def test_of_equal_entries_the_first_is_taken():
    samples = picture(16, 16, 3)
    palette = some_entries(samples, 4)
    doubled = np.concatenate([palette, palette, palette])
    np.testing.assert_array_equal(found(samples, doubled, mask=MASK), found(samples, palette, mask=MASK))


def test_palettes_of_65536_entries_are_mixed():
    samples = np.random.default_rng(1).integers(0, 65536, (40, 50, 3)).astype(np.uint16)
    palette = np.random.default_rng(2).integers(0, 65536, (65536, 3)).astype(np.uint16)
    indices = found(samples, palette, mask=MASK)
    off = samples.astype(float) - palette[indices]
    assert np.abs(off).mean() < 4000
    assert np.abs(off.mean(axis=(0, 1))).max() < 400


@pytest.mark.parametrize("n_channels", CHANNELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_residuals_without_noise_are_those_of_the_plain_loop(n_channels, weighted):
    """At strength 0 every pixel has its nearest entry; colours in the same cube are one to the refit."""
    samples = picture(30, 33, n_channels)
    palette = some_entries(samples, 12)
    rows = samples.reshape(-1, n_channels)
    weights = np.random.default_rng(3).integers(0, 65536, len(rows)).astype(np.uint16) if weighted else None
    entries = plain.weighted(to_rows(points_of(palette)), 12)
    points = plain.weighted(to_rows(points_of(rows)), 12)
    pixels = (points, opacity_of(rows), (30, 33), entries, opacity_of(palette), MASK, 0, 12, USUAL_GRID)
    indices, _ = mixes.by_mask(*pixels, n_channels % 2 == 0)
    lacking = plain.residuals((points - entries[indices.ravel()]).reshape(30, 33, 4))
    weight = np.ones((30, 33), np.int64) if weights is None else weights.reshape(30, 33)
    sums, totals = plain.residual_sums(lacking, indices, weight, 12, 1)
    bands = np.array([(0, 30, 33)], np.int64)
    for n_threads in (1, 2):
        given = arguments(palette, 0, 12, 3072, n_threads=n_threads, mask=MASK)
        result = _native.residuals(rows, bands=bands, weights=weights, **given)
        np.testing.assert_array_equal(result[0], sums)
        np.testing.assert_array_equal(result[1], totals)


def test_options_keep_their_mask():
    """What becomes of the array later does not matter."""
    samples, mask = picture(9, 9, 3), MASK.copy()
    given = arguments(some_entries(samples, 4), 218, 12, 3072, mask=mask)
    before = _native.dither(samples.reshape(-1, 3), 9, **given, handed_down=None)
    mask[:] = 0
    np.testing.assert_array_equal(_native.dither(samples.reshape(-1, 3), 9, **given, handed_down=None), before)
