"""How alike judges order the methods."""

from collections.abc import Iterable
from itertools import product
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.groups import group
from benchmarks.judges import JUDGES

LEAST = 3  # methods, of which an order says something


def agreement(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """Rank correlation of each pair of judges, the mean over pictures, backgrounds and palette sizes.

    1 is the same order of methods everywhere, 0 as good as none, -1 the reverse. Equal scores share their rank, and
    where a judge finds all methods equal, its order says nothing.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for own in group(rows, "picture", "background", "n_colors").values():
        ranks = {}
        for judge in JUDGES:
            values = [judge.better * row["scores"].get(judge.key, 0) for row in own] if judge.better else []
            if len(values) >= LEAST and len(set(values)) > 1:
                ranks[judge.key] = centred_ranks(values)
        for one, other in product(ranks, ranks):
            found.setdefault((one, other), []).append(cosine(ranks[one], ranks[other]))
    return {pair: mean(values) for pair, values in found.items()}


def centred_ranks(values: list[float]) -> np.ndarray:
    """Ranks with a mean of zero, the same for equal values."""
    array = np.array(values)
    return (array[:, None] > array).sum(axis=1) + (array[:, None] >= array).sum(axis=1) - float(len(array))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))
