"""Files of palette pictures, by ours and by others; each is decoded twice."""

import io
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import needs
from benchmarks.pictures import Picture

COMPRESSIONS = ("fast", "default", "max")
PILLOW, PNGQUANT = "Pillow", "pngquant --speed 1, oxipng 4"
OXIPNG_LEVEL = 4

OXIPNG_NEEDS = needs.module("oxipng")
PNGQUANT_NEEDS = needs.both(needs.program("pngquant"), OXIPNG_NEEDS)

Task = Callable[[], bytes]


def encoders(quantized: Image.Image) -> dict[str, Task]:
    """Ways to write the same palette picture."""
    from pil_kmeans import IndexedImage

    palette = np.array(quantized.getpalette(), np.uint8).reshape(-1, 3)
    indexed = IndexedImage(np.asarray(quantized), palette)
    tasks: dict[str, Task] = {PILLOW: partial(save, quantized)}
    tasks["Pillow, optimize=True"] = partial(save, quantized, optimize=True)
    if OXIPNG_NEEDS() is None:
        tasks[f"Pillow, oxipng {OXIPNG_LEVEL}"] = lambda: oxipng(save(quantized))
    for compression in COMPRESSIONS:
        tasks[f"ours {compression}"] = partial(indexed.to_png, compression=compression)
    return tasks


def whole_ways(picture: Picture, n_colors: int) -> dict[str, Task]:
    """Ways from the bytes of a true-colour PNG to those of a palette PNG."""
    source = save(Image.fromarray(picture.pixels), compress_level=1)
    tasks: dict[str, Task] = {}
    if PNGQUANT_NEEDS() is None:
        tasks[PNGQUANT] = lambda: oxipng(pngquant(source, n_colors))
    for compression in COMPRESSIONS:
        for lossy, name in (("auto", f"ours {compression}"), (0, f"ours {compression}, lossy=0")):
            tasks[name] = partial(ours, source, n_colors=n_colors, compression=compression, lossy=lossy)
    return tasks


def ours(source: bytes, **options: Any) -> bytes:
    """Ours from the bytes of a picture, on one thread."""
    from pil_kmeans import encode_png

    with Image.open(io.BytesIO(source)) as image:
        return encode_png(image, n_threads=1, **options)


def pngquant(source: bytes, n_colors: int, speed: int = 1) -> bytes:
    command = ["pngquant", "--speed", str(speed), "--strip", str(n_colors), "-"]
    return subprocess.run(command, input=source, capture_output=True, check=True).stdout


def oxipng(data: bytes, level: int = OXIPNG_LEVEL) -> bytes:
    from oxipng import optimize_from_memory

    return bytes(optimize_from_memory(data, level=level))


def save(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def decoded(data: bytes, expected: np.ndarray | None = None) -> np.ndarray:
    """Pixels of a file: both decoders must agree, and with what was to be written where that is known."""
    import cv2

    with Image.open(io.BytesIO(data)) as image:
        pillow = np.asarray(image.convert("RGB"))
    opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    if not np.array_equal(pillow, opencv) or (expected is not None and not np.array_equal(pillow, expected)):
        raise SystemExit("a file does not hold the pixels it should")
    return pillow
