"""The command on many files: what it finds, where results go, what it leaves, exit status, JSON."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_png, ssimulacra2
from pil_kmeans.cli import main
from pil_kmeans.cli.progress_bar import Progress
from pil_kmeans.pictures.from_files import EXTENSIONS
from pil_kmeans.stages.progress import Done
from pil_pictures import opened


@pytest.fixture(scope="module")
def small(china):
    return Image.fromarray(china).resize((24, 16))


@pytest.fixture
def folder(tmp_path, small, monkeypatch):
    """Two pictures, one below, and a text; relative paths begin here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    small.save(tmp_path / "a.png")
    small.rotate(90).save(tmp_path / "b.jpg")
    small.rotate(180).save(tmp_path / "below" / "c.bmp")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


ALL = ["a.png", "b.jpg", "below/c.bmp", "notes.txt"]


def run(*arguments):
    return main(["compress", "-k", "4", *map(str, arguments)])


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def contents(folder):
    return {name: (folder / name).read_bytes() for name in tree(folder)}


def usage_error(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err


def report(capsys):
    out, err = capsys.readouterr()
    return json.loads(out), err


# what is found


def test_results_stand_beside_their_files(folder, capsys):
    before = contents(folder)
    assert run("a.png", "b.jpg") == 0
    assert tree(folder) == sorted([*ALL, "a-8bit.png", "b-8bit.png"])
    assert before.items() <= contents(folder).items()
    with Image.open("b.jpg") as image:
        assert (folder / "b-8bit.png").read_bytes() == encode_png(image, n_colors=4)
    out, err = capsys.readouterr()
    assert err == ""
    sizes = {name: len(data) for name, data in contents(folder).items()}
    assert f"a.png -> a-8bit.png: {sizes['a.png']:,} -> {sizes['a-8bit.png']:,} bytes" in out
    old, new = (sizes["a" + end] + sizes["b" + other] for end, other in ((".png", ".jpg"), ("-8bit.png", "-8bit.png")))
    assert out.endswith(f"2 files: {old:,} -> {new:,} bytes ({new / old:.1%})\n")


def test_folder_gives_its_pictures_and_recursive_those_below(folder):
    assert run(".") == 0
    assert tree(folder) == sorted([*ALL, "a-8bit.png", "b-8bit.png"])
    assert run(".", "--recursive", "--force") == 0  # takes no result of the run before for a picture
    assert tree(folder) == sorted([*ALL, "a-8bit.png", "b-8bit.png", "below/c-8bit.png"])


def test_pattern_that_no_shell_replaced_finds_files(folder):
    assert run("*.png", "**/*.bmp") == 0
    assert tree(folder) == sorted([*ALL, "a-8bit.png", "below/c-8bit.png"])


def test_file_with_the_name_of_a_pattern_is_that_file(folder, small):
    small.save("[ab].png")
    assert run("[ab].png", "--suffix=-x") == 0
    assert "[ab]-x.png" in tree(folder)
    assert "a-x.png" not in tree(folder)


def test_hidden_files_are_not_taken_from_folders(folder):
    shutil.copy("a.png", ".a.png")
    (folder / ".hidden").mkdir()
    shutil.copy("a.png", ".hidden/a.png")
    assert run(".", "--recursive", "--dry-run") == 0
    assert run(".a.png") == 0
    assert [name for name in tree(folder) if name.endswith("-8bit.png")] == [".a-8bit.png"]


@pytest.mark.parametrize("word", ["empty", "*.nothing", "nothing/*"])
def test_word_that_names_no_picture_fails_and_does_not_stop_the_others(folder, capsys, word):
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").touch()
    assert run(word, "a.png") == 1
    err = capsys.readouterr().err
    expected = "no pictures in the folder empty: --recursive looks below it, too"
    assert err == f"pil-kmeans: {expected if word == 'empty' else f'no file matches {word}'}\n"
    assert "a-8bit.png" in tree(folder)


def test_folder_that_cannot_be_read_fails_and_does_not_stop_the_others(folder, capsys, monkeypatch):
    usual = os.scandir

    def scandir(path):
        if os.path.basename(path) == "below":  # whatever the administrator may read
            raise PermissionError(13, "Permission denied", path)
        return usual(path)

    monkeypatch.setattr("os.scandir", scandir)
    assert run(".", "a.png", "--recursive") == 1
    assert capsys.readouterr().err == f"pil-kmeans: cannot read {os.path.join('.', 'below')}: Permission denied\n"
    assert "a-8bit.png" in tree(folder)


def test_empty_name_is_not_the_current_folder(folder, capsys):
    assert run("", "a.png") == 1
    assert capsys.readouterr().err == "pil-kmeans: an empty name is no file\n"
    assert set(tree(folder)) - set(ALL) == {"a-8bit.png"}


def test_same_file_twice_is_done_once(folder, capsys):
    os.symlink("a.png", "link.png")
    assert run("a.png", "./a.png", "*.png", "--json", "--in-place") == 0
    document, err = report(capsys)
    assert [row["input"] for row in document["files"]] == ["a.png"]
    assert err == ""


def test_two_files_of_one_name_do_not_overwrite_each_other(folder, small, capsys):
    small.save("b.png")
    assert run("b.jpg", "b.png") == 1
    err = capsys.readouterr().err
    assert err.startswith("pil-kmeans: b.png would become ")
    assert err.endswith("b-8bit.png, as b.jpg: rename one of them, or do it by itself\n")
    with Image.open("b.jpg") as image:
        assert (folder / "b-8bit.png").read_bytes() == encode_png(image, n_colors=4)


def test_every_format_is_read(tmp_path, small):
    kinds = {"png": "PNG", "webp": "WEBP", "tif": "TIFF", "tiff": "TIFF", "bmp": "BMP", "gif": "GIF"}
    for extension in EXTENSIONS:
        small.save(tmp_path / f"{extension[1:]}{extension.upper()}", kinds.get(extension[1:], "JPEG"))
    assert run(tmp_path, "-o", f"{tmp_path}/out/") == 0
    assert tree(tmp_path / "out") == sorted(
        f"{extension[1:]}{'.gif' if extension == '.gif' else '.png'}" for extension in EXTENSIONS
    )
    for path in (tmp_path / "out").iterdir():
        with Image.open(path) as image:
            assert image.format == path.suffix[1:].upper()
            assert image.size == small.size


# where results go


def test_output_folder_is_made_and_keeps_the_tree(folder):
    assert run(".", "--recursive", "-o", "new/out") == 0
    assert [name for name in tree(folder) if name.startswith("new")] == [
        "new/out/a.png",
        "new/out/b.png",
        "new/out/below/c.png",
    ]


def test_suffix_ends_the_name(folder):
    assert run("a.png", "--suffix=.small") == 0
    assert run("a.png", "b.jpg", "--suffix=-s", "-o", "out") == 0
    assert run("b.jpg", "--suffix=") == 0
    assert set(tree(folder)) - set(ALL) == {"a.small.png", "out/a-s.png", "out/b-s.png", "b.png"}


def test_in_place_replaces_pngs_and_keeps_mode_and_links(folder, capsys):
    os.symlink("a.png", "link.png")
    os.chmod("a.png", 0o640)
    with Image.open("a.png") as image:
        expected = encode_png(image, n_colors=4)
    assert run("link.png", "--in-place") == 0
    assert os.path.islink("link.png")
    assert (folder / "a.png").read_bytes() == expected
    if os.name == "posix":
        assert os.stat("a.png").st_mode & 0o777 == 0o640
    before = contents(folder)
    assert run("b.jpg", "--in-place") == 1
    assert "it is neither a PNG nor a GIF but JPEG" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_animations_keep_frames_and_times_in_place_and_beside(folder, small, capsys, file_format):
    name = f"moving.{file_format.lower()}"
    small.save(name, file_format, save_all=True, append_images=[small.rotate(180)], duration=[40, 70], loop=3)
    assert run(name, "--lossy=0") == 0
    assert ", 2 frames\n" in capsys.readouterr().out
    assert run(name, "--in-place", "--lossy=0") == 0
    for path in (name, f"moving-8bit{name[-4:]}"):
        with Image.open(path) as image:
            assert (image.format, image.n_frames, image.info["loop"]) == (file_format, 2, 3)
            times = []
            for n in range(2):
                image.seek(n)
                times.append(image.info["duration"])
            assert times == [40, 70]


def test_the_extension_of_the_output_says_what_is_written(folder, small):
    small.save("moving.gif", save_all=True, append_images=[small.rotate(180)], duration=[40, 70])
    for name, file_format in (("x.png", "PNG"), ("x.apng", "PNG"), ("x.GIF", "GIF"), ("x", "GIF")):
        assert run("moving.gif", "-o", name) == 0
        with Image.open(name) as image:
            assert (image.format, image.n_frames) == (file_format, 2)
    assert run("a.png", "-o", "a.gif") == 0
    assert (folder / "a.gif").read_bytes()[:6] == b"GIF89a"


def test_what_has_no_use_for_a_gif_is_refused(folder, capsys):
    assert run("a.png", "-o", "a.gif", "--compression=max") == 1
    assert "--compression has no use for a GIF: drop it, or name a .png" in capsys.readouterr().err
    assert "a.gif" not in tree(folder)


@pytest.mark.usefixtures("folder")
def test_a_name_that_says_another_kind_is_not_replaced(small, capsys):
    small.save("a.gif", "PNG")
    assert run("a.gif", "--in-place") == 1
    assert "it is a PNG, which its name does not say" in capsys.readouterr().err


def test_dry_run_reports_and_writes_nothing(folder, capsys):
    before = contents(folder)
    assert run("a.png", "b.jpg", "--dry-run") == 0
    assert "2 files, a dry run: " in capsys.readouterr().out
    assert run("a.png", "--in-place", "--dry-run") == 0
    assert "not written: a dry run\n" in capsys.readouterr().out
    assert contents(folder) == before


def test_any_number_of_jobs_gives_the_same_bytes_and_report(folder, capsys):
    found = []
    for jobs in (1, 2, 5):
        assert run(".", "--recursive", "--jobs", jobs, "-o", "out", "--force", "--json") == 0
        found.append((contents(folder / "out"), capsys.readouterr().out))
    assert found[0] == found[1] == found[2]


# what stops a file, and not the others


def test_existing_results_are_kept_and_the_others_written(folder, capsys):
    (folder / "a-8bit.png").write_bytes(b"precious")
    assert run("a.png", "b.jpg") == 15
    out, err = capsys.readouterr()
    assert err == "pil-kmeans: a-8bit.png exists: pass --force to overwrite it, or name another output\n"
    assert out.splitlines()[-1].endswith("; 1 not overwritten")
    assert (folder / "a-8bit.png").read_bytes() == b"precious"
    assert "b-8bit.png" in tree(folder)


def test_result_that_is_not_smaller_is_skipped_if_asked(folder, capsys):
    few = encode_png(Image.open("b.jpg"), n_colors=4)
    (folder / "a.png").write_bytes(encode_png(few))  # of few colors, which are stored exactly
    size = os.path.getsize("a.png")
    assert run("a.png", "--skip-if-larger") == 98
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"pil-kmeans: a.png is skipped: the result has {size} bytes, and the file {size}\n")
    assert tree(folder) == ALL
    assert run("a.png", "b.jpg", "--skip-if-larger") == 98
    assert capsys.readouterr().out.splitlines()[-1].endswith("; 1 not smaller, skipped")
    assert tree(folder) == sorted([*ALL, "b-8bit.png"])


