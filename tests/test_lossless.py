"""Pictures that are stored without loss because that is smaller."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from pil_kmeans import IndexedImage, QualityError, encode_png, ssimulacra2
from pil_kmeans.png import deflater
from pil_kmeans.png.filters import (
    LEAST_BYTES,
    LEAST_BYTES_NEARBY,
    LEAST_ENTROPY,
    LEAST_ENTROPY_OF_ALL,
    LEAST_SUM,
    UNFILTERED,
)
from pil_kmeans.png.idat import COMPRESSIONS, MEDIUM, PROBE_LEVEL, SMALL, SampleRows, smallest_stream, zlib_stream
from pil_kmeans.png.lossless import smaller, stored_pixels
from pil_pictures import opened, rgba

FRAMING = 57  # bytes of a file around its stream


def planes(size=64):
    x, y = np.mgrid[:size, :size]
    step = 256 // size
    return np.dstack([step * x, step * y, step * (x + y) // 2]).astype(np.uint8)


def soft_disc(size=32):
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip(255 * (size / 2 - np.hypot(x, y)), 0, 255).astype(np.uint8)


def grey(values):
    return np.repeat(values[..., np.newaxis], 3, axis=2)


def with_alpha(color, alpha):
    return np.dstack([color, alpha])


RAMP = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
DISC = soft_disc()
NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)

PICTURES = {  # and the mode of the file that is smallest
    "planes": (planes(), "RGB"),
    "translucent planes": (with_alpha(planes(), np.full((64, 64), 128, np.uint8)), "RGBA"),
    "grey ramp": (RAMP, "L"),
    "grey ramp in colours": (grey(RAMP), "L"),
    "black disc with a soft edge": (with_alpha(grey(np.zeros_like(DISC)), DISC), "LA"),
    "two greys": (np.tile(np.array([[0, 255]], np.uint8), (9, 9)), "1"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_smaller_without_loss_is_stored_so(name):
    picture, mode = PICTURES[name]
    data = encode_png(picture)
    result = opened(data)
    assert result.mode == mode
    np.testing.assert_array_equal(rgba(result), rgba(Image.fromarray(picture)))
    assert len(data) < len(encode_png(picture, palette_only=True))


def test_four_greys_take_two_bits():
    data = encode_png(grey(np.array([[0, 85], [170, 255]], np.uint8).repeat(9, 0)))
    assert data[24:26] == bytes([2, 0])  # depth, and grey
    assert len(np.unique(rgba(opened(data))[..., 0])) == 4


def test_large_sparse_drawings_in_grey_have_no_palette():
    """Few rows do not tell how small they become, for they repeat nothing of each other."""
    y, x = np.mgrid[:400, :500]
    discs = sum((np.hypot(x % 125 - 60, y % 100 - 50) < radius) * 85 for radius in (10, 20, 40))
    data = encode_png(discs.astype(np.uint8))
    assert data[24:26] == bytes([2, 0])
    assert len(data) < len(encode_png(discs.astype(np.uint8), palette_only=True))


def test_planes_take_what_they_should():
    assert len(encode_png(planes())) <= 138
    assert len(encode_png(planes(), palette_only=True)) > 1000


def test_palette_of_all_colors_where_that_is_smallest():
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (40, 3), np.uint8)[np.arange(64) // 8 * 5 + np.arange(64)[:, np.newaxis] // 16]
    options = {"n_colors": 8, "dither": "floyd-steinberg", "lossy": 0}
    result = opened(encode_png(picture, **options))
    assert result.mode == "P"
    np.testing.assert_array_equal(rgba(result)[..., :3], picture)
    assert opened(encode_png(picture, palette_only=True, **options)).getcolors(8) is not None


@pytest.mark.parametrize("options", [{"lossy": 0}, {"dither": "none"}, {"n_colors": 16}, {"compression": "fast"}])
def test_file_is_never_larger_than_with_a_palette_only(options, china):
    for picture in (china[:40, :50], NOISE[:24, :24], planes(16), DISC):
        assert len(encode_png(picture, **options)) <= len(encode_png(picture, palette_only=True, **options))


def test_photographs_have_palettes(china):
    assert encode_png(china[:120, :150]) == encode_png(china[:120, :150], palette_only=True)


def test_large_pictures_are_probed(monkeypatch, china):
    """Nothing is compressed twice where a few rows say that it is in vain."""
    seen = []
    monkeypatch.setattr("pil_kmeans.png.lossless.smallest_stream", lambda *args: seen.append(args) or (0, b""))
    assert smaller(china, [], than=150_000, n_tried=256, compression="default", n_threads=1) is None
    assert not seen


@pytest.mark.parametrize("quality", [90, 100])
def test_any_quality_is_reached(quality):
    for picture in (planes(), NOISE):
        data = encode_png(picture, quality=quality)
        assert ssimulacra2(picture, opened(data)) >= quality
        with pytest.raises(QualityError):
            encode_png(picture, quality=quality, n_colors=16, palette_only=True)


def test_samples_of_16_bits_are_stored_in_8():
    deep = (planes().astype(np.uint16) * 257) + 40
    result = opened(encode_png(deep))
    assert result.mode == "RGB"
    np.testing.assert_array_equal(rgba(result)[..., :3], planes())
    with pytest.raises(QualityError):
        encode_png(np.random.default_rng(0).integers(0, 2**16, (40, 40, 3), np.uint16), quality=100)


def test_a_palette_that_is_promised_is_there(tmp_path):
    import pil_kmeans.pillow

    pil_kmeans.pillow.register()
    picture = Image.fromarray(planes())
    indexed = IndexedImage(np.arange(4, dtype=np.uint8).reshape(2, 2), np.arange(12, dtype=np.uint8).reshape(4, 3) * 20)
    colors = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    picture.save(tmp_path / "p.png", format="PNG8")
    files = [
        (tmp_path / "p.png").read_bytes(),
        encode_png(picture, palette_only=True),
        encode_png(picture, palette=colors),
        encode_png(picture, palette=colors, keep_palette=True),
        encode_png(picture, fixed_colors="red"),
        encode_png([picture, picture.transpose(Image.Transpose.ROTATE_90)]),
        indexed.to_png(),
    ]
    assert [opened(data).mode for data in files] == ["P"] * len(files)


@pytest.mark.parametrize("transparent_rgb", ["first", "clear", "keep", "bleed"])
def test_transparent_pixels_hide_what_is_asked_for(transparent_rgb):
    picture = with_alpha(planes(), np.where(np.arange(64) < 20, 0, 255)[np.newaxis].repeat(64, 0).astype(np.uint8))
    result = opened(encode_png(picture, transparent_rgb=transparent_rgb, compression="fast"))
    assert result.mode == "RGBA"
    hidden = np.asarray(result)[:, :20, :3]
    expected = {
        "first": np.broadcast_to(picture[0, 0, :3], hidden.shape),
        "clear": np.zeros_like(hidden),
        "keep": picture[:, :20, :3],
        "bleed": picture[:, 20:21, :3].repeat(20, 1),
    }
    np.testing.assert_array_equal(hidden, expected[transparent_rgb])
    np.testing.assert_array_equal(np.asarray(result)[:, 20:], picture[:, 20:])


def test_bytes_do_not_depend_on_threads():
    picture = np.kron(planes(), np.ones((2, 2, 1), np.uint8))
    files = {encode_png(picture, n_threads=n_threads) for n_threads in (1, 3)}
    assert len(files) == 1
    assert opened(files.pop()).mode == "RGB"


def test_metadata_is_kept():
    image = Image.fromarray(planes())
    image.info.update(dpi=(300, 300), srgb=0)
    result = opened(encode_png(image))
    assert isinstance(result, PngImageFile)
    assert result.mode == "RGB"
    assert result.info["srgb"] == 0
    assert result.info["dpi"] == pytest.approx((300, 300), abs=0.02)


def test_rows_are_what_ihdr_says():
    for picture, color_type, depth, n_bytes in [
        (planes()[:3, :5], 2, 8, 15),
        (with_alpha(planes()[:3, :5], np.full((3, 5), 7, np.uint8)), 6, 8, 20),
        (np.full((3, 5, 1), 255, np.uint8), 0, 1, 1),
        (np.full((3, 5, 1), 85, np.uint8), 0, 2, 2),
        (np.full((3, 5, 4), 17, np.uint8), 4, 8, 10),
        (grey(np.full((3, 5), 34, np.uint8)), 0, 4, 3),
    ]:
        stored = stored_pixels(picture)
        assert (stored.color_type, stored.depth, stored.rows.shape) == (color_type, depth, (3, n_bytes))


def test_command_stores_a_palette_only_where_asked(tmp_path, capsys):
    from pil_kmeans.cli import main

    Image.fromarray(planes()).save(tmp_path / "a.png")
    for flags, mode in ([], "RGB"), (["--palette-only", "--force"], "P"):
        assert main(["compress", str(tmp_path / "a.png"), *flags]) == 0
        assert opened((tmp_path / "a-8bit.png").read_bytes()).mode == mode
    Image.open(BytesIO((tmp_path / "a-8bit.png").read_bytes())).convert("RGB").save(tmp_path / "b.gif")
    assert main(["compress", str(tmp_path / "b.gif"), "--palette-only"]) == 1
    assert "--palette-only has no use for a GIF" in capsys.readouterr().err


def icons():
    """With the bytes that oxipng 9.1 at level 4 writes of each, where all that is fully transparent has one colour."""
    y, x = np.mgrid[:48, :48]
    away = np.hypot(y - 23.5, x - 23.5)
    soft = np.clip(255 * (22 - away), 0, 255).astype(np.uint8)
    edge = np.clip(255 * (2.5 - np.abs(away - 16)), 0, 255).astype(np.uint8)
    rng = np.random.default_rng(0)
    blue = np.array([40, 90, 200], np.uint8)
    shade = np.broadcast_to((5 * y // 2 + 90)[..., None] // np.array([1, 2, 3]), (48, 48, 3)).astype(np.uint8)
    glyph = np.kron(rng.integers(0, 2, (12, 12)), np.ones((4, 4))).astype(np.uint8)
    return {
        "a black disc with a soft edge": (281, np.dstack([np.zeros_like(soft), soft])),
        "a ring before nothing": (385, np.dstack([np.broadcast_to(blue, (48, 48, 3)), edge])),
        "a shaded disc": (610, np.dstack([shade, soft])),
        "a ring on a disc": (806, np.dstack([np.where(edge[..., None] > 127, 255, shade).astype(np.uint8), soft])),
        "a flag": (
            101,
            np.where((x < 16)[..., None], [0, 85, 164], np.where((x < 32)[..., None], 255, [239, 65, 53])).astype(
                np.uint8
            ),
        ),
        "a glyph": (113, 255 * glyph),
        "levels of grey": (1268, (rng.integers(0, 16, (48, 48)) * 17).astype(np.uint8)),
        "steps of grey": (525, (np.cumsum(rng.integers(0, 2, (48, 48)), axis=1) % 16 * 17).astype(np.uint8)),
        "a map": (244, np.kron(rng.integers(0, 256, (6, 6, 3)), np.ones((8, 8, 1))).astype(np.uint8)),
        "a shaded map": (
            306,
            np.kron(rng.integers(0, 9, (8, 8, 3)), np.ones((6, 6, 1))).astype(np.uint8) * 16
            + (y + x)[..., None].astype(np.uint8),
        ),
    }


@pytest.mark.parametrize("name", icons())
def test_icons_are_exact_and_not_larger_than_good_lossless_files(name):
    """To a hundredth, and 4 bytes, which of so few are of no account."""
    good, picture = icons()[name]
    data = encode_png(picture, channel_axis=-1 if picture.ndim == 3 else None)
    assert len(data) <= 1.01 * good + 4
    shown, given = (rgba(image) for image in (opened(data), Image.fromarray(picture)))
    visible = given[..., 3] > 0
    np.testing.assert_array_equal(shown[visible], given[visible])
    np.testing.assert_array_equal(shown[..., 3], given[..., 3])


def test_patterns_of_a_few_thousand_bytes_get_filters_that_repeat_what_is_next_to_them():
    y, x = np.mgrid[:32, :32]
    rng = np.random.default_rng(128)
    away = np.hypot(x - 16, y - 16)
    ramps = [8 * x, 8 * y, 4 * (x + y), 8 * (x ^ y), 16 * abs(x - 16), 11 * away, 255 - 8 * x, x * y // 4]
    waves = [*ramps, np.full_like(x, 255), 255 * ((x // 4 + y // 4) % 2)]
    picture = np.dstack([waves[n] for n in rng.integers(0, len(waves), 4)]).astype(int) & 255
    picture = np.where((away < rng.integers(10, 30))[..., np.newaxis], picture, 0).astype(np.uint8)
    least = min(
        len(deflater.zlib_compress(stored_pixels(picture).behind(filters).whole.data, 12))
        for filters in (UNFILTERED, LEAST_ENTROPY, LEAST_ENTROPY_OF_ALL, *LEAST_BYTES, LEAST_BYTES_NEARBY)
    )
    data = smaller(picture, [], than=None, n_tried=256, compression="default", n_threads=1)
    assert data.n_bytes <= 1.01 * (FRAMING + least)


def test_quick_probe_of_a_drawing_does_not_rule_out_rows_without_filters(monkeypatch):
    drawing = np.where(np.random.default_rng(0).random((320, 320)) < 0.02, 0, 255).astype(np.uint8)
    plain, *filtered = (SampleRows(8, filters, drawing, 1) for filters in (UNFILTERED, LEAST_ENTROPY, LEAST_SUM))
    probed = SampleRows.probed_size

    def misled(rows, n_threads, level):
        return probed(rows, n_threads, level) + 9999 * (rows is plain and level == PROBE_LEVEL)

    monkeypatch.setattr(SampleRows, "probed_size", misled)
    rows, stream = smallest_stream([plain], COMPRESSIONS["default"], 1, more=filtered)
    assert plain.n_bytes > SMALL
    assert rows is plain
    assert len(stream) == len(deflater.zlib_compress(plain.whole.data, 12))


def test_large_plain_drawings_get_the_highest_level():
    """Which finds a quarter more in them."""
    y, x = np.mgrid[:1100, :1200]
    discs = sum((np.hypot(x % 125 - 60, y % 97 - 50) < radius) * 80 for radius in (9, 20, 41)).astype(np.uint8)
    rows = [SampleRows(8, filters, discs, 1) for filters in (UNFILTERED, LEAST_ENTROPY)]
    best, stream = smallest_stream(rows, COMPRESSIONS["default"], 1)
    assert best.n_bytes > MEDIUM
    assert bytes(stream) == bytes(zlib_stream(best, 12, 1, np.empty))
    assert len(stream) < 0.95 * len(zlib_stream(best, 10, 1, np.empty))
