"""What the bindings refuse: every wrong dtype, shape, order, length and range is an error, never a crash."""

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.stages.kmeans import EFFORTS
from pil_kmeans.stages.progress import silent
from reference.points import USUAL_GRID

U64, I64 = np.uint64, np.int64


def fit(keys=None, points=None, weights=None, n_colors=2, n_threads=1, fixed=None, **effort):
    return _native.fit_centers(
        np.arange(5, dtype=U64) if keys is None else keys,
        pairs(5) if points is None else points,
        np.ones(5, I64) if weights is None else weights,
        pairs(0) if fixed is None else fixed,
        n_colors,
        **vars(EFFORTS["fast"]) | effort,
        seed=0,
        n_threads=n_threads,
    )


def intervals(values, weights, n_colors, fixed=None):
    fixed = np.zeros(len(values), bool) if fixed is None else fixed
    return _native.optimal_intervals(values, weights, fixed, n_colors)


def search(**changes):
    """A good call but for some arguments: 3 rows of 8 pixels, 4 entries."""
    n = 24
    arguments = {
        "points": pairs(n),
        "width": 8,
        "weights": np.ones(n, np.float32),
        "scale": 1.0,
        "lowest": zeros(n),
        "guess": zeros(n),
        "entries": pairs(4),
        "counts": np.ones(sum(_native.DEFLATE_SYMBOLS), U64),
        "bands": np.array([(0, 3)]),
        "feedback": (205, 240),
        "n_threads": 1,
        "progress": silent,
        "indices": zeros(n),
    }
    return _native.choose_indices(**(arguments | changes))


def filtered_arguments():
    """What the searches behind filters have in common."""
    return {
        "points": pairs(24),
        "width": 8,
        "weights": np.ones(24, np.float32),
        "scale": 1.0,
        "entries": pairs(4),
        "prices": np.ones(256, np.float32),
        "lowest": 1,
        "color": 2294,
    }


def behind_paeth(**changes):
    own = {"guess": zeros(24), "feedback": (205, 240)}
    return _native.choose_behind_paeth(**(filtered_arguments() | own | changes))


def refined(**changes):
    own = {"indices": zeros(24), "types": zeros(3), "feedback": 205}
    return _native.refine_filtered(**(filtered_arguments() | own | changes))


def wrong_filtered(name, call, indices):
    return {
        f"{name}, points beyond": lambda: call(points=FAR),
        f"{name}, width 9": lambda: call(width=9),
        f"{name}, width 6": lambda: call(width=6),
        f"{name}, fewer weights": lambda: call(weights=np.ones(23, np.float32)),
        f"{name}, weight infinite": lambda: call(weights=one_of(np.inf, dtype=np.float32)),
        f"{name}, scale 0": lambda: call(scale=0.0),
        f"{name}, fewer {indices}": lambda: call(**{indices: zeros(23)}),
        f"{name}, {indices} beyond the palette": lambda: call(**{indices: one_of(4)}),
        f"{name}, no entry": lambda: call(entries=pairs(0), lowest=0),
        f"{name}, 257 entries": lambda: call(entries=pairs(257)),
        f"{name}, fewer prices": lambda: call(prices=np.ones(255, np.float32)),
        f"{name}, price NaN": lambda: call(prices=np.full(256, np.nan, np.float32)),
        f"{name}, price -1": lambda: call(prices=np.full(256, -1, np.float32)),
        f"{name}, lowest beyond the palette": lambda: call(lowest=4),
        f"{name}, color 2048": lambda: call(color=2048),
    }


def blurred(**changes):
    arguments = {
        "points": pairs(24),
        "width": 8,
        "weights": np.ones(24, np.float32),
        "entries": pairs(4),
        "indices": zeros(24),
        "feedback": 205,
        "color": 2294,
    }
    return _native.blurred_error(**(arguments | changes))


def symbols(**changes):
    """A good call but for some arguments: a literal, a match and an end."""
    arguments = {
        "symbols": np.array([7, 3 | 1 << 16, _native.NO_SYMBOL], np.uint32),
        "starts": np.array([0]),
        "lookup": zeros(256),
        "begun": 0,
        "n_bits": 0,
        "ends": True,
        "n_threads": 1,
    }
    return _native.deflate_symbols(**(arguments | changes))


def lzw(**changes):
    """A good call but for some arguments: 3 rows of 8 pixels, 4 entries."""
    n = 24
    arguments = {
        "points": pairs(n),
        "width": 8,
        "weights": np.ones(n, np.float32),
        "guess": zeros(n),
        "shown": pairs(n),
        "shown_color": zeros(n, dtype=np.uint16),
        "stay_weights": np.ones(n, np.float32),
        "entries": pairs(4),
        "colors": pairs(6),
        "transparent": 4,
        "symbol_bits": 3,
        "feedback": 128,
        "n_paths": 4,
        "n_ends": 2,
    }
    return _native.search_lzw(**(arguments | changes))


