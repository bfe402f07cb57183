"""Colour spaces in float64, from the published formulas.

Oklab: B. Ottosson, "A perceptual color space for image processing" (2020). CIELAB: CIE 15, white D65. Transfer function
of sRGB: IEC 61966-2-1.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB_OF_CONES = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
CONES_OF_OKLAB = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
"""Roots of light."""
OKLAB_SCALE, ALPHA_SCALE = 8192, 8192 * np.sqrt(2) / 3
"""Working units of Oklab and of alpha: `alpha_scale` of color_space.hpp."""
MEAN_BACKGROUND = 2 / 3
"""Its Oklab lightness: white twice as often as black."""


def linear(rgb):
    """Linear light of sRGB in [0, 1]."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    return np.cbrt(linear(rgb) @ _LMS.T) @ OKLAB_OF_CONES.T


def cielab(rgb):
    t = linear(rgb) @ _XYZ.T / [0.95047, 1.0, 1.08883]
    fx, fy, fz = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29).T
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=1)


def srgb(rgb):
    return 255 * rgb


class Oracle(NamedTuple):
    """What must be known of a colour space to check the kernels."""

    formula: Callable  # of sRGB in [0, 1], (n, 3), for the coordinates
    scale: float  # working units per unit of the space
    white: tuple  # coordinates

    @property
    def has_lightness(self):
        """Whether greys differ in the first coordinate only."""
        return not any(self.white[1:])


ORACLES = {
    "oklab": Oracle(oklab, 8192, (1, 0, 0)),
    "cielab": Oracle(cielab, 64, (100, 0, 0)),
    "linear": Oracle(linear, 8192, (1, 1, 1)),
    "srgb": Oracle(srgb, 32, (255, 255, 255)),
}


def mean_background(space):
    """White weighs 2/3, black 1/3."""
    return np.array(ORACLES[space].white) * 2 / 3


def alpha_scale(space):
    """Working units from transparent to opaque."""
    return ORACLES[space].scale * alpha_deviation(space)


def alpha_deviation(space):
    """Root of the mean squared distance of white and black from the mean background."""
    white = 1.5 * mean_background(space)
    squares = [np.square(background - mean_background(space)).sum() for background in (white, white, 0 * white)]
    return np.sqrt(np.mean(squares))


def coordinates(colors, space, straight=False):
    """Working coordinates of colours in [0, 1] before they are rounded: (n, C) to (n, 4)."""
    n, n_channels = colors.shape
    rgb = colors[:, :3] if n_channels >= 3 else colors[:, :1].repeat(3, axis=1)
    result = np.zeros((n, 4))
    oracle = ORACLES[space]
    result[:, :3] = oracle.formula(rgb)
    if n_channels % 2 == 0:
        alpha = colors[:, -1:]
        result[:, 3:] = alpha * oracle.white[0]
        if not straight:
            result[:, :3] = alpha * (result[:, :3] - mean_background(space))
            result[:, 3:] = alpha * alpha_deviation(space)
    return result * oracle.scale
