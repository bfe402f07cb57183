"""The Pillow format `PNG8`: the bytes of `encode_png`, and what Pillow's own arguments add."""

import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageSequence, PngImagePlugin

import pil_kmeans
from palettes_only import encode_png
from pil_kmeans.pictures.icc_profile import rgb_profile
from pil_kmeans.pillow import register
from pil_pictures import MODES, in_mode, opened, rgba, saved
from png_chunks import kinds
from reference.apng import play

ORIENTATION = ExifTags.Base.Orientation


@pytest.fixture(autouse=True)
def registered():
    register()
    yield
    for registry in (Image.SAVE, Image.SAVE_ALL, Image.MIME):
        del registry["PNG8"]


def saved_bytes(image, **options):
    file = BytesIO()
    image.save(file, "PNG8", **options)
    return file.getvalue()


def exif_of(**tags):
    exif = Image.Exif()
    for name, value in tags.items():
        exif[ExifTags.Base[name]] = value
    return exif


def pnginfo():
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "Hills")
    info.add(b"prIv", b"front")
    info.add(b"prIv", b"back", after_idat=True)
    return info


# What is written


@pytest.mark.parametrize("mode", MODES)
def test_bytes_are_those_of_encode_png(photo, mode):
    image = in_mode(photo, mode)
    options = {"n_colors": 8, "effort": "fast", "compression": "fast"}
    assert saved_bytes(image, **options) == encode_png(image, **options)


def test_path_file_and_any_case_of_the_name(photo, tmp_path):
    expected = encode_png(photo, n_colors=8)
    photo.save(tmp_path / "x.png", format="png8", n_colors=8)
    photo.save(tmp_path / "x.other", format="PNG8", n_colors=8)
    with (tmp_path / "file").open("wb") as file:
        photo.save(file, "PNG8", n_colors=8)
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {expected}
    assert Image.MIME["PNG8"] == "image/png"


def test_extension_stays_with_pillow(photo, tmp_path):
    register()
    photo.save(tmp_path / "x.png")
    assert opened((tmp_path / "x.png").read_bytes()).mode == "RGB"
    assert "PNG8" not in Image.registered_extensions().values()


def test_options_are_those_on_the_image(photo):
    image, file = photo.copy(), BytesIO()
    image.encoderinfo = {"n_colors": 5}
    Image.SAVE["PNG8"](image, file, "")
    assert file.getvalue() == encode_png(photo, n_colors=5)
    assert image.encoderinfo == {"n_colors": 5}


