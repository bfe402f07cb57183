"""Dask arrays: pictures whose blocks are counted where they are, and mapped when somebody asks for them.

Dask is imported where it is needed, and only if X is one of its arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..pictures.arrays import is_dask
from ..stages import block_work
from ..stages.masked import masked_dtype
from ..stages.options import Search
from ..stages.pixels import check_layout, check_total
from ..stages.tally import Tally
from ..stages.weighting import REACH

_JOINED = 8  # blocks, or what is known of as many
_LEAST_TASKS = 64  # for as many workers
_SEAMS_AT_ONCE = 64  # blocks


@dataclass(frozen=True, eq=False)
class LazyPictures:
    """A picture or stack that is a Dask array.

    Attributes
    ----------
    blocks : dask.array.Array of shape (N, H, W, C)
        A picture as a stack of one; all channels in one block.
    is_stack : bool
        Whether there was an axis N.
    """

    blocks: Any
    is_stack: bool

    @property
    def n_channels(self) -> int:
        """1 to 4."""
        return int(self.blocks.shape[3])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples."""
        dtype: np.dtype[Any] = self.blocks.dtype.newbyteorder("=")
        return dtype

    @property
    def is_masked(self) -> bool:
        """Whether blocks are masked arrays."""
        return isinstance(self.blocks._meta, np.ma.MaskedArray)

    @property
    def is_split(self) -> bool:
        """Whether a picture has several blocks."""
        return self.n_blocks > 1

    @property
    def n_blocks(self) -> int:
        """Blocks of each picture."""
        return int(np.prod(self.blocks.numblocks[1:3]))

    def count(self, sample_weight: Any, search: Search, budget: int) -> Tally:
        """Count all pictures, reading each block once; this computes, with whatever scheduler is at work."""
        import dask

        pieces = self.blocks.rechunk(
            {0: _merged(self.blocks.chunks[0], 1)}
            | {axis: _merged(self.blocks.chunks[axis], 8 * REACH) for axis in (1, 2)}
        )
        weights = self._read_weights(sample_weight, pieces)
        own = replace(search, n_threads=1)  # each worker has its own
        options = {"search": own, "budget": budget, "is_masked": self.is_masked}
        arrays = [pieces] if weights is None else [pieces, _with_axis(weights, 3)]
        counted, n_together = _count_made(arrays, options) or (_count_each(arrays, options), 1)
        if n_together == 1:
            join = dask.delayed(partial(block_work.join_blocks, budget=budget))
            counted, n_together = [join(group) for group in _groups(counted)], _JOINED
        all_counted = _tree(counted, partial(block_work.join_tallies, budget=budget))
        [all_counted, smoothness] = dask.compute(all_counted, self._seams(counted, n_together, pieces, own))
        tally: Tally = all_counted.tally
        if smoothness is not None:
            tally = replace(tally, smoothness=tally.smoothness + smoothness)
        if self.is_masked and tally.n == 0 and tally.transparent is None:
            raise ValueError("X is masked everywhere: a palette needs pixels that are not")
        if sample_weight is not None:
            check_total(tally.histogram().counts.any())
        return tally

    def _seams(self, counted: list[Any], n_together: int, pieces: Any, search: Search) -> Any:
        """Return the lazy smoothness at the seams of blocks, so many in a group; no tally waits for it."""
        import dask

        if search.weighting == "uniform" or max(pieces.numblocks[1:3]) == 1:
            return None
        edges_of = dask.delayed(block_work.edges_of)
        edges = [edges_of(group) for group in counted]
        starts = [list(accumulate(sizes, initial=0)) for sizes in pieces.chunks[1:3]]
        grid = pieces.numblocks[:3]
        places = np.array([(starts[0][y], starts[1][x], *pieces.shape[1:3]) for _, y, x in np.ndindex(grid)])
        parts, around = [], _around(grid)
        for first in range(0, len(places), _SEAMS_AT_ONCE):
            own = slice(first, first + _SEAMS_AT_ONCE)
            groups, at = np.divmod(around[own], n_together)  # those of -1 are -1
            needed = np.unique(groups[groups >= 0])
            known = np.where(groups < 0, -1, np.searchsorted(needed, groups) * n_together + at)
            seams = dask.delayed(partial(block_work.seams, around=known, places=places[own], search=search))
            parts.append(seams([edges[n] for n in needed]))
        return _tree(parts, block_work.add_smoothness)

    def map(
        self, function: Callable[..., NDArray[Any]], dtype: np.dtype[Any], *, of_masked: int, **options: Any
    ) -> Any:
        """Return the lazy indices that a function of pixels, their place and options gives for each block.

        Parameters
        ----------
        function : callable
            Of `Pixels` and a `Place`, and the options by their names.
        dtype : numpy.dtype
            Of what it returns, of shape (height, width).
        of_masked : int
            The index of masked pixels.
        """
        meta = np.empty((1, 0, 0), dtype=dtype)
        if self.is_masked:
            meta = np.ma.MaskedArray(meta.astype(masked_dtype(dtype, of_masked)), fill_value=of_masked)
        return self.blocks.map_blocks(
            block_work.map_block,
            function=function,
            options=options,
            of_masked=of_masked if self.is_masked else None,
            is_stack=self.is_stack,
            dtype=meta.dtype,
            drop_axis=3 if self.is_stack else (0, 3),
            meta=meta[:0] if self.is_stack else meta[0],
        )

    def _read_weights(self, sample_weight: Any, pieces: Any) -> Any:
        """Check the weights as far as is known without computing, and give them the blocks of the pictures."""
        import dask.array as da

        if sample_weight is None:
            return None
        weights: Any = sample_weight if is_dask(sample_weight) else np.asarray(sample_weight)
        if weights.dtype.kind not in "biuf":
            raise TypeError(f"sample_weight has dtype {weights.dtype}; weights are real numbers: convert them")
        shape = pieces.shape[:3] if self.is_stack else pieces.shape[1:3]
        if tuple(weights.shape) != shape:
            raise ValueError(f"sample_weight has shape {weights.shape}; it must have the shape {shape}")
        if not self.is_stack:
            weights = _with_axis(weights, 0) if is_dask(weights) else weights[np.newaxis]
        if is_dask(weights):
            return weights.rechunk(pieces.chunks[:3])
        return da.from_array(weights, chunks=pieces.chunks[:3])


