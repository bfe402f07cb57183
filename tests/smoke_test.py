"""The installed package works: run with nothing but its runtime dependencies.

``python smoke_test.py`` checks a wheel where there is no pytest; the suite runs it too.
"""

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import pil_kmeans
from pil_kmeans.cli import main


def made_picture() -> np.ndarray:
    """(64, 96, 3) uint8 with some thousand distinct colours."""
    y, x = np.mgrid[:64, :96]
    return np.stack([4 * y, 2 * x, y + x], axis=-1).astype(np.uint8)


def test_native_kernels_run():
    info = pil_kmeans.build_info()
    assert info["version"] == pil_kmeans.__version__
    assert info["instruction_set"] in info["instruction_sets"]


def test_estimator_round_trip():
    picture = made_picture()
    quantizer = pil_kmeans.KMeansQuantizer(16)
    indices = quantizer.fit_transform(picture)
    assert indices.shape == picture.shape[:2]
    assert quantizer.n_colors_ == len(quantizer.palette_) == 16
    restored = quantizer.inverse_transform(indices)
    assert np.array_equal(restored, quantizer.palette_[indices])


def test_quantize_returns_a_palette_image():
    image = Image.fromarray(made_picture())
    result = pil_kmeans.quantize(image, 16)
    assert (result.mode, result.size) == ("P", image.size)
    assert len(result.getcolors()) == 16


def test_every_way_to_dither_is_there():
    image = Image.fromarray(made_picture())
    methods = ["none", "floyd-steinberg", "ordered", "blue-noise"]  # the last with data of the package
    assert len({pil_kmeans.quantize(image, 8, dither=method).tobytes() for method in methods}) == len(methods)


def test_png_is_read_by_pillow():
    content = pil_kmeans.encode_png(made_picture(), n_colors=16, palette_only=True)
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "P", (96, 64))
        assert len(image.getcolors()) == 16


def test_command_and_its_page_are_there():
    assert Path(pil_kmeans.report.__file__).with_name("page.html").is_file()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.png")
        Image.fromarray(made_picture()).save(path)
        assert main(["compress", str(path)]) == 0
        assert [file.name for file in sorted(path.parent.iterdir())] == ["in-8bit.png", "in.png"]


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("passed", name)
