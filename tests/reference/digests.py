"""Digests of what kernels and stages give for many inputs: equal digests are equal bytes.

As a program, with a file of photographs (.npz): prints the instruction set in use and the digests as JSON.
"""

import hashlib
import json
import sys

import numpy as np

from pil_kmeans import _native, build_info, encode_png
from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.pixels import read_pixels
from pil_kmeans.stages.progress import silent
from reference.points import USUAL_GRID
from stage_calls import histogram, quantize_pixels

EFFORTS = ["fast", "balanced", "best"]
SIZES = [1, 7, 8, 9, 31, 33, 255, 257, 2047, 2049, 4999]


def digest(*arrays):
    state = hashlib.sha256()
    for array in arrays:
        state.update(f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:16]


def made_pictures():
    """Smooth pictures with noise, every dtype and number of channels; not a multiple of anything."""
    y, x = np.mgrid[:61, :83]
    rng = np.random.default_rng(0)
    for n_channels in (1, 2, 3, 4):
        waves = [np.sin(x / (7 + 5 * c) + y / (11 + c)) for c in range(n_channels)]
        smooth = np.clip(0.55 + 0.5 * np.stack(waves, axis=-1) + rng.normal(0, 0.04, (61, 83, n_channels)), 0, 1)
        yield f"uint8 {n_channels}", np.rint(255 * smooth).astype(np.uint8)
        yield f"uint16 {n_channels}", np.rint(65535 * smooth).astype(np.uint16)
        yield f"float32 {n_channels}", smooth.astype(np.float32)
        yield f"float64 {n_channels}", smooth
        yield f"bool {n_channels}", smooth > 0.6


def picture_digests(name, picture, n_colors, space, effort, n_threads):
    palette, indices, _ = quantize_pixels(
        read_pixels(picture), n_colors=n_colors, color_space=space, effort=effort, n_threads=n_threads
    )
    return {f"{name} k={n_colors} {space} {effort}": digest(palette.colors, palette.centers, indices)}


def locked_digests(name, picture, effort, n_threads):
    """With the first pixels and one colour that may not be there locked."""
    colors = np.concatenate([picture[0, :3], np.full((1, picture.shape[2]), picture.max())])
    _, first = np.unique(colors, axis=0, return_index=True)
    options = {"n_colors": 40, "fixed_colors": colors[np.sort(first)], "effort": effort, "n_threads": n_threads}
    palette, indices, _ = quantize_pixels(read_pixels(picture), **options)
    return {f"{name} locked {effort}": digest(palette.colors, palette.centers, indices)}


def kernel_digests(n_threads):
    """Inputs that stages never make: every size of tail, noise, ties and extreme coordinates."""
    rng = np.random.default_rng(1)
    result = {}
    for height, width in [(8, 9), (67, 261), (131, 77)]:
        pictures = rng.integers(0, 256, (2, height, width, 3), np.uint8)
        a, b = (_native.xyb_pyramid(picture, 0.5, 0, n_threads) for picture in pictures)
        result[f"pyramids {height} {width}"] = digest(a, b)
        result[f"score {height} {width}"] = _native.ssimulacra2(a, b, height, width, 0, n_threads)
    for n in SIZES:
        colors = rng.integers(0, 256, (n, 3), np.uint8)
        result[f"keys {n}"] = digest(*_native.histogram(colors, n_threads))
        result[f"cells {n}"] = digest(*_native.cell_histogram(colors, 5, n_threads))
        for space in COLOR_SPACES:
            points = _native.working_points(colors, space, False, *USUAL_GRID, n_threads)
            fine = _native.working_points(colors, space, False, (0.3, 0.01, 0.0, 0.5), 8.0, n_threads)
            result[f"points {n} {space}"] = digest(points, fine)
        for limit in (2, 300, _native.MAX_COORDINATE):
            points = rng.integers(-limit, limit, (2, n, 2), np.int16, endpoint=True)
            for k in (1, 2, 9, 249):
                centers = rng.integers(-limit, limit, (2, k, 2), np.int16, endpoint=True)
                result[f"labels {n} {limit} {k}"] = digest(_native.nearest_labels(points, centers, n_threads))
    return result


