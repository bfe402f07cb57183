"""Colours that are given: what they name, and what pictures can hold them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.samples import full_scale, rgba_rows

_EXAMPLES = "a name or a hex string such as 'red', '#ff0000' or '#ff000080', or samples such as (255, 0, 0)"


def read_colors(
    given: Any, dtype: np.dtype[Any], channels: Collection[int], name: str = "fixed_colors"
) -> NDArray[Any]:
    """Read colours as RGBA in the scale of pictures of this dtype, one row each: (m, 4); None is no colour.

    Parameters
    ----------
    given : str, sequence of str and of sequences of samples, array-like of shape (m, c), or None
        Strings as `PIL.ImageColor` knows them.
    dtype : numpy.dtype
        uint8, uint16, bool, float32 or float64.
    channels : collection of int
        Of the pictures: so many samples a colour may have, or 3 or 4.
    name : str, default "fixed_colors"
        What errors call them.

    Returns
    -------
    ndarray of shape (m, 4)
        In `dtype`.

    Raises
    ------
    TypeError, ValueError
        If something else is given, a name is not known, or samples are of another type, number or range.
    """
    if given is None:
        return np.empty((0, 4), dtype)
    if isinstance(given, list | tuple | str):
        items = [given] if isinstance(given, str) else given
        parts = [read_color(item, f"{name}[{i}]", dtype, channels) for i, item in enumerate(items)]
        return np.concatenate([np.empty((0, 4), dtype), *parts])
    if not hasattr(given, "__array__"):
        raise TypeError(
            f"{name} must be a sequence of colors, each {_EXAMPLES}, got {given!r} of type {type(given).__name__}"
        )
    rows = np.asarray(given)
    if rows.ndim != 2:
        raise ValueError(
            f"{name} has shape {rows.shape}; an array of colors has two axes, (m, C): for one color write "
            f"{name}=[color]"
        )
    return _rgba(rows, name, dtype, channels)


def distinct(colors: NDArray[Any], n_colors: int, name: str = "n_colors") -> NDArray[Any]:
    """Return the different ones of colours (m, C), each where it came first; `name` is what the face calls n_colors.

    Raises
    ------
    ValueError
        If they are more than the palette may have entries, or two are fully transparent.
    """
    if len(colors) == 0:  # as for most pictures
        return colors
    _, first = np.unique(colors, axis=0, return_index=True)
    colors = colors[np.sort(first)]
    if len(colors) > n_colors:
        raise ValueError(
            f"fixed_colors has {len(colors)} different colors, but the palette has room for {name}={n_colors}: "
            f"give fewer, or raise {name}"
        )
    if colors.shape[1] % 2 == 0:
        transparent = colors[colors[:, -1] == 0]
        if len(transparent) > 1:
            raise ValueError(
                f"fixed_colors has {len(transparent)} fully transparent colors, {_shown(transparent[0])} and "
                f"{_shown(transparent[1])}; a palette has one: give the one to keep"
            )
    return colors


def in_channels(rgba: NDArray[Any], n_channels: int, name: str = "fixed_colors") -> NDArray[Any]:
    """Return RGBA colours (m, 4) as pictures of so many channels have them, (m, C); `name` is the argument's.

    Raises
    ------
    ValueError
        If one is not grey where they are, or not opaque where they have no alpha.
    """
    for i, color in enumerate(rgba):
        needed = channels_for(color[np.newaxis], n_channels)
        if needed != n_channels:
            fault, has, asked = (
                ("is translucent", "no alpha channel", "opaque")
                if needed % 2 != n_channels % 2
                else ("is not grey", "grey samples only", "grey")
            )
            raise ValueError(
                f"{name}[{i}], {_shown(color)}, {fault}, but X has {has}: give {asked} colors, or convert X to "
                f"{('grey + alpha', 'RGB', 'RGBA')[needed - 2]}"
            )
    return rgba[:, columns(n_channels)]


def channels_for(rgba: NDArray[Any], n_channels: int) -> int:
    """Return how many channels, `n_channels` at least, a picture needs to hold these colours as well."""
    has_color = n_channels > 2 or bool((rgba[:, :1] != rgba[:, :3]).any())
    has_alpha = n_channels % 2 == 0 or bool((rgba[:, 3] != full_scale(rgba.dtype)).any())
    return (3 if has_color else 1) + has_alpha


def promoted(samples: NDArray[Any], rgba: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Give a picture (H, W, C) the channels that it needs to hold these colours, and return both."""
    n_channels = channels_for(rgba, samples.shape[2])
    if n_channels != samples.shape[2]:
        samples = np.ascontiguousarray(rgba_rows(samples)[..., columns(n_channels)])
    return samples, rgba[:, columns(n_channels)]


