"""The benchmarks' judges, records and comparisons; without their commands and folders of pictures."""

import json
import os
import re
from argparse import Namespace

import numpy as np
import pytest
from PIL import Image

from benchmarks import crates, needs
from benchmarks.animation import front
from benchmarks.environment import without_places
from benchmarks.judges import find_judges, judged
from benchmarks.judges.colors import blurred_error, dark_colors, psnr, worst_block, worst_block_of_light
from benchmarks.judges.seen import Seen
from benchmarks.look import compare
from benchmarks.look.agreement import agreement
from benchmarks.look.judge import judge_group
from benchmarks.look.losses import find_losses
from benchmarks.look.make import Work, make_one
from benchmarks.look.methods import DITHERED, QUANTETTE_UNDITHERED, UNDITHERED, of_few_colors
from benchmarks.made import MADE
from benchmarks.records import as_json, read_records, write_record
from pil_kmeans import encode_png


@pytest.fixture
def no_commands(monkeypatch):
    """A machine without the commands that judges and peers need."""
    monkeypatch.setenv("PATH", "")
    for cached in (crates.build, find_judges):
        cached.cache_clear()
    yield
    for cached in (crates.build, find_judges):
        cached.cache_clear()


@pytest.fixture
def seen(tmp_path):
    return lambda pixels: Seen(np.asarray(pixels, np.uint8), tmp_path / "picture")


def flat(grey, height=32, width=32):
    return np.full((height, width, 3), grey, np.uint8)


def test_worst_block_is_the_difference_of_its_means(seen):
    black, result = flat(0), flat(0)
    result[16:, :8] = 255  # half of a block is white, which is 100 lighter than black
    assert worst_block(seen(black), seen(result)) == pytest.approx(50, abs=0.01)


def test_worst_block_reaches_the_edges_of_any_size(seen):
    black, result = flat(0, 20, 37), flat(0, 20, 37)
    result[4:, 21:] = 255
    assert worst_block(seen(black), seen(result)) == pytest.approx(100, abs=0.01)
    assert worst_block(seen(flat(0, 3, 5)), seen(flat(255, 3, 5))) == pytest.approx(100, abs=0.01)


def test_blocks_of_half_black_and_half_white_have_the_light_of_a_bright_grey(seen):
    dots = flat(0)
    dots[np.indices((32, 32)).sum(axis=0) % 2 == 1] = 255
    assert worst_block_of_light(seen(flat(188)), seen(dots)) < 0.3
    assert worst_block(seen(flat(188)), seen(dots)) > 20
    assert worst_block_of_light(seen(flat(0)), seen(flat(255))) == pytest.approx(100, abs=0.01)


def test_blurred_error_is_small_where_light_is_the_same_from_afar(seen):
    checkers = np.indices((32, 32)).sum(axis=0)[..., None] % 2 * flat(255)
    same_light, same_bytes = flat(188), flat(128)
    assert blurred_error(seen(checkers), seen(checkers)) == 0
    assert blurred_error(seen(checkers), seen(same_light)) < 1
    assert blurred_error(seen(checkers), seen(same_bytes)) > 20


def test_dark_colors_are_those_below_five(seen):
    picture = flat(0)
    picture[0, :3] = np.array([[16], [17], [255]])  # L* 4.7, 5.1 and 100
    assert dark_colors(seen(flat(99)), seen(picture)) == 2


def test_psnr_of_a_difference_of_one(seen):
    assert psnr(seen(flat(7)), seen(flat(8))) == pytest.approx(20 * np.log10(255))
    assert psnr(seen(flat(7)), seen(flat(7))) is None


def test_missing_commands_are_named_and_say_nothing(no_commands):
    judges, missing = find_judges()
    assert [sentence.partition(" is left out")[0] for sentence in missing] == [
        "the same by fast-ssim2",
        "Butteraugli 3-norm",
        "Butteraugli max",
        "DSSIM",
    ]
    scores = judged(flat(0), {"result": flat(9)})
    assert scores["result"].keys() == {judge.key for judge in judges}


def test_a_program_of_a_lower_version_is_missing(monkeypatch):
    monkeypatch.setattr(needs.shutil, "which", lambda name: name)
    monkeypatch.setattr(needs, "major_version", lambda name: 2)
    assert needs.program("pngquant", least=2)() is None
    assert needs.program("pngquant", least=3)() == "pngquant is of version 2, not 3"


def test_files_made_are_judged_on_each_background(no_commands, tmp_path):
    (tmp_path / "originals" / "made").mkdir(parents=True)
    Image.fromarray(MADE["icon_32"]()).save(tmp_path / "originals" / "made" / "icon_32.png")
    files = make_one(tmp_path, Work("made", "made/icon_32", 16, [DITHERED, UNDITHERED]))
    rows = judge_group(tmp_path, files)
    assert [(row["method"], row["background"]) for row in rows] == [
        (method, background) for background in ("black", "white", "steel blue") for method in (DITHERED, UNDITHERED)
    ]
    assert all(row["scores"]["ssimulacra2"] < 100 for row in rows)


def row(method, score, norm, *, picture="a", n_colors=16):
    scores = {"ssimulacra2": score, "butteraugli_3norm": norm}
    place = {"kind": "photographs", "picture": picture, "background": "opaque", "n_colors": n_colors}
    return {**place, "method": method, "scores": scores}


