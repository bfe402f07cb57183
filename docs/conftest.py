"""The examples of the pages run where the files are that they name."""

import shutil
from pathlib import Path

import pytest

collect_ignore = ["_build", "_extensions", "auto_gallery", "conf.py", "gallery", "reference/generated"]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A photograph, a logo with soft edges, frames and icons."""
    from PIL import Image
    from skimage.data import logo
    from sklearn.datasets import load_sample_image, load_sample_images

    folder = tmp_path_factory.mktemp("pictures")
    source = Path(load_sample_images().filenames[0]).with_name("china.jpg")
    shutil.copy(source, folder / "photo.jpg")
    Image.fromarray(logo()).save(folder / "logo.png")
    photo = Image.fromarray(load_sample_image("flower.jpg"))
    for i in range(3):
        photo.crop((40 * i, 100, 40 * i + 240, 260)).save(folder / f"frame{i}.png")
        Image.fromarray(logo()).rotate(120 * i).resize((64, 64)).save(folder / f"icon{i}.png")
    return folder


@pytest.fixture(autouse=True)
def in_folder(pictures, tmp_path, monkeypatch):
    shutil.copytree(pictures, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def pytest_collection_modifyitems(items):
    """Pages open files as people do, and let Python close them."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
