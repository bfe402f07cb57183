"""Refit: the palette moved to what dithering makes of it.

A palette that suits the undithered picture is not the best for the dithered one, which can mix colours that lie between
its entries and wants them further apart. So entries are moved to cancel what the dithered picture lacks behind a
low-pass, and the picture is dithered again, a few times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import _native
from ..color_space import point_rows
from ..histogram import Histogram
from ..options import Search
from ..palette import Palette, given_colors
from ..pixels import Pixels
from ..samples import as_samples, full_scale, packed, thinned, to_samples
from ..weighting import as_shares, pixel_weights
from .amounts import Amount
from .diffuse import BY_MASK, Frames, Passes, dither, opacity_of

_STEP, _MOMENTUM = 2.0, 0.3  # entries move so many times what their pixels lack, and so much of their last move again
_CAREFUL_STEP, _CAREFUL_MOMENTUM = 1.0, 0.0  # by masks, and with alpha, which makes up for lightness and vice versa
_BAND = 16  # rows dithered in a piece during the refit: what the kernel walks over at a time
_MOST_BANDS_APART = 16


@dataclass(frozen=True)
class Rounds:
    """Work of a refit: how many rounds dither some bands of rows, and about how many pixels, as far as bands allow."""

    n: int
    pixels: int
    pixels_an_entry: int
    """Of the palette, and besides: an entry is moved by its own pixels only."""
    thinned: tuple[int, ...]
    """About how many pixels each round after those takes from all rows and columns, so that none misses an area."""


_QUICKER = 1  # rounds less
_USUAL_ROUNDS = Rounds(2, 50 << 10, 330, (96 << 10, 96 << 10))
ROUNDS = {"fast": _USUAL_ROUNDS, "balanced": _USUAL_ROUNDS, "best": Rounds(4, 3 << 18, 0, (3 << 18, 3 << 18))}
# Rounds more by "balanced": of entries that are far apart and so have far to go, and of so many that there is time: no
# other palette is refitted beside, see `efforts`.
_FEW, _MORE_OF_FEW = 16, 4
_MANY, _MORE_OF_MANY = 64, 3


def refit(
    pixels: Pixels,
    palette: Palette,
    hist: Histogram,
    search: Search,
    *,
    method: str,
    amount: Amount,
    sample_weight: NDArray[np.float64] | None,
    frames: Frames | None,
    is_quick: bool = False,
    known_weights: dict[bytes, NDArray[np.uint16]] | None = None,
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
        Of the pixels in the palette's dtype. With smoothness pixels count here as in the fit.
    search : Search
        Its effort says how many rounds, and how many of the pixels each of them looks at.
    method, amount
        As in `dither`.
    sample_weight : ndarray of shape (H, W) or None
        Checked weights of the pixels. Those below 1 / 131070 of the largest count as 0 here.
    frames : sequence of (height, width) or None
        As in `dither`.
    is_quick : bool, default=False
        Whether to do with fewer rounds.
    known_weights : dict, optional
        Where refits to the same pixels and histogram keep the weights of pixels, by the rows that they look at.

    Returns
    -------
    palette : Palette
        Distinct entries, each but the locked used by some pixel; those that are not are dropped. Its labels are not
        known.
    indices : ndarray of shape (H, W)
    """
    n_threads = search.n_threads
    start, frozen = _settle(palette, hist)
    passes = Passes.of(pixels, start.colors, method, amount, n_threads, moves=True)
    dtype, full = start.colors.dtype, full_scale(start.colors.dtype)
    shares = None if sample_weight is None else as_shares(sample_weight)
    rounds = ROUNDS[search.effort]
    if search.effort == "balanced" and len(start.colors) < _FEW:
        rounds = replace(rounds, n=rounds.n + _MORE_OF_FEW)
    elif search.effort == "balanced" and len(start.colors) >= _MANY and not is_quick:
        rounds = replace(rounds, n=rounds.n + _MORE_OF_MANY)
    if is_quick:
        rounds = replace(rounds, n=rounds.n - _QUICKER)
    plan = Plan.of(rounds, len(start.colors), frames or [pixels.shape], shares)
    weights = shares
    if hist.smoothness is not None:
        options: dict[str, Any] = {"frames": frames, "sample_weight": sample_weight, "n_threads": n_threads}
        rows, known = plan.rows(), {} if known_weights is None else known_weights
        weights = known.get(rows.tobytes())
        if weights is None:
            weights = known[rows.tobytes()] = pixel_weights(pixels, hist.cell_weights.totals, rows, **options)
    centers = _refitted(
        start.centers / full, frozen, passes, amount.lightness_weight, plan, weights, by_mask=method in BY_MASK
    )
    colors = np.where(frozen[:, np.newaxis], start.colors, to_samples(centers, dtype))
    moved = replace(start, colors=colors, centers=np.where(frozen[:, np.newaxis], start.centers, centers * full))
    kept = _distinct(colors, frozen)
    while True:
        moved = replace(
            moved, colors=moved.colors[kept], centers=moved.centers[kept], fixed=moved.fixed[kept], labels=None
        )
        indices = dither(pixels, moved.colors, method=method, amount=amount, frames=frames, n_threads=n_threads)
        kept = moved.fixed | _native.used_labels(indices.ravel(), len(moved.colors))
        if kept.all():
            return moved, indices


