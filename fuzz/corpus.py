"""Seeds: small files of every kind that Pillow writes, made by a script, as they are mutated by `fuzz.mutate`."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

SIZE = 19, 13  # odd, and larger than eight


def samples(n_channels: int, dtype: Any = np.uint8) -> np.ndarray:
    """A ramp with a disc and a little noise; alpha has all there is, its ends above all."""
    width, height = SIZE
    rows, columns = np.mgrid[:height, :width]
    planes = [columns / width, rows / height, (rows + columns) / (width + height)]
    planes = planes[: 3 if n_channels > 2 else 1]
    if n_channels % 2 == 0:
        planes.append(np.clip(1.4 - np.hypot(rows - 6, columns - 8) / 6, 0, 1))
    noise = np.random.default_rng(0).random((height, width, len(planes))) * 0.1
    ramp = np.stack(planes, axis=-1)
    if n_channels % 2 == 0:
        noise[..., -1] = 0
    full = np.iinfo(dtype).max
    return np.rint(np.clip(ramp + noise, 0, 1) * full).astype(dtype)


def pictures() -> dict[str, Image.Image]:
    """One of each mode."""
    rgba = Image.fromarray(samples(4))
    rgb = Image.fromarray(samples(3))
    grey = Image.fromarray(samples(1)[..., 0])
    keyed = rgb.copy()
    keyed.info["transparency"] = rgb.getpixel((3, 3))
    few = rgb.quantize(7)
    few.info["transparency"] = 2
    return {
        "L": grey,
        "LA": Image.fromarray(samples(2)),
        "RGB": rgb,
        "RGBA": rgba,
        "1": grey.convert("1"),
        "P": few,
        "RGB key": keyed,
        "I;16": Image.fromarray(samples(1, np.uint16)[..., 0]),
        "CMYK": rgb.convert("CMYK"),
        "YCbCr": rgb.convert("YCbCr"),
        "F": Image.fromarray(samples(1)[..., 0].astype(np.float32)),
        "I": Image.fromarray(samples(1)[..., 0].astype(np.int32)),
    }


WRITTEN = {
    "PNG": ("L", "LA", "RGB", "RGBA", "1", "P", "RGB key", "I;16"),
    "GIF": ("L", "RGB", "P", "1"),
    "TIFF": ("L", "LA", "RGB", "RGBA", "1", "P", "I;16", "CMYK", "YCbCr", "F", "I"),
    "WEBP": ("RGB", "RGBA"),
    "JPEG": ("L", "RGB", "CMYK"),
    "BMP": ("L", "RGB", "1", "P"),
    "PPM": ("L", "RGB", "1", "I"),
    "TGA": ("RGB", "RGBA"),
    "ICO": ("RGBA",),
}


def described(image: Image.Image) -> dict[str, Any]:
    """What files say beside their pixels: profile, orientation, density, text."""
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {"exif": exif, "dpi": (96, 120), "icc_profile": profile}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png() -> bytes:
    """RGB of 16 bits with a transparent colour, gAMA and cHRM, interlaced by nobody."""
    values = samples(3, np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", *SIZE, 16, 2, 0, 0, 0)),
        (b"gAMA", struct.pack(">I", 100_000)),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        (b"tRNS", values[0, 0].astype(">u2").tobytes()),
        (b"tEXt", b"Title\0a test"),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def seeds() -> Iterator[tuple[str, bytes]]:
    """Name and content of each file."""
    made = pictures()
    for kind, modes in WRITTEN.items():
        for mode in modes:
            plain = {} if "transparency" not in made[mode].info else {"transparency": made[mode].info["transparency"]}
            variants = [plain]
            if kind in ("PNG", "TIFF", "WEBP", "JPEG") and mode in ("L", "RGB", "RGBA"):
                variants.append(described(made[mode]))
            for i, options in enumerate(variants):
                file = BytesIO()
                made[mode].save(file, kind, **options)
                yield f"{kind} {mode} {i}", file.getvalue()
    frames = [made["RGBA"].rotate(90 * i) for i in range(3)]
    for kind in ("PNG", "GIF", "WEBP", "TIFF"):
        file = BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:])
        yield f"{kind} frames", file.getvalue()
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Grüße", "text", zip=True)
    file = BytesIO()
    made["P"].save(file, "PNG", pnginfo=text, bits=4)
    yield "PNG text", file.getvalue()
    yield "PNG deep", deep_png()
