"""One command for each thing that is done with the project: ``nox --list``, then ``nox -s tests``.

What stands behind ``--`` goes to the tool: ``nox -s tests -- -k dither``.
"""

import subprocess
import sysconfig

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "tests", "docs"]
nox.options.error_on_external_run = True

BUILD_TOOLS = ("scikit-build-core>=0.11", "nanobind>=2.7", "cmake", "ninja")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, with the newest dependencies."""
    needed = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]["test"]
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        needed = [name for name in needed if not name.startswith("opencv")]  # has no wheels for free-threaded Python
    session.install(".", *needed)
    session.run("pytest", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that are allowed."""
    session.install(".[test]", "--constraint", ".ci/oldest-requirements.txt")
    session.run("pytest", *session.posargs)


@nox.session
def sanitizers(session: nox.Session) -> None:
    """Run the tests with AddressSanitizer and UndefinedBehaviorSanitizer."""
    session.install(*BUILD_TOOLS)
    session.install(
        "--no-build-isolation",
        "--config-settings=cmake.build-type=Debug",
        "--config-settings=cmake.define.PIL_KMEANS_SANITIZE=ON",
        "--config-settings=build-dir=build/sanitize",
        ".[test]",
    )
    runtimes = [
        subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libstdc++.so")
    ]
    # Python itself leaks by design, and what it leaks would hide the rest.
    session.run("pytest", *session.posargs, env={"LD_PRELOAD": " ".join(runtimes), "ASAN_OPTIONS": "detect_leaks=0"})


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    session.install("-r", ".ci/requirements.txt", ".[imageio,report]")  # the libraries whose types mypy reads
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "src")


@nox.session
def docs(session: nox.Session) -> None:
    """Run every example, and build the pages into docs/_build/html without a warning."""
    session.install(".[test]", "-r", ".ci/docs-requirements.txt")
    session.run("pytest", "--doctest-modules", "--pyargs", "pil_kmeans")
    session.run("pytest", "--doctest-glob=*.rst", "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-n", "-q", "docs", "docs/_build/html", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks; without words behind ``--`` all of them, quickly."""
    session.install(".[benchmarks]")
    session.run("python", "-m", "benchmarks", *(session.posargs or ["all", "--quick"]))
