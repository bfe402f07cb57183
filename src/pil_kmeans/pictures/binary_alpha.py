"""Binary alpha: pixels that are either opaque or fully transparent, for containers that have nothing between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.options import is_number
from ..stages.samples import full_scale


def check_alpha_threshold(threshold: Any) -> None:
    """Check the option.

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is not from 0 to 1.
    """
    if not is_number(threshold):
        raise TypeError(
            f"alpha_threshold must be a number from 0 to 1, got {threshold!r} of type {type(threshold).__name__}"
        )
    if not 0 <= threshold <= 1:  # NaN, too
        raise ValueError(f"alpha_threshold must be from 0 to 1, got {threshold}")


def binary_alpha(colors: NDArray[Any], threshold: float) -> NDArray[Any]:
    """Make colours (..., C) opaque whose alpha is at least `threshold`, but not 0, and others fully transparent.

    Returns
    -------
    ndarray of shape (..., C)

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.pictures.binary_alpha import binary_alpha
    >>> binary_alpha(np.array([[9, 0], [9, 99], [9, 200]], np.uint8), 0.5).tolist()
    [[9, 0], [9, 0], [9, 255]]
    """
    if colors.shape[-1] % 2:
        return colors
    full = full_scale(colors.dtype)
    is_opaque = (colors[..., -1] >= threshold * full) & (colors[..., -1] > 0)
    result = colors.copy()
    result[..., -1] = np.where(is_opaque, full, 0)
    return result
