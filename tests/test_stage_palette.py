"""From pixels to palette and indices: what holds for every picture."""

import numpy as np
import pytest

from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.pixels import read_pixels
from reference.kmeans import nearest
from reference.points import to_rows
from stage_calls import added, fit_palette, histogram, quantize_pixels, remap, working_points

DTYPES = [np.uint8, np.uint16, np.bool_, np.float32, np.float64]
EFFORTS = ["fast", "balanced", "best"]
KINDS = [(dtype, n_channels) for dtype in DTYPES for n_channels in (1, 2, 3, 4)]


def quantized(picture, n_colors, **options):
    palette, indices, _ = quantize_pixels(read_pixels(picture), n_colors=n_colors, **options)
    return palette, indices


def made(dtype, n_channels, shape=(40, 50), seed=0):
    values = np.random.default_rng([seed, n_channels]).random((*shape, n_channels))
    if np.dtype(dtype).kind == "u":
        return (values * (np.iinfo(dtype).max + 1)).astype(dtype)
    return values > 0.5 if dtype == np.bool_ else values.astype(dtype)


def assert_tight(palette, indices, n_colors):
    """Distinct entries, all used, in the order that labels them; at most as many as asked for."""
    n = len(palette.colors)
    assert 1 <= n <= n_colors
    assert len(np.unique(palette.colors, axis=0)) == n
    np.testing.assert_array_equal(np.unique(indices), np.arange(n))
    assert palette.centers.shape == palette.colors.shape
    assert palette.centers.dtype == np.float64
    assert np.isfinite(palette.centers).all()
    assert indices.dtype == (np.uint8 if n <= 256 else np.uint16)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
def test_picture_of_few_colors_is_unchanged(dtype, n_channels):
    """Bit by bit, but that transparent pixels have one colour."""
    colors = made(dtype, n_channels, (1, 30))[0]
    if n_channels % 2 == 0:
        colors[colors[:, -1] == 0] = colors[0]
    picture = colors[np.random.default_rng(1).permutation(np.arange(30).repeat(20)).reshape(20, 30)]
    for n_colors in (30, 31, 256, 65536):
        palette, indices = quantized(picture, n_colors)
        assert palette.colors.dtype == dtype
        np.testing.assert_array_equal(palette.colors[indices], picture)
        assert_tight(palette, indices, n_colors)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n_channels", [2, 3, 4])
@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("effort", EFFORTS)
def test_palette_of_colors_too_dark_to_tell_apart_is_tight_and_full(dtype, n_channels, space, effort):
    """Many share a point of the working space, or come to share it when rounded, so that entries would be unused."""
    picture = np.random.default_rng(n_channels).integers(0, 9, (20, 20, n_channels)).astype(dtype)
    if n_channels % 2 == 0:
        picture[..., -1] = np.iinfo(dtype).max // 255 * np.random.default_rng(4).choice([0, 1, 3, 128, 255], (20, 20))
    distinct = len(histogram(read_pixels(picture)))
    for n_colors in (17, distinct - 5):
        palette, indices = quantized(picture, n_colors, color_space=space, effort=effort)
        assert_tight(palette, indices, n_colors)
        assert len(palette.colors) == min(n_colors, distinct)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_palette_is_the_rounded_centers(dtype, n_channels):
    palette, _ = quantized(made(dtype, n_channels), 20)
    assert np.abs(palette.centers - palette.colors).max() <= 0.5


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("picture", ["china", "astronaut"])
def test_every_pixel_gets_its_nearest_entry(picture, space, request):
    picture = request.getfixturevalue(picture)
    palette, indices = quantized(picture, 50, color_space=space)
    points = to_rows(working_points(picture.reshape(-1, 3)[::37], space))
    entries = to_rows(working_points(palette.colors, space))
    np.testing.assert_array_equal(indices.ravel()[::37], nearest(points, entries))
    np.testing.assert_array_equal(remap(read_pixels(picture), palette.colors, color_space=space), indices)


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (13, 9), (1100, 1000)])
@pytest.mark.parametrize("effort", EFFORTS)
def test_picture_of_one_color_keeps_it(dtype, n_channels, shape, effort):
    color = made(dtype, n_channels, (1, 1))[0, 0]
    if shape[0] > 1000 and (effort, n_channels) not in (("balanced", 1), ("balanced", 3)):
        shape = (257, 2)
    palette, indices = quantized(np.full((*shape, n_channels), color), 16, effort=effort)
    np.testing.assert_array_equal(palette.colors, [color])
    assert indices.shape == shape
    assert not indices.any()


