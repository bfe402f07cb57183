"""Smoothness of pixels, its sums over cells of colours, and the weights made of both."""

import numpy as np

PARTS = (0.2546, 0.6520, 0.0934)
WHITE = 4 * 255  # lightness is in quarters of a level
BEHIND = 2 * WHITE // 3  # what translucent pixels are seen before
CELL_BITS = 4


def lightness(samples):
    """(H, W, C) samples to (H, W) int64, in quarters."""
    full = int(np.iinfo(samples.dtype).max)
    srgb = np.arange(full + 1) / full
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    colors = samples[..., :3] if samples.shape[-1] > 2 else samples[..., :1].repeat(3, axis=-1)
    total = sum(
        np.floor(16 * WHITE * part * np.cbrt(linear) + 0.5).astype(np.int64)[colors[..., c]]
        for c, part in enumerate(PARTS)
    )
    value = (total + 8) // 16
    if samples.shape[-1] % 2 == 0:
        alpha = samples[..., -1].astype(np.int64)
        value = (alpha * value + (full - alpha) * BEHIND + full // 2) // full
    return value


def rows_seen(height, row_step):
    """The rows that are looked at where all but every `row_step`th are left out."""
    return np.arange(min((row_step - 1) // 2, height - 1), height, row_step)


def smoothness(samples, row_step=1):
    """(H, W, C) samples to (rows, W) uint8."""
    height, width = samples.shape[:2]
    around = np.pad(lightness(samples), 2, mode="edge")
    windows = [around[y : y + height, x : x + width] for y in range(5) for x in range(5)]
    variance = (25 * sum(np.square(w) for w in windows) - np.square(sum(windows))).astype(np.float32)
    value = np.float32(255 * 200) / (np.float32(200) + np.sqrt(variance)) + np.float32(0.5)
    return value.astype(np.uint8)[rows_seen(height, row_step)]


def cells(samples):
    """(..., C) samples to the first bits of their Morton keys."""
    bits = 8 * samples.dtype.itemsize
    result = np.zeros(samples.shape[:-1], np.int64)
    for bit in range(bits - 1, bits - 1 - CELL_BITS, -1):
        for c in range(samples.shape[-1]):
            result = result << 1 | (samples[..., c].astype(np.int64) >> bit & 1)
    return result


def cell_smoothness(samples, row_step=1):
    """Visible pixels of each cell in the rows seen, and the sums of their smoothness."""
    seen = samples[rows_seen(len(samples), row_step)]
    is_visible = seen[..., -1] > 0 if samples.shape[-1] % 2 == 0 else np.ones(seen.shape[:2], bool)
    which, size = cells(seen)[is_visible], 1 << (CELL_BITS * samples.shape[-1])
    values = smoothness(samples, row_step)[is_visible]
    return np.bincount(which, minlength=size), np.bincount(which, values, size).astype(np.int64)


def pixel_weights(samples, totals):
    """Smoothness divided by the power of 7 / 16 of the total of the cell, as shares of the most: (H, W) uint16."""
    least = totals[totals > 0].min()
    factors = (65535 / 255 * (least / np.where(totals > 0, totals, least)) ** (7 / 16)).astype(np.float32)
    return (smoothness(samples).astype(np.float32) * factors[cells(samples)] + np.float32(0.5)).astype(np.uint16)


def color_weights(keys, weights, shift, counts, sums):
    """What colours count for, as shares of all: (n,) float64."""
    which = (keys >> np.uint64(shift)).astype(np.int64)
    totals = np.bincount(which, weights, len(counts))
    usual = sums.sum() / counts.sum() / 2
    smooth = np.where(counts > 0, sums / np.maximum(counts, 1), usual)
    result = weights * smooth[which] / np.cbrt(totals)[which]
    return result / result.sum()
