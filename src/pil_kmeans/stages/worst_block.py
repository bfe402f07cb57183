"""The worst block: centers moved so that no small area of a picture changes its colour as a whole.

Inertia hardly knows of a small vivid area: with few colours left for it, a green sleeve turns grey. So when the centers
are found, the blocks of the picture are looked at: what makes up the worst of them counts more, and gets a center of
its own if one is missed less elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import Grid, working_points
from .histogram import Histogram
from .kmeans import KMeansResult, nearest_centers
from .options import Search
from .pixels import Pixels
from .samples import as_samples, thinned
from .weighting import cells_of

_FEWEST_COLORS = 16  # of fewer, each is needed where it is
_PIXELS = 44 << 10  # looked at, about
_SIDE, _FEWEST_SEEN = 16, 5  # of a block, in pixels, and of those of them that are looked at
_FEWEST_BLOCKS = 16  # in each direction


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks of a picture that is thinned out.

    Attributes
    ----------
    rows : ndarray of shape (n, 3)
        uint8 or uint16 samples of the pixels that are left.
    weights : ndarray of shape (n,)
        float64, what each of them counts for, in the units of the histogram's weights.
    width : int
    side : int
    """

    rows: NDArray[np.uint8] | NDArray[np.uint16]
    weights: NDArray[np.float64]
    width: int
    side: int


def blocks_of(pixels: Pixels, hist: Histogram, search: Search, *, n_colors: int) -> Blocks | None:
    """Return the blocks of one picture, or None where no center is moved for them.

    Parameters
    ----------
    pixels : Pixels
        In the histogram's dtype. Pictures with alpha have no blocks.
    hist : Histogram
        Of these pixels. Cells of colours have no blocks.
    search : Search
        With the weighting "uniform" k-means stays k-means.
    n_colors : int
        Of fewer than 16 none is moved.
    """
    is_exact = hist.cell_colors is None and hist.key_bits is None
    if hist.n_channels != 3 or not is_exact or search.weighting == "uniform" or n_colors < _FEWEST_COLORS:
        return None
    height, width = pixels.shape
    if min(height, width) < _FEWEST_BLOCKS * _SIDE:
        return None
    step = max(1, round(math.sqrt(height * width / _PIXELS)))
    rows = thinned(as_samples(pixels.rows), [pixels.shape], step)
    weights = (step * step * hist.cell_weights.factors)[cells_of(rows, search.n_threads)]
    return Blocks(rows, weights, -(-width // step), max(_SIDE // step, _FEWEST_SEEN))


def mend_worst_block(result: KMeansResult, blocks: Blocks, search: Search, grid: Grid) -> KMeansResult:
    """Move centers for the blocks of a picture.

    A block's error is that of its mean. Pixels in blocks of large errors count up to seven times. If those of the worst
    gain more by a center of their own than is lost where the center that is missed least joins its neighbour, that
    center is theirs.

    Parameters
    ----------
    result : KMeansResult
        Without fixed centers.
    blocks : Blocks
    search : Search
    grid : Grid
        On which the centers are.
    """
    points = working_points(blocks.rows, search.color_space, grid=grid, n_threads=search.n_threads)
    labels = nearest_centers(points, result.centers, search.n_threads)
    centers, weights = _native.mend_worst_block(
        points, labels, blocks.weights, blocks.width, blocks.side, result.centers, result.weights
    )
    return KMeansResult(centers, weights, result.n_iter + 1)
