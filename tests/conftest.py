"""Photographs that the test dependencies ship, as read-only arrays made once, and small pictures for Pillow."""

import gc
import os
import shutil
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pil_kmeans.png import deflater

os.environ["OMP_NUM_THREADS"] = "1"  # workers are as many as processors; tests of threads say how many they take


def read_only(picture: np.ndarray) -> np.ndarray:
    picture = np.ascontiguousarray(picture)
    picture.flags.writeable = False
    return picture


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Thousands of tests stay to the end: to look for cycles among them finds none and takes seconds each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def each_search_of_deflate_once():
    """The thorough search takes most of the time of small pictures, and the same rows come again and again.

    What it finds depends on nothing but them (test_kernel_deflate.py).
    """
    thorough_zlib_compress = deflater.thorough_zlib_compress

    @lru_cache(maxsize=4096)
    def search(data, n_rounds):
        return thorough_zlib_compress(np.frombuffer(data, np.uint8), n_rounds)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deflater, "thorough_zlib_compress", lambda data, n_rounds: search(data.tobytes(), n_rounds))
        yield


@pytest.fixture(scope="session")
def china() -> np.ndarray:
    """RGB photograph, (427, 640, 3) uint8."""
    return of_scikit_learn("china.jpg")


@pytest.fixture(scope="session")
def flower() -> np.ndarray:
    """RGB photograph, (427, 640, 3) uint8."""
    return of_scikit_learn("flower.jpg")


def of_scikit_learn(name: str) -> np.ndarray:
    """Read a picture as a file, as the package takes long to import."""
    folder = Path(find_spec("sklearn").origin).parent
    return read_only(np.asarray(Image.open(folder / "datasets" / "images" / name)))


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """RGB photograph, (512, 512, 3) uint8."""
    from skimage.data import astronaut

    return read_only(astronaut())


@pytest.fixture(scope="session")
def camera() -> np.ndarray:
    """Grey photograph, (512, 512) uint8."""
    from skimage.data import camera

    return read_only(camera())


@pytest.fixture(scope="session")
def logo() -> np.ndarray:
    """Drawing with soft transparency, (500, 500, 4) uint8."""
    from skimage.data import logo

    return read_only(logo())


@pytest.fixture(scope="module")
def photo(china):
    """RGB, 64 x 48."""
    return Image.fromarray(china).resize((64, 48))


@pytest.fixture(scope="module")
def drawing(logo):
    """RGBA with soft edges and fully transparent pixels."""
    return Image.fromarray(logo).resize((50, 50))


@pytest.fixture
def reference():
    """Four colours, one of them twice."""
    image = Image.new("P", (1, 1))
    image.putpalette([0, 0, 0, 255, 255, 255, 200, 30, 30, 0, 0, 0])
    return image


@pytest.fixture(scope="module")
def few():
    """16 x 8 RGB pixels of 128 colours."""
    return Image.fromarray((np.arange(16 * 8 * 3) // 3 % 128 * 2).reshape(8, 16, 3).astype(np.uint8))


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for argument in (
        "headless=new",
        "disable-gpu",
        "disable-dev-shm-usage",
        "hide-scrollbars",
        "force-color-profile=srgb",
    ):
        options.add_argument(f"--{argument}")
    if hasattr(os, "getuid") and os.getuid() == 0:
        options.add_argument("--no-sandbox")  # which the administrator cannot have
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options=options, service=Service(shutil.which("chromedriver"))) as browser:
        yield browser
