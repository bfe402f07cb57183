"""How far a picture is from its original: mean squared error, PSNR, SSIM."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .stages.histogram import histogram
from .stages.pixels import read_pixels
from .stages.samples import rgba_rows, to_uint8

ROWS_AT_ONCE = 256  # keeps the error's floats small

SSIM_SIGMA = 1.5  # of its Gaussian window, in pixels; this and what follows as in the article
SSIM_RADIUS = 5
SSIM_K1, SSIM_K2 = 0.01, 0.03
SSIM_ROWS_AT_ONCE = 32  # of one channel: they stay in the processor's cache


def count_colors(samples: NDArray[Any]) -> int:
    """How many different colours pixels (H, W, C) have; all that are fully transparent count as one."""
    return len(histogram(read_pixels(samples), n_threads=1).colors)


def has_alpha(samples: NDArray[Any]) -> bool:
    """Whether samples (H, W, C) have an alpha channel."""
    return samples.shape[-1] in (2, 4)


def mean_squared_error(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Mean over pixels of the squared distance in 8-bit R, G, B, and alpha if the original has it.

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
    """Mean structural similarity of the channels, at most 1, by a Gaussian window.

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
    window = 2 * SSIM_RADIUS + 1
    mirrored = [(0, max(0, window - size)) for size in before.shape[:2]] + [(0, 0)]
    x, y = (np.pad(picture, mirrored, mode="symmetric") for picture in (before, after))
    n_rows, n_columns = (size - window + 1 for size in x.shape[:2])
    n_channels = 4 if has_alpha(before) else 3
    total = 0.0
    for row in range(0, n_rows, SSIM_ROWS_AT_ONCE):
        rows = slice(row, min(row + SSIM_ROWS_AT_ONCE, n_rows) + window - 1)
        a, b = comparable(x[rows]), comparable(y[rows])
        total += sum(float(ssim_map(a[..., i], b[..., i]).sum()) for i in range(n_channels))
    return total / float(n_rows * n_columns * n_channels)


def ssim_map(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Structural similarity of each whole window: (H, W) twice to (H - 10, W - 10).

    The sum and the difference of the pictures have all that is needed of means, variances and covariance.
    """
    both, apart = x + y, x - y
    mean_both, mean_apart = np.square(blurred(both)), np.square(blurred(apart))
    var_both, var_apart = blurred(both * both) - mean_both, blurred(apart * apart) - mean_apart
    c1, c2 = 2 * (SSIM_K1 * 255) ** 2, 2 * (SSIM_K2 * 255) ** 2
    likeness: NDArray[np.float64] = (mean_both - mean_apart + c1) * (var_both - var_apart + c2)
    return likeness / ((mean_both + mean_apart + c1) * (var_both + var_apart + c2))


def blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each whole window of SSIM's Gaussian: (H, W) to (H - 10, W - 10)."""
    places = np.arange(-SSIM_RADIUS, SSIM_RADIUS + 1)
    weights = np.exp(-0.5 * (places / SSIM_SIGMA) ** 2)
    weights /= weights.sum()
    for _ in range(2):
        n = len(values) - 2 * SSIM_RADIUS
        sums = np.zeros_like(values[:n])
        for i, weight in enumerate(weights):
            sums += weight * values[i : i + n]
        values = sums.T
    return values


def comparable(samples: NDArray[Any]) -> NDArray[np.float64]:
    """8-bit RGBA as floats, premultiplied."""
    rgba = rgba_rows(to_uint8(samples)).astype(np.float64)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba
