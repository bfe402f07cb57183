"""`encode_png` of several frames: an APNG as Pillow, OpenCV and the specification play it."""

from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageSequence

from made_pictures import moving_square, with_camera_noise
from palettes_only import encode_png
from pil_kmeans import IndexedImage, KMeansQuantizer, QualityError, encode_gif, ssimulacra2
from pil_kmeans.png import animation, lossy_frames, rate_distortion
from pil_kmeans.png.animation import MAX_DURATION, delay
from pil_kmeans.png.lossy_frames import LossyFrames
from pil_kmeans.stages.dithering.steady import steady
from pil_pictures import MODES, cv2, in_mode, opened, rgba
from png_chunks import chunks, kinds
from reference.apng import OVER, SOURCE, play

RED = (255, 0, 0)


def played(data, n_frames):
    """Frames of a file, which Pillow and OpenCV must show as the specification says."""
    frames, _ = play(data)
    assert len(frames) == n_frames
    for n, frame in enumerate(frames):
        image = Image.open(BytesIO(data))  # anew: with palettes, Pillow 13 does not go back to a frame rightly
        image.seek(n)
        assert np.array_equal(rgba(image), frame.pixels)
        assert image.info["duration"] == pytest.approx(float(frame.duration))
    if hasattr(cv2, "imdecodeanimation"):  # since 4.11
        _, animation = cv2.imdecodeanimation(np.frombuffer(data, np.uint8))
        assert len(animation.frames) == n_frames
        for shown, frame in zip(animation.frames, frames, strict=True):
            to_rgba = cv2.COLOR_BGRA2RGBA if shown.shape[2] == 4 else cv2.COLOR_BGR2RGBA
            assert np.array_equal(cv2.cvtColor(shown, to_rgba), frame.pixels)
    return frames


def pixels_of(frames):
    return np.stack([frame.pixels for frame in frames]).astype(int)


@pytest.fixture(scope="module")
def moving(photo):
    """A red square that moves over a photograph."""
    return moving_square(photo, 3)


# What is shown


def test_frames_of_few_colors_are_stored_exactly(few):
    frames = [few, few.transpose(Image.Transpose.ROTATE_180), few]
    shown = played(encode_png(frames), 3)
    assert np.array_equal(pixels_of(shown), [rgba(frame) for frame in frames])


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "blue-noise"])
def test_pixels_that_stay_keep_their_color(moving, dither):
    shown = pixels_of(played(encode_png(moving, n_colors=12, dither=dither), 3))
    given = np.stack([rgba(frame) for frame in moving])
    stays = (given[1:] == given[:-1]).all(axis=-1)
    assert (shown[1:] == shown[:-1])[stays].all()
    assert (shown[1:] != shown[:-1])[~stays].any()
    assert np.abs(shown - given).mean() < 25


def test_dithered_pixels_keep_their_index_in_later_frames():
    samples = np.array([[[[5], [5], [5]]], [[[5], [9], [5]]], [[[5], [9], [5]]]])
    indices = np.array([[[0, 1, 0]], [[1, 2, 1]], [[1, 1, 0]]])
    assert [frame.tolist() for frame in steady(indices, samples)] == [[[0, 1, 0]], [[0, 2, 0]], [[0, 2, 0]]]


@pytest.mark.parametrize("mode", MODES)
def test_frames_may_differ_in_mode(photo, mode):
    other = in_mode(photo.rotate(180), mode)
    options = {"n_colors": 64, "compression": "fast", "effort": "fast"}
    shown = pixels_of(played(encode_png([photo, other], **options), 2))
    assert np.abs(shown[1] - rgba(opened(encode_png(other, **options)))).mean() < 15
    assert len(np.unique(shown.reshape(-1, 4), axis=0)) <= 64


@pytest.mark.parametrize("scale", [np.uint8(1), np.uint16(257), np.float32(1 / 255)])
def test_arrays_and_indexed_images_are_frames(scale, few):
    array = np.asarray(few)
    indexed = KMeansQuantizer(128).fit(array).to_indexed(array[::-1])
    shown = played(encode_png([array * scale, indexed]), 2)
    assert np.array_equal(pixels_of(shown)[..., :3], [array, array[::-1]])


