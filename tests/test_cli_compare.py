"""``compare``: what it prints, and the files it leaves."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from pil_kmeans.cli import main
from pil_kmeans.report import compare


@pytest.fixture
def source(tmp_path, china, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in.png"
    Image.fromarray(china).resize((64, 48)).save(path)
    return path


def run(*arguments):
    return main(["compare", *map(str, arguments)])


def files(source):
    return sorted(path.name for path in source.parent.iterdir())


def expected(source, *args, **options):
    return compare(Image.open(source), *args, original_bytes=source.stat().st_size, name="in.png", **options)


def test_table_is_printed_and_the_sheet_stands_beside_the_file(source, capsys):
    assert run("in.png", "-k", 4, 16) == 0
    out, err = capsys.readouterr()
    *table, written = out.splitlines()
    comparison = expected(source, [4, 16])
    assert [line.split()[:-1] for line in table] == [line.split()[:-1] for line in str(comparison).splitlines()]
    assert (written, err) == ("written: in-compare.png", "")
    assert files(source) == ["in-compare.png", "in.png"]
    with Image.open("in-compare.png") as sheet:
        assert np.array_equal(sheet, comparison.side_by_side())


def test_four_numbers_are_compared_by_default(source, capsys):
    assert run("in.png", "--json", "--effort=fast") == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["n_colors"] for row in document["table"]] == [4, 16, 64, 256]
    assert document["input"] == "in.png"
    assert document["original_bytes"] == source.stat().st_size


def test_chart_and_page_are_written(source, capsys):
    assert run("in.png", "-k", 4, "--html", "p.html", "--chart", "c.svg", "-o", "s.png") == 0
    assert files(source) == ["c.svg", "in.png", "p.html", "s.png"]
    page = (source.parent / "p.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<svg" in (source.parent / "c.svg").read_text()
    assert capsys.readouterr().out.splitlines()[-3:] == ["written: s.png", "written: c.svg", "written: p.html"]


def test_options_are_those_of_encode_png(source, capsys):
    assert run("in.png", "-k4", "--dither=none", "--color-space=srgb", "--fixed=red", "--threads=1", "--json") == 0
    row = json.loads(capsys.readouterr().out)["table"][0]
    wanted = expected(source, 4, dither="none", color_space="srgb", fixed_colors=["red"]).table[0]
    assert (row["bytes"], row["mse"]) == (wanted.bytes, wanted.mse)


def test_nothing_is_overwritten_without_force(source, capsys):
    (source.parent / "p.html").write_text("precious")
    assert run("in.png", "-k", 4, "--html", "p.html") == 15
    assert capsys.readouterr() == (
        "",
        "pil-kmeans: p.html exists: pass --force to overwrite it, or name another output\n",
    )
    assert files(source) == ["in.png", "p.html"]
    assert run("in.png", "-k", 4, "--html", "p.html", "--force") == 0


def test_bad_pictures_fail_on_one_line(source, capsys):
    (source.parent / "bad.png").write_text("text")
    assert run("bad.png") == 1
    assert capsys.readouterr().err == "pil-kmeans: cannot read bad.png: it is not a picture that Pillow knows\n"
    assert run("in.png", "--dither=none", "--dither-strength=1") == 1
    assert capsys.readouterr().err.startswith("pil-kmeans: cannot compare in.png: dither_strength=1.0 has no use")
    assert run("in.png", "-k4", "-o", "no/such/folder.png") == 1
    assert capsys.readouterr().err == "pil-kmeans: cannot write no/such/folder.png: No such file or directory\n"
    assert files(source) == ["bad.png", "in.png"]


def test_without_matplotlib_only_charts_fail(source, capsys, monkeypatch):
    for module in ("chart", "page"):
        monkeypatch.delitem(sys.modules, f"pil_kmeans.report.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("in.png", "-k4") == 0
    capsys.readouterr()
    assert run("in.png", "-k4", "-o", "s.png", "--html", "p.html") == 1
    assert "run `pip install 'pil_kmeans[report]'`" in capsys.readouterr().err
    assert files(source) == ["in-compare.png", "in.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-k", "0"], "must be an integer from 1 to 256, got '0'"),
        (["--chart", "c.txt"], "must end in .png, .svg or .pdf, got 'c.txt'"),
        (["-o", "x.png", "--chart", "x.png"], "-o, --chart and --html must name different files"),
    ],
)
def test_wrong_usage(source, capsys, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        run("in.png", *arguments)
    assert message in capsys.readouterr().err
    assert files(source) == ["in.png"]
