"""Amounts: how strongly pictures are dithered where nobody says, with a palette fitted to them or a given one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..color_space import unscaled, working_points
from ..options import Dither
from ..weighting import PERCEPTUAL_SPACES
from .threshold_mask import MASKS

DEFAULT_STRENGTH = 0.9  # by diffusion, with a palette that is fitted
LIGHTNESS_WEIGHT = 1.5  # of a difference in lightness against one in colour, where the nearest entry is chosen
_MASK_STRENGTH = 0.85  # dots of a mask are where they are, so that more of them are sooner seen
_ATKINSON = 0.75  # as Bill Atkinson had it: a quarter of each error is dropped
_GIVEN_STRENGTH, _LEFT = 0.92, 0.01  # with a given palette at least, and what is left of errors for its spread
_CLOSE, _FAR = 0.05, 0.15  # spreads at which lightness counts more than colour, and at which it does not

_MOST_COMPARED = 1024  # entries; more are close to each other


class Amount(NamedTuple):
    """How much of each error is handed on, 0 to 1, what lightness weighs where an entry is chosen, for what, and where.

    Into the hull: by diffusion colours that no mix of up to 16 entries has are dithered as the nearest that mixes have.
    The color space is where the nearest entry is looked for; errors are of light in any.
    """

    strength: float
    lightness_weight: float
    into_hull: bool
    color_space: str


def for_fitted(dither: Dither) -> Amount:
    """Return how to dither with a palette that is fitted to the picture: its hull is narrower than the colours."""
    usual = DEFAULT_STRENGTH
    if dither.method == "atkinson":
        usual = _ATKINSON
    elif dither.method in MASKS:
        usual = _MASK_STRENGTH
    return Amount(usual if dither.strength is None else dither.strength, LIGHTNESS_WEIGHT, False, "oklab")


def for_given(dither: Dither, colors: NDArray[Any], *, by_diffusion: bool, color_space: str) -> Amount:
    """Return how to dither with a palette that stays as it is.

    The farther apart its entries lie the more there is in each error. So nearly all of it is handed on, and colour
    counts as much as lightness: else a few vivid entries mix to what is light enough, of any hue.

    Parameters
    ----------
    dither : Dither
    colors : ndarray of shape (n, C)
    by_diffusion : bool
        Otherwise by a mask, where lightness keeps its weight and close entries the strength of fitted ones.
    color_space : one of `COLOR_SPACES`
        By diffusion, where the nearest entry is looked for. By a mask it is Oklab in any case.

    Returns
    -------
    Amount
        Unless the strength is given, ``max(0.92, 1 - 0.01 / spread)``, by a mask at least 0.85, and 0.75 for
        "atkinson". The weight of lightness falls from 1.5 to 1 where the spread is between 0.05 and 0.15; it is 1 in
        spaces whose coordinates are not lightness and colour.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dithering.amounts import for_given
    >>> from pil_kmeans.stages.options import Dither
    >>> black_and_white = np.array([[0], [255]], np.uint8)
    >>> for_given(Dither("floyd-steinberg", None), black_and_white, by_diffusion=True, color_space="oklab")
    Amount(strength=0.99, lightness_weight=1.0, into_hull=True, color_space='oklab')
    """
    apart = spread(colors)
    nearness = min(max((_FAR - apart) / (_FAR - _CLOSE), 0.0), 1.0) if by_diffusion else 1.0
    if by_diffusion and color_space not in PERCEPTUAL_SPACES:
        nearness = 0.0
    strength = dither.strength
    if strength is None:
        strength = _ATKINSON if dither.method == "atkinson" else _GIVEN_STRENGTH if by_diffusion else _MASK_STRENGTH
        if dither.method != "atkinson" and apart > 0:
            strength = max(strength, round(1 - _LEFT / apart, 3))
    lightness_weight = 1 + (LIGHTNESS_WEIGHT - 1) * nearness
    return Amount(strength, lightness_weight, by_diffusion, color_space if by_diffusion else "oklab")


def spread(colors: NDArray[Any]) -> float:
    """Return the mean distance in Oklab of each of some colours (n, C) from the next one; 0 of a single one."""
    points = np.unique(unscaled(working_points(colors, "oklab", n_threads=1), "oklab"), axis=0)
    if not 1 < len(points) <= _MOST_COMPARED:
        return 0.0
    squares = np.square(points[:, np.newaxis] - points).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    return float(np.sqrt(squares.min(axis=1)).mean())
