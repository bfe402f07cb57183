"""Long animations: frames are read twice and written one by one, and nothing else is different."""

import sys
import weakref
from functools import partial
from io import BytesIO
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from pil_kmeans import encode_gif, encode_png, ssimulacra2
from pil_kmeans.pictures import reel
from pil_kmeans.pictures.from_files import Files
from pil_kmeans.stages.in_order import AHEAD, InOrder
from pil_kmeans.stages.movie import Movie
from reference.apng import play as play_png
from reference.gif import play as play_gif

N_FRAMES, HEIGHT, WIDTH = 28, 24, 32
AT_HAND = 5


@pytest.fixture(scope="module", params=[partial(encode_png, compression="fast"), encode_gif], ids=["png", "gif"])
def encode(request):
    return request.param


@pytest.fixture(scope="module", autouse=True)
def little_room():
    """Few frames are many."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reel, "MOST_AT_HAND", AT_HAND * HEIGHT * WIDTH)
        yield


@pytest.fixture(scope="module")
def photograph(china):
    return np.asarray(Image.fromarray(china).resize((128, 85)))


@pytest.fixture(scope="module")
def moving(photograph):
    """The same frames whenever it is called; they move by a pixel each."""
    return lambda: (photograph[n : n + HEIGHT, n : n + WIDTH] for n in range(N_FRAMES))


@pytest.fixture(scope="module")
def expected(encode, moving):
    """The file of the moving frames."""
    return encode(moving)


def shown_by(data):
    played = play_gif(data).frames if data.startswith(b"GIF") else play_png(data)[0]
    return np.stack([frame.pixels for frame in played])


def test_long_animations_look_as_short_ones_do(encode, moving, monkeypatch, expected):
    frames = [*moving()]
    streamed = shown_by(expected)
    monkeypatch.setattr(reel, "MOST_AT_HAND", 10**9)
    whole = shown_by(encode(moving))
    assert len(streamed) == len(whole) == N_FRAMES
    errors = [np.abs(shown[..., :3].astype(int) - frames).mean() for shown in (streamed, whole)]
    assert errors[0] < 1.2 * errors[1] + 0.2


def test_all_ways_to_give_frames_make_the_same_file(encode, moving, expected):
    frames = [*moving()]
    for given in (frames, np.stack(frames), moving(), map(Image.fromarray, frames)):
        assert encode(given) == expected
    assert encode(moving, lossy=0) == encode(moving(), lossy=0) != expected


def test_a_stack_in_a_file_is_read_frame_by_frame(encode, moving, expected):
    class Stored:
        """As zarr and h5py have it."""

        def __init__(self, frames):
            self.shape, self.ndim, self.dtype = frames.shape, frames.ndim, frames.dtype
            self._frames, self.n_read = frames, 0

        def __getitem__(self, n):
            assert isinstance(n, int)
            self.n_read += 1
            return self._frames[n]

        def __array__(self, dtype=None, copy=None):
            raise AssertionError("all at once")

    stored = Stored(np.stack([*moving()]))
    assert encode(stored) == expected
    assert stored.n_read < 5 * N_FRAMES


@pytest.mark.parametrize("lossy", [0, 1])
def test_few_frames_are_held_at_a_time(encode, photograph, lossy):
    held = weakref.WeakValueDictionary()
    most = [0]

    class Frame(np.ndarray):
        pass

    def frames():
        for n in range(N_FRAMES):
            frame = photograph[n : n + HEIGHT, n : n + WIDTH].copy().view(Frame)
            held[n] = frame
            most[0] = max(most[0], len(held))
            yield frame

    encode(frames, lossy=lossy)
    assert most[0] < 2 * AHEAD + AT_HAND + 4 < N_FRAMES


@pytest.mark.parametrize("lossy", [0, 1])
def test_few_colors_are_stored_exactly_wherever_they_are(encode, lossy):
    frames = np.zeros((N_FRAMES, HEIGHT, WIDTH, 3), np.uint8)
    for n, frame in enumerate(frames):
        frame[n % HEIGHT, n % WIDTH] = n * 6, 255 - n, n
    shown = shown_by(encode(frames, lossy=lossy))
    assert np.array_equal(shown[..., :3], frames)


def test_a_flash_keeps_its_color(encode, moving):
    frames = [*moving()]
    frames[23] = np.full_like(frames[23], (255, 0, 255))
    shown = shown_by(encode(lambda: iter(frames)))
    assert np.abs(shown[23, ..., :3].astype(int) - frames[23]).max() < 8


def test_what_becomes_transparent_late_is_transparent(encode, moving):
    frames = [np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)]) for frame in moving()]
    frames[25][4:8, 4:8, 3] = 0
    shown = shown_by(encode(frames))
    assert np.array_equal(shown[..., 3], np.stack(frames)[..., 3])


def test_frames_may_differ_in_kind(encode, moving):
    frames = [frame[..., :1] if n % 7 == 3 else frame for n, frame in enumerate(moving())]
    frames[26] = frames[26].astype(np.uint16) * 257
    shown = shown_by(encode(frames))
    assert np.abs(shown[3, ..., :3].astype(int) - frames[3]).mean() < 6


def test_quality_is_reached(encode, photograph):
    big = [np.asarray(Image.fromarray(photograph[n : n + 32, n : n + 48]).resize((113, 113))) for n in range(5)]
    shown = shown_by(encode(big, quality=60))
    assert 59 < np.mean([ssimulacra2(a, b[..., :3]) for a, b in zip(big, shown, strict=True)]) < 75


def test_a_given_palette_and_weights_are_taken(encode, moving):
    colors = np.unique(next(moving())[::8, ::8].reshape(-1, 3), axis=0)
    assert {*map(bytes, shown_by(encode(moving, palette=colors))[..., :3].reshape(-1, 3))} <= {*map(bytes, colors)}
    weights = np.ones((N_FRAMES, HEIGHT, WIDTH))
    weights[:, :, : WIDTH // 2] = 50
    errors = np.abs(shown_by(encode(moving, n_colors=12, sample_weight=weights))[..., :3].astype(int) - [*moving()])
    assert errors[:, :, : WIDTH // 2].mean() < 0.9 * errors[:, :, WIDTH // 2 :].mean()
    with pytest.raises(ValueError, match=r"image\[\d+\] has the color"):
        encode(moving, palette=colors, exact=True)


def test_the_same_bytes_at_any_number_of_threads(encode, moving, expected):
    assert encode(moving, n_threads=1) == encode(moving, n_threads=3) == expected


def test_an_array_that_is_filled_anew_is_read_each_time(encode, photograph, expected):
    buffer = np.empty((HEIGHT, WIDTH, 3), np.uint8)

    def frames():
        for n in range(N_FRAMES):
            buffer[...] = photograph[n : n + HEIGHT, n : n + WIDTH]
            yield buffer

    assert encode(frames) == encode(frames()) == expected


def test_a_generator_that_is_too_long_is_refused(encode, moving, monkeypatch, expected):
    monkeypatch.setattr(reel, "MOST_BUFFERED", 10 * HEIGHT * WIDTH * 3)
    message = r"up to image\[10\] they take more than 0 MiB: pass the function that makes it, without calling it"
    with pytest.raises(ValueError, match=message):
        encode(moving())
    assert encode([*moving()]) == expected


@pytest.mark.parametrize("change", [lambda frames: frames[:-1], lambda frames: [*frames, frames[0]]])
def test_frames_that_are_others_when_read_again_are_refused(encode, moving, change, tmp_path):
    frames = [*moving()]
    given = iter([frames, change(frames)])
    with pytest.raises(ValueError, match="image gave other frames when it was read again"):
        encode(lambda: iter(next(given)), to=tmp_path / "a")
    assert not [*tmp_path.iterdir()]


def test_frames_that_fail_when_read_again_leave_no_file(encode, moving, tmp_path):
    frames, fail_at = [*moving()], iter([None, 20])

    def failing():
        end = next(fail_at)
        yield from frames[:end]
        if end:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        encode(failing, to=tmp_path / "a")
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
def test_a_disk_that_is_full_halfway_keeps_its_old_file(encode, moving, tmp_path):
    import resource

    path = tmp_path / "film"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            encode(moving, to=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


def test_an_image_of_many_frames_is_read_frame_by_frame(encode, moving):
    file = BytesIO()
    frames = [*moving()][: 2 * AT_HAND]
    first, *others = map(Image.fromarray, frames)
    first.save(file, "WEBP", save_all=True, append_images=others, duration=70, lossless=True)
    image = Image.open(file)
    assert encode(image) == encode(
        lambda: (Image.fromarray(frame).convert(image.mode) for frame in frames), duration=70
    )
    assert image.tell() == 0


def test_a_folder_is_its_pictures_by_the_numbers_in_their_names(encode, moving, tmp_path, expected):
    for n, frame in enumerate(moving()):
        Image.fromarray(frame).save(tmp_path / f"frame {n}.png")
    (tmp_path / "notes.txt").write_text("no frame")
    assert encode(str(tmp_path)) == expected
    one = encode(next(moving()))
    assert encode(str(tmp_path / "frame 0.png")) == encode(tmp_path / "frame 0.png") == one
    for n in range(1, N_FRAMES):
        (tmp_path / f"frame {n}.png").unlink()
    assert encode(tmp_path) == one


def test_a_file_of_several_frames_is_all_of_them(encode, moving, tmp_path):
    first, *others = [Image.fromarray(frame) for frame in moving()][: 2 * AT_HAND]
    first.save(tmp_path / "a.gif", save_all=True, append_images=others, duration=50, loop=3)
    with Image.open(tmp_path / "a.gif") as image:
        assert encode(tmp_path / "a.gif") == encode(image)


class Video:
    """What imageio opens, 25 frames a second."""

    def __init__(self, frames):
        self.iter = lambda: iter(frames)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def metadata(self):
        return {"fps": 25.0}


def test_a_video_is_read_by_imageio_with_its_times(encode, moving, tmp_path, monkeypatch):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no picture")
    frames = [*moving()]
    monkeypatch.setattr("imageio.v3.imopen", lambda *_: Video(frames))
    assert encode(path) == encode(frames, duration=40)
    taken = [*Files([path], fps=10)]
    assert [np.array_equal(image, frames[n]) for image, n in zip(taken, (0, 2, 5, 8, 10, 12), strict=False)] == [
        True
    ] * 6
    assert len(taken) == 11
    assert {image.info["duration"] for image in taken} == {100.0}
    assert [image.info["duration"] for image in Files([path], fps=50)] == [40.0] * N_FRAMES


def test_what_no_one_can_read_says_what_to_install(encode, tmp_path, monkeypatch):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no picture")
    monkeypatch.setattr("imageio.v3.imopen", Mock(side_effect=OSError))  # which forgets to close what it fails to read
    with pytest.raises(UnidentifiedImageError, match="neither Pillow nor imageio knows"):
        encode(path)
    monkeypatch.setitem(sys.modules, "imageio.v3", None)
    with pytest.raises(ImportError, match=r"reading videos needs imageio .* run `pip install 'pil_kmeans\[video\]'`"):
        encode(path)
    with pytest.raises(FileNotFoundError, match="the name of a file or folder, which there is not"):
        encode(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="in which there are no pictures"):
        encode(tmp_path / "empty")


def test_items_are_made_in_order_and_again_only_for_those_far_back():
    made = []

    def begin():
        for n in range(50):
            made.append(n)
            yield np.array(n)

    items = InOrder(begin, 50)
    assert [int(items[n]) for n in (0, 7, 3, 20, 20 - AHEAD, 49)] == [0, 7, 3, 20, 12, 49]
    assert made == [*range(50)]
    assert int(items[1]) == 1
    assert made[50:] == [0, 1]
    assert [int(item) for item in items] == [*range(50)]


def test_frames_take_the_memory_of_those_before():
    """Else what comes and goes leaves holes between what stays, which nothing fits into."""
    n_frames, places, others = 100, set(), []
    frames = InOrder(lambda: (np.full((9, 9, 3), n, np.uint8) for n in range(n_frames)), n_frames)
    movie = Movie(frames, [0], None, 1, with_alpha=False)
    for n in range(n_frames):
        points, weights = movie[n]
        own = frames[n], points, weights
        places |= {array.ctypes.data for array in own}
        others += [np.empty_like(array) for array in own]
    assert len(places) <= 3 * (2 * AHEAD + 1)
