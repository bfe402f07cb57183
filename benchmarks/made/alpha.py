"""Pictures with alpha: icons with soft shadows, and fades."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.made.ramps import rounded

OVERSAMPLED = 8  # drawn so many times larger, for smooth edges


def icon(side: int) -> np.ndarray:
    """A red disc with a light, a green leaf, and the shadow of both."""
    large = side * OVERSAMPLED
    shape = Image.new("RGBA", (large, large))
    draw = ImageDraw.Draw(shape)
    draw.ellipse(scaled(large, 0.12, 0.2, 0.84, 0.92), fill=(204, 33, 45, 255))
    draw.ellipse(scaled(large, 0.26, 0.3, 0.46, 0.44), fill=(246, 160, 160, 255))
    draw.pieslice(scaled(large, 0.4, -0.02, 0.86, 0.4), 90, 180, fill=(40, 133, 65, 255))
    shape = shape.resize((side, side), Image.Resampling.BOX)
    return np.asarray(over_shadow(shape, blur=side / 24, down=max(1, side // 24)))


def shadow_card() -> np.ndarray:
    """A card with a ramp from blue to purple and a wide shadow."""
    width, height = 300, 200
    box = (40, 30, 260, 160)
    card = Image.new("RGBA", (width, height))
    across = np.linspace(0, 1, box[2] - box[0])[None, :, None]
    ramp = np.array([52, 120, 246]) * (1 - across) + np.array([152, 70, 220]) * across
    filled = Image.fromarray(np.broadcast_to(rounded(ramp / 255), (box[3] - box[1], box[2] - box[0], 3)).copy())
    mask = Image.new("L", filled.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, filled.width - 1, filled.height - 1), 16, fill=255)
    card.paste(filled, box[:2], mask)
    return np.asarray(over_shadow(card, blur=12, down=10))


def rainbow_fade() -> np.ndarray:
    """All hues around the middle, opaque there and gone at the edge."""
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    hues = 0.5 + 0.5 * np.cos(angle[..., None] - 2 * np.pi * np.arange(3) / 3)
    return rounded(np.dstack([hues, 1.2 - 1.2 * radius]))


def grey_by_alpha() -> np.ndarray:
    """Every grey with every alpha."""
    grey, alpha = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    return np.dstack([grey, grey, grey, alpha])


def over_shadow(shape: Image.Image, *, blur: float, down: int) -> Image.Image:
    """`shape` over its own shadow, black at most half opaque."""
    shadow = Image.new("RGBA", shape.size)
    fallen = Image.new("L", shape.size)
    fallen.paste(shape.getchannel("A").point(lambda alpha: alpha // 2), (0, down))
    shadow.putalpha(fallen.filter(ImageFilter.GaussianBlur(blur)))
    return Image.alpha_composite(shadow, shape)


def scaled(side: int, *box: float) -> list[float]:
    return [side * place for place in box]
