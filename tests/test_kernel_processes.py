"""Threads, processes and imports around the compiled kernels."""

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pil_kmeans import _native, build_info
from pil_kmeans.stages.kmeans import EFFORTS
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.threads import count_threads
from reference.dither import SHARES
from reference.points import USUAL_GRID, to_points
from reference.python import PACKAGE, output_of, run_python
from stage_calls import quantize_pixels

TASKS = Path("/proc/self/task")
on_linux = pytest.mark.skipif(not TASKS.is_dir(), reason="needs /proc")


def noise(n, n_channels, dtype=np.uint8):
    return np.random.default_rng(n).integers(0, np.iinfo(dtype).max, (n, n_channels), dtype)


def points(n):
    return to_points(np.random.default_rng(n).integers(-8000, 8000, (n, 4)))


def calls():
    """A call of every kernel that takes some time, by its name."""
    wide, rgb, keys = noise(200_000, 4), noise(3_000_000, 3), np.arange(3_000_000, dtype=np.uint64)
    wide_keys, _ = _native.histogram(wide, 1)
    labels, centers = np.zeros(len(wide_keys), np.uint8), np.full((100_000, 4), 0.5)
    many, few = points(50_000), points(2000)
    values, ones, weights = np.arange(20_000.0), np.ones(20_000), np.ones(50_000, np.int64)
    effort = vars(EFFORTS["balanced"])
    options = _native.DitherOptions(
        origin=USUAL_GRID[0],
        zoom=USUAL_GRID[1],
        color_space="oklab",
        mask=None,
        shares=SHARES,
        strength=217,
        lightness_weight=12,
        margin=3072,
        into_hull=False,
    )
    roots = np.random.default_rng(0).random((16, 4)).astype(np.float32)
    palette = (points(16), roots, np.full(16, 2, np.uint8), options)
    return {
        "histogram": lambda: _native.histogram(wide, 1),
        "cell_histogram": lambda: _native.cell_histogram(rgb, 6, 1),
        "key_colors": lambda: _native.key_colors_uint16(keys, 4),
        "working_points": lambda: _native.working_points(wide, "cielab", False, *USUAL_GRID, 1),
        "center_colors": lambda: _native.center_colors(centers, 4, "cielab", *USUAL_GRID),
        "nearest_labels": lambda: _native.nearest_labels(many, few, 1),
        "fit_centers": lambda: _native.fit_centers(
            keys[:50_000], many, weights, many[:, :9].copy(), 64, **effort, seed=0, n_threads=1
        ),
        "optimal_intervals": lambda: _native.optimal_intervals(values, ones, values > values[-9], 20),
        "remap": lambda: _native.remap(wide, wide_keys, labels, 0, 1),
        "dither": lambda: _native.dither(wide, 400, *palette, None, 1),
        "residuals": lambda: _native.residuals(wide, *palette, np.array([[0, 500, 400]]), None, 1),
    }


CALLS = calls()


