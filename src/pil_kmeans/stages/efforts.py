"""Efforts: counted pictures to palette and indices, and that more effort is not worse than what takes less.

A longer search finds less error, but less error does not always look better: with few colours, two palettes of nearly
the same error may differ by several points, and nothing but a look tells which is the better. So "best" also makes what
"balanced" makes, and keeps what looks best. To look takes longer than "balanced" does, and of enough colours it looks
better than "fast" anyway; but of few, and of small pictures, both also look at what "fast" makes.

Nor do weights for the eye always look better: not dithered with very few colours, where all depends on which hues get
an entry, nor where each entry has but a handful of pixels. So these are fitted without weights as well, small pictures
in sRGB besides. Undithered, very few colours keep the weights: there a score prefers what has lost vivid areas.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dithering.auto import Dithered, looks, may_gain
from .dithering.choose import fit_dither
from .dithering.diffuse import Frames
from .histogram import Histogram, counted_as, has_cells, picture_histogram, with_smoothness
from .kmeans import inertia
from .options import Dither, Search
from .palette import Palette, fit_palette, least_common_channels
from .pixels import Pixels
from .remap import label_colors
from .samples import in_least_channels
from .ssimulacra2 import FULL_SIZE, MIN_SIZE
from .weighting import PERCEPTUAL_SPACES
from .worst_block import Blocks, blocks_of

_LOWER = {"fast": (), "balanced": (), "best": ("balanced",)}
_SMALL = 1 << 14  # pixels, up to which both weightings are tried
_FEW = 64  # colours, below which "fast" may look better than what takes longer
_VERY_FEW = 16  # below which it often does, or what is not weighted, also dithered: then by up to 20 points
_AS_GOOD_IN_CELLS = 24  # below which "balanced" is content with cells of colours if it dithers
_COARSE_SCALE = 2  # first one that tells undithered results apart: a fourth of the height and width


def fit_least(
    hist: Histogram,
    search: Search,
    *,
    n_colors: int,
    fixed_colors: NDArray[Any] | None,
    blocks: Blocks | None = None,
) -> Palette:
    """Fit a palette to counted pictures; of the efforts up to that of the search the one with the least inertia."""
    palettes = [
        fit_palette(hist, own, n_colors=n_colors, fixed_colors=fixed_colors, blocks=blocks) for own in _up_to(search)
    ]
    if len(palettes) == 1:
        return palettes[0]
    return min(palettes, key=lambda palette: inertia(hist, palette.centers, search.color_space, search.n_threads))


def fit_pictures(
    pixels: Pixels,
    hist: Histogram,
    search: Search,
    dither: Dither,
    *,
    rounded: Pixels,
    n_colors: int,
    fixed_colors: NDArray[Any] | None,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames | None,
) -> Dithered:
    """Fit a palette to counted pictures, and remap or dither them with it.

    Parameters
    ----------
    pixels : Pixels
    hist : Histogram
        Of `rounded`: of all colours, or as `counting_search` says.
    search, dither, sample_weight, frames
        As in `dithering.choose.fit_dither`.
    rounded : Pixels
        The pixels in the palette's dtype.
    n_colors, fixed_colors
        As in `palette.fit_palette`.

    Returns
    -------
    Dithered
        What looks best, by SSIMULACRA 2, of one picture in a perceptual space: by "best" of what it makes and
        "balanced" does, by both of what "fast" makes, if there are fewer than 64 colours or the picture is small, and
        by both of both weightings, if none is asked for, of a small picture and of fewer than 16 colours that are
        dithered. Otherwise of the palette with the least inertia.
    """
    least = hist.least_channels  # known sooner than that of the pixels, whose samples may be finer
    if least < pixels.n_channels:
        least = max(least, pixels.least_channels)
    n_channels = least_common_channels(least, pixels.n_channels, fixed_colors)
    if n_channels < pixels.n_channels:
        greys = fit_pictures(
            pixels.in_channels(n_channels),
            hist.in_channels(n_channels),
            search,
            dither,
            rounded=rounded.in_channels(n_channels),
            n_colors=n_colors,
            fixed_colors=None if fixed_colors is None else in_least_channels(fixed_colors, n_channels),
            sample_weight=sample_weight,
            frames=frames,
        )
        return greys._replace(palette=greys.palette.in_channels(pixels.n_channels))

    known_weights: dict[Histogram, dict[bytes, NDArray[np.uint16]]] = {}

    def finished(palette: Palette, hist: Histogram, own: Search, dither: Dither = dither) -> Dithered:
        return fit_dither(
            pixels,
            palette,
            hist,
            own,
            dither,
            rounded=rounded,
            sample_weight=sample_weight,
            frames=frames,
            known_weights=known_weights.setdefault(hist, {}),
        )

    shape = (frames or [pixels.shape])[0]
    is_seen = _may_be_seen(rounded, search, frames) and len(hist) > n_colors
    fit: dict[str, Any] = {"n_colors": n_colors, "fixed_colors": fixed_colors}

    def blocks(hist: Histogram, own: Search) -> Blocks | None:
        if not is_seen or sample_weight is not None:
            return None
        return blocks_of(rounded, hist, own, n_colors=n_colors)

    hists = {search.effort if hist.cell_colors is None else "fast": hist}

    def counted(own: Search) -> Histogram:
        own = counting_search(rounded, own, dither, n_colors=n_colors, fixed_colors=fixed_colors, frames=frames)
        if own.effort not in hists:
            own_hist = hist
            if own.effort == "fast":
                own_hist = picture_histogram(
                    rounded,
                    n_colors=n_colors,
                    effort=counted_as(own.effort, fixed_colors),
                    sample_weight=sample_weight,
                    n_threads=own.n_threads,
                )
            hists[own.effort] = with_smoothness(own_hist, rounded, own, sample_weight=sample_weight, frames=frames)
        return hists[own.effort]

    ways = [(hist, search)]
    if is_seen and search.effort != "fast":
        ways = [(counted(own), own) for own in _up_to(search)]
        spaces, with_fast = _besides(search, dither, n_pixels=len(pixels.rows), n_colors=n_colors)
        ways += [_unweighted(*way, space) for space in spaces for way in ways.copy()]
        if with_fast:
            fast = replace(search, effort="fast")
            ways.append((counted(fast), fast))
    if len(ways) == 1:
        return finished(fit_least(hist, search, blocks=blocks(hist, search), **fit), hist, search)

    def labelled(palette: Palette) -> Palette:
        labels = label_colors(hist.colors, palette.colors, search.color_space, n_threads=search.n_threads)
        return replace(palette, labels=labels)

    is_whole, is_plain = min(shape) >= FULL_SIZE, not may_gain(dither)
    is_alike = is_plain or (dither.method != "auto" and n_colors >= _VERY_FEW)  # results, but for their palettes
    is_coarse = is_whole and is_alike and search.effort == "balanced"
    keeps_cells = is_coarse or not is_plain  # of what "fast" makes: then it is looked at just as that is
    results = []
    for own_hist, own in ways:
        palette = fit_palette(own_hist, own, blocks=blocks(own_hist, own), **fit)
        if own.color_space != search.color_space:
            palette, own = labelled(palette), replace(own, color_space=search.color_space)
        elif own.effort == "fast" and not keeps_cells:
            own_hist, palette = hist, labelled(palette)
        results.append(finished(palette, own_hist, own))
    seen = [(result.indices, result.palette.colors) for result in results]
    first_scale = _COARSE_SCALE if is_coarse else 0
    options: dict[str, Any] = {"frames": frames, "n_threads": search.n_threads, "first_scale": first_scale}
    sizes = (FULL_SIZE,) if is_whole else (FULL_SIZE, MIN_SIZE)  # small ones are looked at as they are, too
    scores = [looks(pixels, seen, min_size=size, **options) for size in sizes]
    chosen = int(np.argmax(np.sum(scores, axis=0)))
    result = results[chosen]
    if ways[chosen][1].effort == "fast" and keeps_cells and result.strength == 0:
        # Pixels get their own nearest, not that of their cell, as whoever predicts gives them.
        return finished(labelled(result.palette), hist, search, replace(dither, method="none"))
    return result


def counting_search(
    pixels: Pixels,
    search: Search,
    dither: Dither,
    *,
    n_colors: int,
    fixed_colors: NDArray[Any] | None,
    frames: Frames | None,
) -> Search:
    """Return the search as which to count the colours of a picture: "fast" where cells of colours will do.

    So they will for "balanced" and few colours, dithered: what it finds in cells looks as good, and there is time to
    look at what "fast" makes of them.
    """
    cells_will_do = (
        search.effort == "balanced"
        and _VERY_FEW <= n_colors < _AS_GOOD_IN_CELLS
        and may_gain(dither)
        and dither.method != "auto"
        and not dither.is_quick
        and counted_as("fast", fixed_colors) == "fast"
        and _may_be_seen(pixels, search, frames)
        and len(pixels.rows) > _SMALL
        and has_cells(pixels)
        and pixels.least_channels == pixels.n_channels
    )
    return replace(search, effort="fast") if cells_will_do else search


def _may_be_seen(pixels: Pixels, search: Search, frames: Frames | None) -> bool:
    """Whether a score tells which palette is the better: of one picture, not too small, in a perceptual space."""
    shapes = frames or [pixels.shape]
    return search.color_space in PERCEPTUAL_SPACES and len(shapes) == 1 and min(shapes[0]) >= MIN_SIZE


def _up_to(search: Search) -> list[Search]:
    """Return the search, and after it what takes less effort and may be better."""
    return [search, *(replace(search, effort=effort) for effort in _LOWER[search.effort])]


def _besides(search: Search, dither: Dither, *, n_pixels: int, n_colors: int) -> tuple[list[str], bool]:
    """Return the spaces to fit in without weights as well, and whether to look at what "fast" makes."""
    is_plain, is_small = not may_gain(dither), n_pixels <= _SMALL
    may_look = is_plain or not dither.is_quick
    is_rough = may_look and not is_plain and n_colors < _VERY_FEW
    spaces = [search.color_space] * (is_small or is_rough) + ["srgb"] * is_small
    return spaces if search.is_free else [], is_small or (may_look and n_colors < _FEW)


def _unweighted(hist: Histogram, search: Search, color_space: str) -> tuple[Histogram, Search]:
    """Return the same with all pixels counting alike, in some space."""
    return replace(hist, smoothness=None), replace(search, weighting="uniform", color_space=color_space)
