"""`quantize`: the result, in every mode and of arrays."""

import pickle
import subprocess
import sys
from io import BytesIO
from itertools import product

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import quantize
from pil_kmeans.pictures.pil_modes import pixels_from_pil
from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.dithering.diffuse import BY_MASK
from pil_kmeans.stages.kmeans import EFFORTS
from pil_pictures import ALPHA_MODES, MODES, entries, in_mode, rgba


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_a_p_image_of_at_most_the_colors_asked_for(photo, mode):
    image = in_mode(photo, mode)
    result = quantize(image, 8)
    assert (result.mode, result.size) == ("P", image.size)
    assert result.palette.mode == ("RGBA" if mode in ALPHA_MODES else "RGB")
    assert 1 <= len(result.getcolors()) <= 8
    assert len(entries(result)) == len(result.getcolors())


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("I;16", "I;16B")])
def test_few_colors_come_back_exactly_in_every_mode(photo, mode):
    image = in_mode(photo.resize((12, 12)), mode)
    pixels = pixels_from_pil(image)
    like_pillow = Image.fromarray(pixels.squeeze()).convert("RGBA")
    assert np.array_equal(rgba(quantize(image)), rgba(like_pillow))


def test_result_is_a_plain_image_as_pillow_makes_it(photo):
    class Special(Image.Image):
        pass

    image = photo.copy()
    image.__class__ = Special
    result = quantize(image, 4)
    assert type(result) is Image.Image
    assert result.format is None
    assert type(result.palette.palette) is bytes
    assert result.palette.rawmode is None
    assert not result.palette.dirty
    assert len(result.getpalette()) == 12
    assert result.im.getpalettemode() == "RGB"


def test_rgba_keeps_a_palette_with_alpha_even_if_opaque(photo):
    result = quantize(photo.convert("RGBA"), 4)
    assert result.palette.mode == result.im.getpalettemode() == "RGBA"
    assert len(result.getpalette("RGBA")) == 16
    assert result.convert().mode == "RGBA"


def test_palette_is_tight(photo):
    three = Image.new("RGB", (3, 1))
    three.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255)])
    assert len(entries(quantize(three, 16))) == 3
    palette = entries(quantize(photo, 32))
    assert len(np.unique(palette, axis=0)) == len(palette)


def test_pixels_get_their_nearest_entry(photo):
    result = quantize(photo, 16, color_space="srgb")
    pixels, palette = np.asarray(photo).astype(int), entries(result).astype(int)
    distance = ((pixels[:, :, None] - palette) ** 2).sum(-1)
    chosen = np.take_along_axis(distance, np.asarray(result)[..., None], -1)[..., 0]
    assert np.array_equal(chosen, distance.min(-1))


def test_error_is_below_pillows_methods(photo):
    def mse(result):
        return np.square(rgba(photo) - rgba(result)).sum(-1).mean()

    pillows = [mse(photo.quantize(32, method)) for method in (0, 1, 2)]
    assert mse(quantize(photo, 32, color_space="srgb")) < 0.9 * min(pillows)


def test_visible_alpha_is_kept_at_its_ends(drawing):
    before, after = rgba(drawing)[..., 3], rgba(quantize(drawing, 16))[..., 3]
    assert (after[before == 0] == 0).all()
    assert (after[before == 255] == 255).all()


def test_input_is_left_as_it_was(drawing):
    image = drawing.convert("P")
    image.info["transparency"] = bytes([0, 128])
    before = image.tobytes(), image.palette.palette, image.palette.mode, dict(image.info)
    quantize(image, 4)
    assert (image.tobytes(), image.palette.palette, image.palette.mode, image.info) == before
    assert image.im.getpalettemode() == image.palette.mode


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_empty_image_gives_an_empty_p_image(mode, size):
    result = quantize(Image.new(mode, size), 999)
    assert (result.mode, result.size, result.getpalette()) == ("P", size, [])


