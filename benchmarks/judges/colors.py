"""Judges of ours: differences of colours that are wide enough to be seen as such."""

import numpy as np

from benchmarks.judges.seen import Seen, lab_of_light, to_linear

BLOCK = 16  # pixels, the side
DARK = 5.0  # L*


def worst_block(original: Seen, result: Seen) -> float:
    """CIELAB difference of the means of the block that is farthest off: a small vivid area turned grey.

    Blocks lie side by side; where the sides are no multiples of theirs the last ones overlap those before.
    """
    return farthest(block_means(original.lab), block_means(result.lab))


def worst_block_of_light(original: Seen, result: Seen) -> float:
    """The same of the means of light: what an eye sees that cannot tell the pixels, and what dithering is to keep."""
    return farthest(*(lab_of_light(block_means(to_linear(each.pixels))) for each in (original, result)))


def block_means(values: np.ndarray) -> np.ndarray:
    from scipy.ndimage import uniform_filter

    sides = [min(BLOCK, n) for n in values.shape[:2]]
    means = uniform_filter(values, (*sides, 1))  # at [y, x] of the block that begins at y - side // 2
    rows, columns = (starts(n, side) + side // 2 for n, side in zip(values.shape, sides, strict=False))
    return means[np.ix_(rows, columns)]


def farthest(original: np.ndarray, result: np.ndarray) -> float:
    return float(np.linalg.norm(result - original, axis=-1).max())


def starts(n: int, side: int) -> np.ndarray:
    return np.append(np.arange(0, n - side, side), n - side)


def blurred_error(original: Seen, result: Seen) -> float:
    """Mean CIELAB difference of what is left after a Gaussian blur in linear light: dithering as seen from afar."""
    return float(np.linalg.norm(result.blurred_lab - original.blurred_lab, axis=-1).mean())


def dark_colors(_: Seen, result: Seen) -> int:
    """How many of the colours in use are all but black, where an eye can hardly tell them apart."""
    from skimage.color import rgb2lab

    codes = np.unique(result.pixels.astype(np.uint32) @ [1 << 16, 1 << 8, 1])
    colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)
    return int((rgb2lab(colors)[:, 0] < DARK).sum())


def psnr(original: Seen, result: Seen) -> float | None:
    """In dB; None for equal pictures, where it has no end."""
    mse = np.square(original.pixels - result.pixels.astype(np.float64)).mean()
    return float(10 * np.log10(255**2 / mse)) if mse else None
