"""The thorough deflate: whatever it makes is a complete stream of its data, and small."""

import zlib

import numpy as np
import pytest

from pil_kmeans import _native
from pil_kmeans.png.deflater import thorough_zlib_compress
from png_chunks import unpacked

RNG = np.random.default_rng(0)
FIBONACCI = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597]
DATA = {
    "nothing": np.zeros(0),
    "one byte": np.array([7]),
    "two bytes": np.array([7, 9]),
    "a run": np.zeros(5000),
    "a long run": np.full(70_000, 255),
    "noise": RNG.integers(0, 256, 70_000),  # stored, in two blocks
    "noise of three values": RNG.integers(0, 3, 3000),
    "steps": RNG.integers(-1, 2, 9000).cumsum(),
    "rows": np.tile(RNG.integers(0, 256, 97), 60),
    "far repeats": np.tile(RNG.integers(0, 256, 32_768), 2),
    "too far repeats": np.tile(RNG.integers(0, 256, 32_769), 2),
    "two kinds": np.concatenate([RNG.integers(0, 4, 6000), RNG.integers(100, 256, 6000)]),
    "codes longer than 15": RNG.permutation(np.arange(17).repeat(FIBONACCI)),
    "all lengths": np.concatenate([np.r_[RNG.integers(0, 256, 3), np.full(n, n % 7)] for n in range(1, 270)]),
}


@pytest.mark.parametrize("name", DATA)
def test_stream_holds_the_data_and_is_no_larger_than_that_of_zlib(name):
    data = DATA[name].astype(np.uint8)
    stream = _native.deflate(data, 3)
    assert unpacked(stream) == data.tobytes()
    packer = zlib.compressobj(9, wbits=-15)
    assert len(stream) <= 1.002 * len(packer.compress(data) + packer.flush()) + 3


@pytest.mark.parametrize("seed", range(24))
def test_any_data(seed):
    rng = np.random.default_rng(seed)
    pieces = [rng.integers(0, rng.integers(1, 257), rng.integers(0, 300)) for _ in range(rng.integers(1, 9))]
    data = np.concatenate([pieces[i] for i in rng.integers(0, len(pieces), 30)]).astype(np.uint8)
    assert unpacked(_native.deflate(data, 2)) == data.tobytes()
    assert zlib.decompress(thorough_zlib_compress(data, 1)) == data.tobytes()


def test_codes_are_told_in_few_bits():
    """Of few symbols each, codes of their own for all would take more bits than they save."""
    data = np.random.default_rng(5).integers(0, 256, 300).repeat(4).astype(np.uint8)
    packer = zlib.compressobj(9, wbits=-15)
    assert len(_native.deflate(data, 3)) < 0.97 * len(packer.compress(data) + packer.flush())


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="n_rounds"):
        _native.deflate(np.zeros(4, np.uint8), 0)
    for bad in (np.zeros(4), np.zeros((2, 2), np.uint8), np.zeros(8, np.uint8)[::2]):
        with pytest.raises(TypeError):
            _native.deflate(bad, 1)
