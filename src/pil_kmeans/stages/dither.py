"""Dither: indices whose errors cancel for the eye, and a palette refitted to what dithering makes of it.

Floyd-Steinberg in Oklab, or by a mask of thresholds, where a pixel's entry depends on its colour and place only: frames
of an animation then agree wherever they are alike, and tiles fit together. A palette that suits the undithered picture
is not the best for the dithered one, which can mix colours that lie between its entries and wants them further apart.
So entries are moved to cancel what the dithered picture lacks behind a low-pass, and the picture is dithered again, a
few times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .color_space import Grid, Points, as_samples, center_colors, fine_grid, full_scale, points_coincide, working_points
from .histogram import Histogram, histogram
from .indexed_image import to_uint16
from .palette import Palette, given_colors, to_samples
from .pixels import Pixels, read_pixels
from .remap import label_equals, packed, remap
from .score import Original
from .threads import count_threads
from .threshold_mask import threshold_mask

DITHERS = ("none", "floyd-steinberg", "ordered", "blue-noise", "auto")
DEFAULT_STRENGTH = 0.85

_SPACE = "oklab"
_LIGHTNESS_WEIGHT = 1.5  # of a difference in lightness against one in colour, where the nearest entry is chosen
_MARGIN = 3072  # how far, in working units, a pixel and the errors handed to it, or a ray, may go beyond the palette
_STEP, _MOMENTUM = 2.0, 0.5  # entries move so many times what their pixels lack, and so much of their last move again
_TRANSLUCENT_STEP, _TRANSLUCENT_MOMENTUM = 1.0, 0.0  # less with alpha, which makes up for lightness and vice versa
_BAND = 12  # rows dithered in a piece during the refit
_MOST_BANDS_APART = 16
_LEAST_MEASURED = 3  # bands by which rounds are compared, so that one flat band does not decide
_SCORED_ROWS, _SCORED_PIXELS = 128, 1 << 20  # what "auto" looks at of a large picture: strips of so many rows
_SCORED_COLUMNS = 8, 1024  # of strips that are wider: so many pieces of so many columns
_MOST_SCORED_FRAMES = 16
_LEAST_SCORED = 225  # height and width from which SSIMULACRA 2 has its six scales: of fewer it weighs the wrong ones

Frames = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Rounds:
    """Work of a refit: how many rounds, and at most how many pixels each dithers, as far as bands of rows allow."""

    n: int
    pixels: int


@dataclass(frozen=True, eq=False)
class Dithering:
    """A palette, the indices (H, W) of a picture into it, and the strength it was dithered with, 0 for not at all."""

    palette: Palette
    indices: NDArray[Any]
    strength: float


ROUNDS = {"fast": Rounds(2, 1 << 17), "balanced": Rounds(4, 3 << 16), "best": Rounds(12, 1 << 20)}


def dither(
    pixels: Pixels,
    palette: NDArray[Any],
    *,
    method: str = "floyd-steinberg",
    strength: float = DEFAULT_STRENGTH,
    frames: Frames | None = None,
    n_threads: int | None = None,
) -> NDArray[Any]:
    """Return indices of palette entries that mix, for the eye, to the colours between them.

    Parameters
    ----------
    pixels : Pixels
    palette : ndarray of shape (n, C)
        In the pixels' dtype, 1 to 65536 entries; those of 8 bits may go with pixels of any dtype.
    method : {"floyd-steinberg", "ordered", "blue-noise"}
        "floyd-steinberg": each pixel makes up for the errors of its neighbours. The others compare its colour with the
        threshold of its place: in Bayer's pattern of 8 x 8 pixels, or in 64 x 64 of blue noise, which shows no pattern.
    strength : float, default=0.85
        0 to 1; more hides steps between entries better, and is noisier. It is the share of each error that is handed
        on: at 1 errors that no entry can make up for pile up. By thresholds, two entries mix down to a share of
        (1 - strength) / 2, or 1/16 at 1, of the farther one; what needs less of it gets none.
    frames : sequence of (height, width), optional
        Where the pixels are those of several pictures one after the other: their sizes. Errors do not pass between, and
        masks start anew.
    n_threads : int, optional
        The result does not depend on it.

    Returns
    -------
    ndarray of shape (H, W)
        uint8, or uint16 above 256 entries. Fully transparent pixels get a fully transparent entry, and opaque ones an
        opaque entry, where there are such. Runs of one colour that is in the palette keep it.

    Notes
    -----
    R. W. Floyd and L. Steinberg, An adaptive algorithm for spatial grey scale, Proceedings of the SID 17(2), 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.dither import dither
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> grey = read_pixels(np.full((64, 64), 100, np.uint8), channel_axis=None)
    >>> indices = dither(grey, np.array([[0], [255]], np.uint8))
    >>> bool(0.4 < indices.mean() < 0.6)
    True
    """
    passes = _Passes.of(pixels, palette, method, strength, n_threads, moves=False)
    rows, start = passes.rows, 0
    arguments = passes.arguments(palette)
    parts: list[Any] = []
    for height, width in frames or [pixels.shape]:
        end = start + height * width
        parts.append(_native.dither(rows[start:end], width, **arguments))
        start = end
    indices: NDArray[Any] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    _tell_apart(indices, rows, palette, arguments["entries"])
    return indices.reshape(pixels.shape)


def check_dither(dither: Any, dither_strength: Any) -> None:
    """Check the options `dither`, and `dither_strength`, which may be None.

    Raises
    ------
    TypeError
        If `dither` is not a string or `dither_strength` not a number.
    ValueError
        If one has a value that is not allowed, or a strength is given where nothing is dithered.
    """
    names = ", ".join(map(repr, DITHERS))
    if not isinstance(dither, str):
        raise TypeError(f"dither must be one of {names}, got {dither!r} of type {type(dither).__name__}")
    if dither not in DITHERS:
        raise ValueError(f"dither must be one of {names}, got {dither!r}")
    if dither_strength is None:
        return
    if isinstance(dither_strength, bool | np.bool_) or not isinstance(dither_strength, Real):
        raise TypeError(
            "dither_strength must be a number from 0 to 1, "
            f"got {dither_strength!r} of type {type(dither_strength).__name__}"
        )
    if not 0 <= float(dither_strength) <= 1:  # NaN, too
        raise ValueError(f"dither_strength must be from 0 to 1, got {dither_strength}")
    if dither == "none":
        raise ValueError(
            f"dither_strength={dither_strength} has no use where nothing is dithered: "
            f"pass dither={' or '.join(map(repr, DITHERS[1:]))} with it, or leave it out"
        )


def method_of(dither: str) -> str:
    """Name the method of a `dither` other than "none"; "auto" decides only whether to use it."""
    return "floyd-steinberg" if dither == "auto" else dither


def refit(
    pixels: Pixels,
    palette: Palette,
    hist: Histogram,
    *,
    method: str = "floyd-steinberg",
    strength: float = DEFAULT_STRENGTH,
    effort: str = "balanced",
    sample_weight: NDArray[np.float64] | None = None,
    frames: Frames | None = None,
    n_threads: int | None = None,
) -> tuple[Palette, NDArray[Any]]:
    """Move the entries of a palette to what suits the dithered picture, and dither the picture.

    Parameters
    ----------
    pixels : Pixels
        In the palette's dtype, or any where that is uint8.
    palette : Palette
        Fitted to `hist`. Locked and fully transparent entries stay; so do those that mostly stand for one colour, which
        they become, so that flat areas stay flat, unless that is translucent and they are opaque. Opaque entries stay
        opaque.
    hist : Histogram
        Of the pixels in the palette's dtype.
    method, strength
        As in `dither`.
    effort : {"fast", "balanced", "best"}
        How many rounds, and how many of the rows each of them looks at. Rounds that do not help are undone.
    sample_weight : ndarray of shape (H, W), optional
        Checked weights of the pixels. Those below 1 / 131070 of the largest count as 0 here.
    frames : sequence of (height, width), optional
        As in `dither`.
    n_threads : int, optional
        The result does not depend on it.

    Returns
    -------
    palette : Palette
        Distinct entries, each but the locked used by some pixel; those that are not are dropped. Its labels are not
        known.
    indices : ndarray of shape (H, W)
    """
    start, frozen = _settle(palette, hist)
    passes = _Passes.of(pixels, start.colors, method, strength, n_threads, moves=True)
    dtype, full = start.colors.dtype, full_scale(start.colors.dtype)
    centers = _refitted(start.centers / full, frozen, passes, effort, sample_weight, frames or [pixels.shape])
    colors = np.where(frozen[:, np.newaxis], start.colors, to_samples(centers, dtype))
    moved = replace(start, colors=colors, centers=np.where(frozen[:, np.newaxis], start.centers, centers * full))
    kept = _distinct(colors, frozen)
    while True:
        moved = replace(
            moved, colors=moved.colors[kept], centers=moved.centers[kept], fixed=moved.fixed[kept], labels=None
        )
        indices = dither(pixels, moved.colors, method=method, strength=strength, frames=frames, n_threads=n_threads)
        kept = moved.fixed | (_native.count_labels(indices.ravel().astype(np.uint16), len(moved.colors)) > 0)
        if kept.all():
            return moved, indices


def fit_dither(
    pixels: Pixels,
    palette: Palette,
    hist: Histogram,
    *,
    rounded: Pixels | None = None,
    dither: str = "none",
    dither_strength: float | None = None,
    color_space: str = "oklab",
    effort: str = "balanced",
    sample_weight: NDArray[np.float64] | None = None,
    frames: Frames | None = None,
    n_threads: int | None = None,
) -> Dithering:
    """Dither a picture with a palette fitted to it, refitted on the way, if that is asked for and better.

    Parameters
    ----------
    pixels, palette, hist, effort, sample_weight, frames, n_threads
        As in `refit`.
    rounded : Pixels, optional
        The pixels in the palette's dtype, of which `hist` is, where theirs is finer. What the rounding took away is
        dithered as well.
    dither : {"none", "floyd-steinberg", "ordered", "blue-noise", "auto"}
        "auto": "floyd-steinberg" or "none", as `is_flat` and `looks_better_dithered` say.
    dither_strength : float, optional
        0 to 1; 0 is no dithering. None: 0.85.
    color_space : {"oklab", "cielab", "linear", "srgb"}
        Where the nearest entry is looked for if the picture is not dithered.

    Returns
    -------
    Dithering
        Of strength 0, with the palette as it was, if the picture is not dithered. So it is where the palette holds all
        its colours.
    """
    strength = DEFAULT_STRENGTH if dither_strength is None else float(dither_strength)
    is_wanted = dither != "none" and strength > 0 and not _has_all_colors(palette, hist, pixels)
    if dither == "auto":
        is_wanted = is_wanted and not is_flat(pixels, frames=frames)
    dithered = None
    if is_wanted:
        moved, indices = refit(
            pixels,
            palette,
            hist,
            method=method_of(dither),
            strength=strength,
            effort=effort,
            sample_weight=sample_weight,
            frames=frames,
            n_threads=n_threads,
        )
        dithered = Dithering(moved, indices, strength)
        if dither != "auto":
            return dithered
    plain = remap(
        rounded or pixels,
        palette.colors,
        color_space=color_space,
        effort=effort,
        hist=hist,
        labels=palette.labels,
        n_threads=n_threads,
    )
    if dithered is not None and looks_better_dithered(
        pixels, plain, palette.colors, dithered.indices, dithered.palette.colors, frames=frames, n_threads=n_threads
    ):
        return dithered
    return Dithering(palette, plain, 0.0)


def is_flat(pixels: Pixels, *, frames: Frames | None = None) -> bool:
    """Whether a picture is drawn in flat areas with edges between them, as pixel art, charts and text are.

    Dithering would speckle its areas, however much closer it came to their colours.

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
        for lines in (frame[::4], frame[:, ::4].swapaxes(0, 1)):
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


