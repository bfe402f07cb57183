"""`encode_gif`: a GIF as Pillow, OpenCV and the specification play it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from made_pictures import moving_square, with_camera_noise
from pil_kmeans import IndexedImage, QualityError, encode_gif, encode_png, ssimulacra2
from pil_kmeans.gif.blocks import MAX_DURATION, MAX_PLAYS, Rectangle, centiseconds
from pil_pictures import MODES, cv2, in_mode, rgba
from reference.gif import CLEAR, KEEP, play

RED = (255, 0, 0)


def played(data, n_frames=None):
    """What a file shows, which Pillow and OpenCV must show as the specification says."""
    movie = play(data)
    frames = movie.frames
    assert n_frames is None or len(frames) == n_frames
    image = Image.open(BytesIO(data))
    assert getattr(image, "n_frames", 1) == len(frames)
    for n, frame in enumerate(frames):
        image.seek(n)
        shown = rgba(image)
        assert np.array_equal(shown[..., 3], frame.pixels[..., 3])
        assert np.array_equal(shown[shown[..., 3] > 0], frame.pixels[frame.pixels[..., 3] > 0])
        assert image.info.get("duration", 0) == 10 * frame.delay
    if len(frames) > 1 and hasattr(cv2, "imdecodeanimation"):
        is_read, other = cv2.imdecodeanimation(np.frombuffer(data, np.uint8))
        if is_read:  # OpenCV before 4.12 reads no GIF
            assert len(other.frames) == len(frames)
            for shown, frame in zip(other.frames, frames, strict=True):
                opaque = frame.pixels[..., 3] > 0
                assert np.array_equal(cv2.cvtColor(shown, cv2.COLOR_BGRA2RGBA)[opaque], frame.pixels[opaque])
    return movie


def pixels_of(movie):
    return np.stack([frame.pixels for frame in movie.frames]).astype(int)


def scores(movie, frames):
    return [ssimulacra2(frame, shown.pixels[..., :3]) for frame, shown in zip(frames, movie.frames, strict=True)]


@pytest.fixture(scope="module")
def moving(photo):
    """A red square that moves over a photograph."""
    return moving_square(photo, 4)


@pytest.fixture(scope="module")
def noisy(china):
    """A photograph with a camera's noise, 96 x 64."""
    return with_camera_noise(china, (96, 64), 5)


# What is shown


def test_frames_of_few_colors_are_stored_exactly(few):
    frames = [few, few.transpose(Image.Transpose.ROTATE_180), few]
    assert np.array_equal(pixels_of(played(encode_gif(frames), 3)), [rgba(frame) for frame in frames])


def test_one_picture_is_one_frame(few):
    movie = played(encode_gif(few), 1)
    assert movie.plays == 1
    assert np.array_equal(pixels_of(movie)[0], rgba(few))


def test_256_colors_are_stored_exactly():
    colors = np.random.default_rng(0).permutation(256).astype(np.uint8).reshape(16, 16)
    frames = [colors, np.roll(colors, 1), np.where(np.eye(16, dtype=bool), colors.T, colors)]
    shown = pixels_of(played(encode_gif(frames), 3))
    assert np.array_equal(shown[..., 0], frames)


@pytest.mark.parametrize("mode", MODES)
def test_frames_may_differ_in_mode(photo, mode):
    other = in_mode(photo.rotate(180), mode)
    options = {"n_colors": 64, "effort": "fast"}
    shown = pixels_of(played(encode_gif([photo, other], **options), 2))
    assert np.abs(shown[1] - rgba(Image.open(BytesIO(encode_gif(other, **options))))).mean() < 15
    assert len(np.unique(shown.reshape(-1, 4), axis=0)) <= 64


@pytest.mark.parametrize("scale", [np.uint8(1), np.uint16(257), np.float32(1 / 255)])
def test_samples_of_every_kind_are_frames(scale, few):
    array = np.asarray(few)
    shown = played(encode_gif([array * scale, few.rotate(180)]), 2)
    assert np.array_equal(pixels_of(shown)[..., :3], [array, array[::-1, ::-1]])


