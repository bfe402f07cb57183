"""Colours that are given: one way to them on every face, in any form, as they are."""

from io import BytesIO

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from pil_kmeans import IndexedImage, QualityError, encode_png, quantize, ssimulacra2
from pil_kmeans.cli import main
from pil_kmeans.imageio import PalettePngPlugin
from pil_kmeans.pictures.palettes import read_palette
from pil_kmeans.pillow import register
from pil_pictures import opened
from png_chunks import chunks
from reference.apng import play

COLORS = np.array([[0, 0, 0], [255, 255, 255], [200, 30, 40], [30, 90, 200], [240, 200, 60], [90, 140, 80]], np.uint8)


def p_image(colors):
    image = Image.new("P", (1, 1))
    image.putpalette(colors.tobytes(), "RGBA" if colors.shape[1] == 4 else "RGB")
    return image


KINDS = {
    "P image": p_image(COLORS),
    "uint8": COLORS,
    "int64": COLORS.astype(np.int64),
    "uint16": COLORS.astype(np.uint16) * 257,
    "float": COLORS / 255,
    "opaque RGBA": np.insert(COLORS, 3, 255, axis=1),
    "tuples": [tuple(color) for color in COLORS.tolist()],
    "floats": [tuple(color) for color in (COLORS / 255).tolist()],
    "hex": [f"#{bytes(color).hex()}" for color in COLORS],
    "mixed": ["black", (255, 255, 255), "#c81e28", *(COLORS[3:] / 255)],
    "IndexedImage": IndexedImage(np.zeros((1, 1), np.uint8), COLORS),
}


@pytest.fixture(scope="module")
def photo(china):
    return china[100:220, 200:340]


def colors_of(file):
    """The colours of PLTE and tRNS, in their order, as RGBA."""
    found = dict(chunks(file))
    rgb = np.frombuffer(found["PLTE"], np.uint8).reshape(-1, 3)
    alpha = np.full(len(rgb), 255, np.uint8)
    trns = np.frombuffer(found.get("tRNS", b""), np.uint8)
    alpha[: len(trns)] = trns
    return np.column_stack([rgb, alpha])


def indices_of(file):
    with opened(file) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def expected(photo):
    """A file, and the colours of an image of Pillow."""
    file = encode_png(photo, palette=COLORS, compression="fast")
    return file, quantize(photo, palette=KINDS["P image"]).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_palette_gives_the_same_picture(photo, kind, expected):
    assert encode_png(photo, palette=KINDS[kind], compression="fast") == expected[0]
    assert quantize(photo, palette=KINDS[kind]).convert("RGB").tobytes() == expected[1]


@pytest.mark.parametrize("dtype", ["uint16", "float64"])
def test_a_palette_means_the_same_for_pictures_of_every_dtype(photo, dtype):
    deep = photo * np.uint16(257) if dtype == "uint16" else photo / 255
    expected = encode_png(photo, palette=COLORS, dither="none", lossy=0)
    assert encode_png(deep, palette=COLORS, dither="none", lossy=0) == expected


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "blue-noise"])
def test_the_file_holds_what_quantize_chooses(photo, dither):
    with opened(encode_png(photo, palette=COLORS, dither=dither, lossy=0)) as image:
        expected = quantize(photo, palette=COLORS, dither=dither, color_space="oklab")
        assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(expected.convert("RGB")))


def test_only_colors_that_pixels_have_are_stored_unless_the_palette_is_kept(photo):
    unused = np.concatenate([COLORS, [[255, 0, 255]]]).astype(np.uint8)
    stored = colors_of(encode_png(photo, palette=unused, dither="none", lossy=0))
    assert {tuple(color) for color in stored[:, :3].tolist()} <= {tuple(color) for color in COLORS.tolist()}


@pytest.mark.parametrize("lossy", [0, "auto", 3])
@pytest.mark.parametrize("n", [2, 5, 16, 17, 256])
def test_a_kept_palette_keeps_order_duplicates_and_unused_entries(photo, n, lossy):
    colors = np.random.default_rng(n).integers(0, 256, (n, 3), np.uint8)
    colors[-1] = colors[0]
    file = encode_png(photo, palette=colors, keep_palette=True, lossy=lossy, compression="fast")
    assert np.array_equal(colors_of(file)[:, :3], colors)
    with opened(file) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), colors[np.asarray(image)])


def test_a_kept_palette_may_have_transparent_entries_anywhere():
    colors = np.array([[9, 9, 9, 255], [0, 0, 0, 0], [200, 9, 9, 255], [9, 200, 9, 128]], np.uint8)
    picture = colors[np.random.default_rng(0).integers(0, 4, (20, 30))]
    file = encode_png(picture, palette=colors, keep_palette=True)
    assert np.array_equal(colors_of(file), colors)
    assert np.array_equal(colors[indices_of(file)], picture)


