"""Centers moved for the worst block of a picture, in NumPy."""

import numpy as np

MOST_MORE, NO_MORE = 6, 1 / 64


def block_errors(rows, labels, width, side, centers):
    """Squares of the means of what pixels (n, 4) of each block lack, by row and column of blocks."""
    height = len(rows) // width
    lacks = (rows - np.rint(centers)[labels]).reshape(height, width, 4)
    result = np.zeros((-(-height // side), -(-width // side)))
    for y, x in np.ndindex(*result.shape):
        block = lacks[y * side : (y + 1) * side, x * side : (x + 1) * side].reshape(-1, 4)
        result[y, x] = np.square(block.sum(axis=0)).sum() / (len(block) * side * side)
    return result


def mend_worst_block(rows, labels, pixel_weights, width, side, centers, weights):
    """Centers (k, 4), their weights (k,), and whether one became that of the worst block."""
    errors = block_errors(rows, labels, width, side, centers)
    height = len(rows) // width
    place_y, place_x = np.divmod(np.arange(len(rows)), width)
    block = (place_y // side) * errors.shape[1] + place_x // side
    assert height == place_y[-1] + 1
    more = np.zeros(len(rows))
    if errors.max() > 0:
        more = MOST_MORE * np.square(errors / errors.max()).ravel()[block]
        more[more < NO_MORE] = 0
    own = block == errors.argmax()
    labels = labels.astype(np.intp)
    base_weights, base_sums = weights.copy(), weights[:, None] * centers
    more_weights, more_sums = summed(rows, labels, more * pixel_weights, len(centers))
    is_swapped = False
    if len(centers) > 1 and errors.max() > 0 and pixel_weights[own].sum() > 0:
        counted = (1 + MOST_MORE) * pixel_weights[own]
        wanted = counted @ rows[own] / counted.sum()
        less = np.square(rows[own] - centers[labels[own]]).sum(axis=1) - np.square(rows[own] - wanted).sum(axis=1)
        gain = counted @ np.maximum(less, 0)
        apart = np.square(centers[:, None] - centers).sum(axis=2)
        np.fill_diagonal(apart, np.inf)
        heirs, totals = apart.argmin(axis=1), base_weights + more_weights
        loss = totals * totals[heirs] / np.maximum(totals + totals[heirs], 1e-300) * apart.min(axis=1)
        missed = loss.argmin()
        if gain > loss[missed]:
            is_swapped = True
            for all_weights, all_sums, times in ((base_weights, base_sums, 1), (more_weights, more_sums, MOST_MORE)):
                gone_weights, gone_sums = summed(rows[own], labels[own], times * pixel_weights[own], len(centers))
                all_weights -= gone_weights
                all_sums -= gone_sums
                all_weights[heirs[missed]] += all_weights[missed]
                all_sums[heirs[missed]] += all_sums[missed]
                all_weights[missed], all_sums[missed] = 0, 0
            base_weights[missed], base_sums[missed] = counted.sum(), counted @ rows[own]
    base_weights, base_sums = np.maximum(base_weights + more_weights, 0), base_sums + more_sums
    has_any = base_weights > 0
    moved = centers.copy()
    moved[has_any] = base_sums[has_any] / base_weights[has_any, None]
    return moved, base_weights, is_swapped


def summed(rows, labels, weights, k):
    sums = np.stack([np.bincount(labels, weights * column, k) for column in rows.T], axis=1)
    return np.bincount(labels, weights, k), sums
