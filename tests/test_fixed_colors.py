"""`fixed_colors` on every face: how colours are given, what pictures hold them, and what is refused."""

import pickle

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from palettes_only import encode_png
from pil_kmeans import IndexedImage, KMeansQuantizer, quantize
from pil_kmeans.cli import main
from pil_kmeans.pictures.fixed_colors import read_colors
from pil_pictures import entries, opened, rgba
from png_chunks import chunks

RED, GREEN, WHITE, VEIL = [255, 0, 0, 255], [0, 128, 0, 255], [255, 255, 255, 255], [0, 0, 255, 128]


def read(given, dtype="uint8", channels=(3,)):
    return read_colors(given, np.dtype(dtype), channels)


def plte(data):
    """Entries of a PNG as RGBA."""
    found = dict(chunks(data))
    rgb = np.frombuffer(found["PLTE"], np.uint8).reshape(-1, 3)
    alpha = np.frombuffer(found.get("tRNS", b""), np.uint8)
    return np.column_stack([rgb, np.pad(alpha, (0, len(rgb) - len(alpha)), constant_values=255)])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("red", [RED]),
        (["red", "#008000", "#0000ff80", "#f00", "rgb(255, 255, 255)"], [RED, GREEN, VEIL, RED, WHITE]),
        (("RED", (0, 128, 0), [0, 0, 255, 128], np.array([255, 255, 255])), [RED, GREEN, VEIL, WHITE]),
        ([(255, 0, 0), (0, 0, 255, 128)], [RED, VEIL]),
        (np.array([[255, 0, 0], [0, 128, 0]], np.uint8), [RED, GREEN]),
        (np.array([[0, 0, 255, 128]], np.int64), [VEIL]),
        (None, []),
        ([], []),
        (np.zeros((0, 3)).astype(int), []),
    ],
)
def test_strings_and_samples_are_read_in_any_mixture(given, expected):
    assert read(given).tolist() == expected


@pytest.mark.parametrize(("dtype", "full"), [("uint8", 255), ("uint16", 65535), ("float32", 1), ("float64", 1)])
def test_samples_are_in_the_scale_of_the_picture_and_strings_in_any(dtype, full):
    samples = np.array([[0, 0, full], [full, 0, 0]], dtype)
    found = read(samples, dtype)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, read(["blue", "red"], dtype))
    np.testing.assert_array_equal(found, read(samples.tolist(), dtype))


def test_samples_may_be_as_many_as_channels():
    assert read([[7]], channels=(1,)).tolist() == [[7, 7, 7, 255]]
    assert read([[7, 9]], channels=(2,)).tolist() == [[7, 7, 7, 9]]
    assert read([[True], [0]], "bool", (1,)).tolist() == [[True] * 4, [False] * 3 + [True]]


