"""``palette`` in every format, and ``compress --palette``, which reads them all."""

import json
import re
import struct

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import quantize
from pil_kmeans.cli import main
from pil_pictures import opened


@pytest.fixture
def source(tmp_path, china):
    path = tmp_path / "in.png"
    Image.fromarray(china).resize((64, 48)).save(path)
    return path


def palette(*arguments):
    return main(["palette", *map(str, arguments)])


def hex_colors(image):
    """Hex of each colour of a P image, the most frequent first."""
    counted = sorted(image.convert("RGB").getcolors(), key=lambda item: -item[0])
    return [f"#{bytes(color).hex()}" for _, color in counted]


def test_hex_colors_are_those_of_quantize_by_frequency(source, capsys):
    assert palette(source, "-k", 5) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == hex_colors(quantize(Image.open(source), 5, weighting="perceptual"))


def test_options_are_those_of_quantize(source, capsys):
    assert palette(source, "-k4", "--fixed=red", "--color-space=srgb", "--effort=best", "--threads=1") == 0
    expected = quantize(Image.open(source), 4, fixed_colors=["red"], color_space="srgb", effort="best")
    assert set(hex_colors(expected)) <= set(capsys.readouterr().out.splitlines()) <= {*hex_colors(expected), "#ff0000"}


def ase_colors(data):
    """Name and hex of each block of a swatch exchange file."""
    signature, major, minor, n_blocks = struct.unpack_from(">4sHHI", data)
    assert (signature, major, minor) == (b"ASEF", 1, 0)
    found, at = [], 12
    for _ in range(n_blocks):
        kind, length, n_characters = struct.unpack_from(">HIH", data, at)
        name = data[at + 8 : at + 8 + 2 * n_characters].decode("utf-16-be")
        model, *rgb, use = struct.unpack_from(">4s3fH", data, at + 8 + 2 * n_characters)
        assert (kind, name[-1], model, use) == (1, "\0", b"RGB ", 2)
        found.append((name[:-1], f"#{bytes(round(255 * sample) for sample in rgb).hex()}"))
        at += 6 + length
    assert at == len(data)
    return found


