"""Steady: dithered frames that do not flicker where nothing changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def steady(indices: NDArray[Any], samples: NDArray[Any]) -> NDArray[Any]:
    """Let pixels whose colour stays as it is keep their index from frame to frame.

    Error diffusion carries every change on to all pixels behind it: a pixel of the same colour gets another dot in each
    frame. Their mean is right in all of them, so the dots of an earlier frame do as well; only at the rim of what
    changes a few errors are not made up for.

    Parameters
    ----------
    indices : ndarray of shape (N, H, W)
        Frames, each dithered for itself with the same palette.
    samples : ndarray of shape (N, H, W, C)
        Their colours.

    Returns
    -------
    ndarray of shape (N, H, W)

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dithering.steady import steady
    >>> steady(np.array([[[0, 1, 0]], [[1, 0, 1]]]), np.array([[[[7], [7], [7]]], [[[7], [7], [9]]]]))
    array([[[0, 1, 0]],
    <BLANKLINE>
           [[0, 1, 1]]])
    """
    result = indices.copy()
    for n in range(1, len(result)):
        stays = np.logical_and.reduce(samples[n] == samples[n - 1], axis=-1)
        np.copyto(result[n], result[n - 1], where=stays)
    return result
