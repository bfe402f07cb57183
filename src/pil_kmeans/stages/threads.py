"""How many threads a call may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .progress import Progress, silent

Item = TypeVar("Item")
Result = TypeVar("Result")

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


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], n_threads: int, progress: Progress = silent
) -> list[Result]:
    """Call a function that releases the GIL with each item; the results are in the order of the items.

    The threads end with the call, also with an exception of one of them. Progress is told in the caller's.
    """
    items = list(items)
    n_threads = min(n_threads, len(items))
    if n_threads <= 1:
        results = []
        for item in items:
            results.append(function(item))
            progress(len(results) / len(items))
        return results
    with ThreadPoolExecutor(n_threads - 1) as pool:
        # The caller's thread works, too: it takes what no other has begun.
        futures = [pool.submit(function, item) for item in items]
        results = []
        try:
            for future, item in zip(reversed(futures), reversed(items), strict=True):
                results.append(function(item) if future.cancel() else future.result())
                progress(sum(each.done() for each in futures) / len(futures))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results[::-1]


def _capped(n_threads: int) -> int:
    if n_threads <= MOST_THREADS:  # to ask for the processors takes longer than to count in many a stage
        return n_threads
    return min(n_threads, max(MOST_THREADS, os.cpu_count() or 1))
