"""The public entry points on files and arrays: what they must never do, and what their results must be."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fuzz.corpus import seeds
from fuzz.mutate import mutated
from pil_kmeans import (
    IndexedImage,
    KMeansQuantizer,
    encode_panel,
    encode_png,
    palette,
    quantize,
    quantize_array,
    ssimulacra2,
)
from pil_kmeans.cli import main
from pil_kmeans.cli.errors import EXIT_STATUSES
from pil_kmeans.measures import count_colors
from pil_kmeans.pictures.read import read_picture
from pil_kmeans.stages.dithering.diffuse import DITHERS
from pil_kmeans.stages.hidden import TRANSPARENT_RGB
from pil_kmeans.stages.samples import full_scale, rgba_rows, to_uint8
from pil_kmeans.swatches import ORDERS
from pil_kmeans.swatches.picture_colors import KINDS

Rng = np.random.Generator

MOST_PIXELS = 1 << 14
DTYPES = [
    "uint8",
    "uint8",
    "uint16",
    "bool",
    "float32",
    "float64",
    "int64",
    "float16",
    "complex64",
    "object",
    ">u2",
    "S3",
]
SEEDS = list(seeds())
UNCHECKED = {"palette", "fixed_colors", "quality", "channel_axis", "full_scale", "sample_weight"}
"""Options with which `check_encoded` does not hold."""


def one_of(rng: Rng, values: Any) -> Any:
    values = list(values)
    return values[int(rng.integers(len(values)))]


def options_of(rng: Rng) -> dict[str, Any]:
    """Options that go together, of which most are left out."""
    dither = one_of(rng, DITHERS)
    choices = {
        "n_colors": int(one_of(rng, [1, 2, 3, 5, 16, 17, 200, 256])),
        "effort": one_of(rng, ["fast", "balanced", "best"]),
        "color_space": one_of(rng, ["oklab", "cielab", "linear", "srgb"]),
        "dither": dither,
        "lossy": one_of(rng, ["auto", 0, 0.5, 3, 1e6]) if dither not in ("ordered", "blue-noise") else 0,
        "compression": one_of(rng, ["fast", "default"]),
        "metadata": one_of(rng, ["color", "all", "none"]),
        "palette_only": bool(rng.random() < 0.5),
        "transparent_rgb": one_of(rng, TRANSPARENT_RGB),
        "n_threads": int(rng.integers(1, 4)),
    }
    kept = {name for name in choices if rng.random() < 0.4} | {"dither", "lossy"}
    return {name: value for name, value in choices.items() if name in kept}


def check_encoded(samples: np.ndarray, data: bytes, n_colors: int, *, is_palette: bool) -> None:
    """Compare a PNG with the picture it was made of."""
    with Image.open(BytesIO(data)) as image:
        assert image.format == "PNG", image.format
        after = np.asarray(image.convert("RGBA"))
    before = rgba_rows(to_uint8(samples))
    assert after.shape == before.shape, (after.shape, before.shape)
    if count_colors(after) > n_colors:
        assert not is_palette, (count_colors(after), n_colors)
        n_colors = 256 * 256  # as it is stored without loss then
    if n_colors > 1:
        np.testing.assert_array_equal(after[..., 3] == 0, before[..., 3] == 0, "fully transparent pixels")
        opaque = samples[..., -1] == full_scale(samples.dtype) if samples.shape[2] % 2 == 0 else True
        assert (after[..., 3] == 255)[np.broadcast_to(opaque, after.shape[:2])].all(), "opaque pixels"
    visible = before[..., 3] > 0
    if samples.dtype == np.uint8 and count_colors(before) <= n_colors:
        np.testing.assert_array_equal(after[visible], before[visible], "a picture of few colours")


def fuzz_files(rng: Rng) -> None:
    """A file that is nearly right, through the reader, `encode_png`, `quantize` and sometimes the command."""
    _, data = one_of(rng, SEEDS)
    if rng.random() < 0.95:
        data = mutated(data, rng)
    if rng.random() < 0.1:
        run_command(data, rng)
        return
    try:
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                return
            image.load()
    except Exception:  # what Pillow cannot read is Pillow's to say, by whatever error
        return
    try:
        picture = read_picture(image)
    except ValueError:  # modes without a scale, and images without pixels
        return
    options = options_of(rng)
    result = encode_png(picture, **options)
    check_encoded(picture.samples, result, options.get("n_colors", 256), is_palette=options.get("palette_only", False))
    if rng.random() < 0.3:
        assert encode_png(image, **{**options, "n_threads": 1}) == result, "bytes depend on threads"
    if rng.random() < 0.3:
        indexed = quantize(image, options.get("n_colors", 256))
        assert indexed.size == image.size
        assert encode_png(indexed)[:4] == b"\x89PNG"


def run_command(data: bytes, rng: Rng) -> None:
    """A folder with the file: it ends by a status of the list, without a traceback, and leaves nothing temporary."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"a{one_of(rng, ['.png', '.jpg', '.gif', '.tif', ''])}").write_bytes(data)
        before = {path.name for path in folder.iterdir()}
        words = ["compress", name if rng.random() < 0.5 else str(next(folder.iterdir())), "--max-pixels=16384"]
        words += [option for option in ("--in-place", "--json", "--skip-if-larger", "-k3") if rng.random() < 0.3]
        out, err = StringIO(), StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(words)
        assert status in EXIT_STATUSES, status
        assert "Traceback" not in err.getvalue()
        assert "unexpected" not in err.getvalue(), err.getvalue()
        names = {path.name for path in folder.iterdir()} - before
        assert all(name.endswith("-8bit.png") for name in names), names