def keep(**changes):
    arguments = {
        "points": pairs(24),
        "width": 8,
        "entries": pairs(4),
        "indices": zeros(24),
        "fixed": np.zeros(4, bool),
        "n_threads": 1,
        "weights": np.ones(24, np.float32),
    }
    return _native.keep_exact(**(arguments | changes))


def error_of(points=24, weights=24, indices=24, k=4, index=0):
    return _native.weighted_error(
        pairs(points), np.ones(weights, np.float32), pairs(k), np.full(indices, index, np.uint8), 1
    )


def zeros(*shape, dtype=np.uint8):
    return np.zeros(shape, dtype)


def pairs(n, dtype=np.int16):
    return np.zeros((2, n, 2), dtype)


def one_of(value, n=24, dtype=np.uint8):
    """Zeros, and one other at the end."""
    array = zeros(n, dtype=dtype)
    array[-1] = value
    return array


def read_only(array):
    array.flags.writeable = False
    return array


def unaligned(array):
    """The same numbers at an odd address."""
    moved = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype)
    moved[:] = array.ravel()
    return moved.reshape(array.shape)


def strided(*shape, dtype=np.uint8):
    return np.zeros((2 * shape[0], *shape[1:]), dtype)[::2]


WRONG_TYPES = {
    "histogram of float": lambda: _native.histogram(zeros(4, 3, dtype=np.float64), 1),
    "histogram of int8": lambda: _native.histogram(zeros(4, 3, dtype=np.int8), 1),
    "histogram of a list": lambda: _native.histogram([[1, 2, 3]], 1),
    "histogram of nothing": lambda: _native.histogram(None, 1),
    "histogram of one axis": lambda: _native.histogram(zeros(12), 1),
    "histogram of three axes": lambda: _native.histogram(zeros(2, 2, 3), 1),
    "histogram of every other row": lambda: _native.histogram(strided(4, 3), 1),
    "histogram of columns": lambda: _native.histogram(np.asfortranarray(zeros(4, 3)), 1),
    "histogram, byte-swapped": lambda: _native.histogram(zeros(4, 3, dtype=np.dtype(np.uint16).newbyteorder()), 1),
    "histogram, threads as text": lambda: _native.histogram(zeros(4, 3), "1"),
    "histogram, too many threads": lambda: _native.histogram(zeros(4, 3), 2**40),
    "cells of half a bit": lambda: _native.cell_histogram(zeros(4, 3), 0.5, 1),
    "cells of four channels": lambda: _native.cell_histogram(zeros(4, 4), 6, 1),
    "cells of uint16": lambda: _native.cell_histogram(zeros(4, 3, dtype=np.uint16), 6, 1),
    "cells of every other row": lambda: _native.cell_histogram(strided(4, 3), 6, 1),
    "colors of int64 keys": lambda: _native.key_colors_uint8(zeros(4, dtype=I64), 3),
    "colors of -1 channels": lambda: _native.key_colors_uint8(zeros(4, dtype=U64), -1),
    "points of float": lambda: _native.working_points(zeros(4, 3, dtype=np.float32), "oklab", False, *USUAL_GRID, 1),
    "points of every other row": lambda: _native.working_points(strided(4, 3), "oklab", False, *USUAL_GRID, 1),
    "points about three coordinates": lambda: _native.working_points(zeros(4, 3), "oklab", False, (0.0,) * 3, 1.0, 1),
    "points of no space": lambda: _native.working_points(zeros(4, 3), None, False, *USUAL_GRID, 1),
    "centers of float32": lambda: _native.center_colors(zeros(2, 4, dtype=np.float32), 3, "oklab", *USUAL_GRID),
    "centers of three coordinates": lambda: _native.center_colors(
        zeros(2, 3, dtype=np.float64), 3, "oklab", *USUAL_GRID
    ),
    "labels of int32 points": lambda: _native.nearest_labels(pairs(4, np.int32), pairs(1), 1),
    "labels of rows": lambda: _native.nearest_labels(zeros(4, 4, dtype=np.int16), pairs(1), 1),
    "labels, three coordinates": lambda: _native.nearest_labels(zeros(2, 4, 3, dtype=np.int16), pairs(1), 1),
    "labels, wrong pairs": lambda: _native.nearest_labels(pairs(4), zeros(3, 1, 2, dtype=np.int16), 1),
    "labels of a view": lambda: _native.nearest_labels(pairs(8)[:, ::2], pairs(1), 1),
    "fit, float weights": lambda: fit(weights=np.ones(5)),
    "fit, int64 keys": lambda: fit(keys=np.arange(5)),
    "fit, float points": lambda: fit(points=pairs(5, np.float64)),
    "fit, points of a view": lambda: fit(points=pairs(10)[:, ::2]),
    "fit, weights of every other": lambda: fit(weights=np.ones(10, I64)[::2]),
    "fit, fixed rows": lambda: fit(fixed=zeros(2, 4, dtype=np.int16)),
    "fit, float fixed": lambda: fit(fixed=pairs(2, np.float64)),
    "fit, -1 colors": lambda: fit(n_colors=-1),
    "fit, half a color": lambda: fit(n_colors=1.5),
    "intervals of float32": lambda: intervals(zeros(3, dtype=np.float32), np.ones(3), 2),
    "intervals, integer weights": lambda: intervals(np.arange(3.0), np.ones(3, I64), 2),
    "intervals of every other": lambda: intervals(np.arange(6.0)[::2], np.ones(3), 2),
    "intervals, fixed values": lambda: intervals(np.arange(3.0), np.ones(3), 2, np.zeros(3)),
    "intervals, -1": lambda: intervals(np.arange(3.0), np.ones(3), -1),
    "remap to int16": lambda: _native.remap(zeros(4, 3), zeros(1, dtype=U64), zeros(1, dtype=np.int16), 0, 1),
    "remap, int64 keys": lambda: _native.remap(zeros(4, 3), zeros(1, dtype=I64), zeros(1), 0, 1),
    "pyramid of float": lambda: _native.xyb_pyramid(zeros(9, 9, 3, dtype=np.float32), 0.5, 0, 1),
    "pyramid of rows": lambda: _native.xyb_pyramid(zeros(81, 3), 0.5, 0, 1),
    "pyramid of every other row": lambda: _native.xyb_pyramid(strided(9, 9, 3), 0.5, 0, 1),
    "pyramid of int32 indices": lambda: _native.xyb_pyramid_of_indices(
        zeros(9, 9, dtype=np.int32), zeros(3, 3), 0.5, 0, 1
    ),
    "score of float64": lambda: _native.ssimulacra2(np.zeros(192), np.zeros(192), 8, 8, 0, 1),
    "score of -8 rows": lambda: _native.ssimulacra2(*zeros(2, 192, dtype=np.float32), -8, 8, 0, 1),
    "visibility of rows": lambda: _native.visibility(zeros(24, 4, dtype=np.int16), 8, 1),
    "visibility of int32": lambda: _native.visibility(pairs(24, np.int32), 8, 1),
    "visibility, -8 columns": lambda: _native.visibility(pairs(24), -8, 1),
    "visibility, half a column": lambda: _native.visibility(pairs(24), 7.5, 1),
    "counts of uint16": lambda: _native.count_indices(zeros(24, dtype=np.uint16), 4, 1),
    "error by float64": lambda: _native.weighted_error(pairs(24), np.ones(24), pairs(4), zeros(24), 1),
    "error of uint16": lambda: _native.weighted_error(
        pairs(24), np.ones(24, np.float32), pairs(4), zeros(24, dtype=np.uint16), 1
    ),
    "prices of int64": lambda: _native.deflate_prices(zeros(315, dtype=I64)),
    "search, float points": lambda: search(points=pairs(24, np.float32)),
    "search, points of a view": lambda: search(points=pairs(48)[:, ::2]),
    "search, -8 columns": lambda: search(width=-8),
    "search, float64 weights": lambda: search(weights=np.ones(24)),
    "search, lowest uint16": lambda: search(lowest=zeros(24, dtype=np.uint16)),
    "search, guess of every other": lambda: search(guess=strided(24)),
    "search, rows of entries": lambda: search(entries=zeros(4, 4, dtype=np.int16)),
    "search, float counts": lambda: search(counts=np.ones(315)),
    "search, bands of three": lambda: search(bands=zeros(1, 3, dtype=I64)),
    "search, float bands": lambda: search(bands=np.array([(0.0, 3.0)])),
    "search, progress that is no function": lambda: search(progress=1),
    "keep, float fixed": lambda: keep(fixed=np.zeros(4)),
    "keep, read-only weights": lambda: keep(weights=read_only(zeros(24, dtype=np.float32))),
    "search, half a feedback": lambda: search(feedback=(0.5, 0)),
    "search, read-only indices": lambda: search(indices=read_only(zeros(24))),
    "search, indices of every other": lambda: search(indices=strided(24)),
    "search, int64 symbols": lambda: search(symbols=zeros(28, dtype=I64)),
    "symbols of int64": lambda: symbols(symbols=np.array([7, _native.NO_SYMBOL])),
    "symbols, starts of int32": lambda: symbols(starts=zeros(1, dtype=np.int32)),
    "behind Paeth, float points": lambda: behind_paeth(points=pairs(24, np.float32)),
    "behind Paeth, float64 prices": lambda: behind_paeth(prices=np.ones(256)),
    "behind Paeth, lowest -1": lambda: behind_paeth(lowest=-1),
    "refined, float points": lambda: refined(points=pairs(24, np.float32)),
    "refined, float64 prices": lambda: refined(prices=np.ones(256)),
    "refined, lowest -1": lambda: refined(lowest=-1),
    "blurred error, uint16 indices": lambda: blurred(indices=zeros(24, dtype=np.uint16)),
    "search, uint16 indices": lambda: search(indices=zeros(24, dtype=np.uint16)),
    "search, indices (3, 8)": lambda: search(indices=zeros(3, 8)),
    "lzw, float points": lambda: lzw(points=pairs(24, np.float32)),
    "lzw, points of a view": lambda: lzw(points=pairs(48)[:, ::2]),
    "lzw, float64 weights": lambda: lzw(weights=np.ones(24)),
    "lzw, guess int16": lambda: lzw(guess=zeros(24, dtype=np.int16)),
    "lzw, shown rows": lambda: lzw(shown=zeros(24, 4, dtype=np.int16)),
    "lzw, -8 columns": lambda: lzw(width=-8),
    "lzw, half a bit": lambda: lzw(symbol_bits=3.5),
    "lzw, -1 paths": lambda: lzw(n_paths=-1),
    "histogram, unaligned": lambda: _native.histogram(unaligned(zeros(4, 3, dtype=np.uint16)), 1),
    "colors of unaligned keys": lambda: _native.key_colors_uint8(unaligned(zeros(4, dtype=U64)), 3),
    "points, unaligned": lambda: _native.nearest_labels(unaligned(pairs(4)), pairs(1), 1),
    "points, aligned as int16 only": lambda: _native.nearest_labels(
        np.zeros(17, np.int16)[1:].reshape(2, 4, 2), pairs(1), 1
    ),
    "fit, unaligned weights": lambda: fit(weights=unaligned(np.ones(5, I64))),
    "intervals, unaligned": lambda: intervals(unaligned(np.arange(3.0)), np.ones(3), 2),
    "pyramid, unaligned": lambda: _native.xyb_pyramid(unaligned(zeros(9, 9, 3, dtype=np.uint16)), 0.5, 0, 1),
    "search, unaligned weights": lambda: search(weights=unaligned(np.ones(24, np.float32))),
    "remap of every other row": lambda: _native.remap(strided(4, 3), zeros(1, dtype=U64), zeros(1), 0, 1),
}

