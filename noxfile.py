"""One command for each thing that is done with the project: ``nox --list``, then ``nox -s tests``.

What stands behind ``--`` goes to the tool: ``nox -s tests -- -k dither``. Each session makes an environment of its own;
with ``--no-venv --no-install`` it runs in the one at hand, which must have what it needs: so does `.ci/run`.
"""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "tests", "docs"]
nox.options.error_on_external_run = True

HERE = Path(__file__).parent.resolve()
BUILD_TOOLS = ("scikit-build-core>=0.11", "nanobind>=2.7", "hatch-fancy-pypi-readme>=24", "cmake", "ninja")


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


def install_with_sanitizers(session: nox.Session) -> dict[str, str]:
    """Build with AddressSanitizer and UndefinedBehaviorSanitizer; return the environment that such a build needs."""
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
    # Python itself leaks by design, and what it leaks would hide the rest; too large a request is a MemoryError.
    return {"LD_PRELOAD": " ".join(runtimes), "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}


@nox.session
def sanitizers(session: nox.Session) -> None:
    """Run the tests with AddressSanitizer and UndefinedBehaviorSanitizer."""
    session.run("pytest", *session.posargs, env=install_with_sanitizers(session))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Run random cases under the sanitizers, for five minutes or as long as ``-- --seconds`` says."""
    session.run("python", "-m", "fuzz", *(session.posargs or ["--seconds=300"]), env=install_with_sanitizers(session))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    # The libraries whose types mypy reads; the package itself need not be built.
    session.install("-r", ".ci/requirements.txt", *project["dependencies"], *extras["imageio"], *extras["report"])
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    sources = sorted(map(str, Path("cpp").rglob("*.[ch]pp")))
    session.run("clang-format", "--dry-run", "--Werror", *sources, log=False)
    session.run("mypy", "src")


@nox.session
def docs(session: nox.Session) -> None:
    """Run every example, build the pages into docs/_build/html without a warning, and compare figures with records."""
    session.install(".[test]", "-r", ".ci/docs-requirements.txt", "-r", ".ci/browser-requirements.txt")
    session.run("pytest", "--doctest-modules", "--pyargs", "pil_kmeans")
    session.run("pytest", "--doctest-glob=*.rst", "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-n", "-q", "docs", "docs/_build/html", *session.posargs)
    if shutil.which("chromedriver"):
        session.run("python", "tools/check_pages.py", "docs/_build/html")
    session.run("python", "-m", "benchmarks", "publish", "--check")


@nox.session
def browser(session: nox.Session) -> None:
    """Try the page of compare in Chromium, and run the notebook."""
    session.install(".[test]", "-r", ".ci/browser-requirements.txt")
    session.run("pytest", "-m", "browser or notebook", *session.posargs)


@nox.session
def dist(session: nox.Session) -> None:
    """Build the sdist, and the wheel from it, which must do where nothing else is, and for the action of action.yml."""
    session.install("-r", ".ci/requirements.txt", "pyyaml")
    folder = Path(session.create_tmp()).resolve()
    shutil.rmtree(folder / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(folder / "dist"))
    [wheel] = (folder / "dist").glob("*.whl")
    session.run("python", "-m", "venv", "--clear", str(folder / "clean"))
    programs = folder / "clean" / "bin"
    shutil.copy("tests/smoke_test.py", folder)
    session.chdir(folder)  # where no source is imported
    alone = {"external": True, "env": {"PATH": str(programs)}}
    session.run(str(programs / "pip"), "install", "--quiet", "--only-binary", ":all:", str(wheel), **alone)
    session.run(str(programs / "python"), "smoke_test.py", **alone)
    session.run("python", str(HERE / "tests" / "run_action.py"), str(wheel))


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks; without words behind ``--`` all of them, quickly."""
    session.install(".[benchmarks]")
    session.run("python", "-m", "benchmarks", *(session.posargs or ["all", "--quick"]))
