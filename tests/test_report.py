"""`report.compare`: what it measures, draws and writes."""

import html
import math
import re
import sys
from html.parser import HTMLParser
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

import pil_kmeans
from pil_kmeans import encode_png, ssimulacra2
from pil_kmeans.measures import ssim
from pil_kmeans.report import compare
from pil_kmeans.report.side_by_side import PANEL, ZOOM, detail


@pytest.fixture(scope="module")
def picture(astronaut):
    return np.asarray(Image.fromarray(astronaut).resize((96, 64)))


@pytest.fixture(scope="module")
def comparison(picture):
    return compare(picture, [32, 4, 32], original_bytes=10_000, name="<astro>")


@pytest.fixture(scope="module")
def text(comparison):
    """The page."""
    return comparison.to_html()


def decoded(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


# figures


def test_rows_are_what_encode_png_makes_measured_by_others(picture, comparison):
    assert [row.n_colors for row in comparison.table] == [4, 32]
    for row, png in zip(comparison.table, comparison.pngs, strict=True):
        result = decoded(png)
        assert png == encode_png(picture, n_colors=row.n_colors)
        assert row.colors == len(np.unique(result.reshape(-1, 3), axis=0)) == row.n_colors
        assert row.bytes == len(png)
        assert row.ratio == len(png) / 10_000
        assert row.bits_per_pixel == 8 * len(png) / (96 * 64)
        assert row.mse == pytest.approx(3 * mean_squared_error(picture, result))
        assert row.psnr == pytest.approx(peak_signal_noise_ratio(picture, result))
        assert row.ssimulacra2 == ssimulacra2(picture, result)
        assert row.seconds > 0


def others_ssim(a, b):
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(a, b, channel_axis=-1, data_range=255, **options)


def test_ssim_is_that_of_scikit_image(picture, comparison):
    for row, png in zip(comparison.table, comparison.pngs, strict=True):
        assert row.ssim == pytest.approx(others_ssim(picture.astype(float), decoded(png).astype(float)), abs=1e-9)


def test_ssim_of_the_same_is_1_at_any_size():
    for shape in ((1, 1, 1), (3, 40, 3), (20, 20, 4)):
        same = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        assert ssim(same, same) == pytest.approx(1)


def test_exact_results_have_infinite_psnr_and_best_scores():
    row = compare(np.eye(20, dtype=np.uint8), 2).table[0]
    assert (row.mse, row.psnr, row.ssimulacra2) == (0, math.inf, 100)
    assert row.ssim == pytest.approx(1)


def test_alpha_counts_and_the_invisible_does_not():
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:4] = np.arange(4 * 8 * 4).reshape(4, 8, 4) // 4 * 5
    pixels[..., 3] = [[255]] * 4 + [[0]] * 4
    hidden = pixels.copy()
    hidden[4:, :, :3] = 99
    assert compare(pixels, 4).table[0].mse == compare(hidden, 4).table[0].mse > 0


def test_without_a_file_sizes_compare_with_a_png_of_all_colors(picture):
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    assert compare(picture, 4).original_bytes == len(file.getvalue())


def test_options_are_those_of_encode_png(picture):
    options = {"dither": "none", "color_space": "srgb", "fixed_colors": ["red"], "n_threads": 1}
    assert compare(picture, 4, **options).pngs == [encode_png(picture, n_colors=4, **options)]
    with pytest.raises(TypeError, match="speed"):
        compare(picture, 4, speed=1)


def test_progress_runs_from_0_to_1_and_can_end_the_work(picture):
    seen = []
    compare(picture, [4, 8], progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)
    assert 0.5 in seen

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(picture, [4, 8], progress=stop)


def test_picture_is_turned_and_converted_before_it_is_compared(picture):
    image = Image.fromarray(picture)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = BytesIO()
    image.save(file, "PNG", exif=exif)
    turned = Image.open(file)
    comparison = compare(turned, 8)
    assert comparison.original.shape == (96, 64, 3)
    assert np.array_equal(comparison.original, np.rot90(picture, -1))
    assert comparison.table[0].mse == pytest.approx(compare(np.rot90(picture, -1), 8).table[0].mse)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_colors": 0}, ValueError, "n_colors must be from 1 to 256, got 0"),
        ({"n_colors": [4, 257]}, ValueError, "n_colors must be from 1 to 256, got 257"),
        ({"n_colors": []}, ValueError, "n_colors must be at least one number of colors, got none"),
        ({"n_colors": "4"}, TypeError, "n_colors must be an integer or a sequence of integers, got '4'"),
        ({"n_colors": [4, 2.5]}, TypeError, r"got 2.5 in \[4, 2.5\]"),
        ({"n_colors": [True]}, TypeError, r"got True in \[True\]"),
        ({"original_bytes": 0}, ValueError, "original_bytes must be at least 1, got 0"),
        ({"original_bytes": 1.5}, TypeError, "original_bytes must be an integer, got 1.5 of type float"),
        ({"dither": "x"}, ValueError, "dither must be one of"),
    ],
)
def test_wrong_arguments_are_named(picture, arguments, error, message):
    with pytest.raises(error, match=message):
        compare(picture, **arguments)
    with pytest.raises(TypeError, match="image must be a PIL image or an array"):
        compare("a.png")


