"""Bytes, looks and CPU time of palette PNGs, beside Pillow, oxipng and pngquant.

First the encoder alone: the same undithered indices, written by ours, by Pillow, and
by Pillow and then oxipng. Then the whole way from a true-colour PNG in memory to a palette PNG,
beside pngquant and then oxipng, each with its own defaults. Then bytes at equal looks, by more than one judge. With
--ratios instead: what it takes to make a photograph so many times smaller, and what is left of it.
CPU time is of all threads and of child processes; the fastest of the rounds counts.
Every PNG is decoded by Pillow and by OpenCV and compared pixel by pixel.
"""

import argparse
from collections.abc import Iterator
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.groups import group
from benchmarks.judges import JUDGES, find_judges, judged
from benchmarks.pictures import Picture, find_pictures
from benchmarks.progress import track
from benchmarks.size import equal_score, ratios
from benchmarks.size.files import OXIPNG_NEEDS, PILLOW, PNGQUANT, PNGQUANT_NEEDS, decoded, encoders, whole_ways
from benchmarks.tables import print_table
from benchmarks.timing import all_cpu_time, interleave

ENCODER, WHOLE = "encoder alone, same indices", "whole way, from true colour"
DEFAULT = "ours default"
NEEDS = {"oxipng": OXIPNG_NEEDS, PNGQUANT: PNGQUANT_NEEDS}

# Highest allowed mean ratio to the base, by table and row, at 256 colours.
BYTES_FLOORS = {(ENCODER, DEFAULT): 0.86, (WHOLE, DEFAULT): 0.68}
TIME_FLOORS = {(WHOLE, "ours fast, lossy=0"): 0.3, (WHOLE, DEFAULT): 1.5}
SCORE_FLOORS = {(WHOLE, DEFAULT): 4.0}  # at least, above the base
FLOORS_N_COLORS = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="cq100", help="patterns (default: %(default)s)")
    add("--n-colors", type=int, nargs="+", default=[256], metavar="N", help="(default: 256)")
    add("--repeats", type=int, default=1, metavar="N", help="rounds (default: %(default)s)")
    add("--each", action="store_true", help="also print every picture's bytes")
    add("--tables", nargs="+", choices=TABLES, default=TABLES, help="(default: all)")
    add("--ratios", nargs="*", metavar="FILE", help="instead: how small these photographs can get, and at what cost")


TABLES = ("encoder", "whole", "equal-score")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.ratios is not None:
        return {"ratios": ratios.run(arguments.ratios, images=arguments.images)}
    pictures = find_pictures(arguments.pictures, images=arguments.images)
    missing = find_judges()[1] + [f"{name} is left out: {reason}" for name, need in NEEDS.items() if (reason := need())]
    for sentence in missing:
        print(sentence)
    results: dict[str, Any] = {"missing": missing}
    for name, title, base, measure in (
        ("encoder", ENCODER, PILLOW, measure_encoders),
        ("whole", WHOLE, PNGQUANT, measure_whole_ways),
    ):
        if name in arguments.tables:
            for n_colors in arguments.n_colors:
                records = []
                for picture in track(pictures, f"size, {name}"):
                    records += measure(picture, n_colors, arguments.repeats)
                if arguments.each:
                    print_each(records)
                print_summary(records, title, base, n_colors)
                if title == WHOLE:
                    print_judged(records, n_colors)
                results.setdefault("sizes", []).extend(records)
    if "equal-score" in arguments.tables:
        results["equal_score"] = equal_score.run(pictures, each=arguments.each)
    return results


def measure_encoders(picture: Picture, n_colors: int, repeats: int) -> Iterator[dict[str, Any]]:
    """One record for each way to write the same palette picture."""
    import pil_kmeans

    quantized = pil_kmeans.quantize(Image.fromarray(picture.pixels), n_colors, n_threads=1)
    quantized.info.clear()
    expected = np.asarray(quantized.convert("RGB"))
    tasks = encoders(quantized)
    files = {name: task() for name, task in tasks.items()}
    times = interleave(tasks, repeats=repeats, clock=all_cpu_time)
    for name, data in files.items():
        decoded(data, expected)
        yield record(ENCODER, picture, n_colors, name, data, times)


