"""RGB images are read from their memory as numpy reads them."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import _native
from pil_kmeans.pictures.pil_modes import pixels_from_pil

# Earlier ones, which will do for the package, do not hand out their memory: numpy reads their images, and there is
# nothing here to be tested.
needs_arrow = pytest.mark.skipif(
    not hasattr(Image.Image, "__arrow_c_array__"), reason="Pillow 11.2 is the first to hand out memory"
)


def noise(height, width):
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (1, 10), (1, 11), (1, 19), (5, 7), (64, 63), (301, 200)])
def test_samples_are_those_of_the_image(size):
    np.testing.assert_array_equal(pixels_from_pil(Image.fromarray(noise(*size))), noise(*size))


def test_samples_are_a_copy():
    image = Image.fromarray(noise(4, 5))
    samples = pixels_from_pil(image)
    image.paste((1, 2, 3), (0, 0, 5, 4))
    np.testing.assert_array_equal(samples, noise(4, 5))


@needs_arrow
def test_images_in_several_pieces_are_read_too():
    size = Image.core.get_block_size()
    Image.core.set_block_size(1 << 12)
    try:
        image = Image.fromarray(noise(60, 70))
    finally:
        Image.core.set_block_size(size)
    with pytest.raises(ValueError, match="contiguous"):
        image.__arrow_c_array__()
    np.testing.assert_array_equal(pixels_from_pil(image), noise(60, 70))


@needs_arrow
@pytest.mark.parametrize(("mode", "n"), [("L", 12), ("I;16", 12), ("RGB", 11), ("RGB", 13), ("RGB", 1 << 62)])
def test_other_memory_is_refused(mode, n):
    with pytest.raises(ValueError, match="not"):
        _native.rgb_of_arrow(*Image.new(mode, (3, 4)).__arrow_c_array__(), n)
