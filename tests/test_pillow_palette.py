"""`quantize` with `palette=` and `dither=`."""

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import quantize
from pil_kmeans.stages.dithering.diffuse import BY_MASK
from pil_pictures import MODES, entries, in_mode, rgba

METHODS = ["floyd-steinberg", *BY_MASK]


def test_palette_is_kept_with_duplicates_and_unused_entries(photo, reference):
    result = quantize(photo, palette=reference, dither="none")
    assert result.palette.mode == "RGB"
    assert result.palette.palette == reference.palette.palette
    assert 3 not in np.asarray(result)  # the same colour as entry 0


def test_palette_gets_the_nearest_entry(photo):
    reference = photo.quantize(40, 1)
    result = quantize(photo, palette=reference, dither=0)
    pixels, palette = np.asarray(photo).astype(int), entries(reference).astype(int)
    nearest = ((pixels[:, :, None] - palette) ** 2).sum(-1).argmin(-1)
    assert np.array_equal(np.asarray(result), nearest)


def test_ties_go_to_the_lowest_entry():
    reference = Image.new("P", (1, 1))
    reference.putpalette([0, 0, 0, 32, 32, 32])
    ramp = Image.new("L", (9, 1))
    ramp.putdata(range(0, 36, 4))
    result = quantize(ramp, palette=reference, dither=Image.Dither.NONE)
    assert list(np.asarray(result)[0]) == [0] * 5 + [1] * 4


def test_palette_with_alpha_is_searched_with_alpha(drawing):
    reference = quantize(drawing, 12)
    result = quantize(drawing, palette=reference, dither="none")
    assert result.palette.mode == "RGBA"
    assert result.palette.palette == reference.palette.palette
    pixels, palette = np.asarray(drawing).astype(int), entries(reference).astype(int)
    nearest = ((pixels[:, :, None] - palette) ** 2).sum(-1).argmin(-1)
    visible = pixels[..., 3] > 0
    assert np.array_equal(np.asarray(result)[visible], nearest[visible])
    assert (rgba(result)[~visible, 3] == 0).all()


def test_invisible_pixels_get_the_nearest_entry_each_where_no_entry_is_invisible():
    reference = Image.new("P", (1, 1))
    reference.putpalette([250, 0, 0, 90, 0, 0, 250, 90], "RGBA")
    image = Image.new("RGBA", (3, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 255, 0))
    assert np.asarray(quantize(image, palette=reference, dither="none")).tolist() == [[0, 1, 0]]


def test_invisible_pixels_stay_invisible_whatever_their_color():
    reference = Image.new("P", (1, 1))
    reference.putpalette([0, 0, 0, 0, 255, 255, 255, 255], "RGBA")
    image = Image.new("RGBA", (2, 2), (255, 255, 255, 0))
    assert not np.asarray(quantize(image, palette=reference, dither="none")).any()


def test_opaque_pixels_avoid_transparent_entries():
    reference = Image.new("P", (1, 1))
    reference.putpalette([250, 250, 250, 0, 200, 200, 200, 255], "RGBA")
    result = quantize(Image.new("RGB", (2, 2), "white"), palette=reference, dither="none")
    assert np.asarray(result).all()


@pytest.mark.parametrize(("transparency", "alpha"), [(1, 0), (b"\xff\x07", 7)])
def test_transparency_in_the_info_of_a_palette_counts_for_pictures_with_alpha(reference, transparency, alpha):
    reference.info["transparency"] = transparency
    image = Image.new("RGBA", (2, 2), (255, 255, 255, 0))
    result = quantize(image, palette=reference, dither="none")
    assert (np.asarray(result) == 1).all()
    assert (rgba(result)[..., 3] == alpha).all()
    assert "transparency" not in quantize(image.convert("RGB"), palette=reference, dither="none").info


@pytest.mark.parametrize("mode", MODES)
def test_palette_works_in_every_mode_without_dithering(photo, reference, mode):
    result = quantize(in_mode(photo, mode), palette=reference, dither="none")
    assert (result.mode, result.size) == ("P", photo.size)
    assert result.getpalette() == reference.getpalette()


@pytest.mark.parametrize("dither", [None, 1, 2, 3, "floyd-steinberg", Image.Dither.FLOYDSTEINBERG])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_palette_dithers_when_pillow_does(photo, reference, mode, dither):
    image = photo.convert(mode)
    result = quantize(image, palette=reference, dither=dither)
    assert result.tobytes() == quantize(image, palette=reference, dither="floyd-steinberg").tobytes()
    assert result.tobytes() != quantize(image, palette=reference, dither="none").tobytes()
    assert result.palette.palette == reference.palette.palette
    assert 3 not in np.asarray(result)  # the same colour as entry 0


HAS_NO_SHADES = ("1", "I;16", "I;16B")  # the latter are of 16 bits, and all but black


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dither", METHODS)
def test_every_mode_can_be_dithered_to_a_palette(photo, reference, mode, dither):
    image = in_mode(photo, mode)
    result = quantize(image, palette=reference, dither=dither)
    assert (result.mode, result.size) == ("P", photo.size)
    assert result.getpalette() == reference.getpalette()
    assert result.tobytes() != quantize(image, palette=reference, dither="none").tobytes() or mode in HAS_NO_SHADES


