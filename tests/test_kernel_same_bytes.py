"""The same bytes at any number of threads and on every instruction set."""

import json

import numpy as np
import pytest

import pil_kmeans
from reference.digests import digests
from reference.python import TESTS, output_of, run_python

INSTRUCTION_SETS = pil_kmeans.build_info()["instruction_sets"]
OTHERS = sorted({*INSTRUCTION_SETS} - {pil_kmeans.build_info()["instruction_set"]})
ASK = "import pil_kmeans; print(pil_kmeans.build_info()['instruction_set'])"
ORACLES = [  # of what is compiled once for each instruction set
    "test_kernel_nearest.py",
    "test_kernel_color_space.py",
    "test_kernel_ssimulacra2.py",
    "test_kernel_weighting.py",
    "test_kernel_rate_distortion.py::test_indices_are_those_of_the_plain_search",
    "test_kernel_rate_distortion.py::test_indices_behind_paeth_are_those_of_the_plain_search",
    "test_kernel_rate_distortion.py::test_refined_indices_are_those_of_the_plain_refinement",
    "test_kernel_lzw.py::test_symbols_are_those_of_the_plain_search",
    "test_kernel_histogram.py::test_every_size_is_counted_to_the_last_pixel",
]


@pytest.fixture(scope="module")
def photographs(china, astronaut, camera, logo):
    """Parts of several blocks each."""
    pictures = {"china": china, "astronaut 16": astronaut * np.uint16(257), "camera": camera[..., None], "logo": logo}
    return {name: np.ascontiguousarray(picture[-240:, -280:]) for name, picture in pictures.items()}


@pytest.fixture(scope="module")
def expected(photographs):
    return digests(photographs, 1)


def test_bytes_do_not_depend_on_threads(photographs, expected):
    """Two are those of the next test."""
    assert digests(photographs, 3) == expected


@pytest.mark.parametrize("instruction_set", OTHERS)
def test_bytes_do_not_depend_on_the_instruction_set(photographs, expected, instruction_set, tmp_path):
    np.savez(tmp_path / "photographs.npz", **photographs)
    found = output_of("-m", "reference.digests", tmp_path / "photographs.npz", PIL_KMEANS_ISA=instruction_set)
    assert json.loads(found) == [instruction_set, expected]


@pytest.mark.parametrize("instruction_set", OTHERS)
def test_kernels_equal_their_references_on_the_other_instruction_sets(instruction_set):
    tests = [TESTS / name for name in ORACLES]
    options = ["-q", "-x", "-n0", "-p", "no:cacheprovider", "--assert=plain"]  # to rewrite assertions takes long
    run = run_python("-m", "pytest", *options, *tests, PIL_KMEANS_ISA=instruction_set)
    assert run.returncode == 0, run.stdout


def test_baseline_is_always_there_and_the_best_is_the_default():
    assert INSTRUCTION_SETS[0] == "baseline"
    assert output_of("-c", ASK, PIL_KMEANS_ISA="") == INSTRUCTION_SETS[-1]


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
def test_every_instruction_set_can_be_asked_for(instruction_set):
    assert output_of("-c", ASK, PIL_KMEANS_ISA=instruction_set) == instruction_set


def test_unknown_instruction_set_is_a_clear_error():
    run = run_python("-c", "import pil_kmeans", PIL_KMEANS_ISA="nonsense")
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: PIL_KMEANS_ISA is 'nonsense'")
    assert ", ".join(INSTRUCTION_SETS) in last
    assert "unset it" in last