def test_alpha_of_every_frame_is_right(photo):
    whole = photo.convert("RGBA")
    soft = whole.copy()
    soft.putalpha(Image.linear_gradient("L").resize(photo.size))
    frames = [whole, whole.rotate(20), whole, soft, whole.rotate(20), soft]
    shown = played(encode_png(frames, n_colors=255), 6)
    assert np.abs(pixels_of(shown) - [rgba(frame) for frame in frames])[..., 3].mean() < 2
    assert {SOURCE} == {frame.blend for frame in shown[1:2]}  # corners that become transparent
    for n in (1, 2, 4):
        assert np.array_equal(pixels_of(shown)[n][..., 3], rgba(frames[n])[..., 3])


def test_turned_frames_and_weights_are_upright(few):
    turned = few.rotate(90, expand=True)
    turned.getexif()[0x0112] = 6
    weight = np.where(np.arange(16) < 4, 50.0, 1.0) * np.ones((8, 1))
    options = {"n_colors": 8, "effort": "fast"}
    for others in ([few.rotate(180)], []):
        ones = [np.ones((8, 16)) for _ in others]
        data = encode_png([*others, turned], sample_weight=[*ones, np.rot90(weight)], **options)
        assert data == encode_png([*others, few], sample_weight=[*ones, weight], **options)


def test_weights_of_frames_move_the_palette(photo):
    weights = [np.zeros((48, 64)), np.ones((48, 64))]
    shown = pixels_of(played(encode_png([photo, photo.convert("L")], n_colors=8, sample_weight=weights), 2))
    assert (np.ptp(shown[..., :3], axis=-1) == 0).all()


def test_fixed_colors_are_shared(photo):
    data = encode_png([photo, photo.rotate(180)], n_colors=8, fixed_colors=["#010203"])
    palette = np.frombuffer(dict(chunks(data))["PLTE"], np.uint8).reshape(-1, 3)
    assert [1, 2, 3] in palette.tolist()
    assert len(palette) <= 8


@pytest.fixture(scope="module")
def noisy(china):
    """A photograph with a camera's noise, 120 x 96."""
    return with_camera_noise(china, (120, 96), 4)


def scores(shown, frames):
    return [ssimulacra2(frame, of.pixels[..., :3]) for frame, of in zip(frames, shown, strict=True)]


def test_noise_of_a_camera_is_not_painted_again(noisy):
    lossless, lossy = encode_png(noisy, lossy=0), encode_png(noisy)
    assert len(lossy) < 0.6 * len(lossless)
    shown = played(lossy, 4)
    pixels = pixels_of(shown)
    assert (pixels[1:] == pixels[:-1]).all(axis=-1).mean() > 0.98
    assert np.mean(scores(shown, noisy)) > np.mean(scores(played(lossless, 4), noisy)) - 6


def test_more_lossy_frames_are_smaller_and_rougher(noisy):
    frames = [np.roll(frame, 4 * n, axis=1) for n, frame in enumerate(noisy[:3])]
    files = [encode_png(frames, lossy=lossy, compression="fast") for lossy in (0, 0.5, 1, 2, 4)]
    sizes = [len(file) for file in files]
    assert sizes == sorted(sizes, reverse=True)
    means = [np.mean(scores(played(file, 3), frames)) for file in files]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("quality", [55, 70])
def test_frames_reach_a_quality_on_average_and_none_is_far_below(china, quality):
    frames = [china[100:220, 5 * n : 120 + 5 * n] for n in range(3)]
    found = scores(played(encode_png(frames, quality=quality), 3), frames)
    assert quality <= np.mean(found) < quality + 8
    assert min(found) >= quality - 10


def test_a_quality_that_frames_cannot_reach_is_an_error_and_of_a_range_what_comes_closest(noisy):
    with pytest.raises(QualityError, match="best score here is") as caught:
        encode_png(noisy, n_colors=4, quality=90)
    data = encode_png(noisy, n_colors=4, quality="0-90")
    assert ssimulacra2(noisy[0], data) > caught.value.best - 5  # the mean of all frames


def test_lossy_frames_do_not_depend_on_threads(noisy):
    assert len({encode_png(noisy, n_colors=64, n_threads=n) for n in (1, 3)}) == 1


