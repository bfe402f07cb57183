"""Palettes with a name, and the colours of a device: the same on every face."""

import json
import re
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from pil_kmeans import KMeansQuantizer, encode_gif, encode_png, quantize, ssimulacra2
from pil_kmeans.cli import main
from pil_kmeans.imageio import PalettePlugin
from pil_kmeans.pictures.named_palettes import NAMED_PALETTES, beside_white, named_palette
from pil_kmeans.pictures.palettes import read_palette
from pil_kmeans.pillow import register

PANELS = ["bw", "grey4", "grey16", "acep7", "spectra6"]
SPECTRA = NAMED_PALETTES["spectra6"]


@pytest.fixture(scope="module")
def photo(china):
    return Image.fromarray(china[100:180, 200:310])


def colors_of(image):
    return {tuple(color) for color in np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()}


def saved(photo, kind, **options):
    register()
    file = BytesIO()
    photo.save(file, format=kind, **options)
    return file.getvalue()


def compressed(photo, tmp_path, *words):
    source, target = tmp_path / "photo.png", tmp_path / "out.png"
    photo.save(source)
    status = main(["compress", str(source), "-o", str(target), "--force", *words])
    return target.read_bytes() if status == 0 else None


FACES = {
    "encode_png": encode_png,
    "encode_gif": encode_gif,
    "frames of a PNG": lambda photo, **options: encode_png([photo, photo.transpose(0)], **options),
    "frames of a GIF": lambda photo, **options: encode_gif([photo, photo.transpose(0)], **options),
    "imageio": lambda photo, **options: iio.imwrite(
        "<bytes>", np.asarray(photo), extension=".png", plugin=PalettePlugin, **options
    ),
    "Pillow, PNG8": lambda photo, **options: saved(photo, "PNG8", **options),
    "Pillow, GIF8": lambda photo, **options: saved(photo, "GIF8", **options),
}


# What they are


@pytest.mark.parametrize("name", NAMED_PALETTES)
def test_both_columns_have_a_color_for_each_index(name):
    palette = NAMED_PALETTES[name]
    assert palette.seen.shape == palette.device.shape
    assert palette.seen.dtype == palette.device.dtype == np.uint8
    assert 2 <= len(palette.seen) <= 256
    assert palette.title
    assert palette.source
    if name != "ansi256":  # whose cube repeats some of the first 16
        assert len(np.unique(palette.device, axis=0)) == len(palette.device)
    with pytest.raises(ValueError, match="read-only"):
        palette.seen[0, 0] = 1


def test_the_page_about_panels_names_all():
    page = (Path(__file__).parents[1] / "docs/how_to/epaper.rst").read_text()
    assert [name for name in NAMED_PALETTES if f"\n``{name}``" not in page] == []


@pytest.mark.parametrize("name", PANELS)
def test_white_of_a_panel_is_white_to_the_eye(name):
    palette = NAMED_PALETTES[name]
    white = (palette.device == 255).all(axis=1)
    assert white.sum() == 1
    assert (palette.seen[white] == 255).all()


def test_measured_colors_are_taken_relative_to_the_light_of_white():
    measured = np.array([[0, 0, 0], [188, 188, 255], [137, 188, 0], [255, 0, 255]], np.uint8)  # 188: half light
    np.testing.assert_array_equal(beside_white(measured, 1), [[0, 0, 0], [255] * 3, [187, 255, 0], [255, 0, 255]])


def test_colors_that_drivers_know_by_their_order():
    assert NAMED_PALETTES["spectra6"].device.tolist() == [
        [0, 0, 0], [255, 255, 255], [255, 255, 0], [255, 0, 0], [0, 0, 255], [0, 255, 0]
    ]  # fmt: skip
    assert NAMED_PALETTES["grey4"].device[:, 0].tolist() == [0, 128, 192, 255]
    assert NAMED_PALETTES["ansi256"].device[[16, 196, 231, 232, 255]].tolist() == [
        [0, 0, 0], [255, 0, 0], [255, 255, 255], [8, 8, 8], [238, 238, 238]
    ]  # fmt: skip


# What comes out


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "blue-noise"])
def test_every_face_writes_the_colors_of_the_device(photo, face, dither):
    data = FACES[face](photo, palette="spectra6", dither=dither)
    with Image.open(BytesIO(data)) as image:
        found = colors_of(image)
    assert found <= {tuple(color) for color in SPECTRA.device.tolist()}
    assert len(found) > 3


