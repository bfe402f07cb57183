"""Pictures that README and documentation open with: a photograph in 16 colours, by ours and others, and in more."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.look.methods import libimagequant
from benchmarks.peers import find_peers
from benchmarks.size.files import oxipng

N_COLORS = 16
LABEL_HEIGHT, GAP, PAPER, INK = 32, 8, (255, 255, 255), (30, 30, 30)
MOVING_NUMBERS, MOVING_MS = (2, 4, 8, 16, 32, 64, 256), 1100


def landing_picture() -> bytes:
    """A PNG: the original, ours, libimagequant where it is installed, and Pillow, each with its bytes and score."""
    from pil_kmeans import encode_png, ssimulacra2

    original = photograph()
    files = {"pil_kmeans": encode_png(original, n_colors=N_COLORS)}
    if find_peers("libimagequant"):
        files["libimagequant, oxipng"] = oxipng(png_of(libimagequant(original, N_COLORS, dithering_level=1.0)))
    files["Pillow"] = png_of(original.quantize(N_COLORS))
    panels = [(f"original: {kilobytes(png_of(original))}", original)]
    for name, data in files.items():
        label = f"{name}: {kilobytes(data)}, score {ssimulacra2(original, data):.0f}"
        panels.append((label, Image.open(io.BytesIO(data)).convert("RGB")))
    width, height = original.size
    rows = -(-len(panels) // 2)
    sheet = Image.new("RGB", (2 * width + GAP, rows * (height + LABEL_HEIGHT + GAP) - GAP), PAPER)
    for place, panel in enumerate(panels):
        sheet.paste(labelled(*panel), (place % 2 * (width + GAP), place // 2 * (height + LABEL_HEIGHT + GAP)))
    return png_of(sheet)


def moving_picture() -> bytes:
    """A GIF by our own encoder: the photograph in ever more colours, with the bytes and score of each PNG."""
    from pil_kmeans import encode_gif, encode_png, ssimulacra2

    original = photograph()
    frames = []
    for n_colors in MOVING_NUMBERS:
        data = encode_png(original, n_colors=n_colors)
        label = f"{n_colors} colors: {kilobytes(data)}, score {ssimulacra2(original, data):.0f}"
        frames.append(labelled(label, Image.open(io.BytesIO(data)).convert("RGB")))
    content: bytes = encode_gif(frames, duration=MOVING_MS, dither="none")
    return content


def photograph() -> Image.Image:
    """A photograph of NASA in the public domain, which scikit-image ships."""
    from skimage.data import astronaut

    return Image.fromarray(np.ascontiguousarray(astronaut()[20:290, 80:440]))


def labelled(label: str, picture: Image.Image) -> Image.Image:
    """A picture with a line above it."""
    panel = Image.new("RGB", (picture.width, picture.height + LABEL_HEIGHT), PAPER)
    ImageDraw.Draw(panel).text((0, 4), label, INK, ImageFont.load_default(size=19))
    panel.paste(picture, (0, LABEL_HEIGHT))
    return panel


def png_of(picture: Image.Image) -> bytes:
    """As Pillow writes it."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def kilobytes(data: bytes) -> str:
    return f"{len(data) / 1000:.0f} kB"