def test_what_moves_in_lossy_frames_leaves_no_trace(moving):
    shown = pixels_of(played(encode_png(moving, lossy=2), 3))
    given = np.stack([rgba(frame) for frame in moving])
    assert np.abs(shown - given)[2, 8:20, 8:20, :3].max() < 100  # red lay there


def test_single_pixels_do_not_stay_among_others_that_move(flower, monkeypatch):
    """They would save no bytes, and what was right for another place is seen."""
    frames = [flower[100 + n : 196 + n, 50 + 4 * n : 170 + 4 * n] for n in range(4)]
    found = encode_png(frames)
    monkeypatch.setattr(LossyFrames, "_pays", lambda self, stays, points, written, lasts: stays)
    with_single = encode_png(frames)
    assert len(found) < len(with_single)
    means = [np.mean(scores(played(file, 4), frames)) for file in (found, with_single)]
    assert means[0] > means[1] + 0.3


@pytest.fixture(scope="module")
def panned(china):
    return [np.ascontiguousarray(china[100:220, 60 + 2 * n : 220 + 2 * n]) for n in range(3)]


@pytest.mark.parametrize(("lossy", "rougher", "gain"), [(0.1, 0.3, 1.0), (0.3, 0.5, 0.4)])
def test_frames_that_lose_little_are_searched_for_rows_behind_filters(panned, lossy, rougher, gain, monkeypatch):
    found = encode_png(panned, lossy=lossy)
    monkeypatch.setattr(LossyFrames, "_filtered", lambda self, search, lossy, found, *others: found)
    without = encode_png(panned, lossy=rougher)
    assert len(found) < 1.01 * len(without)
    means = [np.mean(scores(played(file, 3), panned)) for file in (found, without)]
    assert means[0] > means[1] + gain


def test_frames_behind_filters_are_refined(panned, monkeypatch):
    found = encode_png(panned, lossy=0.2)
    monkeypatch.setattr(rate_distortion, "_REFINEMENTS", 0)
    without = encode_png(panned, lossy=0.5)
    assert len(found) < len(without)
    means = [np.mean(scores(played(file, 3), panned)) for file in (found, without)]
    assert means[0] > means[1] + 0.4


def test_pixels_that_stay_are_transparent_behind_filters_where_they_are_many_beside_each_other(panned, monkeypatch):
    stands_still = (np.abs(np.arange(160) - 80) < 20)[:, np.newaxis]
    frames = [np.where(stands_still, panned[0], frame) for frame in panned]
    found = encode_png(frames, lossy=0.3)
    assert played(found, 3)[1].blend == OVER
    monkeypatch.setattr(lossy_frames, "in_runs", lambda mask, run: np.zeros_like(mask))
    without = encode_png(frames, lossy=0.3)
    assert len(found) < 0.93 * len(without)
    means = [np.mean(scores(played(file, 3), frames)) for file in (found, without)]
    assert means[0] > means[1] - 0.5


def test_a_kept_palette_keeps_its_order_where_frames_lose_little(panned):
    palette = KMeansQuantizer(100, effort="fast").fit(panned[0]).palette_
    file = encode_png(panned, palette=palette, keep_palette=True, lossy=0.1)
    assert dict(chunks(file))["PLTE"] == palette.tobytes()
    assert min(scores(played(file, 3), panned)) > 70


@pytest.mark.parametrize(
    ("encode", "step", "n_colors"),
    [(encode_png, 0, 16), (encode_png, 4, 256), (encode_gif, 0, 256), (encode_gif, 4, 16)],
)
def test_dithering_is_not_chosen_where_it_is_larger_and_worse(noisy, encode, step, n_colors):
    frames = [np.roll(frame, step * n, axis=1) for n, frame in enumerate(noisy)]
    files = [encode(frames, n_colors=n_colors, dither=dither, lossy=0) for dither in ("auto", "none")]
    means = []
    for file in files:
        image = Image.open(BytesIO(file))
        shown = [rgba(frame)[..., :3].astype(np.uint8) for frame in ImageSequence.Iterator(image)]
        means.append(np.mean([ssimulacra2(a, b) for a, b in zip(frames, shown, strict=True)]))
    assert len(files[0]) <= len(files[1]) or means[0] >= means[1]


