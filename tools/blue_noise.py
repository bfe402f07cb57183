"""Make the mask that `dither="blue-noise"` needs, by void and cluster: `python tools/blue_noise.py` writes it anew.

R. A. Ulichney, The void-and-cluster method for dither array generation, Proceedings of SPIE 1913, 1993. Energies are
whole numbers, so that every machine makes the same mask.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).parents[1] / "src/pil_kmeans/stages/dithering/blue_noise.npy"
SIZE = 64
_SIGMA = 1.5
_INITIAL_SHARE = 1 / 10


def void_and_cluster(size: int) -> NDArray[np.uint16]:
    """Rank the places of a tile, (size, size), so that the first n of them are evenly spread, whatever n."""
    initial = _initial_pattern(size)
    ranks = np.empty(size**2, np.uint16)

    pattern = initial.copy()
    for rank in reversed(range(initial.n_ones)):
        ranks[pattern.clear_tightest_cluster()] = rank

    # In Ulichney's third phase, ones of the majority, the tightest cluster of zeros is the largest void of ones: the
    # energies of both add up to the same everywhere.
    pattern = initial.copy()
    for rank in range(initial.n_ones, size**2):
        ranks[pattern.set_largest_void()] = rank
    return ranks.reshape(size, size)


class _Pattern:
    """Ones in a tile, and around every place the Gaussian-weighted number of them, across the tile's borders."""

    def __init__(self, size: int) -> None:
        distance = np.minimum(np.arange(size), size - np.arange(size))
        weight = np.exp(-(np.add.outer(distance**2, distance**2)) / (2 * _SIGMA**2))
        self._weights = np.tile(np.rint(2**20 * weight).astype(np.int64), (2, 2))
        self._size = size
        self._is_one = np.zeros(size**2, np.bool_)
        self._energy = np.zeros((size, size), np.int64)

    @property
    def n_ones(self) -> int:
        return int(self._is_one.sum())

    def copy(self) -> _Pattern:
        other = _Pattern(self._size)
        other._is_one, other._energy = self._is_one.copy(), self._energy.copy()
        return other

    def set_one(self, place: int) -> None:
        self._is_one[place] = True
        self._energy += self._weights_around(place)

    def clear_tightest_cluster(self) -> int:
        """Remove the one that has the most others around it; the first of several."""
        place = int(np.where(self._is_one, self._energy.ravel(), -1).argmax())
        self._is_one[place] = False
        self._energy -= self._weights_around(place)
        return place

    def set_largest_void(self) -> int:
        """Add a one where there are the fewest around; at the first of several places."""
        place = int(np.where(self._is_one, np.iinfo(np.int64).max, self._energy.ravel()).argmin())
        self.set_one(place)
        return place

    def _weights_around(self, place: int) -> NDArray[np.int64]:
        size = self._size
        y, x = divmod(place, size)
        return self._weights[size - y : 2 * size - y, size - x : 2 * size - x]


def _initial_pattern(size: int) -> _Pattern:
    """Spread some ones at random, then move them from clusters to voids until they are even."""
    pattern = _Pattern(size)
    generator = random.Random(0)
    places = sorted(range(size**2), key=lambda _: generator.random())
    for place in places[: max(1, round(_INITIAL_SHARE * size**2))]:
        pattern.set_one(place)
    while True:
        cluster = pattern.clear_tightest_cluster()
        if pattern.set_largest_void() == cluster:
            return pattern


if __name__ == "__main__":
    np.save(PATH, void_and_cluster(SIZE))
