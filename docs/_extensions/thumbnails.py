"""Thumbnails of the gallery: for each example a detail of what it shows, and words for it: no two are alike."""

from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont, ImageSequence

SIZE = 400, 280
BAND, PAPER, INK = 64, (16, 24, 32), (255, 255, 255)


class Thumbnail(NamedTuple):
    """How one is made of an image of an example."""

    words: str
    columns: int
    """Variants that stand beside each other in the image: the same detail of each is shown."""
    center: tuple[float, float]
    """Of the detail, as shares of a variant's width and height."""
    zoom: float
    """Pixels for each of the image."""


THUMBNAILS = {
    "plot_01_quantize": Thumbnail("16 colours", 2, (0.4, 0.35), 1.0),
    "plot_02_number_of_colors": Thumbnail("all · 4 · 16 · 64", 4, (0.62, 0.3), 1.0),
    "plot_03_color_space": Thumbnail("sRGB | Oklab", 2, (0.62, 0.3), 2.0),
    "plot_04_effort": Thumbnail("fast | best", 2, (0.8, 0.4), 2.0),
    "plot_05_dither": Thumbnail("five ways to dither", 5, (0.5, 0.6), 1.0),
    "plot_06_dither_strength": Thumbnail("strength 0.4 | 0.9", 2, (0.35, 0.85), 1.6),
    "plot_07_fixed_colors": Thumbnail("#e4002b stays", 2, (0.84, 0.84), 1.5),
    "plot_08_sample_weight": Thumbnail("weights for a face", 2, (0.48, 0.42), 1.2),
    "plot_09_transparency": Thumbnail("alpha", 2, (0.6, 0.3), 1.2),
    "plot_10_animation": Thumbnail("still pixels stay", 1, (0.75, 0.3), 1.4),
    "plot_11_given_palette": Thumbnail("7 given colours", 2, (0.5, 0.5), 1.2),
    "plot_12_deep_samples": Thumbnail("16 bits, no bands", 2, (0.5, 0.5), 1.0),
    "plot_13_grey": Thumbnail("the best 4 greys", 2, (0.42, 0.3), 1.2),
    "plot_14_png_size": Thumbnail("smaller PNGs", 1, (0.4, 0.72), 2.6),
    "plot_15_pipeline": Thumbnail("Pipeline: regions", 2, (0.5, 0.55), 2.0),
    "plot_16_palette": Thumbnail("dominant and accent", 1, (0.5, 0.8), 0.8),
    "plot_17_score": Thumbnail("SSIMULACRA 2", 2, (0.5, 0.25), 1.4),
    "plot_18_lossy": Thumbnail("lossy 0 · auto · 6", 3, (0.45, 0.5), 1.2),
    "plot_19_quality": Thumbnail("quality 70 and 50", 3, (0.62, 0.75), 2.6),
    "plot_20_weighting": Thumbnail("small things keep hue", 2, (0.15, 0.9), 3.0),
    "plot_21_moving": Thumbnail("GIF and APNG", 1, (0.4, 0.5), 1.8),
    "plot_22_panel": Thumbnail("e-paper", 3, (0.5, 0.4), 1.4),
    "plot_23_segmentation": Thumbnail("slic | by colours", 3, (0.5, 0.45), 1.0),
    "plot_24_elbow": Thumbnail("the elbow", 1, (0.3, 0.6), 0.6),
}
"""Name of the example -> its thumbnail."""


def drawn(image: Image.Image, thumbnail: Thumbnail) -> Image.Image:
    """Draw it."""
    image = image.convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    width, height = SIZE[0] // thumbnail.columns, SIZE[1] - BAND
    drawn = Image.new("RGB", SIZE, PAPER)
    variant = image.width / thumbnail.columns
    zoom = max(thumbnail.zoom, width / variant, height / image.height)
    box = width / zoom, height / zoom
    x, y = (
        min(max(0.0, share * whole - part / 2), whole - part)
        for share, whole, part in zip(thumbnail.center, (variant, image.height), box, strict=True)
    )
    for n in range(thumbnail.columns):
        left = n * variant + x
        detail = image.resize((width - 2, height), Image.Resampling.BICUBIC, (left, y, left + box[0], y + box[1]))
        drawn.paste(detail, (n * SIZE[0] // thumbnail.columns + (n > 0), 0))
    font = ImageFont.load_default(34)
    draw = ImageDraw.Draw(drawn)
    draw.text((SIZE[0] // 2, SIZE[1] - BAND // 2), thumbnail.words, INK, font, anchor="mm")
    return drawn


def write_thumbnails(app: Any) -> None:
    """Put them where sphinx-gallery has its own."""
    images = Path(app.srcdir) / app.config.sphinx_gallery_conf["gallery_dirs"] / "images"
    for name, thumbnail in THUMBNAILS.items():
        [source] = images.glob(f"sphx_glr_{name}_001.*")
        [target] = images.glob(f"thumb/sphx_glr_{name}_thumb.*")
        with Image.open(source) as image:
            first, *others = (drawn(frame, thumbnail) for frame in ImageSequence.Iterator(image))
            if others:
                first.save(target, save_all=True, append_images=others, duration=image.info["duration"], loop=0)
            else:
                first.save(target)


def setup(app: Any) -> dict[str, bool]:
    """Do it as soon as the gallery is there."""
    app.connect("builder-inited", write_thumbnails, priority=900)
    return {"parallel_read_safe": True}
