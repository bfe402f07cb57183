"""Fuzzing: random cases by number, in a process that may crash or hang, and a report of what went wrong.

A case is made of its target and number only: `python -m fuzz native --case 1234` runs one again. Under sanitizers,
which `nox -s fuzz` builds with, memory errors and undefined behaviour end the process, and are found as crashes are.
"""

from __future__ import annotations

import argparse
import faulthandler
import selectors
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from typing import IO

TARGETS = ("native", "arrays", "files")
PATIENCE = 60.0  # seconds of the processor for one case; sanitizers are slow
MOST_WAITED = 10  # times that, for what waits for ever
MOST_SHOWN = 20  # findings of a target
MOST_LINES, MOST_COLUMNS = 12, 160  # of what a process says at its end
CASES_A_PROCESS = 2000  # then anew, for memory that grows would be lost among many


def run_case(target: str, number: int) -> None:
    """Run one case; it raises what it finds."""
    import numpy as np

    from fuzz.faces import fuzz_arrays, fuzz_files, quiet
    from fuzz.native import fuzz_native

    quiet()
    functions = {"native": fuzz_native, "arrays": fuzz_arrays, "files": fuzz_files}
    functions[target](np.random.default_rng([TARGETS.index(target), number]))


def work(target: str, first: int, n: int) -> None:
    """In the process that may crash: cases, each said before and after."""
    faulthandler.enable()
    for number in range(first, first + n):
        print("begin", number, flush=True)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, PATIENCE)  # which ends the process, in native code as well
        try:
            run_case(target, number)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            lines = traceback.format_exc().strip().splitlines()
            print("found", number, repr("\n".join(lines[-25:])), flush=True)
        print("end", number, flush=True)


def search(target: str, first: int, seconds: float, most: int) -> tuple[int, dict[int, str]]:
    """Run cases until the time is over; return how many there were, and what was found by number."""
    end, number, found = time.monotonic() + seconds, first, {}
    while time.monotonic() < end and number - first < most:
        n = min(CASES_A_PROCESS, most - (number - first))
        command = [sys.executable, "-m", "fuzz", target, "--worker", str(number), str(n)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
            number = follow(process, number, end, found)
    return number - first, found


def follow(process: subprocess.Popen[str], number: int, end: float, found: dict[int, str]) -> int:
    """Read what a process says until it ends, or the time is over; return the number of the next case."""
    assert process.stdout is not None
    said: list[str] = []
    running = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(MOST_WAITED * PATIENCE):
                found[number] = f"no end after {MOST_WAITED * PATIENCE:.0f} s"
                process.kill()
                return number + 1
            line = process.stdout.readline()
            if not line:
                break
            word, _, rest = line.partition(" ")
            if word == "begin":
                running, said = int(rest), []
            elif word == "end":
                number, running = int(rest) + 1, None
                if time.monotonic() > end:
                    process.kill()
                    return number
            elif word == "found":
                which, _, text = rest.partition(" ")
                found[int(which)] = text
            else:
                said.append(line.rstrip())
    if process.wait() != 0 or running is not None:
        number = number if running is None else running
        last = "\n".join(line[:MOST_COLUMNS] for line in said[:MOST_LINES])
        found[number] = f"the process ended with {process.returncode}:\n{last}"
        if process.returncode == -getattr(signal, "SIGPROF", 0):
            found[number] = f"no end after {PATIENCE:.0f} s of the processor"
        return number + 1
    return number


def main(words: Sequence[str], out: IO[str] = sys.stdout) -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together (default: %(default)s)")
    parser.add_argument("--cases", type=int, default=10**9, help="of each target at most")
    parser.add_argument("--first", type=int, default=0, help="number of the first case (default: %(default)s)")
    parser.add_argument("--case", type=int, help="run this one here, and nothing else")
    parser.add_argument("--worker", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    targets = options.targets or list(TARGETS)
    if unknown := set(targets) - set(TARGETS):
        parser.error(f"targets are {', '.join(TARGETS)}, got {', '.join(unknown)}")
    if options.worker:
        work(targets[0], *options.worker)
        return 0
    if options.case is not None:
        for target in targets:
            run_case(target, options.case)
        return 0
    n_found = 0
    for target in targets:
        start = time.monotonic()
        n, found = search(target, options.first, options.seconds / len(targets), options.cases)
        print(f"{target}: {n:,} cases in {time.monotonic() - start:.0f} s, {len(found)} findings", file=out, flush=True)
        for number, text in list(found.items())[:MOST_SHOWN]:
            shown = text.encode().decode("unicode_escape") if text.startswith("'") else text
            print(f"\n-- python -m fuzz {target} --case {number}\n{shown}\n", file=out, flush=True)
        n_found += len(found)
    return 1 if n_found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
