"""Every method on every picture, scored by a pool of processes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from benchmarks.look import oklab_dither
from benchmarks.look.methods import METHODS, OKLAB_DITHERED, indexed
from benchmarks.look.scores import Original, png_bytes
from benchmarks.look.sheet import write_sheet
from benchmarks.pictures import Picture
from benchmarks.progress import track

CHECKER_SIZE, CHECKER_GREYS = 8, (255, 204)
OPAQUE = "opaque"


class Indexed(NamedTuple):
    """What a palette picture is made of: (H, W) and (n, 3) uint8."""

    indices: np.ndarray
    palette: np.ndarray


@dataclass(frozen=True)
class Job:
    """One picture and number of colours; `oklab_dithered` was made before, with other pictures in lockstep."""

    picture: str
    pixels: np.ndarray
    n_colors: int
    oklab_dithered: Indexed | None = None
    sheets: Path | None = None

    def run(self) -> list[dict[str, Any]]:
        """One record for each method and background; its scores are None where the method is not installed."""
        originals = {name: Original(pixels) for name, pixels in composites(self.pixels).items()}
        results = self.quantize()
        records = [
            {
                "picture": self.picture,
                "background": background,
                "n_colors": self.n_colors,
                "method": method,
                "scores": image and score(original, image, background),
            }
            for background, original in originals.items()
            for method, image in results.items()
        ]
        if self.sheets is not None:
            write_sheet(self.sheets, self.pixels, results, records)
        return records

    def quantize(self) -> dict[str, Image.Image | None]:
        """The result of each method that takes such a picture, None where it is not installed."""
        image = Image.fromarray(self.pixels)
        results = {
            method.name: method.quantize(image, self.n_colors) if method.installed else None
            for method in METHODS
            if method.takes_alpha or image.mode == "RGB"
        }
        if self.oklab_dithered is not None:
            results[OKLAB_DITHERED] = indexed(*self.oklab_dithered)
        return results


def score(original: Original, image: Image.Image, background: str) -> dict[str, float | None]:
    pixels = np.asarray(image.convert("RGB" if background == OPAQUE else "RGBA"))
    return {**original.compare(composites(pixels)[background]), "png_bytes": png_bytes(image)}


def composites(pixels: np.ndarray) -> dict[str, np.ndarray]:
    """What viewers see, by name of the background: RGB as it is; RGBA in sRGB, as browsers composite it."""
    height, width, channels = pixels.shape
    if channels == 3:
        return {OPAQUE: pixels}
    y, x = np.ogrid[:height, :width]
    checkers = np.array(CHECKER_GREYS)[(y // CHECKER_SIZE + x // CHECKER_SIZE) % 2]
    alpha = pixels[..., 3:] / 255
    return {
        name: np.rint(alpha * pixels[..., :3] + (1 - alpha) * background).astype(np.uint8)
        for name, background in {"black": 0, "white": 255, "checkerboard": checkers[..., None]}.items()
    }


def compare_photographs(
    pictures: list[Picture], n_colors: Iterable[int], *, jobs: int, sheets: Path | None
) -> list[dict[str, Any]]:
    with start_pool(jobs) as pool:
        dithered = dither_in_oklab(pool, pictures, n_colors)
        work = [
            Job(picture.name, picture.pixels, k, dithered[picture.name, k], sheets)
            for k in n_colors
            for picture in pictures
        ]
        return list(score_all(pool, work))


def compare_alpha(pictures: list[Picture], n_colors: Iterable[int], *, jobs: int) -> list[dict[str, Any]]:
    with start_pool(jobs) as pool:
        return list(score_all(pool, [Job(picture.name, picture.pixels, k) for k in n_colors for picture in pictures]))


def start_pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))


def score_all(pool: ProcessPoolExecutor, jobs: list[Job]) -> Iterator[dict[str, Any]]:
    for records in track(pool.map(Job.run, jobs), "look", len(jobs)):
        yield from records


def dither_in_oklab(
    pool: ProcessPoolExecutor, pictures: list[Picture], n_colors: Iterable[int]
) -> dict[tuple[str, int], Indexed]:
    """Results by name of the picture and number of colours; pictures of one size go together."""
    by_shape: dict[tuple[int, ...], list[Picture]] = defaultdict(list)
    for picture in pictures:
        by_shape[picture.pixels.shape].append(picture)
    groups = [(same, k) for k in sorted(n_colors, reverse=True) for same in by_shape.values()]
    pixels = [[picture.pixels for picture in same] for same, _ in groups]
    answers = pool.map(palette_and_dither, pixels, [k for _, k in groups])
    return {
        (picture.name, k): result
        for (same, k), results in zip(groups, answers, strict=True)
        for picture, result in zip(same, results, strict=True)
    }


def palette_and_dither(pictures: list[np.ndarray], n_colors: int) -> list[Indexed]:
    """Our undithered palettes, by the plain Floyd-Steinberg of `oklab_dither`."""
    from pil_kmeans import KMeansQuantizer

    palettes = [KMeansQuantizer(n_colors, n_threads=1).fit(picture).palette_ for picture in pictures]
    return [*map(Indexed, oklab_dither.dither(pictures, palettes), palettes)]
