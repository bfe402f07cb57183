"""The PNG stage: what it writes, decoded by Pillow and OpenCV and chunk by chunk."""

import struct
import zlib

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer
from pil_kmeans.indexed_image import IndexedImage
from pil_kmeans.png import deflater, idat, still
from pil_kmeans.png.idat import COMPRESSIONS, pack_bits
from pil_kmeans.png.still import bit_depth
from pil_pictures import opened, rgba
from png_chunks import chunks, kinds


def encode(image, *options, **named):
    return still.encode(image.indices, image.palette, *options, **named)


def plte_entries(image, *options):
    return still.plte_entries(image.indices, image.palette, *options)


def picture(n_colors, shape=(7, 13), n_channels=3, seed=0):
    """Pixels of exactly `n_colors` different colours in random order."""
    random = np.random.default_rng(seed)
    palette = np.zeros((n_colors, n_channels), np.uint8)
    palette[:, 0] = np.arange(n_colors)
    palette[:, 1:] = random.integers(0, 256, (n_colors, n_channels - 1))
    indices = np.resize(random.permutation(n_colors), shape).astype(np.uint8)
    return IndexedImage(indices, palette)


def decoded(data):
    return rgba(opened(data))


def as_rgba(image):
    return rgba(image.to_pil())


def smooth_picture(n_colors, shape, n_transparent=0):
    """Pixels whose neighbours have similar colours, so that filters pay, in a shuffled palette."""
    random = np.random.default_rng(n_colors)
    y, x = np.mgrid[: shape[0], : shape[1]]
    level = (n_colors - 1) * (np.sin(x / 11) + np.cos(y / 13) + 2) / 4 + random.normal(0, 0.7, shape)
    place = random.permutation(n_colors)
    palette = np.repeat(np.arange(n_colors, dtype=np.uint8)[:, np.newaxis], 4, axis=1)
    palette[:, 3] = 255
    palette[random.permutation(n_colors)[:n_transparent], 3] = random.integers(0, 255, n_transparent)
    indices = place[np.clip(np.rint(level), 0, n_colors - 1).astype(int)].astype(np.uint8)
    return IndexedImage(indices, palette[np.argsort(place)])


