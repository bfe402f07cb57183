"""Private memory, CPU and time of what is larger than memory: pictures in files, and palettes of many files.

Private memory is what no file backs (RssAnon), the peak of all processes together. Every measurement is made in a
process of its own. Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.memory import make_photograph
from benchmarks.tables import print_table

MIB = 2**20
INTERVAL = 0.02  # seconds between two looks
MOST_MIB = {"mapped file, fast, lossy=0": 600}

ENCODE = """
import sys, numpy as np
from pil_kmeans import encode_png
{open}
encode_png(picture, to=sys.argv[2], {options})
"""
MAPPED = "picture = np.load(sys.argv[1], mmap_mode='r')"
ZARR = "import zarr; picture = zarr.open(sys.argv[1] + '.zarr', mode='r')"
STREAM = """
import sys
from pathlib import Path
from PIL import Image
from pil_kmeans import KMeansQuantizer
KMeansQuantizer(16, n_threads=1).fit(map(Image.open, sorted(Path(sys.argv[1]).iterdir())))
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--megapixels", type=int, default=100, metavar="N", help="of the picture (default: %(default)s)")
    add("--defaults", action="store_true", help="also with the default options, which take several times as long")
    add("--files", type=int, default=200, metavar="N", help="pictures of 768 x 512 (default: %(default)s)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        records = [*of_one(folder, arguments.megapixels, arguments.defaults), *of_many(folder, arguments.files)]
    print_table(
        f"a made photograph of {arguments.megapixels} Mpx, and {arguments.files} pictures of 768 x 512",
        ["", "CPU s", "seconds", "private MiB", "at most"],
        [[r["what"], r["cpu_s"], r["seconds"], r["bytes"] / MIB, MOST_MIB.get(r["what"])] for r in records],
    )
    return {"megapixels": arguments.megapixels, "files": arguments.files, "measured": records}


def of_one(folder: Path, megapixels: int, with_defaults: bool) -> list[dict[str, Any]]:
    path = folder / "picture.npy"
    picture = make_photograph(megapixels)
    np.save(path, picture)
    ways = {"mapped file, fast, lossy=0": (MAPPED, "compression='fast', lossy=0")}
    if with_defaults:
        ways["mapped file"] = (MAPPED, "")
    try:
        import zarr
    except ImportError:
        print("zarr is missing: no picture of it")
    else:
        array = zarr.open(f"{path}.zarr", mode="w", shape=picture.shape, chunks=(1000, 1000, 3), dtype=picture.dtype)
        array[:] = picture
        ways["zarr, fast, lossy=0"] = (ZARR, "compression='fast', lossy=0")
    commands = {}
    try:
        import tifffile
    except ImportError:
        print("tifffile is missing: no TIFF")
    else:
        options = {"tile": (512, 512), "compression": "zlib", "compressionargs": {"level": 1}}
        tifffile.imwrite(folder / "picture.tif", picture, photometric="rgb", **options)
        command = f"{sys.executable} -m pil_kmeans compress picture.tif -o tiff.png --max-pixels 2000000000".split()
        command += ["--compression", "fast", "--lossy", "0"]
        commands["command, a tiled TIFF, fast, lossy=0"] = command
    del picture
    rows = [
        {
            "what": what,
            **measured([sys.executable, "-c", ENCODE.format(open=opened, options=options), path, "out.png"], folder),
        }
        for what, (opened, options) in ways.items()
    ]
    return rows + [{"what": what, **measured(command, folder)} for what, command in commands.items()]


def of_many(folder: Path, n_files: int) -> list[dict[str, Any]]:
    from PIL import Image

    files = folder / "files"
    files.mkdir()
    picture = make_photograph(2)
    for i in range(n_files):
        top, left = 37 * i % (len(picture) - 512), 53 * i % (picture.shape[1] - 768)
        Image.fromarray(picture[top : top + 512, left : left + 768]).save(files / f"{i:05}.jpg", quality=90)
    command = [sys.executable, "-m", "pil_kmeans", "palette", "files", "-k", "16", "--jobs"]
    return [
        {"what": "fit of an iterable", **measured([sys.executable, "-c", STREAM, "files"], folder)},
        *({"what": f"palette, --jobs {n}", **measured([*command, str(n)], folder)} for n in (1, 2)),
    ]


def measured(command: list[Any], folder: Path) -> dict[str, float]:
    """Run a command, and look at the memory of it and its children."""
    before, start = os.times(), time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(private_bytes, [process.pid, *children_of(process.pid)])))
        time.sleep(INTERVAL)
    if process.returncode:
        raise RuntimeError(json.dumps(list(map(str, command))))
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"cpu_s": cpu, "seconds": time.perf_counter() - start, "bytes": peak}


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            own = [int(word) for word in task.read_text().split()]
        except OSError:  # it has ended
            continue
        found += own
        for child in own:
            found += children_of(child)
    return found


def private_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem")))