def test_a_kept_palette_is_that_of_all_frames(photo):
    frames = [photo, np.roll(photo, 9, axis=1), photo[::-1]]
    file = encode_png(frames, palette=COLORS, keep_palette=True, dither="none", lossy=0)
    assert np.array_equal(colors_of(file)[:, :3], COLORS)
    shown, _ = play(file)
    for frame, (canvas, *_) in zip(frames, shown, strict=True):
        expected = quantize(frame, palette=COLORS, dither="none", color_space="oklab").convert("RGB")
        assert np.array_equal(canvas[..., :3], np.asarray(expected))


def test_an_indexed_image_can_keep_its_palette():
    indexed = IndexedImage(np.array([[3, 1], [1, 3]], np.uint8), COLORS)
    file = indexed.to_png(keep_palette=True)
    assert np.array_equal(colors_of(file)[:, :3], COLORS)
    assert np.array_equal(indices_of(file), indexed.indices)


@pytest.mark.parametrize("color_space", ["oklab", "cielab", "linear", "srgb"])
def test_color_space_says_where_the_nearest_entry_is(photo, color_space):
    from pil_kmeans.stages.pixels import read_pixels
    from stage_calls import remap

    expected = COLORS[remap(read_pixels(photo), COLORS, color_space=color_space)]
    result = quantize(photo, palette=COLORS, dither="none", color_space=color_space)
    assert np.array_equal(np.asarray(result.convert("RGB")), expected)
    with opened(encode_png(photo, palette=COLORS, dither="none", lossy=0, color_space=color_space)) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), expected)


def test_defaults_are_exact_srgb_for_quantize_and_oklab_for_files(photo):
    square = ((photo[:, :, np.newaxis].astype(int) - COLORS) ** 2).sum(axis=-1)
    assert np.array_equal(np.asarray(quantize(photo, palette=COLORS, dither="none")), square.argmin(axis=-1))
    plain = {"palette": COLORS, "dither": "none", "lossy": 0}
    assert encode_png(photo, **plain) == encode_png(photo, color_space="oklab", **plain)
    assert encode_png(photo, **plain) != encode_png(photo, color_space="srgb", **plain)


def test_lossy_makes_files_of_a_given_palette_smaller_and_rougher(photo):
    sizes, scores = [], []
    for lossy in (0, 1, 4):
        file = encode_png(photo, palette=COLORS, dither="floyd-steinberg", lossy=lossy)
        sizes.append(len(file))
        scores.append(ssimulacra2(photo, file))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.7 * sizes[0]
    assert scores[0] > scores[2]


def test_quality_of_a_given_palette_is_reached_or_refused(photo):
    fitted = quantize(photo, 200)
    file = encode_png(photo, palette=fitted, quality=60)
    assert ssimulacra2(photo, file) >= 60
    assert len(file) < len(encode_png(photo, palette=fitted, lossy=0))
    with pytest.raises(QualityError, match="leave palette out"):
        encode_png(photo, palette=COLORS, quality=60)


def test_weights_decide_where_a_given_palette_may_be_rough(photo):
    weight = np.ones(photo.shape[:2])
    weight[:, :70] = 1000
    fitted = quantize(photo, 64)
    plain, weighted = (
        encode_png(photo, palette=fitted, dither="floyd-steinberg", lossy=4, sample_weight=w) for w in (None, weight)
    )
    scores = [
        ssimulacra2(photo[:, :70], np.asarray(Image.open(BytesIO(f)).convert("RGB"))[:, :70]) for f in (plain, weighted)
    ]
    assert scores[1] > scores[0]


def test_exact_takes_a_picture_whose_colors_are_all_there(photo):
    few = COLORS[np.asarray(quantize(photo, palette=COLORS))]
    with opened(encode_png(few, palette=COLORS, exact=True)) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), few)
    assert np.array_equal(np.asarray(quantize(few, palette=COLORS, exact=True).convert("RGB")), few)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_exact_names_the_color_that_lacks_and_where_it_is_first(dtype):
    picture = COLORS[np.zeros((5, 7), int)]
    picture[3, 4] = 200, 30, 41
    picture[4, 0] = 1, 2, 3
    given = {"uint8": picture, "uint16": picture * np.uint16(257), "float64": picture / 255}[dtype]
    for face in (encode_png, quantize):
        with pytest.raises(ValueError, match=r"image has the color \(.*\) at row 3, column 4, which palette lacks"):
            face(given, palette=COLORS, exact=True)


def test_exact_does_not_look_at_what_is_hidden():
    colors = np.insert(COLORS, 3, 255, axis=1)
    colors[0, 3] = 0
    picture = colors[np.array([[0, 1, 2]])]
    picture[0, 0, :3] = 77
    assert encode_png(picture, palette=colors, exact=True)


def test_the_invisible_stays_so_with_an_opaque_palette(photo):
    picture = np.insert(photo, 3, 255, axis=2)
    picture[20:60, 30:90, 3] = 0
    with opened(encode_png(picture, palette=COLORS)) as image:
        assert np.array_equal(np.asarray(image.convert("RGBA"))[..., 3], picture[..., 3])
    with pytest.raises(ValueError, match="palette no transparent color: add one, or drop keep_palette=True"):
        encode_png(picture, palette=COLORS, keep_palette=True)
    with pytest.raises(ValueError, match="nor room for one: give 255 colors"):
        encode_png(picture, palette=np.random.default_rng(0).integers(0, 256, (256, 3)))