@pytest.mark.parametrize("lossy", [0, 1])
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "auto"])
def test_pixels_that_stay_keep_their_color(moving, dither, lossy):
    shown = pixels_of(played(encode_gif(moving, n_colors=12, dither=dither, lossy=lossy), 4))
    given = np.stack([rgba(frame) for frame in moving])
    stays = (given[1:] == given[:-1]).all(axis=-1)
    assert (shown[1:] == shown[:-1])[stays].all()
    assert np.abs(shown - given).mean() < 25


def test_a_flat_color_that_moves_stays_flat(moving):
    shown = pixels_of(played(encode_gif(moving, lossy=2), 4))
    for n, frame in enumerate(shown):
        assert (frame[9:19, 9 + 6 * n : 19 + 6 * n, :3] == frame[9, 9 + 6 * n, :3]).all()
        assert np.abs(frame[9, 9 + 6 * n, :3] - RED).max() <= 8


def test_what_moves_leaves_no_trace(moving):
    shown = pixels_of(played(encode_gif(moving, lossy=2), 4))
    given = np.stack([rgba(frame) for frame in moving])
    assert np.abs(shown - given)[3, 8:20, 8:20].max() < 100  # red lay there


def test_noise_of_a_camera_is_not_painted_again(noisy):
    movie = played(encode_gif(noisy))
    shown = pixels_of(movie)
    assert (shown[1:] == shown[:-1]).all(axis=-1).mean() > 0.9
    assert len(encode_gif(noisy)) < 2 * len(encode_gif(noisy[:1]))


def test_more_lossy_is_smaller_and_rougher(noisy):
    frames = [np.roll(frame, 3 * n, axis=1) for n, frame in enumerate(noisy)]
    files = [encode_gif(frames, lossy=lossy) for lossy in (0, 0.5, 1, 2, 4)]
    sizes = [len(file) for file in files]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.65 * sizes[0]
    means = [np.mean(scores(played(file), frames)) for file in files[1:]]
    assert means == sorted(means, reverse=True)


def test_colors_that_the_palette_holds_are_shown_exactly_however_lossy(few):
    assert encode_gif([few, few.rotate(180)], lossy=9) == encode_gif([few, few.rotate(180)], lossy=0)


def test_fixed_colors_are_kept(noisy):
    frames = [frame.copy() for frame in noisy[:2]]
    for n, frame in enumerate(frames):
        frame[5, 5 + n :: 7] = (1, 2, 3)
    shown = pixels_of(played(encode_gif(frames, n_colors=16, fixed_colors=["#010203"], lossy=4)))
    for n in range(2):
        assert (shown[n][5, 5 + n :: 7, :3] == (1, 2, 3)).all()


def test_weights_say_where_colors_are_better(noisy):
    weights = [np.repeat([[1.0, 0.001]], 48, axis=1).repeat(64, axis=0) for _ in range(2)]
    shown = pixels_of(played(encode_gif(noisy[:2], n_colors=8, sample_weight=weights)))
    errors = np.abs(shown[..., :3] - np.stack(noisy[:2])).mean(axis=(0, 1, 3))
    plain = pixels_of(played(encode_gif(noisy[:2], n_colors=8)))
    plain_errors = np.abs(plain[..., :3] - np.stack(noisy[:2])).mean(axis=(0, 1, 3))
    assert errors[:48].mean() < plain_errors[:48].mean()


def test_quality_is_reached_on_average_and_no_frame_is_far_below(china):
    frames = [china[100:220, 5 * n : 120 + 5 * n] for n in range(3)]
    sizes = []
    for quality in (50, 70):
        data = encode_gif(frames, quality=quality, effort="fast")
        found = scores(played(data), frames)
        assert quality <= np.mean(found) < quality + 8
        assert min(found) >= quality - 10
        sizes.append(len(data))
    assert sizes[0] < sizes[1]


def test_a_quality_beyond_reach_is_an_error_and_of_a_range_what_comes_closest(noisy):
    with pytest.raises(QualityError, match="best score here is") as caught:
        encode_gif(noisy[:2], n_colors=4, quality=90)
    files = [encode_gif(noisy[:2], n_colors=4, **options) for options in ({"quality": "0-90"}, {"lossy": 0})]
    found, exact = (np.mean(scores(played(file), noisy[:2])) for file in files)
    assert found >= max(exact, caught.value.best)


@pytest.mark.parametrize("lossy", [0, 1])
def test_the_same_bytes_at_any_number_of_threads(noisy, lossy):
    assert len({encode_gif(noisy, n_colors=64, lossy=lossy, n_threads=n) for n in (1, 2, 7)}) == 1