def filters(data):
    """The filter types of a file's rows."""
    width, height, depth = struct.unpack(">IIB", dict(chunks(data))["IHDR"][:9])
    return set(zlib.decompress(dict(chunks(data))["IDAT"])[:: 1 + -(-width * depth // 8)][:height])


def plain_size(image):
    """Bytes of the file without filters, in the given order, at zlib's highest level."""
    indices, rgba = plte_entries(image)
    depth = bit_depth(len(rgba))
    rows = np.pad(pack_bits(indices.astype(np.uint8), depth), ((0, 0), (1, 0)))
    n_transparent = int((rgba[:, 3] < 255).sum())
    chunk_sizes = [13, 3 * len(rgba), *([n_transparent] if n_transparent else []), len(zlib.compress(rows, 9)), 0]
    return 8 + sum(12 + size for size in chunk_sizes)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("n_colors", [1, 2, 3, 4, 5, 15, 16, 17, 90])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_pixels_are_what_decoders_read(n_colors, n_channels, compression):
    image = picture(n_colors, n_channels=n_channels)
    assert np.array_equal(decoded(encode(image, compression=compression)), as_rgba(image))


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 7, 8, 9, 17])
@pytest.mark.parametrize("n_colors", [2, 4, 16])
def test_rows_that_end_within_a_byte_are_right(width, n_colors, compression):
    image = picture(n_colors, shape=(16, width))
    assert np.array_equal(decoded(encode(image, compression=compression)), as_rgba(image))


@pytest.mark.parametrize("shape", [(1, 1), (300, 1), (33, 43)])
@pytest.mark.parametrize("n_colors", [1, 2, 4, 16, 256])
@pytest.mark.parametrize("n_transparent", [0, 1, 40])
def test_every_picture_is_right_and_not_larger_than_without_search(n_colors, shape, n_transparent):
    image = smooth_picture(n_colors, shape, min(n_transparent, n_colors))
    pixels, size = as_rgba(image), plain_size(image)
    for compression in COMPRESSIONS:
        data = encode(image, compression=compression)
        assert np.array_equal(decoded(data), pixels)
        assert len(data) <= size


def test_order_and_filters_make_photographs_smaller(astronaut):
    picture = astronaut[:128, 100:260]
    indexed = KMeansQuantizer(256).fit(picture).to_indexed(picture)
    fast, default, longest = (encode(indexed, compression=compression) for compression in COMPRESSIONS)
    assert np.array_equal(decoded(fast), as_rgba(indexed))
    assert np.array_equal(decoded(default), as_rgba(indexed))
    assert np.array_equal(decoded(longest), as_rgba(indexed))
    assert len(longest) <= len(default) < len(fast) < 0.95 * plain_size(indexed)
    assert filters(default) <= {1, 2, 3, 4}


@pytest.mark.parametrize("n_colors", [16, 64])
def test_drawings_of_many_pixels_become_nearly_as_small_as_they_can(n_colors):
    """What repeats much is tried behind all filters though it has more bytes than are searched."""
    y, x = np.mgrid[-150:150, -150:150]
    rings = (np.hypot(x, y) / 4).astype(np.uint8) % n_colors
    colors = np.random.default_rng(n_colors).integers(0, 256, (n_colors, 3), np.uint8)
    fast, default, longest = (len(encode(IndexedImage(rings, colors), compression=name)) for name in COMPRESSIONS)
    assert longest <= default < 1.01 * longest < 0.9 * fast


def test_bytes_of_sparse_drawings_do_not_depend_on_the_place_of_the_background():
    """Behind filter 0 come pixels of place 0, so that a run of them does not end with a row."""
    indices = np.full((400, 500), 1, np.uint8)
    indices[100:300, 200:300], indices[120:140, 50:450] = 0, 2
    colors = np.array([[200, 0, 0], [9, 99, 199], [0, 90, 0]], np.uint8)
    sizes = []
    for background in range(3):
        order = np.roll(np.arange(3), background - 1)
        sizes.append(len(encode(IndexedImage(order.astype(np.uint8)[indices], colors[np.argsort(order)]))))
    assert max(sizes) <= min(sizes) + 2


def test_rows_that_several_filters_make_alike_are_searched_once(monkeypatch):
    searched = []
    search = deflater.thorough_zlib_compress
    monkeypatch.setattr(
        deflater, "thorough_zlib_compress", lambda rows, n: searched.append(rows.tobytes()) or search(rows, n)
    )
    for n_colors in (1, 2, 16):
        searched.clear()
        encode(smooth_picture(n_colors, (12, 20)))
        assert len(searched) == len({*searched}) > 0


def test_few_colors_take_bytes_where_these_repeat():
    """Of two pixels in a byte a repeat has to begin at the same one."""
    tile = np.random.default_rng(0).integers(0, 12, 65)
    rows = np.concatenate([np.roll(tile, 7 * n) for n in range(64)]).astype(np.uint8).reshape(65, 64)
    image = IndexedImage(rows, np.arange(36, dtype=np.uint8).reshape(12, 3))
    assert encode(image)[24:26] == bytes([8, 3])
    assert len(encode(image)) < 500


def test_drawings_have_no_filters():
    random = np.random.default_rng(0)
    tiles = random.integers(0, 40, (9, 9))
    image = IndexedImage(np.kron(tiles, np.ones((16, 16))).astype(np.uint8), random.integers(0, 256, (40, 3), np.uint8))
    assert filters(encode(image)) == {0}


def test_unknown_compression_is_refused():
    with pytest.raises(ValueError, match=r"compression must be one of \['fast', 'default', 'max'\], got 'best'"):
        encode(picture(3), compression="best")


@pytest.mark.parametrize(("n_colors", "depth"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)])
def test_bit_depth_and_plte_follow_the_colors_used(n_colors, depth):
    image = picture(n_colors, shape=(16, 16))
    unused = np.full((256 - n_colors, 3), 77, np.uint8)
    with_unused = IndexedImage(image.indices, np.concatenate([image.palette, unused]))
    found = dict(chunks(encode(with_unused, compression="fast")))
    assert struct.unpack(">IIBBBBB", found["IHDR"]) == (16, 16, depth, 3, 0, 0, 0)
    assert len(found["PLTE"]) == 3 * n_colors
    assert {found["PLTE"][i : i + 3] for i in range(0, 3 * n_colors, 3)} == set(map(bytes, image.palette))


