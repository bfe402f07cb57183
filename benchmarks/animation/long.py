"""Long animations: memory that a thousand frames take, and CPU time of each against gifski's.

Every measurement runs in a process of its own, after one picture has been written. Extra memory is the peak of resident
memory above that, of all encoders at the same time; CPU time is that of fewer frames, with nothing else running. Linux
only.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import needs
from benchmarks.animation.clips import photograph
from benchmarks.animation.encoders import DURATION, cpu_seconds, gifski
from benchmarks.memory import MIB, resident_bytes, restarted_peak
from benchmarks.tables import print_table
from pil_kmeans import encode_gif, encode_png

SIZE = 640, 480
MOST_EXTRA = 300_000_000
MOST_CPU = 2.5
TIMED_FRAMES = 60
GIFSKI_FRAMES = 24
ENCODERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "encode_gif": (encode_gif, {}),
    "encode_png, fast": (encode_png, {"compression": "fast"}),
}


def frames(n_frames: int) -> Iterator[np.ndarray]:
    """A photograph that moves by two pixels a frame, and one down, and back."""
    width, height = SIZE
    image = np.asarray(photograph("china").resize((2 * width, 2 * height)))
    for n in range(n_frames):
        x, y = (side - abs(step * n % (2 * side) - side) for side, step in ((width, 2), (height, 1)))
        yield image[y : y + height, x : x + width]


def measure_long(n_frames: int) -> list[dict[str, Any]]:
    """Write so many frames by each encoder."""
    timed = _in_processes(min(n_frames, TIMED_FRAMES), at_once=1)
    long = timed if n_frames <= TIMED_FRAMES else _in_processes(n_frames, at_once=len(ENCODERS))
    records = [
        {"encoder": name, "n_frames": n_frames} | of_all | {"cpu_per_frame": of_some["cpu_per_frame"]}
        for name, of_all, of_some in zip(ENCODERS, long, timed, strict=True)
    ]
    if needs.program("gifski")() is None:
        records.append({"encoder": "gifski 90", "n_frames": GIFSKI_FRAMES} | _gifski())
    return records


def show_long(records: list[dict[str, Any]]) -> None:
    known = {record["encoder"]: record["cpu_per_frame"] for record in records}
    peer = known.get("gifski 90")
    rows = []
    for record in records:
        extra, ratio = record["extra_bytes"], record["cpu_per_frame"] / peer if peer else None
        cells = [record["encoder"], record["n_frames"], record["bytes"], None if extra is None else extra / MIB]
        rows.append([*cells, 1000 * record["cpu_per_frame"], ratio])
    print_table(
        f"{SIZE[0]} x {SIZE[1]}",
        ["", "frames", "bytes", f"extra MiB, at most {MOST_EXTRA / MIB:.0f}", "CPU ms / frame", "to gifski's"],
        rows,
    )
    print(f"A frame of a GIF may take {MOST_CPU} times the CPU time of gifski's.")


def _in_processes(n_frames: int, *, at_once: int) -> list[dict[str, Any]]:
    with multiprocessing.get_context("spawn").Pool(at_once, maxtasksperchild=1) as pool:
        return pool.starmap(_measure, [(name, n_frames) for name in ENCODERS], chunksize=1)


def _measure(name: str, n_frames: int) -> dict[str, Any]:
    encode, options = ENCODERS[name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "result"
        encode(next(frames(1)), to=path, n_threads=1, **options)
        before, start = restarted_peak(), time.process_time()
        encode(lambda: frames(n_frames), to=path, duration=DURATION, n_threads=1, **options)
        cpu = time.process_time() - start
        extra = resident_bytes("VmHWM") - before
        return {"bytes": os.path.getsize(path), "extra_bytes": extra, "cpu_per_frame": cpu / n_frames}


def _gifski() -> dict[str, Any]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for n, frame in enumerate(frames(GIFSKI_FRAMES)):
            Image.fromarray(frame).save(folder / f"{n:04}.png", compress_level=1)
        start = cpu_seconds()
        data = gifski([], folder, quality=90)
        cpu = cpu_seconds() - start
    return {"bytes": len(data), "extra_bytes": None, "cpu_per_frame": cpu / GIFSKI_FRAMES}
