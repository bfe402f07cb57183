"""EXIF: how a picture is turned, as Pillow reads it, and how to turn it upright."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

ORIENTED: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}
"""EXIF orientation -> how to turn (H, W, ...) so that its first row is the top one."""

UPRIGHT = 1

ORIENTATION_TAG = 0x0112

BROKEN_EXIF = (
    *(SyntaxError, ValueError, struct.error, OSError, EOFError),
    *(LookupError, TypeError, AttributeError, ArithmeticError, AssertionError),
)
"""What Pillow raises on it: whatever it stumbles upon."""


def orientation(image: Image.Image) -> int:
    """Return the EXIF (or XMP) orientation, 1 to 8; 1, upright, if there is none that can be read."""
    try:
        value = image.getexif().get(ORIENTATION_TAG, UPRIGHT)
    except BROKEN_EXIF:
        return UPRIGHT
    return value if value in ORIENTED else UPRIGHT


def oriented(pixels: NDArray[Any], turn: int) -> NDArray[Any]:
    """Turn (H, W, ...) upright, given its EXIF orientation."""
    return ORIENTED[turn](pixels) if turn in ORIENTED else pixels
