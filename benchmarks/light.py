"""Whether dithering adds up to the right light: flat colours in given palettes, and the bias of fitted results.

Flat greys in black and white: how far the share of white is from the light of the grey, in percentage points. Flat
colours, mixes of a panel's seven: the CIELAB difference of the mean, in linear light, from the colour. Photographs with
fitted palettes: how much more light the result has than the picture, of 1000, the mean over pictures of its size.
"""

import argparse
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.pictures import Picture, find_pictures
from benchmarks.tables import print_table

PANEL = np.array(
    [[0, 0, 0], [255, 255, 255], [0, 255, 0], [0, 0, 255], [255, 0, 0], [255, 255, 0], [255, 128, 0]], np.uint8
)  # as its makers name them, not as they are seen
METHODS = ("floyd-steinberg", "atkinson", "stucki", "jarvis-judice-ninke", "sierra", "ordered", "blue-noise")
N_COLORS = (2, 4, 8, 16)
SIZE, MIXES = 128, 24
FLOORS = {"floyd-steinberg": (3, 5), "ordered": (None, 12), "blue-noise": (None, 12)}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100", help="patterns (default: %(default)s)")
    add("--methods", nargs="+", default=METHODS, choices=METHODS, metavar="METHOD", help="(default: all)")
    add("--n-colors", type=int, nargs="+", default=N_COLORS, metavar="N", help="(default: 2 4 8 16)")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    flats = [flat_errors(method) for method in arguments.methods]
    print_table(
        "Flat colours: errors in white's share of greys 1 to 254, in points, and of mixes of seven colours, CIELAB",
        ["method", "largest", "at most", "mean", "mixes", "at most"],
        [
            [f["method"], f["largest"], floors[0], f["mean"], f["mixes"], floors[1]]
            for f in flats
            for floors in [FLOORS.get(f["method"], (None, None))]
        ],
    )
    pictures = find_pictures(arguments.pictures, images=arguments.images)
    biases = [{"n_colors": k, "bias": mean(abs(bias(picture, k)) for picture in pictures)} for k in arguments.n_colors]
    print_table(
        f"{len(pictures)} pictures, dithered with fitted palettes: light gained or lost, of 1000",
        ["colours", "mean"],
        [[b["n_colors"], b["bias"]] for b in biases],
    )
    return {"flat": flats, "bias": biases}


def flat_errors(method: str) -> dict[str, Any]:
    black_and_white = np.array([[0] * 3, [255] * 3], np.uint8)
    greys = [
        100 * abs(float(seen(np.full(3, level, np.uint8), black_and_white, method)[0] - light(np.array(level))))
        for level in range(1, 255)
    ]
    shares = np.random.default_rng(0).dirichlet(np.full(len(PANEL), 0.5), MIXES)
    colors = np.rint(255 * encoded(shares @ light(PANEL))).astype(np.uint8)
    mixes = [float(np.linalg.norm(lab(seen(color, PANEL, method)) - lab(light(color)))) for color in colors]
    return {"method": method, "largest": max(greys), "mean": mean(greys), "mixes": mean(mixes)}


def seen(color: np.ndarray, palette: np.ndarray, method: str) -> np.ndarray:
    """The mean light of a flat area of the colour."""
    import pil_kmeans

    image = Image.fromarray(np.broadcast_to(color, (SIZE, SIZE, 3)).copy())
    entries = [tuple(int(sample) for sample in entry) for entry in palette]
    indices = np.asarray(pil_kmeans.quantize(image, palette=entries, dither=method))
    return light(palette)[indices].mean(axis=(0, 1))


def bias(picture: Picture, n_colors: int) -> float:
    import pil_kmeans

    result = pil_kmeans.quantize(Image.fromarray(picture.pixels), n_colors, dither="floyd-steinberg")
    return 1000 * float(light(np.asarray(result.convert("RGB"))).mean() - light(picture.pixels[..., :3]).mean())


def light(samples: np.ndarray) -> np.ndarray:
    """Linear light of 8-bit samples (IEC 61966-2-1)."""
    x = samples / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def encoded(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)


def lab(values: np.ndarray) -> np.ndarray:
    xyz = values @ TO_XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
