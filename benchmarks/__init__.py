"""Benchmarks of pil_kmeans against its peers: ``python -m benchmarks --help``.

Every library is kept to one thread. Most read that limit while they load, so it is
set here, before any of them is imported.
"""

import os

for _variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
):
    os.environ[_variable] = "1"
