"""The methods compared, each from a PIL image of mode RGB or RGBA to one of mode P."""

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
from PIL import Image

DITHERED, UNDITHERED, AUTO = "ours dithered", "ours undithered", "ours auto"
OKLAB_DITHERED = "Oklab k-means, FS 7/8"
IMAGEQUANT_DITHERED, IMAGEQUANT_UNDITHERED = "libimagequant dithered", "libimagequant undithered"


@dataclass(frozen=True)
class Method:
    """A way to quantise, which needs a Python `module` or a `program` on PATH."""

    name: str
    quantize: Callable[[Image.Image, int], Image.Image]
    module: str | None = None
    program: str | None = None
    takes_alpha: bool = True

    @property
    def installed(self) -> bool:
        if self.program is not None:
            return shutil.which(self.program) is not None
        return self.module is None or find_spec(self.module) is not None


def ours(image: Image.Image, n_colors: int, *, dither: str) -> Image.Image:
    import pil_kmeans

    return pil_kmeans.quantize(image, n_colors, dither=dither, n_threads=1)


def libimagequant(image: Image.Image, n_colors: int, *, dithering_level: float) -> Image.Image:
    """At its default speed, through the package imagequant."""
    from imagequant import quantize_raw_rgba_bytes

    samples = image.convert("RGBA").tobytes()
    indices, palette = quantize_raw_rgba_bytes(
        samples, *image.size, dithering_level=dithering_level, max_colors=n_colors
    )
    entries = np.array(palette, np.uint8).reshape(-1, 4)
    rows = np.frombuffer(indices, np.uint8).reshape(image.height, image.width)
    return indexed(rows, entries[: int(rows.max()) + 1, : len(image.getbands())])


def pngquant(image: Image.Image, n_colors: int, *options: str) -> Image.Image:
    """The program, at its slowest and best."""
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


METHODS = (
    Method(DITHERED, partial(ours, dither="floyd-steinberg")),
    Method(UNDITHERED, partial(ours, dither="none")),
    Method(AUTO, partial(ours, dither="auto")),
    Method(IMAGEQUANT_DITHERED, partial(libimagequant, dithering_level=1.0), module="imagequant"),
    Method(IMAGEQUANT_UNDITHERED, partial(libimagequant, dithering_level=0.0), module="imagequant"),
    Method("pngquant dithered", pngquant, program="pngquant"),
    Method("pngquant undithered", lambda image, n_colors: pngquant(image, n_colors, "--nofs"), program="pngquant"),
    *(
        Method(
            f"Pillow {method} {'dithered' if dithered else 'undithered'}",
            partial(pillow, method=method, dithered=dithered),
            takes_alpha=method == "FASTOCTREE" and not dithered,
        )
        for method in ("MEDIANCUT", "FASTOCTREE")
        for dithered in (True, False)
    ),
)