@pytest.mark.parametrize("dither", METHODS)
def test_dithering_to_a_palette_keeps_transparent_and_opaque(drawing, dither):
    alpha = np.asarray(drawing)[..., 3]
    result = rgba(quantize(drawing, palette=quantize(drawing, 6), dither=dither))[..., 3]
    assert (result[alpha == 0] == 0).all()
    assert (result[alpha == 255] == 255).all()
    opaque = Image.new("P", (1, 1))
    opaque.putpalette([0, 0, 0, 255, 255, 255])
    expected = quantize(drawing.convert("RGB"), palette=opaque, dither=dither)  # what transparent pixels hide is shown
    assert np.array_equal(np.asarray(quantize(drawing, palette=opaque, dither=dither)), np.asarray(expected))


def test_transparent_pixels_get_the_first_transparent_entry():
    reference = Image.new("P", (1, 1))
    reference.putpalette([9, 9, 9, 255, 1, 2, 3, 0, 250, 250, 250, 0, 255, 255, 255, 255], "RGBA")
    image = Image.new("RGBA", (9, 9), (255, 255, 255, 0))
    for dither in ("none", *METHODS):
        assert (np.asarray(quantize(image, palette=reference, dither=dither)) == 1).all()


def test_auto_dithers_photographs_and_not_flat_drawings(china):
    photo = Image.fromarray(china).resize((240, 160))
    reference = quantize(photo, 16)
    drawing = Image.new("RGB", (64, 64), (190, 60, 60))
    drawing.paste((120, 120, 120), (10, 10, 40, 40))
    for image, chosen in ((photo, "floyd-steinberg"), (drawing, "none")):
        auto = quantize(image, palette=reference, dither="auto")
        assert auto.tobytes() == quantize(image, palette=reference, dither=chosen).tobytes()


@pytest.mark.parametrize("dither", [3, *METHODS])
def test_no_strength_is_no_dithering(photo, reference, dither):
    plain, half = (quantize(photo, palette=reference, dither=dither, dither_strength=s).tobytes() for s in (0, 0.5))
    assert plain == quantize(photo, palette=reference, dither="none").tobytes()
    assert half not in (plain, quantize(photo, palette=reference).tobytes())


def test_16_bits_are_dithered_to_a_palette():
    level = Image.fromarray(np.full((64, 64), 257 * 100 + 64, np.uint16))
    reference = Image.new("P", (1, 1))
    reference.putpalette([99, 99, 99, 100, 100, 100, 101, 101, 101])
    result = quantize(level, palette=reference)
    assert rgba(result)[..., 0].mean() == pytest.approx(100.25, abs=0.02)


def test_colors_and_kmeans_do_not_matter_with_palette(photo, reference):
    plain = quantize(photo, palette=reference, dither=0)
    assert quantize(photo, 999, None, -1, reference, 0).tobytes() == plain.tobytes()


@pytest.mark.parametrize("falsy", [0, "", None])
def test_falsy_palette_is_none(photo, falsy):
    assert quantize(photo, 8, palette=falsy).tobytes() == quantize(photo, 8).tobytes()


def test_palette_must_be_a_p_image(photo):
    with pytest.raises(ValueError, match=r"bad mode for palette image: .* got RGB"):
        quantize(photo, palette=photo)


@pytest.mark.parametrize("palette", [[0, 0, 0], b"\0\0\0", 7, object()])
def test_palette_must_be_colors(photo, palette):
    with pytest.raises(TypeError, match=r"palette(\[0\])? must be "):
        quantize(photo, palette=palette)


def test_palette_must_not_be_empty(photo):
    with pytest.raises(ValueError, match="empty palette"):
        quantize(photo, palette=Image.new("P", (1, 1)))


def test_palette_takes_no_weights(photo, reference):
    with pytest.raises(ValueError, match="sample_weight has no use with palette="):
        quantize(photo, palette=reference, sample_weight=np.ones((48, 64)))


def test_dither_of_pillow_is_heard_without_palette(photo):
    """Pillow itself ignores it there; whoever says it wants it."""
    undithered, dithered = (quantize(photo, 8, dither=name).tobytes() for name in ("none", "floyd-steinberg"))
    assert undithered != dithered
    for number in (None, 0, Image.Dither.NONE):
        assert quantize(photo, 8, dither=number).tobytes() == undithered
    for number in (1, 2, 3, Image.Dither.FLOYDSTEINBERG):
        assert quantize(photo, 8, dither=number).tobytes() == dithered


@pytest.mark.parametrize("dither", ["random", "x", "", 4, -1, 99, 1.5, True, [1]])
def test_unknown_dither_is_refused(photo, reference, dither):
    for palette in (None, reference):
        with pytest.raises(ValueError, match=r"dither must be one of \['none', 'floyd-steinberg', .*, 'auto'\].*got"):
            quantize(photo, 8, palette=palette, dither=dither)


def test_empty_image_keeps_a_given_palette(reference):
    result = quantize(Image.new("RGBA", (0, 3)), palette=reference, dither="none")
    assert result.size == (0, 3)
    assert result.getpalette() == reference.getpalette()


def test_method_with_palette_and_dither_is_pillows(photo, reference):
    ours = quantize(photo, method=0, palette=reference, dither="none")
    assert ours.tobytes() == photo.quantize(method=0, palette=reference, dither=0).tobytes()
