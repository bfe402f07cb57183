"""Row filters against their definition."""

import numpy as np
import pytest

from pil_kmeans import _native
from reference.row_filters import filter_rows

TYPES = [(0,), (1,), (2,), (3,), (4,), (1, 2, 3, 4), (0, 1, 2, 3, 4), (4, 2)]


def types_array(types):
    return np.array(types, np.uint8)


def filtered(rows, types, pixel_bytes=1, measure=0):
    return _native.filter_rows(rows, pixel_bytes, types_array(types), measure)


@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (12, 7), (30, 33), (5, 3001)])
def test_rows_are_those_of_the_reference(shape, types):
    rng = np.random.default_rng(shape[1])
    steps = rng.integers(-2, 3, shape).cumsum(0).cumsum(1)
    for rows in (steps.astype(np.uint8), rng.integers(0, 256, shape, np.uint8), np.zeros(shape, np.uint8)):
        np.testing.assert_array_equal(filtered(rows, types), filter_rows(rows, types))


def test_long_rows_of_one_value_count_beyond_the_table_of_logarithms():
    rows = np.repeat(np.array([[3], [3], [9]], np.uint8), 100_001, axis=1)
    rows[:, ::3] = 8
    np.testing.assert_array_equal(filtered(rows, (0, 1, 2)), filter_rows(rows, (0, 1, 2)))


@pytest.mark.parametrize("measure", range(3))
@pytest.mark.parametrize("pixel_bytes", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(3, 1), (2, 3), (9, 24), (4, 1000)])
def test_pixels_of_several_bytes_and_every_measure(shape, pixel_bytes, measure):
    rng = np.random.default_rng(shape[1])
    for rows in (rng.integers(-2, 3, shape).cumsum(0).cumsum(1).astype(np.uint8), rng.integers(0, 9, shape, np.uint8)):
        for types in ((0, 1, 2, 3, 4), (2,)):
            expected = filter_rows(rows, types, pixel_bytes, measure)
            np.testing.assert_array_equal(filtered(rows, types, pixel_bytes, measure), expected)


def test_bad_input_is_refused():
    rows = np.zeros((4, 4), np.uint8)
    for bad in ((), (5,), (0, 255)):
        with pytest.raises(ValueError, match="0 to 4"):
            filtered(rows, bad)
    for bad in (rows.astype(np.int8), rows[:, ::2], rows.ravel()):
        with pytest.raises(TypeError):
            filtered(bad, (0,))
    for bad in (0, 5):
        with pytest.raises(ValueError, match="1 to 4 bytes"):
            filtered(rows, (0,), pixel_bytes=bad)
    with pytest.raises(ValueError, match="0 to 2"):
        filtered(rows, (0,), measure=3)
