"""What a run of the command meets on a disk that others use, and what it must not do then."""

import gc
import json
import os
import threading
import weakref

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_png
from pil_kmeans.cli import main
from pil_kmeans.cli.limits import MemoryBudget, OverBudgetError, Share, byte_size, in_units, in_words, usual_memory

on_posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and devices as POSIX has them")


@pytest.fixture(scope="module")
def small(china):
    return Image.fromarray(china).resize((24, 16))


@pytest.fixture
def folder(tmp_path, small, monkeypatch):
    """Two pictures; relative paths begin here."""
    monkeypatch.chdir(tmp_path)
    small.save("a.png")
    small.rotate(90).save("b.png")
    return tmp_path


def run(*arguments):
    return main(["compress", "-k", "4", *map(str, arguments)])


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def meanwhile(monkeypatch, happens):
    """Let something happen while pictures are worked on."""

    def encode(*arguments, **options):
        happens()
        return encode_png(*arguments, **options)

    monkeypatch.setattr("pil_kmeans.cli.containers.encode_png", encode)


# what others do meanwhile


@pytest.mark.parametrize("arguments", [["a.png", "--in-place"], ["a.png", "-o", "a.png", "--force"]])
def test_file_that_changes_meanwhile_is_left_as_it_is(folder, monkeypatch, capsys, arguments):
    meanwhile(monkeypatch, lambda: (folder / "a.png").write_bytes(b"theirs"))
    assert run(*arguments) == 15
    message = "a.png is left as it is: it was changed, replaced, deleted or locked since it was read"
    assert capsys.readouterr().err == f"pil-kmeans: {message}\n"
    assert (folder / "a.png").read_bytes() == b"theirs"
    assert names(folder) == ["a.png", "b.png"]


def test_file_that_is_deleted_meanwhile_does_not_come_back(folder, monkeypatch):
    meanwhile(monkeypatch, (folder / "a.png").unlink)
    assert run("a.png", "--in-place") == 15
    assert names(folder) == ["b.png"]


def test_output_that_appears_meanwhile_is_not_replaced_without_force(folder, monkeypatch, capsys):
    meanwhile(monkeypatch, lambda: (folder / "a-8bit.png").write_bytes(b"theirs"))
    assert run("a.png") == 15
    message = "a-8bit.png exists: pass --force to overwrite it, or name another output"
    assert capsys.readouterr().err == f"pil-kmeans: {message}\n"
    assert (folder / "a-8bit.png").read_bytes() == b"theirs"
    assert run("a.png", "--force") == 0
    assert (folder / "a-8bit.png").read_bytes() != b"theirs"


# what files have beside their content


@on_posix
def test_hard_links_are_not_broken_without_force(folder, capsys):
    os.link("a.png", "other.png")
    old = (folder / "a.png").read_bytes()
    assert run("a.png", "--in-place") == 15
    assert "a.png has 2 names (hard links): pass --force" in capsys.readouterr().err
    assert os.path.samefile("a.png", "other.png")
    assert run("a.png", "--in-place", "--force") == 0
    assert (folder / "other.png").read_bytes() == old != (folder / "a.png").read_bytes()


# what cannot be examined, never ends, or is too large


def test_output_that_cannot_be_examined_does_not_stop_the_others(folder, capsys):
    os.rename("a.png", f"{'a' * 250}.png")  # with its suffix too long for a name
    assert run(".") == 1
    out, err = capsys.readouterr()
    assert err.startswith("pil-kmeans: cannot write aaa")
    assert len(err.splitlines()) == 1
    assert "b.png -> b-8bit.png" in out


def test_fault_in_one_picture_does_not_stop_the_others(folder, monkeypatch, capsys):
    def fail():
        if not (folder / "b-8bit.png").exists() and threading.active_count():
            raise RuntimeError("odd")

    meanwhile(monkeypatch, fail)
    assert run("a.png", "b.png", "--jobs=1") == 1
    message = "pil-kmeans: cannot compress a.png: unexpected RuntimeError: odd"
    assert capsys.readouterr().err.splitlines()[0] == message


