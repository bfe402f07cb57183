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
    solid, soft = np.flatnonzero(is_opaque), np.flatnonzero(~is_opaque)
    if len(solid) == 0 or k == 0:
        return centers, np.zeros(k, dtype=np.bool_)
    rows = point_rows(points).astype(np.float64)
    opaque_alpha = rows[solid[0], 3]
    solid_points = np.ascontiguousarray(points[:, solid])
    weights = weights + 2.0**-30  # no weight decides where no other does
    entries = np.concatenate([point_rows(fixed).astype(np.float64), centers])
    is_free = np.arange(m + k) >= m
    is_solid = np.concatenate([is_fixed_opaque, np.zeros(k, dtype=np.bool_)])
    for step in range(_STEPS):
        nearest = _native.nearest_labels(points, _on_grid(entries), threads).astype(np.intp)
        of_solid = np.bincount(nearest[solid], weights[solid], m + k)
        if step == 0:
            is_solid |= is_free & (2 * of_solid > np.bincount(nearest, weights, m + k))
        if not is_solid.any():
            is_solid[m + of_solid[m:].argmax()] = True
        among = np.flatnonzero(is_solid)
        chosen = among[_native.nearest_labels(solid_points, _on_grid(entries[among]), threads)]
        # What the opaque points of an entry save if it becomes opaque, against what its others lose in alpha.
        own = entries[nearest[solid]]
        saved = np.square(rows[solid] - entries[chosen]).sum(axis=1)
        saved -= np.square(rows[solid, :3] - own[:, :3]).sum(axis=1)
        alpha, at = rows[soft, 3], entries[nearest[soft], 3]
        lost = np.square(alpha - opaque_alpha) - np.square(alpha - at)
        gain = np.bincount(nearest[solid], weights[solid] * np.maximum(saved, 0), m + k)
        gain[opaque_alpha - entries[:, 3] <= _NEARLY_OPAQUE * alpha_scale] *= _PATIENCE
        gain -= np.bincount(nearest[soft], weights[soft] * lost, m + k)
        turned = is_free & ~is_solid & (gain > 0) & (of_solid > 0)
        is_solid |= turned
        among = np.flatnonzero(is_solid)
        entries[is_solid & is_free, 3] = opaque_alpha
        nearest[solid] = among[_native.nearest_labels(solid_points, _on_grid(entries[among]), threads)]
        totals = np.bincount(nearest, weights, m + k)
        moves = is_free & (totals > 0)
        for d in range(4):
            sums = np.bincount(nearest, weights * rows[:, d], m + k)
            entries[moves, d] = sums[moves] / totals[moves]
        entries[is_solid & is_free, 3] = opaque_alpha
    return entries[m:], is_solid[m:]


def _on_grid(entries: NDArray[np.float64]) -> Points:
    pairs = np.rint(entries).astype(np.int16).reshape(-1, 2, 2)
    return np.ascontiguousarray(pairs.transpose(1, 0, 2))