# How it is written


def test_only_what_changes_is_written(few):
    frames = [np.asarray(few).copy() for _ in range(2)]
    frames[1][2:5, 3] = RED
    frames[1][2, 3:9] = RED
    shown = played(encode_png(frames), 2)
    assert shown[1].size == (3, 6)


def test_what_stays_is_left_transparent_where_that_is_smaller(photo):
    frames = [photo.convert("RGB") for _ in range(2)]
    for place in [(0, 0), (63, 47)]:
        frames[1].putpixel(place, RED)
    data = encode_png(frames, lossy=0)
    shown = played(data, 2)
    assert shown[1].size == (48, 64)
    assert shown[1].blend == OVER
    assert len(dict(chunks(data))["PLTE"]) == 3 * 256


def test_what_stays_by_chance_does_not_cut_what_repeats(monkeypatch):
    rng = np.random.default_rng(0)
    first = rng.integers(0, 200, (96, 96)).astype(np.uint8)
    second = np.tile(rng.integers(0, 200, 96).astype(np.uint8), (96, 1))
    second[::2] = first[::2]
    by_chance = rng.random(second.shape) < 0.1
    first[by_chance] = second[by_chance]
    found = encode_png([first, second], lossy=0)
    assert played(found, 2)[1].blend == OVER
    monkeypatch.setattr(animation, "RUNS", ())
    assert len(found) < 0.98 * len(encode_png([first, second], lossy=0))


def test_ways_that_a_probe_leaves_out_are_no_smaller(moving, noisy, monkeypatch):
    for frames in (moving, noisy):
        data = encode_png(frames, lossy=0)
        with monkeypatch.context() as patched:
            patched.setattr(animation, "_likely", lambda ways: ways)
            assert encode_png(frames, lossy=0) == data


@pytest.mark.parametrize("lossy", [1e-4, 0.01, 1])
def test_lossy_frames_are_no_larger_than_others(moving, few, lossy):
    for frames in (moving, [few, few.rotate(180)]):
        assert len(encode_png(frames, lossy=lossy)) <= len(encode_png(frames, lossy=0))


def test_256_colors_are_stored_exactly_without_room_for_another():
    first = np.random.default_rng(0).permutation(256).astype(np.uint8).reshape(16, 16)
    second = first.copy()
    second[[0, -1], [0, -1]] = second[[-1, 0], [-1, 0]]
    shown = played(encode_png([first, second]), 2)
    assert np.array_equal(pixels_of(shown)[..., 0], [first, second])
    assert shown[1].blend == SOURCE


def test_palette_gets_no_transparent_entry_that_costs_more(few):
    frames = [np.zeros((2, 2), np.uint8), np.array([[0, 255], [255, 255]], np.uint8)]
    data = encode_png(frames)
    assert "tRNS" not in kinds(data)
    assert len(dict(chunks(data))["PLTE"]) == 6
    played(data, 2)


def test_transparent_entry_of_the_picture_serves(photo):
    first = np.asarray(photo.convert("RGBA")).copy()
    first[20:30] = 0
    second = first.copy()
    second[0, 0] = second[47, 63] = (*RED, 255)
    shown = played(encode_png([first, second], n_colors=256), 2)
    assert shown[1].blend == OVER


@pytest.mark.parametrize(("n", "depth"), [(2, 1), (4, 2), (16, 4), (17, 8)])
def test_all_frames_have_as_few_bits_as_the_palette_needs(n, depth):
    ramp = np.linspace(0, 255, n).astype(np.uint8)[np.newaxis].repeat(3, axis=0)
    data = encode_png([ramp, ramp[:, ::-1]])
    played(data, 2)
    assert dict(chunks(data))["IHDR"][8] == depth


def test_file_is_smaller_than_that_of_pillow(moving):
    file = BytesIO()
    moving[0].save(file, "PNG", save_all=True, append_images=moving[1:])
    data = encode_png(moving)
    assert len(data) < len(file.getvalue()) / 2
    assert len(data) < 1.2 * len(encode_png(moving[0], lossy=0))