def test_empty_array_gives_an_empty_p_image():
    assert quantize(np.zeros((0, 5, 3), np.uint8)).size == (5, 0)


def test_lazily_opened_file_works(photo):
    file = BytesIO()
    photo.save(file, "PNG")
    assert quantize(Image.open(file), 8).size == photo.size


def test_sample_weight_moves_the_palette():
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(4, 0)
    weight = np.where(ramp < 64, 1000.0, 1.0)
    plain, weighted = quantize(ramp, 8), quantize(ramp, 8, sample_weight=weight)
    assert (entries(weighted)[:, 0] < 64).sum() > (entries(plain)[:, 0] < 64).sum()


def test_threads_do_not_change_the_result(photo):
    one, three = (quantize(photo, 16, n_threads=n) for n in (1, 3))
    assert one.tobytes() == three.tobytes()
    assert one.palette.palette == three.palette.palette


@pytest.mark.parametrize("option", ["color_space", "effort"])
def test_options_reach_the_stages(photo, option):
    choices = {"color_space": COLOR_SPACES, "effort": EFFORTS}
    results = {bytes(quantize(photo, 16, **{option: value}).palette.palette) for value in choices[option]}
    assert len(results) > 1


def test_sixteen_bit_grey_uses_its_whole_range():
    ramp = Image.fromarray(np.arange(0, 65536, 64, dtype=np.uint16).reshape(8, 128))
    assert ramp.mode == "I;16"
    grey = np.asarray(quantize(ramp, 256).convert("L")).astype(int)
    assert abs(grey - np.rint(np.asarray(ramp) / 257)).max() <= 1
    few = Image.fromarray(np.array([[0, 300, 65535]], np.uint16))
    assert [color for _, color in quantize(few).convert("L").getcolors()] == [0, 1, 255]


@pytest.mark.parametrize(("mode", "values"), [("I", [[0, 300]]), ("I", [[-1, 5]]), ("F", [[0.0, 1e9]])])
def test_values_that_pillow_would_clip_are_refused(mode, values):
    image = Image.fromarray(np.array(values, np.int32 if mode == "I" else np.float32))
    with pytest.raises(ValueError, match=f"image of mode {mode} must hold values of 0 to 255, got"):
        quantize(image)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_float_images_must_be_finite(value):
    with pytest.raises(ValueError, match=r"0 to 255, got (nan|inf)"):
        quantize(Image.fromarray(np.array([[value, 1]], np.float32)))


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_array_equals_the_image_of_the_same_pixels(drawing, n_channels):
    mode = ["L", "LA", "RGB", "RGBA"][n_channels - 1]
    image = drawing.convert(mode)
    array = np.asarray(image).reshape(50, 50, n_channels)
    from_image, from_array = quantize(image, 16), quantize(array, 16)
    assert from_array.tobytes() == from_image.tobytes()
    assert (from_array.palette.mode, from_array.palette.palette) == (
        from_image.palette.mode,
        from_image.palette.palette,
    )


@pytest.mark.parametrize("dtype", [bool, np.uint16, np.float32, np.float64])
def test_arrays_of_other_dtypes_are_rounded_to_8_bits(dtype):
    full = {bool: True, np.uint16: 65535}.get(dtype, 1.0)
    array = np.zeros((2, 3), dtype)
    array[0] = full
    result = quantize(array)
    assert sorted(entries(result).tolist()) == [[0, 0, 0], [255, 255, 255]]
    assert (np.asarray(result.convert("L")) == array.astype(bool) * 255).all()


def test_colors_that_round_to_the_same_8_bits_share_an_entry():
    array = np.array([[0, 1, 2, 65535]], np.uint16)
    result = quantize(array)
    assert sorted(entries(result).tolist()) == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("image", ["picture.png", b"picture.png"])
