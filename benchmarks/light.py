"""How far the light of dithered flat colours is from right, with palettes of few colours.

Flat colours, drawn at random between the colours of a palette, are dithered with it. The light of each result is
averaged, as an eye does from afar, and compared with the colour in CIELAB. In black and white, the share of white of
greys is compared with their light as well.
"""

import argparse
from typing import Any

import numpy as np

from benchmarks.tables import print_table

PALETTES = {
    "black and white": ["#000000", "#ffffff"],
    "4 greys": ["#000000", "#555555", "#aaaaaa", "#ffffff"],
    "7-color panel": ["#000000", "#ffffff", "#00ff00", "#0000ff", "#ff0000", "#ffff00", "#ff8000"],
    "corners of RGB": [f"#{r}{g}{b}" for r in ("00", "ff") for g in ("00", "ff") for b in ("00", "ff")],
}
SIDE = 128  # pixels


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--colors", type=int, default=24, metavar="N", help="flat colors for each palette (default: %(default)s)")
    add("--greys", type=int, default=1, metavar="STEP", help="greys from 1 to 254 by this step (default: %(default)s)")
    add("--methods", nargs="+", default=["floyd-steinberg", "ordered", "blue-noise"], help="(default: all)")
    add("--strength", type=float, help="dither_strength (default: that of the package)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    records = []
    for method in arguments.methods:
        for name, palette in PALETTES.items():
            errors = [
                flat_error(color, palette, method, arguments.strength) for color in between(palette, arguments.colors)
            ]
            records.append(
                {"method": method, "palette": name, "mean": float(np.mean(errors)), "largest": float(max(errors))}
            )
        shares = [100 * share_error(grey, method, arguments.strength) for grey in range(1, 255, arguments.greys)]
        records.append(
            {"method": method, "palette": "share of white, %", "mean": float(np.mean(shares)), "largest": max(shares)}
        )
    header = ["", "of", "mean", "largest"]
    print_table(
        f"CIELAB error of the mean light of {arguments.colors} flat colors, and error of the share of white",
        header,
        [[r["method"], r["palette"], r["mean"], r["largest"]] for r in records],
    )
    return {"flat_colors": records}


def between(palette: list[str], n: int) -> np.ndarray:
    """Colours (n, 3) whose light some mix of the palette's has, in sRGB."""
    shares = np.random.default_rng(0).dirichlet(np.full(len(palette), 0.7), n)
    return np.rint(255 * encoded(shares @ linear(as_samples(palette)))).astype(np.uint8)


def flat_error(color: np.ndarray, palette: list[str], method: str, strength: float | None) -> float:
    from skimage.color import rgb2lab

    seen = encoded(dithered(color, palette, method, strength).mean((0, 1)))
    return float(np.linalg.norm(rgb2lab(seen) - rgb2lab(color / 255)))


def share_error(grey: int, method: str, strength: float | None) -> float:
    share = dithered(np.full(3, grey), PALETTES["black and white"], method, strength).mean()
    return float(abs(share - linear(np.array(grey))))


def dithered(color: np.ndarray, palette: list[str], method: str, strength: float | None) -> np.ndarray:
    """Linear light (SIDE, SIDE, 3) of a flat colour, dithered."""
    import pil_kmeans

    flat = np.broadcast_to(color.astype(np.uint8), (SIDE, SIDE, 3))
    result = pil_kmeans.quantize(flat, palette=palette, dither=method, dither_strength=strength, n_threads=1)
    return linear(np.asarray(result.convert("RGB")))


def as_samples(palette: list[str]) -> np.ndarray:
    return np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in palette])


def linear(samples: np.ndarray) -> np.ndarray:
    values = samples / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
