"""Where the benchmarks' pictures come from."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from benchmarks.made import MADE

IMAGES = Path(__file__).resolve().parents[2] / "shared" / "images"
FOLDERS = ("cq100", "kodak", "photos")
PHOTOGRAPHS, ALPHA, DRAWN = KINDS = ("photographs", "alpha", "made")

# Sizes that the tables name, in pixels; pictures are taken to have the nearest of them
# if their number of pixels is within SIZE_TOLERANCE of it.
SIZES = {"768x512": 768 * 512, "1920x1280": 1920 * 1280, "3840x2560": 3840 * 2560}
SIZE_TOLERANCE = 0.05

# Photographs that are made small, and to what sides; the shipped ones, so that they are the same everywhere.
SMALL_PHOTOGRAPHS, SMALL_SIDES = 3, (24, 48, 96)


@dataclass(frozen=True)
class Picture:
    """A picture, mostly an RGB photograph, read when first used.

    `best_known` maps a number of colours to the lowest mean squared error known for it.
    """

    name: str
    load: Callable[[], np.ndarray] = field(repr=False)
    best_known: dict[int, float] = field(default_factory=dict, repr=False)
    kind: str = PHOTOGRAPHS

    @cached_property
    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8, or (H, W, 4) with alpha, C-contiguous."""
        return np.ascontiguousarray(self.load())

    @property
    def n_pixels(self) -> int:
        return self.pixels.shape[0] * self.pixels.shape[1]

    @property
    def size(self) -> str:
        for name, n_pixels in SIZES.items():
            if abs(self.n_pixels - n_pixels) <= SIZE_TOLERANCE * n_pixels:
                return name
        height, width = self.pixels.shape[:2]
        return f"{width}x{height}"


def find_pictures(patterns: str, *, images: Path = IMAGES) -> list[Picture]:
    """Pictures whose name, folder or name without ending matches one of `patterns`.

    Parameters
    ----------
    patterns : str
        Names or shell patterns with commas between them, such as
        ``"kodak,cq100/f*,Louvre"``. Names look like ``kodak/kodim01.png``.
    images : Path
        Folder with the folders of pictures. Where it is missing the photographs that
        scikit-image and scikit-learn ship take its place, and `patterns` that match
        none of those choose them all.
    """
    present = images.is_dir()
    pictures = folder_pictures(images) if present else shipped_pictures()
    chosen = [p for p in pictures if matches(p.name, patterns)]
    if not chosen and present:
        names = ", ".join(p.name for p in pictures)
        raise SystemExit(f"--pictures {patterns!r} matches none of: {names}")
    return chosen or pictures


def matches(name: str, patterns: str) -> bool:
    path = Path(name)
    candidates = (name, path.parent.name, path.name, path.stem)
    return any(fnmatchcase(candidate, pattern.strip()) for pattern in patterns.split(",") for candidate in candidates)


def folder_pictures(images: Path) -> list[Picture]:
    best_known = {}
    record = images / "best_known_mse.json"
    if record.exists():
        best_known = json.loads(record.read_text())["images"]
    pictures = []
    for folder in FOLDERS:
        for path in sorted((images / folder).glob("*")):
            name = f"{folder}/{path.name}"
            known = {int(n_colors): mse for n_colors, mse in best_known.get(name, {}).items() if n_colors.isdigit()}
            pictures.append(Picture(name, lambda path=path: read_as("RGB", path), known))
    return pictures


def find_kinds(kinds: Sequence[str], patterns: str, *, images: Path = IMAGES) -> list[Picture]:
    """Pictures of those `kinds`; `patterns` choose among photographs."""
    pictures = []
    if PHOTOGRAPHS in kinds:
        pictures += find_pictures(patterns, images=images)
    if ALPHA in kinds:
        pictures += find_alpha_pictures(images=images)
    if DRAWN in kinds:
        pictures += made_pictures()
    return pictures


def made_pictures() -> list[Picture]:
    """Pictures that are not photographs, and photographs made small."""
    pictures = [Picture(f"made/{name}", make, kind=DRAWN) for name, make in MADE.items()]
    for photograph in shipped_pictures()[:SMALL_PHOTOGRAPHS]:
        pictures += [
            Picture(f"made/{Path(photograph.name).name}_{side}", partial(small, photograph, side), kind=DRAWN)
            for side in SMALL_SIDES
        ]
    return pictures


def small(picture: Picture, side: int) -> np.ndarray:
    """The middle square of a picture at so many pixels a side."""
    from PIL import Image

    height, width = picture.pixels.shape[:2]
    edge = min(height, width)
    left, top = (width - edge) // 2, (height - edge) // 2
    box = left, top, left + edge, top + edge
    return np.asarray(Image.fromarray(picture.pixels).resize((side, side), Image.Resampling.LANCZOS, box))


def find_alpha_pictures(*, images: Path = IMAGES) -> list[Picture]:
    """RGBA pictures of the folder ``alpha``, or where it is missing the one that scikit-image ships."""
    from skimage import data

    paths = sorted((images / "alpha").glob("*"))
    pictures = [Picture(f"alpha/{path.name}", lambda path=path: read_as("RGBA", path), kind=ALPHA) for path in paths]
    return pictures or [Picture("skimage/logo", data.logo, kind=ALPHA)]


def shipped_pictures() -> list[Picture]:
    from skimage import data
    from sklearn.datasets import load_sample_image

    names = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "rocket")
    pictures = [Picture(f"skimage/{name}", getattr(data, name)) for name in names]
    pictures += [
        Picture(f"sklearn/{name}", lambda name=name: load_sample_image(f"{name}.jpg")) for name in ("china", "flower")
    ]
    return pictures


def read_as(mode: str, path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert(mode))
