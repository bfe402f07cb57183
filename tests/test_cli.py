"""The command: exit status, what it prints, and the files it leaves."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_png, ssimulacra2
from pil_kmeans.cli import main
from pil_kmeans.stages.dithering.diffuse import BY_MASK
from pil_pictures import opened


@pytest.fixture
def source(tmp_path, china):
    path = tmp_path / "in.png"
    Image.fromarray(china).resize((64, 48)).save(path)
    return path


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.png"


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def run(*arguments):
    return main(["compress", *map(str, arguments)])


def usage_error(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_picture_is_written_and_reported(source, target, capsys):
    assert run(source, "-k", 16, "-o", target) == 0
    out, err = capsys.readouterr()
    with opened(target.read_bytes()) as image, Image.open(source) as original:
        assert len(image.getcolors()) == 16
        difference = np.asarray(original).astype(float) - np.asarray(image.convert("RGB"))
        n_colors = len(np.unique(np.asarray(original).reshape(-1, 3), axis=0))
    mse = np.square(difference).sum(-1).mean()
    assert f"in.png: 64 x 48, {n_colors:,} colors, {source.stat().st_size:,} bytes\n" in out
    assert f"{target}: 16 colors, {target.stat().st_size:,} bytes" in out
    psnr = 10 * np.log10(3 * 255**2 / mse)
    assert f"MSE {mse:.2f} (mean squared distance in 8-bit R, G, B), PSNR {psnr:.2f} dB\n" in out
    assert err == ""
    assert files(source.parent) == ["in.png", "out.png"]


def test_without_file_a_photograph_of_scikit_learn_is_taken(target, capsys):
    assert run("-k", 4, "-o", target, "--effort=fast", "--dither=none", "--lossy=0", "--compression=fast") == 0
    assert "china.jpg: 640 x 427" in capsys.readouterr().out
    with opened(target.read_bytes()) as image:
        assert image.size == (640, 427)


def test_options_are_those_of_encode_png(source, target):
    options = {"n_colors": 9, "color_space": "srgb", "effort": "best", "metadata": "all", "n_threads": 1}
    options |= {"dither": "floyd-steinberg", "dither_strength": 0.7, "compression": "max", "lossy": 0.5}
    arguments = ["--n-colors=9", "--color-space=srgb", "--effort=best", "--metadata=all", "--threads=1"]
    arguments += ["--dither=floyd-steinberg", "--dither-strength=0.7", "--compression=max", "--lossy=0.5"]
    assert run(source, "-o", target, *arguments) == 0
    with Image.open(source) as image:
        assert target.read_bytes() == encode_png(image, **options)


def test_preset_and_quality_are_those_of_encode_png(source, target):
    for words, options in (
        (["--preset=tiny", "-k9"], {"preset": "tiny", "n_colors": 9}),
        (["--preset=web", "--lossy=2"], {"lossy": 2}),
        (["--quality=50"], {"quality": 50}),
        (["--quality", "0-60", "-k32", "--palette-only"], {"quality": "0-60", "n_colors": 32, "palette_only": True}),
    ):
        assert run(source, "-o", target, "--force", *words) == 0
        with Image.open(source) as image:
            assert target.read_bytes() == encode_png(image, **options)


def test_below_the_floor_of_a_range_nothing_is_written(source, target, capsys):
    assert run(source, "-o", target, "-k2", "--quality=60-80") == 99
    assert "quality=60 cannot be reached" in capsys.readouterr().err
    assert not target.exists()
    for wrong in ("80-60", "high", "101", "nan"):
        assert f"got {wrong}" in usage_error(capsys, source, "--quality", wrong).replace("'", "")


def test_score_is_told_on_request_and_in_json(source, target, capsys):
    assert run(source, "-o", target, "-k16", "--score") == 0
    score = ssimulacra2(Image.open(source), target.read_bytes())
    assert f", SSIMULACRA 2: {score:.1f}\n" in capsys.readouterr().out
    assert run(source, "-o", target, "-k16", "--force", "--json") == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["ssimulacra2"] == pytest.approx(score, abs=1e-9)
    assert run(source, "-o", target, "-k16", "--force") == 0
    assert "SSIMULACRA" not in capsys.readouterr().out


def test_without_words_it_says_what_to_type(capsys):
    assert main([]) == 2
    assert "pil-kmeans compress pictures/" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        (["compres", "a.png"], "did you mean compress?"),
        (["compress", "a.png", "--qualty=60"], "unrecognized arguments: --qualty=60: did you mean --quality?"),
        (["compare", "a.png", "--htm1", "x"], "did you mean --html?"),
        (["compress", "a.png", "--effort", "fats"], "did you mean fast?"),
        (["compress", "a.png", "--preset", "wep"], "did you mean web?"),
        (["palette", "a.png", "--kind=acccent"], "did you mean accent?"),
    ],
)
def test_mistyped_words_are_answered_by_what_is_close(capsys, words, suggestion):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    error = capsys.readouterr().err
    assert (stopped.value.code, suggestion in error) == (2, True), error
    assert len(error.splitlines()) == 2


def test_a_picture_in_place_of_a_command_is_answered_by_the_command(source, capsys):
    with pytest.raises(SystemExit):
        main([str(source)])
    assert f"to compress it type pil-kmeans compress {source}" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["compress", "--zzzz"])
    assert "did you mean" not in capsys.readouterr().err


def test_lossy_is_chosen_on_request(source, target):
    assert run(source, "-o", target, "-k9", "--lossy=auto") == 0
    with Image.open(source) as image:
        assert target.read_bytes() == encode_png(image, n_colors=9, lossy="auto")


def test_exact_result_is_reported_as_such(tmp_path, target, capsys):
    Image.new("RGB", (5, 4), (1, 2, 3)).save(tmp_path / "one.png")
    assert run(tmp_path / "one.png", "-o", target) == 0
    assert "MSE 0.00" in capsys.readouterr().out


def test_error_with_alpha_is_premultiplied(tmp_path, target, capsys):
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, 1] = [200, 100, 50, 128]
    Image.fromarray(pixels).save(tmp_path / "alpha.png")
    assert run(tmp_path / "alpha.png", "-o", target) == 0
    assert "MSE 0.00 (mean squared distance in 8-bit premultiplied R, G, B and alpha)" in capsys.readouterr().out


def test_existing_output_is_kept_without_force(source, target, capsys):
    target.write_bytes(b"precious")
    assert run(source, "-o", target) == 15
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"pil-kmeans: {target} exists: pass --force to overwrite it, or name another output\n"
    assert target.read_bytes() == b"precious"


def test_force_overwrites_also_the_input(source, target):
    target.write_bytes(b"precious")
    assert run(source, "-o", target, "--force") == 0
    assert run(source, "-o", target, "--force") == 0
    assert run(source, "-o", source, "--force") == 0
    assert source.read_bytes() == target.read_bytes()
    assert files(source.parent) == ["in.png", "out.png"]


def test_missing_input_fails(tmp_path, target, capsys):
    assert run(tmp_path / "none.png", "-o", target) == 1
    assert re.fullmatch(r"pil-kmeans: cannot read .*none\.png: No such file or directory\n", capsys.readouterr().err)
    assert files(tmp_path) == []


def test_input_that_is_no_picture_fails(tmp_path, target, capsys):
    (tmp_path / "text.png").write_text("not a picture")
    assert run(tmp_path / "text.png", "-o", target) == 1
    assert "it is not a picture that Pillow knows" in capsys.readouterr().err
    assert files(tmp_path) == ["text.png"]


def test_broken_picture_fails(source, target, capsys):
    source.write_bytes(source.read_bytes()[:1000])
    assert run(source, "-o", target) == 1
    assert "cannot read" in capsys.readouterr().err
    assert not target.exists()


def test_picture_that_cannot_be_compressed_fails(tmp_path, target, capsys):
    Image.fromarray(np.array([[0.0, 1e6]], np.float32)).save(tmp_path / "float.tiff")
    assert run(tmp_path / "float.tiff", "-o", target) == 1
    assert "cannot compress" in capsys.readouterr().err
    assert files(tmp_path) == ["float.tiff"]


def test_output_that_cannot_be_written_fails(source, tmp_path, capsys):
    assert run(source, "-o", tmp_path / "no" / "out.png") == 1
    assert "cannot write" in capsys.readouterr().err
    (tmp_path / "folder.png").mkdir()
    assert run(source, "-o", tmp_path / "folder.png", "--suffix=", "--force") == 0  # into it
    (tmp_path / "in-8bit.png").mkdir()
    assert run(source, "--force") == 1
    assert "in-8bit.png is not a regular file" in capsys.readouterr().err
    assert files(tmp_path) == ["folder.png", "in-8bit.png", "in.png"]


def test_nothing_is_left_when_writing_fails(source, target, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert run(source, "-o", target) == 1
    assert capsys.readouterr().err == f"pil-kmeans: cannot write {target}: No space left on device\n"
    assert files(source.parent) == ["in.png"]


def test_new_file_has_the_usual_permissions(source, target):
    usual = source.parent / "usual"
    usual.touch()
    assert run(source, "-o", target) == 0
    assert os.stat(target).st_mode == os.stat(usual).st_mode


@pytest.mark.parametrize("dither", ["none", *BY_MASK])
def test_every_way_to_dither(source, target, dither):
    assert run(source, "-k", 9, f"--dither={dither}", "-o", target) == 0
    with Image.open(source) as image:
        assert target.read_bytes() == encode_png(image, n_colors=9, dither=dither)


def test_dithering_is_auto_by_default(source, target):
    assert run(source, "-k", 9, "-o", target) == 0
    with Image.open(source) as image:
        assert target.read_bytes() == encode_png(image, n_colors=9, dither="auto")


@pytest.mark.parametrize("strength", ["-0.1", "1.01", "nan", "x"])
def test_wrong_strength_is_wrong_usage(source, target, capsys, strength):
    message = usage_error(capsys, source, f"--dither-strength={strength}", "-o", target)
    assert f"must be a number from 0 to 1, got '{strength}'" in message


def test_strength_without_dithering_fails(source, target, capsys):
    assert run(source, "--dither=none", "--dither-strength=0.5", "-o", target) == 1
    assert "dither_strength=0.5 has no use" in capsys.readouterr().err


@pytest.mark.parametrize("colors", ["0", "257", "x", "2.5"])
def test_wrong_number_of_colors_is_wrong_usage(source, target, capsys, colors):
    message = usage_error(capsys, source, "-k", colors, "-o", target)
    assert f"must be an integer from 1 to 256, got '{colors}'" in message
    assert not target.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--threads", "0"],
        ["--effort", "slow"],
        ["--color-space", "x"],
        ["--metadata", "x"],
        ["--dither", "x"],
        ["--what"],
    ],
)
def test_wrong_options_are_wrong_usage(source, target, capsys, arguments):
    assert arguments[0] in usage_error(capsys, source, "-o", target, *arguments)


def test_without_file_the_output_must_be_named(capsys):
    assert "name the pictures to compress" in usage_error(capsys)


def test_module_runs_as_a_command(source, target):
    target.touch()
    command = [sys.executable, "-m", "pil_kmeans", "compress", source, "-o", target, "-k", "3"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 15
