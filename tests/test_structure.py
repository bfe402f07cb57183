"""How the code is laid out: who may import whom, in Python and in C++, and that each name means one thing."""

import ast
import re
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pil_kmeans

PACKAGE = Path(pil_kmeans.__file__).parent
KERNELS = Path(__file__).parents[1] / "cpp" / "kernels"

# Who is above whom; what is not listed here (exif, measures, files) serves all and is held by the rule against circles.
LEVELS = [
    {
        "__init__",
        "__main__",
        "encode",
        "encode_frames",
        "encode_pixels",
        "array_labels",
        "panel",
        "score",
        "imageio",
        "pillow",
        "estimator",
        "report",
        "swatches",
        "cli",
    },  # faces
    {"pictures"},  # what is given -> samples
    {"indexed_image"},
    {"png", "gif", "webp"},  # indices -> bytes
    {"stages"},  # samples -> palette and indices
]
GROUPS = ["base", "isa", "histogram", "color", "weighting", "kmeans", "remap", "dither", "png", "gif", "score"]
OWN_FILES = {"stages.dithering.threshold_mask"}  # stages that read a file of the package
READERS = {"open", "load", "loadtxt", "fromfile", "memmap", "read_bytes", "read_text", "files", "get_data"}


def modules():
    """Every module's parts of a name below the package, and its file: () is the package itself."""
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).with_suffix("").parts
        yield (name[:-1] if name[-1] == "__init__" else name), file


FILES = dict(modules())


@cache
def tree(name):
    return ast.parse(FILES[name].read_bytes())


def dotted(name):
    return ".".join(name) or PACKAGE.name


@cache
def imports(name):
    """The modules of the package that one names anywhere, and the names of all other libraries it imports."""
    own, others = set(), set()
    package = name if FILES[name].stem == "__init__" else name[:-1]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            others.add(node.module.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] + (*(node.module or "").split("."),) * bool(node.module)
            for alias in node.names:
                module = (*base, alias.name) if (*base, alias.name) in FILES else base
                # The package itself gives what is compiled and its version; the rest it only loads when that is used.
                assert module or alias.name in ("_native", "__version__"), f"{dotted(name)} imports {alias.name}"
                own.add(module)
    assert PACKAGE.name not in others, f"{dotted(name)} does not import its own package by relative names"
    return own - {(), name, ("_native",)}, others


def level_of(name):
    top = name[0] if name else "__init__"
    return next((level for level, names in enumerate(LEVELS) if top in names), None)


def circle_of(graph):
    """One circle of a graph {node: nodes}, or an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1][::-1]
    return []


def test_no_two_modules_have_one_name():
    names = Counter(name[-1] for name in FILES if name and name[-1] != "__main__")
    repeated = {word for word, n in names.items() if n > 1}
    assert not sorted(dotted(name) for name in FILES if name and name[-1] in repeated)


def test_imports_make_no_circle():
    """Those for type checkers and those inside functions, too."""
    assert not [dotted(name) for name in circle_of({name: imports(name)[0] for name in FILES if name})]


def test_every_import_is_of_the_same_level_or_a_lower_one():
    upwards = [
        f"{dotted(name)} imports {dotted(other)}"
        for name in FILES
        for other in sorted(imports(name)[0])
        if None not in (level_of(name), level_of(other)) and level_of(other) < level_of(name)
    ]
    assert not upwards


def test_stages_know_nothing_of_pictures_in_files():
    """Neither Pillow nor a library of a face, nor any file but a mask of their own."""
    stages = [name for name in FILES if name[:1] == ("stages",)]
    assert len(stages) > 10
    libraries = {"PIL", "imageio", "matplotlib", "sklearn"}
    known = [f"{dotted(name)} imports {lib}" for name in stages for lib in sorted(imports(name)[1] & libraries)]
    known += [f"{dotted(a)} imports {dotted(b)}" for a in stages for b in imports(a)[0] if b[0] != "stages"]
    for name in stages:
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.Call) and dotted(name) not in OWN_FILES:
                called = getattr(node.func, "id", getattr(node.func, "attr", None))
                if called in READERS:
                    known.append(f"{dotted(name)} calls {called} in line {node.lineno}")
    assert not known


def kernel_includes():
    """What each group of kernels includes of the others."""
    found = {group: set() for group in GROUPS}
    for file in KERNELS.rglob("*.[ch]pp"):
        group, *rest = file.relative_to(KERNELS).parts
        assert group in found, f"{file} is in none of the groups"
        assert len(rest) == 1, f"{file} is deeper than its group"
        for path in re.findall(r'^\s*#\s*include\s*"([^"]+)"', file.read_text(encoding="utf-8"), re.MULTILINE):
            first, other, *_ = path.split("/")
            assert first == "kernels", f"{file} includes {path}: kernels include nothing but kernels"
            found[group].add(other)
    return {group: others - {group} for group, others in found.items()}


def test_groups_of_kernels_include_only_groups_before_them():
    includes = kernel_includes()
    assert all(includes[group] for group in GROUPS[1:])
    upwards = [
        f"{group} includes {other}"
        for group, others in includes.items()
        for other in sorted(others)
        if GROUPS.index(other) > GROUPS.index(group)
    ]
    assert not upwards


def test_every_test_that_a_promise_names_is_there():
    page = Path(__file__).parents[1] / "docs" / "explanation" / "faults.rst"
    names = set(re.findall(r"\btest_\w+(?:\.py)?", page.read_text(encoding="utf-8")))
    tests = {file.name: file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py")}
    there = {*tests, *(name for text in tests.values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE))}
    assert len(names) > 30
    assert not names - there
