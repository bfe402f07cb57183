"""What changed between two records of `judge`: means of every judge, and the pictures that lose to the best peers.

Of pictures, palette sizes and backgrounds that are in both. For judges whose higher values are better the change is a
difference of means, for the others a ratio of means. Peers are those of each record, or where it has none of the other.
A picture counts as lost by more than half a point of SSIMULACRA 2, or more than 3 % of Butteraugli's 3-norm.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.groups import group
from benchmarks.judges import BY_KEY, JUDGES
from benchmarks.look.losses import counts, find_losses, print_losses
from benchmarks.look.methods import (
    DITHERED,
    OURS,
    PNGQUANT_DITHERED,
    PNGQUANT_UNDITHERED,
    QUANTETTE_DITHERED,
    QUANTETTE_UNDITHERED,
    UNDITHERED,
)
from benchmarks.records import BASE, read_record
from benchmarks.tables import print_table

Row = dict[str, Any]
BEST_PEERS = {
    DITHERED: [QUANTETTE_DITHERED, PNGQUANT_DITHERED],
    UNDITHERED: [QUANTETTE_UNDITHERED, PNGQUANT_UNDITHERED],
}
LOST_BY = ("ssimulacra2", "butteraugli_3norm")  # judges
PLACE = ("kind", "picture", "background", "n_colors")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("old", nargs="?", type=Path, default=BASE, help=f"record (default: {BASE.name})")
    add("new", type=Path, help="record")
    add("--lost-at", type=int, nargs="+", default=(16, 64, 256), metavar="N", help="(default: 16 64 256 colours)")


def run(arguments: argparse.Namespace) -> int:
    records = {"old": read_record(arguments.old), "new": read_record(arguments.new)}
    for name, record in records.items():
        print(f"{name}: {record['results']['made']['code']}, judged {record['environment']['date']}")
    old, new = (record["results"]["scores"] for record in records.values())
    for (kind, background), rows in group(changes(old, new), "kind", "background").items():
        print_table(
            f"New against old, {kind}, {background}: differences of means where higher is better, else ratios",
            ["method", "colours", "pictures", *(judge.title for judge in JUDGES)],
            ([r["method"], r["n_colors"], r["pictures"], *(r["changes"].get(j.key) for j in JUDGES)] for r in rows),
        )
    print(f"\nLost to the best of quantette and pngquant, {', '.join(map(str, arguments.lost_at))} colours:")
    before, after = (with_peers(rows, [*old, *new], arguments.lost_at) for rows in (old, new))
    for method in BEST_PEERS:
        print(f"{method}: old {count_lost(before, method)}, new {count_lost(after, method)}")
    print_losses(lost(after), keys=LOST_BY)
    return 0


def with_peers(rows: list[Row], others: list[Row], n_colors: Iterable[int]) -> list[Row]:
    """`rows`, and the peers of `others` where they have none, of so many colours."""
    peers = {key_of(row): row for row in others if row["method"] not in OURS}
    own = {key_of(row): row for row in rows}
    return [row for row in {**peers, **own}.values() if row["n_colors"] in n_colors]


def lost(rows: Iterable[Row]) -> list[Row]:
    """What counts as lost, by either of `LOST_BY`."""
    return [loss for loss in find_losses(rows, BEST_PEERS) if loss["judge"] in LOST_BY and counts(loss)]


def count_lost(rows: list[Row], method: str) -> str:
    places = {tuple(loss[key] for key in PLACE) for loss in lost(rows) if loss["method"] == method}
    return f"{len(places)} of {sum(row['method'] == method for row in rows)}"


def key_of(row: Row) -> tuple[Any, ...]:
    return (*(row[key] for key in PLACE), row["method"])


def changes(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """A row for each kind, background, method of ours and number of colours, of what is in both."""
    before = {key_of(row): row["scores"] for row in old}
    both = [row for row in new if row["method"] in OURS and key_of(row) in before]
    found = []
    for (kind, background, method, n_colors), rows in group(both, "kind", "background", "method", "n_colors").items():
        changed = {}
        for key in BY_KEY:
            pairs = [(before[key_of(row)].get(key), row["scores"].get(key)) for row in rows]
            known = [pair for pair in pairs if None not in pair]
            if known:
                changed[key] = change(key, *(mean(values) for values in zip(*known, strict=True)))
        found.append(
            {
                "kind": kind,
                "background": background,
                "method": method,
                "n_colors": n_colors,
                "pictures": len(rows),
                "changes": changed,
            }
        )
    return found


def change(key: str, old: float, new: float) -> float | None:
    if BY_KEY[key].better >= 0:
        return new - old
    return new / old if old else None
