"""The picture that README and documentation open with: one photograph in 16 colours, by ours and by others."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.look.methods import libimagequant
from benchmarks.peers import find_peers

N_COLORS = 16
LABEL_HEIGHT, GAP, PAPER, INK = 32, 8, (255, 255, 255), (30, 30, 30)


def landing_picture() -> bytes:
    """A PNG: the original, ours, libimagequant where it is installed, and Pillow, each with its SSIMULACRA 2 score."""
    from skimage.data import astronaut

    from pil_kmeans import quantize, ssimulacra2

    original = Image.fromarray(np.ascontiguousarray(astronaut()[20:290, 80:440]))
    results = {"original": original, "pil_kmeans": quantize(original, N_COLORS, dither="auto")}
    if find_peers("libimagequant"):
        results["libimagequant"] = libimagequant(original, N_COLORS, dithering_level=1.0)
    results["Pillow"] = original.quantize(N_COLORS)
    scores = {name: round(ssimulacra2(original, result)) for name, result in results.items()}
    labels = [name if name == "original" else f"{name}: score {score}" for name, score in scores.items()]
    width, height = original.size
    rows = -(-len(results) // 2)
    size = 2 * width + GAP, rows * (height + LABEL_HEIGHT + GAP) - GAP
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=22)
    for place, (label, result) in enumerate(zip(labels, results.values(), strict=True)):
        left, top = place % 2 * (width + GAP), place // 2 * (height + LABEL_HEIGHT + GAP)
        draw.text((left, top + 2), label, INK, font)
        sheet.paste(result.convert("RGB"), (left, top + LABEL_HEIGHT))
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()
