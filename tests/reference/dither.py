"""Error diffusion in the kernel's numbers, and the residuals behind a low-pass."""

import numpy as np

from pil_kmeans import _native

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


f32 = np.float32
L, M, S = (np.array(column, f32) for column in (
    [0.2104542553, 1.9779984951, 0.0259040371, 0],
    [0.7936177850, -2.4285922050, 0.7827717662, 0],
    [-0.0040720468, 0.4505937099, -0.8086757660, 0],
))  # fmt: skip
LEAST_SLOPE, LEAST, MOST, LEAST_COVER = f32(0.04), f32(-0.5), f32(1.5), f32(1 / 512)
SHARES = np.zeros((3, 5), np.uint8)  # Floyd-Steinberg
SHARES[0, 3], SHARES[1, 1:4] = 7, (3, 5, 1)


def cube_roots(x, precise):
    """By Halley's method, as the kernel does it."""
    x = x + f32(1e-20)
    y = np.rint(x.view(np.int32).astype(f32) * (f32(1) / f32(3)) + f32(709921077)).astype(np.int32).view(f32)
    for _ in range(1 + precise):
        cube = y * y * y
        y = y * ((cube + (x + x)) / (cube + cube + x))
    return y


class Light:
    """Light, its slope, and where it is in weighted Oklab, all (n, 4), of roots (n, 4); see the kernel's `Light`."""

    def __init__(self, eighths, grid, *, has_alpha):
        (origin, zoom), self.has_alpha = grid, has_alpha
        weight = eighths / 8
        scale, alpha_scale = _native.scale("oklab") * zoom, _native.alpha_scale("oklab") * zoom
        units = np.array([scale * weight, scale, scale, alpha_scale * weight])
        self.columns = [(column.astype(np.float64) * units).astype(f32) for column in (L, M, S)]
        self.background = _native.mean_background("oklab")[0]
        self.from_alpha = np.array([-self.background * units[0], 0, 0, units[3]]).astype(f32)
        self.origin = (np.array(origin) * units).astype(f32)
        self.bound = np.array([8192 * weight, 8192, 8192, 8192 * weight]).astype(f32)
        self.root, self.precise = f32(self.background), zoom > 1
        self.below = np.array([1, 1, 1, 0], f32) * (self.root * self.root * self.root)

    def of(self, roots):
        light = roots * roots * roots
        if self.has_alpha:
            light = (light - self.below) * roots[:, 3:]
            light[:, 3] = roots[:, 3]
        return light

    def slope(self, roots):
        seen = self.root + roots[:, 3:] * (roots - self.root) if self.has_alpha else roots
        slope = seen * seen + LEAST_SLOPE
        if self.has_alpha:
            slope[:, 3] = 1
        return slope

    def clamped(self, light):
        if not self.has_alpha:
            return light.clip(LEAST, MOST)
        alpha = light[:, 3:].clip(LEAST, MOST)
        cover = np.maximum(alpha, LEAST_COVER)
        light = light.clip((LEAST - self.below) * cover, (MOST - self.below) * cover)
        light[:, 3:] = alpha
        return light

    def in_oklab(self, roots):
        first, second, third = self.columns
        return first * roots[:, :1] + second * roots[:, 1:2] + third * roots[:, 2:3]

    def point(self, light, bound=None):
        if self.has_alpha:
            cover = np.maximum(light[:, 3:], LEAST_COVER)
            roots = cube_roots(np.maximum(light / cover + self.below, f32(0)), self.precise)
            point = (self.in_oklab(roots) + self.from_alpha) * cover - self.origin
        else:
            point = self.in_oklab(cube_roots(np.maximum(light, f32(0)), self.precise)) - self.origin
        if bound is not None:
            point = point.clip(-bound, bound)
        return saturated(np.rint(point).astype(np.int64))

    def entries(self, roots):
        """Points of a palette's entries."""
        return self.point(self.of(roots), self.bound)

    def lacking(self, roots, entry_roots):
        """Relative errors, in the units of Oklab: what is dithered is as of `entry_roots`, both (n, 4)."""
        error = (self.of(roots) - self.of(entry_roots)) / self.slope(roots)
        lacking = self.in_oklab(error * (f32(1) / f32(3)))
        lacking[:, 3] = error[:, 3] * self.from_alpha[3]
        return saturated(np.rint(lacking).astype(np.int64))


