"""Contact sheets: the original and some results side by side, whole and in a detail."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.groups import group
from benchmarks.judges.seen import blurred_lab
from benchmarks.look.methods import DITHERED, PNGQUANT_DITHERED, QUANTETTE_DITHERED, UNDITHERED
from benchmarks.pictures import PHOTOGRAPHS

COLUMNS = (DITHERED, UNDITHERED, PNGQUANT_DITHERED, QUANTETTE_DITHERED)
TILE_WIDTH, GAP, STRIP_HEIGHT = 393, 6, 24
ZOOM = 3
DETAIL = TILE_WIDTH // ZOOM  # pixels, the side of the square that is shown enlarged
INK, PAPER = "white", (40, 40, 40)


def write_sheets(target: Path, folder: Path, files: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Write ``target/<picture>_<n_colors>.png`` of each photograph, from the files that `make` left in `folder`."""
    target.mkdir(parents=True, exist_ok=True)
    scores = {(row["picture"], row["n_colors"], row["method"]): row["scores"] for row in rows}
    photographs = [file for file in files if file["kind"] == PHOTOGRAPHS]
    for (picture, n_colors, original), own in group(photographs, "picture", "n_colors", "original").items():
        found = {file["method"]: folder / file["file"] for file in own if file["method"] in COLUMNS}
        labels = {m: f"{m}: {scores[picture, n_colors, m]['ssimulacra2']:.1f}" for m in COLUMNS if m in found}
        tiles = {"original": opened(folder / original)} | {labels[m]: opened(found[m]) for m in labels}
        box = interesting_box(*tiles.values())
        title = f"{picture}, {n_colors} colours, detail {ZOOM} x at {box[:2]}; SSIMULACRA 2"
        draw_sheet(title, tiles, box).save(target / f"{Path(picture).stem}_{n_colors}.png")


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def interesting_box(original: Image.Image, *results: Image.Image) -> tuple[int, int, int, int]:
    """The square where the results, seen from afar, are farthest from the original and from each other."""
    from scipy.ndimage import uniform_filter

    first, *others = (blurred_lab(np.asarray(image)) for image in (original, *results))
    error = sum(np.square(other - first).sum(axis=-1) for other in others)
    height, width = error.shape
    half = DETAIL // 2
    means = uniform_filter(error, DETAIL)[half : max(height - half, half + 1), half : max(width - half, half + 1)]
    top, left = np.unravel_index(means.argmax(), means.shape)
    return int(left), int(top), min(int(left) + DETAIL, width), min(int(top) + DETAIL, height)


def draw_sheet(title: str, tiles: dict[str, Image.Image], box: tuple[int, int, int, int]) -> Image.Image:
    """A strip with the title, then one column for each tile: its label, the whole and the detail."""
    first = next(iter(tiles.values()))
    height = round(first.height * TILE_WIDTH / first.width)
    detail = ZOOM * (box[2] - box[0]), ZOOM * (box[3] - box[1])
    size = len(tiles) * (TILE_WIDTH + GAP) - GAP, 2 * STRIP_HEIGHT + height + GAP + detail[1]
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    draw.text((GAP, 3), title, INK, font)
    for column, (name, tile) in enumerate(tiles.items()):
        left = column * (TILE_WIDTH + GAP)
        draw.text((left + GAP, STRIP_HEIGHT + 3), name, INK, font)
        whole = tile.resize((TILE_WIDTH, height), Image.Resampling.LANCZOS)
        sheet.paste(whole, (left, 2 * STRIP_HEIGHT))
        enlarged = tile.crop(box).resize(detail, Image.Resampling.NEAREST)
        sheet.paste(enlarged, (left, 2 * STRIP_HEIGHT + height + GAP))
    return sheet