@pytest.mark.parametrize(
    ("given", "dtype", "error", "match"),
    [
        (["red", "redd"], "uint8", ValueError, r"fixed_colors\[1\] must be a name or a hex string.*not know 'redd'"),
        ("#12", "uint8", ValueError, r"fixed_colors\[0\].*ImageColor does not know '#12'"),
        (7, "uint8", TypeError, r"fixed_colors must be a sequence of colors.*got 7 of type int"),
        ({"red": 1}, "uint8", TypeError, r"fixed_colors must be a sequence of colors.*of type dict"),
        ((255, 0, 0), "uint8", TypeError, r"fixed_colors\[0\].*got 255.*fixed_colors=\[color\]"),
        (np.array([255, 0, 0]), "uint8", ValueError, r"fixed_colors has shape \(3,\).*fixed_colors=\[color\]"),
        ([None], "uint8", TypeError, r"fixed_colors\[0\].*got None"),
        ([b"red"], "uint8", TypeError, r"fixed_colors\[0\].*got b'red'"),
        ([[[1, 2, 3]]], "uint8", TypeError, r"fixed_colors\[0\]"),
        ([[1, [2], 3]], "uint8", TypeError, r"fixed_colors\[0\]"),
        ([(1, 2)], "uint8", ValueError, r"fixed_colors\[0\] has 2 samples a color; it must have 3 or 4"),
        (np.zeros((2, 5), int), "uint8", ValueError, r"fixed_colors has 5 samples a color"),
        ([(0, 0, 0), (0, 0, 256)], "uint8", ValueError, r"fixed_colors\[1\] has a sample of 256.*from 0 to 255"),
        ([(0, 0, -1)], "uint16", ValueError, r"has a sample of -1.*uint16.*from 0 to 65535"),
        ([(1.0, 0.5, 0)], "uint8", TypeError, r"fixed_colors\[0\] has samples of float64.*uint8.*whole numbers"),
        ([(255, 0, 0)], "float32", ValueError, r"has a sample of 255.*float32.*from 0 to 1: divide them by 255"),
        ([(0.5, np.nan, 0)], "float64", ValueError, r"has a sample of nan"),
        ([(2, 0, 0)], "bool", ValueError, r"has a sample of 2.*bool.*from 0 to 1"),
        (["orange"], "bool", ValueError, r"fixed_colors\[0\] is 'orange'.*all or nothing"),
    ],
)
def test_what_is_no_color_is_refused(given, dtype, error, match):
    with pytest.raises(error, match=match):
        read(given, dtype)


# quantize and encode_png


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
def test_small_logo_keeps_its_color(china, effort):
    picture = china[::6, ::6].copy()
    picture[50:53, 100:103] = 255, 0, 0
    for given in (["red"], "#f00", [(255, 0, 0)]):
        result = quantize(picture, 16, fixed_colors=given, effort=effort)
        assert (rgba(result)[50:53, 100:103] == RED).all()
        assert len(result.getcolors()) == 16
    data = encode_png(picture, n_colors=16, fixed_colors="red", effort=effort, dither="none", lossy=0)
    assert np.array_equal(rgba(opened(data)), rgba(result))
    assert (rgba(opened(encode_png(picture, n_colors=16, fixed_colors="red")))[50:53, 100:103] == RED).all()


def test_locked_colors_are_kept_where_no_pixel_has_them(photo):
    given = ["#010203", "lime", "#010203", "#ff00ff"]
    result = quantize(photo, 9, fixed_colors=given)
    assert entries(result)[:3].tolist() == [[1, 2, 3], [0, 255, 0], [255, 0, 255]]
    assert len(entries(result)) == 9
    data = encode_png(photo, n_colors=9, fixed_colors=given, dither="none")
    assert sorted(plte(data)[:, :3].tolist()) == sorted(entries(result).tolist())
    for dither in ("none", "floyd-steinberg"):
        assert (
            entries(quantize(photo, 9, fixed_colors=given, dither=dither))[:3].tolist() == entries(result)[:3].tolist()
        )


