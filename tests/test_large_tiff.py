"""Large TIFFs: from their strips and tiles to the file that Pillow's samples would give, or left to Pillow."""

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image

from pil_kmeans.cli import main
from pil_kmeans.pictures import tiff
from pil_kmeans.pictures.pil_modes import pixels_from_pil

tifffile = pytest.importorskip("tifffile")

KINDS = [("u1", (70, 90)), ("u2", (70, 90)), ("u1", (70, 90, 2)), ("u1", (70, 90, 3)), ("u1", (70, 90, 4))]
LAYOUTS = [
    {"rowsperstrip": 7},
    {"byteorder": ">", "compression": "zlib"},
    {"tile": (32, 48), "compression": "zlib", "predictor": True},
]


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(tiff, "LARGE", 1000)


def written(to, samples, **options):
    """Write a TIFF by tifffile, with straight alpha."""
    n_channels = samples.shape[2] if samples.ndim == 3 else 1
    options["photometric"] = "rgb" if n_channels > 2 else "minisblack"
    if n_channels > 1:
        options["planarconfig"] = "contig"
    if n_channels % 2 == 0:
        options["extrasamples"] = ["unassalpha"]
    tifffile.imwrite(to, samples, **options)
    return to


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("dtype", "shape"), KINDS)
def test_samples_are_those_of_pillow(dtype, shape, layout):
    samples = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    file = written(io.BytesIO(), samples, **layout)
    with Image.open(file) as image:
        picture = tiff.read_large_tiff(image)
        assert picture.source.in_file
        np.testing.assert_array_equal(picture.samples, pixels_from_pil(image), strict=True)


@pytest.mark.parametrize("name", ["out.png", "out.gif", "out.webp"])
def test_files_are_those_of_pictures_in_memory(china, tmp_path, monkeypatch, capsys, name):
    path = written(tmp_path / "in.tif", china[:100, :150], tile=(64, 64), compression="zlib", resolution=(300, 300))
    outputs = [tmp_path / "large" / name, tmp_path / "small" / name]
    for output in outputs:
        output.parent.mkdir()
        assert main(["compress", str(path), "-o", str(output), "--json", "-k", "32"]) == 0
        monkeypatch.setattr(tiff, "LARGE", 1 << 25)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    large, small = (json.loads(text) for text in capsys.readouterr().out.replace("}\n{", "}\n\0{").split("\0"))
    measured = {"mse", "psnr", "ssimulacra2", "colors_before", "colors_after"}
    for key, value in large["files"][0].items():
        if key == "output":
            continue
        assert value == (None if key in measured else small["files"][0][key])


def test_people_are_told_what_is_not_measured(china, tmp_path, capsys):
    path = written(tmp_path / "in.tif", china[:64, :64])
    assert main(["compress", str(path)]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == f"in.tif: 64 x 64, {path.stat().st_size:,} bytes"
    assert "colors" not in second
    assert third == "error: not measured, since the picture is too large for memory"
    assert main(["compress", str(path), str(path), "-o", str(tmp_path / "folder")]) in (0, 1)
    assert main(["palette", str(path), "-k", "4"]) == 0


def turned(image):
    image.getexif()[0x0112] = 6
    return {"exif": image.getexif()}


@pytest.mark.parametrize(
    ("mode", "options"),
    [("RGB", turned), ("CMYK", None), ("P", None), ("1", None), ("F", None), ("RGB", "one strip")],
)
def test_others_are_left_to_pillow(china, mode, options, monkeypatch):
    image, file = Image.fromarray(china[:80, :80]).convert(mode), io.BytesIO()
    if options == "one strip":
        monkeypatch.setattr(tiff, "_MOST_DECODED", 1000)
    image.save(file, "TIFF", **(options(image) if callable(options) else {}))
    with Image.open(file) as opened:
        assert tiff.read_large_tiff(opened) is None
        opened.load()


def test_without_tifffile_pillow_reads_what_it_can_and_the_error_says_what_to_install(
    china, tmp_path, monkeypatch, capsys
):
    path = written(tmp_path / "in.tif", china[:200, :300])
    assert main(["compress", str(path), "--max-memory", "1G", "--dry-run"]) == 0
    monkeypatch.setitem(sys.modules, "tifffile", None)
    assert main(["compress", str(path), "--max-memory", "1G", "--dry-run"]) == 0
    assert "MSE" in capsys.readouterr().out
    assert main(["compress", str(path), "--max-memory", "1M", "--dry-run"]) == 1
    assert "pip install 'pil_kmeans[tiff]'" in capsys.readouterr().err
