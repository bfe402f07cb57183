"""Signals at random moments of `pil-kmeans compress`: no half file, no original lost, nothing left lying about.

Each round is made of its number: which way of the command, which signal, and after what share of the time that the
command takes undisturbed. `python -m fuzz.signals --rounds 100`; not on Windows. Only SIGKILL, of which a process knows
nothing, may leave a temporary file.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
WAYS = {
    "files": ["{given}", "-o", "{made}/"],
    "two jobs": ["{given}", "--jobs", "2", "-o", "{made}/"],
    "in place": ["{given}", "--in-place"],
    "in place, two jobs": ["{given}", "--in-place", "--jobs", "2"],
    "a GIF": ["{given}/0.png", "-o", "{made}/0.gif"],
    "over what is there": ["{given}/0.png", "-o", "{made}/0.png", "--force"],
}
N_FILES, SIZE = 4, (240, 160)
PATIENCE = 60.0  # seconds until it has to have ended


def pictures() -> dict[str, bytes]:
    """Files that are given."""
    files = {}
    for n in range(N_FILES):
        rng = np.random.default_rng(n)
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        waves = np.stack([127 + 90 * np.sin(x / (9 + c + n)) * np.cos(y / (7 + c)) for c in range(3)], axis=-1)
        noisy = np.clip(waves + rng.normal(0, 6, waves.shape), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(noisy).save(file, "PNG")
        files[f"{n}.png"] = file.getvalue()
    return files


def run_round(way: str, files: dict[str, bytes], number: int | None, lasting: float) -> tuple[list[str], float, int]:
    """Start the command, send a signal; return what is wrong, how long it took, and how it ended."""
    rng = np.random.default_rng(number)
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "given"), Path(folder, "made")
        given.mkdir()
        made.mkdir()
        for name, data in files.items():
            (given / name).write_bytes(data)
        there = way == "over what is there"
        if there:
            shutil.copy(given / "0.png", made / "0.png")
        arguments = [argument.format(given=given, made=made) for argument in WAYS[way]]
        start = time.monotonic()
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        process = subprocess.Popen([sys.executable, "-m", "pil_kmeans", "compress", *arguments], **pipes)  # type: ignore[call-overload]
        sent = None
        if number is not None:
            sent = SIGNALS[number % len(SIGNALS)]
            time.sleep(float(rng.uniform(0, lasting)))
            process.send_signal(sent)
        try:
            said = process.communicate(timeout=PATIENCE)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            process.kill()
            return [f"{way}, {sent!r}: no end after {PATIENCE:.0f} s"], PATIENCE, -1
        took = time.monotonic() - start
        if sent is signal.SIGKILL:
            time.sleep(1.0)  # workers notice that nobody is left
        faults = [f"{way}, {sent!r}: {fault}" for fault in faults_of(given, made, files, there, sent)]
        if "Traceback" in said:
            faults.append(f"{way}, {sent!r}: says {said.strip()[-300:]}")
        return faults, took, process.returncode


def faults_of(given: Path, made: Path, files: dict[str, bytes], there: bool, sent: signal.Signals | None) -> list[str]:
    """What must not be: files that are lost, half or left."""
    faults = []
    for name in files:
        if not (given / name).exists():
            faults.append(f"{name} is lost")
    if there and not (made / "0.png").exists():
        faults.append("what was there is lost")
    for path in [*given.iterdir(), *made.iterdir()]:
        if path.name not in files and path.name != "0.gif":
            if sent is not signal.SIGKILL:
                faults.append(f"{path.name} is left")
            continue
        try:
            with Image.open(path) as image:
                image.load()
                if image.size != SIZE:
                    faults.append(f"{path.name} has another size")
        except Exception as error:
            faults.append(f"{path.name} cannot be read: {error}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.signals", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100, help="signals (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first round (default: %(default)s)")
    arguments = parser.parse_args()
    files, found, ends = pictures(), 0, Counter[int]()
    lasting = {}
    for way in WAYS:
        faults, lasting[way], status = run_round(way, files, None, 0.0)
        if faults or status:
            print(f"{way}: ends with {status} undisturbed: {faults}")
            return 1
    for number in range(arguments.first, arguments.first + arguments.rounds):
        way = [*WAYS][number // len(SIGNALS) % len(WAYS)]
        faults, _, status = run_round(way, files, number, lasting[way])
        ends[status] += 1
        found += len(faults)
        for fault in faults:
            print(f"round {number}: {fault}", flush=True)
    print(f"{arguments.rounds} signals, {found} faults; it ended with {dict(ends)}")
    return 1 if found else 0


if __name__ == "__main__":
    if os.name == "nt":
        sys.exit("signals are not sent on Windows")
    sys.exit(main())