@pytest.mark.parametrize("compression", ["fast", "max"])
@pytest.mark.parametrize("lossy", [0, 3])  # between these a smaller file may be the one without loss
def test_compression_does_not_change_the_pixels(moving, compression, lossy):
    options = {"n_colors": 20, "lossy": lossy}
    shown, expected = (played(encode_png(moving, **options, **o), 3) for o in ({"compression": compression}, {}))
    assert np.array_equal(pixels_of(shown), pixels_of(expected))


def test_threads_do_not_change_the_bytes(moving):
    assert encode_png(moving, n_threads=1) == encode_png(moving, n_threads=3)


def test_first_frame_is_what_others_show(moving):
    data = encode_png(moving, n_colors=16)
    assert np.array_equal(rgba(opened(data)), play(data)[0][0].pixels)


def test_metadata_is_that_of_the_first_frame(few):
    first = few.copy()
    first.info["dpi"] = (300, 300)
    data = encode_png([first, few.rotate(180)])
    assert kinds(data) == ["IHDR", "pHYs", "PLTE", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "IEND"]
    assert "pHYs" not in kinds(encode_png([few, first.rotate(180)]))


# Time


@pytest.mark.parametrize("duration", [0, 1, 40, 1000 / 30, 33.3, 100, 65_535, 1e6 / 3, MAX_DURATION])
def test_duration_is_kept_as_well_as_16_bits_can(few, duration):
    frames, _ = play(encode_png([few, few.rotate(180)], duration=duration))
    for frame in frames:
        assert float(frame.duration) == pytest.approx(duration, rel=1e-5)


def test_delays_fit_16_bits():
    for duration in [*np.geomspace(0.001, MAX_DURATION, 500), MAX_DURATION - 0.1, 1000.01, 999.99]:
        numerator, denominator = delay(duration).as_integer_ratio()
        assert 0 <= numerator <= 65535
        assert 1 <= denominator <= 65535
    assert delay(20) == Fraction(1, 50)


def test_each_frame_has_its_duration(few):
    frames = [few, few.rotate(180), few]
    shown = played(encode_png(frames, duration=[10, 20, 30.5]), 3)
    assert [float(frame.duration) for frame in shown] == [10, 20, 30.5]


def test_durations_are_those_of_the_images_unless_given(few):
    frames = [few, few.rotate(180), few.copy(), np.asarray(few.rotate(180))]
    frames[1].info["duration"] = 70
    frames[2].info["duration"] = "long"
    assert [frame.duration for frame in play(encode_png(frames))[0]] == [100, 70, 100, 100]
    assert [frame.duration for frame in play(encode_png(frames, duration=5))[0]] == [5] * 4


@pytest.mark.parametrize("loop", [0, 1, 5, 2**31 - 1])
def test_loop_is_the_number_of_plays(few, loop):
    assert play(encode_png([few, few.rotate(180)], loop=loop))[1] == loop


def test_equal_frames_become_one_that_lasts_longer(few):
    other = few.rotate(180)
    shown = played(encode_png([few, few, other, other, other, few], duration=[1, 2, 3, 4, 5, 6]), 3)
    assert [frame.duration for frame in shown] == [3, 12, 6]


def test_frames_that_only_look_equal_once_quantized_become_one():
    frames = [np.full((4, 4), value, np.uint8) for value in (10, 11, 250)]
    shown = played(encode_png(frames, n_colors=2, duration=10), 2)
    assert [frame.duration for frame in shown] == [20, 10]


def test_equal_frames_too_long_for_one_are_a_pixel(few):
    shown = played(encode_png([few, few, few], duration=[MAX_DURATION, 10, 20]), 2)
    assert [frame.duration for frame in shown] == [MAX_DURATION, 30]
    assert shown[1].size == (1, 1)


def test_frames_that_are_all_equal_are_a_picture(few):
    assert encode_png([few, few.copy()], duration=9) == encode_png(few, lossy=0)


def test_one_picture_is_a_plain_png(photo):
    expected = encode_png(photo, n_colors=8)
    for given in (photo, [photo], (photo,)):
        assert encode_png(given, n_colors=8, duration=40, loop=2) == expected
    indexed = IndexedImage(np.zeros((2, 2), np.uint8), np.zeros((1, 3), np.uint8))
    assert encode_png([indexed]) == indexed.to_png()
    assert encode_png([photo], n_colors=8, sample_weight=[np.ones((48, 64))]) == expected


