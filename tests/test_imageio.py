"""`pil_kmeans.imageio`: what imageio's own tests ask of a plugin that writes, and files that errors leave alone."""

import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import imageio.config
import imageio.v2 as iio2
import imageio.v3 as iio
import numpy as np
import pytest

import pil_kmeans
from pil_kmeans import encode_png
from pil_kmeans.imageio import PalettePngPlugin
from pil_pictures import opened, rgba


@pytest.fixture
def registered():
    before = dict(imageio.config.known_plugins)
    pil_kmeans.imageio.register()
    yield
    imageio.config.known_plugins.clear()
    imageio.config.known_plugins.update(before)


@pytest.fixture(scope="module")
def picture(photo):
    return np.asarray(photo)


@pytest.fixture(scope="module")
def data(picture):
    return encode_png(picture, n_colors=8)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


# What it writes to


def test_path_by_class_without_registration(tmp_path, picture, data):
    path = tmp_path / "x.png"
    assert iio.imwrite(path, picture, plugin=PalettePngPlugin, n_colors=8) is None
    assert path.read_bytes() == data
    assert files(tmp_path) == ["x.png"]


@pytest.mark.usefixtures("registered")
def test_path_by_name(tmp_path, picture, data):
    path = tmp_path / "x.png"
    iio.imwrite(str(path), picture, plugin="pil_kmeans", n_colors=8)
    assert path.read_bytes() == data
    pil_kmeans.imageio.register()
    iio2.imwrite(path, picture[:5], plugin="pil_kmeans", n_colors=8)
    assert opened(path.read_bytes()).size == (64, 5)


def test_name_needs_registration(tmp_path, picture):
    with pytest.raises(ValueError, match="not a registered plugin name"):
        iio.imwrite(tmp_path / "x.png", picture, plugin="pil_kmeans")


@pytest.mark.parametrize("extension", [None, ".png", ".PNG"])
def test_bytes_are_returned(picture, data, extension):
    assert iio.imwrite("<bytes>", picture, plugin=PalettePngPlugin, extension=extension, n_colors=8) == data


def test_file_object_is_filled_and_left_open(picture, data):
    file = BytesIO()
    assert iio.imwrite(file, picture, plugin=PalettePngPlugin, n_colors=8) is None
    assert not file.closed
    assert file.getvalue() == data


def test_zip_member(tmp_path, picture, data):
    iio.imwrite(tmp_path / "a.zip/b.png", picture, plugin=PalettePngPlugin, n_colors=8)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("b.png") == data


def test_foreign_extension(tmp_path, picture, data):
    iio.imwrite(tmp_path / "x.png.part", picture, plugin=PalettePngPlugin, extension=".png", n_colors=8)
    assert (tmp_path / "x.png.part").read_bytes() == data


def test_link_and_permissions_stay(tmp_path, picture, data):
    path, link = tmp_path / "x.png", tmp_path / "link.png"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    iio.imwrite(link, picture, plugin=PalettePngPlugin, n_colors=8)
    assert link.is_symlink()
    assert path.read_bytes() == data
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="no such device")  # as on Windows
def test_device_is_written_to(picture):
    iio.imwrite("/dev/null", picture, plugin=PalettePngPlugin, n_colors=8)
    assert Path("/dev/null").is_char_device()


# What it takes


