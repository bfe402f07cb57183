"""How many threads a call may use."""

from __future__ import annotations

import os

MOST_THREADS = 64
"""Threads beyond the processors' number only cost memory; this many are started at most, or one a processor."""


def count_threads(n_threads: int | None) -> int:
    """Resolve ``n_threads``: None means ``OMP_NUM_THREADS`` if set, else the processors this process may use.

    More than `MOST_THREADS`, and more than there are processors, count as that many: results do not depend on it.
    """
    if n_threads is not None:
        return _capped(int(n_threads))
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first) > 0:
        return _capped(int(first))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _capped(n_threads: int) -> int:
    if n_threads <= MOST_THREADS:  # to ask for the processors takes longer than to count in many a stage
        return n_threads
    return min(n_threads, max(MOST_THREADS, os.cpu_count() or 1))
