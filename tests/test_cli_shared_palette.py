"""One palette of many files, printed, or used in each of them."""

import json

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import KMeansQuantizer
from pil_kmeans.cli import main, shared_palette


@pytest.fixture
def folder(china, tmp_path):
    """Three pictures of one photograph, of several sizes and modes, and a file that is none."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i, part in enumerate((china[:60, :80], china[200:260, :100], china[-50:, -50:])):
        Image.fromarray(part).save(pictures / f"{i}.png")
    Image.fromarray(china[:30, :30, 0]).save(pictures / "grey.png")
    (pictures / "broken.png").write_bytes(b"\x89PNG no more")
    return pictures


def expected(china, n_colors):
    parts = [china[:60, :80], china[200:260, :100], china[-50:, -50:]]
    parts.append(china[:30, :30, :1].repeat(3, axis=2))
    return KMeansQuantizer(n_colors).fit(parts)


def test_the_palette_is_that_of_all_pictures(folder, china, capsys):
    assert main(["palette", str(folder), "-k", "6", "--format", "json"]) == 1
    shown = capsys.readouterr()
    assert shown.err == f"pil-kmeans: cannot read {folder / 'broken.png'}: it is not a picture that Pillow knows\n"
    quantizer = expected(china, 6)
    found = json.loads(shown.out)
    assert found["name"] == "4 pictures"
    order = np.argsort(-quantizer.shares_, kind="stable")
    assert [color["hex"] for color in found["colors"]] == [f"#{bytes(row).hex()}" for row in quantizer.palette_[order]]
    assert sum(color["share"] for color in found["colors"]) == pytest.approx(1, abs=1e-5)


def test_processes_change_nothing(folder, capsys, monkeypatch):
    words = ["palette", *map(str, sorted(folder.glob("[0-9g]*.png"))), "-k", "6"]
    assert main([*words, "--jobs", "1"]) == 0
    alone = capsys.readouterr().out
    monkeypatch.setattr(shared_palette, "_AT_ONCE", 2)
    monkeypatch.setattr(shared_palette, "_LEAST_APART", 1)
    assert main([*words, "--jobs", "2"]) == 0
    assert capsys.readouterr().out == alone


def test_pictures_with_and_without_transparency_share(folder, capsys):
    Image.new("RGBA", (40, 40), (0, 0, 255, 128)).save(folder / "glass.png")
    (folder / "broken.png").unlink()
    assert main(["palette", str(folder), "-k", "9"]) == 0
    assert "#0000ff80" in capsys.readouterr().out.split()


def test_nothing_that_can_be_read_is_an_error(folder, capsys):
    broken = str(folder / "broken.png")
    assert main(["palette", broken, broken]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("it is not a picture that Pillow knows") == 2


def test_standard_input_stands_alone(folder, capsys):
    with pytest.raises(SystemExit):
        main(["palette", "-", str(folder / "0.png")])
    assert "- for standard input stands alone" in capsys.readouterr().err


def test_compress_uses_the_colors_of_all_in_each(folder, china, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["compress", str(folder), "-o", f"{out}/", "--shared-palette", "-k", "6", "--dither", "none"]) == 1
    assert "broken.png" in capsys.readouterr().err
    palette = {tuple(row) for row in expected(china, 6).palette_.tolist()}
    for name in ("0.png", "1.png", "2.png"):
        with Image.open(out / name) as image:
            assert {color for _, color in image.convert("RGB").getcolors()} <= palette
    assert not (out / "broken.png").exists()


def test_compress_takes_one_palette_only(folder, capsys):
    given = str(folder / "0.png")
    with pytest.raises(SystemExit):
        main(["compress", given, "--shared-palette", "--palette", given])
    assert "--shared-palette finds colors for the FILEs: drop --palette" in capsys.readouterr().err
