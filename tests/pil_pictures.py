"""PIL images of every mode, and what tests read from them."""

import sysconfig
from io import BytesIO

import numpy as np
from PIL import Image

cv2 = None  # OpenCV has no wheels for free-threaded Python
if not sysconfig.get_config_var("Py_GIL_DISABLED"):
    import cv2

MODES = [
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"),
    *("I", "I;16", "I;16B", "F"),
]
ALPHA_MODES = ["LA", "La", "PA", "RGBA", "RGBa"]

VIA = {"La": ["LA"], "PA": ["RGBA"], "RGBa": ["RGBA"], "I;16": ["L"], "I;16B": ["L", "I"]}
"""Modes that Pillow cannot convert RGB to at once."""


def in_mode(rgb: Image.Image, mode: str) -> Image.Image:
    """Convert an RGB image to any mode."""
    for step in [*VIA.get(mode, []), mode]:
        rgb = rgb.convert(step)
    return rgb


def rgba(image):
    return np.asarray(image.convert("RGBA")).astype(int)


def entries(image):
    """Rows of the palette as stored."""
    mode = image.palette.mode
    return np.frombuffer(image.palette.palette, np.uint8).reshape(-1, len(mode))


def opened(data):
    """Decode a PNG file by Pillow, and by libpng through OpenCV where there is one, which must find the same pixels."""
    image = Image.open(BytesIO(data))
    image.load()
    if cv2 is None:
        return image
    second = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if second.ndim == 2:
        second = cv2.cvtColor(second, cv2.COLOR_GRAY2BGR)
    to_rgba = cv2.COLOR_BGRA2RGBA if second.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    assert np.array_equal(cv2.cvtColor(second, to_rgba), rgba(image))
    return image


def saved(image, file_format="PNG", **options):
    file = BytesIO()
    image.save(file, file_format, **options)
    return Image.open(BytesIO(file.getvalue()))


def with_key(mode):
    """Half of the pixels in the transparent colour; only these are transparent."""
    key = {"RGB": (10, 20, 30), "I;16": 2570}.get(mode, 0 if mode == "1" else 10)
    image = Image.new(mode, (8, 8), 255 if mode != "RGB" else (200, 100, 50))
    image.paste(key, (0, 0, 4, 8))
    image.info["transparency"] = key
    return image