# Transparency


@pytest.fixture(scope="module")
def disc():
    """A disc with a soft rim that moves over nothing."""
    ys, xs = np.mgrid[:32, :40]
    frames = []
    for n in range(4):
        frame = np.zeros((32, 40, 4), np.uint8)
        frame[..., 0], frame[..., 1], frame[..., 2] = 6 * xs, 7 * ys, 99
        frame[..., 3] = np.clip(255 * (10 - np.hypot(ys - 16, xs - 12 - 5 * n)), 0, 255)
        frames.append(frame)
    return frames


@pytest.mark.parametrize("lossy", [0, 1])
@pytest.mark.parametrize("threshold", [0, 0.25, 0.5, 1])
def test_alpha_is_all_or_nothing(disc, lossy, threshold):
    movie = played(encode_gif(disc, alpha_threshold=threshold, lossy=lossy), 4)
    alpha = np.stack(disc)[..., 3]
    expected = (alpha >= 255 * threshold) & (alpha > 0)
    assert np.array_equal(pixels_of(movie)[..., 3] == 255, expected)
    assert [frame.disposal for frame in movie.frames] == [CLEAR, CLEAR, CLEAR, KEEP]


def test_what_only_appears_needs_no_clearing(disc):
    growing = [disc[0], np.maximum(disc[0], disc[1])]
    movie = played(encode_gif(growing), 2)
    assert [frame.disposal for frame in movie.frames] == [KEEP, KEEP]


def test_hidden_colors_do_not_make_what_is_seen_rougher(china):
    frames = np.zeros((3, 64, 96, 4), np.uint8)
    for n, frame in enumerate(frames):
        frame[8:56, 8 + 4 * n : 72 + 4 * n] = np.dstack([china[40:88, 40:104], np.full((48, 64), 255)])
    hidden = np.random.default_rng(0).integers(0, 256, frames.shape, np.uint8) * (frames[..., 3:] == 0)
    hidden[..., 3] = 0
    plain, with_hidden = (played(encode_gif([*given], lossy=1, duration=30), 3) for given in (frames, frames + hidden))
    means = [
        np.mean([ssimulacra2(frame, shown.pixels) for frame, shown in zip(frames, movie.frames, strict=True)])
        for movie in (plain, with_hidden)
    ]
    assert means[1] > means[0] - 0.5


@pytest.mark.parametrize("lossy", [0, 1])
def test_what_grows_has_nothing_around_it(photo, lossy):
    """Its first rectangle needs no transparent pixel, but a reader that hears of none begins with a colour."""
    frames = [np.zeros((*photo.size[::-1], 4), np.uint8) for _ in range(3)]
    for n, frame in enumerate(frames):
        inside = slice(10, 20 + 5 * n), slice(5, 20 + 6 * n)
        frame[inside] = rgba(photo)[inside]
    movie = played(encode_gif(frames, lossy=lossy), 3)
    assert np.array_equal(pixels_of(movie)[..., 3], np.stack(frames)[..., 3])


def with_moving_hole(pixels, n_frames):
    image = Image.fromarray(pixels).resize((96, 64)).convert("RGBA")
    frames = [np.array(image) for _ in range(n_frames)]
    for n, frame in enumerate(frames):
        frame[20:40, 10 + 6 * n : 30 + 6 * n, 3] = 0
    return frames


@pytest.mark.parametrize("lossy", [0, 1])
def test_a_hole_that_moves_does_not_have_all_around_it_painted_again(china, lossy):
    """The whole first frame would be cleared for it otherwise, so that the next is whole, too, and so forth."""
    frames = with_moving_hole(china, 5)
    movie = played(encode_gif(frames, lossy=lossy, duration=100))
    assert max(w * h for *_, w, h in [frame.rectangle for frame in movie.frames[1:]]) < 1000
    assert sum(frame.delay for frame in movie.frames) == 50
    starts = np.cumsum([0, *(frame.delay for frame in movie.frames)])
    shown = pixels_of(movie)[[int(np.searchsorted(starts, 10 * n)) for n in range(5)]]
    assert np.array_equal(shown[..., 3], np.stack(frames)[..., 3])
    assert np.ptp(shown[:, :20], axis=0).max() == 0


