"""CPU time of the whole fit_transform beside the peers', on one thread.

All quantisers of one picture and number of colours run in turns (A B C A B C); times
are medians of CPU time, inputs are ready in the form each quantiser takes, ours runs
KMeansQuantizer(...).fit_transform in its default colour space. A ratio is the peer's
time over ours. More tables give the wall time of one and two threads, ours with each
instruction set forced, and the time that the import costs in a fresh interpreter.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any

from benchmarks import instruction_sets, startup
from benchmarks.peers import EFFORTS, find_peers, ours
from benchmarks.pictures import Picture, find_pictures
from benchmarks.progress import track
from benchmarks.tables import print_table
from benchmarks.timing import interleave, medians, wall_time


@dataclass(frozen=True)
class Comparison:
    """`effort` of ours beside `peer`; `floors`: ratios to reach, by size of picture."""

    effort: str
    peer: str
    n_colors: int
    floors: dict[str, float] = field(default_factory=dict)


COMPARISONS = (
    Comparison("fast", "Pillow FASTOCTREE", 256, {"768x512": 1, "3840x2560": 3}),
    Comparison("balanced", "libimagequant", 256, {"768x512": 6, "3840x2560": 25}),
    Comparison("balanced", "libimagequant", 16, {"768x512": 5}),
    Comparison("best", "libimagequant", 256, {"768x512": 3}),
    Comparison("balanced", "Pillow MEDIANCUT", 256, {"768x512": 4, "3840x2560": 10}),
    Comparison("balanced", "KMeans", 64, {"768x512": 150}),
    Comparison("balanced", "MiniBatchKMeans", 64),
    Comparison("balanced", "OpenCV kmeans", 64),
    Comparison("balanced", "Pillow MAXCOVERAGE", 64),
)
TWO_THREADS_FLOOR = 1.5
SLOW_MOST_PIXELS = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--pictures", default="*", help="patterns (default: all)")
    add("--n-colors", type=int, nargs="+", metavar="N", help="only these comparisons")
    add("--efforts", nargs="+", choices=EFFORTS, default=EFFORTS)
    add("--peers", default="all", help="all, none or names (default: %(default)s)")
    add("--repeats", type=int, default=7, metavar="N", help="(default: %(default)s)")
    add(
        "--seconds",
        type=float,
        default=20.0,
        metavar="S",
        help="fewer repeats, but three, where they take longer (default: %(default)s)",
    )
    add(
        "--slow-pictures",
        type=int,
        default=3,
        metavar="N",
        help="pictures, of at most 1 Mpx, for peers that take seconds each (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    pictures = find_pictures(arguments.pictures, images=arguments.images)
    records = list(compare(arguments, pictures))
    print_each(records)
    print_summary(records)
    return {
        "comparisons": records,
        "threads": compare_threads(arguments, pictures),
        "instruction_sets": instruction_sets.run(pictures, repeats=arguments.repeats),
        "imports": startup.run(),
    }


def compare(arguments: argparse.Namespace, pictures: list[Picture]) -> Iterator[dict[str, Any]]:
    peers = {peer.name: peer for peer in find_peers(arguments.peers)}
    by_group: dict[tuple[bool, int], list[Comparison]] = defaultdict(list)
    for comparison in COMPARISONS:
        if (
            comparison.peer in peers
            and comparison.effort in arguments.efforts
            and comparison.n_colors in (arguments.n_colors or [comparison.n_colors])
        ):
            slow = peers[comparison.peer].slow
            by_group[slow, comparison.n_colors].append(comparison)
    for (slow, n_colors), comparisons in by_group.items():
        for picture in track(choose_small(arguments, pictures) if slow else pictures, "speed"):
            tasks = {}
            for comparison in comparisons:
                make_ours = partial(ours, effort=comparison.effort)
                make_peer = peers[comparison.peer].make_task
                tasks[comparison.effort] = make_ours(picture.pixels, n_colors).run
                tasks[comparison.peer] = make_peer(picture.pixels, n_colors).run
            times = medians(interleave(tasks, repeats=arguments.repeats, seconds=arguments.seconds))
            for comparison in comparisons:
                own, other = times[comparison.effort], times[comparison.peer]
                yield {
                    "picture": picture.name,
                    "size": picture.size,
                    "n_colors": n_colors,
                    "effort": comparison.effort,
                    "peer": comparison.peer,
                    "ours_ms": own,
                    "peer_ms": other,
                    "ratio": other / own,
                    "floor": comparison.floors.get(picture.size),
                }


def choose_small(arguments: argparse.Namespace, pictures: list[Picture]) -> list[Picture]:
    small = [p for p in pictures if p.n_pixels <= SLOW_MOST_PIXELS]
    return small[: arguments.slow_pictures]


def print_each(records: list[dict[str, Any]]) -> None:
    columns = ("picture", "n_colors", "effort", "peer", "ours_ms", "peer_ms", "ratio")
    print_table(
        "CPU time in ms of every picture",
        columns,
        ([record[column] for column in columns] for record in records),
    )


def print_summary(records: list[dict[str, Any]]) -> None:
    groups = defaultdict(list)
    for record in records:
        key = record["effort"], record["peer"], record["size"], record["n_colors"]
        groups[key].append(record)
    rows = []
    for key, own in groups.items():
        ratios = [record["ratio"] for record in own]
        rows.append(
            [
                "{} vs {}".format(*key[:2]),
                *key[2:],
                len(own),
                median(record["ours_ms"] for record in own),
                median(record["peer_ms"] for record in own),
                median(ratios),
                min(ratios),
                own[0]["floor"],
            ]
        )
    print_table(
        "Times are medians in ms; ratio = how many times faster ours is",
        [
            "ours vs peer",
            "size",
            "colours",
            "pictures",
            "ours",
            "peer",
            "median ratio",
            "least ratio",
            "at least",
        ],
        rows,
    )


def compare_threads(arguments: argparse.Namespace, pictures: list[Picture]) -> list[dict[str, Any]]:
    """Wall time of balanced, 256 colours, on the largest of the pictures."""
    most = max(picture.n_pixels for picture in pictures)

    def run(picture: Picture, n_threads: int) -> Callable[[], object]:
        return ours(picture.pixels, 256, effort="balanced", n_threads=n_threads).run

    largest = [picture for picture in pictures if picture.n_pixels == most]
    records = [time_threads(arguments, picture, run, TWO_THREADS_FLOOR) for picture in largest]
    print_threads("balanced, 256 colours", records)
    return records


def time_threads(
    arguments: argparse.Namespace,
    picture: Picture,
    run: Callable[[Picture, int], Callable[[], object]],
    floor: float,
) -> dict[str, Any]:
    """What `run` makes for one thread and for two, in turns; `floor` is for pictures of 3840x2560.

    The least times are those when the second core was free all the time.
    """
    tasks = {str(n_threads): run(picture, n_threads) for n_threads in (1, 2)}
    rounds = 3 * arguments.repeats  # wall time is noisier than CPU time
    times = interleave(tasks, repeats=rounds, clock=wall_time, twice=True)
    one, two = (median(own) for own in times.values())
    least_one, least_two = (min(own) for own in times.values())
    return {
        "picture": picture.name,
        "size": picture.size,
        "one_ms": one,
        "two_ms": two,
        "ratio": one / two,
        "least_one_ms": least_one,
        "least_two_ms": least_two,
        "least_ratio": least_one / least_two,
        "floor": floor if picture.size == "3840x2560" else None,
    }


def print_threads(what: str, records: list[dict[str, Any]]) -> None:
    print_table(
        f"Wall time in ms, {what}, one thread and two, median and least",
        ["picture", "size", "one", "two", "ratio", "least one", "two", "ratio", "at least"],
        (list(record.values()) for record in records),
    )
