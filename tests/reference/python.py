"""Python in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pil_kmeans

TESTS = Path(__file__).parent.parent
PACKAGE = Path(pil_kmeans.__file__).parent


def run_python(*arguments, **environment):
    """Run Python with these arguments, the package and the tests on its path; what it wrote and how it ended."""
    environment.setdefault("PYTHONPATH", os.pathsep.join([str(PACKAGE.parent), str(TESTS)]))
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def output_of(*arguments, **environment):
    """The standard output of a run that must succeed."""
    run = run_python(*arguments, **environment)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()
