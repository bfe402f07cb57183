"""The methods compared, each from a PIL image of mode RGB or RGBA to one of mode P."""

import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import crates, needs

DITHERED, UNDITHERED, AUTO = "ours dithered", "ours undithered", "ours auto"
QUANTETTE_DITHERED, QUANTETTE_UNDITHERED = "quantette dithered", "quantette undithered"
IMAGEQUANT_DITHERED, IMAGEQUANT_UNDITHERED = "libimagequant dithered", "libimagequant undithered"
PNGQUANT_DITHERED, PNGQUANT_UNDITHERED = "pngquant dithered", "pngquant undithered"
SRGB = "sRGB k-means"


@dataclass(frozen=True)
class Method:
    """A way to quantise; `dithered` is None where that depends on the picture."""

    name: str
    quantize: Callable[[Image.Image, int], Image.Image]
    dithered: bool | None
    missing: needs.Need = needs.nothing
    takes_alpha: bool = True


def ours(image: Image.Image, n_colors: int, **options: Any) -> Image.Image:
    import pil_kmeans

    return pil_kmeans.quantize(image, n_colors, n_threads=1, **options)


def quantette(image: Image.Image, n_colors: int, *, dither: str) -> Image.Image:
    """The crate's k-means and Floyd-Steinberg, both in Oklab, as it is by default."""
    command = [crates.path("quantette"), str(n_colors), dither]
    answer = subprocess.run(command, input=as_ppm(image), capture_output=True, check=True)
    with Image.open(io.BytesIO(answer.stdout)) as result:
        return of_few_colors(np.asarray(result))


def as_ppm(image: Image.Image) -> bytes:
    return b"P6\n%d %d\n255\n" % image.size + image.tobytes()


def of_few_colors(pixels: np.ndarray) -> Image.Image:
    """As mode P, pixels (H, W, 3) uint8 of at most 256 colours."""
    codes, indices = np.unique(pixels.astype(np.uint32) @ [1 << 16, 1 << 8, 1], return_inverse=True)
    palette = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)
    return indexed(indices.astype(np.uint8).reshape(pixels.shape[:2]), palette)


def libimagequant(image: Image.Image, n_colors: int, *, dithering_level: float) -> Image.Image:
    """At its default speed, through the package imagequant, which has the library's version 2."""
    from imagequant import quantize_raw_rgba_bytes

    samples = image.convert("RGBA").tobytes()
    indices, palette = quantize_raw_rgba_bytes(
        samples, *image.size, dithering_level=dithering_level, max_colors=n_colors
    )
    entries = np.array(palette, np.uint8).reshape(-1, 4)
    rows = np.frombuffer(indices, np.uint8).reshape(image.height, image.width)
    return indexed(rows, entries[: int(rows.max()) + 1, : len(image.getbands())])


def pngquant(image: Image.Image, n_colors: int, *options: str) -> Image.Image:
    """The program, at its slowest and best: since its version 3 with the version 4 of libimagequant."""
    source = io.BytesIO()
    image.save(source, "PNG", compress_level=1)
    command = ["pngquant", "--speed", "1", *options, str(n_colors), "-"]
    answer = subprocess.run(command, input=source.getvalue(), capture_output=True, check=True)
    result = Image.open(io.BytesIO(answer.stdout))
    result.load()
    return result


def pillow(image: Image.Image, n_colors: int, *, method: str, dithered: bool) -> Image.Image:
    """Pillow's `method`, dithered by mapping the picture once more to the palette it found."""
    result = image.quantize(n_colors, method=Image.Quantize[method])
    return image.quantize(palette=result, dither=Image.Dither.FLOYDSTEINBERG) if dithered else result


def indexed(indices: np.ndarray, palette: np.ndarray) -> Image.Image:
    """An image of mode P from indices (H, W) uint8 and a palette (n, 3) or (n, 4) uint8."""
    image = Image.fromarray(indices)
    image.putpalette(palette.tobytes(), "RGB" if palette.shape[1] == 3 else "RGBA")
    return image


IMAGEQUANT, PNGQUANT = needs.module("imagequant"), needs.program("pngquant", least=3)
METHODS = (
    Method(DITHERED, partial(ours, dither="floyd-steinberg"), True),
    Method(UNDITHERED, partial(ours, dither="none"), False),
    Method(AUTO, partial(ours, dither="auto"), None),
    Method(SRGB, partial(ours, dither="none", color_space="srgb"), False),
    Method(QUANTETTE_DITHERED, partial(quantette, dither="floyd-steinberg"), True, crates.build, takes_alpha=False),
    Method(QUANTETTE_UNDITHERED, partial(quantette, dither="none"), False, crates.build, takes_alpha=False),
    Method(PNGQUANT_DITHERED, pngquant, True, PNGQUANT),
    Method(PNGQUANT_UNDITHERED, lambda image, n_colors: pngquant(image, n_colors, "--nofs"), False, PNGQUANT),
    Method(IMAGEQUANT_DITHERED, partial(libimagequant, dithering_level=1.0), True, IMAGEQUANT),
    Method(IMAGEQUANT_UNDITHERED, partial(libimagequant, dithering_level=0.0), False, IMAGEQUANT),
    *(
        Method(
            f"Pillow {method} {'dithered' if dithered else 'undithered'}",
            partial(pillow, method=method, dithered=dithered),
            dithered,
            takes_alpha=method == "FASTOCTREE" and not dithered,
        )
        for method in ("MEDIANCUT", "FASTOCTREE")
        for dithered in (True, False)
    ),
)
BY_NAME = {method.name: method for method in METHODS}
OURS = (DITHERED, UNDITHERED, AUTO)
