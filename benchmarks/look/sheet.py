"""Contact sheets: the original and some results side by side, whole and in a detail."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.look.methods import DITHERED, IMAGEQUANT_DITHERED, OKLAB_DITHERED, UNDITHERED
from benchmarks.look.oklab_dither import to_oklab

COLUMNS = (DITHERED, UNDITHERED, IMAGEQUANT_DITHERED, OKLAB_DITHERED)
TILE_WIDTH, GAP, STRIP_HEIGHT = 393, 6, 24
ZOOM = 3
DETAIL = TILE_WIDTH // ZOOM  # pixels, the side of the square that is shown enlarged
INK, PAPER = "white", (40, 40, 40)


def write_sheet(
    folder: Path, pixels: np.ndarray, results: dict[str, Image.Image | None], records: list[dict[str, Any]]
) -> None:
    """Write ``folder/<picture>_<n_colors>.png``."""
    record = records[0]
    tiles: dict[str, Image.Image | None] = {"original": Image.fromarray(pixels)}
    tiles |= {name: image and image.convert("RGB") for name in COLUMNS for image in [results.get(name)]}
    scores = {record["method"]: record["scores"] for record in records}
    box = interesting_box(pixels, [np.asarray(tile) for tile in tiles.values() if tile])
    title = f"{record['picture']}, {record['n_colors']} colours, detail {ZOOM} x at {box[:2]}; SSIMULACRA2 (PyPI)"
    sheet = draw_sheet(title, {label(name, scores.get(name)): tile for name, tile in tiles.items()}, box)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{Path(record['picture']).stem}_{record['n_colors']}.png"
    sheet.save(folder / name)


def label(name: str, scores: dict[str, float | None] | None) -> str:
    score = scores and scores["ssimulacra2"]
    return name if score is None else f"{name}: {score:.1f}"


def interesting_box(pixels: np.ndarray, results: list[np.ndarray]) -> tuple[int, int, int, int]:
    """The square where the results, seen from afar, are farthest from the original and from each other."""
    from scipy.ndimage import gaussian_filter, uniform_filter

    original = to_oklab(pixels)
    error = sum(
        np.square(gaussian_filter(to_oklab(result) - original, (1.5, 1.5, 0))).sum(axis=-1) for result in results
    )
    height, width = error.shape
    half = DETAIL // 2
    means = uniform_filter(error, DETAIL)[half : max(height - half, half + 1), half : max(width - half, half + 1)]
    top, left = np.unravel_index(means.argmax(), means.shape)
    return int(left), int(top), min(int(left) + DETAIL, width), min(int(top) + DETAIL, height)


def draw_sheet(title: str, tiles: dict[str, Image.Image | None], box: tuple[int, int, int, int]) -> Image.Image:
    """A strip with the title, then one column for each tile: its label, the whole and the detail."""
    first = next(tile for tile in tiles.values() if tile)
    height = round(first.height * TILE_WIDTH / first.width)
    detail = ZOOM * (box[2] - box[0]), ZOOM * (box[3] - box[1])
    size = len(tiles) * (TILE_WIDTH + GAP) - GAP, 2 * STRIP_HEIGHT + height + GAP + detail[1]
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    draw.text((GAP, 3), title, INK, font)
    for column, (name, tile) in enumerate(tiles.items()):
        left = column * (TILE_WIDTH + GAP)
        draw.text((left + GAP, STRIP_HEIGHT + 3), name if tile else f"{name}: not installed", INK, font)
        if tile:
            whole = tile.resize((TILE_WIDTH, height), Image.Resampling.LANCZOS)
            sheet.paste(whole, (left, 2 * STRIP_HEIGHT))
            enlarged = tile.crop(box).resize(detail, Image.Resampling.NEAREST)
            sheet.paste(enlarged, (left, 2 * STRIP_HEIGHT + height + GAP))
    return sheet
