"""Pictures -> images of mode P: by a palette that is fitted to all of them, or by one that is given."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..indexed_image import p_image
from ..pictures.as_seen import AsSeen
from ..pictures.fixed_colors import distinct, promoted
from ..pictures.palettes import checked_p_image, entries_of, read_palette
from ..pictures.shared import read_as_one, read_shared_colors, read_weights
from ..pictures.source import Source
from ..stages.dithering.steady import steady
from ..stages.given_palette import check_exact, map_to_palette
from ..stages.histogram import histogram
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.options import Dither, Search
from ..stages.pixels import Pixels, read_pixels
from ..stages.quantize import quantize_pixels
from ..stages.samples import rgba_rows


def by_fitted_palette(
    sources: Sequence[Source],
    search: Search,
    dither: Dither,
    *,
    colors: int,
    fixed_colors: Any,
    sample_weights: Sequence[Any] | None,
    animation: bool,
) -> list[Image.Image]:
    """Quantize pictures, each with its weights if there are any, to one palette of at most `colors`.

    Of an animation one entry is left free, unless one is transparent, or all colours can be kept.
    """
    seen = [source for source in sources if not source.is_empty]
    if not seen:  # `colors` is not even checked: Pillow takes any number here
        return [empty_result(source) for source in sources]
    n_colors = check_colors(colors)
    weight = None if sample_weights is None else read_weights(sources, sample_weights)
    samples = read_as_one([source.checked_samples() for source in seen])
    rgba = distinct(read_shared_colors(fixed_colors, seen), n_colors, "colors")
    samples, fixed = promoted(samples, rgba)
    pixels = read_pixels(samples)
    if animation and n_colors == MAX_BYTE_COLORS and len(rgba) < n_colors and not _leaves_room(pixels, search):
        n_colors -= 1
    images = [source.image for source in seen]
    as_seen = None if len(rgba) else AsSeen.of(images, samples, n_colors, n_threads=search.n_threads)
    palette, indices, _ = quantize_pixels(
        pixels if as_seen is None else read_pixels(as_seen.samples),
        search,
        dither,
        n_colors=n_colors,
        fixed_colors=fixed,
        sample_weight=weight,
        frames=[source.samples.shape[:2] for source in seen] if len(seen) > 1 else None,
        to_8_bits=True,
    )
    entries = palette.colors
    if as_seen is not None:
        entries, indices = as_seen.as_stored(entries, indices)
    alpha_mode = any(source.has_alpha_mode for source in seen) or bool((rgba[:, 3] < 255).any())
    alpha_mode &= len(sources) == 1  # Pillow's GIF mixes up RGBA palettes of which a frame does not use all entries
    results, start = [], 0
    for source in sources:
        height, width = source.samples.shape[:2]
        own = indices.ravel()[start : start + height * width].reshape(height, width)
        start += height * width
        results.append(
            empty_result(source) if source.is_empty else result(source, own, entries, has_alpha_mode=alpha_mode)
        )
    return results


def _leaves_room(pixels: Pixels, search: Search) -> bool:
    """Whether there are so few colours that all are kept, or one that is transparent."""
    colors = histogram(pixels.in_8_bits, n_threads=search.n_threads)
    return len(colors) <= MAX_BYTE_COLORS or len(colors.transparent) > 0


def check_frames(sources: Sequence[Source]) -> None:
    """Check that pictures can be the frames of an animation.

    Raises
    ------
    ValueError
        If they differ in size.
    """
    for source in sources:
        if source.samples.shape[:2] != sources[0].samples.shape[:2]:
            (height, width), (first_height, first_width) = source.samples.shape[:2], sources[0].samples.shape[:2]
            raise ValueError(
                f"frames of an animation have one size, but {sources[0].name} is {first_width} x {first_height} pixels "
                f"and {source.name} {width} x {height}"
            )


def keep_still(images: Sequence[Image.Image], sources: Sequence[Source]) -> None:
    """Give pixels of P images of one palette the index of the frame before where their source is the same."""
    if sources[0].is_empty:
        return
    samples = read_as_one([source.checked_samples() for source in sources])
    frames = samples.reshape(len(sources), *sources[0].samples.shape[:2], -1)
    for image, indices in zip(images, steady([np.asarray(image) for image in images], frames), strict=True):
        image.frombytes(indices.tobytes())


def by_given_palette(
    source: Source,
    palette: Any,
    device: Any,
    dither: Dither,
    *,
    color_space: str | None,
    exact: bool,
    n_threads: int | None,
) -> Image.Image:
    """Give every pixel an entry of a palette, dithered or the nearest."""
    reference = checked_p_image(palette) if isinstance(palette, Image.Image) else None
    colors, stored = read_palette(palette, device)
    if reference is not None:
        colors = entries_for(source, reference)
    if source.is_empty:
        indices = np.zeros(source.samples.shape[:2], np.uint8)
    else:
        pixels = read_pixels(source.checked_samples())
        if exact:
            check_exact(pixels, colors, source.name)
        options: dict[str, Any] = {"color_space": color_space, "frames": None, "n_threads": n_threads}
        indices = map_to_palette(pixels, colors, dither, **options).indices
    image = p_image(indices, colors if stored is None else stored)
    if reference is not None and stored is None:
        assert image.palette is not None
        assert reference.palette is not None
        if image.palette.mode == reference.palette.mode:
            image.palette = reference.palette.copy()
    image.info = info_of(source)
    return image


def entries_for(source: Source, reference: Image.Image) -> NDArray[np.uint8]:
    """Every entry of a P image, (n, 4) if its palette has alpha or `info` makes some transparent for such pictures."""
    assert reference.palette is not None
    has_alpha = reference.palette.mode == "RGBA" or (source.has_alpha and "transparency" in reference.info)
    rgba = entries_of(reference, with_transparency=source.has_alpha)
    return rgba if has_alpha else np.ascontiguousarray(rgba[:, :3])


def check_colors(colors: int) -> int:
    """Accept what Pillow accepts."""
    n_colors = operator.index(colors)
    if not 1 <= n_colors <= MAX_BYTE_COLORS:
        raise ValueError(f"bad number of colors: colors must be between 1 and {MAX_BYTE_COLORS}, got {colors}")
    return n_colors


def check_kmeans(kmeans: int) -> None:
    """Accept what Pillow accepts; the number itself has no use here."""
    if operator.index(kmeans) < 0:
        raise ValueError(f"kmeans must not be negative, got {kmeans}: leave it out, k-means always runs")


def info_of(source: Source, transparency: int | None = None) -> dict[Any, Any]:
    """`info` for the result: lists are copied, as Pillow copies them.

    The source's "transparency" means nothing to another palette. In its place comes the entry
    that is the only transparent one, which every file format understands, while GIF does not
    look at the alpha of palettes.
    """
    given = {} if source.image is None else source.image.info
    info = {key: value.copy() if isinstance(value, list) else value for key, value in given.items()}
    info.pop("transparency", None)
    if transparency is not None:
        info["transparency"] = transparency
    return info


def result(source: Source, indices: NDArray[Any], colors: NDArray[np.uint8], *, has_alpha_mode: bool) -> Image.Image:
    """P image; the mode of its palette, `colors` of 1 to 4 channels, is RGBA if asked for or needed."""
    rgba = rgba_rows(colors)
    not_opaque = np.flatnonzero(rgba[:, 3] < 255)
    one_invisible = len(not_opaque) == 1 and rgba[not_opaque[0], 3] == 0
    needs_alpha = len(not_opaque) > 0 and not one_invisible
    image = p_image(indices, rgba if has_alpha_mode or needs_alpha else rgba[:, :3])
    image.info = info_of(source, int(not_opaque[0]) if one_invisible else None)
    return image


def empty_result(source: Source) -> Image.Image:
    """P image without pixels and without colours, as Pillow makes of an empty image."""
    height, width = source.samples.shape[:2]
    image = Image.new("P", (width, height))
    image.info = info_of(source)
    return image
