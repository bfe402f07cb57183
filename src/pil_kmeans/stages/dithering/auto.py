"""Auto dither: whether a picture looks better dithered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import _native
from ..options import Dither
from ..palette import Palette
from ..pixels import Pixels, read_pixels
from ..row_blocks import row_blocks
from ..samples import full_scale
from ..ssimulacra2 import DARK, FULL_SIZE, LIGHT, MIN_SIZE, Original
from .diffuse import Frames

# What "auto" looks at of a large picture: strips of so many rows, with so many pixels.
_SCORED = 128, 1 << 20
_QUICKLY_SCORED = 64, 1 << 16
_SCORED_COLUMNS = 8, 1024  # of strips that are wider: so many pieces of so many columns
_MOST_SCORED_FRAMES = 16
_LARGE = 1 << 23  # samples, for which memory counts
_MOST_SPECKLED = 1 / 200  # of the flat areas of a drawing


class Dithered(NamedTuple):
    """A palette, the indices (H, W) of a picture into it, and the strength it was dithered with, 0 for not at all."""

    palette: Palette
    indices: NDArray[Any]
    strength: float


def may_gain(dither: Dither) -> bool:
    """Whether dithering is asked for, if only as what may be better."""
    return dither.method != "none" and dither.strength != 0


def better(
    pixels: Pixels,
    dither: Dither,
    dithered: Callable[[], Dithered],
    plain: Callable[[], Dithered],
    *,
    frames: Frames | None,
    n_threads: int | None,
) -> Dithered:
    """Return what `dither`, which may gain, asks for: the dithered picture, but of "auto" what looks better."""
    first = dithered()
    if dither.method != "auto":
        return first
    second = plain()
    if is_flat(pixels, frames=frames) and is_speckled(pixels, first.indices, frames=frames):
        return second
    parts = (second.indices, second.palette.colors, first.indices, first.palette.colors)
    is_better = looks_better_dithered(pixels, *parts, frames=frames, n_threads=n_threads, is_quick=dither.is_quick)
    return first if is_better else second


def is_flat(pixels: Pixels, *, frames: Frames | None = None) -> bool:
    """Whether a picture is drawn in flat areas with edges between them, as pixel art, charts and text are.

    Parameters
    ----------
    pixels : Pixels
    frames : sequence of (height, width), optional
        As in `dither`; they are judged together.

    Returns
    -------
    bool
        Whether at least half of all neighbours are equal, and of those that are not, at most a quarter differ by at
        most 1/64 of the range, as they do in gradients. Every fourth row and column is looked at.
    """
    limit = full_scale(pixels.samples.dtype) / 64
    n = equal = soft = 0
    for frame in _split(pixels.samples, frames):
        for lines in _lines(frame):
            step = np.zeros((lines.shape[0], lines.shape[1] - 1), lines.dtype)
            for channel in range(lines.shape[2]):
                samples = lines[:, :, channel]
                larger, smaller = (
                    np.maximum(samples[:, 1:], samples[:, :-1]),
                    np.minimum(samples[:, 1:], samples[:, :-1]),
                )
                np.maximum(step, larger - smaller, out=step)
            if pixels.n_channels % 2 == 0:  # between two transparent pixels there is nothing to see
                step = step[(lines[:, 1:, -1] > 0) | (lines[:, :-1, -1] > 0)]
            n += step.size
            equal += step.size - int(np.count_nonzero(step))
            soft += int(np.count_nonzero(step <= limit))
    soft -= equal
    return 2 * equal >= n and 4 * soft <= n - equal


def is_speckled(pixels: Pixels, indices: NDArray[Any], *, frames: Frames | None = None) -> bool:
    """Whether flat areas are mixed of several entries, which shows however much closer it comes to their colour.

    Where the palette has the colours of the areas, dithering only mixes those of the edges between them.

    Parameters
    ----------
    pixels : Pixels
    indices : ndarray of shape (H, W)
    frames : sequence of (height, width), optional
        As in `dither`; they are judged together.

    Returns
    -------
    bool
        Whether of all squares of four equal pixels more than a 200th have several indices. Every fourth row and the one
        below it are looked at.
    """
    n = n_mixed = 0
    for frame, chosen in zip(_split(pixels.samples, frames), _split(indices[..., np.newaxis], frames), strict=True):
        for block in row_blocks(*chosen.shape[:2]):
            are_flat, are_one = (_are_equal(values[block.start : block.stop + 1]) for values in (frame, chosen))
            n += int(np.count_nonzero(are_flat))
            n_mixed += int(np.count_nonzero(are_flat & ~are_one))
    return n_mixed > _MOST_SPECKLED * n


def _are_equal(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the four values of squares in every fourth row and the one below it are equal."""
    below = values[1::4]
    row = values[::4][: len(below)]
    as_below, as_beside = (row == below).all(axis=-1), (row[:, 1:] == row[:, :-1]).all(axis=-1)
    is_equal: NDArray[np.bool_] = as_below[:, 1:] & as_below[:, :-1] & as_beside
    return is_equal


