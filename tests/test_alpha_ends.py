"""Fully transparent pixels stay so, and no other becomes so; opaque ones stay opaque: on every way to a palette."""

from functools import partial

import numpy as np
import pytest

from palettes_only import encode_png
from pil_kmeans import KMeansQuantizer, quantize
from pil_kmeans.stages.samples import full_scale, to_uint8
from pil_pictures import opened

GIVEN = np.array([[0, 0, 0, 0], [250, 20, 20, 255], [20, 20, 20, 40], [255, 255, 255, 255], [90, 90, 90, 90]], np.uint8)


def picture(dtype, n_channels):
    """A disc with a soft edge, which is hardly visible at its end, beside noise of all kinds of alpha."""
    rng = np.random.default_rng(1)
    height, width = 24, 40
    samples = rng.random((height, width, n_channels))
    rows, columns = np.mgrid[:height, :width]
    alpha = np.clip(1.3 - np.hypot(rows - 12, columns - 12) / 10, 0, 1) ** 3
    alpha[:, 26:] = rng.choice([0, 1e-9, 0.004, 0.5, 1], (height, width - 26))
    full = full_scale(np.dtype(dtype))
    samples[..., -1] = alpha
    if full == 1:
        return samples.astype(dtype)
    scaled = np.rint(samples * full)
    scaled[..., -1] = np.maximum(scaled[..., -1], alpha > 0)
    return scaled.astype(dtype)


def rgba(data):
    with opened(data) as image:
        return np.asarray(image.convert("RGBA"))


def estimated(samples, n_colors, **options):
    quantizer = KMeansQuantizer(n_colors, **options)
    return quantizer.inverse_transform(quantizer.fit_transform(samples))


def encoded(samples, n_colors, **options):
    return rgba(encode_png(samples, n_colors=n_colors, **options))


WAYS = {
    "estimator": estimated,
    "estimator, dithered": partial(estimated, dither="floyd-steinberg"),
    "quantize": lambda samples, n: np.asarray(quantize(samples, n).convert("RGBA")),
    "png": encoded,
    "png, fast": partial(encoded, effort="fast", dither="none", lossy=0),
    "png, lossy": partial(encoded, dither="floyd-steinberg", lossy=4),
    "png, blue noise": partial(encoded, dither="blue-noise"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(
    ("dtype", "n_colors"),
    [(np.uint8, 2), (np.uint8, 5), (np.uint8, 64), (np.uint16, 5), (np.float32, 5), (np.float32, 64)],
)
def test_ends_of_alpha_stay(way, dtype, n_colors):
    samples = picture(dtype, 4 if n_colors == 5 else 2)
    before, after = samples[..., -1], way(samples, n_colors)
    np.testing.assert_array_equal(after[..., -1] == 0, before == 0)
    opaque = after[..., -1][before == full_scale(samples.dtype)]
    assert (opaque == full_scale(after.dtype)).all()


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "ordered"])
@pytest.mark.parametrize("palette", [GIVEN, GIVEN[[0, 2, 4]]], ids=["with opaque entries", "without"])
def test_reserved_entry_of_a_given_palette_is_for_transparent_pixels(dither, palette):
    samples = picture(np.uint8, 4)
    results = [quantize(samples, palette=palette, dither=dither, color_space=space) for space in (None, "oklab")]
    results = [np.asarray(result.convert("RGBA")) for result in results]
    results.append(rgba(encode_png(samples, palette=palette, dither=dither, lossy=0 if dither == "ordered" else 3)))
    for result in results:
        np.testing.assert_array_equal(result[..., 3] == 0, samples[..., 3] == 0)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_one_entry_for_transparent_and_opaque_pixels_is_neither(way):
    samples = np.full((20, 20, 4), 255, np.uint8)
    samples[:2, :9] = 0
    alpha = way(samples, 1)[..., 3]
    assert len(np.unique(alpha)) == 1
    assert 0 < alpha[0, 0] < 255


def test_alpha_is_rounded_to_nothing_only_where_it_is():
    deep = np.array([[0, 0], [0, 1], [0, 128], [0, 129], [65535, 65535]], np.uint16)
    assert to_uint8(deep).tolist() == [[0, 0], [0, 1], [0, 1], [0, 1], [255, 255]]
    assert to_uint8(np.array([[1e-9, 1e-9], [0.0, 0.0]])).tolist() == [[0, 1], [0, 0]]
    assert to_uint8(np.array([[1, 1, 1]], np.uint16)).tolist() == [[0, 0, 0]]
