"""The gallery of the documentation: an example is found by its thumbnail."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def thumbnails():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(DOCS / "_extensions")
        import thumbnails

        yield thumbnails
        del sys.modules["thumbnails"]


def test_each_example_has_a_thumbnail_and_words_of_its_own(thumbnails):
    assert sorted(thumbnails.THUMBNAILS) == sorted(path.stem for path in (DOCS / "gallery").glob("plot_*.py"))
    words = [thumbnail.words for thumbnail in thumbnails.THUMBNAILS.values()]
    assert len({*words}) == len(words)
    assert all(0 < len(text) <= 22 for text in words)  # which is as wide as one


@pytest.mark.parametrize("shape", [(100, 800), (900, 300), (600, 600)])
def test_variants_are_shown_by_the_same_detail(thumbnails, shape):
    """Left and right of a picture that is the same twice."""
    height, width = shape
    picture = np.random.default_rng(0).integers(0, 256, (height, width // 2, 3), np.uint8)
    twice = Image.fromarray(np.hstack([picture, picture]))
    drawn = np.asarray(thumbnails.drawn(twice, thumbnails.Thumbnail("twice", 2, (0.9, 0.1), 1.5)))
    assert drawn.shape == (280, 400, 3)
    detail = drawn[: 280 - thumbnails.BAND]
    np.testing.assert_allclose(detail[:, 4:194].astype(int), detail[:, 205:395], atol=2)  # but for their edges
    assert (drawn[280 - thumbnails.BAND :] == thumbnails.INK).any()


def test_moving_images_have_moving_thumbnails(thumbnails, tmp_path, monkeypatch):
    from types import SimpleNamespace

    images = tmp_path / "gallery" / "images"
    (images / "thumb").mkdir(parents=True)
    frames = [Image.new("RGB", (240, 160), color) for color in ("red", "blue")]
    frames[0].save(images / "sphx_glr_a_001.gif", save_all=True, append_images=frames[1:], duration=80)
    (images / "thumb" / "sphx_glr_a_thumb.gif").touch()
    monkeypatch.setattr(thumbnails, "THUMBNAILS", {"a": thumbnails.Thumbnail("a", 1, (0.5, 0.5), 1.0)})
    config = SimpleNamespace(sphinx_gallery_conf={"gallery_dirs": "gallery"})
    thumbnails.write_thumbnails(SimpleNamespace(srcdir=tmp_path, config=config))
    with Image.open(images / "thumb" / "sphx_glr_a_thumb.gif") as thumb:
        assert (thumb.n_frames, thumb.info["duration"], thumb.size) == (2, 80, (400, 280))
