"""What scikit-learn asks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import (
    check_clusterer_compute_labels_predict,
    check_clustering,
    parametrize_with_checks,
)

from pil_kmeans import KMeansQuantizer


@parametrize_with_checks(
    [
        KMeansQuantizer(),
        KMeansQuantizer(n_colors=3),
        KMeansQuantizer(n_colors=3, effort="fast", n_threads=2),
    ]
)
def test_every_check_of_scikit_learn_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("readonly_memmap", [False, True])
def test_the_checks_of_clusterers_pass_too(readonly_memmap):
    # Not run above: they fit 256 colours to 50 points and expect three clusters.
    quantizer = KMeansQuantizer(n_colors=3)
    check_clustering("KMeansQuantizer", quantizer, readonly_memmap=readonly_memmap)
    check_clusterer_compute_labels_predict("KMeansQuantizer", quantizer)