def test_a_palette_of_one_color_makes_one_color(photo):
    with opened(encode_png(photo, palette=["#0a0b0c"])) as image:
        assert image.convert("RGB").getcolors() == [(photo.shape[0] * photo.shape[1], (10, 11, 12))]


BAD = [
    (np.zeros((0, 3), np.uint8), ValueError, "palette must hold 1 to 256 colors, got none"),
    (np.zeros((257, 3), np.uint8), ValueError, "palette must hold 1 to 256 colors, got 257"),
    (np.zeros((4, 2), np.uint8), ValueError, r"palette has shape \(4, 2\)"),
    (np.zeros(3, np.uint8), ValueError, r"palette has shape \(3,\)"),
    (np.array([[0, 0, 256]]), ValueError, "palette has a sample of 256"),
    (np.array([[0, 0, -1]]), ValueError, "palette has a sample of -1"),
    (np.array([[0.0, 0.0, 1.5]]), ValueError, "palette has a sample of 1.5"),
    (np.array([[0.0, 0.0, np.nan]]), ValueError, "palette has a sample of nan"),
    (np.zeros((2, 3), bool), TypeError, "palette has samples of bool"),
    (np.zeros((2, 3), complex), TypeError, "palette has samples of complex"),
    (["nocolor"], ValueError, r"palette\[0\] must be a name or a hex string.*'nocolor'"),
    (["red", None], TypeError, r"palette\[1\] must be .* got None"),
    ([(1, 2)], ValueError, r"palette\[0\] has 2 samples a color"),
    ([(1, 2, 300)], ValueError, r"palette\[0\] has a sample of 300"),
    (Image.new("RGB", (2, 2)), ValueError, "palette must be of mode P, got RGB"),
    (Image.new("P", (2, 2)), ValueError, "empty palette"),
    ("red", ValueError, "palette='red' is no named palette"),
    (5, TypeError, "palette must be .* got 5 of type int"),
]


@pytest.mark.parametrize(("palette", "error", "message"), BAD)
def test_what_is_no_palette_is_refused_on_every_face(photo, palette, error, message, tmp_path):
    register()
    for face in (
        lambda: encode_png(photo, palette=palette),
        lambda: quantize(photo, palette=palette),
        lambda: Image.fromarray(photo).save(tmp_path / "x.png", format="PNG8", palette=palette),
    ):
        with pytest.raises(error, match=message):
            face()
    with pytest.raises(error, match=message):
        iio.imwrite(tmp_path / "y.png", photo, plugin=PalettePngPlugin, palette=palette)
    assert not list(tmp_path.iterdir())


def test_an_empty_list_is_a_palette_of_no_colors_but_none_to_quantize(photo):
    with pytest.raises(ValueError, match="palette must hold 1 to 256 colors, got none"):
        encode_png(photo, palette=[])
    assert quantize(photo, 8, palette=[]).tobytes() == quantize(photo, 8).tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_palette": True}, "keep_palette=True has no use without palette="),
        ({"exact": True}, "exact=True has no use without palette="),
        ({"palette": COLORS, "fixed_colors": ["red"]}, r"fixed_colors=\['red'\] has no use with palette="),
        ({"palette": COLORS, "n_colors": 16}, "n_colors=16 has no use with palette="),
    ],
)
def test_options_that_do_not_go_together_are_refused(photo, options, message):
    with pytest.raises(ValueError, match=message):
        encode_png(photo, **options)


def test_exact_without_palette_is_refused_by_quantize(photo):
    with pytest.raises(ValueError, match="exact=True has no use without palette="):
        quantize(photo, exact=True)


def test_the_command_encodes_as_encode_png_does(photo, tmp_path):
    source, target, given = tmp_path / "in.png", tmp_path / "out.png", tmp_path / "palette.png"
    Image.fromarray(photo).save(source)
    image = Image.new("P", (6, 1))
    image.putpalette(COLORS.tobytes())
    image.putdata(range(6))
    image.save(given)
    words = ["compress", str(source), "-o", str(target), "--palette", str(given), "--force"]
    entries = read_palette(Image.open(given)).colors
    for options, named in (
        ([], {}),
        (["--keep-palette"], {"keep_palette": True}),
        (["--lossy=3", "--color-space=srgb"], {"lossy": 3.0, "color_space": "srgb"}),
        (["--dither=ordered"], {"dither": "ordered"}),
    ):
        assert main([*words, *options]) == 0
        assert target.read_bytes() == encode_png(Image.open(source), palette=entries, **named)
    assert main([*words, "--exact"]) == 1


@pytest.mark.parametrize("flag", ["--keep-palette", "--exact"])
def test_flags_about_a_palette_need_one(tmp_path, flag, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["compress", "x.png", flag])
    assert f"{flag} is about the colors of --palette" in capsys.readouterr().err
