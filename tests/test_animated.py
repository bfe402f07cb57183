"""What holds several frames is an animation on every face, and nothing of it is dropped."""

import warnings
from io import BytesIO

import imageio.v3 as iio
import numpy as np
import pytest
from imageio.config import known_plugins
from PIL import Image

import pil_kmeans.imageio
import pil_kmeans.pillow
from pil_kmeans import KMeansQuantizer, encode_gif, encode_png, encode_webp, quantize
from pil_kmeans.imageio import PaletteGifPlugin, PalettePlugin, PalettePngPlugin
from pil_pictures import rgba, saved
from reference.apng import play as play_png
from reference.gif import play as play_gif


@pytest.fixture(scope="module")
def frames(few):
    return [few, few.rotate(180), few.rotate(90, expand=True).resize(few.size)]


def shown_by(data):
    played = play_gif(data).frames if data.startswith(b"GIF") else play_png(data)[0]
    return np.stack([frame.pixels for frame in played])


def times_of(data):
    if data.startswith(b"GIF"):
        movie = play_gif(data)
        return [10 * frame.delay for frame in movie.frames], movie.plays
    played, plays = play_png(data)
    return [frame.duration for frame in played], plays


ENCODERS = [encode_png, encode_gif]


@pytest.mark.parametrize("encode", ENCODERS)
@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_an_image_of_several_frames_keeps_its_times(frames, file_format, as_bytes, encode):
    first, *others = frames
    options = {"lossless": True} if file_format == "WEBP" else {}
    image = saved(first, file_format, save_all=True, append_images=others, duration=[40, 70, 90], loop=2, **options)
    given = image.fp.getvalue() if as_bytes else image
    data = encode(given)
    assert np.array_equal(shown_by(data), [rgba(frame) for frame in frames])
    assert times_of(data) == ([40, 70, 90], 3 if file_format == "GIF" else 2)  # once, and twice again
    assert times_of(encode(given, duration=50, loop=7)) == ([50] * 3, 7)


def test_a_gif_without_a_loop_is_shown_once(frames):
    image = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert times_of(encode_gif(image))[1] == 1


def test_a_palette_png_can_be_read_again_and_again(frames):
    data = encode_png(frames, lossy=0)
    image = Image.open(BytesIO(data))
    first, second = encode_png(image, lossy=0), encode_png(image, lossy=0)
    assert first == second
    assert np.array_equal(rgba(image), shown_by(data)[0])
    assert np.array_equal(shown_by(first), shown_by(data))


def test_pages_are_not_frames(frames):
    image = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert encode_gif(image) == encode_gif(frames[0])


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_disposal_of_the_source_is_seen_in_the_result(disposal):
    canvas = [np.zeros((8, 12, 4), np.uint8) for _ in range(3)]
    for n, frame in enumerate(canvas):
        frame[2:5, 3 * n : 3 * n + 3] = (200, 60 * n, 9, 255)
    first, *others = [Image.fromarray(frame) for frame in canvas]
    data = saved(first, "GIF", save_all=True, append_images=others, disposal=disposal, duration=50).fp.getvalue()
    image, expected = Image.open(BytesIO(data)), []
    for n in range(3):
        image.seek(n)
        expected.append(rgba(image))
    for encode in ENCODERS:
        shown = shown_by(encode(data))
        assert np.array_equal(shown[..., 3], np.stack(expected)[..., 3])
        assert np.array_equal(shown[shown[..., 3] > 0], np.stack(expected)[shown[..., 3] > 0])


def test_a_disposal_that_there_is_not_is_as_none(frames):
    image = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50, disposal=1)
    data = bytearray(image.fp.getvalue())
    at = -1
    while (at := data.find(b"!\xf9\x04", at + 1)) >= 0:
        data[at + 3] |= 7 << 2
    assert np.array_equal(shown_by(encode_gif(bytes(data))), [rgba(frame) for frame in frames])


@pytest.mark.parametrize("encode", ENCODERS)
def test_arrays_iterables_and_callables_are_frames(frames, encode):
    arrays = [np.asarray(frame) for frame in frames]
    expected = encode(arrays)
    assert encode(np.stack(arrays)) == expected
    assert encode(iter(arrays)) == expected
    assert encode(array for array in arrays) == expected
    assert encode(lambda: iter(arrays)) == expected
    assert encode(dict(enumerate(arrays)).values()) == expected


@pytest.mark.parametrize("encode", ENCODERS)
def test_what_fails_halfway_fails_as_it_does(few, encode):
    def broken():
        yield few
        raise RuntimeError("the camera fell down")

    with pytest.raises(RuntimeError, match="fell down"):
        encode(broken)


@pytest.mark.parametrize("encode", ENCODERS)
def test_no_frames_are_refused(encode):
    for nothing in ([], (), iter(()), lambda: [], np.zeros((0, 4, 4, 3), np.uint8)):
        with pytest.raises(ValueError, match="at least one picture"):
            encode(nothing)


@pytest.mark.parametrize("encode", ENCODERS)
def test_one_weight_is_for_all_frames_of_an_image(photo, encode):
    image = saved(photo, "GIF", save_all=True, append_images=[photo.rotate(180)])
    weight = np.ones((48, 64))
    weight[:, :32] = 0.01
    assert encode(image, n_colors=8, sample_weight=weight) == encode(image, n_colors=8, sample_weight=[weight] * 2)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_a_truncated_file_is_an_error_that_names_it(frames, tmp_path, kind):
    path = tmp_path / "moving"
    data = saved(frames[0].resize((99, 99)), kind, save_all=True, append_images=[frames[1].resize((99, 99))])
    path.write_bytes(data.fp.getvalue()[:-99])
    with pytest.raises(OSError, match="truncated or broken, copy or download it again") as told:
        encode_gif(path)
    assert told.value.filename == str(path)


