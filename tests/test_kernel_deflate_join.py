"""Streams of deflate of consecutive parts, joined, are one stream of the whole."""

import itertools
import zlib

import deflate
import numpy as np
import pytest

from pil_kmeans import _native
from png_chunks import unpacked


def raw(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return packer.compress(data) + packer.flush()


def join(parts, n_threads=1):
    return _native.join_deflate(parts, 0, 0, True, n_threads)[0]


RNG = np.random.default_rng(0)
PARTS = [
    b"",
    b"a",
    b"abc" * 1000,
    bytes(RNG.integers(0, 256, 70_000, np.uint8)),  # stored
    bytes(np.cumsum(RNG.integers(-1, 2, 200_000)).astype(np.uint8)),
    bytes(RNG.integers(0, 3, 999, np.uint8)),
    bytes(70_000),
]
PACKERS = {
    "zlib 1": lambda data: raw(data, 1),
    "zlib 9": lambda data: raw(data, 9),
    "stored": lambda data: raw(data, 0),
    "fixed": lambda data: raw(data, 9, zlib.Z_FIXED),
    "libdeflate": lambda data: bytes(deflate.deflate_compress(data, 10)),
}


@pytest.mark.parametrize("n_threads", [1, 2, 7])
@pytest.mark.parametrize("name", PACKERS)
def test_parts_are_joined(name, n_threads):
    streams = [PACKERS[name](part) for part in PARTS]
    joined = join(streams, n_threads)
    assert unpacked(joined) == b"".join(PARTS)
    assert len(joined) <= sum(map(len, streams)) + 6 * len(streams)


@pytest.mark.parametrize("first", PACKERS)
@pytest.mark.parametrize("second", PACKERS)
def test_streams_of_different_packers_are_joined_at_every_bit(first, second):
    for a, b in itertools.product([b"x" * n for n in range(12)], PARTS[1:4]):
        joined = join([PACKERS[first](a), PACKERS[second](b), PACKERS[first](a)])
        assert unpacked(joined) == a + b + a


@pytest.mark.parametrize("name", PACKERS)
def test_parts_that_come_one_by_one_are_the_same_stream(name):
    streams = [PACKERS[name](part) for part in PARTS]
    whole, begun, n_bits = b"", 0, 0
    for i, stream in enumerate(streams):
        ends = i + 1 == len(streams)
        joined, n_bits = _native.join_deflate([stream], begun, n_bits, ends, 1)
        begun = joined[-1]
        whole += joined[: len(joined) - (n_bits > 0 and not ends)]
    assert whole == join(streams)


def test_what_is_begun_is_less_than_a_byte():
    for begun, n_bits in ((256, 1), (0, 8)):
        with pytest.raises(ValueError, match="less than a byte"):
            _native.join_deflate([raw(b"a")], begun, n_bits, True, 1)


def test_one_stream_stays_as_it_is():
    stream = raw(PARTS[4])
    assert join([stream]) == stream


def test_what_is_no_complete_stream_is_refused():
    stream = raw(PARTS[4][:2000])
    for wrong in [b"", b"\x07", stream[:-1], stream[:100], b"\x00\x01\x00\x00\x00a", b"\x05" + b"\xff" * 40]:
        with pytest.raises(ValueError, match="not a complete stream of deflate"):
            join([wrong])
    rng = np.random.default_rng(1)
    for _ in range(2000):
        changed = bytearray(stream)
        changed[rng.integers(0, 300)] ^= 1 << rng.integers(0, 8)
        try:
            join([bytes(changed), bytes(changed)])
        except ValueError as error:
            assert "deflate" in str(error)  # noqa: PT017
