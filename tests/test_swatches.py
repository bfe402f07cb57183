"""`palette`: the colours of pictures for people, and how `Swatches` show themselves."""

import json

import numpy as np
import pytest
from PIL import Image

import pil_kmeans
from pil_kmeans import KMeansQuantizer, Swatches, palette, quantize
from pil_kmeans.cli import main
from pil_kmeans.stages.color_space import unscaled, working_points

KINDS = ("dominant", "accent", "real")
VIVID = np.array([[230, 30, 30], [40, 160, 60], [40, 70, 210], [240, 200, 20], [200, 60, 190]], np.uint8)


@pytest.fixture(scope="module")
def spotted():
    """A ramp of greys, dull browns, and five small spots of 0.1 % each that people would see first."""
    rng = np.random.default_rng(0)
    picture = np.linspace(0, 255, 200).astype(np.uint8)[None, :, None].repeat(200, 0).repeat(3, 2)
    picture[100:] = picture[100:] * np.array([0.8, 0.7, 0.6])
    picture[100:] += rng.integers(0, 6, picture[100:].shape, np.uint8)
    for i, color in enumerate(VIVID):
        picture[20 + 30 * i : 24 + 30 * i, 30 * i + 10 : 30 * i + 20] = color
    return picture


def points(colors):
    return unscaled(working_points(np.ascontiguousarray(colors), "oklab", n_threads=1), "oklab")[:, :3]


def chroma(colors):
    return np.hypot(*points(colors)[:, 1:].T)


def test_accents_are_the_small_vivid_areas_and_few_greys(spotted):
    found = palette(spotted, 8, kind="accent").colors
    distances = np.linalg.norm(points(VIVID)[:, None] - points(found)[None], axis=2).min(axis=1)
    assert (distances < 0.02).all()
    assert (chroma(found) < 0.04).sum() <= 2
    dominant = palette(spotted, 8).colors
    assert (np.linalg.norm(points(VIVID)[:, None] - points(dominant)[None], axis=2).min(axis=1) > 0.05).any()


def test_accents_of_a_photograph_differ_more_and_are_more_vivid(astronaut):
    """A designer would name the orange of the suit, the purple patch and the red of the flag."""
    accent, dominant = palette(astronaut, 6, kind="accent").colors, palette(astronaut, 6).colors
    assert np.sort(chroma(accent))[1:].min() > np.median(chroma(dominant))
    near = {
        name: np.linalg.norm(points(accent) - points(np.array([color], np.uint8)), axis=1).min()
        for name, color in {"suit": (217, 93, 55), "patch": (85, 45, 135), "flag": (120, 15, 30)}.items()
    }
    assert max(near.values()) < 0.06


@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_real_colors_occur_in_the_picture(n_channels):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (40, 50, n_channels), np.uint8) // 5 * 5
    image = Image.fromarray(picture[..., 0] if n_channels == 1 else picture)
    found = palette(image, 12, kind="real")
    assert len(found) == 12
    present = {tuple(row) for row in np.asarray(image.convert("RGBA")).reshape(-1, 4).tolist()}
    assert {swatch.rgba for swatch in found} <= present | {
        (*map(int, row), 255) for row in found.colors if len(row) == 3
    }
    assert {swatch.rgba for swatch in found if swatch.rgba[3]} <= present


def test_real_colors_are_near_the_dominant_ones_and_keep_their_shares(china):
    real, dominant = palette(china, 10, kind="real"), palette(china, 10)
    np.testing.assert_array_equal(real.shares, dominant.shares)
    assert np.linalg.norm(points(real.colors) - points(dominant.colors), axis=1).max() < 0.02
    assert (real.colors != dominant.colors).any()


@pytest.mark.parametrize("kind", KINDS)
def test_shares_are_those_of_the_nearest(china, kind):
    found = palette(china, 5, kind=kind)
    indices = np.asarray(quantize(china, palette=found, dither="none", color_space="oklab")).ravel()
    if kind == "accent":  # what is like none of them counts for none
        distances = np.linalg.norm(points(china.reshape(-1, 3)) - points(found.colors)[indices], axis=1)
        shares = np.bincount(indices[distances <= 0.2], minlength=5) / len(indices)
        assert found.shares.sum() < 1
    else:
        shares = np.bincount(indices, minlength=5) / len(indices)
        assert found.shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.shares, shares, atol=1e-4 if kind == "accent" else 0.005)
    assert (np.diff(found.shares) <= 0).all()


