"""The package as it is installed: its names, and what type checkers see of it."""

import ast
from pathlib import Path

import pil_kmeans
from pil_kmeans import _native

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
