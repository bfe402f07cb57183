"""Photographs that the test dependencies ship, as read-only arrays made once."""

import numpy as np
import pytest


def read_only(picture: np.ndarray) -> np.ndarray:
    picture = np.ascontiguousarray(picture)
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def china() -> np.ndarray:
    """RGB photograph, (427, 640, 3) uint8."""
    from sklearn.datasets import load_sample_image

    return read_only(load_sample_image("china.jpg"))


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