@pytest.mark.parametrize("name", NAMED_PALETTES)
def test_indices_are_those_of_the_panel(photo, name):
    palette = NAMED_PALETTES[name]
    image = quantize(photo, palette=name)
    assert np.array(image.getpalette()).reshape(-1, 3).tolist() == palette.device.tolist()
    as_seen = quantize(photo, palette=palette.seen)
    np.testing.assert_array_equal(np.asarray(image), np.asarray(as_seen))
    with Image.open(BytesIO(encode_png(photo, palette=name, keep_palette=True, dither="floyd-steinberg"))) as file:
        stored = np.array(file.getpalette()).reshape(-1, 3)[: len(palette.device)]
        if not np.array_equal(palette.seen, palette.device):
            np.testing.assert_array_equal(np.asarray(file), np.asarray(image))
        np.testing.assert_array_equal(stored, palette.device)


def test_the_command_takes_names_and_devices(photo, tmp_path):
    assert compressed(photo, tmp_path, "--palette", "spectra6") == encode_png(photo, palette="spectra6")
    hexes = tmp_path / "own.txt"
    hexes.write_text("\n".join(f"#{i}{i}{i}" for i in range(6)))
    data = compressed(photo, tmp_path, "--palette", "spectra6", "--device", str(hexes), "--keep-palette")
    with Image.open(BytesIO(data)) as image:
        assert image.getpalette()[:18] == [17 * (i // 3) for i in range(18)]


@pytest.mark.parametrize("name", ["spectra6", "acep7", "grey4"])
def test_the_command_scores_what_is_seen(photo, tmp_path, capsys, name):
    """Not what the driver calls it, which is far from any photograph."""
    data = compressed(photo, tmp_path, "--palette", name, "--score", "--json")
    found = json.loads(capsys.readouterr().out)["files"][0]
    palette = NAMED_PALETTES[name]
    with Image.open(BytesIO(data)) as image:
        stored = np.asarray(image.convert("RGB"))
    names = {tuple(name): look for name, look in zip(palette.device.tolist(), palette.seen.tolist(), strict=True)}
    seen = np.array([names[color] for color in map(tuple, stored.reshape(-1, 3).tolist())], np.uint8)
    seen = seen.reshape(stored.shape)
    assert found["ssimulacra2"] == ssimulacra2(photo, seen) > ssimulacra2(photo, stored) + 5
    assert found["mse"] == pytest.approx(np.square(np.asarray(photo) - seen.astype(float)).sum(axis=2).mean())


def test_a_device_of_ones_own(photo):
    seen, device = ["#202020", "#e0e0d0", "#a03020"], ["black", "white", "red"]
    image = quantize(photo, palette=seen, device=device)
    assert image.getpalette() == [0, 0, 0, 255, 255, 255, 255, 0, 0]
    np.testing.assert_array_equal(np.asarray(image), np.asarray(quantize(photo, palette=seen)))
    assert colors_of(Image.open(BytesIO(encode_png(photo, palette=seen, device=device)))) == colors_of(image)
    assert read_palette(seen, seen).device is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("dither", [None, "floyd-steinberg", "ordered", "auto"])
def test_the_estimator_maps_to_a_palette_and_fits_nothing(photo, dtype, dither):
    full = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[dtype]
    X = (np.asarray(photo) * (full / 255)).astype(dtype)
    quantizer = KMeansQuantizer(palette="spectra6", dither=dither)
    indices = quantizer.fit_transform(X)
    assert quantizer.palette_.dtype == dtype
    np.testing.assert_allclose(quantizer.palette_ * (255 / full), SPECTRA.seen, atol=1e-4)
    np.testing.assert_array_equal(quantizer.transform(X), indices)
    np.testing.assert_array_equal(quantizer.inverse_transform(indices), quantizer.palette_[indices])
    options = {"dither": dither or "none", "color_space": "oklab"}
    np.testing.assert_array_equal(indices, np.asarray(quantize(X, palette="spectra6", **options)))
    indexed = quantizer.to_indexed(X)
    np.testing.assert_array_equal(indexed.indices, indices)
    np.testing.assert_array_equal(indexed.palette, SPECTRA.device)
    assert quantizer.inertia_ > 0
    assert quantizer.n_iter_ == 0
    np.testing.assert_array_equal(quantizer.fit_predict(X), quantizer.labels_)


def test_the_estimator_takes_stacks_greys_and_more_pictures(photo):
    X = np.asarray(photo)
    grey = np.asarray(photo.convert("L"))[..., np.newaxis]
    quantizer = KMeansQuantizer(palette="grey4").fit(grey)
    assert quantizer.palette_.ravel().tolist() == [0, 85, 170, 255]
    assert quantizer.to_indexed(grey).palette[:, 0].tolist() == [0, 128, 192, 255]
    stack = (
        KMeansQuantizer(palette="acep7", dither="ordered")
        .fit(np.stack([X, X[::-1]]))
        .to_indexed(np.stack([X, X[::-1]]))
    )
    assert len(stack) == 2
    both = KMeansQuantizer(palette="acep7").partial_fit(X).partial_fit(X[:9])
    np.testing.assert_array_equal(both.transform(X), KMeansQuantizer(palette="acep7").fit_transform(X))
    own = KMeansQuantizer(palette=["#101010", "white"], device=["black", "red"]).fit(X)
    assert own.to_indexed(X).palette.tolist() == [[0, 0, 0], [255, 0, 0]]


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({"palette": "spektra6"}, "photo", "did you mean 'spectra6'"),
        ({"palette": "spectra6", "device": ["red"]}, "photo", "6, got 1"),
        ({"palette": ["red"], "device": ["red"]}, "photo", "at least 2 colors"),
        ({"device": "bw"}, "photo", "device= has no use without palette="),
        ({"palette": "bw", "masked": 1}, "photo", "masked=1 is the index of a color of palette"),
        ({"palette": "bw", "n_colors": 4}, "photo", "n_colors=4 has no use with palette="),
        ({"palette": "bw", "fixed_colors": ["red"]}, "photo", "has no use with palette="),
        ({"palette": "bw", "dither": "ordered", "dither_strength": 2}, "photo", "from 0 to 1, got 2"),
        ({"palette": "spectra6"}, "grey", r"palette\[0\], .* is not grey"),
        ({"palette": "spectra6"}, "matrix", "palette is for pictures"),
    ],
)
def test_bad_palettes_are_refused_by_the_estimator(photo, options, X, message):
    data = {"photo": np.asarray(photo), "grey": np.zeros((4, 4, 1), np.uint8), "matrix": np.zeros((4, 3))}[X]
    with pytest.raises(ValueError, match=message):
        KMeansQuantizer(**options).fit(data)


