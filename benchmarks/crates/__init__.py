"""Programs of this folder, which let the benchmarks use crates: built by cargo when first needed, into build/crates."""

import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
TARGET = FOLDER.parents[1] / "build" / "crates"
CRATES = {"quantette": "quantette", "fast_ssim2": "fast-ssim2"}  # program -> what it calls


@cache
def build() -> str | None:
    """Build all of them; why that could not be done, or None."""
    if shutil.which("cargo") is None:
        return "cargo is not installed"
    manifest = FOLDER / "Cargo.toml"
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", manifest]
    done = subprocess.run([*command, "--target-dir", TARGET], capture_output=True, text=True, check=False)
    return f"cargo build: {done.stderr.strip().splitlines()[-1]}" if done.returncode else None


def path(program: str) -> Path:
    return TARGET / "release" / program


def version(program: str) -> str | None:
    """The version of the crate that a program calls, where it is built."""
    if not path(program).exists():
        return None
    packages = tomllib.loads((FOLDER / "Cargo.lock").read_text())["package"]
    return next(package["version"] for package in packages if package["name"] == CRATES[program])
