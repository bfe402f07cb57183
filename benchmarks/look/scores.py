"""How far a picture looks from its original: measures that others defined, and the size of its PNG."""

import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks.look.oklab_dither import to_linear

BLUR_SIGMA = 1.5  # pixels

Scores = dict[str, float | None]


class Measure(NamedTuple):
    """A column: `title` names the unit or the implementation, `requires` what has to be there for it."""

    key: str
    title: str
    installed: Callable[[], bool] = lambda: True


def has_ssimulacra2() -> bool:
    return find_spec("ssimulacra2") is not None


def has_butteraugli() -> bool:
    return shutil.which("butteraugli_main") is not None


MEASURES = (
    Measure("ssimulacra2", "SSIMULACRA2 (PyPI)", has_ssimulacra2),
    Measure("butteraugli_3norm", "Butteraugli 3-norm", has_butteraugli),
    Measure("butteraugli_max", "Butteraugli max", has_butteraugli),
    Measure("ciede2000", "blurred CIEDE2000"),
    Measure("psnr", "PSNR dB"),
    Measure("png_bytes", "PNG bytes"),
)
NOTE = """\
SSIMULACRA2 (PyPI) is compute_ssimulacra2 of the package ssimulacra2, higher is better. The official tool differs from
it by up to 2.5 points: never compare scores across implementations. It drops alpha, so pictures with alpha are
composited first. Butteraugli is libjxl's butteraugli_main, lower is better. Blurred CIEDE2000 is the mean over all
pixels after a Gaussian blur of sigma 1.5 pixels in linear light, PSNR is in 8-bit sRGB, and PNG bytes are Pillow's
save(optimize=True) of every method's indices and palette."""


class Original:
    """An RGB picture (H, W, 3) uint8 that others are compared with."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    @cached_property
    def blurred_lab(self) -> np.ndarray:
        return blurred_lab(self.pixels)

    def compare(self, picture: np.ndarray) -> Scores:
        """Every measure of `picture` but the size of its PNG; None where its tool is missing."""
        with tempfile.TemporaryDirectory() as folder:
            paths = Path(folder, "original.png"), Path(folder, "picture.png")
            for path, pixels in zip(paths, (self.pixels, picture), strict=True):
                Image.fromarray(pixels).save(path, compress_level=1)
            greatest, norm = butteraugli(*paths)
            return {
                "ssimulacra2": ssimulacra2(*paths),
                "butteraugli_3norm": norm,
                "butteraugli_max": greatest,
                "ciede2000": self.ciede2000(picture),
                "psnr": psnr(self.pixels, picture),
            }

    def ciede2000(self, picture: np.ndarray) -> float:
        from skimage.color import deltaE_ciede2000

        return float(deltaE_ciede2000(self.blurred_lab, blurred_lab(picture)).mean())


def blurred_lab(pixels: np.ndarray) -> np.ndarray:
    """CIELAB of a picture that is blurred in linear light."""
    from scipy.ndimage import gaussian_filter
    from skimage.color import rgb2lab

    linear = gaussian_filter(to_linear(pixels), (BLUR_SIGMA, BLUR_SIGMA, 0), mode="nearest")
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def psnr(original: np.ndarray, picture: np.ndarray) -> float | None:
    """In dB; None for equal pictures, where it has no end."""
    mse = np.square(original.astype(np.float64) - picture).mean()
    return float(10 * np.log10(255**2 / mse)) if mse else None


def ssimulacra2(original: Path, picture: Path) -> float | None:
    if not has_ssimulacra2():
        return None
    from ssimulacra2 import compute_ssimulacra2

    return float(compute_ssimulacra2(str(original), str(picture)))


def butteraugli(original: Path, picture: Path) -> tuple[float | None, float | None]:
    """Maximum and 3-norm."""
    if not has_butteraugli():
        return None, None
    command = ["butteraugli_main", str(original), str(picture)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    greatest, norm = re.findall(r"^(?:3-norm: )?([-+.\de]+)$", answer, re.MULTILINE)
    return float(greatest), float(norm)


def png_bytes(image: Image.Image) -> int:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.tell()
