"""How far a picture is from its original: mean squared error, PSNR, SSIM."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.histogram import histogram
from ..stages.indexed_image import rgba_rows, to_uint8
from ..stages.pixels import read_pixels

ROWS_AT_ONCE = 256  # keeps the error's floats small

SSIM_SIGMA = 1.5  # of its Gaussian window, in pixels; this and what follows as in the article
SSIM_RADIUS = 5
SSIM_K1, SSIM_K2 = 0.01, 0.03


def count_colors(samples: NDArray[Any]) -> int:
    """How many different colours pixels (H, W, C) have; all that are fully transparent count as one."""
    return len(histogram(read_pixels(samples)).colors)


def has_alpha(samples: NDArray[Any]) -> bool:
    """Whether samples (H, W, C) have an alpha channel."""
    return samples.shape[-1] in (2, 4)


def mean_squared_error(before: NDArray[Any], after: NDArray[Any]) -> float:
    """
    Mean over pixels of the squared distance in 8-bit R, G, B, and alpha if the original has it.

    R, G, B are then multiplied by it, as the invisible has no error.
    """
    total = 0.0
    for row in range(0, len(before), ROWS_AT_ONCE):
        rows = slice(row, row + ROWS_AT_ONCE)
        difference = comparable(before[rows]) - comparable(after[rows])
        total += float(np.square(difference).sum())
    return total / float(before.shape[0] * before.shape[1])


def psnr(mse: float, *, has_alpha: bool) -> float:
    """Peak signal-to-noise ratio, in dB, of a mean squared error per pixel; infinite for none."""
    n_channels = 4 if has_alpha else 3
    return 10 * math.log10(255**2 * n_channels / mse) if mse else math.inf


def ssim(before: NDArray[Any], after: NDArray[Any]) -> float:
    """
    Mean structural similarity of the channels, at most 1, by a Gaussian window.

    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: "Image quality assessment: from error visibility to structural
    similarity", IEEE Transactions on Image Processing 13 (2004), 600-612.

    Parameters
    ----------
    before, after : ndarray of shape (H, W, C)
        Original and picture, any number of channels each. Where the original has alpha, so has the comparison, of
        colours multiplied by it. Pictures smaller than the window are mirrored to its size.

    Returns
    -------
    float
    """
    missing = [(0, max(0, 2 * SSIM_RADIUS + 1 - size)) for size in before.shape[:2]]
    n_channels = 4 if has_alpha(before) else 3
    scores = []
    for channel in range(n_channels):
        x, y = (np.pad(comparable(picture)[..., channel], missing, mode="symmetric") for picture in (before, after))
        mean_x, mean_y = blurred(x), blurred(y)
        var_x = blurred(x * x) - mean_x**2
        var_y = blurred(y * y) - mean_y**2
        covariance = blurred(x * y) - mean_x * mean_y
        c1, c2 = (SSIM_K1 * 255) ** 2, (SSIM_K2 * 255) ** 2
        likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
        scores.append((likeness / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean())
    return float(np.mean(scores))


def blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each whole window of SSIM's Gaussian, (H - 10, W - 10)."""
    places = np.arange(-SSIM_RADIUS, SSIM_RADIUS + 1)
    weights = np.exp(-0.5 * (places / SSIM_SIGMA) ** 2)
    weights /= weights.sum()
    for _ in range(2):
        n = len(values) - 2 * SSIM_RADIUS
        rows = sum(weight * values[i : i + n] for i, weight in enumerate(weights))
        values = np.asarray(rows).T
    return values


def comparable(samples: NDArray[Any]) -> NDArray[np.float64]:
    """8-bit RGBA as floats, premultiplied."""
    rgba = rgba_rows(to_uint8(samples)).astype(np.float64)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba
