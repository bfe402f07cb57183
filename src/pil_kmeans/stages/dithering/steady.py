"""Steady: dithered frames that do not flicker where nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..in_order import Series


def steady(indices: Series, samples: Series) -> Iterator[NDArray[Any]]:
    """Let pixels whose colour stays as it is keep their index from frame to frame.

    Error diffusion carries every change on to all pixels behind it: a pixel of the same colour gets another dot in each
    frame. Their mean is right in all of them, so the dots of an earlier frame do as well; only at the rim of what
    changes a few errors are not made up for.

    Parameters
    ----------
    indices : Series
        Frames (H, W), each dithered for itself with the same palette.
    samples : Series
        Their colours (H, W, C).

    Yields
    ------
    ndarray of shape (H, W)

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dithering.steady import steady
    >>> dithered = np.array([[[0, 1, 0]], [[1, 0, 1]]])
    >>> [frame.tolist() for frame in steady(dithered, np.array([[[[7], [7], [7]]], [[[7], [7], [9]]]]))]
    [[[0, 1, 0]], [[0, 1, 1]]]
    """
    shown = indices[0]
    yield shown
    for n in range(1, len(indices)):
        stays = np.logical_and.reduce(samples[n] == samples[n - 1], axis=-1)
        shown = np.where(stays, shown, indices[n])
        yield shown
