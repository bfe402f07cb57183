"""Plain Floyd-Steinberg in Oklab at strength 7/8, in serpentine: what k-means quantisers commonly do.

Diffusion goes pixel by pixel, which NumPy is slow at. Pictures of one size therefore go in lockstep: each step takes
one pixel of every picture, so that they share what a step costs.
"""

import numpy as np

STRENGTH = 7 / 8
TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """8-bit sRGB as linear light, 0 to 1."""
    values = np.arange(256) / 255
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return table[srgb]


def to_oklab(srgb: np.ndarray) -> np.ndarray:
    """8-bit sRGB in Oklab (Ottosson, 2020)."""
    return np.cbrt(to_linear(srgb) @ TO_CONE.T) @ TO_OKLAB.T


def dither(pictures: list[np.ndarray], palettes: list[np.ndarray]) -> list[np.ndarray]:
    """Indices (H, W) uint8 of each of `pictures`, all (H, W, 3) uint8 of one size, in its palette (n, 3) uint8."""
    palette = to_oklab(pad(palettes))
    # The nearest entry p of x has the largest p . x - |p|^2 / 2, here as (p, -|p|^2 / 2) . (x, 1).
    matrix = np.concatenate([palette, -0.5 * np.square(palette).sum(axis=-1, keepdims=True)], axis=-1)
    lanes, n_colors, _ = palette.shape
    height, width, _ = pictures[0].shape
    first = np.arange(lanes) * n_colors
    entries = palette.reshape(-1, 3)
    score = np.empty((lanes, n_colors, 1))
    indices = np.empty((height, width, lanes), np.uint8)
    row, error = np.ones((width, lanes, 4)), np.zeros((width, lanes, 3))
    for y in range(height):
        forwards = y % 2 == 0
        row[..., :3] = to_oklab(np.stack([picture[y] for picture in pictures], axis=1))
        row[..., :3] += spread_down(error, forwards=not forwards)
        carry = np.zeros((lanes, 3))
        for x in range(width) if forwards else reversed(range(width)):
            wanted = row[x]
            wanted[:, :3] += carry
            np.matmul(matrix, wanted[..., None], out=score)
            chosen = score[..., 0].argmax(axis=1)
            indices[y, x] = chosen
            np.subtract(wanted[:, :3], entries.take(first + chosen, axis=0), out=error[x])
            np.multiply(error[x], STRENGTH * 7 / 16, out=carry)
    return list(np.ascontiguousarray(np.moveaxis(indices, -1, 0)))


def spread_down(error: np.ndarray, *, forwards: bool) -> np.ndarray:
    """What a row of errors, made going `forwards` or not, adds to the row below: 3, 5 and 1 sixteenths."""
    behind, ahead = (3, 1) if forwards else (1, 3)
    below = error * 5
    below[:-1] += behind * error[1:]
    below[1:] += ahead * error[:-1]
    return below * (STRENGTH / 16)


def pad(palettes: list[np.ndarray]) -> np.ndarray:
    """Palettes of one length, the last entry repeated: of equal entries the first is chosen."""
    longest = max(map(len, palettes))
    return np.stack([np.pad(palette, [(0, longest - len(palette)), (0, 0)], mode="edge") for palette in palettes])