def test_equal_entries_become_one():
    image = IndexedImage(np.array([[0, 1, 2]], np.uint8), np.array([[5], [9], [5]], np.uint8))
    data = encode(image)
    assert dict(chunks(data))["PLTE"] == bytes([5, 5, 5, 9, 9, 9])
    assert np.array_equal(decoded(data), as_rgba(image))


def test_transparent_entries_come_first_and_trns_ends_with_them():
    alpha = [255, 128, 0, 255, 254, 0]
    palette = np.array([[10 * i, 0, 0, value] for i, value in enumerate(alpha)], np.uint8)
    image = IndexedImage(np.arange(6, dtype=np.uint8)[np.newaxis], palette)
    data = encode(image)
    found = dict(chunks(data))
    assert sorted(found["tRNS"]) == [0, 0, 128, 254]
    assert sorted(found["PLTE"][:12:3]) == [10, 20, 40, 50]
    assert np.array_equal(decoded(data), as_rgba(image))


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("n_transparent", [1, 7, 200, 256])
def test_trns_is_no_longer_than_it_must(n_transparent, compression):
    image = smooth_picture(256, (41, 53), n_transparent)
    found = dict(chunks(encode(image, compression=compression)))
    assert len(found["tRNS"]) == (np.unique(image.to_array().reshape(-1, 4), axis=0)[:, 3] < 255).sum()
    assert max(found["tRNS"]) < 255


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_opaque_pictures_have_no_trns(n_channels):
    palette = np.full((2, n_channels), 255, np.uint8)
    palette[0, 0] = 0 if n_channels != 2 else 3
    data = encode(IndexedImage(np.array([[0, 1]], np.uint8), palette))
    assert kinds(data) == ["IHDR", "PLTE", "IDAT", "IEND"]


def test_transparent_entries_without_pixels_are_left_out():
    palette = np.array([[1, 1, 1, 0], [2, 2, 2, 255]], np.uint8)
    assert "tRNS" not in kinds(encode(IndexedImage(np.array([[1, 1]], np.uint8), palette)))


def test_metadata_stands_before_plte():
    data = encode(picture(3), [(b"gAMA", struct.pack(">I", 45455)), (b"tEXt", b"Title\0Hills")])
    assert kinds(data) == ["IHDR", "gAMA", "tEXt", "PLTE", "IDAT", "IEND"]
    assert opened(data).text == {"Title": "Hills"}


def test_same_picture_gives_the_same_bytes():
    assert encode(picture(40)) == encode(picture(40))


def test_more_than_256_used_colors_are_refused():
    palette = np.stack([np.arange(300) // 2, np.arange(300) % 2, np.zeros(300)], 1).astype(np.uint8)
    indices = np.arange(300, dtype=np.uint16)[np.newaxis]
    with pytest.raises(ValueError, match="at most 256 colors, this picture has 300"):
        encode(IndexedImage(indices, palette))
    data = encode(IndexedImage(indices[:, :256], palette))
    assert np.array_equal(decoded(data)[..., :3], palette[indices[:, :256]])


def test_only_the_fast_way_hurries_over_many_bytes(china, monkeypatch):
    grey = IndexedImage(np.ascontiguousarray(china[:300, :300, 1]), np.arange(256, dtype=np.uint8)[:, np.newaxis])
    before = {name: encode(grey, compression=name) for name in ("fast", "default")}
    monkeypatch.setattr(idat, "LONG", 1 << 12)
    after = {name: encode(grey, compression=name) for name in before}
    assert after["default"] == before["default"]
    assert len(before["fast"]) < len(after["fast"]) < 1.1 * len(before["fast"])
