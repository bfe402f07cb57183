"""`palette`: the colours of pictures, for people."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..argument_names import counts_colors
from ..pictures.fixed_colors import distinct, promoted, read_colors
from ..pictures.read import read_picture
from ..pictures.shared import read_as_one
from ..stages.efforts import fit_least
from ..stages.histogram import Histogram, histogram, with_smoothness
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.options import Search
from ..stages.palette import Palette
from ..stages.picked import accents, counts_of, occurring, visible_shares
from ..stages.pixels import read_pixels
from ..stages.quantize import check_options, counted, read_search
from ..stages.samples import rgba_rows, to_uint8
from . import Swatches, check_order

KINDS = ("dominant", "accent", "real")


@counts_colors("n_colors")
def palette(
    image: Any,
    n_colors: int = 8,
    *,
    kind: str = "dominant",
    sort: str = "share",
    fixed_colors: Any = None,
    color_space: str = "oklab",
    effort: str = "balanced",
    weighting: str | None = None,
    n_threads: int | None = None,
) -> Swatches:
    """Find the colours of a picture, for people: to look at, for a page, a chart or a theme.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, bytes of a file, or list of them
        As `encode_png` takes it. Of a list the colours that suit all pictures together.
    n_colors : int, default 8
        Most colours to find, 1 to 256.
    kind : {"dominant", "accent", "real"}, default "dominant"
        "dominant": those that the picture is painted with best. "accent": those that people would name, vivid ones
        that differ from each other, also of small areas, and few blacks and greys. "real": as "dominant", but each of
        them a colour that pixels have, instead of the mean of many.
    sort : {"share", "hue", "lightness"}, default "share"
        The most frequent first; by hue from red to purple, behind blacks, greys and whites; or from dark to light.
    fixed_colors : str, sequence of colors, or array-like of shape (m, 3) or (m, 4), optional
        Colours that are among them in any case, as they are: names and hex strings that `PIL.ImageColor` knows, or
        samples from 0 to 255. "accent" takes none that is fully transparent.
    color_space, effort, weighting
        As in `encode_png`. "accent" compares in "oklab".
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available. The result does not
        depend on it.

    Returns
    -------
    Swatches
        Its `colors` (n, 3), or (n, 4) where one is not opaque, and `shares`: of the pixels to which each is the
        nearest. Fewer than asked for where the picture has fewer. Fully transparent pixels have one of them.
        "accent" looks at what is visible only, and its colours are opaque; its shares are of pixels that are like a
        colour, so that all together may be less than 1.

    Raises
    ------
    TypeError
        If `image` is not a picture, or an argument is of the wrong type.
    ValueError
        If an argument is out of range, or no pixel is visible to be an accent. The message says what is allowed.

    See Also
    --------
    KMeansQuantizer : `palette_` and `shares_` of pictures that are not in memory all at once.

    Examples
    --------
    >>> from skimage.data import coffee
    >>> import pil_kmeans
    >>> colors = pil_kmeans.palette(coffee(), 4)
    >>> print(colors)
    #a13717     37.1%
    #cb7f48     32.6%
    #2e0e06     19.7%
    #ebccb0     10.6%

    Those that people would name, and a picture of them:

    >>> from skimage.data import astronaut
    >>> colors = pil_kmeans.palette(astronaut(), 6, kind="accent", sort="hue")
    >>> colors
    Swatches(['#000000', '#740d1d', '#dc6441', '#6f5314', '#512d86', '#ca549e'])
    >>> colors.to_pil().size
    (640, 80)
    """
    check_options(
        n_colors=n_colors,
        max_colors=MAX_BYTE_COLORS,
        color_space=color_space,
        effort=effort,
        weighting=weighting,
        dither="none",
        dither_strength=None,
        n_threads=n_threads,
    )
    check_kind(kind)
    check_order(sort)
    search = read_search(color_space, effort, weighting, n_threads)
    pictures = image if isinstance(image, list | tuple) else [image]
    if not pictures:
        raise ValueError("image is a list without pictures: give one at least")
    names = [f"image[{i}]" for i in range(len(pictures))] if pictures is image else ["image"]
    read = [to_uint8(read_picture(*named).samples) for named in zip(pictures, names, strict=True)]
    fixed = read_fixed(fixed_colors, n_colors)
    samples, own = promoted(read_as_one(read), fixed)
    frames = [picture.shape[:2] for picture in read] if len(read) > 1 else None
    pixels = read_pixels(samples)
    if kind == "real":
        hist = histogram(pixels, n_threads=n_threads)
        hist = with_smoothness(hist, pixels, search, sample_weight=None, frames=frames)
    else:
        hist = counted(pixels, search, n_colors=n_colors, fixed_colors=own, sample_weight=None, frames=frames)
    if kind == "accent":
        return accents_in(hist, search, n_colors=n_colors, fixed=own).sorted(sort)
    found = fit_least(hist, search, n_colors=n_colors, fixed_colors=own)
    return entries_in(hist, found, search, kind=kind).sorted(sort)


def accents_in(hist: Histogram, search: Search, *, n_colors: int, fixed: NDArray[Any]) -> Swatches:
    """Pick the accents of counted pictures; `fixed` (m, C), in their dtype, are among them in any case.

    Raises
    ------
    ValueError
        If no pixel is visible.
    """
    if (rgba_rows(hist.colors)[:, 3] == 0).all():
        raise ValueError("no pixel is visible, so there is no accent: take kind='dominant'")
    rgba = rgba_rows(to_uint8(fixed))
    first = np.ascontiguousarray(rgba[rgba[:, 3] > 0, :3])
    picked = accents(hist, search, n_colors=n_colors, first=distinct(first, n_colors))
    return Swatches(picked, visible_shares(hist, picked, search))


def entries_in(hist: Histogram, found: Palette, search: Search, *, kind: str) -> Swatches:
    """Give the palette of counted pictures with shares: as it is, or moved to colours that occur if `kind` is "real".

    Raises
    ------
    ValueError
        If too many colours were counted to know which of them occur.
    """
    if kind == "real":
        if hist.cell_colors is not None:
            raise ValueError(
                "kind='real' needs every color kept apart, but there are too many, or effort='fast' counts those that "
                "are close together: take another effort, a larger max_bins, or kind='dominant'"
            )
        found = occurring(hist, found, search)
    return counted_colors(found.colors, counts_of(hist, found, search))


def counted_colors(colors: NDArray[Any], counts: NDArray[np.int64]) -> Swatches:
    """Make swatches of colours (n, C), in any dtype of pictures, and the pixels that each has."""
    return Swatches(_without_alpha(rgba_rows(to_uint8(colors))), counts / max(1, int(counts.sum())))


def swatches_of(image: Image.Image) -> Swatches:
    """Return the entries of a P image, the most frequent first, then in the palette's order."""
    image = image.copy()
    image.apply_transparency()
    rgba = np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    counts = np.bincount(np.asarray(image).ravel(), minlength=len(rgba))
    return counted_colors(rgba, counts).sorted("share")


def read_fixed(given: Any, n_colors: int) -> NDArray[np.uint8]:
    """Read colours that are to be there in any case, distinct RGBA (m, 4)."""
    return distinct(read_colors(given, np.dtype(np.uint8), (3, 4)), n_colors)


def check_kind(kind: Any) -> None:
    """Check the name of a kind.

    Raises
    ------
    ValueError
        If there is none.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, got {kind!r}")


def _without_alpha(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return rgba if (rgba[:, 3] < 255).any() else np.ascontiguousarray(rgba[:, :3])
