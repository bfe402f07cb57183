"""Stage: threads."""

import threading

import pytest

from pil_kmeans.stages.threads import in_threads


@pytest.mark.parametrize("n_threads", [1, 2, 7])
@pytest.mark.parametrize("n", [0, 1, 2, 20])
def test_results_come_in_the_order_of_the_items(n, n_threads):
    assert in_threads(lambda item: item * item, range(n), n_threads) == [item * item for item in range(n)]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_exceptions_are_passed_on_and_no_thread_stays(n_threads):
    def fail(item):
        raise LookupError(item)

    there = threading.enumerate()  # other libraries may have some of their own
    with pytest.raises(LookupError):
        in_threads(fail, range(5), n_threads)
    assert threading.enumerate() == there


def test_one_thread_is_that_of_the_caller():
    assert set(in_threads(lambda _: threading.get_ident(), range(3), 1)) == {threading.get_ident()}