def read_lazy(X: Any, *, channel_axis: int | None) -> LazyPictures:
    """Check a Dask array as far as is known without computing.

    Raises
    ------
    TypeError, ValueError
        As `read_x.read_pictures`; also for matrices, for blocks of unknown sizes, and such that are no NumPy arrays.
    """
    if any(np.isnan(size) for size in X.shape):
        raise ValueError(f"X has blocks of unknown sizes, its shape is {X.shape}: call X.compute_chunk_sizes() first")
    n_picture_axes = 2 if channel_axis is None else 3
    if X.ndim < n_picture_axes:
        raise ValueError(
            f"X is a dask array of shape {X.shape}, a matrix, which cannot be fitted or labeled block by block: pass "
            "X.compute(), pictures (H, W, C), or (H, W) with channel_axis=None"
        )
    if X.ndim > n_picture_axes + 1:
        raise ValueError(
            f"X has shape {X.shape}; with channel_axis={channel_axis} a picture has {n_picture_axes} axes and a stack "
            f"of pictures {n_picture_axes + 1}. Reshape X."
        )
    check_layout(X.shape[-n_picture_axes:], X.dtype, channel_axis=channel_axis, name="X")
    if X.size == 0:
        raise ValueError(f"X is empty: its shape is {X.shape}")
    if not isinstance(X._meta, np.ndarray):
        raise TypeError(
            f"blocks of X are {type(X._meta).__module__}.{type(X._meta).__name__}; they must be NumPy arrays: "
            "X.map_blocks(numpy.asarray), or what turns them into such"
        )
    is_stack = X.ndim > n_picture_axes
    stack = X if is_stack else _with_axis(X, 0)
    if channel_axis is None:
        stack = _with_axis(stack, 3)
    elif channel_axis not in (-1, 2):
        import dask.array as da

        stack = da.moveaxis(stack, channel_axis + 1 if channel_axis >= 0 else channel_axis, -1)
    return LazyPictures(stack.rechunk({3: -1}), is_stack)


def lazy_colors(indices: Any, colors: partial[NDArray[Any]]) -> Any:
    """Return the lazy colours of lazy indices.

    Parameters
    ----------
    indices : dask.array.Array of shape (H, W) or (N, H, W)
    colors : partial
        Gives the colours of indices in memory; with the keywords `palette` and `channel_axis`.
    """
    if indices.dtype.kind not in "iu":
        raise TypeError(f"indices must be integers, got {indices.dtype}")
    if indices.ndim not in (2, 3):
        raise ValueError(f"indices must have shape (H, W) or (N, H, W), got {indices.shape}")
    palette, axis = colors.keywords["palette"], colors.keywords["channel_axis"]
    empty = np.ma.empty if isinstance(indices._meta, np.ma.MaskedArray) else np.empty
    if axis is None and palette.shape[1] == 1:
        meta = empty((0,) * indices.ndim, palette.dtype)
        return indices.map_blocks(colors, dtype=palette.dtype, meta=meta)
    new_axis = indices.ndim - 2 + (-1 if axis is None else axis) % 3
    chunks = list(indices.chunks)
    chunks.insert(new_axis, (palette.shape[1],))
    meta = empty((0,) * (indices.ndim + 1), palette.dtype)
    return indices.map_blocks(colors, dtype=palette.dtype, new_axis=new_axis, chunks=tuple(chunks), meta=meta)


