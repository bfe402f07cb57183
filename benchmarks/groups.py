"""Rows of records that share something."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any


def group(records: Iterable[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Rows by their values of `keys`, in the order they come."""
    groups = defaultdict(list)
    for record in records:
        groups[tuple(record[key] for key in keys)].append(record)
    return dict(groups)
