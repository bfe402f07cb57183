"""Soft alpha: opaque entries for opaque colours, where others near them are nearly opaque.

Opaque pixels stay opaque: they may have opaque entries only. K-means does not know that, and gives an opaque colour and
those of slightly less alpha one center between them. So centers are made opaque where that is better for all that is
near, and then all are moved a few times with the opaque colours going to opaque ones only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import Points, point_rows
from .threads import count_threads

_STEPS = 4
_BLOCK = 1 << 18  # points, whose numbers are in memory,
_PIECE = 1 << 15  # and whose coordinates are
_NEARLY_OPAQUE = 30 / 255  # what alpha may lack so that nobody sees it made up for
_PATIENCE = 16  # with what opaque pixels save there, against what the others lose


def settle_alpha(
    centers: NDArray[np.float64],
    points: Points,
    weights: NDArray[Any],
    is_opaque: NDArray[np.bool_],
    *,
    fixed: Points,
    is_fixed_opaque: NDArray[np.bool_],
    alpha_scale: float,
    n_threads: int | None,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Choose which centers are opaque, and move them to what they then stand for.

    Parameters
    ----------
    centers : ndarray of shape (k, 4)
        float64, in working units; coordinate 3 is alpha.
    points : ndarray of shape (2, n, 2)
        Working points of all visible colours.
    weights : ndarray of shape (n,)
        Not negative.
    is_opaque : ndarray of shape (n,)
        Which of the points are opaque.
    fixed : ndarray of shape (2, m, 2)
        Points of locked visible entries, which keep their colours and those that are nearest to them.
    is_fixed_opaque : ndarray of shape (m,)
        Which of the locked entries are opaque.
    alpha_scale : float
        Working units from fully transparent to opaque.
    n_threads : int or None
        The result does not depend on it.

    Returns
    -------
    centers : ndarray of shape (k, 4)
        Where they stand for something the means of their points, with the alpha of opaque points if opaque.
    is_opaque_center : ndarray of shape (k,)
        One at least with the locked, if a point is opaque.
    """
    m, k, threads = len(is_fixed_opaque), len(centers), count_threads(n_threads)
    if not is_opaque.any() or k == 0:
        return centers, np.zeros(k, dtype=np.bool_)
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(is_opaque), _BLOCK)]
    opaque_alpha = float(points[1, is_opaque.argmax(), 1])
    entries = np.concatenate([point_rows(fixed).astype(np.float64), centers])
    is_free = np.arange(m + k) >= m
    is_solid = np.concatenate([is_fixed_opaque, np.zeros(k, dtype=np.bool_)])

    def part(block: slice) -> tuple[Points, NDArray[np.float64], NDArray[np.bool_]]:
        weighed = weights[block] + 2.0**-30  # no weight decides where no other does
        return np.ascontiguousarray(points[:, block]), weighed, is_opaque[block]

    def nearest_solid(own_points: Points, solid: NDArray[np.bool_]) -> NDArray[np.intp]:
        among = np.flatnonzero(is_solid)
        labels = _native.nearest_labels(np.ascontiguousarray(own_points[:, solid]), _on_grid(entries[among]), threads)
        return among[labels]

    def changes(
        own_points: Points, nearest: NDArray[np.uint16], is_solid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Tell how much closer opaque points come if their entry becomes opaque, and how much farther away others."""
        closer, farther = [], []
        for start in range(0, len(nearest), _PIECE):
            piece = slice(start, start + _PIECE)
            some, solid = np.ascontiguousarray(own_points[:, piece]), is_solid[piece]
            rows, now = point_rows(some).astype(np.float64), entries[nearest[piece]]
            own, alpha = rows[solid], rows[~solid, 3]
            less = np.square(own - entries[nearest_solid(some, solid)]).sum(axis=1)
            closer.append(less - np.square(own[:, :3] - now[solid, :3]).sum(axis=1))
            farther.append(np.square(alpha - opaque_alpha) - np.square(alpha - now[~solid, 3]))
        return np.concatenate(closer), np.concatenate(farther)

    labels = np.empty(len(is_opaque), np.uint16)
    for step in range(_STEPS):
        of_solid, of_all = np.zeros(m + k), np.zeros(m + k)
        for block in blocks:
            own_points, own_weights, solid = part(block)
            nearest = _native.nearest_labels(own_points, _on_grid(entries), threads)
            of_all += np.bincount(nearest, own_weights, m + k)
            of_solid += np.bincount(nearest[solid], own_weights[solid], m + k)
            labels[block] = nearest
        if step == 0:
            is_solid |= is_free & (2 * of_solid > of_all)
        if not is_solid.any():
            is_solid[m + of_solid[m:].argmax()] = True
        # What the opaque points of an entry save if it becomes opaque, against what its others lose in alpha.
        saved, lost = np.zeros(m + k), np.zeros(m + k)
        for block in blocks:
            own_points, own_weights, solid = part(block)
            less, more = changes(own_points, labels[block], solid)
            saved += np.bincount(labels[block][solid], own_weights[solid] * np.maximum(less, 0), m + k)
            lost += np.bincount(labels[block][~solid], own_weights[~solid] * more, m + k)
        saved[opaque_alpha - entries[:, 3] <= _NEARLY_OPAQUE * alpha_scale] *= _PATIENCE
        is_solid |= is_free & (saved > lost) & (of_solid > 0)
        entries[is_solid & is_free, 3] = opaque_alpha
        totals, sums = np.zeros(m + k), np.zeros((m + k, 4))
        for block in blocks:
            own_points, own_weights, solid = part(block)
            nearest = labels[block]
            nearest[solid] = nearest_solid(own_points, solid)
            totals += np.bincount(nearest, own_weights, m + k)
            for d in range(4):
                sums[:, d] += np.bincount(nearest, own_weights * own_points[d // 2, :, d % 2], m + k)
        moves = is_free & (totals > 0)
        entries[moves] = sums[moves] / totals[moves, np.newaxis]
        entries[is_solid & is_free, 3] = opaque_alpha
    return entries[m:], is_solid[m:]


def _on_grid(entries: NDArray[np.float64]) -> Points:
    pairs = np.rint(entries).astype(np.int16).reshape(-1, 2, 2)
    return np.ascontiguousarray(pairs.transpose(1, 0, 2))