def _count_each(arrays: list[Any], options: dict[str, Any]) -> list[Any]:
    """Return, lazily, what each block is counted to, by a task for each."""
    import dask.array as da

    numbers = arrays[0].numblocks[:3]
    counted = da.map_blocks(
        block_work.count_block,
        *arrays,
        **options,
        dtype=object,
        chunks=(*((1,) * n for n in numbers), (1,)),
        meta=np.empty((0, 0, 0, 0), dtype=object),
    )
    return counted.to_delayed().ravel().tolist()  # type: ignore[no-any-return]


def _count_made(arrays: list[Any], options: dict[str, Any]) -> tuple[list[Any], int] | None:
    """Return, lazily, what blocks are counted to, by tasks that make some of them, one after the other; and how many.

    A worker then holds one block at a time, and has one tally of those of a task. None unless all blocks are made by
    tasks of their own, of nothing else but what all of them are made of, such as a file.
    """
    import dask

    recipes, common = zip(*map(_recipes, arrays), strict=True)
    if not all(recipes):
        return None
    n_together = max(1, min(_JOINED, len(recipes[0]) // _LEAST_TASKS))
    needed = {key: value for of_array in common for key, value in of_array.items()}
    counted = []
    for first in range(0, len(recipes[0]), n_together):
        parts = [of_array[first : first + n_together] for of_array in recipes]
        made = {"blocks": parts[0], "weights": parts[1] if len(parts) > 1 else [], "common_keys": list(needed)}
        counted.append(dask.delayed(partial(block_work.count_made, **made, **options))(list(needed.values())))
    return counted, n_together


def _recipes(array: Any) -> tuple[list[block_work.Recipe], dict[Any, Any]]:
    """Return how each block of an array is made, and what all are made of, lazily, by its key.

    No recipe, if there is anything else that a block is made of.
    """
    from dask.core import flatten, get_dependencies, istask
    from dask.delayed import Delayed
    from dask.highlevelgraph import HighLevelGraph

    places = list(flatten(array.__dask_keys__()))
    graph = dict(array.__dask_optimize__(array.dask, places))
    depends = {key: get_dependencies(graph, key) for key in graph}
    if any(getattr(task, "dependencies", depends[key]) - depends[key] for key, task in graph.items()):
        return [], {}  # on what workers hold

    def needed_for(key: Any) -> set[Any]:
        needed, found = set(), [key]
        while found:
            key = found.pop()
            if key not in needed:
                needed.add(key)
                found.extend(depends[key])
        return needed

    of_blocks = [needed_for(key) for key in places]
    common = set.intersection(*of_blocks) if len(of_blocks) > 1 else set()
    own = [needed - common for needed in of_blocks]
    if len(set().union(*own)) < sum(map(len, own)) or not all(istask(graph[key]) for keys in own for key in keys):
        return [], {}
    name = f"common-{array.name}"
    commons = HighLevelGraph.from_collections(name, {key: graph[key] for key in common}, dependencies=())
    used = common & set().union(*(depends[key] for keys in own for key in keys))
    locations = product(*(pairwise(accumulate(sizes, initial=0)) for sizes in array.chunks))
    recipes = [
        block_work.Recipe({key: graph[key] for key in keys}, place, block_work.Where(list(location), array.shape))
        for keys, place, location in zip(own, places, locations, strict=True)
    ]
    return recipes, {key: Delayed(key, commons, layer=name) for key in used}


def _merged(sizes: Sequence[int], least: int) -> tuple[int, ...]:
    """Return sizes of blocks with those that are too small joined to their neighbours."""
    merged: list[int] = []
    for size in sizes:
        if merged and (merged[-1] < least or size == 0):
            merged[-1] += size
        else:
            merged.append(size)
    if len(merged) > 1 and merged[-1] < least:
        last = merged.pop()
        merged[-1] += last
    return tuple(merged)


def _with_axis(array: Any, axis: int) -> Any:
    """Insert an axis of length 1, by what Dask fuses with what else is done to a block; `numpy.newaxis` it does not."""
    chunks = (*array.chunks[:axis], (1,), *array.chunks[axis:])
    meta = np.expand_dims(array._meta, axis)
    return array.map_blocks(np.expand_dims, axis=axis, new_axis=axis, chunks=chunks, dtype=array.dtype, meta=meta)


def _tree(parts: list[Any], join: Callable[[list[Any]], Any]) -> Any:
    """Return one lazy value of many, some joined at a time."""
    import dask

    delayed = dask.delayed(join)
    while True:
        parts = [delayed(group) for group in _groups(parts)]
        if len(parts) == 1:
            return parts[0]


def _groups(parts: list[Any]) -> list[list[Any]]:
    return [parts[i : i + _JOINED] for i in range(0, len(parts), _JOINED)]


def _around(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the numbers of the 3 x 3 blocks around each of (N, rows, columns); -1 beyond the ends of its picture."""
    numbers = np.pad(np.arange(np.prod(shape)).reshape(shape), ((0, 0), (1, 1), (1, 1)), constant_values=-1)
    around: NDArray[np.intp] = np.lib.stride_tricks.sliding_window_view(numbers, (3, 3), axis=(1, 2)).reshape(-1, 3, 3)
    return around
