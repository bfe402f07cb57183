"""`encode_webp`: what `encode_png` shows, as a WebP."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, features

from made_pictures import moving_square
from pil_kmeans import IndexedImage, encode_png, encode_webp
from pil_kmeans.cli import main
from pil_kmeans.webp import MAX_DURATION, MAX_PLAYS
from pil_pictures import MODES, in_mode, rgba, saved


def played(data):
    """All frames, and for how long they are shown."""
    with Image.open(BytesIO(data)) as image:
        shown, durations = [], []
        for n in range(image.n_frames):
            image.seek(n)
            shown.append(rgba(image))
            durations.append(image.info.get("duration"))
        return np.stack(shown), durations, image.info.get("loop")


@pytest.fixture(scope="module")
def moving(china):
    """A red square that moves over a photograph."""
    return moving_square(Image.fromarray(china).resize((64, 48)), 4)


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_has_the_pixels_of_the_png(photo, mode):
    image = in_mode(photo.resize((40, 30)), mode)
    webp, png = (encode(image, n_colors=20, effort="fast", compression="fast") for encode in (encode_webp, encode_png))
    assert np.array_equal(played(webp)[0], played(png)[0])


@pytest.mark.parametrize("options", [{}, {"lossy": 0, "dither": "none"}, {"quality": 60}, {"palette": ["red", "blue"]}])
def test_frames_have_the_pixels_and_times_of_the_apng(moving, options):
    options = {"duration": [40, 70, 33.4, 33.3], "loop": 3} | options
    (webp, times, loop), (png, *_) = (played(encode(moving, **options)) for encode in (encode_webp, encode_png))
    assert np.array_equal(webp, png)
    assert (times, loop) == ([40, 70, 33, 34], 3)


def test_transparent_frames_are_shown_as_in_the_apng(moving):
    frames = [frame.convert("RGBA") for frame in moving]
    for n, frame in enumerate(frames):
        frame.paste((0, 0, 0, 0), (5 * n, 30, 20, 40))
        frame.paste((0, 200, 0, 90), (40, 5 * n, 50, 40))
    webp, png = (played(encode(frames, n_colors=90))[0] for encode in (encode_webp, encode_png))
    assert np.array_equal(webp[..., 3], png[..., 3])
    assert np.array_equal(webp[webp[..., 3] > 0], png[png[..., 3] > 0])


def test_it_is_smaller_than_the_png_without_loss(china):
    picture = china[::2, ::2]
    assert len(encode_webp(picture, lossy=0)) < 0.95 * len(encode_png(picture, lossy=0))


def test_what_stands_still_is_not_written_again(moving):
    assert len(encode_webp(moving * 4)) < 4.5 * len(encode_webp(moving[0]))


def test_times_of_an_image_are_kept(moving):
    image = saved(moving[0], "GIF", save_all=True, append_images=moving[1:], duration=[40, 70, 90, 20], loop=2)
    assert played(encode_webp(image))[1:] == ([40, 70, 90, 20], 3)


def test_metadata_goes_along(photo, moving):
    exif = Image.Exif()
    exif[0x010E] = "a square"
    image = photo.copy()
    image.info["exif"] = exif.tobytes()
    with Image.open(BytesIO(encode_webp(image, metadata="all", compression="fast"))) as written:
        assert written.getexif()[0x010E] == "a square"
    with Image.open(BytesIO(encode_webp(image))) as written:
        assert not written.getexif()


def test_an_indexed_image_is_written_exactly():
    rng = np.random.default_rng(0)
    indexed = IndexedImage(rng.integers(0, 300, (20, 30), np.uint16), rng.integers(0, 256, (300, 4)).astype(np.uint8))
    shown = played(indexed.to_webp())[0][0]
    assert np.array_equal(shown, indexed.to_array())
    with pytest.raises(ValueError, match="compression must be one of"):
        indexed.to_webp(compression="best")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loop": MAX_PLAYS + 1}, "loop must be from 0"),
        ({"duration": MAX_DURATION + 1}, "duration must be from 0 to 16777215"),
        ({"duration": [1, 2, -3, 4]}, "duration must be from 0"),
        ({"duration": [1, 2]}, "one for each of 4 frames"),
        ({"compression": "best"}, "compression must be one of"),
    ],
)
def test_bad_options_are_refused(moving, options, message):
    with pytest.raises(ValueError, match=message):
        encode_webp(moving, **options)


def test_too_large_pictures_are_refused():
    with pytest.raises(ValueError, match="at most 16383 x 16383 pixels, got 16384 x 1: use a PNG"):
        encode_webp(np.zeros((1, 16384), np.uint8))


def test_a_pillow_without_webp_is_told(photo, monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: name != "webp")
    with pytest.raises(ValueError, match="built without WebP"):
        encode_webp(photo)


def test_progress_goes_from_start_to_end(moving):
    shares = []
    encode_webp(moving, progress=shares.append)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_the_command_writes_webp_by_the_extension(moving, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    moving[0].save("a.png")
    moving[0].save("b.gif", save_all=True, append_images=moving[1:], duration=50)
    assert main(["compress", "a.png", "-o", "c.webp"]) == main(["compress", "b.gif", "-o", "d.webp"]) == 0
    assert (tmp_path / "c.webp").read_bytes() == encode_webp(moving[0])
    with Image.open("b.gif") as image:
        assert (tmp_path / "d.webp").read_bytes() == encode_webp(image)
    assert main(["animate", "a.png", "a.png", "-o", "e.webp", "--fps=5", "-k=9"]) == 0
    assert played((tmp_path / "e.webp").read_bytes())[0].shape == (1, 48, 64, 4)
    assert main(["compress", "a.png", "-o", "f.webp", "--transparent-rgb=clear"]) == 1
    assert "--transparent-rgb has no use for a WebP" in capsys.readouterr().err
