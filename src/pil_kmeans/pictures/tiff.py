"""TIFF: large pictures from their strips and tiles, one after the other into a file, where Pillow would load the whole.

Takes tifffile: ``pip install 'pil_kmeans[tiff]'``. What it would not read as Pillow does is left to Pillow: other
modes, turned pictures, colours that are not sRGB, codecs that are not installed.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..exif import UPRIGHT, orientation
from ..scratch import array_in_file
from .pil_modes import has_alpha_mode
from .read import Picture
from .source import Source
from .to_srgb import in_srgb

LARGE = 1 << 25
"""Pixels, above which it is worth while."""

_DTYPES = {"L": np.uint8, "LA": np.uint8, "RGB": np.uint8, "RGBA": np.uint8, "I;16": np.uint16, "I;16B": np.uint16}
_GREY_OR_RGB = (1, 2)  # PhotometricInterpretation
_STRAIGHT_ALPHA = 2  # ExtraSamples
_MOST_DECODED = 1 << 28  # bytes of a strip or tile
_READ = 1 << 24  # bytes of strips and tiles that are read at a time


def read_large_tiff(image: Image.Image) -> Picture | None:
    """Read a large TIFF that Pillow has opened and not loaded.

    Returns
    -------
    Picture or None
        What `read_picture` would give, its samples mapped from a file without a name; None if that is to read it.
    """
    is_large = image.format == "TIFF" and image.width * image.height > LARGE
    if not is_large or image.mode not in _DTYPES or orientation(image) != UPRIGHT:
        return None
    shape, dtype = (image.height, image.width, len(image.getbands())), np.dtype(_DTYPES[image.mode])
    pixel = in_srgb(image, np.zeros((1, 1, shape[2]), dtype))
    if pixel.converted_from is not None:  # all others would be, too, and at once
        return None
    samples = _samples(image.fp, shape, dtype)  # type: ignore[attr-defined]
    if samples is None:
        return None
    source = Source("image", image, samples, has_alpha_mode(image), in_file=True)
    return Picture(image, samples, source, pixel.color_info, None, UPRIGHT)


def needs_tifffile(image: Image.Image) -> str:
    """Say, at the end of an error, what to install to have an image read here; nothing if that would not help."""
    if image.format != "TIFF":
        return ""
    try:
        import tifffile  # noqa: F401
    except ImportError:
        return ", or pip install 'pil_kmeans[tiff]', which reads most TIFFs strip by strip"
    return ""


def _samples(file: Any, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    try:
        from tifffile import TiffFile, TiffFileError
    except ImportError:
        return None
    start = file.tell()
    try:
        file.seek(0)
        page: Any = TiffFile(file).pages[0]
        is_plain = page.photometric in _GREY_OR_RGB and page.planarconfig == 1 and page.fillorder == 1
        if not is_plain or (page.shape, page.dtype) != (shape[: page.ndim], dtype):
            return None
        if shape[2] % 2 == 0 and tuple(page.extrasamples) != (_STRAIGHT_ALPHA,):
            return None
        if prod(page.chunks) * dtype.itemsize > _MOST_DECODED:
            return None
        return _decoded(page, shape, dtype)
    except (TiffFileError, ValueError, RuntimeError):  # of tifffile, and of codecs that are missing or fail
        return None
    finally:
        file.seek(start)


def _decoded(page: Any, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    samples = array_in_file(shape, dtype)
    for segment, (_, _, top, left, _), (_, height, width, _) in page.segments(maxworkers=1, buffersize=_READ):
        place = samples[top : top + height, left : left + width]
        # Tiles go on beyond the picture, and what is empty may be left out.
        place[:] = 0 if segment is None else segment[0, : place.shape[0], : place.shape[1]]
    return samples
