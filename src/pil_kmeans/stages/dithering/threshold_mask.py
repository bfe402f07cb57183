"""Masks of thresholds, for dithering where a pixel's entry depends on its colour and place only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLUE_NOISE = Path(__file__).with_name("blue_noise.npy")  # ranks, by void and cluster: tools/blue_noise.py
_BAYER_DOUBLINGS = 3  # 8 x 8


@cache
def threshold_mask(method: str) -> NDArray[np.uint16]:
    """Return the thresholds of "ordered" or "blue-noise", in 65536ths, evenly spaced: a tile, (height, width).

    Notes
    -----
    B. E. Bayer, An optimum method for two-level rendition of continuous-tone pictures, IEEE International Conference on
    Communications, 1973. R. A. Ulichney, The void-and-cluster method for dither array generation, Proceedings of SPIE
    1913, 1993.
    """
    ranks = MASKS[method]()
    mask: NDArray[np.uint16] = ((2 * ranks.astype(np.int64) + 1) * 32768 // ranks.size).astype(np.uint16)
    mask.setflags(write=False)
    return mask


def _bayer_ranks() -> NDArray[Any]:
    ranks = np.zeros((1, 1), np.int64)
    for _ in range(_BAYER_DOUBLINGS):
        ranks = np.block([[4 * ranks, 4 * ranks + 2], [4 * ranks + 3, 4 * ranks + 1]])
    return ranks


def _blue_noise_ranks() -> NDArray[Any]:
    ranks: NDArray[Any] = np.load(_BLUE_NOISE)
    return ranks


MASKS: Mapping[str, Callable[[], NDArray[Any]]] = {"ordered": _bayer_ranks, "blue-noise": _blue_noise_ranks}
"""Method -> the ranks of its thresholds, all different, 0 and up."""
