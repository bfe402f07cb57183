"""Working points and their way back against the published formulas in float64."""

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.stages.color_space import COLOR_SPACES
from reference.color_space import ORACLES, alpha_scale, coordinates, mean_background, oklab
from reference.points import USUAL_GRID, fixed_point, to_rows

DTYPES = [np.uint8, np.uint16]

PUBLISHED_OKLAB = {  # of sRGB primaries and white, as in CSS Color 4 and at bottosson.github.io
    (255, 255, 255): (1.0, 0.0, 0.0),
    (255, 0, 0): (0.62796, 0.22486, 0.12585),
    (0, 255, 0): (0.86644, -0.23389, 0.17950),
    (0, 0, 255): (0.45201, -0.03246, -0.31153),
    (0, 0, 0): (0.0, 0.0, 0.0),
}
PUBLISHED_CIELAB = {  # D65
    (255, 255, 255): (100.0, 0.0, 0.0),
    (255, 0, 0): (53.2408, 80.0925, 67.2032),
    (0, 255, 0): (87.7347, -86.1827, 83.1793),
    (0, 0, 255): (32.2970, 79.1875, -107.8602),
    (0, 0, 0): (0.0, 0.0, 0.0),
}


def full(dtype):
    return float(np.iinfo(dtype).max)


def points(colors, space, straight=False, n_threads=1, grid=USUAL_GRID):
    result = _native.working_points(colors, space, straight, *grid, n_threads)
    assert result.shape == (2, len(colors), 2)
    assert result.dtype == np.int16
    return to_rows(result)


def noise(n, n_channels, dtype, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (n, n_channels), dtype, endpoint=True)


@pytest.mark.parametrize(("space", "published"), [("oklab", PUBLISHED_OKLAB), ("cielab", PUBLISHED_CIELAB)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_points_are_the_published_values(space, published, dtype):
    colors = (np.array(list(published)) * (full(dtype) / 255)).astype(dtype)
    expected = np.array(list(published.values())) * ORACLES[space].scale
    found = points(colors, space)
    assert np.abs(found[:, :3] - expected).max() <= 1
    assert not found[:, 3].any()


def test_reference_has_the_published_values():
    for color, expected in PUBLISHED_OKLAB.items():
        np.testing.assert_allclose(oklab(np.array([color]) / 255)[0], expected, atol=2e-5)


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("straight", [False, True])
def test_points_are_the_formulas_rounded(space, dtype, n_channels, straight):
    corners = np.array(np.meshgrid(*[[0, np.iinfo(dtype).max]] * n_channels), dtype).reshape(n_channels, -1).T
    colors = np.ascontiguousarray(np.concatenate([corners, noise(3001, n_channels, dtype)]))
    exact = coordinates(colors / full(dtype), space, straight)
    found = points(colors, space, straight)
    assert np.abs(found - fixed_point(exact)).max() <= 1
    assert np.abs(found - exact).max() < 0.55
    assert np.abs(found).max() <= _native.MAX_COORDINATE


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_grey_is_neutral_and_lightness_rises(space, dtype):
    greys = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[:, np.newaxis]
    found = points(greys, space)
    exact = coordinates(greys / full(dtype), space)
    assert np.abs(found - fixed_point(exact)).max() <= 1
    assert found[0].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(found[-1, :3], np.array(ORACLES[space].white) * ORACLES[space].scale)
    assert (np.diff(found[:, 0]) >= 0).all()
    if dtype == np.uint8:
        assert (np.diff(found[:, 0]) > 0).all()
    if ORACLES[space].has_lightness:
        assert not found[:, 1:].any()
    else:
        np.testing.assert_array_equal(found[:, :3], found[:, :1].repeat(3, axis=1))
    np.testing.assert_array_equal(points(greys.repeat(3, axis=1), space), found)


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_srgb_bytes_and_16_bits_agree(space):
    colors = noise(2000, 4, np.uint8)
    wide = colors.astype(np.uint16) * np.uint16(257)
    assert np.abs(points(colors, space) - points(wide, space)).max() <= 1


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("n_channels", [2, 4])
def test_alpha_multiplies_what_differs_from_the_background_unless_straight(space, n_channels):
    colors = noise(500, n_channels, np.uint8)
    opaque, half, clear = colors.copy(), colors.copy(), colors.copy()
    opaque[:, -1], half[:, -1], clear[:, -1] = 255, 51, 0
    assert not points(clear, space).any()
    without = points(np.ascontiguousarray(colors[:, :-1]), space)
    background = mean_background(space) * ORACLES[space].scale
    assert np.abs(points(opaque, space)[:, :3] - (without[:, :3] - background)).max() <= 1
    for translucent in (half, clear):
        np.testing.assert_array_equal(points(translucent, space, straight=True)[:, :3], without[:, :3])
    assert np.abs(points(half, space)[:, :3] - (without[:, :3] - background) / 5).max() <= 1
    for colors, alpha in ((opaque, 1), (half, 0.2), (clear, 0)):
        assert set(points(colors, space)[:, 3]) == {round(alpha * alpha_scale(space))}


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_distance_is_the_mean_over_the_backgrounds(space):
    """Where colours mix along the straight lines of the space."""
    a, b = (noise(300, 4, np.uint8, seed) for seed in (1, 2))
    square = np.square(points(a, space).astype(float) - points(b, space)).sum(axis=1)
    looks = 0
    white = np.array(ORACLES[space].white) * ORACLES[space].scale
    for background in (white, white, 0 * white):
        laid = []
        for colors in (a / 255, b / 255):
            opaque = coordinates(np.ascontiguousarray(colors[:, :3]), space)[:, :3]
            laid.append(colors[:, 3:] * opaque + (1 - colors[:, 3:]) * background)
        looks = looks + np.square(laid[0] - laid[1]).sum(axis=1) / 3
    np.testing.assert_allclose(square, looks, rtol=2e-3, atol=2000)


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 7, 8, 9, 511, 512, 513, 16_383, 16_384, 16_385, 33_000])
def test_every_size_at_any_number_of_threads(space, n):
    colors = noise(33_000, 3, np.uint8)
    whole = points(colors, space)
    for n_threads in (1, 2, 7):
        np.testing.assert_array_equal(points(colors[:n], space, n_threads=n_threads), whole[:n])


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_scales_are_those_of_the_reference(space):
    assert _native.scale(space) == ORACLES[space].scale
    assert _native.alpha_scale(space) == pytest.approx(alpha_scale(space))
    assert _native.mean_background(space) == pytest.approx(mean_background(space))


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("margin", "atol"), [(0.1, 1e-6), (0.01, 5e-6)])
def test_colors_of_centers_are_the_inverse(space, n_channels, margin, atol):
    """The published matrices and their inverses agree to 7 digits, which the steep end near black multiplies by 13."""
    colors = np.random.default_rng(5).uniform(margin, 1 - margin, (3000, n_channels))
    found = _native.center_colors(coordinates(colors, space), n_channels, space, *USUAL_GRID)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, colors, rtol=0, atol=atol)


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_black_and_white_centers_are_exact(space):
    for value in (0.0, 1.0):
        center = coordinates(np.full((1, 3), value), space)
        np.testing.assert_allclose(
            _native.center_colors(center, 3, space, *USUAL_GRID), np.full((1, 3), value), rtol=0, atol=5e-6
        )


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_centers_that_srgb_cannot_show_are_clipped(space):
    centers = np.random.default_rng(6).uniform(-9000, 9000, (2000, 4))
    for n_channels in (1, 2, 3, 4):
        found = _native.center_colors(centers, n_channels, space, *USUAL_GRID)
        assert found.shape == (2000, n_channels)
        assert found.min() >= 0
        assert found.max() <= 1


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_transparent_centers_have_no_color(space):
    assert _native.center_colors(np.zeros((1, 4)), 4, space, *USUAL_GRID).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("n_channels", [3, 4])