@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 1), (6, 7, 2), (6, 7, 3), (6, 7, 4)])
def test_pictures_of_every_kind_and_batches_of_one(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for given in (image, [image], (image,), image[np.newaxis]):
        assert iio.imwrite("<bytes>", given, plugin=PalettePngPlugin) == encode_png(image)


@pytest.mark.parametrize("shape", [(2, 4, 5, 3), (3, 4, 5), (2, 4, 5, 1)])
def test_batches_of_several_are_animations(shape):
    batch = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    expected = encode_png(list(batch), duration=40, loop=2)
    for given in (batch, list(batch), tuple(batch)):
        assert iio.imwrite("<bytes>", given, plugin=PalettePngPlugin, duration=40, loop=2) == expected
    assert np.array_equal(iio.imread(expected, index=None).shape[:3], shape[:3])


def test_batches_of_pil_images_are_animations(tmp_path, photo):
    frames = [photo, photo.rotate(180)]
    iio.imwrite(tmp_path / "x.png", frames, plugin=PalettePngPlugin, n_colors=16)
    assert (tmp_path / "x.png").read_bytes() == encode_png(frames, n_colors=16)
    assert iio.improps(tmp_path / "x.png", index=...).n_images == 2


def test_three_axes_are_one_picture_unless_said_otherwise():
    narrow = np.arange(15, dtype=np.uint8).reshape(1, 5, 3)
    assert opened(iio.imwrite("<bytes>", narrow, plugin=PalettePngPlugin)).size == (5, 1)
    assert opened(iio.imwrite("<bytes>", narrow, plugin=PalettePngPlugin, is_batch=True)).size == (3, 5)


def test_pil_image_brings_its_metadata(photo):
    image = photo.copy()
    image.info["dpi"] = (300, 300)
    assert iio.imwrite("<bytes>", image, plugin=PalettePngPlugin) == encode_png(image)


def test_indexed_image_is_taken(few):
    indexed = pil_kmeans.KMeansQuantizer(4).fit(np.asarray(few)).to_indexed(np.asarray(few))
    assert iio.imwrite("<bytes>", indexed, plugin=PalettePngPlugin) == encode_png(indexed)


def test_bool_and_float_pictures():
    for image in (np.eye(4, dtype=bool), np.eye(4)):
        result = opened(iio.imwrite("<bytes>", image, plugin=PalettePngPlugin))
        assert np.array_equal(rgba(result)[..., 0], np.eye(4) * 255)


def test_options_of_imopen_are_defaults(tmp_path, picture):
    with iio.imopen(tmp_path / "x.png", "w", plugin=PalettePngPlugin, n_colors=8, metadata="none") as file:
        file.write(picture, n_colors=5)
    assert len(opened((tmp_path / "x.png").read_bytes()).getcolors()) == 5


def test_imageio_reads_what_it_wrote(tmp_path, few):
    iio.imwrite(tmp_path / "x.png", np.asarray(few), plugin=PalettePngPlugin)
    assert np.array_equal(iio.imread(tmp_path / "x.png", mode="RGB"), np.asarray(few.convert("RGB")))


# Closing


def test_close_is_idempotent(tmp_path, picture):
    file = iio.imopen(tmp_path / "x.png", "w", plugin=PalettePngPlugin)
    file.write(picture)
    for _ in range(3):
        file.close()
    with pytest.raises(ValueError, match="closed"):
        file.write(picture)


def test_nothing_is_created_before_write(tmp_path):
    for name in ("x.png", "a.zip/x.png"):
        with iio.imopen(tmp_path / name, "w", plugin=PalettePngPlugin):
            pass
    assert files(tmp_path) == []


# Refused


def test_reading_is_refused(tmp_path, few):
    few.save(tmp_path / "x.png")
    for function in (iio.imread, iio.improps, iio.immeta, lambda *a, **k: list(iio.imiter(*a, **k))):
        with pytest.raises(OSError, match="can not handle the given uri"):
            function(tmp_path / "x.png", plugin=PalettePngPlugin)


@pytest.mark.parametrize("method", ["read", "iter", "properties", "metadata"])
def test_nothing_is_read_from_a_file_to_write(method):
    """As imageio's own base class answers for what a plugin does not do."""
    with iio.imopen("<bytes>", "w", plugin=PalettePngPlugin) as file, pytest.raises(NotImplementedError):
        getattr(file, method)()


@pytest.mark.usefixtures("registered")
def test_reading_falls_through_where_it_is_the_first_choice(tmp_path, few, monkeypatch):
    few.save(tmp_path / "x.png")
    for extension in imageio.config.known_extensions[".png"]:
        monkeypatch.setattr(extension, "priority", ["pil_kmeans", *extension.priority])
    for source in (tmp_path / "x.png", (tmp_path / "x.png").read_bytes()):
        assert np.array_equal(iio.imread(source, extension=".png"), np.asarray(few))
    iio.imwrite(tmp_path / "y.png", np.asarray(few), palette_only=True)
    assert opened((tmp_path / "y.png").read_bytes()).mode == "P"


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("name", ["x.png", "x.gif", "x.unknown"])
def test_plugin_is_not_chosen_for_calls_that_name_none(tmp_path, name):
    with iio.imopen(tmp_path / name, "w") as file:
        assert not isinstance(file, PalettePngPlugin)


@pytest.mark.parametrize("name", ["x.jpg", "x.png.part", "x.apng"])
def test_other_extensions_are_refused(tmp_path, picture, name):
    with pytest.raises(OSError, match="can not handle the given uri") as caught:
        iio.imwrite(tmp_path / name, picture, plugin=PalettePngPlugin)
    assert "pass extension='.png'" in str(caught.value.__cause__)
    assert files(tmp_path) == []


def test_missing_folder(tmp_path, picture):
    with pytest.raises(FileNotFoundError):
        iio.imwrite(tmp_path / "no" / "x.png", picture, plugin=PalettePngPlugin)


@pytest.mark.parametrize("given", [np.zeros((0, 4, 5, 3), np.uint8), []])
def test_empty_batches_are_refused(given):
    with pytest.raises(ValueError, match="a list of at least one picture, got an empty list"):
        iio.imwrite("<bytes>", given, plugin=PalettePngPlugin)


def test_second_call_is_refused(tmp_path, picture, data):
    with iio.imopen(tmp_path / "x.png", "w", plugin=PalettePngPlugin) as file:
        file.write(picture, n_colors=8)
        with pytest.raises(ValueError, match="holds one picture"):
            file.write(picture)
    assert (tmp_path / "x.png").read_bytes() == data


BAD = [
    ("text", {}, FileNotFoundError, "image"),
    (None, {}, TypeError, "image"),
    (np.zeros((2, 2), int), {}, TypeError, "int64"),
    (np.zeros((0, 4, 3), np.uint8), {}, ValueError, "empty"),
    (np.zeros(4, np.uint8), {}, ValueError, "three axes"),
    (np.zeros((1, 1, 2, 2, 3), np.uint8), {}, ValueError, "three axes"),
    (np.zeros((2, 2, 3), np.uint8), {"n_colors": 300}, ValueError, "n_colors"),
    (np.zeros((2, 2, 3), np.uint8), {"bits": 4}, TypeError, "bits"),
]


@pytest.mark.parametrize(("image", "options", "error", "match"), BAD)
def test_errors_leave_the_old_file(tmp_path, image, options, error, match):
    (tmp_path / "x.png").write_bytes(b"old")
    for uri in (tmp_path / "x.png", tmp_path / "y.png", tmp_path / "a.zip/x.png", "<bytes>", BytesIO()):
        with pytest.raises(error, match=match):
            iio.imwrite(uri, image, plugin=PalettePngPlugin, **options)
    assert uri.getvalue() == b""
    assert files(tmp_path) == ["x.png"]
    assert (tmp_path / "x.png").read_bytes() == b"old"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_full_disk_and_interruption_leave_the_old_file(tmp_path, picture, monkeypatch, error):
    (tmp_path / "x.png").write_bytes(b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(type(error)):
        iio.imwrite(tmp_path / "x.png", picture, plugin=PalettePngPlugin, n_colors=8)
    assert files(tmp_path) == ["x.png"]
    assert (tmp_path / "x.png").read_bytes() == b"old"


def test_file_without_write_permission_stays(tmp_path, picture, monkeypatch):
    (tmp_path / "x.png").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to any
    with pytest.raises(PermissionError, match=r"x\.png"):
        iio.imwrite(tmp_path / "x.png", picture, plugin=PalettePngPlugin, n_colors=8)
    assert (tmp_path / "x.png").read_bytes() == b"old"


def test_closed_file_and_folder(tmp_path, picture):
    file = BytesIO()
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        iio.imwrite(file, picture, plugin=PalettePngPlugin, n_colors=8)
    (tmp_path / "x.png").mkdir()
    with pytest.raises(IsADirectoryError):
        iio.imwrite(tmp_path / "x.png", picture, plugin=PalettePngPlugin, n_colors=8)


# Imports


def test_imageio_loads_only_with_its_face():
    code = (
        "import sys, pil_kmeans; pil_kmeans.encode_png, pil_kmeans.pillow; assert 'imageio' not in sys.modules; "
        "pil_kmeans.imageio; import imageio.config; assert 'pil_kmeans' not in imageio.config.known_plugins; "
        "sys.modules.update({'imageio.config': None}); del sys.modules['pil_kmeans.imageio'], pil_kmeans.imageio\n"
        "try: pil_kmeans.imageio\n"
        "except ImportError as error: assert \"pip install 'pil_kmeans[imageio]'\" in str(error)\n"
        "else: raise AssertionError"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
