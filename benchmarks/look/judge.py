"""What judges say of a folder that `make` filled: a record, by every judge for every picture, palette size and method.

The scores are those of the package and the commands of the environment that this runs in, not of the version judged.
"""

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.groups import group
from benchmarks.judges import NOTE, find_judges, judged
from benchmarks.look.make import CONTENTS, start_pool
from benchmarks.look.summary import print_means
from benchmarks.progress import track
from benchmarks.records import read_record

OPAQUE = "opaque"
BACKGROUNDS = {"black": (0, 0, 0), "white": (255, 255, 255), "steel blue": (70, 130, 180)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=Path, help="what make has filled")
    add("--jobs", type=int, default=2, metavar="N", help="processes (default: %(default)s)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    contents = read_record(arguments.folder / CONTENTS)
    scores, missing = judge_results(arguments.folder, contents["files"], jobs=arguments.jobs)
    print(f"\n{NOTE}")
    print_means(scores)
    made = {"code": contents["code"], "environment": contents["environment"]}
    return {"made": made, "missing": contents["missing"] + missing, "note": NOTE, "scores": scores}


def judge_results(
    folder: Path, files: Iterable[dict[str, Any]], *, jobs: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each file and background, and the judges that are missing."""
    _, missing = find_judges()  # which builds what is to be built, once for all processes
    for sentence in missing:
        print(sentence)
    groups = list(group(files, "picture", "n_colors").values())
    with start_pool(jobs) as pool:
        judged_groups = track(pool.map(partial(judge_group, folder), groups), "judge", len(groups))
        return [row for rows in judged_groups for row in rows], missing


def judge_group(folder: Path, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Files that have one original."""
    with Image.open(folder / files[0]["original"]) as image:
        original = on_backgrounds(image)
    results = {}
    for file in files:
        with Image.open(folder / file["file"]) as image:
            results[file["method"]] = on_backgrounds(image.convert("RGB" if OPAQUE in original else "RGBA"))
    scores = {
        background: judged(seen, {method: result[background] for method, result in results.items()})
        for background, seen in original.items()
    }
    return [
        {
            **{key: file[key] for key in ("kind", "picture", "n_colors", "method")},
            "background": background,
            "scores": said[file["method"]] | {"png_bytes": (folder / file["file"]).stat().st_size},
        }
        for background, said in scores.items()
        for file in files
    ]


def on_backgrounds(image: Image.Image) -> dict[str, np.ndarray]:
    """What viewers see, by name of the background: RGB as it is; RGBA in sRGB, as browsers composite it."""
    pixels = np.asarray(image)
    if image.mode == "RGB":
        return {OPAQUE: pixels}
    alpha = pixels[..., 3:] / 255
    return {
        name: np.rint(alpha * pixels[..., :3] + (1 - alpha) * color).astype(np.uint8)
        for name, color in BACKGROUNDS.items()
    }
