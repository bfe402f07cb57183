"""Refit: the palette moved to what dithering makes of it.

A palette that suits the undithered picture is not the best for the dithered one, which can mix colours that lie between
its entries and wants them further apart. So entries are moved to cancel what the dithered picture lacks behind a
low-pass, and the picture is dithered again, a few times.
"""

from __future__ import annotations

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
from ..samples import as_samples, full_scale, packed, to_samples
from ..weighting import as_shares, pixel_weights
from .amounts import Amount
from .diffuse import Frames, Passes, dither, opacity_of

_STEP, _MOMENTUM = 2.0, 0.5  # entries move so many times what their pixels lack, and so much of their last move again
_TRANSLUCENT_STEP, _TRANSLUCENT_MOMENTUM = 1.0, 0.0  # less with alpha, which makes up for lightness and vice versa
_BAND = 12  # rows dithered in a piece during the refit
_MOST_BANDS_APART = 16
_LEAST_MEASURED = 3  # bands by which rounds are compared, so that one flat band does not decide


@dataclass(frozen=True)
class Rounds:
    """Work of a refit: how many rounds, and at most how many pixels the last dithers, as far as bands of rows allow."""

    n: int
    pixels: int

    def share(self, n: int) -> float:
        """Return how much of that round `n` does: the first half of them only have to find the way."""
        return 1 / 2 if n < self.n // 2 else 1.0 if n == self.n - 1 else 2 / 3


ROUNDS = {"fast": Rounds(2, 1 << 17), "balanced": Rounds(4, 3 << 16), "best": Rounds(7, 1 << 20)}


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
        Its effort says how many rounds, and how many of the rows each of them looks at. Rounds that do not help are
        undone.
    method, amount
        As in `dither`.
    sample_weight : ndarray of shape (H, W) or None
        Checked weights of the pixels. Those below 1 / 131070 of the largest count as 0 here.
    frames : sequence of (height, width) or None
        As in `dither`.

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
    weights = None
    if hist.smoothness is not None:
        weights = pixel_weights(
            pixels, hist.cell_totals, frames=frames, sample_weight=sample_weight, n_threads=n_threads
        )
    elif sample_weight is not None:
        weights = as_shares(sample_weight)
    centers = _refitted(
        start.centers / full, frozen, passes, amount.lightness_weight, search.effort, weights, frames or [pixels.shape]
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


def _refitted(
    centers: NDArray[np.float64],
    frozen: NDArray[np.bool_],
    passes: Passes,
    lightness_weight: float,
    effort: str,
    weights: NDArray[np.uint16] | None,
    frames: Frames,
) -> NDArray[np.float64]:
    """Return the centers, in [0, 1], that leave the least to see of all that the rounds came by."""
    rounds = ROUNDS[effort]
    bands = _bands(frames)
    if weights is not None:
        bands = bands[np.maximum.reduceat(weights, bands[:, 0]) > 0]  # the others have no say
    n_pixels = int((bands[:, 1] * bands[:, 2]).sum())
    apart = [
        int(np.clip(n_pixels // int(rounds.share(n) * rounds.pixels), 1, _MOST_BANDS_APART)) for n in range(rounds.n)
    ]
    place = np.arange(len(bands))
    measured_apart = min(4 * apart[-1], max(1, len(bands) // _LEAST_MEASURED))
    is_measured = place % measured_apart == 0  # the same in all rounds, which are compared by them
    has_alpha = passes.n_channels % 2 == 0
    is_translucent = (centers[:, -1] < 1) & ~frozen if has_alpha else np.zeros(len(centers), dtype=np.bool_)
    step, momentum = _STEP, _MOMENTUM
    if is_translucent.any():
        step, momentum = _TRANSLUCENT_STEP, _TRANSLUCENT_MOMENTUM
    best, least = centers, np.inf
    move = np.zeros((len(centers), 4))
    for n in range(rounds.n + 1):
        is_dithered = is_measured | ((place + 23 * n) % apart[n] == 0) if n < rounds.n else is_measured
        arguments = passes.arguments(centers)
        sums, totals, errors = _native.residuals(passes.rows, bands=bands[is_dithered], weights=weights, **arguments)
        error = float(errors[is_measured[is_dithered]].sum())
        if error < least:
            best, least = centers, error
        if n == rounds.n:
            break
        lacking = sums / (64 * np.maximum(totals, 1)[:, np.newaxis])
        lacking[:, [0, 3]] /= lightness_weight  # as the kernel weighs them
        move = step * lacking + momentum * move
        move[frozen] = 0
        moved = passes.colors(point_rows(arguments["entries"]) + move)
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
    weights = hist.integer_counts.astype(np.float64)
    totals = np.bincount(palette.labels, weights, minlength=len(palette.colors))
    is_main = (2 * weights > totals[palette.labels]) & ~frozen[palette.labels]
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