@pytest.mark.parametrize("name", CALLS)
def test_other_threads_run_during_a_call(name):
    """This thread never hands the interpreter over by itself, so another one runs only if the kernel lets it."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        for _ in range(50):
            gate, ran = threading.Lock(), []
            gate.acquire()
            other = threading.Thread(target=lambda gate=gate, ran=ran: (gate.acquire(), ran.append(True)))
            other.start()
            gate.release()  # from here on the other thread waits for nothing but the interpreter
            CALLS[name]()
            had_run = bool(ran)
            other.join()
            if had_run:
                return
    finally:
        sys.setswitchinterval(usual)
    pytest.fail(f"{name} keeps the interpreter to itself")


@on_linux
def test_no_thread_is_left_after_a_call(china):
    before = len(list(TASKS.iterdir()))
    quantize_pixels(read_pixels(china), n_colors=32, n_threads=7)
    deadline = time.monotonic() + 10
    while len(list(TASKS.iterdir())) > before and time.monotonic() < deadline:  # the system takes a moment to bury them
        time.sleep(0.01)
    assert len(list(TASKS.iterdir())) <= before


def test_many_more_threads_than_processors_give_the_same(china):
    pixels = read_pixels(china[:100])
    palette, indices, _ = quantize_pixels(pixels, n_colors=20, n_threads=1)
    many_palette, many_indices, *_ = quantize_pixels(pixels, n_colors=20, n_threads=200)
    np.testing.assert_array_equal(many_palette.colors, palette.colors)
    np.testing.assert_array_equal(many_indices, indices)


def test_threads_of_python_can_call_at_once(astronaut):
    pixels = read_pixels(astronaut)
    expected, *_ = quantize_pixels(pixels, n_colors=20, n_threads=1)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(quantize_pixels(pixels, n_colors=20, n_threads=2)[0].colors))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for colors in found:
        np.testing.assert_array_equal(colors, expected.colors)


FORK = """
import os, signal, warnings
import numpy as np
from pil_kmeans import IndexedImage
from pil_kmeans.stages.pixels import read_pixels
from stage_calls import quantize_pixels
from reference.digests import digest

def run():
    picture = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    palette, indices, _ = quantize_pixels(read_pixels(picture), n_colors=32, n_threads=3)
    file = IndexedImage(indices, palette.colors).to_png()
    return digest(palette.colors, indices, np.frombuffer(file, np.uint8))

before = run()
reading, writing = os.pipe()
warnings.simplefilter("ignore")  # of forking beside threads of other libraries
if os.fork() == 0:
    signal.alarm(60)
    os.write(writing, run().encode())
    os._exit(0)
os.close(writing)
print(os.read(reading, 100).decode() == before == run(), os.wait()[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_can_call_after_its_parent_has():
    assert output_of("-c", FORK) == "True 0"


def test_import_without_the_extension_says_what_to_run(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "pil_kmeans", ignore=shutil.ignore_patterns("_native*", "__pycache__"))
    run = run_python("-S", "-c", "import pil_kmeans", PYTHONPATH=str(tmp_path))
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: the compiled kernels of pil_kmeans cannot be loaded")
    assert "pip install" in last


def test_import_loads_no_other_library():
    # What .pth files load is not ours; without them an editable install would not be found.
    ask = (
        "import sys; old = set(sys.modules); import pil_kmeans; pil_kmeans.build_info(); print(*set(sys.modules) - old)"
    )
    loaded = {name.partition(".")[0] for name in output_of("-c", ask).split()}
    assert "pil_kmeans" in loaded
    assert not {"numpy", "PIL", "sklearn", "scipy", "pandas", "skimage"} & loaded


def test_stages_load_neither_pillow_nor_scikit_learn():
    ask = "import sys, pil_kmeans.stages.quantize, pil_kmeans.png.still; print(*sys.modules)"
    loaded = output_of("-c", ask).split()
    assert "numpy" in loaded
    assert not {"PIL", "sklearn"} & set(loaded)


def test_build_info_tells_what_is_in_use():
    info = build_info()
    assert set(info) == {"version", "compiler", "instruction_sets", "instruction_set", "png_compressor"}
    assert info["instruction_set"] in info["instruction_sets"]
    assert isinstance(info["instruction_sets"], tuple)
    assert all(isinstance(info[name], str) for name in ("version", "compiler", "instruction_set", "png_compressor"))


def test_threads_are_capped():
    assert count_threads(2**40) == count_threads(10_000) <= max(64, os.cpu_count() or 1)
    assert count_threads(7) == 7


@pytest.mark.parametrize(("value", "expected"), [("3", 3), (" 2,4", 2), ("0", None), ("many", None), ("", None)])
def test_threads_are_as_many_as_openmp_would_take(monkeypatch, value, expected):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    usual = count_threads(None)
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert count_threads(None) == (expected or usual)
    assert count_threads(5) == 5
