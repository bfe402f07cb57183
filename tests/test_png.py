"""The PNG stage: what it writes, read by Pillow and chunk by chunk."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pil_kmeans.stages.indexed_image import IndexedImage
from pil_kmeans.stages.png import encode
from png_chunks import chunks, kinds


def picture(n_colors, shape=(7, 13), n_channels=3, seed=0):
    """Pixels of exactly `n_colors` different colours in random order."""
    random = np.random.default_rng(seed)
    palette = np.zeros((n_colors, n_channels), np.uint8)
    palette[:, 0] = np.arange(n_colors)
    palette[:, 1:] = random.integers(0, 256, (n_colors, n_channels - 1))
    indices = np.resize(random.permutation(n_colors), shape).astype(np.uint8)
    return IndexedImage(indices, palette)


def decoded(data):
    return np.asarray(Image.open(BytesIO(data)).convert("RGBA"))


def as_rgba(image):
    return np.asarray(image.to_pil().convert("RGBA"))


@pytest.mark.parametrize("n_colors", [1, 2, 3, 4, 5, 15, 16, 17, 90])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_pixels_are_what_pillow_reads(n_colors, n_channels):
    image = picture(n_colors, n_channels=n_channels)
    assert np.array_equal(decoded(encode(image)), as_rgba(image))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 7, 8, 9, 17])
@pytest.mark.parametrize("n_colors", [2, 4, 16])
def test_rows_that_end_within_a_byte_are_right(width, n_colors):
    image = picture(n_colors, shape=(16, width))
    assert np.array_equal(decoded(encode(image)), as_rgba(image))


@pytest.mark.parametrize(("n_colors", "depth"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)])
def test_bit_depth_and_plte_follow_the_colors_used(n_colors, depth):
    image = picture(n_colors, shape=(16, 16))
    unused = np.full((256 - n_colors, 3), 77, np.uint8)
    found = dict(chunks(encode(IndexedImage(image.indices, np.concatenate([image.palette, unused])))))
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
    assert found["tRNS"] == bytes([0, 0, 128, 254])
    assert found["PLTE"][::3] == bytes([20, 50, 10, 40, 0, 30])
    assert np.array_equal(decoded(data), as_rgba(image))


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
    assert Image.open(BytesIO(data)).text == {"Title": "Hills"}


def test_same_picture_gives_the_same_bytes():
    assert encode(picture(40)) == encode(picture(40))


def test_more_than_256_used_colors_are_refused():
    palette = np.stack([np.arange(300) // 2, np.arange(300) % 2, np.zeros(300)], 1).astype(np.uint8)
    indices = np.arange(300, dtype=np.uint16)[np.newaxis]
    with pytest.raises(ValueError, match="at most 256 colors, this picture has 300"):
        encode(IndexedImage(indices, palette))
    data = encode(IndexedImage(indices[:, :256], palette))
    assert np.array_equal(decoded(data)[..., :3], palette[indices[:, :256]])