def bomb():
    """PNG that claims 60,000 x 60,000 pixels."""
    data = bytearray(encode_png(np.zeros((1, 1), np.uint8)))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


BAD = {
    "text.png": (b"not a picture", "it is not a picture that Pillow knows"),
    "empty.png": (b"", "the file is empty"),
    "truncated.png": (encode_png(np.random.default_rng(0).random((40, 40)))[:900], "image file is truncated"),
    "bomb.png": (bomb(), "could be decompression bomb DOS attack"),
    "header.png": (b"\x89PNG\r\n\x1a\n", ""),
}
if os.name == "posix":  # where a name may have any letter
    BAD["no\nname \xfc.png"] = (b"x", r"no\nname \xfc.png: it is not")


def test_bad_files_are_each_one_line_and_do_not_stop_the_others(folder, capsys):
    for name, (data, _) in BAD.items():
        (folder / name).write_bytes(data)
    before = contents(folder)
    assert run(".", "missing.png", "--jobs", 2) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == len(BAD) + 1
    assert all(line.startswith("pil-kmeans: cannot read ") for line in lines)
    assert all(any(message.replace(r"\xfc", "\xfc") in line for line in lines) for _, message in BAD.values())
    assert "pil-kmeans: cannot read missing.png: No such file or directory" in lines
    assert out.splitlines()[-1].endswith(f"; {len(BAD) + 1} failed")
    after = contents(folder)
    assert set(after) - set(before) == {"a-8bit.png", "b-8bit.png"}
    assert before.items() <= after.items()


