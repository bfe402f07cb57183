"""How many threads a call may use."""

from __future__ import annotations

import os


def count_threads(n_threads: int | None) -> int:
    """Resolve ``n_threads``: None means ``OMP_NUM_THREADS`` if set, else the processors this process may use."""
    if n_threads is not None:
        return n_threads
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first) > 0:
        return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
