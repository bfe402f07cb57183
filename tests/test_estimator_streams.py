"""An iterable of pictures is fitted one by one, to the palette of all of them."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import KMeansQuantizer


@pytest.fixture(scope="module")
def pictures(china, astronaut):
    return [china[:90, :120], astronaut[:70, :60], china[100:150, :40]]


def test_a_generator_gives_the_palette_of_the_list(pictures):
    expected = KMeansQuantizer(16).fit(pictures)
    quantizer = KMeansQuantizer(16).fit(picture for picture in pictures)
    np.testing.assert_array_equal(quantizer.palette_, expected.palette_)
    assert quantizer.inertia_ == expected.inertia_
    first, second, third = pictures
    parts = KMeansQuantizer(16).partial_fit(iter([third])).partial_fit(iter([first, second]))
    np.testing.assert_array_equal(parts.palette_, expected.palette_)


def test_weights_come_with_their_pictures(pictures):
    weights = [np.random.default_rng(0).random(picture.shape[:2]) for picture in pictures]
    streamed = KMeansQuantizer(8).fit(iter(pictures), sample_weight=iter(weights))
    np.testing.assert_array_equal(streamed.palette_, KMeansQuantizer(8).fit(pictures, sample_weight=weights).palette_)
    with pytest.raises(ValueError, match="sample_weight ends before X"):
        KMeansQuantizer(8).fit(iter(pictures), sample_weight=weights[:2])
    with pytest.raises(ValueError, match="sample_weight has arrays for more than the 2 pictures of X"):
        KMeansQuantizer(8).fit(iter(pictures[:2]), sample_weight=weights)


def test_images_are_opened_one_by_one(pictures, tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)

    def opened():
        for path in paths:
            with Image.open(path) as image:
                yield image

    quantizer = KMeansQuantizer(8).fit(opened())
    np.testing.assert_array_equal(quantizer.palette_, KMeansQuantizer(8).fit(pictures).palette_)


def test_no_picture_is_held(pictures):
    import weakref

    held = []

    def made():
        for picture in pictures:
            copy = picture.copy()
            held.append(weakref.ref(copy))
            yield copy
            del copy
            assert sum(ref() is not None for ref in held) <= 1

    KMeansQuantizer(8).fit(made())


def test_what_is_wrong_is_said_with_its_place(pictures):
    quantizer = KMeansQuantizer(8).fit(pictures[0])
    before = quantizer.palette_
    with pytest.raises(ValueError, match="X has 1 channels") as caught:
        quantizer.fit(iter([pictures[0], pictures[1][..., :1]]))
    assert caught.value.__notes__ == ["This is about picture 1 of X, the first being 0."]
    with pytest.raises(ValueError, match="X has 1 channels"):
        quantizer.partial_fit(iter([pictures[1], pictures[1][..., :1]]))
    assert quantizer.palette_ is before  # what fails leaves the last fit


def test_an_iterable_at_its_end_is_refused(pictures):
    stream = iter(pictures)
    quantizer = KMeansQuantizer(8).fit(stream)
    with pytest.raises(ValueError, match="X is an iterable without pictures; one that has been read before"):
        quantizer.fit(stream)


def test_what_needs_the_pictures_again_takes_no_iterable(pictures):
    quantizer = KMeansQuantizer(8).fit(pictures)
    for method in (quantizer.fit_transform, quantizer.fit_predict):
        with pytest.raises(TypeError, match="X is a generator, which is read once"):
            method(picture for picture in pictures)
    with pytest.raises(ValueError, match="fit of an iterable cannot be used with dither='auto'"):
        KMeansQuantizer(8, dither="auto").fit(iter(pictures))