FAR = np.full((2, 24, 2), 8193, np.int16)

WRONG_VALUES = {
    "labels of points beyond": lambda: _native.nearest_labels(FAR, pairs(1), 1),
    "labels of points below": lambda: _native.nearest_labels(-FAR, pairs(1), 1),
    "labels of centers beyond": lambda: _native.nearest_labels(pairs(4), FAR, 1),
    "fit, points beyond": lambda: fit(points=FAR[:, :5].copy()),
    "fit, fixed beyond": lambda: fit(fixed=FAR[:, :1].copy()),
    "fit, weights beyond 2^48 together": lambda: fit(weights=np.full(5, 2**46)),
    "fit, weights beyond 2^63 together": lambda: fit(weights=np.full(5, 2**62)),
    "fit, keys not in order": lambda: fit(keys=np.arange(5, dtype=U64)[::-1].copy()),
    "fit, -1 steps": lambda: fit(settle_steps=-1),
    "fit, tolerance NaN": lambda: fit(tolerance=np.nan),
    "used labels of 65537": lambda: _native.used_labels(zeros(4), 65537),
    "totals of labels beyond": lambda: _native.label_totals(np.full(4, 3, np.uint16), np.ones(4, np.int64), 3),
    "totals of fewer weights": lambda: _native.label_totals(np.zeros(4, np.uint16), np.ones(3, np.int64), 3),
    "totals of 65537": lambda: _native.label_totals(np.zeros(4, np.uint16), np.ones(4, np.int64), 65537),
    "visibility of points beyond": lambda: _native.visibility(FAR, 8, 1),
    "counts, an index beyond": lambda: _native.count_indices(np.full(24, 4, np.uint8), 4, 1),
    "counts of 257 entries": lambda: _native.count_indices(zeros(24), 257, 1),
    "error, points beyond": lambda: _native.weighted_error(FAR, np.ones(24, np.float32), pairs(4), zeros(24), 1),
    "error, entries beyond": lambda: _native.weighted_error(pairs(24), np.ones(24, np.float32), FAR, zeros(24), 1),
    "search, points beyond": lambda: search(points=FAR),
    "search, points below": lambda: search(points=-FAR),
    "search, entries beyond": lambda: search(entries=FAR[:, :4].copy()),
    "search, counts beyond": lambda: search(counts=np.full(315, 2**48, U64)),
    "prices, counts beyond": lambda: _native.deflate_prices(np.full(315, 2**63, U64)),
    "intervals, NaN": lambda: intervals(np.array([0.0, np.nan, 1.0]), np.ones(3), 2),
    "intervals, infinite": lambda: intervals(np.array([0.0, 1.0, np.inf]), np.ones(3), 2),
    "intervals of values not in order": lambda: intervals(np.array([0.0, 2.0, 1.0]), np.ones(3), 2),
    "intervals of equal values": lambda: intervals(np.array([0.0, 1.0, 1.0]), np.ones(3), 2),
    "intervals, weight -1": lambda: intervals(np.arange(3.0), np.array([1.0, -1, 1]), 2),
    "intervals, weight infinite": lambda: intervals(np.arange(3.0), np.array([1.0, np.inf, 1]), 2),
    "points about NaN": lambda: _native.working_points(zeros(4, 3), "oklab", False, (np.nan,) * 4, 1.0, 1),
    "points, infinite zoom": lambda: _native.working_points(zeros(4, 3), "oklab", False, (0.0,) * 4, np.inf, 1),
    "points, zoom 0": lambda: _native.working_points(zeros(4, 3), "oklab", False, (0.0,) * 4, 0.0, 1),
    "centers far away": lambda: _native.center_colors(np.full((2, 4), 1e300), 3, "oklab", *USUAL_GRID),
    "centers, NaN": lambda: _native.center_colors(np.full((2, 4), np.nan), 3, "oklab", *USUAL_GRID),
    "histogram without channels": lambda: _native.histogram(zeros(4, 0), 1),
    "histogram of five channels": lambda: _native.histogram(zeros(4, 5), 1),
    "histogram of five wide channels": lambda: _native.histogram(zeros(4, 5, dtype=np.uint16), 1),
    "cells of 4 bits": lambda: _native.cell_histogram(zeros(4, 3), 4, 1),
    "cells of 7 bits": lambda: _native.cell_histogram(zeros(4, 3), 7, 1),
    "cells of -1 bits": lambda: _native.cell_histogram(zeros(4, 3), -1, 1),
    "colors of no channel": lambda: _native.key_colors_uint8(zeros(4, dtype=U64), 0),
    "colors of five channels": lambda: _native.key_colors_uint16(zeros(4, dtype=U64), 5),
    "points of five channels": lambda: _native.working_points(zeros(4, 5), "oklab", False, *USUAL_GRID, 1),
    "points of no channel": lambda: _native.working_points(zeros(4, 0), "srgb", False, *USUAL_GRID, 1),
    "points of another space": lambda: _native.working_points(zeros(4, 3), "hsv", False, *USUAL_GRID, 1),
    "scale of another space": lambda: _native.scale("Oklab"),
    "centers of five channels": lambda: _native.center_colors(zeros(2, 4, dtype=np.float64), 5, "oklab", *USUAL_GRID),
    "centers of another space": lambda: _native.center_colors(zeros(2, 4, dtype=np.float64), 3, "", *USUAL_GRID),
    "labels without centers": lambda: _native.nearest_labels(pairs(4), pairs(0), 1),
    "labels of 65537 centers": lambda: _native.nearest_labels(pairs(4), pairs(65537), 1),
    "fit, no color": lambda: fit(n_colors=0),
    "fit, more colors than points": lambda: fit(n_colors=6),
    "fit, too many fixed": lambda: fit(fixed=pairs(65535)),
    "fit, no points": lambda: fit(zeros(0, dtype=U64), pairs(0), zeros(0, dtype=I64), 1),
    "fit, fewer keys than points": lambda: fit(keys=np.arange(4, dtype=U64)),
    "fit, fewer weights than points": lambda: fit(weights=np.ones(4, I64)),
    "fit, weight 0": lambda: fit(weights=np.array([1, 1, 0, 1, 1])),
    "fit, weight -1": lambda: fit(weights=np.array([1, 1, 1, 1, -1])),
    "fewer interval weights": lambda: intervals(np.arange(3.0), np.ones(2), 2),
    "fewer intervals than fixed": lambda: intervals(np.arange(3.0), np.ones(3), 1, np.array([True, False, True])),
    "fewer fixed than values": lambda: intervals(np.arange(3.0), np.ones(3), 2, np.zeros(2, bool)),
    "no interval": lambda: intervals(np.arange(3.0), np.ones(3), 0),
    "more intervals than values": lambda: intervals(np.arange(3.0), np.ones(3), 4),
    "intervals of nothing": lambda: intervals(np.zeros(0), np.zeros(0), 1),
    "remap, fewer labels": lambda: _native.remap(zeros(4, 3), zeros(2, dtype=U64), zeros(1), 0, 1),
    "remap, shift 64": lambda: _native.remap(zeros(4, 3), zeros(1, dtype=U64), zeros(1), 64, 1),
    "remap, shift -1": lambda: _native.remap(zeros(4, 3), zeros(1, dtype=U64), zeros(1), -1, 1),
    "pyramid of five channels": lambda: _native.xyb_pyramid(zeros(9, 9, 5), 0.5, 0, 1),
    "pyramid of no channel": lambda: _native.xyb_pyramid(zeros(9, 9, 0), 0.5, 0, 1),
    "pyramid, background 1.1": lambda: _native.xyb_pyramid(zeros(9, 9, 4), 1.1, 0, 1),
    "pyramid, background NaN": lambda: _native.xyb_pyramid(zeros(9, 9, 4), np.nan, 0, 1),
    "score of another size": lambda: _native.ssimulacra2(*zeros(2, 192, dtype=np.float32), 8, 9, 0, 1),
    "score of unlike pyramids": lambda: _native.ssimulacra2(
        zeros(192, dtype=np.float32), zeros(216, dtype=np.float32), 8, 8, 0, 1
    ),
    "score of another scale": lambda: _native.ssimulacra2(*zeros(2, 192, dtype=np.float32), 8, 8, 1, 1),
    "pyramid from the seventh scale": lambda: _native.xyb_pyramid(zeros(9, 9, 3), 0.5, 6, 1),
    "pyramid of an index that is no entry": lambda: _native.xyb_pyramid_of_indices(
        np.full((9, 9), 3, np.uint8), zeros(3, 3), 0.5, 0, 1
    ),
    "pyramid of no entries": lambda: _native.xyb_pyramid_of_indices(zeros(9, 9), zeros(0, 3), 0.5, 0, 1),
    "pyramid of entries of five channels": lambda: _native.xyb_pyramid_of_indices(zeros(9, 9), zeros(3, 5), 0.5, 0, 1),
    "pyramid of indices, background NaN": lambda: _native.xyb_pyramid_of_indices(
        zeros(9, 9), zeros(3, 4), np.nan, 0, 1
    ),
    "score of a size that overflows": lambda: _native.ssimulacra2(*zeros(2, 0, dtype=np.float32), 2**62, 2**62, 0, 1),
    "visibility, protection": lambda: _native.visibility(pairs(24), 8, 1, -1.0),
    "visibility of no pixel": lambda: _native.visibility(pairs(0), 8, 1),
    "visibility, no column": lambda: _native.visibility(pairs(24), 0, 1),
    "visibility, width 7": lambda: _native.visibility(pairs(24), 7, 1),
    "visibility, width 48": lambda: _native.visibility(pairs(24), 48, 1),
    "error, fewer weights": lambda: error_of(weights=23),
    "error, fewer indices": lambda: error_of(indices=23),
    "error, index beyond the palette": lambda: error_of(index=4),
    "error without a palette": lambda: error_of(k=0),
    "prices of fewer symbols": lambda: _native.deflate_prices(zeros(314, dtype=U64)),
    **wrong_filtered("behind Paeth", behind_paeth, "guess"),
    "behind Paeth, feedback 257": lambda: behind_paeth(feedback=(257, 0)),
    **wrong_filtered("refined", refined, "indices"),
    "refined, fewer types": lambda: refined(types=zeros(2)),
    "refined, type 5": lambda: refined(types=np.full(3, 5, np.uint8)),
    "refined, feedback 257": lambda: refined(feedback=257),
    "blurred error, entries beyond": lambda: blurred(entries=FAR[:, :4].copy()),
    "blurred error, fewer indices": lambda: blurred(indices=zeros(23)),
    "blurred error, an index beyond": lambda: blurred(indices=one_of(4)),
    "blurred error, weight NaN": lambda: blurred(weights=one_of(np.nan, dtype=np.float32)),
    "search, fewer symbols": lambda: search(symbols=zeros(27, dtype=np.uint32)),
    "symbols without an end": lambda: symbols(symbols=np.array([7], np.uint32)),
    "no symbols": lambda: symbols(symbols=zeros(0, dtype=np.uint32)),
    "symbols, start beyond": lambda: symbols(starts=np.array([3])),
    "symbols, start below": lambda: symbols(starts=np.array([-1])),
    "symbols, literal 256": lambda: symbols(symbols=np.array([256, _native.NO_SYMBOL], np.uint32)),
    "symbols, match of 2": lambda: symbols(symbols=np.array([2 | 1 << 16, _native.NO_SYMBOL], np.uint32)),
    "symbols, match of 259": lambda: symbols(symbols=np.array([259 | 1 << 16, _native.NO_SYMBOL], np.uint32)),
    "symbols, distance 32769": lambda: symbols(symbols=np.array([3 | 32769 << 16, _native.NO_SYMBOL], np.uint32)),
    "symbols, lookup of 255": lambda: symbols(lookup=zeros(255)),
    "search, no column": lambda: search(width=0),
    "search, width 9": lambda: search(width=9),
    "search, width 6": lambda: search(width=6),
    "search, no pixel": lambda: search(points=pairs(0)),
    "search, fewer weights": lambda: search(weights=np.ones(23, np.float32)),
    "search, fewer lowest": lambda: search(lowest=zeros(23)),
    "search, fewer guesses": lambda: search(guess=zeros(23)),
    "search, fewer indices": lambda: search(indices=zeros(23)),
    "search, more indices": lambda: search(indices=zeros(25)),
    "search, no entry": lambda: search(entries=pairs(0)),
    "search, 257 entries": lambda: search(entries=pairs(257)),
    "search, guess beyond the palette": lambda: search(guess=one_of(4)),
    "search, lowest beyond the palette": lambda: search(lowest=one_of(4)),
    "search, weight infinite": lambda: search(weights=one_of(np.inf, dtype=np.float32)),
    "search, weight NaN": lambda: search(weights=one_of(np.nan, dtype=np.float32)),
    "search, weight 1e21": lambda: search(weights=one_of(1e21, dtype=np.float32)),
    "search, scale 0": lambda: search(scale=0.0),
    "search, scale NaN": lambda: search(scale=np.nan),
    "search, weight 1e21 by its scale": lambda: search(scale=1e21),
    "keep, width 7": lambda: keep(width=7),
    "keep, fewer fixed": lambda: keep(fixed=np.zeros(3, bool)),
    "keep, fewer weights": lambda: keep(weights=np.zeros(23, np.float32)),
    "keep, index beyond the palette": lambda: keep(indices=one_of(4)),
    "search, fewer counts": lambda: search(counts=zeros(314, dtype=U64)),
    "search, feedback -1": lambda: search(feedback=(0, -1)),
    "search, feedback 257": lambda: search(feedback=(257, 0)),
    "search, color 2048": lambda: search(color=2048),
    "search, color 4097": lambda: search(color=4097),
    "search, band above": lambda: search(bands=np.array([(0, 3), (-1, 2)])),
    "search, band below": lambda: search(bands=np.array([(0, 3), (2, 2)])),
    "search, band over another": lambda: search(bands=np.array([(0, 2), (1, 2)])),
    "search, bands not in order": lambda: search(bands=np.array([(2, 1), (0, 2)])),
    "search, band of no row": lambda: search(bands=np.array([(1, 0)])),
    "search, band that overflows": lambda: search(bands=np.array([(2**62, 2**62)])),
    "search, band of 2^63 - 1 rows": lambda: search(bands=np.array([(1, 2**63 - 1)])),
    "lzw, points beyond the space": lambda: lzw(points=pairs(24) + np.int16(8193)),
    "lzw, shown beyond the space": lambda: lzw(shown=pairs(24) - np.int16(8193)),
    "lzw, entries beyond the space": lambda: lzw(entries=pairs(4) + np.int16(8193)),
    "lzw, no column": lambda: lzw(width=0),
    "lzw, width 9": lambda: lzw(width=9),
    "lzw, no pixel": lambda: lzw(points=pairs(0)),
    "lzw, fewer weights": lambda: lzw(weights=np.ones(23, np.float32)),
    "lzw, more guesses": lambda: lzw(guess=zeros(25)),
    "lzw, fewer shown": lambda: lzw(shown=pairs(23)),
    "lzw, fewer shown colors": lambda: lzw(shown_color=zeros(23, dtype=np.uint16)),
    "lzw, fewer stay weights": lambda: lzw(stay_weights=np.ones(23, np.float32)),
    "lzw, weight NaN": lambda: lzw(weights=one_of(np.nan, dtype=np.float32)),
    "lzw, stay weight infinite": lambda: lzw(stay_weights=one_of(np.inf, dtype=np.float32)),
    "lzw, kept guess beyond symbols": lambda: lzw(weights=one_of(-1, dtype=np.float32), guess=one_of(8)),
    "lzw, shown color beyond those known": lambda: lzw(shown_color=one_of(6, dtype=np.uint16)),
    "lzw, no entry": lambda: lzw(entries=pairs(0)),
    "lzw, more entries than symbols": lambda: lzw(entries=pairs(9)),
    "lzw, no entry but the transparent": lambda: lzw(entries=pairs(1), transparent=0),
    "lzw, transparent beyond symbols": lambda: lzw(transparent=8),
    "lzw, transparent -2": lambda: lzw(transparent=-2),
    "lzw, symbols of 1 bit": lambda: lzw(symbol_bits=1),
    "lzw, symbols of 9 bits": lambda: lzw(symbol_bits=9),
    "lzw, feedback 257": lambda: lzw(feedback=257),
    "lzw, no path": lambda: lzw(n_paths=0),
    "lzw, 65 paths": lambda: lzw(n_paths=65),
    "lzw, no end": lambda: lzw(n_ends=0),
    "lzw, 5 ends": lambda: lzw(n_ends=5),
    "remap of five channels": lambda: _native.remap(zeros(4, 5), zeros(1, dtype=U64), zeros(1), 0, 1),
}