@dataclass(frozen=True)
class Round:
    """What a round dithers: bands of rows of pictures, or of what is left of them when they are thinned out.

    Attributes
    ----------
    step : int
        Of how many rows and columns one is left.
    bands : ndarray of shape (n, 3)
        First pixel of what is left, height and width of each.
    summed_rows : ndarray of shape (m,)
        Rows of all pictures whose residuals may be summed up: every second one of the bands.
    """

    step: int
    bands: NDArray[np.int64]
    summed_rows: NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """The rounds of pictures of some sizes."""

    frames: Frames
    rounds: list[Round]

    @classmethod
    def of(cls, work: Rounds, n_colors: int, frames: Frames, shares: NDArray[np.uint16] | None) -> Plan:
        """Plan the rounds of pictures whose pixels have some shares, or all the same."""

        def bands_of(step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            bands, rows = _bands(frames, step)
            if shares is None:
                return bands, rows
            has_say = np.maximum.reduceat(thinned(shares, frames, step), bands[:, 0]) > 0
            return bands[has_say], rows[has_say]

        def chosen(step: int, bands: NDArray[np.int64], rows: NDArray[np.int64]) -> Round:
            return Round(step, bands, rows[rows >= 0])

        bands, rows = bands_of(1)
        n_pixels = int((bands[:, 1] * bands[:, 2]).sum())
        apart = round(n_pixels / (work.pixels + n_colors * work.pixels_an_entry))
        apart = max(1, min(apart, _MOST_BANDS_APART, len(bands)))
        place = np.arange(len(bands))
        rounds = []
        for n in range(work.n):
            is_dithered = (place + 23 * n) % apart == 0
            rounds.append(chosen(1, bands[is_dithered], rows[is_dithered]))
        steps = [max(1, round(math.sqrt(n_pixels / pixels))) for pixels in work.thinned]
        return cls(frames, rounds + [chosen(step, *bands_of(step)) for step in steps])

    def rows(self) -> NDArray[np.bool_]:
        """Tell of the rows of all pictures which weigh."""
        result = np.zeros(sum(height for height, _ in self.frames), dtype=np.bool_)
        for part in self.rounds:
            result[part.summed_rows] = True
        return result


def _refitted(
    centers: NDArray[np.float64],
    frozen: NDArray[np.bool_],
    passes: Passes,
    lightness_weight: float,
    plan: Plan,
    weights: NDArray[np.uint16] | None,
    *,
    by_mask: bool,
) -> NDArray[np.float64]:
    """Return the centers, in [0, 1], after all rounds, each of which moves them less far than the one before."""
    has_alpha = passes.n_channels % 2 == 0
    is_translucent = (centers[:, -1] < 1) & ~frozen if has_alpha else np.zeros(len(centers), dtype=np.bool_)
    is_careful = by_mask or is_translucent.any()
    step, momentum = (_CAREFUL_STEP, _CAREFUL_MOMENTUM) if is_careful else (_STEP, _MOMENTUM)
    move = np.zeros((len(centers), 4))
    step_before = 0  # rounds of one step see the same pixels
    for n, part in enumerate(plan.rounds):
        if part.step != step_before:
            step_before = part.step
            rows = thinned(passes.rows, plan.frames, part.step)
            own_weights = None if weights is None else thinned(weights, plan.frames, part.step)
        arguments = passes.arguments(centers)
        sums, totals = _native.residuals(rows, bands=part.bands, weights=own_weights, **arguments)
        lacking = sums / (64 * np.maximum(totals, 1)[:, np.newaxis])
        lacking[:, [0, 3]] /= lightness_weight  # as the kernel weighs them
        move = step * (1 - n / (2 * len(plan.rounds))) * lacking + momentum * move
        move[frozen] = 0
        moved = passes.colors(point_rows(arguments["entries"]) + move)
        if has_alpha:
            moved[:, -1] = np.where(is_translucent, np.clip(moved[:, -1], 1 / 255, 254 / 255), 1.0)
        centers = np.where(frozen[:, np.newaxis], centers, moved)
    return centers


def _bands(frames: Frames, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut pictures, of which one of each `step` rows and columns is left, into pieces of some rows.

    Returns
    -------
    bands : ndarray of shape (n, 3)
        First pixel of what is left, height and width of each.
    rows : ndarray of shape (n, _BAND / 2)
        Of all pictures, every second one of each band, and then -1.
    """
    bands, rows, first, top = [], [], 0, 0
    for height, width in frames:
        n_rows, n_columns = -(-height // step), -(-width // step)
        for row in range(0, n_rows, _BAND):
            bands.append((first + row * n_columns, min(_BAND, n_rows - row), n_columns))
            own = range(row, row + _BAND, 2)
            rows.append([top + step * y if y < n_rows else -1 for y in own])
        first += n_rows * n_columns
        top += height
    return np.array(bands, dtype=np.int64), np.array(rows, dtype=np.int64)


def _settle(palette: Palette, hist: Histogram) -> tuple[Palette, NDArray[np.bool_]]:
    """Make entries that mostly stand for one colour that colour; say which entries must not move."""
    frozen = palette.fixed.copy()
    if hist.n_channels % 2 == 0:
        frozen |= palette.colors[:, -1] == 0
    if hist.cell_colors is not None or palette.labels is None:
        return palette, frozen
    weights = hist.integer_counts
    totals = _native.label_totals(palette.labels, weights, len(palette.colors))
    is_main = np.zeros(len(weights), dtype=np.bool_)
    heavy = np.flatnonzero(2 * weights > totals.min())  # few: the others are not asked one by one
    is_main[heavy] = (2 * weights[heavy] > totals[palette.labels[heavy]]) & ~frozen[palette.labels[heavy]]
    if hist.n_channels % 2 == 0:
        is_opaque, is_translucent = opacity_of(palette.colors) == 2, opacity_of(hist.colors) < 2
        is_main &= ~(is_opaque[palette.labels] & is_translucent)  # opaque pixels need them
        if len(hist.transparent) and (palette.colors[:, -1] > 0).all():
            is_main[:] = False  # transparent pixels have no entry but these
    entries, chosen = palette.labels[is_main], given_colors(hist, np.flatnonzero(is_main))
    colors, centers = palette.colors.copy(), palette.centers.copy()
    colors[entries], centers[entries] = to_samples(chosen, hist.dtype), chosen * full_scale(hist.dtype)
    frozen[entries] = True
    return replace(palette, colors=colors, centers=centers), frozen


def _distinct(colors: NDArray[Any], frozen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark one of each group of equal entries, a frozen one if there is any."""
    rows = packed(as_samples(colors)) if colors.dtype.kind != "f" else colors
    order = np.argsort(~frozen, kind="stable")
    _, first = np.unique(rows[order], axis=0, return_index=True)
    is_kept = np.zeros(len(colors), dtype=np.bool_)
    is_kept[order[first]] = True
    return is_kept