def test_a_frame_of_too_short_a_time_to_be_shared_is_one(china):
    assert len(played(encode_gif(with_moving_hole(china, 3), duration=30)).frames) == 3


def test_frames_of_nothing_are_empty():
    nothing = np.zeros((5, 7, 4), np.uint8)
    movie = played(encode_gif([nothing, nothing], duration=40), 1)
    assert (pixels_of(movie) == 0).all()
    assert movie.frames[0].delay == 8
    something = nothing.copy()
    something[2, 3] = (*RED, 255)
    movie = played(encode_gif([nothing, something, nothing, something]), 4)
    assert pixels_of(movie)[..., 3].sum(axis=(1, 2)).tolist() == [0, 255, 0, 255]


# How it is written


def test_only_what_changes_is_written(few):
    frames = [np.asarray(few).copy() for _ in range(2)]
    frames[1][2:5, 3] = RED
    frames[1][2, 3:9] = RED
    movie = played(encode_gif(frames), 2)
    assert movie.frames[1].rectangle == (3, 2, 6, 3)
    assert movie.frames[1].symbol_bits == 2


def test_frames_that_look_the_same_become_one(few):
    movie = played(encode_gif([few, few, few.rotate(180), few.rotate(180)], duration=[30, 40, 50, 60]), 2)
    assert [frame.delay for frame in movie.frames] == [7, 11]


def test_frames_that_would_be_shown_for_too_long_stay_apart(few):
    movie = played(encode_gif([few, few, few], duration=[MAX_DURATION, 10, 20]), 2)
    assert [frame.delay for frame in movie.frames] == [65535, 3]


def test_durations_are_kept_on_average(few):
    frames = [few.rotate(180 * (n % 2)) for n in range(30)]
    movie = played(encode_gif(frames, duration=1000 / 30), 30)
    assert {frame.delay for frame in movie.frames} == {3, 4}
    assert sum(frame.delay for frame in movie.frames) == 100


def test_durations_of_images_are_taken(few):
    frames = [few.copy(), few.rotate(180)]
    frames[0].info["duration"], frames[1].info["duration"] = 70, 200
    assert [frame.delay for frame in played(encode_gif(frames)).frames] == [7, 20]


@pytest.mark.parametrize("loop", [0, 1, 2, MAX_PLAYS])
def test_plays_are_counted_as_encode_png_does(few, loop):
    assert played(encode_gif([few, few.rotate(180)], loop=loop), 2).plays == loop


def test_a_kept_palette_is_stored_as_it_is(photo):
    colors = [(0, 0, 0), (255, 255, 255), (0, 0, 0), (200, 30, 30)]
    movie = played(encode_gif([photo, photo.rotate(180)], palette=colors, keep_palette=True))
    assert movie.table.tolist() == [[*color] for color in colors]


def test_a_kept_palette_of_256_colors_leaves_out_one_for_what_stays(moving):
    colors = [(i, i, 255 - i) for i in range(255)] + [RED]
    movie = played(encode_gif(moving, palette=colors, keep_palette=True))
    assert movie.table.tolist() == [[*color] for color in colors]
    assert np.abs(pixels_of(movie)[:, 10, 26:28, :3] - RED)[3].max() == 0


def test_progress_goes_from_start_to_end(noisy):
    for options in ({}, {"lossy": 0}, {"quality": 30}):
        told = []
        encode_gif(noisy[:3], progress=told.append, **options)
        assert told == sorted(told)
        assert (told[0], told[-1]) == (0.0, 1.0)


def test_to_gif_is_what_it_says(few):
    indexed = IndexedImage(np.arange(6, dtype=np.uint8).reshape(2, 3) % 4, np.array([[9], [8], [7], [6]], np.uint8))
    for options in ({}, {"keep_palette": True}):
        assert np.array_equal(pixels_of(played(indexed.to_gif(**options), 1))[0, ..., 0], indexed.to_array()[..., 0])
    assert play(indexed.to_gif(keep_palette=True)).table[:, 0].tolist() == [9, 8, 7, 6]


def test_translucent_entries_are_refused():
    soft = IndexedImage(np.zeros((2, 2), np.uint8), np.array([[9, 128]], np.uint8))
    with pytest.raises(ValueError, match="no translucent colors"):
        soft.to_gif()


