"""Arrays and images in other layouts: the axis of the channels, the value of white, and errors that name the fix."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from palettes_only import encode_png
from pil_kmeans import quantize, ssimulacra2
from pil_kmeans.cli import main
from pil_kmeans.imageio import PalettePngPlugin
from pil_pictures import opened


@pytest.fixture(scope="module")
def small(astronaut):
    return astronaut[::16, ::16]


def rgb(data):
    with opened(data) as image:
        return np.asarray(image.convert("RGB"))


# the axis of the channels


def test_channels_may_be_any_axis(small):
    for axis in (0, 1, -3):
        moved = np.moveaxis(small, -1, axis)
        assert encode_png(moved, n_colors=9, channel_axis=axis) == encode_png(small, n_colors=9)
        assert quantize(moved, 9, channel_axis=axis) == quantize(small, 9)
        assert ssimulacra2(moved, moved[..., ::-1] if axis == 0 else moved, channel_axis=axis) <= 100
    grey = small[..., 0]
    for axis in (0, -1, None):
        assert encode_png(grey, n_colors=9, channel_axis=axis) == encode_png(grey, n_colors=9)


def test_plugin_of_imageio_takes_channels_first(small):
    iio = pytest.importorskip("imageio.v3")
    moved = np.moveaxis(small, -1, 0)
    data = iio.imwrite("<bytes>", moved, extension=".png", plugin=PalettePngPlugin, n_colors=9, channel_axis=0)
    assert data == encode_png(small, n_colors=9)


# the value of white


@pytest.mark.parametrize(
    ("dtype", "white"), [(np.int64, 255), (np.float64, 255), (np.float32, 255), (np.int16, 255), (np.uint16, 255)]
)
def test_full_scale_makes_any_dtype_a_picture(small, dtype, white):
    np.testing.assert_array_equal(
        rgb(encode_png(small[:8, :8].astype(dtype), full_scale=white)), rgb(encode_png(small[:8, :8]))
    )


def test_twelve_bits_in_sixteen(small):
    twelve = np.rint(small * (4095 / 255)).astype(np.uint16)
    assert rgb(encode_png(twelve, n_colors=256)).max() < 20  # of 65535
    assert ssimulacra2(small, rgb(encode_png(twelve, full_scale=4095))) > 60
    grey = Image.fromarray(twelve[..., 0])
    assert grey.mode == "I;16"
    assert np.asarray(quantize(grey, 8, full_scale=4095).convert("L")).max() > 200
    assert ssimulacra2(twelve, small, full_scale=None) < 20


def test_images_without_a_scale_take_one(small):
    wide = Image.fromarray(small[..., 0].astype(np.int32) * 1000)
    assert wide.mode == "I"
    expected = quantize(small[..., 0], 8).convert("L")
    assert quantize(wide, 8, full_scale=255_000).convert("L") == expected
    floats = Image.fromarray(small[..., 0].astype(np.float32))
    assert quantize(floats, 8, full_scale=255).convert("L") == expected


# files of 16 bits


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(samples, key):
    """RGB of 16 bits, and the colour that is transparent."""
    height, width, _ = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"tRNS", struct.pack(">HHH", *key)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


@pytest.mark.parametrize("key", [(65535,) * 3, (0x1234, 0x1200, 0x12FF)])
def test_transparent_color_of_sixteen_bits(key):
    samples = np.zeros((2, 3, 3), np.uint16)
    samples[0, 1] = key
    data = deep_png(samples, key)
    with Image.open(BytesIO(data)) as image:
        assert image.info["transparency"] == key
        alphas = [np.asarray(quantize(image).convert("RGBA"))[..., 3]]
        if key[0] == 65535:
            alphas.append(np.asarray(image.convert("RGBA"))[..., 3])
    with opened(encode_png(data)) as image:
        alphas.append(np.asarray(image.convert("RGBA"))[..., 3])
    for alpha in alphas:
        assert alpha.tolist() == [[255, 0, 255], [255, 255, 255]]


def test_pgm_of_sixteen_bits_runs_to_65535(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype(">u2").reshape(8, 8)
    data = b"P5 8 8 65535\n" + ramp.tobytes()
    (tmp_path / "ramp.pgm").write_bytes(data)
    expected = rgb(encode_png(ramp.astype(np.uint16)))
    np.testing.assert_array_equal(rgb(encode_png(data)), expected)
    np.testing.assert_array_equal(np.asarray(quantize(Image.open(BytesIO(data))).convert("RGB")), expected)
    assert main(["compress", str(tmp_path / "ramp.pgm")]) == 0
    np.testing.assert_array_equal(rgb((tmp_path / "ramp-8bit.png").read_bytes()), expected)


# errors


BYTES = np.zeros((20, 30, 3), np.uint8)
FAULTS = {
    "int64": (BYTES.astype(np.int64), {}, TypeError, "astype(np.uint8) if 255 is white"),
    "float16": (BYTES.astype(np.float16), {}, TypeError, "astype(np.float32) if 1.0 is white"),
    "floats to 255": (BYTES + 255.0, {}, ValueError, "Divide it by 255."),
    "floats from -1": (BYTES - 1.0, {}, ValueError, "Add 1 and divide by 2."),
    "floats beyond": (BYTES - 9.0, {}, ValueError, "Rescale it to that range."),
    "channels first": (BYTES.transpose(2, 0, 1), {}, ValueError, "pass channel_axis=0, or np.moveaxis(image, 0, -1)"),
    "no such axis": (BYTES, {"channel_axis": 3}, ValueError, "channel_axis=3 is not an axis of image"),
    "half an axis": (BYTES, {"channel_axis": 0.5}, TypeError, "channel_axis must be an integer or None, got 0.5"),
    "no axis of three": (BYTES, {"channel_axis": None}, ValueError, "a picture has two axes"),
    "no white": (BYTES, {"full_scale": 0}, ValueError, "full_scale must be above 0 and finite"),
    "white as text": (BYTES, {"full_scale": "255"}, TypeError, "full_scale must be a number or None, got '255'"),
    "beyond white": (BYTES + 9, {"full_scale": 8}, ValueError, "samples from 9 to 9, and full_scale=8 says"),
    "below black": (BYTES - 1.0, {"full_scale": 8}, ValueError, "shift or clip them, or raise full_scale"),
    "no number": (BYTES + np.nan, {"full_scale": 8}, ValueError, "samples from nan to nan"),
    "white of text": (BYTES.astype(str), {"full_scale": 8}, TypeError, "samples are integers or floats"),
    "white of RGB": (Image.fromarray(BYTES), {"full_scale": 8}, ValueError, "image is of mode RGB, which has a scale"),
    "mode I": (Image.new("I", (2, 2), 256), {}, ValueError, "say which value is white, as full_scale=65535"),
}


@pytest.mark.parametrize("face", [encode_png, quantize])
@pytest.mark.parametrize(("image", "options", "error", "message"), FAULTS.values(), ids=FAULTS)
def test_errors_name_the_fix(face, image, options, error, message):
    with pytest.raises(error) as caught:
        face(image, **options)
    assert message in str(caught.value)
