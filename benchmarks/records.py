"""Figures together with what they depend on, as JSON files."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.environment import describe_environment, print_environment

RESULTS = Path(__file__).with_name("results")
BASE = RESULTS / "base_9bae2f7.json"  # what later work is measured against


def measured(benchmark: ModuleType, arguments: argparse.Namespace, words: Sequence[str]) -> dict[str, Any]:
    """Run a benchmark; what the machine was doing is asked before."""
    environment = describe_environment(words)
    print_environment(environment)
    return {"environment": environment, "results": benchmark.run(arguments)}


def write_record(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(record) + "\n")


def as_json(value: Any, indent: str = "") -> str:
    """JSON with a line for each entry of an object, and for each row of a list of objects or lists."""
    inner = indent + " "
    if isinstance(value, dict) and value:
        lines = [f"{json.dumps(key)}: {as_json(entry, inner)}" for key, entry in value.items()]
        return bracketed("{", lines, "}", indent)
    if isinstance(value, list) and any(isinstance(row, dict | list) for row in value):
        return bracketed("[", [json.dumps(row) for row in value], "]", indent)
    return json.dumps(value)


def bracketed(start: str, lines: list[str], end: str, indent: str) -> str:
    return f"{start}\n{indent} " + f",\n{indent} ".join(lines) + f"\n{indent}{end}"


def read_record(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def read_records(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """The records of a folder by name."""
    return {path.stem: read_record(path) for path in sorted(folder.glob("*.json"))}