@pytest.mark.parametrize(
    ("mode", "given", "channels"),
    [
        ("L", ["red"], "RGB"),
        ("L", [(9,)], "RGB"),
        ("LA", ["red"], "RGBA"),
        ("RGB", ["#ff000080"], "RGBA"),
        ("L", [(9, 9, 9, 128)], "RGBA"),
        ("RGB", ["#00ff0000"], "RGBA"),
        ("1", ["red"], "RGB"),
        ("I;16", [(65535, 0, 0)], "RGB"),
    ],
)
def test_pictures_get_the_channels_that_locked_colors_need(photo, mode, given, channels):
    image = photo.convert("L").convert(mode) if mode != "RGB" else photo
    result = quantize(image, 8, fixed_colors=given)
    assert result.palette.mode == channels
    levels = np.array(read(given, "uint16" if "16" in mode else "uint8", (1, 3))).astype(int)[0]
    expected = (levels // (257 if "16" in mode else 1))[: len(channels)]
    assert expected.tolist() in entries(result).tolist()
    colors = plte(encode_png(image, n_colors=8, fixed_colors=given, compression="fast"))
    assert [*expected, 255][:4] in colors.tolist()
    rest = rgba(quantize(image, 8))
    assert np.abs(rgba(result) - rest).mean() < 25
    assert (rgba(result)[..., 3] == rest[..., 3]).all()


def test_pictures_of_a_list_share_the_locked_colors(photo):
    pictures = [photo, np.asarray(photo.convert("L")), photo.crop((0, 0, 9, 9))]
    results = quantize(pictures, 12, fixed_colors=["red", (1, 2, 3)])
    for result in results:
        assert entries(result)[:2].tolist() == [[255, 0, 0], [1, 2, 3]]
    floats = [photo, np.asarray(photo) / 255]
    assert entries(quantize(floats, 12, fixed_colors="red")[1])[0].tolist() == [255, 0, 0]
    with pytest.raises(ValueError, match=r"fixed_colors has samples.*different scales, uint8 and float64.*hex"):
        quantize(floats, 12, fixed_colors=[(1, 1, 1)])


def test_indexed_image_of_few_colors_gets_the_locked_ones():
    indexed = IndexedImage(np.array([[1, 0]], np.uint8), np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    data = encode_png(indexed, fixed_colors="red")
    assert np.array_equal(rgba(opened(data))[..., :3], indexed.to_array())
    assert sorted(plte(data).tolist()) == sorted([RED, [1, 2, 3, 255], [4, 5, 6, 255]])


def test_no_locked_colors_change_nothing(photo):
    assert quantize(photo, 20, fixed_colors=[]).tobytes() == quantize(photo, 20).tobytes()
    assert encode_png(photo, fixed_colors=[], effort="fast") == encode_png(photo, effort="fast")


@pytest.mark.parametrize("face", [quantize, encode_png])
def test_more_locked_colors_than_the_palette_has_room_for(photo, face):
    name = "colors" if face is quantize else "n_colors"
    given = ["red", "#ff0000", "lime", "blue"]
    assert face(photo, **{name: 3}, fixed_colors=given)
    with pytest.raises(ValueError, match=f"fixed_colors has 3 different colors, .*room for {name}=2: .*raise {name}"):
        face(photo, **{name: 2}, fixed_colors=given)
    with pytest.raises(ValueError, match=r"2 fully transparent colors.*a palette has one"):
        face(photo, fixed_colors=["#ff000000", "#00ff0000"])
    with pytest.raises(ValueError, match="does not know 'none'"):
        face(photo, fixed_colors="none")


def test_locked_colors_have_no_use_where_nothing_is_fitted(photo, reference):
    with pytest.raises(ValueError, match="fixed_colors has no use with palette="):
        quantize(photo, palette=reference, fixed_colors="red")
    with pytest.raises(ValueError, match="takes no fixed_colors"):
        quantize(photo, method=0, fixed_colors="red")


# The command


def test_command_locks_colors(tmp_path, photo, capsys):
    photo.save(tmp_path / "in.png")
    arguments = ["compress", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"), "-k", "8"]
    assert main([*arguments, "--fixed", "#ff0000", "--fixed", "lime"]) == 0
    assert (tmp_path / "out.png").read_bytes() == encode_png(photo, n_colors=8, fixed_colors=["#ff0000", "lime"])
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--force", "--fixed", "redd"])
    assert stopped.value.code == 2
    assert "--fixed: must be a name or hex string" in capsys.readouterr().err
    assert main([*arguments[:-1], "1", "--force", "--fixed=red", "--fixed=lime"]) == 1
    assert "fixed_colors has 2 different colors" in capsys.readouterr().err


# The estimator


@pytest.mark.parametrize("effort", ["fast", "balanced"])
def test_estimator_locks_colors_in_every_picture(china, effort):
    picture = china[::4, ::4].copy()
    picture[3, 5] = 255, 0, 0
    quantizer = KMeansQuantizer(64, effort=effort, fixed_colors=["red", (1, 2, 3)])
    indices = quantizer.fit_transform([picture, china[:50, :50]])
    assert quantizer.palette_[:2].tolist() == [[255, 0, 0], [1, 2, 3]]
    assert quantizer.cluster_centers_[:2].tolist() == [[255, 0, 0], [1, 2, 3]]
    assert indices[0][3, 5] == 0
    for part, again in zip(indices, quantizer.transform([picture, china[:50, :50]]), strict=True):
        np.testing.assert_array_equal(part, again)
    parts = KMeansQuantizer(64, effort=effort, fixed_colors=["red", (1, 2, 3)])
    parts.partial_fit(china[:50, :50]).partial_fit(picture)
    np.testing.assert_array_equal(parts.palette_, quantizer.palette_)
    copy = pickle.loads(pickle.dumps(quantizer))
    np.testing.assert_array_equal(copy.transform(picture), indices[0])
    assert clone(quantizer).get_params()["fixed_colors"] == ["red", (1, 2, 3)]


def test_estimator_takes_locked_colors_that_the_pictures_can_hold():
    grey = np.random.default_rng(0).integers(0, 256, (9, 9, 1), np.uint8)
    for given in ("white", [(255, 255, 255)], [(255, 255, 255, 255)], np.array([[255]])):
        assert KMeansQuantizer(4, fixed_colors=given).fit(grey).palette_[0].tolist() == [255]
    image = Image.fromarray(grey[..., 0])
    assert KMeansQuantizer(4, fixed_colors="white").fit(image).palette_[0].tolist() == [255]
    floats = np.random.default_rng(0).random((9, 9, 3))
    assert KMeansQuantizer(4, fixed_colors=[(0.1, 0.2, 0.3)]).fit(floats).palette_[0].tolist() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_transform"])
@pytest.mark.parametrize(
    ("X", "given", "match"),
    [
        ((9, 9, 1), ["white", "red"], r"fixed_colors\[1\], \(255, 0, 0, 255\), is not grey.*convert X to RGB$"),
        ((9, 9, 2), "red", r"is not grey, but X has grey samples only.*convert X to RGBA$"),
        ((9, 9, 3), "#ff000080", r"is translucent, but X has no alpha channel: .*convert X to RGBA$"),
        ((9, 9, 1), [(9, 9, 9, 0)], r"is translucent, but X has no alpha channel: .*convert X to grey \+ alpha$"),
        ((9, 9, 3), ["red"] * 3 + ["lime", "blue", "#123"], "has 4 different colors.*room for n_colors=3"),
        ((9, 9, 3), [(0, 0, 256)], r"fixed_colors\[0\] has a sample of 256"),
        ((9, 3), "red", r"fixed_colors is for pictures, but X is a matrix of shape \(9, 3\)"),
    ],
)
def test_estimator_refuses_locked_colors_that_do_not_fit(method, X, given, match):
    with pytest.raises(ValueError, match=match):
        getattr(KMeansQuantizer(3, fixed_colors=given), method)(np.zeros(X, np.uint8))


def test_estimator_checks_the_type_of_locked_colors():
    with pytest.raises(ValueError, match=r"'fixed_colors' parameter.*array-like"):
        KMeansQuantizer(fixed_colors=3).fit(np.zeros((2, 2, 3), np.uint8))


def test_a_fit_that_fails_leaves_the_last_one():
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 4)).astype(np.uint8)
    picture[0, :, 3] = 0
    quantizer = KMeansQuantizer(n_colors=2).fit(picture)
    before = quantizer.palette_
    with pytest.raises(ValueError, match="fixed_colors"):
        quantizer.set_params(fixed_colors=["red", "blue"]).fit(picture)
    np.testing.assert_array_equal(quantizer.palette_, before)
