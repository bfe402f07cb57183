"""Scenes of an animation get palettes of their own where these pay, and what stands still stands still all the same."""

import numpy as np
import pytest

from pil_kmeans import encode_gif, ssimulacra2
from pil_kmeans.gif.tables import Tables
from pil_kmeans.pictures import reel
from pil_kmeans.pictures.scenes import MOST_SCENES, Scenes
from pil_kmeans.pictures.segments import Segments
from reference.gif import play
from test_encode_gif import played

SHAPE = 60, 80
LOGO = slice(4, 16), slice(4, 30)


def scene(seed, n_frames):
    """Something that moves, in colours of its own, under a logo that stands still."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    high, low = np.random.default_rng(seed).permutation([[250, 200, 90], [120, 20, 10], [60, 250, 200]])[:2]
    for n in range(n_frames):
        share = 0.5 + 0.25 * (np.sin((x + 3 * n) / 7) + np.cos(y / 5 - n))[..., np.newaxis]
        frame = share * high + (1 - share) * low
        frame[LOGO] = np.linspace(30, 220, 26)[:, np.newaxis]
        yield frame.astype(np.uint8)


def film(*seeds, n_frames=4):
    return [frame for seed in seeds for frame in scene(seed, n_frames)]


def test_each_scene_has_its_colors():
    frames = film(0, 1)
    movie = played(encode_gif(frames, n_colors=16, lossy=0.3))
    own = [frame.own_table is not None for frame in movie.frames]
    assert own in ([False] * 4 + [True] * 4, [True] * 4 + [False] * 4)
    colors = [{*map(tuple, frame.pixels[20:].reshape(-1, 4))} for frame in movie.frames]
    assert max(map(len, colors)) <= 16
    assert len(set().union(*colors)) > 20


@pytest.mark.parametrize("options", [{"lossy": 0.3}, {"lossy": 0}, {"quality": 66}, {"lossy": 0, "dither": "ordered"}])
def test_own_palettes_look_better(options, monkeypatch):
    frames = film(0, 1)

    def looks(data):
        shown = played(data).frames
        return np.mean([ssimulacra2(frames[n], shown[n].pixels[..., :3]) for n in range(len(frames))])

    several = encode_gif(frames, n_colors=16, **options)
    monkeypatch.setattr(Segments, "paying", lambda self, lossy: ([self._whole], [0] * len(frames)))
    single = encode_gif(frames, n_colors=16, **options)
    assert looks(several) > looks(single) + 3 or len(several) < 0.9 * len(single)


@pytest.mark.parametrize("options", [{"lossy": 0.3}, {"lossy": 0}, {"lossy": 0, "dither": "floyd-steinberg"}])
def test_what_stands_still_keeps_its_look_from_palette_to_palette(options):
    movie = played(encode_gif(film(0, 1, 0), n_colors=16, **options))
    assert len({frame.own_table is None for frame in movie.frames}) == 2
    for frame in movie.frames[1:]:
        assert np.array_equal(frame.pixels[LOGO], movie.frames[0].pixels[LOGO])


def test_a_scene_that_comes_again_has_its_palette_again():
    movie = play(encode_gif(film(0, 1, 0), n_colors=16, lossy=0.3))
    own = [frame.own_table is not None for frame in movie.frames]
    assert own == [False] * 4 + [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("seeds", "options"),
    [
        ((0, 1), {"n_colors": 16, "lossy": 60}),
        ((0, 0), {"n_colors": 16}),
        ((0, 1), {"palette": [(0, 0, 0), (250, 200, 90), (60, 250, 200)]}),
    ],
)
def test_one_palette_is_enough_where_more_do_not_pay(seeds, options):
    assert all(frame.own_table is None for frame in play(encode_gif(film(*seeds), **options)).frames)


def test_frames_that_are_read_again_have_the_palettes_of_their_scene(monkeypatch):
    frames = film(0, 1, n_frames=9)
    monkeypatch.setattr(reel, "MOST_AT_HAND", 8 * SHAPE[0] * SHAPE[1])
    movie = played(encode_gif(lambda: iter(frames), n_colors=16, lossy=0.3))
    assert [frame.own_table is not None for frame in movie.frames] in (
        [False] * 9 + [True] * 9,
        [True] * 9 + [False] * 9,
    )
    for shown, given in zip(movie.frames, frames, strict=True):
        assert np.abs(shown.pixels[20:, :, :3] - given[20:].astype(int)).mean() < 8


def test_transparent_pixels_stay_so_from_palette_to_palette():
    frames = [np.dstack([frame, np.full(SHAPE, 255, np.uint8)]) for frame in film(0, 1)]
    for n, frame in enumerate(frames):
        frame[30:40, 5 * n : 5 * n + 20, 3] = 0
    movie = played(encode_gif(frames, n_colors=16, lossy=0.3))
    assert any(frame.own_table is not None for frame in movie.frames)
    for given, frame in zip(frames, movie.frames, strict=True):
        assert np.array_equal(frame.pixels[..., 3], given[..., 3])


# Parts


def scenes_of(*cells, kept=None):
    """Scenes of frames each of whose pixels are in one cell of twenty, of which some are kept."""
    scenes = Scenes()
    for cell in cells:
        scenes.add(np.zeros((4, 4, 4), np.uint8), np.eye(20, dtype=np.intp)[cell] * 16)
    return scenes.of_kept(range(len(cells)) if kept is None else kept)


def test_a_scene_that_comes_again_is_known():
    assert scenes_of(3, 3, 5, 5, 3, 7, 5) == [0, 0, 1, 1, 0, 2, 1]


def test_scenes_are_not_more_than_their_most():
    assert max(scenes_of(*range(20))) == MOST_SCENES - 1


def test_a_scene_without_a_kept_frame_joins_another():
    assert scenes_of(3, 5, 3, kept=[0]) == [0, 0, 0]


def test_equal_entries_of_one_table_stay_apart_and_those_of_two_are_one():
    twice = np.array([[9, 9, 9], [9, 9, 9]], np.uint8)
    one, two = Tables([twice], [0]), Tables([twice, twice[:1]], [0, 1])
    assert one.colors.tolist() == twice.tolist()
    assert one.entries[0].tolist() == one.symbols[0].tolist() == [0, 1, -1]
    assert [entries.tolist() for entries in two.entries] == [[0, 0, -1], [0, -1]]
    assert [symbols.tolist() for symbols in two.symbols] == [[0, -1], [0, -1]]