def test_read_only_file_is_not_replaced(folder, capsys, monkeypatch):
    os.chmod("a.png", 0o400)
    monkeypatch.setattr("os.access", lambda *_: False)  # the administrator may, in fact
    before = contents(folder)
    assert run("a.png", "--in-place") == 1
    assert capsys.readouterr().err == "pil-kmeans: cannot write a.png: Permission denied\n"
    assert contents(folder) == before


def test_one_pixel_is_a_picture(tmp_path, capsys):
    Image.new("RGB", (1, 1), "red").save(tmp_path / "one.png")
    assert run(tmp_path / "one.png") == 0
    with opened((tmp_path / "one-8bit.png").read_bytes()) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_quality_that_cannot_be_reached_writes_nothing(folder, capsys):
    assert run("a.png", "b.jpg", "--quality=99.9", "--palette-only") == 99
    out, err = capsys.readouterr()
    assert [line.split(": quality=99.9")[0] for line in err.splitlines()] == [
        "pil-kmeans: cannot compress a.png",
        "pil-kmeans: cannot compress b.jpg",
    ]
    assert out == "0 files; 2 below the quality\n"
    assert tree(folder) == ALL


def test_failure_counts_more_than_15_and_that_more_than_98(folder):
    (folder / "a-8bit.png").touch()
    (folder / "d.png").write_bytes(encode_png(Image.open("b.jpg"), n_colors=4))
    (folder / "e.png").touch()
    assert run("d.png", "a.png", "--skip-if-larger") == 15
    assert run("d.png", "a.png", "e.png", "--skip-if-larger") == 1


