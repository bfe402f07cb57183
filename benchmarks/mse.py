"""Exact mean squared error of a palette on a picture, in double precision."""

import numpy as np

from benchmarks.peers import Quantized


class UniqueColors:
    """Distinct colours of an RGB picture and their counts: all that an error needs."""

    def __init__(self, picture: np.ndarray) -> None:
        red, green, blue = np.moveaxis(picture.astype(np.uint32), -1, 0)
        codes, counts = np.unique(red << 16 | green << 8 | blue, return_counts=True)
        self.picture = picture
        self.colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)
        self.counts = counts

    def mse(self, palette: np.ndarray) -> float:
        """Mean squared distance of the pixels to the nearest row of `palette`."""
        from scipy.spatial import KDTree

        distances, _ = KDTree(palette).query(self.colors)
        return float(np.dot(self.counts, distances**2) / self.counts.sum())


def measure_errors(colors: UniqueColors, quantized: Quantized) -> dict[str, float]:
    difference = colors.picture.astype(np.float64) - quantized.picture
    return {
        "centers": colors.mse(quantized.centers),
        "palette": colors.mse(quantized.palette),
        "output": float((difference**2).sum(axis=-1).mean()),
    }