@pytest.mark.parametrize("space", COLOR_SPACES)
@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("n_channels", [2, 4])
@pytest.mark.parametrize("n_colors", [2, 16])
def test_alpha_keeps_its_ends(space, effort, n_channels, n_colors):
    """Transparent stays transparent and gets the first such colour, opaque stays opaque."""
    picture = made(np.uint8, n_channels)
    rng = np.random.default_rng(3)
    picture[..., -1] = rng.choice([0, 1, 128, 254, 255], picture.shape[:2], p=[0.3, 0.1, 0.1, 0.1, 0.4])
    palette, indices = quantized(picture, n_colors, color_space=space, effort=effort)
    assert_tight(palette, indices, n_colors)
    found, alpha = palette.colors[indices], picture[..., -1]
    assert (found[alpha == 255, -1] == 255).all()
    first = tuple(np.argwhere(alpha == 0)[0])
    assert (found[alpha == 0] == picture[first]).all()
    assert palette.colors[0].tolist() == picture[first].tolist()
    assert (palette.colors[1:, -1] > 0).all()


@pytest.mark.parametrize("n_channels", [2, 4])
def test_picture_without_color_to_see_has_one_entry(n_channels):
    picture = made(np.uint8, n_channels)
    picture[..., -1] = 0
    palette, indices = quantized(picture, 16)
    assert palette.colors.tolist() == [picture[0, 0].tolist()]
    assert not indices.any()


def test_opaque_alpha_changes_nothing(astronaut):
    opaque = np.concatenate([astronaut, np.full((512, 512, 1), 255, np.uint8)], axis=2)
    palette, indices = quantized(astronaut, 40)
    with_alpha, with_alpha_indices = quantized(opaque, 40)
    assert (with_alpha.colors[:, 3] == 255).all()
    error, with_alpha_error = (
        np.square(p.colors[i][..., :3].astype(float) - astronaut).mean()
        for p, i in ((palette, indices), (with_alpha, with_alpha_indices))
    )
    assert with_alpha_error == pytest.approx(error, rel=0.03)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("space", ["oklab", "srgb"])
def test_more_colors_never_raise_the_error(astronaut, space, effort):
    picture = astronaut[::4, ::4]
    points = to_rows(working_points(picture.reshape(-1, 3), space))
    errors = []
    for n_colors in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256):
        palette, indices = quantized(picture, n_colors, color_space=space, effort=effort)
        entries = to_rows(working_points(palette.colors, space))
        errors.append(np.square(points - entries[indices.ravel()]).sum(axis=1).mean())
    assert (np.diff(errors) < 0).all()


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("effort", EFFORTS)
def test_weight_of_a_pixel_is_its_repetition(n_channels, effort):
    picture = made(np.uint8, n_channels, (20, 20))
    weights = np.random.default_rng(5).integers(1, 5, (20, 20))
    repeated = picture.reshape(1, -1, n_channels).repeat(weights.ravel(), axis=1)
    options = {"effort": effort, "color_space": "srgb"}  # in others neighbours count as well, and looks
    weighted, indices = quantized(picture, 12, sample_weight=weights.astype(np.float64), **options)
    plain, repeated_indices = quantized(repeated, 12, **options)
    if effort == "fast" and n_channels == 3:  # cells, where weights need not be whole
        np.testing.assert_allclose(weighted.centers, plain.centers, atol=1e-6)
    np.testing.assert_array_equal(weighted.colors, plain.colors)
    np.testing.assert_array_equal(indices.ravel().repeat(weights.ravel()), repeated_indices[0])


def test_order_of_the_pixels_does_not_matter(astronaut):
    shuffled = np.random.default_rng(6).permutation(astronaut.reshape(-1, 3)).reshape(astronaut.shape)
    for effort in EFFORTS:
        palettes = [
            quantized(picture, 30, effort=effort, color_space="srgb")[0].colors for picture in (shuffled, astronaut)
        ]
        np.testing.assert_array_equal(*palettes)


def test_palette_of_added_histograms_is_that_of_both_pictures(china):
    left, right = (read_pixels(part) for part in np.array_split(china, 2, axis=1))
    together = fit_palette(added(histogram(left), histogram(right)), n_colors=32)
    np.testing.assert_array_equal(together.colors, fit_palette(histogram(read_pixels(china)), n_colors=32).colors)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_given_palette_in_rgba8_is_searched_as_pillow_searches(n_channels):
    """Straight distance of the samples, alpha one of them, grey three; ties to the lowest index, duplicates and all."""
    picture, entries = made(np.uint8, n_channels), made(np.uint8, n_channels, (1, 40), seed=9)[0]
    entries = np.concatenate([entries, entries[:5]])
    indices = remap(read_pixels(picture), entries, color_space="rgba8")
    axes = [0, 0, 0, 1] if n_channels == 2 else range(n_channels)
    expected = nearest(picture.reshape(-1, n_channels)[:, axes], entries[:, axes])
    np.testing.assert_array_equal(indices.ravel(), expected)


def test_more_than_256_entries_have_16_bit_indices():
    picture = made(np.uint8, 3, (100, 100))
    palette, indices = quantized(picture, 1000)
    assert indices.dtype == np.uint16
    assert_tight(palette, indices, 1000)
