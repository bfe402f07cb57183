"""`KMeansQuantizer` on pictures: results, shapes, dtypes."""

import pickle
from itertools import product

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import IndexedImage, KMeansQuantizer
from pil_kmeans.estimator.read_x import read_pictures
from pil_kmeans.stages.color_space import COLOR_SPACES
from pil_kmeans.stages.dithering.diffuse import BY_MASK

DTYPES = [np.uint8, np.uint16, np.bool_, np.float32, np.float64]


def random_picture(shape, dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    if np.dtype(dtype) == np.bool_:
        return rng.random(shape) < 0.5
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def test_four_points_by_hand():
    picture = np.array([[[0, 0, 0], [2, 0, 0]], [[100, 0, 0], [103, 0, 0]]], np.uint8)
    quantizer = KMeansQuantizer(2, color_space="srgb").fit(picture)
    order = np.argsort(quantizer.cluster_centers_[:, 0])
    np.testing.assert_allclose(quantizer.cluster_centers_[order], [[1, 0, 0], [101.5, 0, 0]])
    assert quantizer.n_colors_ == 2
    assert quantizer.n_features_in_ == 3
    assert quantizer.inertia_ == pytest.approx(1 + 1 + 1.5**2 + 1.5**2)
    assert quantizer.palette_.dtype == np.uint8
    assert quantizer.palette_[order[0]].tolist() == [1, 0, 0]
    assert quantizer.palette_[order[1], 0] in (101, 102)
    np.testing.assert_array_equal(order[quantizer.labels_], order[[[0, 0], [1, 1]]][order][:, order])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
def test_picture_gives_indices_and_comes_back_in_its_dtype(dtype, n_channels):
    picture = random_picture((12, 17, n_channels), dtype)
    quantizer = KMeansQuantizer(5)
    indices = quantizer.fit_transform(picture)
    assert indices.shape == (12, 17)
    assert indices.dtype == np.uint8
    assert quantizer.palette_.shape == quantizer.cluster_centers_.shape
    assert quantizer.palette_.dtype == dtype
    assert quantizer.cluster_centers_.dtype == np.float64
    assert quantizer.n_features_in_ == n_channels
    assert 1 <= quantizer.n_colors_ <= 5
    restored = quantizer.inverse_transform(indices)
    assert restored.shape == picture.shape
    assert restored.dtype == dtype
    np.testing.assert_array_equal(quantizer.transform(picture), indices)
    np.testing.assert_array_equal(quantizer.predict(picture), indices)
    np.testing.assert_array_equal(quantizer.labels_, indices)
    np.testing.assert_array_equal(KMeansQuantizer(5).fit_predict(picture), indices)
    np.testing.assert_array_equal(KMeansQuantizer(5).fit(picture).labels_, indices)


def test_more_than_256_colors_give_uint16_indices():
    picture = random_picture((40, 40, 3))
    indices = KMeansQuantizer(300).fit_transform(picture)
    assert indices.dtype == np.uint16
    assert indices.max() == 299


@pytest.mark.parametrize("n_colors", [6, 256, 65536])
@pytest.mark.parametrize("dtype", DTYPES)
def test_few_colors_come_back_exactly(dtype, n_colors):
    colors = np.unique(random_picture((6, 3), dtype), axis=0)
    picture = colors[np.arange(600).reshape(20, 30) % len(colors)]
    quantizer = KMeansQuantizer(n_colors)
    restored = quantizer.inverse_transform(quantizer.fit_transform(picture))
    np.testing.assert_array_equal(restored, picture)
    assert quantizer.n_colors_ == len(colors)
    assert quantizer.inertia_ == 0


def test_grey_without_channel_axis():
    picture = random_picture((12, 17))
    quantizer = KMeansQuantizer(5, channel_axis=None)
    indices = quantizer.fit_transform(picture)
    assert indices.shape == (12, 17)
    assert quantizer.inverse_transform(indices).shape == (12, 17)
    assert quantizer.palette_.shape == (5, 1)
    with_axis = KMeansQuantizer(5).fit_transform(picture[..., np.newaxis])
    np.testing.assert_array_equal(indices, with_axis)


def test_channels_first_is_the_same_picture():
    picture = random_picture((12, 17, 3))
    first = KMeansQuantizer(5, channel_axis=0)
    indices = first.fit_transform(picture.transpose(2, 0, 1))
    last = KMeansQuantizer(5)
    np.testing.assert_array_equal(indices, last.fit_transform(picture))
    np.testing.assert_array_equal(first.palette_, last.palette_)
    np.testing.assert_array_equal(first.inverse_transform(indices), last.inverse_transform(indices).transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("channel_axis", "to_stack"),
    [
        (-1, lambda stack: stack),
        (0, lambda stack: stack.transpose(0, 3, 1, 2)),
        (1, lambda stack: stack.transpose(0, 1, 3, 2)),
        (None, lambda stack: stack[..., 1]),
    ],
)
def test_stack_shares_one_palette(channel_axis, to_stack):
    stack = to_stack(random_picture((3, 8, 9, 3)))
    quantizer = KMeansQuantizer(7, channel_axis=channel_axis)
    indices = quantizer.fit_transform(stack)
    assert indices.shape == (3, 8, 9)
    np.testing.assert_array_equal(quantizer.labels_, indices)
    restored = quantizer.inverse_transform(indices)
    assert restored.shape == stack.shape
    each = KMeansQuantizer(7, channel_axis=channel_axis)
    np.testing.assert_array_equal(each.fit_transform(list(stack)), indices)
    np.testing.assert_array_equal(each.palette_, quantizer.palette_)
    np.testing.assert_array_equal(quantizer.transform(stack[1]), indices[1])
    np.testing.assert_array_equal(quantizer.inverse_transform(indices[1]), restored[1])


@pytest.mark.parametrize("container", [list, tuple])
def test_list_of_pictures_of_any_sizes_shares_one_palette(container):
    pictures = container(random_picture((n, n + 1, 3), seed=n) for n in (3, 9, 5))
    quantizer = KMeansQuantizer(7)
    indices = quantizer.fit_transform(pictures)
    assert isinstance(indices, list)
    assert [index.shape for index in indices] == [(3, 4), (9, 10), (5, 6)]
    restored = quantizer.inverse_transform(indices)
    assert [picture.shape for picture in restored] == [(3, 4, 3), (9, 10, 3), (5, 6, 3)]
    for labels, index in zip(quantizer.labels_, indices, strict=True):
        np.testing.assert_array_equal(labels, index)
    assert len(np.unique(np.concatenate([index.ravel() for index in indices]))) == 7


@pytest.mark.parametrize(("mode", "n_channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
def test_pil_image_is_read_by_its_mode(mode, n_channels):
    samples = random_picture((12, 17, n_channels))
    image = Image.fromarray(samples[..., 0] if n_channels == 1 else samples)
    assert image.mode == mode
    quantizer = KMeansQuantizer(5)
    indices = quantizer.fit_transform(image)
    np.testing.assert_array_equal(indices, KMeansQuantizer(5).fit_transform(samples))
    restored = quantizer.inverse_transform(indices)
    assert restored.shape == samples.shape
    several = quantizer.transform([image, samples])
    np.testing.assert_array_equal(several[0], several[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_layout_in_memory_does_not_matter(dtype):
    picture = random_picture((12, 17, 3), dtype)
    expected = KMeansQuantizer(5).fit_transform(picture)
    wide = np.repeat(picture, 2, axis=1)[:, ::2]
    flipped = np.ascontiguousarray(picture[::-1, :, ::-1])[::-1, :, ::-1]
    read_only = picture.copy()
    read_only.flags.writeable = False
    swapped = picture.astype(picture.dtype.newbyteorder())
    for given in (wide, flipped, read_only, swapped, np.asfortranarray(picture)):
        np.testing.assert_array_equal(KMeansQuantizer(5).fit_transform(given), expected)


def test_to_indexed_gives_what_transform_and_palette_say():
    pictures = [random_picture((n, n + 1, 3), seed=n) for n in (3, 9)]
    quantizer = KMeansQuantizer(7).fit(pictures)
    indexed = quantizer.to_indexed(pictures[0])
    assert isinstance(indexed, IndexedImage)
    np.testing.assert_array_equal(indexed.indices, quantizer.transform(pictures[0]))
    np.testing.assert_array_equal(indexed.palette, quantizer.palette_)
    several = quantizer.to_indexed(pictures)
    assert isinstance(several, list)
    np.testing.assert_array_equal(several[0].indices, indexed.indices)
    stack = np.stack([pictures[1], pictures[1]])
    assert [image.indices.shape for image in quantizer.to_indexed(stack)] == [(9, 10)] * 2


def test_threads_do_not_change_the_result(china):
    palettes = []
    for n_threads in (1, 2, 7):
        quantizer = KMeansQuantizer(32, n_threads=n_threads)
        indices = quantizer.fit_transform(china)
        palettes.append((quantizer.cluster_centers_, quantizer.inertia_, indices))
    for centers, inertia, indices in palettes[1:]:
        np.testing.assert_array_equal(centers, palettes[0][0])
        assert inertia == palettes[0][1]
        np.testing.assert_array_equal(indices, palettes[0][2])


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_inertia_is_what_it_says_in_srgb(china, effort, method):
    picture = china[::3, ::3].copy()
    quantizer = KMeansQuantizer(16, color_space="srgb", effort=effort)
    getattr(quantizer, method)(picture)
    differences = picture[..., np.newaxis, :] - quantizer.cluster_centers_
    expected = np.sum(np.min(np.sum(differences**2, axis=-1), axis=-1))
    assert quantizer.score(picture) == pytest.approx(-expected, rel=1e-5)
    picture[:] = 0
    assert quantizer.inertia_ == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
@pytest.mark.parametrize("weighted", [False, True])
def test_labels_of_the_fitted_pictures_are_their_prediction(china, effort, weighted):
    small = china[::3, ::3]
    for X in (small, [small[:50], small[50:]], small[:140].reshape(2, 70, -1, 3)):
        quantizer = KMeansQuantizer(16, effort=effort)
        predicted = quantizer.fit(X).predict(X)
        weight = [np.arange(index.size).reshape(index.shape) for index in predicted]
        weight = (weight if isinstance(X, list) else np.array(weight)) if weighted else None
        labels = quantizer.fit_predict(X, sample_weight=weight)
        np.testing.assert_equal(labels, quantizer.predict(X))
        np.testing.assert_equal(labels, quantizer.labels_)
        np.testing.assert_equal(quantizer.fit(X, sample_weight=weight).labels_, labels)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_more_colors_score_better_in_every_color_space(china, color_space):
    small = china[::4, ::4]
    scores = [KMeansQuantizer(n, color_space=color_space).fit(small).score(small) for n in (2, 8, 32)]
    assert scores == sorted(scores)


def test_random_state_none_is_zero(china):
    small = china[::4, ::4]
    expected = KMeansQuantizer(16).fit(small).palette_
    for random_state in (None, 0, np.int64(0)):
        quantizer = KMeansQuantizer(16, random_state=random_state).fit(small)
        np.testing.assert_array_equal(quantizer.palette_, expected)
    seeded = [KMeansQuantizer(16, random_state=np.random.RandomState(5)).fit(small).palette_ for _ in range(2)]
    np.testing.assert_array_equal(*seeded)


def test_samples_are_copied_unless_nobody_can_change_them(china):
    of_pillow = np.asarray(Image.fromarray(china))  # lies in a bytes object
    kept = read_pictures(of_pillow, channel_axis=-1).copied().pixels.samples
    assert np.shares_memory(kept, of_pillow)
    view = of_pillow.copy()[:]
    view.flags.writeable = False  # but the array behind it can be changed
    kept = read_pictures(view, channel_axis=-1).copied().pixels.samples
    assert not np.shares_memory(kept, view)


# Dithering

FS = "floyd-steinberg"


def smooth(shape, dtype=np.uint8):
    """Gradients of another direction in every channel, opaque."""
    y, x, channel = np.indices(shape)
    values = (x * (channel + 1) + y * (3 - channel)) / (3 * (shape[0] + shape[1]))
    if shape[2] in (2, 4):
        values[..., -1] = 1
    if np.dtype(dtype) == np.bool_:
        return values > 0.5
    return (values if np.dtype(dtype).kind == "f" else np.rint(values * np.iinfo(dtype).max)).astype(dtype)


WAYS = [*product([FS, *BY_MASK], ["fast", "balanced"])]


@pytest.mark.parametrize(
    ("dtype", "n_channels", "dither", "effort"),
    [  # two ways of six for each kind by turns, so that each dtype and each number of channels has them all
        (dtype, n_channels, *WAYS[(i + turn) % 6])
        for i, (dtype, n_channels) in enumerate(product(DTYPES, [1, 2, 3, 4]))
        for turn in (0, 3)
    ],
)
def test_transform_dithers_as_fit_transform_did_and_predict_does_not(dtype, n_channels, effort, dither):
    picture = smooth((20, 25, n_channels), dtype)
    quantizer = KMeansQuantizer(4, dither=dither, effort=effort)
    indices = quantizer.fit_transform(picture)
    np.testing.assert_array_equal(quantizer.transform(picture), indices)
    np.testing.assert_array_equal(quantizer.predict(picture), quantizer.labels_)
    fitted = KMeansQuantizer(4, dither=dither, effort=effort).fit(picture)
    np.testing.assert_array_equal(fitted.transform(picture), indices)
    np.testing.assert_array_equal(fitted.labels_, quantizer.labels_)
    labels = KMeansQuantizer(4, dither=dither, effort=effort).fit_predict(picture)
    np.testing.assert_array_equal(labels, quantizer.labels_)
    assert quantizer.palette_.dtype == dtype
    assert -quantizer.score(picture) == quantizer.inertia_
    assert (indices != quantizer.labels_).any() or dtype == np.bool_
    np.testing.assert_array_equal(quantizer.to_indexed(picture).indices, indices)


def test_palette_is_refitted_by_fit(astronaut):
    picture = astronaut[:200, 100:300]
    plain, dithered = (KMeansQuantizer(8, color_space="srgb", dither=d).fit(picture) for d in (None, FS))
    assert (plain.palette_ != dithered.palette_).any()
    assert dithered.inertia_ > plain.inertia_  # as the centers are no means any longer
    np.testing.assert_array_equal(np.rint(dithered.cluster_centers_), dithered.palette_)
    before = dithered.palette_.copy()
    dithered.transform(astronaut)
    np.testing.assert_array_equal(dithered.palette_, before)


def test_none_is_no_dithering(astronaut):
    picture = astronaut[:50, :50]
    indices = [KMeansQuantizer(4, dither=d).fit_transform(picture) for d in (None, "none", FS)]
    np.testing.assert_array_equal(indices[0], indices[1])
    assert (indices[0] != indices[2]).any()
    no_strength = KMeansQuantizer(4, dither=FS, dither_strength=0).fit_transform(picture)
    np.testing.assert_array_equal(no_strength, indices[0])


def test_stacks_and_lists_are_dithered_picture_by_picture(astronaut):
    stack = np.stack([astronaut[:40, :50], astronaut[100:140, 200:250]])
    quantizer = KMeansQuantizer(8, dither=FS)
    indices = quantizer.fit_transform(stack)
    assert indices.shape == (2, 40, 50)
    for picture, own in zip(stack, indices, strict=True):
        np.testing.assert_array_equal(quantizer.transform(picture), own)
    of_list = KMeansQuantizer(8, dither=FS)
    parts = of_list.fit_transform(list(stack))
    np.testing.assert_array_equal(of_list.palette_, quantizer.palette_)
    np.testing.assert_array_equal(np.stack(parts), indices)
    ragged = [stack[0], astronaut[:9, :7]]
    assert [part.shape for part in quantizer.transform(ragged)] == [(40, 50), (9, 7)]
    np.testing.assert_array_equal(quantizer.transform(ragged)[0], indices[0])
    assert [image.shape for image in quantizer.to_indexed(ragged)] == [(40, 50), (9, 7)]


@pytest.mark.parametrize("dither", BY_MASK)
def test_frames_agree_where_they_are_alike(astronaut, dither):
    frames = np.stack([astronaut[:64, :96]] * 3)
    frames[1, 20:30, 40:60] = 255, 0, 0
    indices = KMeansQuantizer(8, dither=dither).fit_transform(frames)
    np.testing.assert_array_equal(indices[2], indices[0])
    is_other = indices[1] != indices[0]
    assert is_other[20:30, 40:60].any()
    is_other[20:30, 40:60] = False
    assert not is_other.any()


def test_other_pictures_are_dithered_as_those_fitted(astronaut):
    photo, other = astronaut[:256, :256], astronaut[300:340, :60]
    drawing = np.full((64, 64, 3), 255, np.uint8)
    drawing[10:40, 20:50] = 30, 90, 200
    drawing[30:50, 5:15] = 200, 90, 30
    for fitted, is_dithered in ((photo, True), (drawing, False)):
        quantizer = KMeansQuantizer(8 if is_dithered else 2, dither="auto").fit(fitted)
        assert (quantizer.transform(other) != quantizer.predict(other)).any() == is_dithered


def test_weights_of_pictures_steer_the_refit(astronaut):
    picture = astronaut[:60, :80]
    weight = np.zeros((60, 80))
    weight[:, :40] = 1
    quantizer = KMeansQuantizer(6, dither=FS)
    plain, weighted = (quantizer.fit(picture, sample_weight=w).palette_.copy() for w in (None, weight))
    assert plain.tobytes() != weighted.tobytes()
    again = quantizer.fit([picture[:30], picture[30:]], sample_weight=[weight[:30], weight[30:]])
    assert again.n_colors_ <= 6


def test_pictures_may_change_after_a_dithered_fit_transform(astronaut):
    picture = astronaut[:40, :50].copy()
    quantizer = KMeansQuantizer(8, dither=FS)
    quantizer.fit_transform(picture)
    expected = quantizer.predict(picture)
    picture[:] = 0
    np.testing.assert_array_equal(quantizer.labels_, expected)


def test_dithered_quantizer_is_pickled(astronaut):
    picture = astronaut[:40, :50]
    quantizer = KMeansQuantizer(8, dither=FS, dither_strength=0.5)
    indices = quantizer.fit_transform(picture)
    copy = pickle.loads(pickle.dumps(quantizer))
    np.testing.assert_array_equal(copy.transform(picture), indices)
    np.testing.assert_array_equal(copy.labels_, quantizer.labels_)