def test_import_registers_nothing():
    code = (
        "import pil_kmeans.pillow; from PIL import Image; Image.init(); "
        "assert 'PNG8' not in Image.SAVE; pil_kmeans.pillow.register(); assert 'PNG8' in Image.SAVE"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Pillow's arguments


@pytest.mark.parametrize("metadata", ["color", "all", "none"])
def test_dpi_is_written_whatever_metadata_says(few, metadata):
    image = few.copy()
    image.info["dpi"] = (72, 72)
    result = saved(image, "PNG8", dpi=(300, 150), metadata=metadata)
    assert result.info["dpi"] == pytest.approx((300, 150), abs=0.02)
    assert "dpi" not in saved(image, "PNG8", dpi=None, metadata=metadata).info
    assert image.info["dpi"] == (72, 72)


@pytest.mark.parametrize("metadata", ["color", "all", "none"])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_exif_is_written_whatever_metadata_says(few, metadata, as_bytes):
    exif = exif_of(Artist="A. Painter", Orientation=6)
    data = saved_bytes(few, exif=exif.tobytes() if as_bytes else exif, metadata=metadata)
    result = opened(data)
    assert kinds(data).count("eXIf") == 1
    assert dict(result.getexif()) == {ExifTags.Base.Artist: "A. Painter"}
    assert np.array_equal(rgba(result), np.rot90(rgba(few), -1))


def test_exif_takes_the_place_of_the_pictures_own(few):
    image = few.copy()
    image.info["exif"] = exif_of(Artist="B", Orientation=6).tobytes()
    for exif in (None, b"", exif_of(Artist="C")):
        result = saved(image, "PNG8", exif=exif, metadata="all")
        assert result.size == few.size
        assert result.getexif().get(ExifTags.Base.Artist) == ("C" if exif else None)
    assert saved(image, "PNG8", dpi=(72, 72)).size == few.size[::-1]


def test_exif_changed_in_place_or_of_a_tiff_is_not_lost(few):
    image = few.copy()
    image.getexif()[ORIENTATION] = 6
    assert saved(image, "PNG8", dpi=(72, 72)).size == few.size[::-1]
    tiff = saved(few, "TIFF", exif=exif_of(Artist="A"))
    assert saved(tiff, "PNG8", dpi=(72, 72), metadata="all").getexif()[ExifTags.Base.Artist] == "A"


def test_broken_exif_is_left_out(few):
    image = few.copy()
    image.info["exif"] = b"Exif\0\0nonsense"
    assert "eXIf" not in kinds(saved_bytes(image, dpi=(72, 72), metadata="all"))
    assert "eXIf" not in kinds(saved_bytes(few, exif=b"nonsense"))


def test_icc_profile_is_what_the_pixels_are_in(few):
    image = few.copy()
    image.info["icc_profile"] = rgb_profile(1.0)
    converted = encode_png(image)
    assert saved_bytes(few, icc_profile=rgb_profile(1.0)) == saved_bytes(image) == converted
    assert saved_bytes(image, icc_profile=None) == encode_png(few) != converted


@pytest.mark.parametrize("metadata", ["color", "none"])
def test_pnginfo_is_written(few, metadata):
    data = saved_bytes(few, pnginfo=pnginfo(), metadata=metadata)
    assert kinds(data) == ["IHDR", "tEXt", "prIv", "PLTE", "IDAT", "prIv", "IEND"]
    assert opened(data).text == {"Title": "Hills"}


# Frames


def test_one_frame_of_a_sequence_is_saved(few):
    assert saved_bytes(few, save_all=True) == encode_png(few)
    assert saved_bytes(few, save_all=True, append_images=[]) == encode_png(few)
    gif = saved(few.convert("P"), "GIF", save_all=True, append_images=[few.transpose(Image.Transpose.ROTATE_180)])
    gif.seek(1)
    assert saved_bytes(gif) == encode_png(gif.copy())


def test_save_all_writes_all_frames(few):
    other = few.rotate(180)
    gif = saved(few.convert("P"), "GIF", save_all=True, append_images=[other], duration=[30, 40], loop=3)
    frames = ImageSequence.all_frames(gif)
    gif.seek(1)
    expected = encode_png([*frames, few, other], duration=[30, 40, 100, 100], loop=4)  # once, and three times again
    assert saved_bytes(gif, save_all=True, append_images=[few, other]) == expected
    assert gif.tell() == 1
    expected = encode_png([*frames, few], duration=[1, 2, 3], loop=0, n_colors=9)
    assert saved_bytes(gif, save_all=True, append_images=[few], duration=[1, 2, 3], loop=0, n_colors=9) == expected


def test_save_all_of_an_apng_leaves_out_what_stands_in_for_it(few):
    frames = [few.rotate(180), few.rotate(90, expand=True).resize(few.size)]
    apng = saved(few, "PNG", save_all=True, append_images=frames, default_image=True, duration=20, loop=1)
    assert saved_bytes(apng, save_all=True) == encode_png(frames, duration=20, loop=1)


def test_pillows_arguments_count_for_every_frame(few):
    other = few.rotate(180)
    given = {"icc_profile": rgb_profile(1.0), "exif": exif_of(Artist="A", Orientation=6), "dpi": (72, 72)}
    data = saved_bytes(few, save_all=True, append_images=[other], pnginfo=pnginfo(), **given)
    frames = [few.copy(), other.copy()]
    for frame in frames:
        frame.info["icc_profile"] = given["icc_profile"]
    shown, _ = play(data)
    expected, _ = play(encode_png(frames))
    for after, before in zip(shown, expected, strict=True):
        assert np.array_equal(after.pixels, np.rot90(before.pixels, -1))
    assert [kind for kind in kinds(data) if kind in ("eXIf", "pHYs", "tEXt", "prIv")].count("eXIf") == 1
    assert kinds(data)[-2:] == ["prIv", "IEND"]


def test_appended_images_need_save_all(few, tmp_path):
    with pytest.raises(ValueError, match="append_images must come with save_all=True"):
        few.save(tmp_path / "x.png", "PNG8", append_images=[few], save_all=False)
    with pytest.raises(ValueError, match="one size"):
        few.save(tmp_path / "x.png", "PNG8", append_images=[few.crop((0, 0, 3, 3))], save_all=True)
    assert list(tmp_path.iterdir()) == []


# Errors


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"n_colors": 300}, ValueError, "n_colors"),
        ({"optimize": True}, TypeError, "optimize"),
        ({"metadata": "some"}, ValueError, "metadata"),
    ],
)
def test_nothing_is_left_of_a_file_that_cannot_be_written(photo, tmp_path, options, error, match):
    with pytest.raises(error, match=match):
        photo.save(tmp_path / "x.png", "PNG8", **options)
    assert list(tmp_path.iterdir()) == []
    file = BytesIO()
    with pytest.raises(error, match=match):
        photo.save(file, "PNG8", **options)
    assert file.getvalue() == b""


def test_empty_pictures_are_refused():
    with pytest.raises(ValueError, match="empty"):
        saved_bytes(Image.new("RGB", (0, 4)))


@pytest.mark.parametrize("kind", [b"gAMA", b"sRGB", b"cICP", b"sBIT", b"PLTE"])
def test_pnginfo_cannot_say_what_the_colors_mean(few, kind):
    info = PngImagePlugin.PngInfo()
    info.add(kind, b"\0\0\0\1")
    with pytest.raises(ValueError, match=f"pnginfo must hold text, tIME or private chunks, got {kind.decode()}"):
        saved_bytes(few, pnginfo=info)


def test_public_names():
    assert pil_kmeans.pillow.__all__ == ["patch", "quantize", "register"]