@pytest.mark.parametrize("zoom", [2.0, 16.0, 256.0])
def test_points_on_a_finer_grid_are_the_formulas_about_its_origin(space, n_channels, zoom):
    """To the digits of single precision; what lies outside of the grid comes to its border."""
    colors = noise(3000, n_channels, np.uint16)
    colors[:2000] = colors[0] // 2 + colors[:2000] // 1000  # alike
    exact = coordinates(colors / 65535, space)
    scales = np.array([ORACLES[space].scale] * 3 + [alpha_scale(space)])
    origin = exact[:2000].mean(axis=0) / scales
    expected = np.clip((exact - origin * scales) * zoom, -_native.MAX_COORDINATE, _native.MAX_COORDINATE)
    found = points(colors, space, grid=(origin.tolist(), zoom))
    assert np.abs(found - expected).max() <= 0.55 + zoom / 128
    assert (np.abs(found[2000:]) == _native.MAX_COORDINATE).any() == (np.abs(expected) == _native.MAX_COORDINATE).any()


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_colors_of_centers_on_a_finer_grid_are_the_inverse(space, n_channels):
    colors = np.random.default_rng(7).uniform(0.4, 0.42, (1000, n_channels))
    exact = coordinates(colors, space)
    scales = np.array([ORACLES[space].scale] * 3 + [alpha_scale(space)])
    origin = exact.mean(axis=0) / scales
    centers = (exact - origin * scales) * 16
    found = _native.center_colors(centers, n_channels, space, origin.tolist(), 16.0)
    np.testing.assert_allclose(found, colors, rtol=0, atol=1e-6)


@pytest.mark.parametrize("space", COLOR_SPACES)
def test_greys_have_their_first_coordinate_in_double_precision_and_back(space):
    greys = np.concatenate([np.linspace(0, 1, 1001), [1e-9, 0.04045, 0.0404500001]])
    lightness = _native.lightness_of_greys(greys, space)
    expected = ORACLES[space].formula(np.repeat(greys[:, np.newaxis], 3, axis=1))[:, 0]
    np.testing.assert_allclose(lightness, expected, rtol=2e-6, atol=1e-6)  # published matrices have so many digits
    assert (np.diff(lightness[:1001]) > 0).all()
    np.testing.assert_allclose(_native.greys_of_lightness(lightness, space), greys, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(_native.greys_of_lightness(np.array([-9.0, 999.0]), space), [0, 1], rtol=1e-15)
    with pytest.raises(ValueError, match="greys"):
        _native.lightness_of_greys(np.array([0.5, np.nan]), space)
