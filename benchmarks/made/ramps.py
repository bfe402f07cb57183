"""Smooth ramps, in which every step of a palette shows."""

import numpy as np

WIDTH, HEIGHT = 320, 200


def grey() -> np.ndarray:
    """Black to white, from left to right."""
    row = np.rint(np.linspace(0, 255, WIDTH)).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3)).copy()


def hue() -> np.ndarray:
    """All hues from left to right, white above and black below."""
    y, x = axes()
    waves = 0.5 + 0.5 * np.cos(2 * np.pi * (x[..., None] - np.arange(3) / 3))
    lightness = 1 - y[..., None]
    mixed = np.where(lightness > 0.5, 1 - 2 * (1 - lightness) * (1 - waves), 2 * lightness * waves)
    return rounded(mixed)


def sky() -> np.ndarray:
    """A sky at dusk with its sun, and grain as cameras have it."""
    y, x = axes()
    zenith, horizon, glow = (np.array(color) / 255 for color in ((24, 52, 110), (236, 150, 90), (255, 236, 190)))
    sky = zenith + (horizon - zenith) * y[..., None] ** 1.5
    near = np.exp(-(((x - 0.7) / 0.18) ** 2 + ((y - 0.8) / 0.22) ** 2))[..., None]
    grain = np.random.default_rng(0).normal(0, 1.2 / 255, (HEIGHT, WIDTH, 1))
    return rounded(sky + (glow - sky) * near + grain)


def axes() -> tuple[np.ndarray, np.ndarray]:
    """Places of the pixels from 0 to 1, down and across, each (H, W)."""
    return np.meshgrid(np.linspace(0, 1, HEIGHT), np.linspace(0, 1, WIDTH), indexing="ij")


def rounded(samples: np.ndarray) -> np.ndarray:
    """0 to 1 as 8 bits."""
    return np.rint(255 * np.clip(samples, 0, 1)).astype(np.uint8)
