"""The fuzzer of `python -m fuzz`: a few cases of each target, findings that are found, and faults that it has found."""

import signal
from io import BytesIO, StringIO
from zlib import crc32

import pytest
from PIL import Image

from fuzz import __main__ as fuzzer
from fuzz.corpus import seeds
from fuzz.mutate import mutated
from fuzz.native import BINDINGS
from pil_kmeans import _native, encode_gif, encode_png, encode_webp


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("target", "n"), [("native", 150), ("arrays", 40), ("files", 60)])
def test_first_cases_find_nothing(target, n):
    for number in range(n):
        fuzzer.run_case(target, number)


def test_every_binding_is_called():
    functions = {name for name in dir(_native) if callable(getattr(_native, name))}
    assert {binding.name for binding in BINDINGS} == functions


@pytest.mark.filterwarnings("ignore")
def test_seeds_are_pictures_and_mutations_depend_on_the_number_only():
    import numpy as np

    kinds = set()
    for _, data in seeds():
        with Image.open(BytesIO(data)) as image:
            image.load()
            kinds.add(image.format)
        assert mutated(data, np.random.default_rng(3)) == mutated(data, np.random.default_rng(3))
    assert kinds >= {"PNG", "GIF", "TIFF", "WEBP", "JPEG", "BMP", "PPM"}


@pytest.mark.parametrize(
    ("fault", "patience", "message"),
    [
        ("raise RuntimeError('odd')", 60, "odd"),
        ("os._exit(3)", 60, "ended with 3"),
        ("time.sleep(99)", 0.1, "no end after 1 s\n"),
        pytest.param(
            "\n        while True: pass",
            1,
            "no end after 1 s of the processor",
            marks=pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no timers of the processor"),
        ),
    ],
)
def test_faults_are_reported_by_their_number(monkeypatch, tmp_path, fault, patience, message):
    script = tmp_path / "faulty.py"
    script.write_text(
        "import os, sys, time; from fuzz import __main__ as fuzzer\n"
        "def run_case(target, number):\n"
        f"    if number == 4: {fault}\n"
        f"fuzzer.PATIENCE = {patience}\n"
        "fuzzer.run_case = run_case; fuzzer.work('native', *map(int, sys.argv[-2:]))\n"
    )
    usual = fuzzer.subprocess.Popen
    monkeypatch.setattr(fuzzer, "PATIENCE", patience)
    monkeypatch.setattr(
        fuzzer.subprocess, "Popen", lambda command, **pipes: usual([command[0], str(script), *command[-2:]], **pipes)
    )
    monkeypatch.setenv("PYTHONPATH", ".")
    report = StringIO()
    assert fuzzer.main(["native", "--seconds=60", "--cases=6"], report) == 1
    assert "native: 6 cases in " in report.getvalue()
    assert "-- python -m fuzz native --case 4" in report.getvalue()
    assert message in report.getvalue()


# found by it


def test_palette_picture_without_a_palette_is_an_error():
    image = Image.new("P", (2, 2))
    image.palette = None
    with pytest.raises(ValueError, match="image of mode P has no palette"):
        encode_png(image)


def test_tags_that_cannot_be_read_are_dropped(monkeypatch):
    image = Image.new("RGB", (2, 2))

    def broken(_):
        raise KeyError(262)

    for method in ("tobytes", "get"):
        monkeypatch.setattr(Image.Exif, method, broken if method == "tobytes" else lambda *_: broken(0))
    with Image.open(BytesIO(encode_png(image, metadata="all"))) as result:
        assert "exif" not in result.info


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("encode", [encode_png, encode_gif, encode_webp])
def test_frames_in_a_wrong_order_are_a_broken_file(encode):
    """Pillow has a SyntaxError for it."""
    frames = [Image.new("L", (9, 9), value) for value in (0, 90, 200)]
    parts = encode_png(frames).split(b"fcTL")
    content = b"fcTL" + (9).to_bytes(4, "big") + parts[2][4:26]  # which was the second to be shown
    parts[2] = content[4:] + crc32(content).to_bytes(4, "big") + parts[2][30:]
    with pytest.raises(OSError, match="the PNG file is truncated or broken, copy or download it again: APNG"):
        encode(b"fcTL".join(parts))
