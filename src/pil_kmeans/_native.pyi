"""
Kernels of pil_kmeans. Private: names and signatures change without notice.
"""

from collections.abc import Sequence
from typing import Annotated, overload

import numpy
from numpy.typing import NDArray


@overload
def histogram(samples: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], n_threads: int) -> tuple[NDArray[numpy.uint64], NDArray[numpy.int64]]: ...

@overload
def histogram(samples: Annotated[NDArray[numpy.uint16], dict(shape=(None, None), order='C', device='cpu', writable=False)], n_threads: int) -> tuple[NDArray[numpy.uint64], NDArray[numpy.int64]]: ...

def cell_histogram(samples: Annotated[NDArray[numpy.uint8], dict(shape=(None, 3), order='C', device='cpu', writable=False)], bits: int, n_threads: int) -> tuple[NDArray[numpy.uint64], NDArray[numpy.int64], NDArray[numpy.uint16]]: ...

def key_colors_uint8(keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], n_channels: int) -> NDArray[numpy.uint8]: ...

def key_colors_uint16(keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], n_channels: int) -> NDArray[numpy.uint16]: ...

@overload
def working_points(colors: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], color_space: str, straight: bool, origin: Sequence[float], zoom: float, n_threads: int) -> NDArray[numpy.int16]: ...

@overload
def working_points(colors: Annotated[NDArray[numpy.uint16], dict(shape=(None, None), order='C', device='cpu', writable=False)], color_space: str, straight: bool, origin: Sequence[float], zoom: float, n_threads: int) -> NDArray[numpy.int16]: ...

def center_colors(centers: Annotated[NDArray[numpy.float64], dict(shape=(None, 4), order='C', device='cpu', writable=False)], n_channels: int, color_space: str, origin: Sequence[float], zoom: float) -> NDArray[numpy.float64]: ...

def scale(color_space: str) -> float: ...

def alpha_scale(color_space: str) -> float: ...

MAX_COORDINATE: int = 8192

def fit_centers(keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], points: Annotated[NDArray[numpy.int16], dict(shape=(2, None, 2), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], n_colors: int, *, stages: Sequence[tuple[int, int, int]], fewest_cells: int, trials: int, neighbors: int, relax_steps: int, settle_steps: int, tolerance: float, seed: int, n_threads: int) -> tuple[NDArray[numpy.float64], NDArray[numpy.float64], float, int]: ...

def nearest_labels(points: Annotated[NDArray[numpy.int16], dict(shape=(2, None, 2), order='C', device='cpu', writable=False)], centers: Annotated[NDArray[numpy.int16], dict(shape=(2, None, 2), order='C', device='cpu', writable=False)], n_threads: int) -> NDArray[numpy.uint16]: ...

def optimal_intervals(values: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], n_colors: int) -> NDArray[numpy.int64]: ...

@overload
def remap(samples: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], labels: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], shift: int, n_threads: int) -> NDArray[numpy.uint8]: ...

@overload
def remap(samples: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], labels: Annotated[NDArray[numpy.uint16], dict(shape=(None,), order='C', device='cpu', writable=False)], shift: int, n_threads: int) -> NDArray[numpy.uint16]: ...

@overload
def remap(samples: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], labels: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], shift: int, n_threads: int) -> NDArray[numpy.uint32]: ...

@overload
def remap(samples: Annotated[NDArray[numpy.uint16], dict(shape=(None, None), order='C', device='cpu', writable=False)], keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], labels: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu', writable=False)], shift: int, n_threads: int) -> NDArray[numpy.uint8]: ...

@overload
def remap(samples: Annotated[NDArray[numpy.uint16], dict(shape=(None, None), order='C', device='cpu', writable=False)], keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], labels: Annotated[NDArray[numpy.uint16], dict(shape=(None,), order='C', device='cpu', writable=False)], shift: int, n_threads: int) -> NDArray[numpy.uint16]: ...

@overload
def remap(samples: Annotated[NDArray[numpy.uint16], dict(shape=(None, None), order='C', device='cpu', writable=False)], keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], labels: Annotated[NDArray[numpy.uint32], dict(shape=(None,), order='C', device='cpu', writable=False)], shift: int, n_threads: int) -> NDArray[numpy.uint32]: ...

version: str = '0.1.0'

compiler: str = 'GCC 12.2.0'

instruction_set: str = 'avx2'

instruction_sets: tuple = ('baseline', 'avx2')
