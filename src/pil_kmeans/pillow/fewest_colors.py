"""The fewest colours with which a picture is good enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..pictures.as_seen import samples_as_seen
from ..pictures.source import Source
from ..png.target_quality import Quality, QualityError
from ..stages.pixels import read_pixels
from ..stages.ssimulacra2 import strict_score


def with_fewest_colors(
    source: Source, make: Callable[[int], Image.Image], most: int, quality: Quality, n_threads: int | None
) -> Image.Image:
    """Return the result of the fewest colours whose score is at least what is aimed at, by halves of their number.

    Parameters
    ----------
    source : Source
    make : callable
        Makes the result of a number of colours.
    most : int
        As many colours are tried first.
    quality : Quality
    n_threads : int or None

    Returns
    -------
    PIL.Image.Image
        That of `most` colours if it is below, and the least that will do.

    Raises
    ------
    QualityError
        If that will not do either.
    """
    score = strict_score(read_pixels(samples_as_seen(source.image, source.checked_samples())), n_threads)

    def scored(colors: int) -> tuple[Image.Image, float]:
        result = make(colors)
        shown = result.convert("RGBA" if result.has_transparency_data else "RGB")
        return result, score(read_pixels(samples_as_seen(source.image, np.asarray(shown))))

    best, reached = scored(most)
    if reached < quality.aim:
        if reached < quality.least:
            raise QualityError(quality.least, reached, "ask for less, or for more colors if colors is below 256")
        return best
    too_few, enough = 0, most
    while enough - too_few > 1:
        colors = (too_few + enough) // 2
        result, reached = scored(colors)
        if reached >= quality.aim:
            best, enough = result, colors
        else:
            too_few = colors
    return best
