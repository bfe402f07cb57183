"""The order of a palette, from sums over all pairs at every step."""

import math

import numpy as np

COSTS = np.array([math.floor(64 * math.log2(1 + d / 8) + 0.5) for d in range(256)], np.int64)
FIRST_THRESHOLD = 500
MAX_PASSES = 32


def neighbor_counts(indices, n_entries):
    """How often two different entries are beside or above each other."""
    counts = np.zeros((n_entries, n_entries), np.int64)
    for one, other in ((indices[:, 1:], indices[:, :-1]), (indices[1:], indices[:-1])):
        np.add.at(counts, (one.ravel(), other.ravel()), 1)
        np.add.at(counts, (other.ravel(), one.ravel()), 1)
    np.fill_diagonal(counts, 0)
    return counts


def cost(counts, order, costs):
    """Sum over all pairs of places, each pair twice."""
    places = np.arange(len(order))
    return int((counts[np.ix_(order, order)] * costs[np.abs(places[:, np.newaxis] - places)]).sum())


def swapped(order, a, b):
    """A copy with two entries swapped."""
    order = order.copy()
    order[a], order[b] = order[b], order[a]
    return order


def insertion(counts, n_first):
    """The most connected entry next, where plain distances weighted with counts become least."""
    order, left = [], set(range(len(counts)))
    while left:
        entry = min(left, key=lambda e: (-counts[e, order].sum(), e))
        n_placed_first = sum(e < n_first for e in order)
        gaps = range(n_placed_first + 1) if entry < n_first else range(n_placed_first, len(order) + 1)
        order = min(
            ([*order[:gap], entry, *order[gap:]] for gap in gaps), key=lambda o: cost(counts, o, np.arange(256))
        )
        left.remove(entry)
    return np.array(order)


def descend(counts, order, n_first):
    """The best swap of each place in turn, until none gains."""
    n = len(order)
    for _ in range(MAX_PASSES):
        before = order
        for place in range(n):
            end = n_first if place < n_first else n
            trials = [order] + [swapped(order, place, other) for other in range(place + 1, end)]
            order = min(trials, key=lambda trial: cost(counts, trial, COSTS))
        if np.array_equal(order, before):
            break
    return order


def wander(counts, order, n_first, n_trials):
    """Threshold accepting."""
    n = len(order)
    highest = cost(counts, order, COSTS) / FIRST_THRESHOLD
    state = 0

    def below(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 32) * n >> 32

    for trial in range(n_trials):
        left = 1 - trial / n_trials
        place = below(n)
        other = below(n_first) if place < n_first else n_first + below(n - n_first)
        changed = swapped(order, place, other)
        change = (cost(counts, changed, COSTS) - cost(counts, order, COSTS)) // 2
        if place != other and change < highest * left * left * left:
            order = changed
    return order


def palette_order(counts, n_first, n_trials):
    """Insertion, descent, and what wandering finds beyond it."""
    descended = descend(counts, insertion(counts, n_first), n_first)
    if n_trials == 0:
        return descended
    found = descend(counts, wander(counts, descended, n_first, n_trials), n_first)
    return min((descended, found), key=lambda order: cost(counts, order, COSTS))