@on_posix
def test_pipes_in_folders_are_passed_by(folder):
    os.mkfifo("p.png")
    assert run(".") == 0
    assert "p-8bit.png" not in names(folder)


@on_posix
def test_what_does_not_end_is_read_up_to_the_budget(folder, capsys):
    assert run("/dev/zero", "-o", "x.png", "--max-memory=40M") == 1
    message = (
        "cannot read /dev/zero: it does not end after 10.0 MiB, and no more is allowed: raise --max-memory for more"
    )
    assert capsys.readouterr().err == f"pil-kmeans: {message}\n"
    with open("huge.png", "wb") as file:  # hardly on the disk
        file.truncate(2**40)
    assert run("huge.png") == 1
    assert "the file has 1.0 TiB, and " in capsys.readouterr().err


def test_picture_that_takes_too_much_is_refused_and_says_what_would_do(folder, capsys):
    Image.new("RGB", (4000, 4000)).save("large.png")
    assert run("large.png", "a.png", "--max-memory=100M") == 1
    assert capsys.readouterr().err == (
        "pil-kmeans: cannot read large.png: it takes about 671.4 MiB of memory, and 100.0 MiB are allowed: "
        "pass --max-memory 672M if there is that much\n"
    )
    assert "a-8bit.png" in names(folder)


def test_pixels_have_a_limit_of_the_users(folder, capsys):
    limit = Image.MAX_IMAGE_PIXELS
    assert run("a.png", "--max-pixels=383", "--dry-run") == 1
    assert "exceeds limit of 382 pixels" in capsys.readouterr().err
    assert run("a.png", "--max-pixels=384", "--dry-run") == 0
    assert limit == Image.MAX_IMAGE_PIXELS


def test_pictures_wait_for_their_share_of_the_memory():
    budget = MemoryBudget(100)
    order = []

    def work(number, n_bytes):
        with Share(budget) as share:
            share.take(n_bytes)
            order.append(number)

    with Share(budget) as first:
        first.take(60)
        waits = threading.Thread(target=work, args=(1, 50))
        waits.start()
        work(2, 40)
        assert order == [2]
    waits.join(10)
    assert order == [2, 1]
    assert budget.used == 0
    with Share(budget) as share, pytest.raises(OverBudgetError, match=r"about 0\.1 KiB of memory, and 0\.1 KiB are"):
        share.take(101)
    with Share(budget) as frames:  # of one result, which must not wait for themselves
        frames.take(60)
        with pytest.raises(OverBudgetError, match="shrink it, or use fewer of them"):
            frames.take(50)
        frames.take(40)
        assert budget.used == 100
    assert budget.used == 0
    budget.close()
    with Share(budget) as share, pytest.raises(KeyboardInterrupt):
        share.take(1)


def test_sizes_are_read_and_shown():
    assert [byte_size(text) for text in ("1", "2k", "1.5M", "2G", "3GiB", "1TB")] == [
        *(1, 2048, 3 * 2**19, 2**31, 3 * 2**30, 2**40)
    ]
    for text in ("0", "x", "-1", "1X", ""):
        with pytest.raises(Exception, match="must be a number of bytes"):
            byte_size(text)
    assert (in_words(3 * 2**29), in_units(3 * 2**29 + 1)) == ("1.5 GiB", "2G")
    assert usual_memory() > 2**26


def test_errors_keep_no_picture(folder, monkeypatch):
    held = []
    from pil_kmeans.cli import work

    usual = work.open_picture

    def open_picture(*arguments, **options):
        opened = usual(*arguments, **options)
        held.append(weakref.ref(opened.image))
        return opened

    found = []
    monkeypatch.setattr(work, "open_picture", open_picture)
    monkeypatch.setattr("pil_kmeans.cli.compress.as_json", lambda results: found.extend(results) or "")
    (folder / "c.png").write_bytes(encode_png(Image.open("a.png"), n_colors=4))
    assert run("c.png", "--skip-if-larger", "--json") == 98
    assert run("a.png", "--quality=99.9", "--palette-only", "--json") == 99
    gc.collect()
    assert len(found) == len(held) == 2
    assert [reference() for reference in held] == [None, None]


