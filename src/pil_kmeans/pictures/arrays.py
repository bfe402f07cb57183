"""Arrays of every kind: in memory, masked, of other libraries, and read only when they are needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scratch import array_in_file, is_in_file
from ..stages.row_blocks import BLOCK
from ..stages.samples import full_scale

_IN_MEMORY = (1, 3, 11, 13)  # DLPack's types of devices whose memory the processor reads: its own, pinned, managed
_DEVICES = {2: "CUDA", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 14: "oneAPI", 15: "WebGPU"}


def as_array(given: Any, name: str) -> NDArray[Any]:
    """Return what NumPy makes of it, or of its memory by DLPack.

    Parameters
    ----------
    given : array-like, or object with ``__dlpack__``
    name : str
        What errors call it.

    Raises
    ------
    TypeError
        If it is not in memory; the message says what to call.
    """
    if isinstance(given, np.ndarray):
        return given
    if hasattr(given, "__dlpack_device__"):
        kind = int(given.__dlpack_device__()[0])
        if kind not in _IN_MEMORY:
            raise TypeError(
                f"{name} is a {type(given).__name__} on a device ({_DEVICES.get(kind, f'type {kind} of DLPack')}): "
                "bring it to memory first, by .cpu() or .get()"
            )
        if not hasattr(given, "__array__") and not hasattr(given, "__array_interface__"):
            try:
                return np.from_dlpack(given)
            except (BufferError, RuntimeError, TypeError) as error:
                raise TypeError(f"{name} is a {type(given).__name__} that cannot be read by DLPack: {error}") from error
    return np.asarray(given)


def is_array(given: Any) -> bool:
    """Whether it says that it is an array."""
    return hasattr(given, "__array__") or hasattr(given, "__dlpack__")


def is_stored(given: Any) -> bool:
    """Whether it lies in files, or is made when it is asked for: zarr, HDF5, Dask, or a mapped file."""
    if isinstance(given, np.ndarray):
        return is_in_file(given)
    return hasattr(given, "chunks") and hasattr(given, "shape") and hasattr(given, "dtype")


def is_dask(given: Any) -> bool:
    """Whether it is an array of Dask."""
    dask = sys.modules.get("dask.array")
    return dask is not None and isinstance(given, dask.Array)


def read_stored(given: Any, row_axis: int, finish: Callable[[NDArray[Any]], NDArray[Any]], name: str) -> NDArray[Any]:
    """Read an array some rows at a time into one that lies in a file if it is large.

    Parameters
    ----------
    given : stored array
        Of at least one row.
    row_axis : int
        Which axis is the rows.
    finish : callable
        Makes of some rows (in the axes of `given`) what is to be kept of them, with the rows first.
    name : str
        What errors call it.

    Returns
    -------
    ndarray
        C-contiguous.

    Raises
    ------
    ValueError
        If its size is not known.
    """
    if any(size != size for size in given.shape):
        raise ValueError(
            f"{name} has shape {given.shape}, whose chunks have sizes that are not known: call "
            "compute_chunk_sizes() of it first"
        )
    result: NDArray[Any] | None = None
    top = 0
    for end in _ends(given, row_axis):
        rows = given[(slice(None),) * row_axis + (slice(top, end),)]
        finished = finish(np.asanyarray(rows.compute() if is_dask(rows) else rows))
        if result is None:
            result = array_in_file((given.shape[row_axis], *finished.shape[1:]), finished.dtype)
        result[top:end] = finished
        top = end
    assert result is not None
    return result


def _ends(given: Any, row_axis: int) -> list[int]:
    """Where pieces of rows end, of about `BLOCK` pixels, with whole chunks in each."""
    height = given.shape[row_axis]
    least = max(1, BLOCK * height // max(1, given.size))
    chunks = getattr(given, "chunks", None)
    rows = None if chunks is None else chunks[row_axis]
    if isinstance(rows, tuple):
        borders = np.cumsum(rows).tolist()
    else:
        step = least if rows is None else rows
        borders = [*range(step, height, step), height]
    ends: list[int] = []
    for border in borders:
        if border == height or border - (ends[-1] if ends else 0) >= least:
            ends.append(border)
    return ends


def with_transparency(samples: NDArray[Any], masked: NDArray[np.bool_]) -> NDArray[Any]:
    """Make masked pixels fully transparent, and all others of grey or RGB opaque: (H, W, C) to (H, W, 2 or 4)."""
    height, width, n_channels = samples.shape
    if n_channels % 2:
        with_alpha = np.full((height, width, n_channels + 1), full_scale(samples.dtype), samples.dtype)
        with_alpha[..., :n_channels] = np.ma.getdata(samples)
    else:
        with_alpha = np.array(np.ma.getdata(samples))
    with_alpha[masked] = 0
    return with_alpha
