"""Colour space: from sRGB samples to the points that k-means works on, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .threads import count_threads

COLOR_SPACES = ("oklab", "cielab", "linear", "srgb")

Points = NDArray[np.int16]
"""(2, n, 2): coordinate ``2 * p + q`` of point i at ``[p, i, q]``, the pairs that the kernels multiply at once."""


def working_points(
    colors: NDArray[Any], color_space: str, *, straight: bool = False, n_threads: int | None = None
) -> Points:
    """Return the fixed-point points of colours.

    Parameters
    ----------
    colors : ndarray of shape (n, C)
        sRGB samples in uint8, uint16, bool, or floats in [0, 1]; C is 1 to 4: grey, grey + alpha, RGB, RGBA.
    color_space : {"oklab", "cielab", "linear", "srgb"}
        Oklab (Ottosson 2020) and linear light in units of 1 / 8192; CIELAB (D65) in units of 1 / 64; sRGB in units of
        1 / 32 of an 8-bit level. Grey is a colour with three equal samples.
    straight : bool, default=False
        Leave colours as they are where they are translucent. By default they are multiplied by alpha, so that a
        difference counts as much as it can be seen.
    n_threads : int, optional

    Returns
    -------
    ndarray of int16, shape (2, n, 2)
        Coordinate 3 is alpha, as far from 0 to opaque as black is from white; 0 without alpha.
    """
    return _native.working_points(as_samples(colors), color_space, straight, count_threads(n_threads))


def as_samples(colors: NDArray[Any]) -> NDArray[Any]:
    """Return colours as contiguous uint8 or uint16 samples, floats to the nearest 1 / 65535."""
    if colors.dtype.kind == "f":
        return np.rint(np.asarray(colors, dtype=np.float64) * 65535).astype(np.uint16, order="C")
    if colors.dtype == np.bool_:
        return np.where(colors, np.uint8(255), np.uint8(0))
    return np.ascontiguousarray(colors)


def full_scale(dtype: np.dtype[Any]) -> float:
    """Return the value of white in samples of this dtype."""
    return {"uint8": 255.0, "uint16": 65535.0}.get(dtype.name, 1.0)


def center_colors(centers: NDArray[np.float64], n_channels: int, color_space: str) -> NDArray[np.float64]:
    """Return the sRGB colours, in [0, 1], of centers in working units: (n, 4) to (n, C)."""
    return _native.center_colors(np.ascontiguousarray(centers), n_channels, color_space)


def unscaled(points: Points, color_space: str) -> NDArray[np.float64]:
    """Return points in the units of the space (Oklab as L, a, b; sRGB from 0 to 255), alpha last: (n, 4)."""
    scale = _native.scale(color_space)
    return points.transpose(1, 0, 2).reshape(-1, 4).astype(np.float64) / scale


def points_coincide(points: Points) -> bool:
    """Whether some of the points are equal."""
    words = points.transpose(1, 0, 2).reshape(-1, 4).view(np.uint64)[:, 0]
    return len(np.unique(words)) < len(words)