# results that are larger than what was given


@pytest.fixture
def grows(folder, china):
    """A JPEG that says little."""
    Image.fromarray(china).resize((64, 64)).save("c.jpg", quality=5)
    return folder


def test_larger_result_of_a_named_file_is_written_and_said(grows, capsys):
    assert main(["compress", "c.jpg"]) == 0
    size, before = os.path.getsize("c-8bit.png"), os.path.getsize("c.jpg")
    assert size > before
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"c-8bit.png is larger than c.jpg, {size / before:.0%} of the JPEG: keep that file, ask for fewer colors or "
        "more --lossy, or pass --skip-if-larger to write nothing then"
    )
    assert main(["compress", "c.jpg", "--force", "--dry-run", "--json"]) == 0
    assert "is larger than c.jpg" in json.loads(capsys.readouterr().out)["files"][0]["note"]


@pytest.mark.parametrize("words", [["."], ["*.jpg", "a.png"]])
def test_larger_results_of_folders_and_patterns_are_skipped(grows, capsys, words):
    assert main(["compress", "-k32", "--lossy=1", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert any(line.startswith(("c.jpg is skipped: the result would have ", "./c.jpg")) for line in out.splitlines())
    assert out.splitlines()[-1].endswith("; 1 would be larger, skipped")
    assert "a-8bit.png" in names(grows)
    assert "c-8bit.png" not in names(grows)
    assert main(["compress", *words, "--skip-if-larger", "--force"]) == 98


def test_given_palette_is_used_though_results_are_larger(grows, tmp_path):
    colors = np.random.default_rng(0).integers(0, 256, (200, 3))
    (tmp_path / "p.txt").write_text("\n".join(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in colors))
    assert main(["compress", "*.jpg", "--palette=p.txt", "--lossy=0"]) == 0
    assert os.path.getsize("c-8bit.png") > os.path.getsize("c.jpg")


# names


@pytest.mark.parametrize("command", ["compress", "compare"])
@pytest.mark.parametrize("name", ["x.jpg", "x.xyz", "x.png.tmp"])
def test_output_that_names_another_kind_is_wrong_usage(folder, capsys, command, name):
    with pytest.raises(SystemExit) as stopped:
        main([command, "a.png", "-o", name])
    assert stopped.value.code == 2
    assert f"-o {name} names another kind of picture" in capsys.readouterr().err
    assert names(folder) == ["a.png", "b.png"]


def test_a_folder_may_have_any_name(folder):
    assert main(["compress", "a.png", "b.png", "-o", "small.v2/"]) == 0
    assert names(folder / "small.v2") == ["a.png", "b.png"]


@pytest.mark.parametrize("command", ["compress", "animate"])
@pytest.mark.parametrize("kind", ["gif", "webp", "png", "jpg", "tif", "bmp"])
def test_a_file_that_ends_early_is_told_by_its_name_with_what_to_do(folder, capsys, command, kind):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
    picture.save(f"x.{kind}")
    data = (folder / f"x.{kind}").read_bytes()
    for share in (0.5, 0.99):
        (folder / f"x.{kind}").write_bytes(data[: int(share * len(data))])
        assert main([command, f"x.{kind}", "-o", "y.gif"]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"pil-kmeans: cannot read x.{kind}: the ")
        assert "file is truncated or broken, copy or download it again: " in told
    assert "y.gif" not in names(folder)


def test_a_gif_that_ends_between_frames_is_told_of(folder, capsys):
    Image.new("P", (60, 80)).save("x.gif")
    data = (folder / "x.gif").read_bytes()
    (folder / "x.gif").write_bytes(data[:-1])
    assert main(["compress", "x.gif", "-o", "y.gif"]) == 0
    assert "x.gif has no end, frames may have been cut off" in capsys.readouterr().out


def test_bar_of_a_failed_file_does_not_stay(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run("none.png") == 1
    err = capsys.readouterr().err
    assert "pil-kmeans: cannot read none.png: No such file or directory\n" in err
    assert "%|" not in err
