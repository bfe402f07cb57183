"""Larger than memory: memory, CPU and wall time of fits of Dask arrays, memmaps and a thousand pictures.

Memory is the most that all processes of a measurement had in private pages that they have written, together: Dask's
scheduler, client and workers with all of their libraries; "idle" is what they had before. Pages of files, which the
system may drop, do not count. Linux only.

CPU of a fit is that of all of these processes from the call of `fit` to its end. It is divided by that of making the
same blocks, one after the other, and counting each as a picture in memory is, its colours and its smoothness, with
nothing else: "of reading" in one process without Dask, whose allocator is set as Dask sets that of its workers; "of
workers" by `map_blocks` on as many workers. Times are those of a second fit, at whose memory nobody looks: looking
stops whoever asks for memory meanwhile. Each is measured in some rounds, in turns, and the least counts: of CPU and of
wall time, which other work on a machine only adds to. Of memory the most counts.
"""

import argparse
import multiprocessing
import os
import pickle
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.made.gigapixel import KINDS, block_of, dask_picture, places_of
from benchmarks.pictures import find_pictures
from benchmarks.tables import print_table

MB = 1e6
EVERY = 0.05  # seconds between looks at the memory
TICKS = os.sysconf("SC_CLK_TCK")
PARTS = ("dask", "memmap", "partial_fit", "bytes", "transform", "same")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--megapixels", type=int, default=1024, metavar="N", help="of the Dask arrays (default: %(default)s)")
    add("--memmap-megapixels", type=int, default=400, metavar="N", help="(default: %(default)s)")
    add("--pictures", type=int, default=1000, metavar="N", help="for partial_fit (default: %(default)s)")
    add("--side", type=int, default=2048, metavar="N", help="of the blocks (default: %(default)s)")
    add("--rounds", type=int, default=3, metavar="N", help="of the fits of Dask arrays (default: %(default)s)")
    add("--only", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    record: dict[str, Any] = {}
    height = width = int((arguments.megapixels * 1e6) ** 0.5)
    size = height, width, arguments.side
    if "dask" in arguments.only:
        record["dask"] = [row for kind in KINDS for row in measure_dask(kind, *size, arguments.rounds)]
        print_table(
            f"Fit of a Dask array, {arguments.megapixels} Mpx in blocks of {arguments.side}: 256 colours",
            [
                "picture",
                "colours",
                "workers",
                "idle MB",
                "peak MB",
                "CPU s",
                "reading s",
                "workers s",
                "of reading",
                "of workers",
                "wall s",
                "times as fast",
            ],
            (list(row.values()) for row in record["dask"]),
        )
    if "transform" in arguments.only:
        ways = [(kind, by) for kind in KINDS for by in ("processes", "threads", "threads, trimmed")]
        record["transform"] = [transform_apart(kind, *size, by) for kind, by in ways]
        print_table(
            f"Lazy transform of {arguments.megapixels} Mpx, written to zarr by two",
            ["picture", "by", "idle MB", "peak MB", "CPU s", "wall s"],
            (list(row.values()) for row in record["transform"]),
        )
    if "memmap" in arguments.only:
        record["memmap"] = [apart(fit_memmap, kind, arguments.memmap_megapixels) for kind in KINDS]
        print_table(
            f"Fit of a memmap, {arguments.memmap_megapixels} Mpx, one thread",
            ["picture", "idle MB", "peak MB", "CPU s"],
            (list(row.values()) for row in record["memmap"]),
        )
    if "partial_fit" in arguments.only:
        record["partial_fit"] = apart(fit_many, arguments.pictures, arguments.images)
        print_table(
            f"partial_fit over {arguments.pictures} pictures of 768 x 512, CPU ms a picture",
            list(record["partial_fit"]),
            [list(record["partial_fit"].values())],
        )
    if "bytes" in arguments.only:
        record["bytes"] = list(bytes_sent(arguments.images))
        print_table(
            "What a block sends to the reduction: bytes",
            ["photograph", "Mpx", "colours", "bytes", "a pixel"],
            (list(row.values()) for row in record["bytes"]),
        )
    if "same" in arguments.only:
        record["same"] = apart(palettes_of_blocks)
        print_table("Palettes of one picture, 16.8 Mpx", ["blocks", "workers", "order", "same"], record["same"])
    return record


# --- measuring --------------------------------------------------------------------------------------------------------


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own, which may have children."""
    with multiprocessing.get_context("spawn").Pool(1, _not_daemonic) as pool:
        return pool.apply(function, arguments)


def _not_daemonic() -> None:
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]


def family(process: int) -> list[int]:
    """A process and all that it has started."""
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += family(int(child))
        except OSError:
            continue
    return found


def private_bytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(("Private_Dirty:", "Swap:")))


def cpu_seconds(processes: list[int]) -> float:
    total = 0
    for process in processes:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:13]))
    return total / TICKS


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """CPU and wall seconds of this process and its children, within the block; nobody looks at their memory."""
    figures: dict[str, float] = {}
    members = family(os.getpid())
    cpu, wall = cpu_seconds(members), time.perf_counter()
    yield figures
    wall = time.perf_counter() - wall
    figures |= {"cpu_s": cpu_seconds(members) - cpu, "wall_s": wall}


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Peak memory in MB, CPU and wall seconds of this process and its children, within the block."""
    figures: dict[str, float] = {}
    peak, looking, is_over = 0, 0.0, threading.Event()
    idle = sum(map(private_bytes, family(os.getpid())))

    def look() -> None:
        nonlocal peak, looking
        while True:
            peak = max(peak, sum(map(private_bytes, family(os.getpid()))))
            looking = time.thread_time()
            if is_over.wait(EVERY):
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        with timed() as times:
            yield figures
    finally:
        is_over.set()
        watcher.join()
    figures |= {"idle_mb": idle / MB, "peak_mb": peak / MB} | times | {"cpu_s": times["cpu_s"] - looking}


@contextmanager
def workers(n: int) -> Iterator[None]:
    from distributed import Client, LocalCluster

    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with LocalCluster(n_workers=n, memory_limit=0, **options) as cluster, Client(cluster):
        yield


# --- what is measured -------------------------------------------------------------------------------------------------


def measure_dask(kind: str, height: int, width: int, side: int, rounds: int) -> list[dict[str, Any]]:
    of_picture = kind, height, width, side
    readings: list[dict[str, Any]] = []
    by_workers: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    fits: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    for _ in range(rounds):
        with as_workers_are():
            readings.append(apart(read_blocks, *of_picture))
        for n_workers in fits:
            fits[n_workers].append(apart(fit_dask, *of_picture, n_workers))
            by_workers[n_workers].append(apart(read_by_workers, *of_picture, n_workers))
    reading = least(readings, "cpu_s")
    rows = []
    for n_workers, figures in fits.items():
        cpu, of_workers = least(figures, "cpu_s"), least(by_workers[n_workers], "cpu_s")
        rows.append(
            {
                "picture": kind,
                "distinct_colors": readings[0]["distinct_colors"],
                "workers": n_workers,
                "idle_mb": least(figures, "idle_mb"),
                "peak_mb": max(run["peak_mb"] for run in figures),
                "cpu_s": cpu,
                "reading_cpu_s": reading,
                "workers_cpu_s": of_workers,
                "cpu_ratio": cpu / reading,
                "cpu_ratio_by_workers": cpu / of_workers,
                "wall_s": least(figures, "wall_s"),
                "speedup": least(fits[1], "wall_s") / least(figures, "wall_s"),
            }
        )
    return rows


def least(runs: list[dict[str, Any]], name: str) -> float:
    return float(min(run[name] for run in runs))


@contextmanager
def as_workers_are() -> Iterator[None]:
    """For processes that are started meanwhile: the environment that Dask starts its workers in.

    It has their allocator give memory back to the system at once, which costs time.
    """
    import dask
    import distributed  # noqa: F401 - which sets it

    settings = dask.config.get("distributed.nanny.pre-spawn-environ")
    with patch.dict(os.environ, {name: str(value) for name, value in settings.items()}):
        yield


def read_blocks(kind: str, height: int, width: int, side: int) -> dict[str, Any]:
    """CPU of making and counting each block, and how many colours there are in all."""
    from pil_kmeans.stages.weighting import row_step

    step = row_step(height, width, "balanced")
    seen = np.zeros(1 << 24, bool)
    cpu = 0.0
    for place in places_of(height, width, side):
        start = time.process_time()
        keys = keys_of(block_of(kind, *place), step)
        cpu += time.process_time() - start
        seen[keys] = True
    return {"cpu_s": cpu, "distinct_colors": int(np.count_nonzero(seen))}


def keys_of(block: np.ndarray, step: int) -> np.ndarray:
    """Count a block as a picture in memory is: its colours, whose keys come back, and its smoothness."""
    from pil_kmeans.stages.histogram import histogram
    from pil_kmeans.stages.pixels import read_pixels
    from pil_kmeans.stages.weighting import Seen, seen_smoothness

    pixels = read_pixels(block)
    hist = histogram(pixels, n_threads=1)
    seen_smoothness(pixels.rows, block.shape[1], Seen.of(*block.shape[:2], step), None, n_threads=1)
    return hist.keys


def number_of_colors(block: np.ndarray, step: int) -> np.ndarray:
    return np.full((1, 1, 1), len(keys_of(block, step)))


def read_by_workers(kind: str, height: int, width: int, side: int, n_workers: int) -> dict[str, float]:
    """CPU of the same by a cluster, nothing of which is merged."""
    from pil_kmeans.stages.weighting import row_step

    def counted(*size: int) -> Any:
        options = {"step": row_step(height, width, "balanced"), "chunks": (1, 1, 1), "dtype": np.int64}
        return dask_picture(kind, *size).map_blocks(number_of_colors, **options, meta=np.empty((0, 0, 0), np.int64))

    with workers(n_workers):
        counted(64, 64, 32).compute()
        with timed() as times:
            counted(height, width, side).compute()
    return times


def fit_dask(kind: str, height: int, width: int, side: int, n_workers: int) -> dict[str, float]:
    from pil_kmeans import KMeansQuantizer

    with workers(n_workers):
        KMeansQuantizer(8).fit(dask_picture(kind, 64, 64, 32))
        with watched() as memory:
            KMeansQuantizer(n_threads=1).fit(dask_picture(kind, height, width, side))
        with timed() as times:
            KMeansQuantizer(n_threads=1).fit(dask_picture(kind, height, width, side))
    return memory | times


def transform_apart(kind: str, height: int, width: int, side: int, by: str) -> dict[str, Any]:
    with as_workers_are() if "trimmed" in by else nullcontext():
        return apart(transform_to_zarr, kind, height, width, side, by)


def transform_to_zarr(kind: str, height: int, width: int, side: int, by: str) -> dict[str, Any]:
    """By two processes of a cluster, or by two threads of one process."""
    import dask

    from pil_kmeans import KMeansQuantizer

    at_work = workers(2) if by == "processes" else dask.config.set(scheduler="threads", num_workers=2)
    with at_work, tempfile.TemporaryDirectory() as folder:
        quantizer = KMeansQuantizer(n_threads=1).fit(dask_picture(kind, 2 * side, 2 * side, side))
        quantizer.transform(dask_picture(kind, 64, 64, 32)).to_zarr(f"{folder}/first.zarr")
        with watched() as figures:
            quantizer.transform(dask_picture(kind, height, width, side)).to_zarr(f"{folder}/indices.zarr")
    return {"picture": kind, "by": by, **figures}


def fit_memmap(kind: str, megapixels: int) -> dict[str, Any]:
    from pil_kmeans import KMeansQuantizer

    width = 20_000
    height = int(megapixels * 1e6) // width
    KMeansQuantizer(8, n_threads=1).fit(block_of(kind, 0, 0, 64, 64))
    with tempfile.TemporaryDirectory() as folder:
        picture = np.memmap(f"{folder}/picture", np.uint8, "w+", shape=(height, width, 3))
        for place in places_of(height, width, 2000):
            top, left, n_rows, n_columns = place
            picture[top : top + n_rows, left : left + n_columns] = block_of(kind, *place)
        picture.flush()
        del picture
        picture = np.memmap(f"{folder}/picture", np.uint8, "r", shape=(height, width, 3))
        with watched() as figures:
            KMeansQuantizer(n_threads=1).fit(picture)
    return {"picture": kind, **{name: figures[name] for name in ("idle_mb", "peak_mb", "cpu_s")}}


def fit_many(n_pictures: int, images: Path) -> dict[str, float]:
    """CPU of partial_fit of each picture, and of counting each, in turns: with its smoothness, and colours alone."""
    from pil_kmeans import KMeansQuantizer
    from pil_kmeans.stages.histogram import histogram
    from pil_kmeans.stages.pixels import read_pixels
    from pil_kmeans.stages.weighting import smoothness_of

    found = [picture.pixels[..., :3] for picture in find_pictures("kodak", images=images)]
    photographs = [np.resize(x if x.shape[1] > x.shape[0] else x.swapaxes(0, 1), (512, 768, 3)) for x in found]
    quantizer, uniform = KMeansQuantizer(n_threads=1), KMeansQuantizer(n_threads=1, weighting="uniform")
    spent = {"partial_fit": 0.0, "uniform": 0.0, "histograms": 0.0, "smoothness": 0.0}
    clock = time.process_time
    for n in range(n_pictures):
        picture = np.ascontiguousarray(np.roll(photographs[n % len(photographs)], n, axis=2) ^ np.uint8(n // 21 % 8))
        start = clock()
        quantizer.partial_fit(picture)
        fitted = clock()
        uniform.partial_fit(picture)
        both = clock()
        pixels = read_pixels(picture)
        histogram(pixels, n_threads=1)
        counted = clock()
        smoothness_of(pixels, frames=None, sample_weight=None, effort="balanced", n_threads=1)
        end = clock()
        for name, seconds in zip(spent, (fitted - start, both - fitted, counted - both, end - counted), strict=True):
            spent[name] += seconds
    for name, fit in (("partial_fit", quantizer), ("uniform", uniform)):
        start = clock()
        n_bytes = fit._model.tally().nbytes  # what is left to do before the search
        spent[name] += clock() - start
    milliseconds = {name: 1000 * seconds / n_pictures for name, seconds in spent.items()}
    return milliseconds | {
        "ratio": spent["partial_fit"] / (spent["histograms"] + spent["smoothness"]),
        "ratio_uniform": spent["uniform"] / spent["histograms"],
        "tally_mb": n_bytes / MB,
    }


def bytes_sent(images: Path) -> Iterator[dict[str, Any]]:
    """The tally and the edges of photographs, as blocks of a larger picture."""
    from pil_kmeans.stages.options import Search
    from pil_kmeans.stages.parts import PartialCounts, Place
    from pil_kmeans.stages.pixels import read_pixels

    for picture in find_pictures("Akihabara,Hokkaido,Louvre,china", images=images):
        pixels = read_pixels(np.ascontiguousarray(picture.pixels[..., :3]))
        height, width = pixels.shape
        counts = PartialCounts(1 << 21, Search("oklab", "balanced", "perceptual", 0, 1, is_free=False))
        edges = counts.add_part(pixels, None, Place(height, width, 9 * height, 9 * width))
        tally = counts.tally()
        size = len(pickle.dumps(tally)) + len(pickle.dumps(edges))
        yield {
            "photograph": picture.name,
            "megapixels": height * width / 1e6,
            "distinct_colors": tally.n,
            "bytes": size,
            "bytes_a_pixel": size / (height * width),
        }


def palettes_of_blocks() -> list[list[Any]]:
    """Whether all palettes of a picture are the same: in memory, and by blocks, workers and orders of them."""
    from pil_kmeans import KMeansQuantizer

    side, kind = 4096, "all colours"
    picture = block_of(kind, 0, 0, side, side)
    palette = partial(KMeansQuantizer, 64, n_threads=1)
    expected = palette().fit(picture).cluster_centers_
    rows: list[list[Any]] = []
    for n_workers in (1, 2):
        with workers(n_workers):
            for n_blocks, chunks in ((1, side), (7, (-(-side // 7), side)), (64, side // 8)):
                lazy = dask_picture(kind, side, side, side).rechunk((*np.broadcast_to(chunks, 2).tolist(), 3))
                found = palette().fit(lazy).cluster_centers_
                rows.append([n_blocks, n_workers, "of rows", bool((found == expected).all())])
    parts = np.array_split(picture, 64)
    options = {"weighting": "uniform"}  # parts given one by one are pictures, which end where they end
    expected = palette(**options).fit(picture).cluster_centers_
    for seed in range(2):
        shuffled = palette(**options)
        for i in np.random.default_rng(seed).permutation(64):
            shuffled.partial_fit(parts[i])
        rows.append([64, None, f"shuffled, {seed}", bool((shuffled.cluster_centers_ == expected).all())])
    return rows
