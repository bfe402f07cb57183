"""The dither kernels give what the plain loops give, to the last index."""

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.stages.dithering.diffuse import DIFFUSIONS, shares_of
from reference import dither as plain
from reference.points import USUAL_GRID

CHANNELS = [1, 2, 3, 4]


def picture(height, width, n_channels, dtype=np.uint8, seed=0):
    """Smooth ramps with noise, flat runs, and every kind of alpha."""
    rng = np.random.default_rng(seed)
    full = np.iinfo(dtype).max
    ramps = np.linspace(0, full, height * width).reshape(height, width, 1) * rng.uniform(0.3, 1, n_channels)
    samples = np.clip(ramps + rng.normal(0, full / 20, ramps.shape), 0, full).astype(dtype)
    samples[height // 2 :, : width // 2] = samples[0, 0]
    if n_channels % 2 == 0:
        samples[..., -1] = rng.choice([0, full // 3, full, full], (height, width))
    return samples


def some_entries(samples, k, seed=1):
    rows = samples.reshape(-1, samples.shape[-1])
    chosen = np.random.default_rng(seed).integers(0, len(rows), k)
    chosen[0] = 0  # the colour of the flat runs
    return np.ascontiguousarray(rows[chosen])


def opacity_of(rows):
    if rows.shape[1] % 2:
        return np.full(len(rows), 2, np.uint8)
    return np.digitize(rows[:, -1], [1, np.iinfo(rows.dtype).max]).astype(np.uint8)


def points_of(rows):
    return _native.working_points(rows, "oklab", False, *USUAL_GRID, 1)


def options(
    strength=218,
    lightness_weight=12,
    margin=3072,
    mask=None,
    grid=USUAL_GRID,
    shares=plain.SHARES,
    into_hull=False,
    color_space="oklab",
):
    return _native.DitherOptions(
        origin=grid[0],
        zoom=grid[1],
        color_space=color_space,
        mask=mask,
        shares=shares,
        strength=strength,
        lightness_weight=lightness_weight,
        margin=margin,
        into_hull=into_hull,
    )


def roots_of(colors, grid=USUAL_GRID):
    """As precise as the grid is fine."""
    return _native.cone_roots(colors, grid[1] > 1)


def entries_of(palette, grid=USUAL_GRID):
    return {
        "entries": _native.working_points(palette, "oklab", False, *grid, 1),
        "roots": roots_of(palette, grid),
        "opacity": opacity_of(palette),
    }


def arguments(palette, *numbers, n_threads=1, **named):
    return {**entries_of(palette), "options": options(*numbers, **named), "n_threads": n_threads}


def expected(samples, palette, strength, eighths, margin, grid=USUAL_GRID, shares=plain.SHARES):
    """By the plain loops."""
    height, width, n_channels = samples.shape
    rows = samples.reshape(-1, n_channels)
    opacities = opacity_of(rows), opacity_of(palette)
    light = plain.Light(eighths, grid, has_alpha=n_channels % 2 == 0)
    roots = [roots_of(x, grid) for x in (rows, palette)]
    return plain.dither(
        light, roots[0], opacities[0], (height, width), roots[1], opacities[1], strength, margin, shares
    )


def lacking(samples, indices, palette, eighths):
    """What pixels lack, as the kernel measures it."""
    rows, entries = samples.reshape(-1, samples.shape[2]), palette[indices.ravel()]
    light = plain.Light(eighths, USUAL_GRID, has_alpha=rows.shape[1] % 2 == 0)
    difference = light.lacking(roots_of(rows), roots_of(entries))
    return difference.reshape(*indices.shape, 4)


def found(samples, palette, *numbers, **named):
    height, width, n_channels = samples.shape
    rows = samples.reshape(-1, n_channels)
    given = arguments(palette, *numbers, **named)
    return _native.dither(rows, width, **{"handed_down": None, **given}).reshape(height, width)


@pytest.mark.parametrize("n_channels", CHANNELS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("k", [1, 2, 5, 70, 300])
def test_indices_are_those_of_the_plain_loop(n_channels, dtype, k):
    samples = picture(12, 25, n_channels, dtype)
    palette = some_entries(samples, k)
    indices = found(samples, palette, 218, 12, 3072)
    assert indices.dtype == (np.uint8 if k <= 256 else np.uint16)
    np.testing.assert_array_equal(indices, expected(samples, palette, 218, 12, 3072))


@pytest.mark.parametrize(("strength", "eighths", "margin"), [(0, 8, 0), (256, 12, 3072), (256, 8, 2000), (128, 10, 64)])
def test_every_option_counts_as_in_the_plain_loop(strength, eighths, margin):
    numbers = (strength, eighths, margin)
    for n_channels in (3, 4):
        samples = picture(20, 31, n_channels)
        palette = some_entries(samples, 9)
        np.testing.assert_array_equal(found(samples, palette, *numbers), expected(samples, palette, *numbers))


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 6, 7, 8, 13])
def test_every_size(height, width):
    samples = picture(height, width, 3)
    palette = some_entries(samples, 4)
    indices = found(samples, palette, 218, 12, 3072)
    np.testing.assert_array_equal(indices, expected(samples, palette, 218, 12, 3072))


@pytest.mark.parametrize("method", DIFFUSIONS)
@pytest.mark.parametrize("n_channels", [3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (3, 1), (5, 7), (12, 9), (7, 40)])
def test_errors_go_where_the_shares_say(method, n_channels, height, width):
    samples = picture(height, width, n_channels)
    palette, shares = some_entries(samples, 4), shares_of(method)
    indices = found(samples, palette, 248, 8, 3072, shares=shares)
    np.testing.assert_array_equal(indices, expected(samples, palette, 248, 8, 3072, shares=shares))


@pytest.mark.parametrize("method", DIFFUSIONS)
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_pictures_may_be_dithered_some_rows_at_a_time(method, rows):
    samples = picture(19, 23, 4)
    palette, shares = some_entries(samples, 6), shares_of(method)
    given = arguments(palette, 218, 12, 3072, shares=shares, n_threads=2)
    handed_down = np.zeros((2, 27, 4), np.float32)
    parts = [
        _native.dither(samples[y : y + rows].reshape(-1, 4), 23, handed_down=handed_down, **given)
        for y in range(0, 19, rows)
    ]
    whole = found(samples, palette, 218, 12, 3072, shares=shares)
    np.testing.assert_array_equal(np.concatenate(parts).reshape(19, 23), whole)


@pytest.mark.parametrize("method", DIFFUSIONS)
def test_threads_do_not_matter_to_any_diffusion(method):
    samples = picture(41, 700, 4)
    palette, shares = some_entries(samples, 20), shares_of(method)
    alone = found(samples, palette, 218, 12, 3072, shares=shares)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(found(samples, palette, 218, 12, 3072, shares=shares, n_threads=n_threads), alone)


@pytest.mark.parametrize("n_channels", CHANNELS)
def test_threads_do_not_matter(n_channels):
    samples = picture(61, 700, n_channels)
    palette = some_entries(samples, 40)
    alone = found(samples, palette, 218, 12, 3072)
    for n_threads in (2, 3, 7):
        np.testing.assert_array_equal(found(samples, palette, 218, 12, 3072, n_threads=n_threads), alone)


@pytest.mark.parametrize("n_channels", [3, 4])
def test_the_farthest_points_and_entries(n_channels):
    """On a grid so fine that all lie on its borders, distances are as large as they get."""
    rng = np.random.default_rng(5)
    samples = rng.choice([0, 65535], (12, 16, n_channels)).astype(np.uint16)
    grid = ([0.3, 0.01, 0.01, 0.3], 256.0)
    palette = some_entries(samples, 2)
    points = _native.working_points(samples.reshape(-1, n_channels), "oklab", False, *grid, 1)
    assert (np.abs(points) == 8192).mean() > 0.5
    given = {**entries_of(palette, grid), "options": options(256, grid=grid), "n_threads": 1}
    np.testing.assert_array_equal(
        _native.dither(samples.reshape(-1, n_channels), 16, **given, handed_down=None).reshape(12, 16),
        expected(samples, palette, 256, 12, 3072, grid),
    )


def test_of_equal_entries_the_first_is_taken():
    samples = picture(16, 16, 3)
    palette = some_entries(samples, 6)
    doubled = np.concatenate([palette, palette, palette])
    np.testing.assert_array_equal(found(samples, doubled, 218, 12, 3072), found(samples, palette, 218, 12, 3072))


def test_many_entries_in_one_cell_are_told_apart():
    """All within a few units of each other: every list is long."""
    rng = np.random.default_rng(0)
    samples = rng.integers(30000, 30300, (25, 40, 3)).astype(np.uint16)
    palette = some_entries(samples, 400)
    np.testing.assert_array_equal(found(samples, palette, 218, 12, 3072), expected(samples, palette, 218, 12, 3072))


@pytest.mark.parametrize("n_channels", CHANNELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_residuals_are_those_of_the_plain_loop(n_channels, weighted):
    samples = picture(30, 33, n_channels)
    palette = some_entries(samples, 12)
    rows = samples.reshape(-1, n_channels)
    bands = np.array([(0, 12, 33), (12 * 33, 12, 33), (24 * 33, 6, 33), (5, 3, 17)], np.int64)
    weights = np.random.default_rng(3).integers(0, 65536, len(rows)).astype(np.uint16) if weighted else None
    sums, totals = np.zeros((12, 4), np.int64), np.zeros(12, np.int64)
    for first, height, width in bands:
        part = np.ascontiguousarray(rows[first : first + height * width]).reshape(height, width, n_channels)
        indices = expected(part, palette, 218, 12, 3072)
        blurred = plain.residuals(lacking(part, indices, palette, 12))
        weight = np.ones((height, width), np.int64)
        if weights is not None:
            weight = weights[first : first + height * width].reshape(height, width)
        of_band = plain.residual_sums(blurred, indices, weight, 12, 1)
        sums += of_band[0]
        totals += of_band[1]
    for n_threads in (1, 2, 7):
        given = arguments(palette, 218, 12, 3072, n_threads=n_threads)
        result = _native.residuals(rows, bands=bands, weights=weights, **given)
        np.testing.assert_array_equal(result[0], sums)
        np.testing.assert_array_equal(result[1], totals)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strength": 257}, "strength"),
        ({"strength": -1}, "strength"),
        ({"lightness_weight": 13}, "lightness_weight"),
        ({"margin": -1}, "margin"),
        ({"margin": 3073}, "margin"),
        ({"mask": np.ones((0, 8), np.uint16)}, "at least one threshold"),
        ({"mask": np.ones((8, 8), np.uint16), "color_space": "srgb"}, "color_space"),
        ({"color_space": "hsv"}, "color_space"),
        ({"mask": np.array([[1, 0]], np.uint16)}, "thresholds"),
        ({"shares": np.zeros((3, 5), np.uint8)}, "shares"),
        ({"shares": np.ones((3, 5), np.uint8)}, "shares"),
    ],
)
def test_bad_options_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        options(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width"),
        ({"width": 7}, "width"),
        ({"opacity": np.zeros(3, np.uint8)}, "differ in length"),
        ({"handed_down": np.zeros((2, 5, 4), np.float32)}, "width"),
        ({"handed_down": np.full((2, 9, 4), np.nan, np.float32)}, "too large"),
        ({"roots": np.zeros((3, 4), np.float32)}, "differ in length"),
        ({"roots": np.full((4, 4), np.nan, np.float32)}, "roots"),
        ({"opacity": np.full(4, 3, np.uint8)}, "opacity"),
        ({"entries": np.full((2, 4, 2), 9000, np.int16)}, "8192"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    samples = picture(4, 5, 3).reshape(-1, 3)
    good = {"samples": samples, "width": 5, "handed_down": None, **arguments(some_entries(samples, 4), 218, 12, 3072)}
    with pytest.raises(ValueError, match=message):
        _native.dither(**(good | change))


@pytest.mark.parametrize(
    "band", [(0, 5, 5), (-1, 1, 5), (0, 0, 5), (0, 1, 0), (19, 1, 2), (2**62, 1, 1), (0, 2**40, 2**40)]
)
def test_bands_outside_of_the_picture_are_refused(band):
    samples = picture(4, 5, 3).reshape(-1, 3)
    with pytest.raises(ValueError, match="band"):
        _native.residuals(
            samples,
            bands=np.array([band], np.int64),
            weights=None,
            **arguments(some_entries(samples, 4), 218, 12, 3072),
        )


SPECTRA = np.array([[4, 3, 3], [255, 255, 255], [255, 255, 0], [182, 27, 0], [10, 84, 202], [56, 132, 79]], np.uint8)
BLUE, YELLOW = 4, 2
OKLAB_OF_CONES = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def mean_light(indices, palette):
    return (_native.cone_roots(palette)[:, :3].astype(float) ** 3)[indices].mean(axis=(0, 1))


@pytest.mark.parametrize("color", [(150, 225, 245), (0, 160, 255), (180, 80, 250)])
def test_colors_beyond_the_hull_become_the_nearest_mix(color):
    """Else what no mix makes up for piles up, until light blue is yellow and green."""
    flat = np.full((64, 64, 3), color, np.uint8)
    indices = found(flat, SPECTRA, 248, 8, 3072, into_hull=True)
    light = _native.cone_roots(SPECTRA)[:, :3].astype(float) ** 3
    roots = _native.cone_roots(flat[0, :1])[0, :3].astype(float)
    steps = (light - roots**3) / (3 * (roots**2 + 0.04)) @ OKLAB_OF_CONES.T
    shares = np.full(len(SPECTRA), 1 / len(SPECTRA))
    for _ in range(2000):  # by Frank and Wolfe
        way = steps[(steps @ (shares @ steps)).argmin()] - shares @ steps
        step = np.clip(-(shares @ steps) @ way / (way @ way + 1e-12), 0, 1)
        to = (steps @ (shares @ steps)).argmin()
        shares = (1 - step) * shares
        shares[to] += step
    seen, nearest = (OKLAB_OF_CONES @ np.cbrt(x) for x in (mean_light(indices, SPECTRA), shares @ light))
    assert np.abs(seen - nearest).max() < 0.04
    assert (indices == BLUE).sum() > 4 * (indices == YELLOW).sum()


def test_what_mixes_have_is_not_moved():
    inside = np.clip(picture(24, 30, 3), 90, 140)
    assert np.array_equal(found(inside, SPECTRA, 248, 8, 3072), found(inside, SPECTRA, 248, 8, 3072, into_hull=True))
