"""Scratch: arrays that lie in files without a name instead of memory, and are gone with the process."""

from __future__ import annotations

import mmap
import os
from math import prod
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 1 << 24
"""Bytes of an array that is worth a file."""

_WRITTEN = 1 << 24  # bytes at a time


def array_in_file(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Make an array in a file of the folder for temporary ones, or in memory if it is small.

    Its pages are of the file: the system writes and drops them when memory is needed elsewhere. `TMPDIR` says where.

    Raises
    ------
    OSError
        If the disk has no room for it.
    """
    dtype = np.dtype(dtype)
    n_bytes = prod(shape) * dtype.itemsize
    if n_bytes < LEAST:
        return np.empty(shape, dtype)
    with TemporaryFile(prefix="pil_kmeans-") as file:
        _reserve(file.fileno(), n_bytes)
        return np.memmap(file, dtype, "r+", shape=shape)


def is_in_file(array: NDArray[Any]) -> bool:
    """Whether an array is a view of a file, and no memory of the process."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base.obj if isinstance(base, memoryview) else base, mmap.mmap)


def _reserve(descriptor: int, n_bytes: int) -> None:
    """Have the disk keep room: what is written to a mapped page that has none ends the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
        return
    zeros = bytes(_WRITTEN)
    while n_bytes > 0:
        n_bytes -= os.write(descriptor, zeros[:n_bytes])