def _lines(frame: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Give every fourth row and column, those of large pictures in pieces that overlap by a pixel."""
    height, width = frame.shape[:2]
    for block in row_blocks(height, width):
        yield frame[block][::4]
        yield frame[block.start : block.stop + 1, ::4].swapaxes(0, 1)


def looks_better_dithered(
    pixels: Pixels,
    plain: NDArray[Any],
    plain_palette: NDArray[Any],
    dithered: NDArray[Any],
    dithered_palette: NDArray[Any],
    *,
    frames: Frames | None,
    n_threads: int | None,
    is_quick: bool = False,
) -> bool:
    """Whether the dithered picture is more like the original than the undithered one, by SSIMULACRA 2.

    Small pictures have to be so both as they are and mirrored to a size with all scales of the score. Of more than a
    million pixels, or a sixteenth of that if it is to be quick, strips of rows are compared, pieces of them in very
    wide pictures, in some of the frames if they are many.

    Parameters
    ----------
    pixels : Pixels
    plain, dithered : ndarray of shape (H, W)
        Indices into `plain_palette` and `dithered_palette`, which are in the pixels' dtype or uint8.
    frames : sequence of (height, width), optional
        As in `dither`; the mean over all pixels counts.
    n_threads : int, optional
    is_quick : bool, default=False

    Returns
    -------
    bool
    """
    results = ((plain, plain_palette), (dithered, dithered_palette))
    is_small = any(min(frame) < FULL_SIZE for frame in frames or [pixels.shape])
    for min_size in (FULL_SIZE, MIN_SIZE) if is_small else (FULL_SIZE,):
        plain_looks, dithered_looks = looks(
            pixels, results, frames=frames, n_threads=n_threads, min_size=min_size, is_quick=is_quick
        )
        if dithered_looks <= plain_looks:
            return False
    return True


def looks(
    pixels: Pixels,
    results: Sequence[tuple[NDArray[Any], NDArray[Any]]],
    *,
    frames: Frames | None,
    n_threads: int | None,
    min_size: int = FULL_SIZE,
    is_quick: bool = False,
    first_scale: int = 0,
) -> list[float]:
    """Return how each of several results, indices (H, W) and palette, looks: higher is better, by SSIMULACRA 2.

    What is looked at of large pictures and of many frames is as in `looks_better_dithered`. Those with fewer rows or
    columns than `min_size` are mirrored. From which scale on to look, `first_scale`, is as in `ssimulacra2.Original`.
    """
    parts = [*zip(*(_split(values, frames) for values in (pixels.samples, *(i for i, _ in results))), strict=True)]
    parts = parts[:: -(-len(parts) // _MOST_SCORED_FRAMES)]
    if pixels.samples.size > _LARGE:  # the most memory is taken here, and behind it
        _native.release_memory()
    n_rows, most = _QUICKLY_SCORED if is_quick else _SCORED
    totals = [0.0] * len(results)
    options: dict[str, Any] = {"min_size": min_size, "first_scale": first_scale, "n_threads": n_threads}
    for original, *indexed in parts:
        height, width = original.shape[:2]
        strips = _strips(height, width, n_rows, most // len(parts))
        seen = read_pixels(_seen(original, strips))
        scores = [inf] * len(results)
        for background in (DARK, LIGHT) if _is_seen_through(seen) else (None,):  # one after the other take less memory
            score = Original(seen, background=background, **options).score_of_indices
            for n, (indices, (_, palette)) in enumerate(zip(indexed, results, strict=True)):
                scores[n] = min(scores[n], score(_seen(indices, strips), read_pixels(palette[np.newaxis])))
        for n, own in enumerate(scores):
            totals[n] += own * height * width
    if pixels.samples.size > _LARGE:
        del seen, score
        _native.release_memory()
    return totals


def _is_seen_through(pixels: Pixels) -> bool:
    alpha = pixels.samples[..., -1]
    return pixels.n_channels % 2 == 0 and bool((alpha < full_scale(alpha.dtype)).any())


def _split(values: NDArray[Any], frames: Frames | None) -> list[NDArray[Any]]:
    """Return what belongs to each frame, (height, width, ...), of values for all pixels."""
    if frames is None:
        return [values]
    rest = values.shape[2:]
    parts = np.split(values.reshape(-1, *rest), np.cumsum([height * width for height, width in frames])[:-1])
    return [part.reshape(*frame, *rest) for part, frame in zip(parts, frames, strict=True)]


def _strips(height: int, width: int, n_rows: int, most_pixels: int) -> list[slice]:
    """Rows to compare: all, or of a large picture at least two strips across it, evenly spread."""
    n = max(2, most_pixels // (n_rows * max(width, FULL_SIZE)))
    return _spread(height, n, n_rows)


def _spread(size: int, n: int, length: int) -> list[slice]:
    """Return n slices of this length, evenly spread, or one of all if they would be no less."""
    if n * length >= size:
        return [slice(0, size)]
    return [slice(start, start + length) for start in np.linspace(0, size - length, n).astype(int)]


def _seen(values: NDArray[Any], strips: list[slice]) -> NDArray[Any]:
    """Put strips of rows together, a part of very wide ones."""
    columns = _spread(values.shape[1], *_SCORED_COLUMNS)
    if len(strips) == len(columns) == 1:  # all of it
        return values
    return np.concatenate([np.concatenate([values[strip, part] for part in columns], axis=1) for strip in strips])
