"""Mixes of palette entries, plainly: a quadratic programme for each pixel, by many small exchanges of share."""

import numpy as np

from reference.color_space import ALPHA_SCALE, CONES_OF_OKLAB, MEAN_BACKGROUND, OKLAB_OF_CONES, OKLAB_SCALE

N_CANDIDATES = 16


def noise_of(strength):
    """Lambda of a strength in 256ths."""
    return max(0.57 * (256 - strength) / max(strength, 1), 0.002)


def responses(weighted, eighths, grid, background):
    """Of cones to weighted points (n, 4); `background` is the lightness of what lies below, or None."""
    origin, zoom = grid
    units = zoom * np.array([OKLAB_SCALE * eighths / 8, OKLAB_SCALE, OKLAB_SCALE, ALPHA_SCALE * eighths / 8])
    values = weighted / units + origin
    lab = values[:, :3].copy()
    if background is not None:
        alpha = values[:, 3]
        lab[:, 0] += alpha * MEAN_BACKGROUND + (1 - alpha) * background
    return lab @ CONES_OF_OKLAB.T


def steps(points, entries, eighths, grid, background):
    """Steps (n, k, 3) in Oklab that the light of entries is away, as it is seen at points."""
    here, there = (responses(x, eighths, grid, background) for x in (points, entries))
    away = (there[np.newaxis] ** 3 - here[:, np.newaxis] ** 3) / (3 * here[:, np.newaxis] ** 2 + 0.05)
    return away @ OKLAB_OF_CONES.T * [eighths / 8, 1, 1]


def shares(points, entries, opaque, strength, eighths, grid):
    """Shares (n, k) of entries, those of them that are near, in the mixes of weighted points that no entry equals."""
    if opaque:
        away = steps(points, entries, eighths, grid, None if opaque == "always" else 0)
    else:
        away = np.concatenate(
            [
                steps(points, entries, eighths, grid, background) * np.sqrt(part)
                for background, part in ((0, 1 - MEAN_BACKGROUND), (1, MEAN_BACKGROUND))
            ],
            axis=2,
        )
    distance = np.square(points[:, np.newaxis] - entries[np.newaxis]).sum(axis=2)
    cost = noise_of(strength) / 2 * distance / (OKLAB_SCALE * grid[1]) ** 2
    nearest = distance.argmin(axis=1)
    between = np.square(entries[:, np.newaxis] - entries[np.newaxis]).sum(axis=2)
    np.fill_diagonal(between, -1)
    order = np.argsort(between, axis=1, kind="stable")[:, :N_CANDIDATES]
    cost[(order[nearest][:, :, np.newaxis] != np.arange(len(entries))).all(axis=1)] = np.inf
    rows = np.arange(len(points))
    result = np.zeros(cost.shape)
    result[rows, nearest] = 1
    total = away[rows, nearest]
    for _ in range(3000):
        slope = np.einsum("nc,nkc->nk", total, away) + cost
        to = slope.argmin(axis=1)
        back = np.where(result > 0, slope, -np.inf).argmax(axis=1)
        gap = slope[rows, back] - slope[rows, to]
        way = away[rows, to] - away[rows, back]
        size = np.square(way).sum(axis=1)
        moved = np.minimum(gap / np.maximum(size, 1e-300), result[rows, back]) * (gap > 0)
        if moved.max() < 1e-7:
            break
        result[rows, to] += moved
        result[rows, back] -= moved
        total += moved[:, np.newaxis] * way
    return result


def middles(points, entries, bits):
    """Of colours that agree but for so many bits of their coordinates the middle, unless an entry does too."""
    low = (1 << np.array(bits)) - 1
    middle = (points & ~low) | low >> 1
    distance = np.square(middle[:, np.newaxis] - entries).sum(axis=2)
    near = np.square(entries[distance.argmin(axis=1)][:, np.newaxis] - entries).sum(axis=2)
    is_own = ((middle[:, np.newaxis] ^ entries) & ~low == 0).all(axis=2).any(axis=1)
    if len(entries) >= N_CANDIDATES:
        is_own |= np.sort(near, axis=1)[:, N_CANDIDATES - 1] <= 4 * np.square((low >> 1) + 1).sum()
    return np.where(is_own[:, np.newaxis], points, middle)


def by_mask(
    points, opacity, shape, entries, entry_opacity, mask, strength, eighths, grid, has_alpha, bits=(0, 0, 0, 0)
):
    """Indices (H, W), and how far, as a share of 1, the threshold is from any other entry."""
    height, width = shape
    thresholds = (
        np.tile(mask, (-(-height // mask.shape[0]), -(-width // mask.shape[1])))[:height, :width].ravel() / 65536
    )
    indices, margin = np.zeros(height * width, np.int64), np.ones(height * width)
    is_visible = entry_opacity > 0
    is_visible |= not is_visible.any()
    is_opaque = entry_opacity == 2 if (entry_opacity == 2).any() else is_visible
    transparent = np.flatnonzero(entry_opacity == 0)
    kind = opacity.copy()
    if len(transparent) == 0:
        kind[kind == 0] = 1
    for which, members in ((2, is_opaque), (1, is_visible)):
        own, members = np.flatnonzero(kind == which), np.flatnonzero(members)
        if len(own) == 0:
            continue
        opaque = "" if which == 1 or not (entry_opacity == 2).any() else "here"
        found = shares(
            middles(points[own], entries[members], bits) if strength else points[own],
            entries[members],
            opaque if has_alpha else "always",
            strength,
            eighths,
            grid,
        )
        order = np.argsort(entries[members][:, 0] + entries[members][:, 3], kind="stable")
        upto = np.cumsum(found[:, order], axis=1)
        place = (thresholds[own, np.newaxis] >= upto[:, :-1]).sum(axis=1)
        chosen = members[order][place]
        margin[own] = np.abs(thresholds[own, np.newaxis] - upto[:, :-1]).min(axis=1, initial=1)
        distance = np.square(points[own][:, np.newaxis] - entries[members]).sum(axis=2)
        is_there = distance.min(axis=1) == 0
        indices[own] = np.where(is_there, members[distance.argmin(axis=1)], chosen)
        margin[own[is_there]] = 1
        if strength == 0:
            indices[own], margin[own] = members[distance.argmin(axis=1)], 1
    if len(transparent):
        indices[opacity == 0] = transparent[0]
    return indices.reshape(shape), margin.reshape(shape)
