"""Figures together with what they depend on, as JSON files."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.environment import describe_environment, print_environment

RESULTS = Path(__file__).with_name("results")


def measured(benchmark: ModuleType, arguments: argparse.Namespace, words: Sequence[str]) -> dict[str, Any]:
    """Run a benchmark; what the machine was doing is asked before."""
    environment = describe_environment(words)
    print_environment(environment)
    return {"environment": environment, "results": benchmark.run(arguments)}


def write_record(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")


def read_records(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """The records of a folder by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