def test_losses_are_to_the_best_of_the_peers():
    rows = [row(UNDITHERED, 50, 2.0), row(QUANTETTE_UNDITHERED, 51, 1.0), row("pngquant undithered", 53, 4.0)]
    found = [(loss["judge"], loss["peer"], loss["lost"]) for loss in find_losses(rows)]
    assert found == [
        ("ssimulacra2", "pngquant undithered", 3),
        ("butteraugli_3norm", QUANTETTE_UNDITHERED, 1.0),
    ]
    assert find_losses([row(UNDITHERED, 50, 1.0), row("pngquant undithered", 50, 1.0)]) == []


def test_changes_are_of_means_over_what_both_records_have():
    old = [row(UNDITHERED, 50, 2.0), row(UNDITHERED, 60, 4.0, picture="b"), row(UNDITHERED, 0, 1.0, n_colors=8)]
    new = [row(UNDITHERED, 51, 1.0), row(UNDITHERED, 63, 2.0, picture="b"), row(DITHERED, 0, 1.0)]
    (changed,) = compare.changes(old, new)
    assert (changed["n_colors"], changed["pictures"]) == (16, 2)
    assert changed["changes"] == {"ssimulacra2": 2, "butteraugli_3norm": 0.5}


def test_a_record_of_ours_alone_is_compared_with_the_peers_of_the_other(tmp_path, capsys):
    peers = [row(QUANTETTE_UNDITHERED, 52, 2.0), row("pngquant undithered", 50, 2.0)]
    for name, rows in (("old", [row(UNDITHERED, 50, 2.0), *peers]), ("new", [row(UNDITHERED, 51.8, 2.0)])):
        results = {"made": {"code": name}, "scores": rows}
        write_record(tmp_path / name, {"environment": {"date": "today"}, "results": results})
    compare.run(Namespace(old=tmp_path / "old", new=tmp_path / "new", lost_at=[16]))
    assert f"{UNDITHERED}: old 1 of 1, new 0 of 1\n" in capsys.readouterr().out


def test_records_have_one_row_a_line():
    record = {"a": {"b": 1, "c": [1, 2]}, "rows": [{"x": 1, "y": {"z": [[1, 2]]}}, {"x": 2}], "none": [], "empty": {}}
    text = as_json(record)
    assert json.loads(text) == record
    assert '\n  {"x": 1, "y": {"z": [[1, 2]]}},\n  {"x": 2}\n' in text


def test_pictures_are_made_the_same_again():
    for make in MADE.values():
        pixels = make()
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] in (3, 4)
        np.testing.assert_array_equal(pixels, make())


def test_pixels_of_few_colors_become_a_palette(china):
    pixels = np.asarray(Image.fromarray(china).quantize(16).convert("RGB"))
    image = of_few_colors(pixels)
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), pixels)


def test_judges_agree_if_they_order_methods_alike():
    rows = [row("one", 10, 3.0), row("two", 20, 2.0), row("three", 30, 1.0)]
    assert agreement(rows)["ssimulacra2", "butteraugli_3norm"] == pytest.approx(1)
    rows += [row(method, score, score, picture="b") for method, score in (("one", 1), ("two", 2), ("three", 3))]
    assert agreement(rows)["ssimulacra2", "butteraugli_3norm"] == pytest.approx(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="files are tried in processes that fork")
def test_files_of_a_folder_are_tried_and_faults_named(tmp_path, capsys, monkeypatch):
    from benchmarks import files

    (tmp_path / "text.png").write_text("not a picture")
    colors = np.random.default_rng(0).integers(0, 256, (16, 3), np.uint8)
    Image.fromarray(colors[np.random.default_rng(1).integers(0, 16, (40, 30))]).save(tmp_path / "few.png")
    arguments = Namespace(folder=tmp_path, most_pixels=10_000)
    assert files.run(arguments) == 0
    assert re.search(r"2 files in \d+ s: .*; 0 faults", capsys.readouterr().out)
    monkeypatch.setattr(files, "encode_png", lambda image, **_: encode_png(image, n_colors=3))
    monkeypatch.setattr(files, "faults_of_look", lambda _: os.abort())
    assert files.tried_apart(tmp_path / "few.png", 10_000)["faults"] == ["the process ended with -6"]
    monkeypatch.setattr(files, "faults_of_look", lambda _: [])
    assert "few.png: 256 colours: not exact" in (files.run(arguments), capsys.readouterr().out)[1]


def test_the_curve_of_animations_is_of_files_that_no_smaller_one_outdoes():
    files = [{"score": score, "bytes": size} for score, size in [(91.3, 339), (91.4, 307), (88.9, 248), (88.9, 250)]]
    assert [file["bytes"] for file in front(files)] == [248, 307]


def test_records_name_no_place_of_a_machine():
    words = ["animation", "--base", "/opt/other/bin/python", "--clips", "pan", "--json", "/tmp/record.json"]
    assert without_places(words) == ["animation", "--clips", "pan"]
    words = ["animation", "--rest", "/tmp/a.json", "/tmp/b.json", "--long", "9"]
    assert without_places(words) == ["animation", "--long", "9"]
    for name, record in read_records().items():
        assert " /" not in record["environment"]["command"], name
