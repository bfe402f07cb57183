"""Every native binding, by its stub: arguments that go together but for one or two, which are anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

import pil_kmeans
from pil_kmeans import _native
from pil_kmeans.stages.dithering.diffuse import DIFFUSIONS, shares_of
from pil_kmeans.stages.kmeans import EFFORTS

Rng = np.random.Generator
ALLOWED = (ValueError, TypeError, MemoryError, OverflowError)

INTEGERS = (-(2**63), -1, 0, 1, 2, 3, 7, 255, 256, 257, 65535, 65536, 2**31 - 1, 2**31, 2**63 - 1)
FLOATS = (-np.inf, -1e300, -1.0, -0.0, 0.0, 1e-320, 0.5, 1.0, 1e20, 1e300, np.inf, np.nan)
WORKED_OFF = ("n_trials", "n_rounds", "trials", "neighbors", "relax_steps", "settle_steps", "most_searched")
"""Numbers of steps, which take as long as they say."""


class Binding(NamedTuple):
    """One overload: its name, and of each argument the name and what the stub says of its type."""

    name: str
    arguments: dict[str, str]


def bindings() -> list[Binding]:
    """Read the stub beside the module."""
    stub = ast.parse(Path(pil_kmeans.__file__).with_name("_native.pyi").read_text(encoding="utf-8"))
    found = []
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            [init] = [child for child in node.body if getattr(child, "name", "") == "__init__"]
            found.append(Binding(node.name, arguments_of(init)))
        elif isinstance(node, ast.FunctionDef):
            found.append(Binding(node.name, arguments_of(node)))
    return found


def arguments_of(function: Any) -> dict[str, str]:
    names = [*function.args.args, *function.args.kwonlyargs]
    return {each.arg: ast.unparse(each.annotation) for each in names if each.annotation is not None}


class Sizes(NamedTuple):
    height: int
    width: int
    channels: int
    entries: int


def points(rng: Rng, n: int) -> np.ndarray:
    reach = int(rng.choice([0, 3, 300, 8192]))
    return rng.integers(-reach, reach + 1, (2, n, 2)).astype(np.int16)


def sensible(name: str, kind: str, size: Sizes, rng: Rng) -> Any:
    """What a binding expects under that name."""
    height, width, channels, k = size
    n = height * width
    made: dict[str, Callable[[], Any]] = {
        "points": lambda: points(rng, n),
        "entries": lambda: points(rng, k),
        "fixed": lambda: points(rng, int(rng.integers(3))) if "int16" in kind else rng.random(n if n < 9 else k) < 0.3,
        "centers": lambda: points(rng, k) if "int16" in kind else rng.normal(0, 5000, (k, 4)),
        "keys": lambda: np.unique(rng.integers(0, 1 << 24, n).astype(np.uint64)),
        "values": lambda: np.sort(rng.random(n)) * float(rng.choice([1e-300, 1.0, 1e300])),
        "indices": lambda: rng.integers(0, k, (height, width) if "(None, None)" in kind else n).astype(np.uint8),
        "guess": lambda: rng.integers(0, k, n).astype(np.uint8),
        "lowest": lambda: np.zeros(n, np.uint8),
        "opacity": lambda: rng.integers(0, 3, k).astype(np.uint8),
        "types": lambda: rng.integers(0, 5, 4).astype(np.uint8),
        "counts": lambda: (
            symmetric(rng, k)
            if "int32" in kind
            else rng.integers(0, 999, n)
            if "int64" in kind and "uint64" not in kind
            else rng.integers(0, 999, 315).astype(np.uint64)
        ),
        "mask": lambda: None if rng.random() < 0.5 else rng.integers(1, 65536, (4, 4)).astype(np.uint16),
        "bands": lambda: np.array([[0, height, width] if "3)" in kind else [0, height]], np.int64),
        "parts": lambda: [deflated(rng) for _ in range(int(rng.integers(4)))],
        "tally": lambda: packed(rng),
        "tallies": lambda: [packed(rng) for _ in range(int(rng.integers(4)))],
        "sample_bits": lambda: 8,
        "unsummed_bits": lambda: 0,
        "least_shift": lambda: int(rng.integers(4)),
        "budget": lambda: int(rng.choice([3, 100, 1 << 21])),
        "table": lambda: np.zeros(_native.TABLE_SIZE, np.uint8),
        "wrapped": lambda: np.zeros(0, np.uint32),
        "seen": lambda: (int(rng.integers(height)), height, int(rng.integers(1, 4)), 0, width),
        "options": lambda: _native.DitherOptions(
            origin=(0.0,) * 4,
            zoom=1.0,
            color_space=str(rng.choice(_native.COLOR_SPACES)),
            mask=None,
            shares=shares_of(str(rng.choice([*DIFFUSIONS]))),
            strength=200,
            lightness_weight=9,
            margin=512,
            into_hull=bool(rng.integers(2)),
        ),
        "shares": lambda: shares_of(str(rng.choice([*DIFFUSIONS]))),
        "handed_down": lambda: None if rng.random() < 0.5 else rng.normal(0, 5, (2, width + 4, 4)).astype(np.float32),
        "roots": lambda: rng.random((k, 4)).astype(np.float32),
        "stages": lambda: list(EFFORTS["balanced"].stages),
        "color_space": lambda: str(rng.choice(_native.COLOR_SPACES)),
        "origin": lambda: (0.0, 0.0, 0.0, 0.0),
        "zoom": lambda: float(rng.choice([1, 2, 256])),
        "straight": lambda: bool(rng.integers(2)),
        "background": lambda: float(rng.random()),
        "tolerance": lambda: 0.01,
        "scale": lambda: 1.0,
        "feedback": lambda: (200, 256),
        "progress": lambda: lambda _: None,
        "width": lambda: width,
        "height": lambda: height,
        "bits": lambda: int(rng.choice([5, 6])),
        "shift": lambda: int(rng.choice([0, 3, 9])),
        "n_channels": lambda: channels,
        "n_colors": lambda: max(1, min(k, n)),
        "n_entries": lambda: k,
        "n_first": lambda: int(rng.integers(k + 1)),
        "first_scale": lambda: 0,  # as the pyramids below are made
        "n_threads": lambda: int(rng.integers(1, 4)),
        "distance": lambda: int(rng.integers(1, 32769)),
        "n": lambda: 1 << 16,
        "schema": lambda: Image.new("RGB", (256, 256)).__arrow_c_array__()[0],
        "array": lambda: Image.new("RGB", (256, 256)).__arrow_c_array__()[1],
    }
    if name in made:
        return made[name]()
    dtype = next((d for d in ("uint8", "uint16", "uint32", "uint64", "int64", "float32", "float64") if d in kind), None)
    if dtype is None:
        return int(rng.integers(1, 9))
    axes = kind.count("None") if "None, 3" not in kind else 2
    shape = {1: (n,), 2: (n, channels), 3: (height, width, channels)}[axes]
    if "(None, 3)" in kind:
        shape = (n, 3)
    if name in ("a", "b"):
        return _native.xyb_pyramid(rng.integers(0, 256, (height, width, 3)).astype(np.uint8), 0.5, 0, 1)
    if "float" in dtype or name == "weights":
        return rng.integers(1, 99, shape).astype(dtype)
    return rng.integers(0, k if name == "labels" else 256, shape).astype(dtype)


def packed(rng: Rng) -> tuple[np.ndarray, int, int, bool]:
    """A tally, which may be cut off or changed."""
    keys = np.unique(rng.integers(0, 1 << 24, int(rng.integers(300)))).astype(np.uint64)
    tally, *_ = _native.tally(keys, rng.integers(0, 999, len(keys)), None, 3, 8, 0, 1 << 21)
    if len(tally) and rng.random() < 0.3:
        tally = array_changed(tally, rng)
    return tally, len(keys), int(rng.random() < 0.1), bool(rng.random() < 0.1)


def symmetric(rng: Rng, k: int) -> np.ndarray:
    counts = rng.integers(0, 99, (k, k))
    counts = counts + counts.T
    np.fill_diagonal(counts, 0)
    return counts.astype(np.int32)


def deflated(rng: Rng) -> bytes:
    import zlib

    stream = zlib.compressobj(int(rng.integers(10)), wbits=-15)
    data = rng.integers(0, int(rng.choice([1, 4, 256])), int(rng.integers(2000))).astype(np.uint8).tobytes()
    return stream.compress(data) + stream.flush()


def anything(value: Any, name: str, rng: Rng) -> Any:
    """Something else in its place: a number at an end, or an array of other numbers, shape, dtype or layout."""
    if isinstance(value, np.ndarray):
        return array_changed(value, rng)
    if isinstance(value, bool | int):
        choices = [i for i in INTEGERS if name not in WORKED_OFF or abs(i) < 300]
        return choices[int(rng.integers(len(choices)))]
    if isinstance(value, float):
        return FLOATS[int(rng.integers(len(FLOATS)))]
    if isinstance(value, bytes | list) and name == "parts":
        return [bytes(rng.integers(0, 256, int(rng.integers(99)), np.uint8)) for _ in range(3)]
    if isinstance(value, tuple):
        return tuple(anything(part, name, rng) for part in value)
    others = (None, "", "oklab", (), [], 3, np.zeros(3), object())
    return others[int(rng.integers(len(others)))]


def array_changed(array: np.ndarray, rng: Rng) -> np.ndarray:
    action = rng.integers(7)
    if action == 0:
        return array[:-1].copy()
    if action == 1:
        return np.concatenate([array, array])
    if action == 2:
        return array[::2]
    if action == 3:
        return array.astype(rng.choice(["u1", "u2", "u4", "u8", "i2", "i8", "f4", "f8"]), casting="unsafe")
    if action == 4:  # at an odd address
        return np.frombuffer(b"x" + array.tobytes(), np.uint8)[1:].view(array.dtype).reshape(array.shape)
    changed = array.copy()
    if changed.size and action == 5:
        info = np.iinfo(changed.dtype) if changed.dtype.kind in "iu" else None
        ends = [info.min, info.max, 0] if info else [*FLOATS] if changed.dtype.kind == "f" else [True]
        changed.flat[int(rng.integers(changed.size))] = ends[int(rng.integers(len(ends)))]
    elif changed.size and changed.dtype.kind in "iu":
        info = np.iinfo(changed.dtype)
        changed = rng.integers(info.min, info.max, changed.shape, changed.dtype, endpoint=True)
    return changed


def fuzz_native(rng: Rng) -> None:
    """One binding, once as it is meant and once with something else in it: an error of the list, or a result."""
    binding = BINDINGS[int(rng.integers(len(BINDINGS)))]
    size = Sizes(*(int(rng.choice(of)) for of in ([1, 2, 9, 17], [1, 8, 13, 40], [1, 2, 3, 4], [1, 2, 5, 16, 255])))
    arguments = {name: sensible(name, kind, size, rng) for name, kind in binding.arguments.items()}
    for name in arguments:
        if name == "n" and re.search("used", binding.name):
            arguments[name] = int(rng.choice([256, 65536]))
    for _ in range(int(rng.integers(3)) if arguments else 0):
        name = str(rng.choice(list(arguments)))
        arguments[name] = anything(arguments[name], name, rng)
    try:
        getattr(_native, binding.name)(**arguments)
    except ALLOWED as error:
        if not str(error) and not isinstance(error, MemoryError):
            raise AssertionError(f"{binding.name}: an error without a message") from error


BINDINGS = bindings()
