"""Floyd-Steinberg and dithering by a mask in the kernel's integers, and the residuals behind a low-pass."""

import numpy as np

FLAT_RUN = 4


def weighted(points, eighths):
    """Points (n, 4) as the nearest entry is chosen: lightness and alpha weigh more."""
    points = np.array(points, dtype=np.int64)
    points[:, [0, 3]] = points[:, [0, 3]] * eighths >> 3
    return points


def bounds(entries, margin):
    low, high = entries.min(axis=0), entries.max(axis=0)
    room = np.where(low < high, margin, 0)
    farthest = 13312 if room[3] else 15360
    return np.maximum(low - room, -farthest), np.minimum(high + room, farthest)


def saturated(point):
    """As 16 bits hold it."""
    return np.minimum(np.maximum(point, -32768), 32767)


def chooser(entries, entry_opacity, margin):
    """Search for the nearest entry and for the point, within bounds, that it is nearest to."""
    visible, opaque = np.flatnonzero(entry_opacity > 0), np.flatnonzero(entry_opacity == 2)
    visible = visible if len(visible) else np.arange(len(entries))
    of_visible, of_opaque = (
        (members, entries[members], *bounds(entries[members], margin))
        for members in (visible, opaque if len(opaque) else visible)
    )

    def nearest(wanted, is_opaque):
        members, candidates, low, high = of_opaque if is_opaque else of_visible
        reached = np.minimum(np.maximum(wanted, low), high)
        away = candidates - reached
        return members[(away * away).sum(axis=1).argmin()], reached

    return nearest


def dither(points, opacity, shape, entries, entry_opacity, strength, margin):
    """Indices (H, W) of weighted points (n, 4); opacity 0 is transparent, 2 opaque."""
    height, width = shape
    points, opacity = points.reshape(height, width, 4), opacity.reshape(height, width)
    transparent = np.flatnonzero(entry_opacity == 0)
    errors = np.zeros((height + 1, width + 2, 4), dtype=np.int64)
    indices = np.empty(shape, dtype=np.int64)
    nearest = chooser(entries, entry_opacity, margin)

    def is_flat(y, x):
        same = (points[y] == points[y, x]).all(axis=1)
        start, end = x, x + 1
        while start > 0 and same[start - 1]:
            start -= 1
        while end < width and same[end]:
            end += 1
        return end - start >= FLAT_RUN

    for y in range(height):
        for x in range(width):
            is_opaque = opacity[y, x] == 2
            if opacity[y, x] == 0 and len(transparent):
                indices[y, x] = transparent[0]
                continue
            if opacity[y, x] and is_flat(y, x):
                index, _ = nearest(points[y, x], is_opaque)
                if (entries[index] == points[y, x]).all():
                    indices[y, x] = index
                    continue
            above, own = errors[y], errors[y + 1]
            carried = 7 * own[x] + above[x] + 5 * above[x + 1] + 3 * above[x + 2]
            wanted = saturated(points[y, x] + (carried + 2048 >> 12))
            if is_opaque:
                wanted[3] = points[y, x, 3]
            index, reached = nearest(wanted, is_opaque)
            indices[y, x] = index
            own[x + 1] = (reached - entries[index]) * strength
    return indices


def dither_by_mask(points, opacity, shape, entries, entry_opacity, mask, strength, margin):
    """Indices (H, W) of weighted points (n, 4), each for itself."""
    longest = min(8 * 256, 256 * 256 // max(256 - strength, 1))
    transparent = np.flatnonzero(entry_opacity == 0)
    nearest = chooser(entries, entry_opacity, margin)
    indices = np.empty(shape, dtype=np.int64)
    for place, (point, alpha) in enumerate(zip(points, opacity, strict=True)):
        y, x = divmod(place, shape[1])
        if alpha == 0 and len(transparent):
            indices[y, x] = transparent[0]
            continue
        first, _ = nearest(point, alpha == 2)
        way = point - entries[first]
        threshold = int(mask[y % mask.shape[0], x % mask.shape[1]])
        if way[0] + way[3] > 0:
            threshold = 65536 - threshold
        length = min(256 * 32768 // threshold, longest)
        index, reach = first, 256
        while index == first and reach < length:
            reach = min(2 * reach, length)
            end = saturated(entries[first] + (reach * way + 128 >> 8))
            if alpha == 2:
                end[3] = point[3]
            index, _ = nearest(end, alpha == 2)
        indices[y, x] = index
    return indices


def residuals(points, indices, entries):
    """Blurred difference (H, W, 4) of pixels and their entries, in 64ths, each axis by the binomial of order six."""
    height, width = indices.shape
    lacking = points.reshape(height, width, 4) - entries[indices]
    binomial = [1, 6, 15, 20, 15, 6, 1]
    padded = np.pad(lacking, [(3, 3), (0, 0), (0, 0)], mode="edge")
    column = sum(w * padded[i : i + height] for i, w in enumerate(binomial))
    padded = np.pad(column, [(0, 0), (3, 3), (0, 0)], mode="edge")
    return sum(w * padded[:, i : i + width] for i, w in enumerate(binomial)) >> 6


def residual_rows(height):
    """Rows of a band that are summed up."""
    first = 3 if height > 8 else 0
    return range(first, height - first, 2)