def test_file_names_are_refused(image):
    with pytest.raises(TypeError, match=r"image must be a PIL image or an array, got .*picture\.png"):
        quantize(image)


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.zeros((2, 2, 5), np.uint8), ValueError),
        (np.zeros(4, np.uint8), ValueError),
        (np.zeros((2, 2, 3), np.int64), (TypeError, ValueError)),
        (np.full((2, 2, 3), 255.0), ValueError),
        (np.full((2, 2, 3), np.nan), ValueError),
        (None, (TypeError, ValueError)),
    ],
)
def test_arrays_that_are_no_picture_are_refused(array, error):
    with pytest.raises(error, match="image"):
        quantize(array)


def test_weights_must_fit_the_picture(photo):
    with pytest.raises(ValueError, match="sample_weight"):
        quantize(photo, 8, sample_weight=np.ones((64, 48)))


def test_result_with_rgb_palette_survives_pickle(photo):
    result = quantize(photo, 8)
    assert np.array_equal(rgba(pickle.loads(pickle.dumps(result))), rgba(result))


def test_scikit_learn_is_not_loaded():
    code = "import sys, pil_kmeans; pil_kmeans.quantize; print('sklearn' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("mode", "dither"),
    [(mode, "floyd-steinberg") for mode in MODES] + [*product(("1", "L", "PA", "RGB", "I;16"), BY_MASK)],
)
def test_every_mode_is_dithered(photo, mode, dither):
    image = in_mode(photo, mode)
    result = quantize(image, 8, dither=dither)
    assert (result.mode, result.size) == ("P", image.size)
    assert result.palette.mode == ("RGBA" if mode in ALPHA_MODES else "RGB")
    assert len(entries(result)) == len(result.getcolors()) <= 8
    if mode != "1":
        assert result.tobytes() != quantize(image, 8).tobytes()
    assert quantize(image, 8, dither="none").tobytes() == quantize(image, 8).tobytes()


@pytest.mark.parametrize("dither", ["floyd-steinberg", *BY_MASK])
def test_strength_of_dithering(photo, dither):
    usual = 0.85 if dither in BY_MASK else 0.9
    results = [quantize(photo, 8, dither=dither, dither_strength=s).tobytes() for s in (0, 0.5, usual, None)]
    assert results[0] == quantize(photo, 8).tobytes()
    assert results[2] == results[3]
    assert len(set(results)) == 3


def test_auto_dithers_photographs_and_not_flat_drawings(china):
    drawing = Image.new("RGB", (64, 64), "white")
    for i, color in enumerate(["red", "green", "blue", "gray"]):
        drawing.paste(color, (10 * i, 5 * i, 10 * i + 30, 5 * i + 20))
    for image, chosen in ((Image.fromarray(china).resize((320, 240)), "floyd-steinberg"), (drawing, "none")):
        assert quantize(image, 4, dither="auto").tobytes() == quantize(image, 4, dither=chosen).tobytes()


def test_locked_colors_make_a_dithered_grey_picture_colored():
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[np.newaxis].repeat(32, axis=0)
    result = quantize(ramp, 6, fixed_colors=["red", "#00000000"], dither="floyd-steinberg")
    assert entries(result)[:2].tolist() == [[0, 0, 0, 0], [255, 0, 0, 255]]
    assert len(entries(result)) == 6


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"dither": "auto", "dither_strength": -0.1}, ValueError, "dither_strength must be from 0 to 1, got -0.1"),
        ({"dither": "auto", "dither_strength": "1"}, TypeError, "dither_strength must be a number .* got '1'"),
        ({"dither": "auto", "dither_strength": True}, TypeError, "dither_strength must be a number .* got True"),
        ({"dither_strength": 0.5}, ValueError, "dither_strength=0.5 has no use.*pass dither="),
    ],
)
def test_dithering_that_cannot_be_had(photo, options, error, match):
    with pytest.raises(error, match=match):
        quantize(photo, 8, **options)