def test_a_small_accent_does_not_count_for_what_is_unlike_it():
    picture = np.full((100, 100, 3), 255, np.uint8)
    picture[:5, :10] = 220, 30, 40
    found = palette(picture, 1, kind="accent")
    assert [(s.hex, s.share) for s in found] == [("#dc1e28", 0.005)]


@pytest.mark.parametrize("kind", KINDS)
def test_fixed_colors_are_among_them(china, kind):
    found = palette(china, 5, kind=kind, fixed_colors=["#ff00ff", "black"])
    assert {"#ff00ff", "#000000"} <= {swatch.hex for swatch in found}
    assert len(found) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_several_pictures_have_colors_together(china, astronaut, kind):
    pictures = [china[::4, ::4], astronaut[::5, ::5]]
    together = palette(pictures, 6, kind=kind)
    fitted = KMeansQuantizer(6).fit(iter(pictures)).to_swatches(kind)
    np.testing.assert_array_equal(together.colors, fitted.colors)
    np.testing.assert_array_equal(together.shares, fitted.shares)
    assert (together.colors != palette(pictures[0], 6, kind=kind).colors).any()


def test_orders(astronaut):
    by_share = palette(astronaut, 9)
    assert (np.diff(by_share.shares) <= 0).all()
    by_lightness = palette(astronaut, 9, sort="lightness")
    assert (np.diff(points(by_lightness.colors)[:, 0]) >= 0).all()
    assert {s.hex for s in by_lightness} == {s.hex for s in by_share}
    assert by_lightness.shares.tolist() != by_share.shares.tolist()
    rainbow = ["#ff0000", "#ff8000", "#ffff00", "#00ff00", "#00ffff", "#0000ff", "#8000ff", "#ff00ff"]
    colors = np.array([list(bytes.fromhex(c[1:])) for c in [*reversed(rainbow), "#808080", "#101010"]], np.uint8)
    ordered = Swatches(colors, np.full(10, 0.1)).sorted("hue")
    assert [s.hex for s in ordered] == ["#101010", "#808080", *rainbow]


def test_what_is_invisible_is_no_accent(photo):
    drawing = photo.convert("RGBA")
    drawing.paste((250, 0, 250, 0), (0, 0, 64, 24))
    assert palette(drawing, 4).colors.shape == (4, 4)
    accent = palette(drawing, 4, kind="accent")
    assert accent.colors.shape == (4, 3)
    assert np.abs(accent.colors.astype(int) - (250, 0, 250)).max(axis=1).min() > 90
    assert 0.9 < accent.shares.sum() <= 1
    with pytest.raises(ValueError, match="no pixel is visible, so there is no accent: take kind='dominant'"):
        palette(Image.new("RGBA", (3, 3)), kind="accent", fixed_colors=["red"])
    with_fixed = palette(drawing, 2, kind="accent", fixed_colors=["red", (0, 0, 0, 0)])
    assert [s.hex == "#ff0000" for s in with_fixed].count(True) == 1
    assert "#000000" not in [s.hex for s in with_fixed]


def test_accents_are_distinct_and_no_more_than_there_are():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[0, 0] = 255, 0, 0
    assert {s.hex for s in palette(picture, 8, kind="accent")} == {"#000000", "#ff0000"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "best"}, "kind must be one of 'dominant', 'accent', 'real', got 'best'"),
        ({"sort": "size"}, "sort must be one of 'share', 'hue', 'lightness', got 'size'"),
        ({"n_colors": 0}, "n_colors must be between 1 and 256, got 0"),
        ({"fixed_colors": ["red", "blue"], "n_colors": 1}, "fixed_colors has 2 different colors"),
    ],
)
def test_bad_arguments_are_named(photo, options, message):
    with pytest.raises(ValueError, match=message):
        palette(photo, **options)


def test_matrices_and_unfitted_have_none():
    with pytest.raises(ValueError, match="to_swatches needs pictures"):
        KMeansQuantizer(2).fit([[0.0], [1.0]]).to_swatches()
    with pytest.raises(ValueError, match="kind must be one of"):
        KMeansQuantizer(2).fit([[0.0], [1.0]]).to_swatches("no")