@pytest.mark.parametrize("call", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_wrong_types_and_layouts_are_type_errors(call):
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call()


@pytest.mark.parametrize("call", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_wrong_values_are_value_errors(call):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        call()


@pytest.mark.parametrize("n_threads", [-1, 0])
def test_no_threads_are_one(n_threads):
    for found, one in zip(fit(n_threads=n_threads), fit(), strict=True):
        np.testing.assert_array_equal(found, one)


def test_nothing_is_written_before_all_is_checked():
    indices = np.full(24, 9, np.uint8)
    with pytest.raises(ValueError, match="beyond the picture"):
        search(bands=np.array([(0, 2), (2, 2)]), indices=indices)
    assert (indices == 9).all()
    search(indices=indices)
    assert (indices < 4).all()


def test_read_only_arrays_are_read():
    samples, keys, labels = zeros(4, 3), zeros(1, dtype=U64), zeros(1)
    for array in (samples, keys, labels):
        array.flags.writeable = False
    assert _native.histogram(samples, 1)[1].tolist() == [4]
    assert _native.remap(samples, keys, labels, 0, 1).tolist() == [0] * 4


def test_results_are_arrays_of_their_own():
    keys, counts = _native.histogram(zeros(4, 3), 1)
    other, _ = _native.histogram(zeros(4, 3), 1)
    keys[:] = 7
    assert keys.flags.owndata or keys.base is not None
    assert counts.flags.writeable
    assert other.tolist() == [0]


def test_keys_beyond_the_table_are_refused_wherever_they_stand():
    keys = np.array([1 << 30, 5], dtype=np.uint64)
    with pytest.raises(ValueError, match="too many bits"):
        _native.remap(np.zeros((4, 3), np.uint8), keys, np.zeros(2, np.uint8), 0, 1)


@pytest.mark.parametrize("weight", [1e-305, 1.0, 1e300])
@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_intervals_of_any_scale_are_the_same(weight, size):
    values, weights = np.array([-1.0, -0.99, 0.1, 0.11, 0.6, 1.0]), np.arange(1.0, 7)
    expected = intervals(values, weights, 3)
    found = intervals(values * size, weights * (weight / 6), 3)
    np.testing.assert_array_equal(found, expected)


def test_intervals_of_values_without_weight_are_as_many():
    for k in range(1, 6):
        assert len(intervals(np.arange(5.0), np.zeros(5), k, np.arange(5) == 0)) == k


def test_coordinates_up_to_the_bound_are_taken():
    for end in (8192, -8192):
        points = np.full((2, 24, 2), end, np.int16)
        assert (_native.nearest_labels(points, points[:, :1].copy(), 1) == 0).all()


def test_threads_without_number_are_as_many_as_do_good():
    picture = np.random.default_rng(0).integers(0, 256, (5000, 3), np.uint8)
    for found, one in zip(_native.histogram(picture, 2**31 - 1), _native.histogram(picture, 1), strict=True):
        np.testing.assert_array_equal(found, one)
    labels = _native.nearest_labels(pairs(4), pairs(1), 2**31 - 1)
    assert labels.tolist() == [0] * 4


def test_faces_take_arrays_at_any_address():
    from pil_kmeans import IndexedImage, KMeansQuantizer, encode_png, quantize

    deep = np.random.default_rng(0).integers(0, 65536, (9, 9, 3), np.uint16)
    weight = np.random.default_rng(1).random((9, 9))
    assert encode_png(unaligned(deep), n_colors=9) == encode_png(deep, n_colors=9)
    moved = quantize(unaligned(deep), 9, sample_weight=unaligned(weight))
    assert moved == quantize(deep, 9, sample_weight=weight)
    matrix = weight.reshape(-1, 3)
    for rows in (matrix, matrix[:, :1].copy()):
        found = [KMeansQuantizer(4).fit(kind(rows)).cluster_centers_ for kind in (unaligned, np.copy)]
        np.testing.assert_array_equal(*found)
    indices = np.zeros((9, 9), np.uint16)
    assert IndexedImage(unaligned(indices), deep[0]).to_png() == IndexedImage(indices, deep[0]).to_png()