# report


def test_bar_is_drawn_on_a_terminal_only(folder, capsys, monkeypatch):
    monkeypatch.setattr("pil_kmeans.cli.progress_bar.PATIENCE", 0)
    assert run("a.png", "b.jpg", "none.png", "--dry-run") == 1
    plain = capsys.readouterr()
    assert plain.err == "pil-kmeans: cannot read none.png: No such file or directory\n"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run("a.png", "b.jpg", "none.png", "--dry-run") == 1
    out, err = capsys.readouterr()
    assert out == plain.out
    assert plain.err in err
    assert "3/3 files" in err
    assert err.endswith("\r")  # the bar is gone at the end
    assert run("a.png", "--dry-run") == 0
    assert "100%|" in capsys.readouterr().err


def test_bar_shows_the_file_and_what_is_being_done(capsys, monkeypatch):
    monkeypatch.setattr("pil_kmeans.cli.progress_bar.PATIENCE", 0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)
    with Progress(2) as progress:
        first, second = progress.follow("a.png"), progress.follow("b.png")
        for show, share in ((first, Done(0.5, "choosing indices")), (second, 0.25)):
            show(share)
            progress._bar.refresh()
    shown = capsys.readouterr().err
    assert re.search(r"25%\|.*0/2 files .*a\.png: choosing indices", shown)
    assert re.search(r"38%\|.*1/2 files .*b\.png (?!choosing)", shown)


