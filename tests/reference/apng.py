"""Play an animated palette PNG as the PNG specification, third edition, says: one still PNG for each frame."""

import struct
from fractions import Fraction
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image

from pil_kmeans.png.chunks import SIGNATURE, chunk_bytes
from png_chunks import chunks

SOURCE, OVER = 0, 1


class Frame(NamedTuple):
    """What the canvas shows (H, W, 4), for how many milliseconds, and how it came to that."""

    pixels: np.ndarray
    duration: Fraction
    size: tuple[int, int]
    blend: int


def play(data: bytes) -> tuple[list[Frame], int]:
    """Frames of an animation whose frames stay on the canvas, and the number of plays; numbers are checked."""
    found = chunks(data)
    shared = [(kind.encode(), body) for kind, body in found if kind in ("PLTE", "tRNS")]
    first = dict(reversed(found))
    width, height = struct.unpack(">II", first["IHDR"][:8])
    n_frames, plays = struct.unpack(">II", first["acTL"])
    canvas = np.zeros((height, width, 4), np.uint8)
    frames, next_number = [], 0
    for kind, body in found:
        if kind in ("fcTL", "fdAT"):
            assert struct.unpack(">I", body[:4]) == (next_number,)
            next_number += 1
        if kind == "fcTL":
            control = struct.unpack(">4I2H2B", body[4:])
        elif kind in ("IDAT", "fdAT"):
            w, h, left, top, numerator, denominator, dispose, blend = control
            assert dispose == 0
            assert left + w <= width
            assert top + h <= height
            pixels = still(first["IHDR"], w, h, shared, body if kind == "IDAT" else body[4:])
            canvas = canvas.copy()
            part = canvas[top : top + h, left : left + w]
            assert blend == SOURCE or np.isin(pixels[..., 3], (0, 255)).all()
            np.copyto(part, pixels, where=(blend == SOURCE) | (pixels[..., 3:] > 0))
            frames.append(Frame(canvas, Fraction(1000 * numerator, denominator), (h, w), blend))
    assert len(frames) == n_frames
    return frames, plays


def still(header: bytes, width: int, height: int, shared: list[tuple[bytes, bytes]], stream: bytes) -> np.ndarray:
    """Decode one frame as a file of its own."""
    own = (b"IHDR", struct.pack(">II", width, height) + header[8:])
    parts = [own, *shared, (b"IDAT", stream), (b"IEND", b"")]
    file = SIGNATURE + b"".join(chunk_bytes(*part) for part in parts)
    return np.asarray(Image.open(BytesIO(file)).convert("RGBA"))