# What is refused


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"duration": -1}, ValueError, "duration must be from 0 to 655350 milliseconds, got -1"),
        ({"duration": MAX_DURATION + 1}, ValueError, "duration must be from 0 to 655350"),
        ({"duration": [10]}, ValueError, "one for each of 2 frames, got 1"),
        ({"duration": "fast"}, TypeError, "duration must be a number"),
        ({"loop": -1}, ValueError, "loop must be from 0"),
        ({"loop": MAX_PLAYS + 1}, ValueError, "to 65536 times"),
        ({"loop": 1.5}, TypeError, "loop must be an integer"),
        ({"alpha_threshold": 2}, ValueError, "alpha_threshold must be from 0 to 1, got 2"),
        ({"alpha_threshold": None}, TypeError, "alpha_threshold must be a number"),
        ({"lossy": -1}, ValueError, "lossy must be"),
        ({"lossy": 1, "quality": 50}, ValueError, "pass one of them"),
        ({"lossy": 1, "dither": "ordered"}, ValueError, "break the pattern"),
        ({"quality": 50, "dither": "blue-noise"}, ValueError, "break the pattern"),
        ({"n_colors": 257}, ValueError, "n_colors must be between 1 and 256"),
        ({"keep_palette": True}, ValueError, "keep_palette=True has no use"),
        ({"palette": ["red"], "exact": True}, ValueError, "image has the color"),
        ({"progress": 1}, TypeError, "progress must be callable"),
    ],
)
def test_bad_options_are_refused(few, options, error, message):
    with pytest.raises(error, match=message):
        encode_gif([few, few.rotate(180)], **options)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        ([], ValueError, "empty list"),
        ([np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8)], ValueError, "frames of one size"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, "image"),
        ("a.gif", FileNotFoundError, "the name of a file or folder, which there is not"),
        (np.zeros((1, 65536), np.uint8), ValueError, "at most 65535 x 65535 pixels, got 65536 x 1"),
    ],
)
def test_bad_images_are_refused(image, error, message):
    with pytest.raises(error, match=message):
        encode_gif(image)


def test_rectangles_hold_what_they_are_around():
    mask = np.zeros((5, 6), bool)
    assert Rectangle.around(mask) is None
    mask[[1, 3], [4, 2]] = True
    assert Rectangle.around(mask) == (1, 2, 3, 3)


def test_times_are_rounded_together():
    assert centiseconds([4, 4, 4, 4, 4]) == [0, 1, 0, 1, 0]
    assert centiseconds([25, 25, 25]) == [2, 3, 3]


@pytest.mark.parametrize("encode", [encode_gif, encode_png])
def test_what_moves_is_seen_to_move_however_coarse_the_palette(encode, photo):
    """A square that is a little lighter than the photograph, in four colours."""
    frames = []
    for n in range(3):
        frame = np.asarray(photo).astype(int)
        frame[10:30, 5 + 20 * n : 20 + 20 * n] += 40
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    image = Image.open(BytesIO(encode(frames, n_colors=4, lossy=4)))
    assert image.n_frames == 3
    shown = []
    for n in range(3):
        image.seek(n)
        shown.append(rgba(image)[..., :3].mean(axis=-1))
    for n in range(2):
        was, comes = slice(5 + 20 * n, 20 + 20 * n), slice(25 + 20 * n, 40 + 20 * n)
        change = shown[n + 1][10:30] - shown[n][10:30]
        assert change[:, comes].mean() > 10
        assert change[:, was].mean() < -10


@pytest.mark.parametrize("encode", [encode_gif, encode_png])
def test_what_the_last_frame_leaves_free_looks_as_good_as_the_rest(encode, china):
    """It is seen for one frame only, as far as is known, but nothing covers it again."""
    photo = np.ascontiguousarray(china[100:196, 200:360])
    frames = []
    for n in range(10):
        frame = photo.copy()
        frame[20:80, 10 * n : 10 * n + 28] = RED
        frames.append(frame)
    image = Image.open(BytesIO(encode(frames, lossy=10)))
    errors = []
    for n in range(4, len(frames)):
        image.seek(n)
        off = np.asarray(image.convert("RGB")).astype(float) - frames[n]
        errors.append(np.square(off)[20:80, 10 * (n - 1) : 10 * n].mean())
    assert errors[-1] < 1.2 * np.mean(errors[:-1])
