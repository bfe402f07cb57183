"""Colour space: from sRGB samples to the points that k-means works on, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .samples import as_samples
from .threads import count_threads

COLOR_SPACES = (  # the formulas: a row each of the table in cpp/kernels/color/color_space.cpp
    "oklab",  # Ottosson 2020
    "cielab",  # CIE 15, white D65
    "linear",  # linear light
    "srgb",  # the samples as they are
)

Points = NDArray[np.int16]
"""(2, n, 2): coordinate ``2 * p + q`` of point i at ``[p, i, q]``, the pairs that the kernels multiply at once."""

NO_POINTS: Points = np.empty((2, 0, 2), dtype=np.int16)


@dataclass(frozen=True)
class Grid:
    """Where points lie: coordinates are ``(value - origin) * scale * zoom``.

    Attributes
    ----------
    origin : tuple of 4 floats
        In the units of the space, alpha from 0 to 1.
    zoom : float
        A power of two; 1 on the usual grid, which has room for all colours.
    """

    origin: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    zoom: float = 1.0


USUAL_GRID = Grid()


def fine_grid(color_space: str, *colors: NDArray[Any], n_threads: int | None) -> Grid:
    """Return the finest grid on which all these colours fit, at most 256 times as fine as the usual one.

    Where all are 16-bit or float samples the digits that they have may lie between the points of the usual grid;
    8-bit samples lose nothing on it, and get it.
    """
    if any(part.dtype.itemsize == 1 for part in colors):
        return USUAL_GRID
    points = [working_points(part, color_space, n_threads=n_threads) for part in colors if len(part)]
    low = np.min([part.min(axis=1) for part in points], axis=0).ravel().astype(np.float64)
    high = np.max([part.max(axis=1) for part in points], axis=0).ravel().astype(np.float64)
    widest = (high - low).max() + 2  # the usual grid may be one off
    zoom = 2.0 ** min(np.floor(np.log2(2 * _native.MAX_COORDINATE / widest)), 8)
    if zoom <= 1:
        return USUAL_GRID
    scales = [_native.scale(color_space)] * 3 + [_native.alpha_scale(color_space)]
    x, y, z, alpha = (low + high) / 2 / scales
    return Grid((float(x), float(y), float(z), float(alpha)), float(zoom))


def working_points(
    colors: NDArray[Any],
    color_space: str,
    *,
    n_threads: int | None,
    straight: bool = False,
    grid: Grid = USUAL_GRID,
) -> Points:
    """Return the fixed-point points of colours.

    Parameters
    ----------
    colors : ndarray of shape (n, C)
        sRGB samples in uint8, uint16, bool, or floats in [0, 1]; C is 1 to 4: grey, grey + alpha, RGB, RGBA.
    color_space : one of `COLOR_SPACES`
        Oklab and linear light in units of 1 / 8192; CIELAB in units of 1 / 64; sRGB in units of 1 / 32 of an 8-bit
        level. Grey is a colour with three equal samples.
    straight : bool, default=False
        Leave colours as they are where they are translucent. By default alpha multiplies what differs from the mean
        background, which is white twice as often as black: the squared distance of two colours is then the mean over
        both backgrounds of what it is to the eye.
    grid : Grid, optional
        A finer grid than the usual one; colours outside of it are moved to its border.
    n_threads : int, optional

    Returns
    -------
    ndarray of int16, shape (2, n, 2)
        Coordinate 3 is alpha; 0 without alpha.
    """
    threads = count_threads(n_threads)
    return _native.working_points(as_samples(colors), color_space, straight, grid.origin, grid.zoom, threads)


def center_colors(
    centers: NDArray[np.float64], n_channels: int, color_space: str, grid: Grid = USUAL_GRID
) -> NDArray[np.float64]:
    """Return the sRGB colours, in [0, 1], of centers in working units: (n, 4) to (n, C)."""
    return _native.center_colors(np.ascontiguousarray(centers), n_channels, color_space, grid.origin, grid.zoom)


def lightness_of_greys(greys: NDArray[np.float64], color_space: str) -> NDArray[np.float64]:
    """Return the first coordinate of greys (n,) from 0 to 1, in the units of the space and in double precision."""
    return _native.lightness_of_greys(np.ascontiguousarray(greys, np.float64), color_space)


def greys_of_lightness(lightness: NDArray[np.float64], color_space: str) -> NDArray[np.float64]:
    """Return the greys of such coordinates (n,), clipped to what sRGB can show."""
    return _native.greys_of_lightness(np.ascontiguousarray(lightness, np.float64), color_space)


def point_rows(points: Points) -> NDArray[np.int16]:
    """Return points with their coordinates side by side: (2, n, 2) to (n, 4)."""
    return points.transpose(1, 0, 2).reshape(-1, 4)


def unscaled(points: Points, color_space: str, grid: Grid = USUAL_GRID) -> NDArray[np.float64]:
    """Return points in the units of the space (Oklab as L, a, b; sRGB from 0 to 255) about the grid's origin: (n, 4).

    Alpha comes last.
    """
    scale = _native.scale(color_space) * grid.zoom
    return point_rows(points).astype(np.float64) / scale


def points_coincide(points: Points) -> bool:
    """Whether some of the points are equal."""
    words = point_rows(points).view(np.uint64)[:, 0]
    return len(np.unique(words)) < len(words)
