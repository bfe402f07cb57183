"""A picture as it is seen: its pixels, and as a file for the judges that are commands."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

BLUR_SIGMA = 3.0  # pixels


@dataclass(frozen=True, eq=False)
class Seen:
    """`pixels` (H, W, 3) uint8; files are made when first needed, and are named `stem` and their format."""

    pixels: np.ndarray
    stem: Path

    @cached_property
    def png(self) -> Path:
        return self.saved(".png", compress_level=1)

    @cached_property
    def ppm(self) -> Path:
        return self.saved(".ppm")

    def saved(self, ending: str, **options: int) -> Path:
        path = self.stem.with_name(self.stem.name + ending)
        Image.fromarray(self.pixels).save(path, **options)
        return path

    @cached_property
    def lab(self) -> np.ndarray:
        """CIELAB, (H, W, 3)."""
        from skimage.color import rgb2lab

        return rgb2lab(self.pixels.astype(np.float32) / 255)

    @cached_property
    def blurred_lab(self) -> np.ndarray:
        return blurred_lab(self.pixels)


def blurred_lab(pixels: np.ndarray) -> np.ndarray:
    """CIELAB of a picture blurred in linear light: as from so far away that `BLUR_SIGMA` pixels cannot be told."""
    from scipy.ndimage import gaussian_filter

    return lab_of_light(gaussian_filter(to_linear(pixels), (BLUR_SIGMA, BLUR_SIGMA, 0), mode="nearest"))


def lab_of_light(light: np.ndarray) -> np.ndarray:
    from skimage.color import rgb2lab

    return rgb2lab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """8-bit sRGB as linear light, 0 to 1."""
    values = np.arange(256) / 255
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return table.astype(np.float32)[srgb]