@pytest.mark.parametrize(("environment", "has_blocks"), [({"COLORTERM": "truecolor"}, True), ({}, False)])
def test_terminal_shows_swatches_where_it_can(source, capsys, monkeypatch, environment, has_blocks):
    for name in ("COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert palette(source, "-k4") == 0
    colors = capsys.readouterr().out.splitlines()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert palette(source, "-k4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [re.search(r"#\w{6}", line)[0] for line in lines] == colors
    blocks = [f"\x1b[48;2;{';'.join(map(str, bytes.fromhex(color[1:])))}m      \x1b[0m  " for color in colors]
    assert all(line.startswith(block) == has_blocks for line, block in zip(lines, blocks, strict=True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert palette(source, "-k4") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_formats_name_the_same_colors(source, tmp_path, capsys):
    palette(source)
    colors = capsys.readouterr().out.splitlines()
    assert len(colors) == 8
    for name in ("p.css", "p.json", "p.gpl", "p.txt", "p.act", "p.ase"):
        assert palette(source, "-o", tmp_path / name) == 0
    css = (tmp_path / "p.css").read_text()
    assert re.findall(r"^  --color-(\d): (#\w+);$", css, re.M) == [(str(i), c) for i, c in enumerate(colors, 1)]
    document = json.loads((tmp_path / "p.json").read_text())
    assert document["name"] == "in"
    assert [entry["hex"] for entry in document["colors"]] == colors
    shares = [entry["share"] for entry in document["colors"]]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert shares == sorted(shares, reverse=True)
    gpl = (tmp_path / "p.gpl").read_text().splitlines()
    assert gpl[:4] == ["GIMP Palette", "Name: in", "Columns: 0", "#"]
    assert [f"#{bytes(map(int, line.split()[:3])).hex()}" for line in gpl[4:]] == colors
    assert (tmp_path / "p.txt").read_text().splitlines() == colors
    act = (tmp_path / "p.act").read_bytes()
    assert [f"#{act[i : i + 3].hex()}" for i in range(0, 24, 3)] == colors
    assert (act[24:768], act[768:]) == (bytes(744), b"\0\x08\xff\xff")
    assert ase_colors((tmp_path / "p.ase").read_bytes()) == [(color, color) for color in colors]
    assert capsys.readouterr() == ("", "")
    assert palette(source, "--format=css") == 0
    assert capsys.readouterr().out == css


def test_alpha_is_told_where_it_can_be(tmp_path, capsys):
    pixels = np.array([[[255, 0, 0, 255], [255, 0, 0, 255], [0, 0, 255, 128]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "alpha.png")
    assert palette(tmp_path / "alpha.png") == 0
    assert capsys.readouterr().out == "#ff0000\n#0000ff80\n"
    assert palette(tmp_path / "alpha.png", "-o", tmp_path / "p.gpl") == 1
    assert "this format holds opaque colors only, got #0000ff80: take css, json or hex" in capsys.readouterr().err
    assert not (tmp_path / "p.gpl").exists()


def test_palette_file_is_not_overwritten_without_force(source, tmp_path, capsys):
    target = tmp_path / "p.css"
    target.write_text("precious")
    assert palette(source, "-o", target) == 15
    assert target.read_text() == "precious"
    assert palette(source, "-o", target, "--force") == 0
    capsys.readouterr()
    assert palette(source, "--force") == 0  # as if there were something to overwrite
    assert capsys.readouterr().out.startswith("#")
    with pytest.raises(SystemExit, match="2"):
        palette(source, "-o", "p.png")
    assert "-o p.png names a picture, and the palette is none" in capsys.readouterr().err


COLORS = ["#102030", "#ff8000", "#ffffff"]


def as_text(kind):
    return {
        "hex": "102030\n\n#ff8000\n#FFF\n",
        "json": json.dumps(COLORS),
        "json of ours": json.dumps({"colors": [{"hex": color} for color in COLORS]}),
        "gpl": "GIMP Palette\nName: x\nColumns: 2\n# a comment\n 16  32  48\tnight\n255 128 0\n255 255 255 white\n",
    }[kind]


def compress(source, *arguments):
    return main(["compress", str(source), "--force", "-o", str(source.with_name("out.png")), *map(str, arguments)])


def result(source):
    with opened(source.with_name("out.png").read_bytes()) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def reference():
    image = Image.new("P", (1, 1))
    image.putpalette([16, 32, 48, 255, 128, 0, 255, 255, 255])
    return image


@pytest.mark.parametrize("kind", ["hex", "json", "json of ours", "gpl", "picture", "P picture"])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg"])
def test_given_palette_is_used_as_quantize_uses_it(source, tmp_path, reference, kind, dither):
    file = tmp_path / "given"
    if kind == "picture":
        Image.fromarray(np.array([[[16, 32, 48], [255, 128, 0], [255, 255, 255]]], np.uint8)).save(file, "PNG")
    elif kind == "P picture":
        reference.save(file, "PNG")
    else:
        file.write_text(as_text(kind))
    assert compress(source, "--palette", file, "--dither", dither, "--lossy=0") == 0
    expected = quantize(Image.open(source), palette=reference, dither=dither, color_space="oklab")
    assert np.array_equal(result(source), np.asarray(expected.convert("RGB")))


def test_what_palette_writes_compress_reads(source, tmp_path):
    for name in ("p.json", "p.gpl", "p.txt"):
        assert palette(source, "-o", tmp_path / name) == 0
        assert compress(source, "--palette", tmp_path / name, "--metadata=none", "--compression=fast") == 0
        assert len(np.unique(result(source).reshape(-1, 3), axis=0)) == 8


def test_the_invisible_stays_so_with_an_opaque_palette(tmp_path, capsys):
    pixels = np.zeros((4, 8, 4), np.uint8)
    pixels[:, :4] = (250, 130, 5, 255)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    (tmp_path / "given").write_text("\n".join(COLORS))
    assert compress(tmp_path / "in.png", "--palette", tmp_path / "given", "--dither=none") == 0
    with opened((tmp_path / "out.png").read_bytes()) as image:
        rgba = np.asarray(image.convert("RGBA"))
    assert (rgba[:, :4] == (255, 128, 0, 255)).all()
    assert (rgba[:, 4:, 3] == 0).all()
    (tmp_path / "given").write_text("\n".join([*COLORS[:-1], "#12345600"]))
    assert compress(tmp_path / "in.png", "--palette", tmp_path / "given", "--dither=none", "--force") == 0
    with opened((tmp_path / "out.png").read_bytes()) as image:
        assert image.convert("RGBA").getpixel((4, 0)) == (0x12, 0x34, 0x56, 0)  # the one that is given
    (tmp_path / "given").write_text("\n".join(f"0000{i:02x}" for i in range(256)))
    assert compress(tmp_path / "in.png", "--palette", tmp_path / "given") == 1
    assert "the palette neither a transparent color nor room for one: give 255 colors" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it holds 0 colors, and a palette 1 to 256"),
        (b"#102030\nblue-ish", "a color must be hex such as #ff8800 or #ff880080, got 'blue-ish'"),
        (b'{"a": 1}', 'JSON must be a list of hex strings, or an object with such a list as "colors"'),
        (b"[1]", "a color must be hex such as #ff8800 or #ff880080, got 1"),
        (b"[", "Expecting value"),
        (b"GIMP Palette\n1 2\n", "a line of a GIMP palette must begin with three numbers from 0 to 255, got '1 2'"),
        (b"\xff\xfe\x00", "it is neither a picture nor text"),
        (None, "No such file or directory"),
    ],
)
def test_palette_that_cannot_be_read_is_wrong_usage(source, tmp_path, capsys, content, message):
    if content is not None:
        (tmp_path / "given").write_bytes(content)
    with pytest.raises(SystemExit, match="2"):
        compress(source, "--palette", tmp_path / "given")
    assert message in capsys.readouterr().err
    assert not source.with_name("out.png").exists()


def test_picture_of_too_many_colors_is_no_palette(source, capsys):
    with pytest.raises(SystemExit, match="2"):
        compress(source, "--palette", source)
    assert re.search(r"it holds [\d,]+ colors, and a palette 1 to 256", capsys.readouterr().err)


@pytest.mark.parametrize("option", ["-k=4", "--fixed=red", "--effort=best"])
def test_options_without_use_for_a_given_palette_are_wrong_usage(source, tmp_path, capsys, option):
    (tmp_path / "given").write_text("#fff")
    with pytest.raises(SystemExit, match="2"):
        compress(source, "--palette", tmp_path / "given", *option.split("="))
    assert f"{option.split('=')[0]} has no use with --palette" in capsys.readouterr().err