def test_names_are_listed(capsys):
    assert main(["palettes"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in NAMED_PALETTES)
    assert "#b61b00" in out
    assert main(["palettes", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["spectra6"]["device"][3] == "#ff0000"
    assert "github.com" in document["spectra6"]["source"]


def test_swatches_are_drawn_where_a_terminal_shows_them(capsys, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["palettes"]) == 0
    assert "\x1b[48;2;182;27;0m" in capsys.readouterr().out


# Bad input

BAD = [
    ({"palette": "spektra6"}, "'spektra6' is no named palette: did you mean 'spectra6'"),
    ({"palette": "red"}, "'red' is no named palette: there are 'bw'"),
    ({"palette": "spectra6", "device": ["red"]}, "a color for each of palette, in its order: 6, got 1"),
    ({"palette": "spectra6", "device": "acep7"}, "6, got 7"),
    ({"palette": ["red"], "device": ["blue"]}, "at least 2 colors"),
    ({"palette": "bw", "device": ["black", "#ffffff80"]}, "opaque"),
    ({"palette": "bw", "device": []}, "device must hold 1 to 256 colors, got none"),
    ({"palette": "bw", "device": ["black", "nocolor"]}, r"device\[1\]"),
    ({"device": "bw"}, "device= has no use without palette="),
    ({"palette": "bw", "dither": "ordered", "dither_strength": 1.5}, "dither_strength must be from 0 to 1, got 1.5"),
]


@pytest.mark.parametrize("face", ["quantize", *FACES])
@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_palettes_are_refused_on_every_face(photo, face, options, message):
    with pytest.raises(ValueError, match=message):
        (quantize if face == "quantize" else FACES[face])(photo, **options)


@pytest.mark.parametrize("encode", [encode_png, encode_gif])
@pytest.mark.parametrize("options", [{"quality": 50}, {"lossy": 2}])
def test_what_a_screen_would_show_does_not_judge_a_device(photo, encode, options):
    with pytest.raises(ValueError, match="has no use with the colors of a device"):
        encode(photo, palette="spectra6", **options)
    assert encode(photo, palette="gameboy", lossy=2)


@pytest.mark.parametrize("encode", [encode_png, encode_gif])
def test_devices_show_nothing_transparent(photo, encode):
    image = photo.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda alpha: 0 if alpha < 99 else 255))
    with pytest.raises(ValueError, match="lay it on a background"):
        encode(image, palette="spectra6")


def test_devices_need_no_others_kind():
    with pytest.raises(TypeError, match="device must be a PIL image"):
        read_palette("bw", 5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--palette", "spektra6"], "cannot read spektra6: No such file or directory, and .*did you mean 'spectra6'"),
        (["--device", "bw"], "--device is about the colors of --palette"),
        (["--palette", "spectra6", "--device", "bw"], "6, got 2"),
    ],
)
def test_the_command_says_what_is_wrong(photo, tmp_path, capsys, words, message):
    with suppress(SystemExit):
        assert compressed(photo, tmp_path, *words) is None
    assert re.search(message, capsys.readouterr().err)


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match="did you mean 'gameboy'"):
        named_palette("GameBoy")
