"""Patchwork: a score is met by bands of two roughnesses, and little is searched twice."""

from math import sqrt

import numpy as np
import pytest

from pil_kmeans.png.patchwork import Patchwork
from pil_kmeans.png.rate_distortion import Bands
from pil_kmeans.stages.progress import silent

GENTLEST, ROUGHEST = 1 / 16, 64
HEIGHT, WIDTH = 480, 12
CLOSE = 0.05


class Searched:
    """Pictures whose pixels are hundredths of the root of the `lossy` of their band."""

    def __init__(self, score, rows=16):
        self.score_of = score
        self.bands = Bands(np.arange(0, HEIGHT, rows), rows)
        self.searched = []  # how many bands, with each root
        self.seen = []

    def choose(self, lossy, bands, progress):
        assert (np.diff(bands.tops) >= bands.rows).all()
        assert np.isin(bands.tops, self.bands.tops).all()
        progress(1.0)
        self.searched.append((sqrt(lossy), len(bands.tops)))
        picture = np.zeros((HEIGHT, WIDTH), np.uint16)  # elsewhere something else
        for top in bands.tops:
            picture[top : top + bands.rows] = round(100 * sqrt(lossy))
        return picture

    def score(self, picture):
        assert picture.any(axis=1).all()
        found = float(self.score_of(picture / 100).mean())
        self.seen.append(found)
        return found

    def roughest(self, quality, *, first=1.0, slope=-14.0, progress=silent):
        work = Patchwork(self.choose, self.score, self.bands, quality)
        return work.roughest(progress, first=first, slope=slope)

    @property
    def share_searched(self):
        return sum(n for _, n in self.searched) / len(self.bands.tops)


def straight(slope, at_1=75):
    return lambda roots: at_1 + slope * (roots - 1)


@pytest.mark.parametrize("slope", [-6, -14, -25])
@pytest.mark.parametrize("quality", [60, 70, 77.3])
@pytest.mark.parametrize("first", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("rows", [16, 80, HEIGHT])
def test_score_is_met_closely(slope, quality, first, rows):
    search = Searched(straight(slope), rows)
    found = search.roughest(quality, first=first)
    patch = 0.035 * max(abs(a - b) for a in search.seen for b in search.seen)
    assert quality <= search.score(found.picture) <= quality + CLOSE + patch
    assert found.best == max(search.seen)


@pytest.mark.parametrize("off", [-1.5, -0.2, 0.01, 0.3, 1.5])
def test_bands_are_searched_again_only_as_far_as_it_takes(off):
    search = Searched(straight(-14))
    search.roughest(75 - off, slope=-14.0)
    assert search.share_searched <= (1 if 0 <= off < CLOSE else 1.9)
    assert len(search.seen) <= 5


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("quality", [65, 72, 82])
def test_score_is_never_less_than_asked_though_it_goes_up_and_down(seed, quality):
    rng = np.random.default_rng(seed)
    known = {}

    def score(roots):
        return known.setdefault(roots.tobytes(), straight(-14, 78)(roots) + rng.normal(0, 0.3))

    search = Searched(score)
    found = search.roughest(quality)
    assert found.picture is not None
    assert search.score(found.picture) >= quality
    assert len(search.searched) <= 8


@pytest.mark.parametrize("first", [0.0, 0.2, 1.0])
def test_what_cannot_be_reached_takes_two_trials_at_most_and_has_the_closest(first):
    search = Searched(straight(-14, 60))
    found = search.roughest(90, first=first)
    assert (found.picture, found.lossy) == (None, None)
    assert found.best == max(search.seen)
    assert search.score(found.closest) == found.best
    assert search.share_searched <= 2


@pytest.mark.parametrize("level", [10, 95])
def test_flat_scores_end(level):
    search = Searched(lambda roots: np.full(roots.shape, level))
    assert (search.roughest(70).picture is None) == (level < 70)
    assert all(0.99 * sqrt(GENTLEST) <= root <= 1.01 * sqrt(ROUGHEST) for root, _ in search.searched)


def test_progress_ascends_below_1():
    shares = []
    Searched(straight(-14)).roughest(74.2, progress=shares.append)
    assert len(shares) > 1
    assert shares == sorted(set(shares))
    assert shares[-1] < 1
