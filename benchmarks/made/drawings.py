"""Drawings of few colours with smooth edges."""

import numpy as np
from PIL import Image, ImageDraw

OVERSAMPLED = 4
WIDTH, HEIGHT = 320, 240
INK, PAPER = (24, 24, 32), (252, 250, 244)


def line_art() -> np.ndarray:
    """Thin black lines on paper: circles, rays and waves."""
    image, draw = sheet(PAPER)
    for radius in range(12, 110, 14):
        draw.ellipse(around(110, 120, radius), outline=INK, width=OVERSAMPLED)
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        draw.line(enlarged(110, 120, 110 + 105 * np.cos(angle), 120 + 105 * np.sin(angle)), fill=INK, width=2)
    across = np.linspace(225, 315, 200)
    for row in range(20, 230, 15):
        points = np.stack([across, row + 6 * np.sin(across / 6 + row)], axis=-1)
        draw.line(enlarged(*points.ravel()), fill=INK, width=OVERSAMPLED)
    return shrunk(image)


def flat_chart() -> np.ndarray:
    """Bars, a line and a pie in flat colours."""
    image, draw = sheet((255, 255, 255))
    colors = [(66, 133, 244), (219, 68, 55), (244, 180, 0), (15, 157, 88), (171, 71, 188), (0, 172, 193)]
    for i, color in enumerate(colors):
        height = 40 + 37 * i % 110
        draw.rectangle(enlarged(20 + 26 * i, 200 - height, 40 + 26 * i, 200), fill=color)
        draw.pieslice(around(250, 70, 55), 60 * i, 60 * (i + 1) - 10 * (i % 2), fill=color)
    draw.line(enlarged(20, 120, 60, 60, 100, 100, 140, 50, 176, 90), fill=INK, width=2 * OVERSAMPLED)
    draw.line(enlarged(14, 200, 186, 200), fill=(120, 120, 120), width=OVERSAMPLED)
    return shrunk(image)


def cartoon() -> np.ndarray:
    """Flat areas with outlines, and one small vivid one: a landscape with a red house."""
    image, draw = sheet((135, 196, 235))
    draw.ellipse(around(260, 50, 26), fill=(255, 224, 102), outline=INK, width=OVERSAMPLED)
    draw.ellipse(around(90, 260, 150), fill=(92, 158, 84), outline=INK, width=OVERSAMPLED)
    draw.ellipse(around(250, 280, 140), fill=(116, 176, 96), outline=INK, width=OVERSAMPLED)
    draw.rectangle(enlarged(200, 120, 228, 146), fill=(200, 40, 44), outline=INK, width=OVERSAMPLED)
    draw.polygon(enlarged(196, 120, 214, 102, 232, 120), fill=(92, 60, 48), outline=INK, width=OVERSAMPLED)
    draw.rectangle(enlarged(210, 132, 217, 146), fill=(250, 214, 60))
    return shrunk(image)


def sheet(color: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH * OVERSAMPLED, HEIGHT * OVERSAMPLED), color)
    return image, ImageDraw.Draw(image)


def shrunk(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def enlarged(*places: float) -> list[float]:
    return [place * OVERSAMPLED for place in places]


def around(x: float, y: float, radius: float) -> list[float]:
    return enlarged(x - radius, y - radius, x + radius, y + radius)