def test_image_of_several_frames_is_an_animation_and_its_copy_the_current_one(few):
    file = BytesIO()
    few.save(file, "PNG", save_all=True, append_images=[few.rotate(180)], duration=[50, 70], loop=5)
    image = Image.open(file)
    image.seek(1)
    assert encode_png(image) == encode_png([few, few.rotate(180)], duration=[50, 70], loop=5)
    assert image.tell() == 1
    assert np.array_equal(rgba(opened(encode_png(image.copy()))), rgba(few.rotate(180)))


def test_progress_goes_on_to_the_end(moving):
    shares = []
    assert encode_png(moving, n_colors=16, progress=shares.append) == encode_png(moving, n_colors=16)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert len(shares) >= 3 + len(moving)


def test_exception_of_progress_ends_the_work(moving):
    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_png(moving, progress=stop)


# Errors


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"quality": 80, "dither": "ordered"}, ValueError, "break the pattern"),
        ({"duration": -1}, ValueError, "duration must be from 0 to 65535000 milliseconds, got -1"),
        ({"duration": np.nan}, ValueError, "duration must be from 0 to 65535000 milliseconds, got nan"),
        ({"duration": [1, MAX_DURATION + 1]}, ValueError, "duration must be from 0 to 65535000 .* got 65535001"),
        ({"duration": [1, 2, 3]}, ValueError, "duration must be one number, or one for each of 2 frames, got 3"),
        ({"duration": "40"}, TypeError, "duration must be a number of milliseconds .* got '40' of type str"),
        ({"duration": True}, TypeError, "duration must be .* got True of type bool"),
        ({"duration": [1, None]}, TypeError, "duration must be numbers .* got None of type NoneType"),
        ({"loop": -1}, ValueError, "loop must be from 0, which is forever, to 2147483647 times, got -1"),
        ({"loop": 2**31}, ValueError, "loop must be from 0"),
        ({"loop": 1.0}, TypeError, "loop must be an integer, got 1.0 of type float"),
        ({"loop": "1"}, TypeError, "loop must be an integer, got '1'"),
        ({"sample_weight": [np.ones((8, 16))]}, ValueError, "sample_weight must be a list of 2 arrays"),
    ],
)
def test_options_that_frames_cannot_have_are_refused(few, options, error, match):
    with pytest.raises(error, match=match):
        encode_png([few, few.rotate(180)], **options)


def test_frames_must_be_of_one_size(few):
    match = r"one size, image\[0\] is 16 x 8 pixels, but image\[2\] 5 x 8"
    with pytest.raises(ValueError, match=match):
        encode_png([few, few, few.crop((0, 0, 5, 8))])


def test_errors_name_the_frame(few):
    with pytest.raises(TypeError, match=r"image\[1\]"):
        encode_png([few, "x.png"])
    with pytest.raises(ValueError, match=r"image\[1\] is empty"):
        encode_png([few, np.zeros((0, 3), np.uint8)])
    with pytest.raises(ValueError, match="at least one picture, got an empty list"):
        encode_png([])


def test_stage_writes_random_frames_rightly():
    rng = np.random.default_rng(0)
    for n in range(40):
        n_colors, height, width = rng.integers([1, 1, 1], [20, 9, 9], endpoint=True)
        palette = rng.integers(0, 256, (n_colors, 4), dtype=np.uint8)
        palette[:, 3] = rng.choice([0, 255, 255, 100][: 2 + n % 3], n_colors)
        frames = rng.integers(0, n_colors, (4, height, width), dtype=np.uint8)
        stays = rng.random((3, height, width)) < 0.7
        for before, after, same in zip(frames[:-1], frames[1:], stays, strict=True):
            np.copyto(after, before, where=same)
        data = animation.encode(frames, palette, [10] * 4, compression="fast")
        expected = palette[frames]
        changes = [True, *(a != b for a, b in zip(map(bytes, expected[1:]), map(bytes, expected[:-1]), strict=True))]
        if sum(changes) > 1:
            assert np.array_equal([frame.pixels for frame in play(data)[0]], expected[changes])
        else:
            assert np.array_equal(rgba(Image.open(BytesIO(data))), expected[0])
