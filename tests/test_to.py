"""`to=`: files that are complete or not there, and file objects."""

import os
from contextlib import contextmanager
from functools import partial
from io import BytesIO, StringIO

import numpy as np
import pytest

from pil_kmeans import encode_gif, encode_png, encode_webp

ENCODERS = {
    "." + encode.__name__[7:]: partial(encode, effort="fast") for encode in (encode_png, encode_gif, encode_webp)
}


@pytest.fixture(params=ENCODERS)
def encode(request):
    return ENCODERS[request.param]


@pytest.fixture
def old(tmp_path):
    """A file that is there already."""
    path = tmp_path / "picture"
    path.write_bytes(b"old")
    return path


@pytest.fixture(scope="module")
def noise():
    """Frames that do not become small."""
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def full_after(n_bytes):
    """A disk that holds no longer files."""
    resource = pytest.importorskip("resource", reason="only POSIX can say how long files may be")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("n_frames", [1, 3])
def test_paths_and_file_objects_get_the_bytes_that_are_returned_without(encode, old, noise, n_frames):
    frames = [*noise[:n_frames]] if n_frames > 1 else noise[0]
    file = BytesIO()
    assert encode(frames, to=old) is None
    assert encode(frames, to=f"{old} by its name") is None
    assert encode(frames, to=file) is None
    expected = encode(frames)
    assert content(old.parent) == {"picture": expected, "picture by its name": expected}
    assert file.getvalue() == expected


@pytest.mark.parametrize("name", ["picture", "new"])
def test_full_disk_leaves_the_old_file_and_no_new_one(encode, old, noise, name):
    with full_after(1024), pytest.raises(OSError, match="large"):
        encode([*noise], to=old.with_name(name))
    assert content(old.parent) == {"picture": b"old"}


def test_frames_that_fail_halfway_leave_the_old_file_and_no_new_one(encode, old, noise):
    def frames():
        yield from noise[:2]
        raise ZeroDivisionError

    for name in ("picture", "new"):
        with pytest.raises(ZeroDivisionError):
            encode(frames, to=old.with_name(name))
    assert content(old.parent) == {"picture": b"old"}


def test_interruption_leaves_the_old_file(encode, old, noise):
    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode([*noise], to=old, progress=stop)
    assert content(old.parent) == {"picture": b"old"}


@pytest.mark.parametrize("to", [3, b"name", StringIO(), [], open])
def test_what_cannot_be_written_to_is_told_before_any_work(encode, to):
    with pytest.raises(TypeError, match="to must be a path, a file object opened for bytes, or None"):
        encode(None, to=to)


def test_paths_that_no_file_can_have_are_told_before_any_work(encode, tmp_path):
    with pytest.raises(IsADirectoryError, match="to must be a file"):
        encode(None, to=tmp_path)
    with pytest.raises(FileNotFoundError, match="to must be in a folder that exists"):
        encode(None, to=tmp_path / "missing" / "picture")


def test_file_object_that_refuses_is_heard(encode, noise):
    with open(os.devnull, "rb") as file, pytest.raises(OSError, match="writ"):
        encode(noise[0], to=file)
