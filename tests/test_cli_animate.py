"""The command `animate`: frames from files and folders."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_gif, encode_png
from pil_kmeans.cli import main


@pytest.fixture
def frames(tmp_path, few, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures = [few, few.rotate(180), few.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    (tmp_path / "frames").mkdir()
    for n, picture in enumerate(pictures):
        picture.save(tmp_path / "frames" / f"{n}.png")
    return pictures


@pytest.mark.parametrize(("name", "encode"), [("x.gif", encode_gif), ("x.png", encode_png), ("x.apng", encode_png)])
def test_frames_of_a_folder_are_taken_by_name(frames, tmp_path, capsys, name, encode):
    assert main(["animate", "frames", "-o", name, "--fps=20", "--loop=2", "-k=99"]) == 0
    assert (tmp_path / name).read_bytes() == encode(frames, duration=50, loop=2, n_colors=99)
    assert f"{name}: 3 frames, " in capsys.readouterr().out


def test_frames_are_taken_in_their_order(frames, tmp_path):
    assert main(["animate", "frames/2.png", "frames/0.png", "-o", "x.gif"]) == 0
    assert (tmp_path / "x.gif").read_bytes() == encode_gif([frames[2], frames[0]], loop=0)


def test_pictures_of_several_frames_are_all_of_them_with_their_times(frames, tmp_path):
    frames[0].save("a.gif", save_all=True, append_images=frames[1:2], duration=[30, 40])
    assert main(["animate", "a.gif", "frames/2.png", "-o", "x.gif"]) == 0
    assert (tmp_path / "x.gif").read_bytes() == encode_gif(frames, duration=[30, 40, 100], loop=0)


def test_a_result_in_its_own_folder_is_no_frame(frames, tmp_path):
    for _ in range(2):
        assert main(["animate", ".", "frames", "-o", "x.gif", "--force"]) in (0, 1)
    assert main(["animate", "frames", "-o", "frames/x.gif"]) == 0
    first = (tmp_path / "frames" / "x.gif").read_bytes()
    assert main(["animate", "frames", "-o", "frames/x.gif", "--force"]) == 0
    assert (tmp_path / "frames" / "x.gif").read_bytes() == first


@pytest.mark.usefixtures("frames")
@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["frames", "-o", "x.jpg"], 2, "does not say what to write: name a .png, .apng, .gif or .webp"),
        (["frames", "-o", "x"], 2, "does not say what to write"),
        (["-", "-o", "x.gif"], 2, "name files or folders"),
        (["frames", "-o", "x.gif", "--fps=0"], 2, "must be a number from 0.01 to 100"),
        (["frames", "-o", "x.gif", "--loop=-1"], 2, "must be an integer from 0 to 65536"),
        (["frames", "-o", "x.gif", "--lossy=1", "--quality=9"], 2, "drop one of them"),
        (["frames", "-o", "x.gif", "--metadata=all"], 1, "--metadata has no use for a GIF"),
        (["frames", "no.png", "-o", "x.gif"], 1, "cannot read no.png"),
        (["none*", "-o", "x.gif"], 1, "no file matches none*"),
        (["frames", "-o", "frames/0.png"], 15, "exists: pass --force"),
        (["frames", "-o", "x.gif", "-k=2", "--quality=99"], 99, "quality=99 cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_no_file(tmp_path, capsys, arguments, status, message):
    try:
        found = main(["animate", *arguments])
    except SystemExit as stopped:
        found = stopped.code
    assert found == status
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames"]


@pytest.mark.usefixtures("frames")
def test_frames_of_different_sizes_are_refused(capsys):
    Image.fromarray(np.zeros((3, 4), np.uint8)).save("other.png")
    assert main(["animate", "frames", "other.png", "-o", "x.gif"]) == 1
    assert "frames of one size" in capsys.readouterr().err