FLAG = Swatches(np.array([[0, 0, 0], [221, 0, 0], [255, 204, 0]], np.uint8), np.array([0.5, 0.3, 0.2]))


def test_swatches_are_a_read_only_sequence_and_an_array():
    assert [s.hex for s in FLAG[1:]] == ["#dd0000", "#ffcc00"]
    assert (FLAG[-1].hex, FLAG[-1].share) == ("#ffcc00", 0.2)
    np.testing.assert_array_equal(np.asarray(FLAG), FLAG.colors)
    np.testing.assert_array_equal(np.array(FLAG, float), FLAG.colors.astype(float))
    assert np.array(FLAG).flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        FLAG.colors[0] = 1
    with pytest.raises(ValueError, match=r"colors must have shape \(n, 3\) or \(n, 4\) and shares \(n,\)"):
        Swatches(np.zeros((2, 2), np.uint8), np.zeros(2))


def test_swatches_are_drawn():
    image = FLAG.to_pil((10, 2))
    assert (image.size, image.mode) == ((10, 2), "RGB")
    assert np.asarray(image)[1, [0, 4, 9]].tolist() == FLAG.colors.tolist()
    by_share = np.asarray(FLAG.to_pil((10, 1), by_share=True))[0]
    assert [int((by_share == color).all(axis=1).sum()) for color in FLAG.colors] == [5, 3, 2]
    with pytest.raises(ValueError, match="must hold a pixel for each of 3 colors"):
        FLAG.to_pil((2, 2))
    html = FLAG._repr_html_()
    assert html.count("background:#") == 3
    assert "#dd0000" in html
    assert "30.0%" in html


def test_print_draws_where_the_terminal_can(monkeypatch, capsys):
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print(FLAG)
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print(FLAG)
    assert capsys.readouterr().out.startswith("\x1b[48;2;0;0;0m      \x1b[0m  #000000")


def test_swatches_are_saved_by_extension(tmp_path):
    for name in ("a.hex", "a.TXT", "a.css", "a.json", "a.gpl", "a.act", "a.ase", "a.png"):
        FLAG.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 20
    assert json.loads((tmp_path / "a.json").read_text())["name"] == "a"
    assert (tmp_path / "a.TXT").read_bytes() == FLAG.to_bytes("hex")
    with Image.open(tmp_path / "a.png") as image:
        assert image.getpixel((0, 0)) == (0, 0, 0)
    with pytest.raises(ValueError, match=r"path must end in one of \.hex, .*, got .*a\.doc"):
        FLAG.save(tmp_path / "a.doc")
    with pytest.raises(ValueError, match="format must be one of 'hex', "):
        FLAG.to_bytes("doc")


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_finds_what_the_function_finds(tmp_path, photo, astronaut, capsys, kind):
    photo.save(tmp_path / "a.png")
    Image.fromarray(astronaut[::8, ::8]).save(tmp_path / "b.png")
    words = ["-k5", f"--kind={kind}", "--sort=hue"]
    for names in (["a.png"], ["a.png", "b.png"]):
        paths = [tmp_path / name for name in names]
        assert main(["palette", *map(str, paths), *words]) == 0
        found = palette([Image.open(path) for path in paths], 5, kind=kind, sort="hue")
        assert capsys.readouterr().out.split() == [s.hex for s in found]


def test_results_do_not_depend_on_threads(china):
    for kind in KINDS:
        one, two = (palette(china, 8, kind=kind, n_threads=n) for n in (1, 2))
        np.testing.assert_array_equal(one.colors, two.colors)
    assert "palette" in pil_kmeans.__all__


def test_a_fitted_quantizer_shows_its_palette(photo):
    quantizer = KMeansQuantizer(5)
    assert "background:#" not in quantizer._repr_html_()
    quantizer.fit(photo)
    for html in (quantizer._repr_html_(), quantizer._repr_mimebundle_()["text/html"]):
        assert [html.count(f"background:{swatch.hex}") for swatch in quantizer.to_swatches()] == [1] * 5
    assert "background:#" not in KMeansQuantizer(2).fit([[0.0], [1.0]])._repr_html_()


def test_many_swatches_are_shown_small_and_the_most_not_at_all():
    colors = np.arange(300 * 3).reshape(-1, 3).astype(np.uint8)
    html = Swatches(colors, np.full(300, 1 / 300))._repr_html_()
    assert html.count("background:#") == 256
    assert "and 44 more" in html