def array_of(rng: Rng) -> Any:
    """An array that may be a picture."""
    shape = tuple(int(one_of(rng, [0, 1, 2, 7, 8, 9, 40])) for _ in range(2))
    shape += one_of(rng, [(), (1,), (2,), (3,), (4,), (5,), (0,)])
    dtype = np.dtype(one_of(rng, DTYPES))
    kind = one_of(rng, ["noise", "few", "flat", "ends"])
    values = rng.random(shape)
    if kind == "few":
        values = np.floor(values * 3) / 2
    elif kind == "flat":
        values = np.full(shape, rng.random())
    elif kind == "ends":
        values = rng.choice([0, 1e-9, 1e-5, 1 - 1e-9, 1], shape)
    full = {"B": 255, "H": 65535}.get(dtype.char, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = (values * full).astype(dtype)
    if array.dtype.kind == "f" and array.size and rng.random() < 0.1:
        array.flat[0] = one_of(rng, [np.nan, np.inf, -1, 300])
    action = rng.integers(5)
    if action == 0:
        array = array[::2]
    elif action == 1 and array.ndim == 3:
        array = array.transpose(2, 0, 1)
    elif action == 2 and array.size and array.dtype != object:
        array = np.frombuffer(b"x" + array.tobytes(), np.uint8)[1:].view(array.dtype).reshape(array.shape)  # unaligned
    return array


def fuzz_arrays(rng: Rng) -> None:
    """Arrays through every face, with options that may be wrong: ValueError or TypeError, or a right result."""
    array = array_of(rng)
    options = options_of(rng)
    n_colors = options.get("n_colors", 256)
    wrong = {
        "n_colors": [0, -1, 257, 2.5, "9", None, 2**70],
        "effort": ["x", None, 3],
        "dither": ["x", 7],
        "dither_strength": [2, -1, np.nan, "x"],
        "lossy": [-1, np.inf, "x", 10**400],
        "quality": [-1, 101, np.nan, 20],
        "palette": [[], [(1, 2)], "red", ["red", "blue"], np.zeros((3, 3), np.uint8), 5],
        "fixed_colors": [["red"], "x", [(1, 2, 3, 4, 5)], [(300, 0, 0)], np.zeros((2, 3)), 7],
        "sample_weight": [np.ones(array.shape[:2]), np.zeros((1, 1)), np.nan, "x"],
        "channel_axis": [0, 1, 3, None, "x"],
        "full_scale": [255, 1, 0, np.nan, "x", 4095],
        "n_threads": [0, -1, 2**40, "x", 1.5],
        "duration": [-1, "x", [1, 2]],
        "loop": [-1, 2**40],
    }
    for name in wrong:
        if rng.random() < 0.04:
            options[name] = one_of(rng, wrong[name])
    is_plain = not set(options) & UNCHECKED
    try:
        data = encode_png(array, **options)
    except (ValueError, TypeError) as error:
        if not str(error):
            raise AssertionError("an error without a message") from error
        data = None
    if data is not None and is_plain:
        n_colors = int(options.get("n_colors", 256))
        check_encoded(read_picture(array).samples, data, n_colors, is_palette=False)
    with contextlib.suppress(ValueError, TypeError):
        ssimulacra2(array, array if rng.random() < 0.5 else array_of(rng), n_threads=1)
    with contextlib.suppress(ValueError, TypeError):
        quantizer = KMeansQuantizer(int(rng.integers(1, 20)), channel_axis=one_of(rng, [-1, 0, None]), n_threads=1)
        indices = quantizer.fit_transform(array)
        assert quantizer.n_colors_ <= quantizer.n_colors
        assert np.isfinite(np.asarray(quantizer.inverse_transform(indices), float)).all()
    with contextlib.suppress(ValueError, TypeError):
        indexed = IndexedImage(rng.integers(0, 4, (5, 6)).astype(one_of(rng, ["u1", "u2", ">u2", "i8"])), array)
        assert indexed.to_png()[:4] == b"\x89PNG"
    with contextlib.suppress(ValueError, TypeError):
        assert quantize(array, palette=array_of(rng)).mode == "P"
    with contextlib.suppress(ValueError, TypeError):
        labels, colors = quantize_array(array, int(rng.integers(1, 20)), channel_axis=one_of(rng, [-1, 0, None]))
        assert labels.max() < len(colors)
    with contextlib.suppress(ValueError, TypeError):
        n_bytes = len(encode_panel(array, one_of(rng, ["bw", "acep7"]), dither=one_of(rng, DITHERS), n_threads=1))
        height, width = read_picture(array).samples.shape[:2]
        assert n_bytes in (height * -(-width // 8), height * -(-width // 2))
    fuzz_palette(array, rng)


def fuzz_palette(array: Any, rng: Rng) -> None:
    """The colours of a picture: not too many, those that are to occur do, and shares are shares."""
    kind, n_colors = one_of(rng, KINDS), int(rng.integers(1, 20))
    fixed = [None, None, "red", ["black", "white"], [(0, 0, 0, 0)]]
    try:
        found = palette(array, n_colors, kind=kind, sort=one_of(rng, ORDERS), fixed_colors=one_of(rng, fixed))
    except (ValueError, TypeError):
        return
    assert 1 <= len(found) <= n_colors
    assert 0 <= found.shares.min() <= found.shares.sum() < 1 + 1e-9
    assert len(np.unique(found.colors, axis=0)) == len(found), "colours are distinct"
    assert str(found).count("#") == found._repr_html_().count("background:#") == len(found)


def quiet() -> None:
    """Have Pillow not warn of odd files."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("OMP_NUM_THREADS", "2")