def rate_distortion_digests(n_threads):
    """Palettes that leave every tail, opaque and other pixels, some of which keep their entries, in bands."""
    rng = np.random.default_rng(2)
    result = {}
    for width in (8, 33, 177):
        n = 45 * width
        points = rng.integers(-3000, 3000, (2, n, 2), np.int16).cumsum(axis=1, dtype=np.int64).clip(-8192, 8192)
        points = points.astype(np.int16)
        bands = np.array([(0, 13), (13, 27), (40, 5)])
        visible = _native.visibility(points, width, n_threads)
        for k in (1, 2, 7, 9, 33, 256):
            entries = rng.integers(-8192, 8192, (2, k, 2), np.int16, endpoint=True)
            guess = _native.nearest_labels(points, entries, n_threads).astype(np.uint8)
            lowest = np.where(rng.random(n) < 0.3, rng.integers(0, k, n), 0).astype(np.uint8)
            weights = np.where(rng.random(n) < 0.1, -1, visible / 4000).astype(np.float32)
            counts = rng.integers(0, 1000, sum(_native.DEFLATE_SYMBOLS), np.uint64)
            options = (counts, bands, (205, 240), n_threads, silent)
            indices = guess.copy()
            used = _native.choose_indices(points, width, weights, 1.0, lowest, guess, entries, *options, indices)
            quick = guess.copy()
            _native.choose_indices(points, width, weights, 1.0, lowest, guess, entries, *options, quick, None, True)
            error = _native.weighted_error(points, visible, entries, indices, n_threads)
            prices = rng.random(256, np.float32) * 12
            paeth = points, width, weights, 1.0, guess, entries, prices, k // 9, (205, 240), 2294
            filtered, filtered_error = _native.choose_behind_paeth(*paeth)
            types = np.arange(n // width, dtype=np.uint8) % 5
            options = (prices, types, k // 9, 205, 2294)
            refined = _native.refine_filtered(points, width, weights, 1.0, filtered, entries, *options)
            blurred_error = _native.blurred_error(points, width, weights, entries, refined, 205, 2294)
            n_used = _native.count_indices(indices, k, n_threads)
            result[f"rate-distortion {width} {k}"] = [
                digest(visible, indices, used, quick, n_used, filtered, refined),
                error,
                filtered_error,
                blurred_error,
            ]
    return result


def small_png_digests(name, picture, n_threads):
    file = encode_png(picture[:120, :150], n_colors=32, lossy=2, compression="fast", n_threads=n_threads)
    return {f"{name} lossy": hashlib.sha256(file).hexdigest()[:16]}


def digests(photographs, n_threads):
    """A dict from the name of each case to its digest."""
    result = kernel_digests(n_threads) | rate_distortion_digests(n_threads)
    for name, picture in made_pictures():
        for effort in EFFORTS:
            result |= picture_digests(name, picture, 17, "oklab", effort, n_threads)
    for name, picture in photographs.items():
        for n_colors, space, effort in [
            (256, "oklab", "balanced"),
            (16, "srgb", "balanced"),
            (256, "oklab", "fast"),
            (33, "cielab", "fast"),
            (40, "linear", "best"),
        ]:
            result |= picture_digests(name, picture, n_colors, space, effort, n_threads)
        result |= locked_digests(name, picture, "best", n_threads)
        result |= small_png_digests(name, picture, n_threads)
        hist = histogram(read_pixels(picture), n_threads=n_threads)
        result[f"{name} histogram"] = digest(hist.keys, hist.counts)
    return result


if __name__ == "__main__":
    with np.load(sys.argv[1]) as photographs:
        print(json.dumps([build_info()["instruction_set"], digests(dict(photographs), 2)]))
