"""What ratio costs what quality: a photograph made 3, 10, 30 and 108 times smaller than its file.

Two ways: all its pixels, ever rougher; or fewer pixels, each as good as ours makes them by default. Scores are against
the photograph at the size that is shown, and, for fewer pixels, also against all of it when shown as large as it was.
"""

from collections.abc import Callable, Sequence
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.progress import track
from benchmarks.size.files import decoded
from benchmarks.tables import print_table

FILES = ("photos/Louvre_3840.jpg", "cq100/marrakech_museum.png")
RATIOS = (3, 10, 30, 108)
ROUGHEST = 256.0  # of `lossy`
N_TRIALS = 6


def run(names: Sequence[str], *, images: Path) -> list[dict[str, Any]]:
    paths = [images / name if (images / name).exists() else Path(name) for name in names or FILES]
    if not images.is_dir():
        paths = [shipped_photograph()]
    if missing := [str(path) for path in paths if not path.exists()]:
        raise SystemExit(f"--ratios: no {', '.join(missing)}: name files that are there")
    records = []
    for path in track(paths, "size, ratios"):
        with Image.open(path) as image:
            photograph = image.convert("RGB")
        found = [record for ratio in RATIOS for record in measure(photograph, path.stat().st_size, ratio)]
        rows = [
            [
                f"{r['ratio']}:1, {r['way']}",
                f"{r['width']}x{r['height']}",
                r["lossy"],
                r["bytes"],
                r["achieved"],
                r["score"],
                r["score_full_size"],
            ]
            for r in found
        ]
        header = ["", "pixels", "lossy", "bytes", "ratio", "score as shown", "as large as it was"]
        size = f"{photograph.width}x{photograph.height}, {path.stat().st_size} bytes"
        print_table(f"{path.name}, {size}: 256 colours", header, rows)
        records += [{"file": path.name} | record for record in found]
    return records


def shipped_photograph() -> Path:
    """The one that scikit-learn ships, where there is no folder of pictures."""
    from sklearn.datasets import load_sample_images

    return Path(load_sample_images().filenames[0]).with_name("china.jpg")


def measure(photograph: Image.Image, n_bytes: int, ratio: int) -> list[dict[str, Any]]:
    """Both ways to a ratio."""
    from pil_kmeans import encode_png, ssimulacra2

    limit = n_bytes // ratio

    def rough(setting: float) -> tuple[Image.Image, bytes]:
        return photograph, encode_png(photograph, lossy=exp(setting), compression="fast")

    def small(setting: float) -> tuple[Image.Image, bytes]:
        scale = exp(-setting)
        shown = resized(photograph, [max(8, round(side * scale)) for side in photograph.size])
        return shown, encode_png(shown)

    records = []
    for way, make, highest in (("all pixels", rough, log(ROUGHEST)), ("fewer pixels", small, log(32))):
        setting, (shown, data) = gentlest(make, limit, highest)
        pixels = decoded(data)
        is_full = shown is photograph
        enlarged = pixels if is_full else np.asarray(resized(Image.fromarray(pixels), photograph.size))
        records.append(
            {
                "ratio": ratio,
                "way": way,
                "width": shown.width,
                "height": shown.height,
                "lossy": exp(setting) if is_full else 1.0,
                "bytes": len(data),
                "achieved": n_bytes / len(data),
                "score": ssimulacra2(shown, pixels),
                "score_full_size": ssimulacra2(photograph, enlarged),
            }
        )
    return records


def resized(image: Image.Image, size: Sequence[int]) -> Image.Image:
    return image.resize(tuple(size), Image.Resampling.LANCZOS)


def gentlest(
    make: Callable[[float], tuple[Image.Image, bytes]], limit: int, highest: float
) -> tuple[float, tuple[Image.Image, bytes]]:
    """The least setting, from 0 on, whose file is within the limit, or the highest if none is."""
    low, high = 0.0, highest
    found = make(low)
    if len(found[1]) <= limit:
        return low, found
    best = high, make(high)
    if len(best[1][1]) > limit:
        return best
    for _ in range(N_TRIALS):
        middle = (low + high) / 2
        found = make(middle)
        if len(found[1]) <= limit:
            best, high = (middle, found), middle
        else:
            low = middle
    return best
