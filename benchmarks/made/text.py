"""Screenshots of text, by the typeface that Pillow has with it."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, LINE = 400, 280, 20
LIGHT = {"paper": (255, 255, 255), "bar": (232, 234, 240), "ink": (36, 41, 47)}
DARK = {"paper": (30, 32, 38), "bar": (52, 56, 66), "ink": (214, 218, 226)}
MARKED = ((207, 34, 46), (5, 80, 174), (17, 99, 41), (130, 80, 223))  # of words, as an editor marks them
MARKED_ON_DARK = ((255, 123, 114), (121, 192, 255), (126, 231, 135), (210, 168, 255))
TEXT = "for each picture find the palette that leaves the least error and map every pixel to it then write rows"


def screenshot(*, dark: bool) -> np.ndarray:
    """An editor: a bar with a title, numbers of lines, and words of which some are coloured."""
    theme, marks = (DARK, MARKED_ON_DARK) if dark else (LIGHT, MARKED)
    image = Image.new("RGB", (WIDTH, HEIGHT), theme["paper"])
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, LINE + 6), fill=theme["bar"])
    draw.text((10, 4), "palette.py", theme["ink"], ImageFont.load_default(size=15))
    font = ImageFont.load_default(size=13)
    words = TEXT.split()
    generator = np.random.default_rng(0)
    for number, top in enumerate(range(LINE + 12, HEIGHT - LINE, LINE)):
        draw.text((8, top), f"{number + 1:2}", marks[1], font)
        left = 36.0 + 16 * (number % 3)
        while left < WIDTH - 90:
            word = words[generator.integers(len(words))]
            chosen = generator.integers(3 * len(marks))
            draw.text((left, top), word, marks[chosen] if chosen < len(marks) else theme["ink"], font)
            left += draw.textlength(word + " ", font)
    return np.asarray(image)
