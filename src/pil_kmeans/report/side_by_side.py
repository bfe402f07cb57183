"""Original and results beside each other as one picture, with a detail of each below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..measures import comparable
from .measured import Measured, pil_image

PANEL = 480  # longest side of a panel
ZOOM = 4  # of the detail
GAP = 16
TEXT_SIZE, TEXT_LINE = 15, 21
PAPER, INK, FAINT = (250, 250, 249), (29, 29, 31), (107, 107, 112)
CHECKS = (255, 222)  # greys below translucent pictures
CHECK_SIZE = 8


@dataclass(frozen=True)
class Place:
    """A rectangle of pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """For Pillow."""
        return self.x, self.y, self.x + self.width, self.y + self.height


def drawn(comparison: Measured, rows: Sequence[int]) -> Image.Image:
    """Draw the original and the results of these rows."""
    height, width = comparison.original.shape[:2]
    scale = min(PANEL / max(width, height), 1.0) if max(width, height) > PANEL else PANEL // max(width, height)
    panel = max(1, round(width * scale)), max(1, round(height * scale))
    place = detail(comparison.original, panel[0] // ZOOM, panel[1] // ZOOM)
    pictures = [opaque(pil_image(comparison.original)), *(opaque(comparison.decoded(i)) for i in rows)]
    column = max(panel[0], place.width * ZOOM)
    sheet = Image.new(
        "RGB",
        (
            GAP + len(pictures) * (column + GAP),
            GAP + 2 * TEXT_LINE + GAP // 2 + panel[1] + GAP + place.height * ZOOM + GAP,
        ),
        PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(TEXT_SIZE)
    for i, (picture, caption) in enumerate(zip(pictures, captions(comparison, rows), strict=True)):
        x, y = GAP + i * (column + GAP), GAP
        for line, ink in zip(caption, (INK, FAINT), strict=True):
            draw.text((x, y), line, ink, font)
            y += TEXT_LINE
        y += GAP // 2
        sheet.paste(resized(picture, panel), (x, y))
        if i == 0:
            mark(draw, place, scale, (x, y))
        y += panel[1] + GAP
        crop = picture.crop(place.box)
        sheet.paste(crop.resize((crop.width * ZOOM, crop.height * ZOOM), Image.Resampling.NEAREST), (x, y))
    return sheet


def captions(comparison: Measured, rows: Sequence[int]) -> list[tuple[str, str]]:
    """Two lines for each panel."""
    texts = [("original", f"{comparison.original_bytes:,} bytes")]
    for i in rows:
        row = comparison.table[i]
        noun = "color" if row.colors == 1 else "colors"
        texts.append(
            (f"{row.colors} {noun}", f"{row.bytes:,} bytes, {row.ratio:.1%}; SSIMULACRA 2: {row.ssimulacra2:.1f}")
        )
    return texts


def detail(original: NDArray[np.uint8], width: int, height: int) -> Place:
    """Find the rectangle of this size, at most the picture's, where neighbouring pixels differ most."""
    levels = comparable(original).sum(axis=-1)
    contrast = np.abs(np.diff(levels, axis=0, append=levels[-1:])) + np.abs(
        np.diff(levels, axis=1, append=levels[:, -1:])
    )
    height, width = max(1, min(height, len(levels))), max(1, min(width, levels.shape[1]))
    sums = np.zeros((levels.shape[0] + 1, levels.shape[1] + 1))
    sums[1:, 1:] = contrast.cumsum(axis=0).cumsum(axis=1)
    windows = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    y, x = np.unravel_index(windows.argmax(), windows.shape)
    return Place(int(x), int(y), width, height)


def opaque(image: Image.Image) -> Image.Image:
    """Lay a picture on grey and white checks, as programs show what is translucent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    y, x = np.indices((image.height, image.width)) // CHECK_SIZE
    checks = Image.fromarray(np.array(CHECKS, np.uint8)[(x + y) % 2]).convert("RGBA")
    return Image.alpha_composite(checks, image.convert("RGBA")).convert("RGB")


def resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Make a picture smaller smoothly, or larger with its pixels to be seen."""
    if picture.width <= size[0]:
        return picture.resize(size, Image.Resampling.NEAREST)
    return picture.resize(size, Image.Resampling.LANCZOS)


def mark(draw: ImageDraw.ImageDraw, place: Place, scale: float, corner: tuple[int, int]) -> None:
    """Frame the detail, to be seen on any ground."""
    x, y = (round(start * scale) + offset for start, offset in zip((place.x, place.y), corner, strict=True))
    size = round(place.width * scale), round(place.height * scale)
    for inset, color in ((0, "black"), (1, "white")):
        if min(size) <= 2 * inset:
            return
        draw.rectangle((x + inset, y + inset, x + size[0] - 1 - inset, y + size[1] - 1 - inset), outline=color)