def test_truncated_bytes_are_an_error(frames):
    image = saved(frames[0].resize((99, 99)), "GIF", save_all=True, append_images=[frames[1].resize((99, 99))])
    data = image.fp.getvalue()
    with pytest.raises(OSError, match="truncated"):
        encode_gif(data[: len(data) // 3])


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_a_file_cut_anywhere_is_an_error_or_the_frames_before(frames, tmp_path, file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    image = saved(frames[0], file_format, save_all=True, append_images=frames[1:], duration=50, **options)
    data, path = image.fp.getvalue(), tmp_path / "x.gif"
    n_errors = 0
    for end in range(0, len(data), max(1, len(data) // 60)):
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                encode_gif(data[:end], to=path, lossy=0)
        except (OSError, SyntaxError, ValueError, TypeError):
            n_errors += 1
            assert not [*tmp_path.iterdir()]
        else:
            assert told or file_format != "GIF"
            assert np.array_equal(shown_by(path.read_bytes())[0], rgba(frames[0]))
            path.unlink()
    assert n_errors > 10


def test_a_gif_that_ends_between_frames_is_read_with_a_warning(frames, tmp_path):
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50).fp.getvalue()
    path = tmp_path / "moving.gif"
    second = data.index(b"\x21\xf9", data.index(b"\x21\xf9") + 1)
    for end, n in ((len(data) - 1, len(frames)), (second, 1)):
        path.write_bytes(data[:end])
        for image in (path, data[:end], Image.open(BytesIO(data[:end]))):
            with pytest.warns(UserWarning, match="has no end"):
                encoded = encode_gif(image, lossy=0)
            assert len(shown_by(encoded)) == n
    path.write_bytes(data + b"whatever else\0")
    assert len(shown_by(encode_gif(path, lossy=0))) == len(frames)


def test_interlaced_frames_with_palettes_of_their_own_are_read_rightly(photo, astronaut):
    other = Image.fromarray(astronaut).resize(photo.size)
    first, second = (picture.quantize(20) for picture in (photo, other))
    image = saved(first, "GIF", save_all=True, append_images=[second], interlace=1, duration=50)
    assert np.array_equal(shown_by(encode_gif(image, lossy=0)), [rgba(first), rgba(second)])


@pytest.mark.parametrize("encode", [encode_gif, encode_png, encode_webp])
def test_a_frame_without_pixels_is_refused(few, encode):
    for empty in (Image.new("RGB", (0, 0)), np.zeros((0, 0, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"image\[1\] is empty"):
            encode([few, empty])


def test_quantize_and_the_estimator_take_the_current_frame(frames):
    image = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    image.seek(1)
    assert np.array_equal(rgba(quantize(image, 256)), rgba(frames[1]))
    assert KMeansQuantizer(8).fit(image).palette_.tolist() == KMeansQuantizer(8).fit(image.copy()).palette_.tolist()


# imageio


@pytest.mark.parametrize(
    ("name", "encode"), [("x.gif", encode_gif), ("x.GIF", encode_gif), ("x.apng", encode_png), ("x.webp", encode_webp)]
)
def test_the_extension_says_what_imageio_writes(tmp_path, frames, name, encode):
    stack = np.stack([np.asarray(frame) for frame in frames])
    iio.imwrite(tmp_path / name, stack, plugin=PalettePlugin, n_colors=9, duration=30, loop=2)
    assert (tmp_path / name).read_bytes() == encode(list(stack), n_colors=9, duration=30, loop=2)


def test_imageio_finds_the_plugin_by_name(frames, monkeypatch):
    monkeypatch.setattr(pil_kmeans.imageio, "known_plugins", known := {})
    pil_kmeans.imageio.register()
    monkeypatch.setitem(known_plugins, "pil_kmeans", known["pil_kmeans"])
    stack = np.stack([np.asarray(frame) for frame in frames])
    data = iio.imwrite("<bytes>", stack, extension=".gif", plugin="pil_kmeans")
    assert data == encode_gif(list(stack))


def test_plugins_of_one_kind_refuse_others(tmp_path, few):
    for plugin, name in ((PaletteGifPlugin, "x.png"), (PalettePngPlugin, "x.gif"), (PalettePlugin, "x.jpg")):
        with pytest.raises(OSError, match="can not handle") as caught:
            iio.imwrite(tmp_path / name, np.asarray(few), plugin=plugin)
        assert "pass extension=" in str(caught.value.__cause__)
    assert not list(tmp_path.iterdir())


def test_after_an_error_a_gif_has_its_old_content(tmp_path, few):
    (tmp_path / "x.gif").write_bytes(b"old")
    with pytest.raises(ValueError, match="n_colors"):
        iio.imwrite(tmp_path / "x.gif", np.asarray(few), plugin=PalettePlugin, n_colors=999)
    assert (tmp_path / "x.gif").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


# Pillow's save


def test_pillow_saves_gifs(frames):
    pil_kmeans.pillow.register()
    first, *others = frames
    assert saved(first, "GIF8", n_colors=9).fp.getvalue() == encode_gif(first, n_colors=9)
    image = saved(first, "GIF8", save_all=True, append_images=others, duration=20, loop=0, lossy=0)
    assert image.fp.getvalue() == encode_gif(frames, duration=20, loop=0, lossy=0)
    assert saved(image, "GIF8").fp.getvalue() == encode_gif(image.copy())
    assert saved(image, "GIF8", save_all=True).fp.getvalue() == encode_gif(image)


def test_pillow_refuses_what_a_gif_cannot_have(few):
    pil_kmeans.pillow.register()
    with pytest.raises(TypeError, match="compression"):
        saved(few, "GIF8", compression="max")
