"""`encode_png` of pictures whose colours are not in sRGB, read back by Pillow and checked by published formulas."""

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL._util import DeferredError

from palettes_only import encode_png
from pil_kmeans import cli
from pil_kmeans.pictures.icc_profile import SRGB_CHROMATICITIES, grey_profile, rgb_profile
from pil_pictures import in_mode, opened, rgba
from png_chunks import chunks, kinds

ADOBE_RGB = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_GAMMA = 563 / 256
ADOBE_TO_SRGB = np.array([[1.3983, -0.3983, 0], [0, 1, 0], [0, -0.0429, 1.0429]])
"""Linear Adobe RGB (1998) -> linear sRGB."""

PLAIN = ["IHDR", "PLTE", "IDAT", "IEND"]
CONVERTED = ["IHDR", "sRGB", "PLTE", "IDAT", "IEND"]


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(light):
    """Light of 0 to 1 in sRGB's curve."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def adobe_in_srgb(pixels):
    return 255 * encoded((pixels / 255) ** ADOBE_GAMMA @ ADOBE_TO_SRGB.T)


def with_info(image, **info):
    image = image.copy()
    image.info.update(info)
    return image


def cmyk_profile():
    """Profile of a press, a lookup table (lut8): each ink takes a quarter of the lightness."""
    signature, size = b"A2B0", 48 + 4 * 256 + 16 * 3 + 3 * 256
    identity = np.eye(3).astype(">i4") * 65536
    ramp = np.arange(256, dtype=np.uint8).tobytes()
    inks = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(16, 4)
    lab = np.stack([255 - inks.sum(axis=1) * 255 / 4, np.full(16, 128), np.full(16, 128)], axis=1).astype(np.uint8)
    lut = b"mft1\0\0\0\0\x04\x03\x02\0" + identity.tobytes() + ramp * 4 + lab.tobytes() + ramp * 3
    assert len(lut) == size
    header = bytearray(grey_profile()[:128])
    header[12:24] = b"prtrCMYKLab "
    table = (1).to_bytes(4, "big") + signature + (144).to_bytes(4, "big") + size.to_bytes(4, "big")
    profile = header + table + lut
    profile[:4] = len(profile).to_bytes(4, "big")
    return bytes(profile)


# Conversion


def test_picture_with_a_profile_is_converted_through_it(few):
    data = encode_png(with_info(few, icc_profile=rgb_profile(ADOBE_GAMMA, ADOBE_RGB)))
    expected = adobe_in_srgb(np.asarray(few))
    assert np.abs(rgba(opened(data))[..., :3] - expected).max() < 1.5
    assert np.abs(expected - np.asarray(few)).max() > 5
    assert kinds(data) == CONVERTED


@pytest.mark.parametrize("mode", ["P", "PA", "RGBA", "RGBa", "RGBX", "YCbCr"])
def test_profiles_work_in_every_mode_of_colors(few, mode):
    image = with_info(in_mode(few, mode), icc_profile=rgb_profile(ADOBE_GAMMA, ADOBE_RGB))
    expected = adobe_in_srgb(np.asarray(image.convert("RGBA").convert("RGB")))
    assert np.abs(rgba(opened(encode_png(image)))[..., :3] - expected).max() < 1.5


def test_alpha_and_transparent_colors_stay(few):
    profile = rgb_profile(ADOBE_GAMMA, ADOBE_RGB)
    image = few.copy()
    image.putalpha(Image.linear_gradient("L").resize(few.size))
    expected = np.asarray(image.getchannel("A"))
    assert np.array_equal(rgba(opened(encode_png(with_info(image, icc_profile=profile))))[..., 3], expected)
    image = with_info(few, icc_profile=profile, transparency=few.getpixel((3, 0)))
    assert (rgba(opened(encode_png(image)))[..., 3] == 0).sum() == 1


@pytest.mark.parametrize("info", [{"gamma": 1.0}, {"icc_profile": grey_profile(1)}])
@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_is_converted_as_grey(info, mode):
    image = with_info(Image.linear_gradient("L").crop((0, 0, 64, 256)).convert(mode), **info)
    result = rgba(opened(encode_png(image)))
    assert np.abs(result[:, 0, 0] - 255 * encoded(np.arange(256) / 255)).max() < 1
    assert np.ptp(result[..., :3], axis=-1).max() == 0


def test_grey_of_16_bits_is_converted_in_16_bits():
    light = np.linspace(0, 0.02, 256)[np.newaxis].repeat(64, axis=0)
    image = Image.fromarray(np.rint(light * 65535).astype(np.uint16))
    for info in ({"icc_profile": grey_profile(1)}, {"gamma": 1.0}):
        result = rgba(opened(encode_png(with_info(image, **info), dither="none", lossy=0)))
        assert np.abs(result[..., 0] - 255 * encoded(light)).max() < 0.6
        assert len(np.unique(result)) > 36  # no more than 6 of the light's levels in 8 bits


def test_profile_for_colors_applies_to_grey():
    image = with_info(Image.linear_gradient("L"), icc_profile=rgb_profile(1.0))
    result = rgba(opened(encode_png(image)))
    assert np.abs(result[:, 0, 0] - 255 * encoded(np.arange(256) / 255)).max() < 1
    assert np.ptp(result[..., :3], axis=-1).max() == 0


def test_cmyk_is_converted_through_its_profile(few):
    image = with_info(in_mode(few, "CMYK"), icc_profile=cmyk_profile())
    result = rgba(opened(encode_png(image)))
    lightness = 100 * (1 - np.asarray(image).astype(float).sum(axis=-1) / 255 / 4)
    expected = 255 * encoded(np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3))
    assert np.abs(result[..., 0] - expected).max() < 2.5
    assert np.ptp(result[..., :3], axis=-1).max() <= 1


def test_cmyk_and_lab_without_a_profile_are_converted_as_pillow_does(few):
    for mode in ("CMYK", "LAB"):
        image = in_mode(few, mode)
        assert np.array_equal(rgba(opened(encode_png(image))), rgba(image.convert("RGB")))


def test_profile_of_a_lab_picture_is_not_needed(few):
    image = in_mode(few, "LAB")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (lab, rgb_profile(ADOBE_GAMMA, ADOBE_RGB)):
        data = encode_png(with_info(image, icc_profile=profile))
        assert np.array_equal(rgba(opened(data)), rgba(image.convert("RGB")))
        assert kinds(data) == CONVERTED


def test_gamma_and_chromaticities_are_converted(few):
    image = with_info(few, gamma=1 / ADOBE_GAMMA, chromaticity=ADOBE_RGB)
    data = encode_png(image)
    assert np.abs(rgba(opened(data))[..., :3] - adobe_in_srgb(np.asarray(few))).max() < 1.5
    assert kinds(data) == CONVERTED
    assert encode_png(with_info(few, gamma=1.0)) == encode_png(with_info(few, icc_profile=rgb_profile(1.0)))


def test_metadata_does_not_change_the_pixels(few):
    image = with_info(few, icc_profile=rgb_profile(ADOBE_GAMMA, ADOBE_RGB))
    data = encode_png(image, metadata="none")
    assert kinds(data) == PLAIN
    assert np.array_equal(rgba(opened(data)), rgba(opened(encode_png(image))))


def test_picture_itself_is_not_changed(few):
    image = with_info(few, icc_profile=rgb_profile(ADOBE_GAMMA, ADOBE_RGB))
    before = dict(image.info)
    encode_png(image)
    assert image.info == before
    assert np.array_equal(rgba(image), rgba(few))


def test_command_measures_the_error_in_srgb(few, tmp_path, capsys):
    few.save(tmp_path / "in.png", icc_profile=rgb_profile(ADOBE_GAMMA, ADOBE_RGB))
    assert cli.main(["compress", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png")]) == 0
    assert "infinite: exact" in capsys.readouterr().out


# No reason to convert


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"gamma": 0.45455, "chromaticity": SRGB_CHROMATICITIES}, set()),
        ({"gamma": 0.45}, set()),
        ({"srgb": 0, "gamma": 1.0}, {"sRGB"}),
        ({"icc_profile": srgb_profile()}, {"sRGB"}),
        ({"icc_profile": srgb_profile(), "gamma": 1.0, "chromaticity": ADOBE_RGB}, {"sRGB"}),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_in_srgb_stay(few, mode, info, expected):
    image = few.convert(mode)
    data = encode_png(with_info(image, **info))
    assert np.array_equal(rgba(opened(data)), rgba(image))
    assert set(kinds(data)) == {*PLAIN, *expected}


def test_sixteen_bits_in_srgb_stay():
    ramp = np.arange(0, 65536, 257, dtype=np.uint16)[np.newaxis]
    image = with_info(Image.fromarray(ramp), icc_profile=grey_profile())
    assert np.array_equal(rgba(opened(encode_png(image)))[0, :, 0], np.arange(256))


@pytest.fixture(scope="module")
def without_profile(few):
    """Pixels of the result by mode."""
    return cache(lambda mode: rgba(opened(encode_png(in_mode(few, mode)))))


@pytest.mark.parametrize(
    ("mode", "metadata"),
    [
        ("RGB", "color"),
        ("RGB", "all"),
        ("RGB", "none"),
        ("L", "all"),
        ("CMYK", "color"),
        ("LAB", "none"),
        ("I;16", "all"),
    ],
)
@pytest.mark.parametrize(
    "profile",
    [b"no profile", srgb_profile()[:200], srgb_profile()[:16] + b"CMYK" + srgb_profile()[20:], "text", 5],
)
def test_broken_profiles_are_not_applied(few, without_profile, profile, mode, metadata):
    image = in_mode(few, mode)
    result = opened(encode_png(with_info(image, icc_profile=profile), metadata=metadata))
    assert np.array_equal(rgba(result), without_profile(mode))


def test_only_a_profile_for_rgb_is_kept_when_it_cannot_be_applied(few):
    broken = srgb_profile()[:200]
    assert opened(encode_png(with_info(few, icc_profile=broken))).info["icc_profile"] == broken
    for image, profile in ((few, grey_profile(1)), (few, cmyk_profile()), (in_mode(few, "CMYK"), broken)):
        data = encode_png(with_info(image, icc_profile=profile))
        assert kinds(data) == PLAIN
        assert np.array_equal(rgba(opened(data)), rgba(image.convert("RGB")))


def test_profile_for_colors_stays_with_grey_of_16_bits():
    profile = rgb_profile(1.0)
    image = with_info(Image.fromarray(np.full((2, 2), 40 * 257, np.uint16)), icc_profile=profile)
    data = encode_png(image)
    assert dict(chunks(data))["PLTE"] == bytes([40, 40, 40])
    assert opened(data).info["icc_profile"] == profile


def test_pillow_without_color_management_keeps_the_profile(few, monkeypatch):
    profile = rgb_profile(1.0)
    monkeypatch.setattr(ImageCms, "core", DeferredError.new(ImportError("no littlecms2")))
    result = opened(encode_png(with_info(few, icc_profile=profile)))
    assert np.array_equal(rgba(result), rgba(few))
    assert result.info["icc_profile"] == profile


# The profiles we make


def test_profiles_mean_what_they_say():
    profile = ImageCms.ImageCmsProfile(BytesIO(rgb_profile())).profile
    srgb = ImageCms.createProfile("sRGB")
    for name in ("red_colorant", "green_colorant", "blue_colorant"):
        assert np.allclose(getattr(profile, name), getattr(srgb, name), atol=2e-4)
    assert profile.is_matrix_shaper


@pytest.mark.parametrize("chromaticities", [(0.3127, 0) * 4, (0.3, 0.3) * 4, (float("nan"),) * 8])
def test_impossible_chromaticities_are_refused(chromaticities):
    with pytest.raises(ValueError, match=r"chromaticities|Singular"):
        rgb_profile(chromaticities=chromaticities)
