"""What methods and judges need: functions that say what is missing on this machine, or None."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from typing import Protocol

Need = Callable[[], str | None]


class Needy(Protocol):
    """A method or a judge."""

    @property
    def name(self) -> str: ...

    @property
    def missing(self) -> Need: ...


def nothing() -> None:
    return None


def module(name: str) -> Need:
    return lambda: None if find_spec(name) else f"the module {name} is not installed"


def program(name: str, *, least: int = 0) -> Need:
    """A command on PATH, whose ``--version`` begins with a number that is at least so high."""

    def missing() -> str | None:
        if shutil.which(name) is None:
            return f"{name} is not installed"
        if least and (found := major_version(name)) < least:
            return f"{name} is of version {found}, not {least}"
        return None

    return missing


@cache
def major_version(name: str) -> int:
    answer = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"\d+", answer)
    return int(match[0]) if match else 0


def both(first: Need, second: Need) -> Need:
    return lambda: first() or second()


def split(things: Iterable[Needy]) -> tuple[list[Needy], list[str]]:
    """Those that can be used, and a sentence for each other one."""
    usable, sentences = [], []
    for thing in things:
        if reason := thing.missing():
            sentences.append(f"{thing.name} is left out: {reason}")
        else:
            usable.append(thing)
    return usable, sentences
