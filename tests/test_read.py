"""The one reader: every face judges the same upright samples in sRGB."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from palettes_only import encode_png
from pil_kmeans import IndexedImage, KMeansQuantizer, QualityError, quantize, ssimulacra2
from pil_kmeans.pictures.icc_profile import grey_profile, rgb_profile
from pil_kmeans.pictures.read import read_picture
from pil_kmeans.report import compare

ADOBE = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
PROFILES = {
    "none": None,
    "wide": rgb_profile(2.2, ADOBE),
    "gamma 1.8": rgb_profile(1.8, ADOBE),
    "linear": rgb_profile(1.0, ADOBE),
    "grey": grey_profile(1.4),
    "lab": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    "broken": b"no profile",
}
MODES = ["RGB", "RGBA", "L", "LA", "P", "CMYK", "I;16", "YCbCr", "HSV", "LAB", "1"]


@pytest.fixture(scope="module")
def photo(china):
    return china[150:198, 250:314]


def picture(photo, mode, *, turn=1, **info):
    image = Image.fromarray(photo)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif mode == "LAB":
        srgb, lab = (ImageCms.createProfile(name) for name in ("sRGB", "LAB"))
        image = ImageCms.applyTransform(image, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    elif mode != "RGB":
        image = image.convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.getexif()[0x0112] = turn
    image.info.update({key: value for key, value in info.items() if value is not None})
    return image


def least(image, quality):
    """What our score says of a file of this quality, and what was asked for, or reached if that was less."""
    options = {"compression": "fast", "effort": "fast"}
    try:
        return ssimulacra2(image, encode_png(image, quality=quality, **options)), quality
    except QualityError as error:
        return ssimulacra2(image, encode_png(image, quality=error.best - 1, **options)), error.best - 1


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        *(("RGB", profile) for profile in PROFILES),
        *(("RGBA", profile) for profile in ("wide", "lab")),
        *(("L", profile) for profile in ("grey", "wide", "broken")),
    ],
)
def test_quality_is_what_the_score_says_with_any_profile(photo, mode, profile):
    found, asked = least(picture(photo, mode, icc_profile=PROFILES[profile]), 60)
    assert found >= asked


@pytest.mark.parametrize("mode", MODES)
def test_quality_is_what_the_score_says_in_any_mode(photo, mode):
    found, asked = least(picture(photo, mode), 60)
    assert found >= asked


@pytest.mark.parametrize(
    ("turn", "info"),
    [(6, {}), (3, {}), (1, {"gamma": 1.0}), (5, {"gamma": 0.7, "chromaticity": ADOBE}), (8, {"icc_profile": "wide"})],
)
def test_quality_is_what_the_score_says_turned_and_with_any_gamma(photo, turn, info):
    info = {key: PROFILES[value] if key == "icc_profile" else value for key, value in info.items()}
    image = picture(photo, "RGB", turn=turn, **info)
    found, asked = least(image, 60)
    assert found >= asked
    options = {"effort": "fast"}
    score = ssimulacra2(image, encode_png(image, n_colors=32, **options))
    assert compare(image, 32, **options).table[0].ssimulacra2 == score


def test_a_profile_counts_for_the_score(photo):
    wide = picture(photo, "RGB", icc_profile=PROFILES["wide"])
    assert ssimulacra2(wide, photo) < 95
    assert ssimulacra2(wide, read_picture(wide).samples) == 100


def test_changes_say_what_was_done_and_why(photo):
    assert read_picture(picture(photo, "RGB")).changes == []
    assert read_picture(photo).changes == []
    assert read_picture(picture(photo, "RGB", turn=6, gamma=1.0)).changes == [
        "turned upright (EXIF orientation 6)",
        "converted to sRGB (gAMA and cHRM)",
    ]
    assert read_picture(picture(photo, "CMYK")).changes in ([], ["converted to sRGB (CMYK)"])
    (change,) = read_picture(picture(photo, "RGB", icc_profile=PROFILES["wide"])).changes
    assert change.startswith("converted to sRGB (ICC profile ")


def test_what_is_read_is_not_read_again(photo, monkeypatch):
    read = read_picture(picture(photo, "RGB", turn=6))
    assert read_picture(read) is read
    expected = encode_png(picture(photo, "RGB", turn=6), n_colors=8)
    monkeypatch.setattr("pil_kmeans.pictures.source.Source.read", None)
    assert encode_png(read, n_colors=8) == expected


def test_the_content_of_a_file_is_a_picture(photo):
    file = encode_png(photo, n_colors=16)
    samples = read_picture(file).samples
    assert ssimulacra2(photo, file) == ssimulacra2(photo, samples)
    assert encode_png(file) == encode_png(samples)
    assert quantize(file, 8).tobytes() == quantize(samples, 8).tobytes()
    for face in (encode_png, quantize, read_picture):
        with pytest.raises(TypeError, match=r"image must be a PIL image or an array, got b'not a picture'"):
            face(b"not a picture")


def test_an_indexed_image_is_an_array_of_its_colors():
    indexed = IndexedImage(np.array([[1, 0]], np.uint8), np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    assert np.asarray(indexed).tolist() == indexed.to_array().tolist() == read_picture(indexed).samples.tolist()
    assert np.asarray(indexed, dtype=float).dtype == float


def test_the_estimator_sees_pictures_upright_and_in_srgb(photo):
    turned = picture(photo, "RGB", turn=6, icc_profile=PROFILES["wide"])
    upright = read_picture(turned).samples
    quantizer = KMeansQuantizer(16).fit(turned)
    assert np.array_equal(quantizer.palette_, KMeansQuantizer(16).fit(upright).palette_)
    assert quantizer.transform(turned).shape == upright.shape[:2]
    weight = np.ones(photo.shape[:2])
    weight[:36] = 50
    weighted = KMeansQuantizer(16).fit(turned, sample_weight=weight)
    expected = KMeansQuantizer(16).fit(upright, sample_weight=np.rot90(weight, -1))
    assert np.array_equal(weighted.palette_, expected.palette_)
    listed = KMeansQuantizer(16).fit([turned, upright], sample_weight=[weight, np.rot90(weight, -1)])
    assert np.array_equal(listed.palette_, expected.palette_)


def test_quantize_leaves_pixels_as_they_are_stored(photo):
    """As in Pillow: the result keeps size, tag and profile, which say how to look at it."""
    turned = picture(photo, "RGB", turn=6, icc_profile=PROFILES["wide"])
    result = quantize(turned, 16)
    assert result.size == turned.size
    assert result.info["icc_profile"] == PROFILES["wide"]
    assert result.convert("RGB").tobytes() == quantize(photo, 16).convert("RGB").tobytes()