def test_json_tells_of_every_file(folder, capsys):
    (folder / "bad.png").touch()
    assert run("a.png", "bad.png", "none*", "--json") == 1
    document, err = report(capsys)
    rows = {row["input"]: row for row in document["files"]}
    score = ssimulacra2((folder / "a.png").read_bytes(), (folder / "a-8bit.png").read_bytes())
    with Image.open("a.png") as image, opened((folder / "a-8bit.png").read_bytes()) as result:
        difference = np.asarray(image, float) - np.asarray(result.convert("RGB"))
    mse = np.square(difference).sum(-1).mean()
    assert rows["a.png"] == {
        "input": "a.png",
        "output": "a-8bit.png",
        "written": True,
        "exit_status": 0,
        "error": None,
        "note": None,
        "width": 24,
        "height": 16,
        "bytes_before": os.path.getsize("a.png"),
        "bytes_after": os.path.getsize("a-8bit.png"),
        "colors_before": rows["a.png"]["colors_before"],
        "colors_after": 4,
        "mse": pytest.approx(mse),
        "ssimulacra2": pytest.approx(score),
        "psnr": pytest.approx(10 * np.log10(3 * 255**2 / mse)),
        "has_alpha": False,
        "n_frames": 1,
        "is_animation": False,
        "changes": [],
    }
    assert rows["bad.png"]["error"] == "cannot read bad.png: the file is empty"
    assert rows[None]["error"] == "no file matches none*"
    assert document["total"] == {"files": 1, **{k: rows["a.png"][k] for k in ("bytes_before", "bytes_after")}}
    assert document["exit_status"] == 1
    assert err.splitlines() == [f"pil-kmeans: {rows[name]['error']}" for name in (None, "bad.png")]


# wrong usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-", "a.png"], "- for standard input stands alone"),
        (["a.png", "--in-place", "-o", "x.png"], "--in-place writes to the files themselves"),
        (["a.png", "--in-place", "--suffix=-x"], "--in-place writes to the files themselves"),
        (["-", "--in-place"], "--in-place writes to the files themselves"),
        (["-", "--suffix=-x"], "--suffix needs the name of a file"),
        (["a.png", "-o", "-", "--json"], "cannot both go to standard output"),
        (["-", "--json"], "cannot both go to standard output"),
        (["a.png", "b.jpg", "-o", "-"], "-o - takes one picture"),
        (["a.png", "b.jpg", "-o", "notes.txt"], "-o must name a folder for several pictures, got the file 'notes.txt'"),
        (["a.png", "-o", "x.png", "--suffix=-x"], "--suffix goes with a folder for -o"),
        (["a.png", "--suffix=a/b"], "must be the end of a file's name"),
        (["a.png", "--lossy=1", "--quality=80"], "--quality chooses what --lossy says: drop one of them"),
        (["a.png", "--lossy=-1"], "must be a number from 0, or auto, got '-1'"),
        (["a.png", "--lossy=inf"], "must be a number from 0, or auto, got 'inf'"),
        (["a.png", "--quality=101"], "must be from 0 to 100, on the scale of SSIMULACRA 2, got 101"),
        (["a.png", "--jobs", "0"], "must be an integer from 1, got '0'"),
    ],
)
def test_contradictions_are_wrong_usage(folder, capsys, arguments, message):
    before = contents(folder)
    assert message in usage_error(capsys, *arguments)
    assert contents(folder) == before


def test_terminal_gets_no_picture(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "standard output is a terminal: redirect it" in usage_error(capsys, "a.png", "-o", "-")