def dither(light, roots, opacity, shape, entry_roots, entry_opacity, strength, margin, shares=SHARES):
    """Indices (H, W) of pixels with roots (n, 4); opacity 0 is transparent, 2 opaque."""
    height, width = shape
    entries, entry_light = light.entries(entry_roots), light.of(entry_roots)
    own, slope, points = light.of(roots), light.slope(roots), light.point(light.of(roots))
    rows, opacity = roots.reshape(height, width, 4), opacity.reshape(height, width)
    transparent = np.flatnonzero(entry_opacity == 0)
    errors = np.zeros((height + 2, width + 4, 4), dtype=f32)
    indices = np.empty(shape, dtype=np.int64)
    nearest = chooser(entries, entry_opacity, margin)
    parts = shares.astype(f32) / f32(shares.sum())
    is_wide = bool(shares[2].any() or shares[0, 4] or shares[1, [0, 4]].any())
    order = [(2, x) for x in (2, 1, 0, -1, -2)] + [(1, x) for x in (2, 1, 0, -1, -2)] + [(0, -2), (0, -1)]
    order = order if is_wide else [(1, 1), (1, 0), (1, -1), (0, -1)]

    def is_flat(y, x):
        same = (rows[y] == rows[y, x]).all(axis=1)
        start, end = x, x + 1
        while start > 0 and same[start - 1]:
            start -= 1
        while end < width and same[end]:
            end += 1
        return end - start >= FLAT_RUN

    for y in range(height):
        for x in range(width):
            i, is_opaque = y * width + x, opacity[y, x] == 2
            if opacity[y, x] == 0 and len(transparent):
                indices[y, x] = transparent[0]
                continue
            if opacity[y, x] and is_flat(y, x):
                index, _ = nearest(points[i], is_opaque)
                if (entry_roots[index] == roots[i]).all():
                    indices[y, x] = index
                    continue
            carried = np.zeros(4, f32)
            for up, right in order:
                carried = carried + parts[up, 2 - right] * errors[y + 2 - up, x + 2 + right]
            wanted = (own[i].clip(entry_light.min(axis=0), entry_light.max(axis=0)) + slope[i] * carried)[np.newaxis]
            if light.has_alpha and is_opaque:
                wanted[0, 3] = own[i, 3]
            wanted = light.clamped(wanted)
            indices[y, x], _ = nearest(light.point(wanted)[0], is_opaque)
            missed = wanted[0] - entry_light[indices[y, x]]
            errors[y + 2, x + 2] = missed * (f32(strength / 256) / slope[i])
    return indices


def residuals(lacking):
    """What pixels lack (H, W, 4), blurred, in 64ths, each axis by the binomial of order six."""
    height, width = lacking.shape[:2]
    binomial = [1, 6, 15, 20, 15, 6, 1]
    padded = np.pad(lacking, [(3, 3), (0, 0), (0, 0)], mode="edge")
    column = sum(w * padded[i : i + height] for i, w in enumerate(binomial))
    padded = np.pad(column, [(0, 0), (3, 3), (0, 0)], mode="edge")
    return sum(w * padded[:, i : i + width] for i, w in enumerate(binomial)) >> 6


def residual_sums(residuals, indices, weight, n_entries, zoom):
    """What residuals (H, W, 4) of a band add to each entry, by weights (H, W), and what these add up to.

    Large ones count up to eight times, in sixteenths.
    """
    summed = list(residual_rows(len(residuals)))
    residuals, indices, weight = residuals[summed], indices[summed], weight[summed].astype(np.int64)
    far = np.abs(residuals).sum(axis=2) * round((16 << 20) / (256 * 64) / zoom) >> 20
    weight = weight * (16 + np.minimum(far, 7 * 16))
    sums, totals = np.zeros((n_entries, 4), np.int64), np.zeros(n_entries, np.int64)
    np.add.at(sums, indices.ravel(), (weight[..., None] * residuals).reshape(-1, 4))
    np.add.at(totals, indices.ravel(), weight.ravel())
    return sums, totals


def residual_rows(height):
    """Rows of a band that are summed up."""
    first = 2 if height > 8 else 0
    return range(first, height - first, 2)
