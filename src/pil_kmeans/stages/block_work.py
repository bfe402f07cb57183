"""Blocks: what is done with each block of pictures that are in many, by whoever has it.

Workers of a cluster import these functions and what they call, and nothing of scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dithering.diffuse import dither
from .indices import index_dtype
from .masked import as_masked, masked_pixels, unmasked, unmasked_near
from .options import Search
from .parts import Edges, PartialCounts, Place, count_seams
from .pixels import Pixels, read_pixels, read_sample_weight
from .remap import remap
from .tally import Tally, merge
from .weighting import Smoothness

_MAPPED_AT_ONCE = (1 << 19) - 1  # pixels, which are counted without a table of all colours
_spare_tables: list[NDArray[np.uint8]] = []  # of blocks counted before, all zero


class Where(NamedTuple):
    """Where in pictures a block is: the first of each axis, and what follows the last; and the shape of all."""

    location: Sequence[tuple[int, int]]
    shape: tuple[int, ...]

    @property
    def place(self) -> Place:
        """Of the block in each picture."""
        return Place(self.location[1][0], self.location[2][0], *self.shape[1:3])

    def name(self, n: int) -> str:
        """Name picture n of the block in messages."""
        (first, _), (top, bottom), (left, right) = self.location[:3]
        return f"X[{first + n}, {top}:{bottom}, {left}:{right}]"


class Recipe(NamedTuple):
    """How a block is made: Dask's tasks for it alone, and which of them gives it."""

    tasks: dict[Any, Any]
    key: Any
    where: Where

    def make(self, made: dict[Any, Any]) -> NDArray[Any]:
        """Make it of what is made already."""
        import dask

        try:
            block: NDArray[Any] = dask.get(made | self.tasks, self.key)
        except Exception as error:
            error.add_note(f"in making the block that begins at {self.where.name(0)}")
            raise
        return block


class Counted(NamedTuple):
    """What blocks have been counted to."""

    tally: Tally
    edges: list[list[Edges]]
    """Of each block, of each of its pictures; nothing where no seam counts."""


def count_block(
    block: NDArray[Any],
    weights: NDArray[Any] | None = None,
    *,
    search: Search,
    budget: int,
    is_masked: bool,
    block_info: Any,
) -> NDArray[Any]:
    """Count a block, of an array of which some may be masked or not: an array of one `Counted`."""
    counts = PartialCounts(budget, search, _spare_tables)
    where = Where(block_info[0]["array-location"], block_info[0]["shape"])
    edges = _count(counts, block, weights, where, is_masked)
    part = np.empty((1, 1, 1, 1), dtype=object)
    part[0, 0, 0, 0] = Counted(counts.tally(), [edges])
    return part


def count_made(
    common: list[Any],
    *,
    common_keys: list[Any],
    blocks: list[Recipe],
    weights: list[Recipe],
    search: Search,
    budget: int,
    is_masked: bool,
) -> Counted:
    """Make some blocks, each when the one before is counted, with weights if there are any, and count them together.

    Parameters
    ----------
    common : list
        What recipes need that others have made.
    common_keys : list
        The keys of these in the tasks of recipes.
    """
    counts = PartialCounts(budget, search, _spare_tables)
    made = dict(zip(common_keys, common, strict=True))
    edges = []
    for block, weight in zip_longest(blocks, weights):
        edges.append(_count(counts, block.make(made), weight and weight.make(made), block.where, is_masked))
    return Counted(counts.tally(), edges)


def _count(
    counts: PartialCounts, block: NDArray[Any], weights: NDArray[Any] | None, where: Where, is_masked: bool
) -> list[Edges]:
    """Count the pictures of a block, and return the edges of those for which they matter."""
    place = where.place
    edges: list[Edges] = []
    for n, picture in enumerate(block):
        masked = masked_pixels(np.ma.asarray(picture)) if is_masked else None
        known = picture if masked is None else unmasked_near(picture, masked)
        pixels = read_pixels(known, name=where.name(n))
        weight = None
        if weights is not None:
            weight = read_sample_weight(weights[n, :, :, 0], pixels.shape, is_part=True)
        if masked is not None:
            weight = np.where(masked, 0.0, 1.0 if weight is None else weight)
        if pixels.shape == (place.height, place.width) and masked is None:
            counts.add_pictures(pixels, weight, [pixels.shape])
        else:
            of_picture = counts.add_part(pixels, weight, place, masked)
            if of_picture is not None:
                edges.append(of_picture)
    return edges


def join_blocks(parts: list[Counted | NDArray[Any]], *, budget: int) -> Counted:
    """Merge the tallies of counted blocks, which arrays of one may hold, and keep their edges."""
    blocks: list[Counted] = [part.item() if isinstance(part, np.ndarray) else part for part in parts]
    return Counted(
        merge([block.tally for block in blocks], budget=budget), [edges for block in blocks for edges in block.edges]
    )


def edges_of(counted: Counted) -> list[list[Edges]]:
    """Return the edges of some blocks without their tally, which is larger."""
    return counted.edges


