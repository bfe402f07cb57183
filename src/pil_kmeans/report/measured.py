"""A picture in several numbers of colours, and the figures of each: what tables, charts and pages are made of."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Row:
    """What a number of colours makes of the picture."""

    n_colors: int
    """Asked for."""
    colors: int
    """That the result has."""
    bytes: int
    """Of the palette PNG."""
    ratio: float
    """Of its bytes to the original's."""
    bits_per_pixel: float
    mse: float
    """Mean over pixels of the squared distance in 8-bit R, G, B; with alpha, premultiplied R, G, B and alpha."""
    psnr: float
    """In dB; infinite for an exact result."""
    ssim: float
    """At most 1."""
    ssimulacra2: float
    """At most 100."""
    seconds: float
    """That encoding took, of wall time."""


HEADINGS = ("k", "colors", "bytes", "ratio", "bits/pixel", "MSE", "PSNR", "SSIM", "SSIMULACRA 2", "seconds")
"""Of `Row`'s fields, for people."""
CELLS = ("{:d}", "{:,d}", "{:,d}", "{:.1%}", "{:.2f}", "{:,.1f}", "{:.2f}", "{:.4f}", "{:.1f}", "{:.2f}")


def cells(row: Row) -> list[str]:
    """Show a row's figures to people."""
    return [cell.format(figure) for cell, figure in zip(CELLS, astuple(row), strict=True)]


@dataclass(frozen=True, eq=False)
class Measured:
    """A picture in several numbers of colours: encoded, decoded again, and measured.

    Attributes
    ----------
    name : str
        What it is called.
    original : ndarray of shape (H, W, C), uint8
        The picture in 8 bits, upright and in sRGB.
    original_bytes : int
        What sizes are compared with.
    table : list of Row
        One for each number of colours, the fewest first.
    pngs : list of bytes
        The palette PNG for each row.
    """

    name: str
    original: NDArray[np.uint8]
    original_bytes: int
    table: list[Row]
    pngs: list[bytes]

    def decoded(self, i: int) -> Image.Image:
        """Return the result of a row as it was written, of mode P."""
        return Image.open(BytesIO(self.pngs[i]))


def pil_image(samples: NDArray[np.uint8]) -> Image.Image:
    """Make a PIL image of samples (H, W, C)."""
    return Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else np.ascontiguousarray(samples))


def png_of(samples: NDArray[np.uint8]) -> bytes:
    """Write samples (H, W, C) with all their colours."""
    file = BytesIO()
    pil_image(samples).save(file, "PNG")
    return file.getvalue()
