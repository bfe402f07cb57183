"""The package as it is installed: its names, and what type checkers see of it."""

import ast
import importlib
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import numpy as np
import pytest

import pil_kmeans
from palettes_only import encode_png
from pil_kmeans import _native
from pil_kmeans.png import deflater
from pil_pictures import opened

FOLDER = Path(pil_kmeans.__file__).parent


def test_every_public_name_loads():
    assert pil_kmeans.__all__ == sorted(pil_kmeans.__all__)
    assert dir(pil_kmeans) == pil_kmeans.__all__
    for name in pil_kmeans.__all__:
        assert getattr(pil_kmeans, name) is not None


def test_package_is_marked_as_typed():
    assert (FOLDER / "py.typed").read_bytes() == b""


def test_stub_of_the_native_module_has_its_public_names():
    stub = ast.parse((FOLDER / "_native.pyi").read_text(encoding="utf-8"))
    functions = {node.name for node in stub.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    values = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
    public = {name for name in dir(_native) if not name.startswith("_")}
    assert functions == {name for name in public if callable(getattr(_native, name))}
    assert values == public - functions


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("nm") is None, reason="needs nm and readelf of Linux")
def test_native_module_shows_one_symbol_and_is_hardened():
    symbols = subprocess.run(
        ["nm", "-D", "--defined-only", _native.__file__], check=True, capture_output=True, text=True
    )
    assert [line.split()[-1] for line in symbols.stdout.splitlines()] == ["PyInit__native"]
    headers = subprocess.run(["readelf", "-ldW", _native.__file__], check=True, capture_output=True, text=True).stdout
    assert "GNU_RELRO" in headers
    assert "BIND_NOW" in headers
    assert [line.split()[-2] for line in headers.splitlines() if "GNU_STACK" in line] == ["RW"]


def test_notices_of_what_is_linked_in_are_installed():
    names = {path.name for path in files("pil_kmeans") if "licenses" in path.parts}
    assert names >= {"LICENSE", "nanobind.txt", "robin-map.txt"}


@pytest.mark.parametrize("size", [64, 512])  # the second is compressed in parts
def test_zlib_does_where_libdeflate_is_missing(monkeypatch, camera, size):
    small = camera[:: 512 // size, :: 512 // size]
    expected = encode_png(small, n_colors=200, lossy=0)
    monkeypatch.setattr(deflater, "_deflate", None)
    data = encode_png(small, n_colors=200, lossy=0)
    with opened(data) as image, opened(expected) as other:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.asarray(other.convert("RGB")))
    assert len(data) < 1.2 * len(expected)
    assert pil_kmeans.build_info()["png_compressor"] == "deflate"
    monkeypatch.setattr("pil_kmeans.find_spec", lambda _: None)
    assert pil_kmeans.build_info()["png_compressor"] == "zlib"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            "module pil_kmeans._native does not support loading in subinterpreters",
            "in a sub-interpreter",
        ),
        ("libstdc++.so.6: cannot open shared object file", "run `pip install pil_kmeans`"),
    ],
)
def test_import_that_fails_says_what_to_do(monkeypatch, error, message):
    class Finder:
        @staticmethod
        def find_spec(name, *_):
            if name.endswith("._native"):
                raise ImportError(error)

    for name in [name for name in sys.modules if name.split(".")[0] == "pil_kmeans"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("sys.meta_path", [Finder, *sys.meta_path])
    with pytest.raises(ImportError, match=message):
        importlib.import_module("pil_kmeans")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda a: pil_kmeans.encode_png(a, colors=4),
            r"encode_png\(\) has no argument colors: .*n_colors here, write n_",
        ),
        (lambda a: pil_kmeans.encode_gif(a, colors=4), r"encode_gif\(\) has no argument colors: .* write n_colors=4"),
        (lambda a: pil_kmeans.encode_webp(a, colors=4), r"encode_webp\(\) has no argument colors: .* write n_colors=4"),
        (lambda a: pil_kmeans.palette(a, k=4), r"palette\(\) has no argument k: .* write n_colors=4"),
        (
            lambda a: pil_kmeans.KMeansQuantizer(n_clusters=4),
            r"KMeansQuantizer\(\) has no argument n_clusters: .*n_colors",
        ),
        (
            lambda a: pil_kmeans.quantize(a, n_colors=4),
            r"no argument n_colors: .* is colors as in Pillow, write colors=4",
        ),
    ],
)
def test_other_names_of_the_number_of_colors_are_told_from_ours(call, message):
    with pytest.raises(TypeError, match=message):
        call(np.zeros((3, 3, 3), np.uint8))