def columns(n_channels: int) -> list[int]:
    """Return which of R, G, B, A pictures of so many channels have."""
    return [[0], [0, 3], [0, 1, 2], [0, 1, 2, 3]][n_channels - 1]


def read_color(item: Any, name: str, dtype: np.dtype[Any], channels: Collection[int]) -> NDArray[Any]:
    """One colour of a sequence, (1, 4)."""
    if isinstance(item, str):
        return _rgba_of_string(item, name, dtype)
    try:
        samples = np.asarray(item)
    except ValueError:
        samples = np.empty(0, object)
    if samples.ndim != 1 or samples.dtype.kind not in "buif":
        argument = name.partition("[")[0]
        one = f" For one color write {argument}=[color]." if np.ndim(samples) == 0 else ""
        raise TypeError(f"{name} must be {_EXAMPLES}, got {item!r}.{one}")
    return _rgba(samples[np.newaxis], name, dtype, channels)


def _rgba_of_string(text: str, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    from PIL import ImageColor

    try:
        color = ImageColor.getrgb(text)
    except ValueError as error:
        raise ValueError(f"{name} must be {_EXAMPLES}; PIL.ImageColor does not know {text!r}") from error
    levels = np.array([*color, 255][:4])
    if dtype == np.bool_ and ((levels > 0) & (levels < 255)).any():
        raise ValueError(f"{name} is {text!r}, but samples of bool pictures are all or nothing: give such a color")
    full = full_scale(dtype)
    scaled = levels / 255 if dtype.kind == "f" else levels * int(full) // 255
    return scaled.astype(dtype)[np.newaxis]


def _rgba(rows: NDArray[Any], name: str, dtype: np.dtype[Any], channels: Collection[int]) -> NDArray[Any]:
    """Check samples (m, c) and return them as RGBA (m, 4)."""
    full = full_scale(dtype)
    kinds = {"u": "ui", "b": "bui", "f": "buif"}[dtype.kind]
    whole = "" if dtype.kind == "f" else "whole "
    scale = f"those of {dtype} pictures are {whole}numbers from 0 to {full:g}"
    if rows.dtype.kind not in kinds:
        raise TypeError(f"{name} has samples of {rows.dtype}; {scale}: convert them, or give names or hex strings")
    allowed = sorted({*channels, 3, 4})
    if rows.shape[1] not in allowed:
        raise ValueError(
            f"{name} has {rows.shape[1]} samples a color; it must have {', '.join(map(str, allowed[:-1]))} or "
            f"{allowed[-1]}: as many as the picture has channels, or R, G, B or R, G, B, A"
        )
    outside = ~((rows >= 0) & (rows <= full))  # NaN, too
    if outside.any():
        hint = "divide them by 255" if dtype.kind == "f" and rows.max() <= 255 else "scale them"
        raise ValueError(f"{name} has a sample of {rows[outside][0]}; {scale}: {hint}, or give names or hex strings")
    rgba = np.full((len(rows), 4), full, dtype)
    rgba[:, :3] = rows[:, : 3 if rows.shape[1] > 2 else 1]
    if rows.shape[1] % 2 == 0:
        rgba[:, 3] = rows[:, -1]
    return rgba


def _shown(color: NDArray[Any]) -> str:
    return f"({', '.join(f'{sample:g}' for sample in color.astype(float))})"
