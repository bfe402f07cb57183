"""Interleaved timing: A B C A B C, so that a busy moment falls on everybody."""

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median


def cpu_time() -> float:
    """Seconds of CPU time of this process, all of its threads together."""
    return time.process_time()


def all_cpu_time() -> float:
    """Seconds of CPU time of this process and of its children that ended."""
    from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

    usages = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def wall_time() -> float:
    return time.perf_counter()


def interleave(
    tasks: Mapping[str, Callable[[], object]],
    *,
    repeats: int,
    seconds: float = float("inf"),
    clock: Callable[[], float] = cpu_time,
    twice: bool = False,
) -> dict[str, list[float]]:
    """Milliseconds of every run of every task, after one round that does not count.

    Parameters
    ----------
    tasks : mapping of str to callable
        What to time, by name. Inputs are ready before; results are dropped.
    repeats : int
        Rounds.
    seconds : float
        Rounds stop after this much time, but not before the third.
    clock : callable
        `cpu_time` or `wall_time`.
    twice : bool
        Run each task once more before every run that counts: a core that has slept is slow at first.
    """
    for run in tasks.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    started = wall_time()
    for finished in range(repeats):
        if finished >= 3 and wall_time() - started > seconds:
            break
        for name, run in tasks.items():
            if twice:
                run()
            times[name].append(1000 * time_once(run, clock))
    return times


def time_once(run: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()
    try:
        start = clock()
        result = run()
        stop = clock()
    finally:
        gc.enable()
    del result
    return stop - start


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: median(runs) for name, runs in times.items()}