def measure_whole_ways(picture: Picture, n_colors: int, repeats: int) -> Iterator[dict[str, Any]]:
    """One record for each way from true colour to a palette PNG."""
    tasks = whole_ways(picture, n_colors)
    files = {name: task() for name, task in tasks.items()}
    times = interleave(tasks, repeats=repeats, clock=all_cpu_time)
    scores = judged(picture.pixels, {name: decoded(data) for name, data in files.items()})
    for name, data in files.items():
        yield record(WHOLE, picture, n_colors, name, data, times) | {"scores": scores[name]}


def record(
    table: str, picture: Picture, n_colors: int, name: str, data: bytes, times: dict[str, list[float]]
) -> dict[str, Any]:
    return {
        "table": table,
        "picture": picture.name,
        "n_colors": n_colors,
        "encoder": name,
        "bytes": len(data),
        "cpu_ms": min(times[name]),
    }


def print_each(records: list[dict[str, Any]]) -> None:
    judges = [judge for judge in JUDGES if judge.key in records[0].get("scores", ())]
    rows = [
        [r["picture"], r["encoder"], r["n_colors"], r["bytes"], r["cpu_ms"], *(r["scores"][j.key] for j in judges)]
        for r in records
    ]
    header = ["picture", "encoder", "colours", "bytes", "CPU ms", *(judge.title for judge in judges)]
    print_table("every file", header, rows)


def print_judged(records: list[dict[str, Any]], n_colors: int) -> None:
    """Means of what all judges say."""
    judges = [judge for judge in JUDGES if judge.key in records[0]["scores"]]
    rows = []
    for (name,), own in group(records, "encoder").items():
        known = [[r["scores"][judge.key] for r in own if r["scores"][judge.key] is not None] for judge in judges]
        rows.append([name, *(mean(values) if values else None for values in known)])
    print_table(f"{WHOLE}: {n_colors} colours, by all judges", ["", *(judge.title for judge in judges)], rows)


def print_summary(records: list[dict[str, Any]], table: str, base: str, n_colors: int) -> None:
    """Ratios and differences to the base, where it was there."""
    by_name: dict[str, dict[str, dict[str, Any]]] = {}
    for r in records:
        by_name.setdefault(r["encoder"], {})[r["picture"]] = r
    bases = by_name.get(base, {})
    rows = []
    for name, found in by_name.items():
        pairs = [(r, bases[picture]) for picture, r in found.items() if picture in bases]
        sizes, times = ([r[key] / b[key] for r, b in pairs] for key in ("bytes", "cpu_ms"))
        gains = [r["scores"]["ssimulacra2"] - b["scores"]["ssimulacra2"] for r, b in pairs if "scores" in r]
        row: list[Any] = [name, mean(r["bytes"] for r in found.values())]
        row += [mean(sizes), max(sizes), floor(BYTES_FLOORS, table, name, n_colors)] if pairs else [None] * 3
        if table == WHOLE:
            row += [mean(gains), min(gains), floor(SCORE_FLOORS, table, name, n_colors)] if pairs else [None] * 3
        row += [mean(r["cpu_ms"] for r in found.values())]
        row += [mean(times), floor(TIME_FLOORS, table, name, n_colors)] if pairs else [None] * 2
        rows.append(row)
    header = ["", "bytes", "ratio", "worst", "at most"]
    header += ["score", "least", "at least"] if table == WHOLE else []
    header += ["CPU ms", "ratio", "at most"]
    n_pictures = len(next(iter(by_name.values())))
    print_table(f"{table}: {n_pictures} pictures, {n_colors} colours, against {base}", header, rows)


def floor(floors: dict[tuple[str, str], float], table: str, name: str, n_colors: int) -> float | None:
    return floors.get((table, name)) if n_colors == FLOORS_N_COLORS else None