def test_report_loads_when_asked_for():
    assert pil_kmeans.report.compare is compare


def test_text_has_a_line_for_each_row(comparison):
    lines = str(comparison).splitlines()
    assert lines[0].split()[:4] == ["k", "colors", "bytes", "ratio"]
    sizes = [f"{row.bytes:,}" for row in comparison.table]
    assert [line.split()[:3] for line in lines[1:]] == [["4", "4", sizes[0]], ["32", "32", sizes[1]]]
    assert len({len(line) for line in lines}) == 1


# pictures


def test_side_by_side_shows_each_picture_and_its_detail(picture, comparison):
    sheet = comparison.side_by_side()
    pixels = np.asarray(sheet)
    scale = PANEL // 96
    place = detail(picture, 96 * scale // ZOOM, 64 * scale // ZOOM)
    for shown in (picture, *map(decoded, comparison.pngs)):
        enlarged = shown.repeat(scale, axis=0).repeat(scale, axis=1)
        crop = shown[place.y : place.y + place.height, place.x : place.x + place.width]
        assert contains(pixels, crop.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1))
        assert shown is picture or contains(pixels, enlarged)  # the detail is framed in the original
    assert comparison.side_by_side(4).width < sheet.width
    assert comparison.side_by_side([4, 32]).tobytes() == sheet.tobytes()
    with pytest.raises(ValueError, match=r"n_colors must be among the numbers that were compared, \[4, 32\], got 5"):
        comparison.side_by_side(5)


def contains(sheet, part):
    """Whether a picture holds another somewhere."""
    height, width = part.shape[:2]
    corners = sheet[: 1 - height or None, : 1 - width or None], sheet[height - 1 :, width - 1 :]
    agree = [
        (pixels == corner).all(axis=-1) for pixels, corner in zip(corners, (part[0, 0], part[-1, -1]), strict=True)
    ]
    places = np.argwhere(agree[0] & agree[1])
    return any(np.array_equal(sheet[y : y + height, x : x + width], part) for y, x in places)


def test_detail_is_where_neighbours_differ_most():
    flat = np.full((60, 80, 3), 128, np.uint8)
    flat[20:28, 50:60] = np.random.default_rng(0).integers(0, 256, (8, 10, 3))
    place = detail(flat, 16, 12)
    assert place.x <= 50
    assert place.x + 16 >= 60
    assert place.y <= 20
    assert place.y + 12 >= 28


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (600, 2, 1), (5, 5, 4), (490, 20, 2)])
def test_any_shape_can_be_drawn(shape):
    picture = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    comparison = compare(picture, 2, effort="fast")
    assert max(comparison.side_by_side().size) <= 2 * PANEL + 200
    assert "<svg" in comparison.to_html()


def test_figure_has_a_point_for_each_row(comparison):
    axes = comparison.figure().axes[0]
    line = next(line for line in axes.lines if line.get_marker() == "o")
    points = [(row.bytes, row.ssimulacra2) for row in comparison.table]
    assert np.array_equal(line.get_xydata(), points)


def test_figure_has_the_colors_of_the_style_and_the_page_its_own(comparison, text):
    with plt.style.context("dark_background"):
        axes = comparison.figure().axes[0]
        assert comparison.to_html() == text
    texts = [axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.texts[-2:]]
    assert {part.get_color() for part in texts} == {"white"}
    assert axes.figure.get_facecolor()[:3] == (0, 0, 0)


def test_without_matplotlib_the_rest_works(comparison, monkeypatch):
    for module in ("chart", "page"):
        monkeypatch.delitem(sys.modules, f"pil_kmeans.report.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert comparison.side_by_side().mode == "RGB"
    for draw in (comparison.figure, comparison.to_html):
        with pytest.raises(ImportError, match=r"run `pip install 'pil_kmeans\[report\]'`"):
            draw()


# page


class Page(HTMLParser):
    """Collects tags with their attributes, and checks that they close."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, text):
        super().__init__()
        self.tags, self._open = [], []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def test_page_is_whole_and_names_nothing_elsewhere(text):
    page = Page(text)
    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "xlink:href")
    ]
    assert all(value.startswith(("data:", "#")) for value in addresses)
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", text.split("<svg")[0])
    assert "default-src 'none'" in text
    assert sum(tag == "img" for tag, _ in page.tags) == 3


def test_page_shows_names_as_they_are(text):
    assert "<h1>&lt;astro&gt;</h1>" in text
    assert "<astro>" not in text


def test_page_is_the_same_for_the_same_comparison(comparison, text):
    assert comparison.to_html() == text


def test_notebook_shows_the_page_apart_from_its_own(comparison, text):
    shown = comparison._repr_html_()
    ((tag, attributes),) = Page(shown).tags
    assert tag == "iframe"
    assert attributes["srcdoc"] == html.unescape(html.escape(text))
