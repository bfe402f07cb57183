"""Target quality: the roughest picture that a score still allows."""

import pickle
from fractions import Fraction
from math import log, sqrt

import numpy as np
import pytest

from pil_kmeans.png.target_quality import QualityError, read_quality, roughest
from pil_kmeans.stages.progress import part, silent

MOST_TRIALS = 6
GENTLEST, ROUGHEST = 1 / 16, 64


class Scored:
    """Pictures that are their own `lossy`; what was tried, and how it scored."""

    def __init__(self, score):
        self.score = score
        self.trials = []

    def __call__(self, lossy, progress):
        progress(1.0)
        score = self.score(lossy)
        self.trials.append((lossy, score))
        return lossy, score


def straight(slope, at_1):
    return lambda lossy: at_1 + slope * (sqrt(lossy) - 1)


@pytest.mark.parametrize("slope", [-3.5, -8, -14, -25, -50])
@pytest.mark.parametrize("quality", [50, 70, 77.3])
@pytest.mark.parametrize("first", [0.2, 1.0, 5.0])
def test_straight_lines_over_the_root_are_met(slope, quality, first):
    make = Scored(straight(slope, 75))
    found = roughest(make, quality, silent, first=first)
    assert quality <= make.score(found.lossy) < max(quality, make.score(ROUGHEST)) + 0.4
    assert found.picture == found.lossy
    assert len(make.trials) <= 4
    assert make.trials[0][0] == pytest.approx(first)


@pytest.mark.parametrize(
    "score",
    [
        lambda lossy: 90 / (1 + lossy / 8),
        lambda lossy: 90 - 2 * lossy,
        lambda lossy: 60 if lossy > 3 else 80,  # a step
        lambda lossy: 90 - 8 * log(1 + lossy) ** 2,
    ],
    ids=["hyperbola", "line", "step", "parabola"],
)
@pytest.mark.parametrize("quality", [40, 65, 75])
def test_bent_functions_are_met(score, quality):
    make = Scored(score)
    found = roughest(make, quality, silent)
    assert len(make.trials) <= MOST_TRIALS
    assert score(found.lossy) >= quality
    assert found.best == max(score for _, score in make.trials)
    if quality != 40 or score(ROUGHEST) < 40:
        assert score(2.1 * found.lossy) < quality + 1.5


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("quality", [55, 70, 82])
def test_noise_never_gives_less_than_asked(seed, quality):
    rng = np.random.default_rng(seed)
    make = Scored(lambda lossy: straight(-14, 78)(lossy) + rng.normal(0, 0.7))
    found = roughest(make, quality, silent)
    scores = dict(make.trials)
    assert len(make.trials) <= MOST_TRIALS
    assert scores[found.lossy] >= quality
    assert found.picture == found.lossy
    assert found.best == max(scores.values())


def test_unreachable_quality_gives_no_picture_but_the_best_score():
    make = Scored(straight(-14, 60))
    found = roughest(make, 90, silent)
    assert found.picture is None
    assert found.lossy is None
    assert found.best == make.score(GENTLEST)
    assert make.trials[-1][0] == pytest.approx(GENTLEST)
    assert len(make.trials) <= 3


@pytest.mark.parametrize("level", [10, 95])
def test_flat_functions_end(level):
    make = Scored(lambda lossy: level)
    found = roughest(make, 70, silent)
    assert len(make.trials) <= MOST_TRIALS
    assert (found.picture is None) == (level < 70)
    assert found.best == level
    if level > 70:
        assert found.lossy == pytest.approx(ROUGHEST, rel=0.05)


def test_lossy_stays_within_bounds():
    for level in (-100, 0, 200):
        make = Scored(straight(-14, level))
        roughest(make, 50, silent)
        assert all(0.99 * GENTLEST <= lossy <= 1.01 * ROUGHEST for lossy, _ in make.trials)


def test_progress_ascends_below_1():
    shares = []
    roughest(Scored(lambda lossy: 60 if lossy > 3 else 80), 70, shares.append)
    assert shares == sorted(shares)
    assert len(shares) == len(set(shares))
    assert shares[0] > 0
    assert shares[-1] < 1


def test_exceptions_of_progress_are_passed_on():
    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        roughest(Scored(straight(-14, 70)), 60, stop)


def test_part_of_progress_goes_from_start_to_end():
    shares = []
    progress = part(part(shares.append, 0.5, 1.0), 0.2, 0.6)
    for share in (0.0, 0.5, 1.0):
        progress(share)
    assert shares == pytest.approx([0.6, 0.7, 0.8])


# The option and the error


@pytest.mark.parametrize("quality", [None, 0, 100, 70.5, np.float32(33), np.int16(9), Fraction(200, 3)])
def test_quality_is_a_number_from_0_to_100(quality):
    read_quality(quality)


@pytest.mark.parametrize("quality", [-1, -1e-9, 100.001, np.nan, np.inf, -np.inf, 10**400])
def test_quality_out_of_range_is_refused(quality):
    with pytest.raises(ValueError, match="quality must be from 0 to 100, on the scale of SSIMULACRA 2, got"):
        read_quality(quality)


@pytest.mark.parametrize("quality", [True, np.False_, b"70", 1j, [70], np.ones(1)])
def test_quality_of_another_type_is_refused(quality):
    with pytest.raises(TypeError, match=r"quality must be a number from 0 to 100, or .*, got .* of type"):
        read_quality(quality)


@pytest.mark.parametrize(
    "quality", ["70", "", "-", "60-", "-60", "6-8-9", "80-60", "60-101", "a-b", "60--80", "nan-inf"]
)
def test_a_range_is_two_scores_from_the_lower_to_the_higher(quality):
    with pytest.raises(ValueError, match=r"quality must be .* such as '60-80', got"):
        read_quality(quality)
    assert read_quality(" 60 - 80.5") == (60, 80.5)
    assert read_quality("0-70") == (-np.inf, 70)  # no floor: a score may be below 0
    assert read_quality("70-70") == read_quality(70) == (70, 70)


def test_where_none_scores_enough_the_one_that_comes_closest_is_known():
    found = roughest(Scored(straight(-14, 75)), 90, silent)
    assert (found.picture, found.lossy) == (None, None)
    assert found.closest == GENTLEST
    assert found.best == straight(-14, 75)(GENTLEST)


def test_error_says_what_was_asked_for_what_is_best_and_what_to_do():
    error = QualityError(90, 81.237, "do this")
    assert isinstance(error, ValueError)
    assert str(error) == "quality=90 cannot be reached, the best score here is 81.24: do this"
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.quality, copy.best, copy.advice, str(copy)) == (90, 81.237, "do this", str(error))
