"""What methods make of pictures, as a folder of PNGs that `judge` judges, by any version of the package.

Only what the package shows to everybody is used, so that an older version can be installed where this runs, and the
judges come from the newest. Two such folders, judged, are what `compare` compares.
"""

import argparse
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import needs
from benchmarks.environment import describe_environment
from benchmarks.look.methods import (
    BY_NAME,
    DITHERED,
    METHODS,
    PNGQUANT_DITHERED,
    PNGQUANT_UNDITHERED,
    QUANTETTE_DITHERED,
    QUANTETTE_UNDITHERED,
    SRGB,
    UNDITHERED,
)
from benchmarks.pictures import KINDS, PHOTOGRAPHS, Picture, find_kinds
from benchmarks.progress import track
from benchmarks.records import write_record

N_COLORS = (4, 8, 16, 32, 64, 128, 256)
REPORT_SET = "cq100"
CONTENTS = "contents.json"
# Ours with the choice to dither made, and the best of the peers.
BASE_METHODS = [
    *(DITHERED, UNDITHERED, SRGB),
    *(QUANTETTE_DITHERED, QUANTETTE_UNDITHERED, PNGQUANT_DITHERED, PNGQUANT_UNDITHERED),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=Path, help="where they go")
    add("--code", help="what to call the version of the package (default: its commit, if it runs from its repository)")
    add("--pictures", default=REPORT_SET, help="patterns of photographs (default: %(default)s)")
    add("--kinds", nargs="+", choices=KINDS, default=[PHOTOGRAPHS], help="(default: photographs)")
    add("--n-colors", type=int, nargs="+", default=N_COLORS, metavar="N", help="(default: 4 8 16 ... 256)")
    add("--methods", nargs="+", default=BASE_METHODS, metavar="PATTERN", help="(default: ours and the best peers)")
    add("--jobs", type=int, default=2, metavar="N", help="processes (default: %(default)s)")


def run(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    pictures = find_kinds(arguments.kinds, arguments.pictures, images=arguments.images)
    environment = describe_environment(words)
    contents = {
        "code": arguments.code or environment["code"],
        "environment": environment,
        **make_results(arguments.folder, pictures, arguments.n_colors, methods=arguments.methods, jobs=arguments.jobs),
    }
    write_record(arguments.folder / CONTENTS, contents)
    print(f"{len(contents['files'])} files of {contents['code'] or 'an unknown version'}: {arguments.folder}")
    return 0


@dataclass(frozen=True)
class Work:
    """One picture in so many colours by all `methods`: names alone, as functions cannot go to another process."""

    kind: str
    picture: str
    n_colors: int
    methods: list[str]


def make_results(
    folder: Path, pictures: list[Picture], n_colors: Iterable[int], *, methods: Sequence[str] = ("*",), jobs: int
) -> dict[str, Any]:
    """Write originals and results; which file is what, and what is missing."""
    usable, missing = needs.split(m for m in METHODS if any(fnmatchcase(m.name, pattern) for pattern in methods))
    for sentence in missing:
        print(sentence)
    for picture in pictures:
        save(Image.fromarray(picture.pixels), folder / file_of("originals", picture.name), compress_level=1)
    work = [
        Work(picture.kind, picture.name, k, [m.name for m in usable if m.takes_alpha or picture.pixels.shape[2] == 3])
        for k in n_colors
        for picture in pictures
    ]
    with start_pool(jobs) as pool:
        made = list(track(pool.map(partial(make_one, folder), work), "make", len(work)))
    return {"missing": missing, "files": [row for rows in made for row in rows]}


def make_one(folder: Path, work: Work) -> list[dict[str, Any]]:
    original = file_of("originals", work.picture)
    rows = []
    with Image.open(folder / original) as image:
        image.load()
    for method in work.methods:
        file = file_of(f"{work.n_colors}/{method}", work.picture)
        save(BY_NAME[method].quantize(image, work.n_colors), folder / file, optimize=True)
        row = {"kind": work.kind, "picture": work.picture, "n_colors": work.n_colors, "method": method}
        rows.append(row | {"original": original, "file": file})
    return rows


def file_of(what: str, picture: str) -> str:
    return f"{what}/{Path(picture).with_suffix('.png')}"


def save(image: Image.Image, path: Path, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "PNG", **options)


def start_pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
