"""Labelled: arrays of xarray, whose dimensions have names. What is missing in them is NaN."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from .arrays import is_dask

CHANNELS = ("band", "channel", "c", "rgb")
"""Names of the dimension of the channels."""


def is_labelled(given: Any) -> bool:
    """Whether it is an xarray.DataArray; xarray is not imported for that."""
    xarray = sys.modules.get("xarray")
    return xarray is not None and isinstance(given, xarray.DataArray)


def channel_axis_of(labelled: Any, channel_axis: int | None, name: str) -> int | None:
    """Return the axis whose name says that it holds the channels, or what is said of arrays without names.

    Raises
    ------
    ValueError
        If several have such a name.
    """
    found = [axis for axis, dim in enumerate(labelled.dims) if str(dim).lower() in CHANNELS]
    if len(found) > 1:
        names = " and ".join(repr(labelled.dims[axis]) for axis in found)
        raise ValueError(f"{name} has the dimensions {names}, either of which may be the channels: rename one")
    return found[0] if found and channel_axis is not None else channel_axis


def values_of(labelled: Any) -> Any:
    """Return the samples as NumPy or Dask has them, masked where floats are missing; of Dask's nobody knows before."""
    data = labelled.data
    if data.dtype.kind != "f":
        return data
    if is_dask(data):
        return data.map_blocks(_without_missing, dtype=data.dtype, meta=np.ma.zeros((0,) * data.ndim, data.dtype))
    return _without_missing(data) if isinstance(data, np.ndarray) and np.isnan(data).any() else data


def _without_missing(block: Any) -> Any:
    return np.ma.masked_where(np.isnan(block), block, copy=False)


def labelled_as(labelled: Any, values: Any, dims: Sequence[Hashable]) -> Any:
    """Give values the name, the coordinates, as far as they are along these dimensions, and the type of another array.

    Masked values stay in the data, as the number that they have.
    """
    coords = {key: coord for key, coord in labelled.coords.items() if set(coord.dims) <= set(dims)}
    values = values.map_blocks(np.ma.getdata, dtype=values.dtype) if is_dask(values) else np.ma.getdata(values)
    return type(labelled)(values, coords=coords, dims=dims, name=labelled.name)
