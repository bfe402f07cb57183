"""What tables of published figures are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean
from typing import Any

NAMES = {
    "fast, srgb": '`effort="fast"`',
    "balanced, srgb": '`effort="balanced"`',
    "best, srgb": '`effort="best"`',
    "ours dithered": '`dither="floyd-steinberg"`',
    "ours undithered": '`dither="none"`',
    "ours auto": '`dither="auto"`',
}


@dataclass(frozen=True)
class Table:
    """Rows under a header; where they come from is `source`."""

    header: list[str]
    rows: list[list[str]]
    source: str


def rounded(value: float, digits: int = 3) -> str:
    """To so many digits, and from 0.0001 on not as a power of ten."""
    return f"{float(f'{value:.{digits}g}'):,.15g}"


def grouped(records: Iterable[dict[str, Any]], *keys: str) -> dict[Any, list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for record in records:
        key = tuple(record[key] for key in keys)
        groups.setdefault(key if len(keys) > 1 else key[0], []).append(record)
    return groups


def pictures_of(records: Iterable[dict[str, Any]]) -> int:
    return len({record["picture"] for record in records})


def mean_known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None
