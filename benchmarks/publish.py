"""Put the measured figures into the README, and draw its pictures.

Between ``<!-- table: NAME -->``, ``<!-- figure: NAME -->`` or ``<!-- source: NAME -->`` and ``<!-- end -->`` the README
shows what ``benchmarks/published.py`` makes of ``benchmarks/results/*.json``. The documentation reads the same when it
is built.
With --check nothing is written, and the exit status says whether the README is as it should be.
"""

import argparse
import re
from pathlib import Path

from benchmarks.published import SUMMARY_SOURCES, Table, figures, source_line, tables
from benchmarks.records import read_records

PROJECT = Path(__file__).resolve().parents[1]
README = PROJECT / "README.md"
PICTURE = PROJECT / "docs" / "_static" / "sixteen_colors.png"
MOVING = PICTURE.with_name("ever_more_colors.gif")
SWATCHES = PICTURE.with_name("swatches.png")
MARKED = re.compile(r"(<!-- (table|figure|source): (.+?) -->)(.*?)(<!-- end -->)", re.DOTALL)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only say whether the README is up to date")


def run(arguments: argparse.Namespace) -> int:
    old = README.read_text()
    new = filled(old)
    if arguments.check:
        print("the README shows the figures of benchmarks/results" + ("" if new == old else ": NO, run publish"))
        return int(new != old)
    from benchmarks.landing import landing_picture, moving_picture
    from benchmarks.swatches import published_sheet

    README.write_text(new)
    PICTURE.write_bytes(landing_picture())
    MOVING.write_bytes(moving_picture())
    written = ["README.md", PICTURE.name, MOVING.name]
    if (sheet := published_sheet()) is not None:
        SWATCHES.write_bytes(sheet)
        written.append(SWATCHES.name)
    print(f"written: {', '.join(written)}")
    return 0


def filled(text: str) -> str:
    """Replace what stands between the marks."""
    records = read_records()
    known = {
        "table": {name: f"\n{markdown(table)}\n" for name, table in tables(records).items()},
        "figure": figures(records),
        "source": {"summary": source_line(*(records[name] for name in sorted(SUMMARY_SOURCES & records.keys())))},
    }

    def fill(match: re.Match[str]) -> str:
        start, kind, name, _, end = match.groups()
        if name not in known[kind]:
            there_are = ", ".join(known[kind])
            raise SystemExit(f"README.md: no {kind} {name!r} in benchmarks/results; there are: {there_are}")
        return start + known[kind][name] + end

    return MARKED.sub(fill, text)


def markdown(table: Table) -> str:
    lines = [table.header, ["---"] * len(table.header), *table.rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