def looks_better_dithered(
    pixels: Pixels,
    plain: NDArray[Any],
    plain_palette: NDArray[Any],
    dithered: NDArray[Any],
    dithered_palette: NDArray[Any],
    *,
    frames: Frames | None = None,
    n_threads: int | None = None,
) -> bool:
    """Whether the dithered picture is more like the original than the undithered one, by SSIMULACRA 2.

    Of more than a million pixels, strips of rows are compared, pieces of them in very wide pictures, in some of the
    frames if they are many.

    Parameters
    ----------
    pixels : Pixels
    plain, dithered : ndarray of shape (H, W)
        Indices into `plain_palette` and `dithered_palette`, which are in the pixels' dtype or uint8.
    frames : sequence of (height, width), optional
        As in `dither`; the mean over all pixels counts.
    n_threads : int, optional

    Returns
    -------
    bool
    """
    parts = [*zip(*(_split(values, frames) for values in (pixels.values, plain, dithered)), strict=True)]
    parts = parts[:: -(-len(parts) // _MOST_SCORED_FRAMES)]
    gain = 0.0
    for original, plain_part, dithered_part in parts:
        height, width = plain_part.shape
        strips = _strips(height, width, _SCORED_PIXELS // len(parts))

        score = Original(read_pixels(_seen(original, strips)), n_threads=n_threads).score
        plain_score, dithered_score = (
            score(read_pixels(np.take(palette, _seen(indices, strips), axis=0)))
            for indices, palette in ((plain_part, plain_palette), (dithered_part, dithered_palette))
        )
        gain += (dithered_score - plain_score) * height * width
    return gain > 0


@dataclass(frozen=True)
class _Passes:
    """What all passes over the pixels share."""

    rows: NDArray[Any]
    n_channels: int
    grid: Grid
    mask: NDArray[np.uint16] | None
    strength: float
    n_threads: int

    @classmethod
    def of(
        cls,
        pixels: Pixels,
        palette: NDArray[Any],
        method: str,
        strength: float,
        n_threads: int | None,
        *,
        moves: bool,
    ) -> _Passes:
        """Prepare passes with this palette, or, where it `moves`, with others that start from it."""
        rows, colors = as_samples(pixels.rows), as_samples(palette)
        mask = None if method == "floyd-steinberg" else threshold_mask(method)
        # By a mask, a pixel's entry may not depend on other pixels, so nor may the grid.
        on_grid = (rows, colors) if mask is None or moves else (colors,)
        grid = fine_grid(_SPACE, *on_grid, n_threads=n_threads)
        return cls(rows, pixels.n_channels, grid, mask, strength, count_threads(n_threads))

    def arguments(self, palette: NDArray[Any]) -> dict[str, Any]:
        """Return what the kernels want to know of a palette and of how to dither to it."""
        return {
            "entries": working_points(palette, _SPACE, grid=self.grid),
            "opacity": _opacity(palette),
            "origin": self.grid.origin,
            "zoom": self.grid.zoom,
            "mask": self.mask,
            "strength": round(256 * self.strength),
            "lightness_weight": round(8 * _LIGHTNESS_WEIGHT),
            "margin": _MARGIN,
            "n_threads": self.n_threads,
        }

    def coordinates(self, colors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the working points of colours in [0, 1], (n, C), as rows, (n, 4)."""
        points = working_points(colors, _SPACE, grid=self.grid)
        return points.transpose(1, 0, 2).reshape(-1, 4).astype(np.float64)

    def colors(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the colours, in [0, 1], of working points, clipped to what sRGB can show."""
        return center_colors(coordinates, self.n_channels, _SPACE, self.grid)


def _refitted(
    centers: NDArray[np.float64],
    frozen: NDArray[np.bool_],
    passes: _Passes,
    effort: str,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames,
) -> NDArray[np.float64]:
    """Return the centers, in [0, 1], that leave the least to see of all that the rounds came by."""
    rounds = ROUNDS[effort]
    bands, weights = _bands(frames), None
    if sample_weight is not None:
        weights = np.rint(sample_weight.ravel() / sample_weight.max() * 65535).astype(np.uint16)
        bands = bands[np.logical_or.reduceat(weights > 0, bands[:, 0])]  # the others have no say
    n_pixels = int((bands[:, 1] * bands[:, 2]).sum())
    apart = int(np.clip(n_pixels // rounds.pixels, 1, _MOST_BANDS_APART))
    place = np.arange(len(bands))
    measured_apart = min(4 * apart, max(1, len(bands) // _LEAST_MEASURED))
    is_measured = place % measured_apart == 0  # the same in all rounds, which are compared by them
    has_alpha = passes.n_channels % 2 == 0
    is_translucent = (centers[:, -1] < 1) & ~frozen if has_alpha else np.zeros(len(centers), dtype=np.bool_)
    step, momentum = _STEP, _MOMENTUM
    if is_translucent.any():
        step, momentum = _TRANSLUCENT_STEP, _TRANSLUCENT_MOMENTUM
    best, least = centers, np.inf
    move = np.zeros((len(centers), 4))
    for n in range(rounds.n + 1):
        is_dithered = is_measured | ((place + 23 * n) % apart == 0) if n < rounds.n else is_measured
        sums, totals, errors = _native.residuals(
            passes.rows, bands=bands[is_dithered], weights=weights, **passes.arguments(centers)
        )
        error = float(errors[is_measured[is_dithered]].sum())
        if error < least:
            best, least = centers, error
        if n == rounds.n:
            break
        lacking = sums / (64 * np.maximum(totals, 1)[:, np.newaxis])
        lacking[:, [0, 3]] /= _LIGHTNESS_WEIGHT  # as the kernel weighs them
        move = step * lacking + momentum * move
        move[frozen] = 0
        moved = passes.colors(passes.coordinates(centers) + move)
        if has_alpha:
            moved[:, -1] = np.where(is_translucent, np.clip(moved[:, -1], 1 / 255, 254 / 255), 1.0)
        centers = np.where(frozen[:, np.newaxis], centers, moved)
    return best


def _bands(frames: Frames) -> NDArray[np.int64]:
    """Cut pictures into pieces of some rows: the first pixel, height and width of each."""
    bands, first = [], 0
    for height, width in frames:
        for row in range(0, height, _BAND):
            bands.append((first + row * width, min(_BAND, height - row), width))
        first += height * width
    return np.array(bands, dtype=np.int64)


def _settle(palette: Palette, hist: Histogram) -> tuple[Palette, NDArray[np.bool_]]:
    """Make entries that mostly stand for one colour that colour; say which entries must not move."""
    frozen = palette.fixed.copy()
    if hist.n_channels % 2 == 0:
        frozen |= palette.colors[:, -1] == 0
    if hist.cell_colors is not None or palette.labels is None:
        return palette, frozen
    weights = hist.weights.astype(np.float64)
    totals = np.bincount(palette.labels, weights, minlength=len(palette.colors))
    is_main = (2 * weights > totals[palette.labels]) & ~frozen[palette.labels]
    if hist.n_channels % 2 == 0:
        is_opaque, is_translucent = _opacity(palette.colors) == 2, _opacity(hist.colors) < 2
        is_main &= ~(is_opaque[palette.labels] & is_translucent)  # opaque pixels need them
    entries, chosen = palette.labels[is_main], given_colors(hist, np.flatnonzero(is_main))
    colors, centers = palette.colors.copy(), palette.centers.copy()
    colors[entries], centers[entries] = to_samples(chosen, hist.dtype), chosen * full_scale(hist.dtype)
    frozen[entries] = True
    return replace(palette, colors=colors, centers=centers), frozen


def _tell_apart(indices: NDArray[Any], rows: NDArray[Any], palette: NDArray[Any], entries: Points) -> None:
    """Give pixels the entry they equal, of several that the working space cannot tell apart: their errors are equal."""
    samples = to_uint16(palette) if rows.dtype == np.uint16 else as_samples(palette)
    is_visible = _opacity(samples) > 0
    visible = np.flatnonzero(is_visible)
    _, first = np.unique(packed(samples[visible]), return_index=True)  # a palette that is given may repeat colors
    if not points_coincide(entries[:, visible[first]]):
        return
    words = entries.transpose(1, 0, 2).reshape(-1, 4).view(np.uint64)[:, 0]
    _, place, counts = np.unique(words, return_inverse=True, return_counts=True)
    pixels = np.flatnonzero(((counts[place] > 1) & is_visible)[indices])
    chosen = indices[pixels].astype(np.intp)
    equal = chosen.copy()
    label_equals(equal, rows[pixels], samples)
    indices[pixels] = np.where(place[equal] == place[chosen], equal, chosen)


def _opacity(colors: NDArray[Any]) -> NDArray[np.uint8]:
    """Which colours (n, C) are fully transparent, 0, translucent, 1, or opaque, 2, as the kernels see their samples."""
    samples = as_samples(colors)
    if samples.shape[1] % 2:
        return np.full(len(samples), 2, dtype=np.uint8)
    alpha = samples[:, -1]
    opacity: NDArray[np.uint8] = (alpha > 0).astype(np.uint8) + (alpha == full_scale(samples.dtype))
    return opacity


def _distinct(colors: NDArray[Any], frozen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark one of each group of equal entries, a frozen one if there is any."""
    rows = packed(as_samples(colors)) if colors.dtype.kind != "f" else colors
    order = np.argsort(~frozen, kind="stable")
    _, first = np.unique(rows[order], axis=0, return_index=True)
    is_kept = np.zeros(len(colors), dtype=np.bool_)
    is_kept[order[first]] = True
    return is_kept


def _split(values: NDArray[Any], frames: Frames | None) -> list[NDArray[Any]]:
    """Return what belongs to each frame, (height, width, ...), of values for all pixels."""
    if frames is None:
        return [values]
    rest = values.shape[2:]
    parts = np.split(values.reshape(-1, *rest), np.cumsum([height * width for height, width in frames])[:-1])
    return [part.reshape(*frame, *rest) for part, frame in zip(parts, frames, strict=True)]


def _strips(height: int, width: int, most_pixels: int) -> list[slice]:
    """Rows to compare: all, or of a large picture at least two strips across it, evenly spread."""
    n = max(2, most_pixels // (_SCORED_ROWS * max(width, _LEAST_SCORED)))
    return _spread(height, n, _SCORED_ROWS)


def _spread(size: int, n: int, length: int) -> list[slice]:
    """Return n slices of this length, evenly spread, or one of all if they would be no less."""
    if n * length >= size:
        return [slice(0, size)]
    return [slice(start, start + length) for start in np.linspace(0, size - length, n).astype(int)]


def _seen(values: NDArray[Any], strips: list[slice]) -> NDArray[Any]:
    """Put strips of rows together, a part of very wide ones, and mirror what is too small to score at its borders."""
    columns = _spread(values.shape[1], *_SCORED_COLUMNS)
    rows = np.concatenate([np.concatenate([values[strip, part] for part in columns], axis=1) for strip in strips])
    missing = [(0, max(0, _LEAST_SCORED - size)) for size in rows.shape[:2]]
    return np.pad(rows, missing + [(0, 0)] * (rows.ndim - 2), mode="symmetric")


def _has_all_colors(palette: Palette, hist: Histogram, pixels: Pixels) -> bool:
    """Whether each colour of the pixels has its entry, which is that colour in the palette's dtype."""
    if hist.cell_colors is not None or palette.labels is None or len(hist) > len(palette.colors):
        return False
    colors = to_samples(given_colors(hist, np.arange(len(hist))), hist.dtype)
    is_exact = bool((palette.colors[palette.labels] == colors).all())
    return is_exact and (pixels.dtype == hist.dtype or len(histogram(pixels)) == len(hist))