def join_tallies(parts: list[Counted], *, budget: int) -> Counted:
    """Merge the tallies of joined blocks, the last of which may be counted."""
    _spare_tables.clear()
    return Counted(merge([part.tally for part in parts], budget=budget), [])


def seams(
    edges: list[list[list[Edges]]], *, around: NDArray[np.intp], places: NDArray[np.int64], search: Search
) -> Smoothness | None:
    """Measure the smoothness at the seams of some blocks, of each of their pictures.

    Parameters
    ----------
    edges : list
        Of these blocks and those around them, in the groups that they were joined in.
    around : ndarray of shape (n, 3, 3)
        Which of the blocks of all groups are each, in the middle, and those around it; -1 where there is none.
    places : ndarray of shape (n, 4)
        The `Place` of each block.
    search : Search
    """
    total: Smoothness | None = None
    blocks = list(chain.from_iterable(edges))
    for numbers, place in zip(around.tolist(), places.tolist(), strict=True):
        for n in range(len(blocks[numbers[1][1]])):
            parts = [[None if at < 0 else blocks[at][n] for at in line] for line in numbers]
            total = add_smoothness([total, count_seams(parts, Place(*place), search)])
    return total


def add_smoothness(parts: list[Smoothness | None]) -> Smoothness | None:
    """Add what is known of smoothness."""
    total: Smoothness | None = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def map_block(
    block: NDArray[Any],
    *,
    function: Callable[..., NDArray[Any]],
    options: dict[str, Any],
    of_masked: int | None,
    is_stack: bool,
    block_info: Any,
) -> NDArray[Any]:
    """Call a function with the pixels and the place of each picture in a block; mask what is masked, if any may be."""
    _spare_tables.clear()  # of a fit before, where others joined the last blocks
    where = Where(block_info[0]["array-location"], block_info[0]["shape"])
    indices = np.empty(block.shape[:3], dtype=block_info[None]["dtype"])
    masked = None if of_masked is None else np.zeros(indices.shape, dtype=np.bool_)
    if block.size:
        for n, picture in enumerate(block):
            if masked is not None:
                masked[n] = masked_pixels(np.ma.asarray(picture))
                picture = unmasked(picture, masked[n])
            pixels = read_pixels(picture, name=where.name(n))
            indices[n] = function(pixels, where.place, **options)
    if masked is not None and of_masked is not None:
        indices = as_masked(indices, masked, of_masked)
    return indices if is_stack else indices[0]


def nearest_part(pixels: Pixels, place: Place, *, palette: NDArray[Any], **options: Any) -> NDArray[Any]:
    """Index the nearest entry of every pixel, some rows at a time to need little memory; `map_block` calls it."""
    height, width = pixels.shape
    indices = np.empty((height, width), index_dtype(len(palette)))
    n_rows = max(_MAPPED_AT_ONCE // width, 1)
    for rows in (slice(top, top + n_rows) for top in range(0, height, n_rows)):
        part = replace(pixels, samples=pixels.samples[rows], values=pixels.values[rows])
        indices[rows] = remap(part, palette, **options)
    return indices


def dithered_part(pixels: Pixels, place: Place, *, palette: NDArray[Any], **options: Any) -> NDArray[Any]:
    """Dither a part by a mask, or a whole picture; `map_block` calls it."""
    return dither(pixels, palette, origin=(place.top, place.left), **options)


def colors_of(indices: Any, *, palette: NDArray[Any], channel_axis: int | None) -> NDArray[Any]:
    """Return the colours of one array of indices, (H, W) or (N, H, W), its channels where a picture has them."""
    checked = check_indices(indices, len(palette))
    if checked.ndim not in (2, 3):
        raise ValueError(f"indices must have shape (H, W), (N, H, W) or be a list of (H, W), got {checked.shape}")
    colors = np.take(palette, checked, axis=0)
    if isinstance(indices, np.ma.MaskedArray):
        colors = np.ma.MaskedArray(colors, np.broadcast_to(np.ma.getmaskarray(indices)[..., np.newaxis], colors.shape))
    if channel_axis is None:
        return colors[..., 0] if palette.shape[1] == 1 else colors
    pictures: NDArray[Any] = np.moveaxis(colors, -1, channel_axis - 3 if channel_axis >= 0 else channel_axis)
    return pictures


def check_indices(indices: Any, n_colors: int) -> NDArray[Any]:
    """Refuse indices that are no integers or beyond the palette."""
    checked = np.ma.filled(indices, 0) if isinstance(indices, np.ma.MaskedArray) else np.asarray(indices)
    if checked.dtype.kind not in "iu":
        raise TypeError(f"indices must be integers, got {checked.dtype}")
    if checked.size and not 0 <= checked.min() <= checked.max() < n_colors:
        raise ValueError(
            f"indices must be from 0 to {n_colors - 1}, the last entry of palette_, got "
            f"{checked.min()} to {checked.max()}"
        )
    return checked
