"""`encode_png`: orientation and metadata, read back by Pillow."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

from palettes_only import encode_png
from pil_pictures import opened, rgba
from png_chunks import chunks, kinds

ORIENTATION = ExifTags.Base.Orientation
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6" dc:title="T"/></x:xmpmeta>'


def reopened(image, file_format, **options):
    file = BytesIO()
    image.save(file, file_format, **options)
    return Image.open(BytesIO(file.getvalue()))


def jpeg(image, orientation=1, **options):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[ExifTags.Base.Artist] = "A. Painter"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.UserComment: b"hello"}
    return reopened(image, "JPEG", exif=exif, **options)


# Orientation


@pytest.mark.parametrize("metadata", ["color", "all", "none"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_its_tag_removed(few, orientation, metadata):
    image = few.convert("L")
    image.info["exif"] = jpeg(few, orientation).info["exif"]
    upright = ImageOps.exif_transpose(image)
    result = opened(encode_png(image, metadata=metadata))
    assert result.size == upright.size
    assert np.array_equal(np.asarray(result.convert("L")), np.asarray(upright))
    assert ORIENTATION not in result.getexif()
    assert image.getexif()[ORIENTATION] == orientation


def test_orientation_in_xmp_is_applied_and_removed(few):
    image = few.copy()
    image.info["XML:com.adobe.xmp"] = XMP.decode()
    result = opened(encode_png(image, metadata="all"))
    assert result.size == (8, 16)
    assert b"Orientation" not in result.info["xmp"]
    assert b'dc:title="T"' in result.info["xmp"]


def test_weights_are_turned_with_the_pixels():
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis].repeat(4, 0)
    weight = np.where(ramp < 64, 1000.0, 1.0)
    image = Image.fromarray(ramp)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.info["exif"] = exif.tobytes()
    expected = encode_png(np.rot90(ramp, -1), n_colors=8, sample_weight=np.rot90(weight, -1))
    assert encode_png(image, n_colors=8, sample_weight=weight, metadata="none") == expected


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0nonsense", b"Exif\0\0II*\0\x08"])
def test_broken_exif_is_left_out(few, exif):
    image = few.copy()
    image.info["exif"] = exif
    assert kinds(encode_png(image, metadata="all")) == ["IHDR", "PLTE", "IDAT", "IEND"]


# Metadata


def test_color_metadata_is_kept_by_default(few):
    image = few.copy()
    image.info.update(srgb=0, dpi=(300, 150))
    image.info["Title"] = "Hills"
    data = encode_png(image)
    assert kinds(data) == ["IHDR", "sRGB", "pHYs", "PLTE", "IDAT", "IEND"]
    info = opened(data).info
    assert info["srgb"] == 0
    assert info["dpi"] == pytest.approx((300, 150), abs=0.02)


def test_what_says_nothing_new_is_left_out(few):
    image = few.copy()
    image.info.update(gamma=0.45455, chromaticity=(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06), aspect=(1, 1))
    assert kinds(encode_png(image)) == ["IHDR", "PLTE", "IDAT", "IEND"]
    image.info.update(srgb=0)
    assert "gAMA" not in kinds(encode_png(image))


@pytest.mark.parametrize("dpi", [72, 90, 96.012])
def test_usual_dpi_of_icons_are_left_out(few, dpi):
    icon = few.crop((0, 0, 48, 48))
    icon.info["dpi"] = (dpi, dpi)
    assert "pHYs" not in kinds(encode_png(icon))
    assert "pHYs" in kinds(encode_png(icon, metadata="all"))
    for wider, other in ((few.resize((300, 9)), (dpi, dpi)), (icon, (dpi, 2 * dpi)), (icon, (144, 144))):
        wider.info["dpi"] = other
        assert "pHYs" in kinds(encode_png(wider))


def test_srgb_is_kept(few):
    image = few.copy()
    image.info["srgb"] = 1
    assert dict(chunks(encode_png(image)))["sRGB"] == b"\1"


@pytest.mark.parametrize("key", ["gamma", "chromaticity"])
@pytest.mark.parametrize("value", [-1, 1e-9, 1e9, float("nan"), "a", (0,) * 8, (0.3, float("nan")) * 4])
def test_numbers_about_colors_without_meaning_do_not_matter(few, key, value):
    image = few.copy()
    image.info[key] = value
    assert np.array_equal(rgba(opened(encode_png(image))), rgba(few))


@pytest.mark.parametrize("dpi", [(0, 0), (float("nan"), 72), 72, None, ("a", "b"), (1e12, 1e12)])
def test_dpi_without_meaning_is_left_out(few, dpi):
    image = few.copy()
    image.info["dpi"] = dpi
    assert "pHYs" not in kinds(encode_png(image))


def test_dpi_is_turned_with_the_pixels(few):
    result = opened(encode_png(jpeg(few, 6, dpi=(300, 100))))
    assert result.info["dpi"] == pytest.approx((100, 300), abs=0.02)


def test_aspect_without_dpi_is_kept(few):
    image = few.copy()
    image.info["aspect"] = (2, 1)
    assert dict(chunks(encode_png(image)))["pHYs"] == struct.pack(">IIB", 2, 1, 0)


def test_all_metadata_adds_exif_xmp_and_text(few):
    image = jpeg(few, 6, xmp=XMP, comment="Bonjour", icc_profile=SRGB)
    data = encode_png(image, metadata="all")
    assert "eXIf" not in kinds(encode_png(image))
    result = opened(data)
    assert result.getexif()[ExifTags.Base.Artist] == "A. Painter"
    assert result.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] == b"hello"
    assert b'dc:title="T"' in result.info["xmp"]
    assert result.text["Comment"] == "Bonjour"
    assert result.info["srgb"] == 0


def test_no_metadata_is_none(few):
    image = jpeg(few, 1, xmp=XMP, comment="Bonjour", icc_profile=SRGB, dpi=(300, 300))
    assert kinds(encode_png(image, metadata="none")) == ["IHDR", "PLTE", "IDAT", "IEND"]


def test_text_of_a_png_survives(few):
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "Hills & valleys é")
    text.add_text("Description", "long " * 1000, zip=True)
    text.add_itxt("Author", "画家", "ja", "著者")
    image = reopened(few, "PNG", pnginfo=text)
    data = encode_png(image, metadata="all")
    result = opened(data)
    assert result.text == image.text
    assert (result.text["Author"].lang, result.text["Author"].tkey) == ("ja", "著者")
    assert [kind for kind in kinds(data) if "Xt" in kind] == ["tEXt", "zTXt", "iTXt"]


def test_text_that_png_cannot_hold_is_left_out(few):
    image = few.copy()
    image.info.update({"": "a", "x" * 80: "b", " space": "c", "two  spaces": "d", "画": "e", 5: "f"})
    image.info["null"] = "a\0b"
    assert opened(encode_png(image, metadata="all")).text == {"null": "a\0b"}


def test_exif_of_a_tiff_loses_the_tags_about_its_pixels(few):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Painter"
    image = reopened(few, "TIFF", exif=exif, compression="tiff_lzw")
    result = opened(encode_png(image, metadata="all"))
    assert result.getexif()[ExifTags.Base.Artist] == "A. Painter"
    assert not {256, 257, 259, 273, 278, 279} & set(result.getexif())
    assert "compression" not in result.text


def test_pixels_do_not_depend_on_metadata(photo):
    image = jpeg(photo, 3, xmp=XMP)
    decoded = [rgba(opened(encode_png(image, metadata=kind))) for kind in ("color", "all", "none")]
    assert np.array_equal(decoded[0], decoded[1])
    assert np.array_equal(decoded[0], decoded[2])
