"""Tables: means of every method, and ours minus its peers beside the floors."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from benchmarks.groups import group
from benchmarks.judges import JUDGES
from benchmarks.look.methods import (
    AUTO,
    DITHERED,
    IMAGEQUANT_DITHERED,
    IMAGEQUANT_UNDITHERED,
    PNGQUANT_DITHERED,
    PNGQUANT_UNDITHERED,
    QUANTETTE_DITHERED,
    QUANTETTE_UNDITHERED,
    SRGB,
    UNDITHERED,
)
from benchmarks.pictures import PHOTOGRAPHS
from benchmarks.tables import print_table

COLUMNS = {**{judge.key: judge.title for judge in JUDGES}, "png_bytes": "PNG bytes"}


@dataclass(frozen=True)
class Comparison:
    """Ours beside a peer.

    `floors`: SSIMULACRA2 points that ours has to gain in the mean, by number of colours; `butteraugli_floor`: the part
    of the peer's mean 3-norm that ours has to save; `always`: ours may not score below the peer on any picture.
    """

    ours: str
    peer: str
    floors: dict[int, float] = field(default_factory=dict)
    butteraugli_floor: float | None = None
    always: bool = False

    def floors_at(self, n_colors: int) -> dict[str, float]:
        """Floors by the name of the figure; of `lower_on`, the most."""
        floors = {
            "gain": self.floors.get(n_colors),
            "lower_on": 0 if self.always else None,
            "butteraugli_saved": self.butteraugli_floor,
        }
        return {name: floor for name, floor in floors.items() if floor is not None}


COMPARISONS = (
    Comparison(DITHERED, IMAGEQUANT_DITHERED, {16: 20, 64: 14, 256: 9}, butteraugli_floor=0.25, always=True),
    Comparison(DITHERED, QUANTETTE_DITHERED, {16: 9, 64: 5, 256: 2.5}),
    Comparison(DITHERED, PNGQUANT_DITHERED),
    Comparison(DITHERED, "Pillow MEDIANCUT dithered"),
    Comparison(DITHERED, "Pillow FASTOCTREE dithered"),
    Comparison(UNDITHERED, IMAGEQUANT_UNDITHERED, {16: 6, 64: 7, 256: 4}),
    Comparison(UNDITHERED, QUANTETTE_UNDITHERED),
    Comparison(UNDITHERED, PNGQUANT_UNDITHERED),
    Comparison(UNDITHERED, SRGB),
    Comparison(UNDITHERED, "Pillow MEDIANCUT undithered"),
    Comparison(UNDITHERED, "Pillow FASTOCTREE undithered"),
    Comparison(AUTO, IMAGEQUANT_DITHERED),
    Comparison(AUTO, PNGQUANT_DITHERED),
)


def print_means(records: Iterable[dict[str, Any]]) -> None:
    """One table for each kind, background and number of colours."""
    for (kind, background, n_colors), same in group(records, "kind", "background", "n_colors").items():
        rows = []
        for (method,), own in group(same, "method").items():
            scores = [record["scores"] for record in own]
            rows.append([method, len(scores), *(mean_score(scores, key) for key in COLUMNS)])
        print_table(
            f"{n_colors} colours, {kind}, {background}: means over the pictures",
            ["method", "pictures", *COLUMNS.values()],
            rows,
        )


def mean_score(scores: list[dict[str, float | None]], key: str) -> float | None:
    known = [value for score in scores if (value := score.get(key)) is not None]
    return mean(known) if known else None


def compare_methods(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Differences of every comparison, kind, background and number of colours; floors are for photographs."""
    differences = []
    for (kind, background, n_colors), same in group(records, "kind", "background", "n_colors").items():
        scores = {
            method: {record["picture"]: record["scores"] for record in own}
            for (method,), own in group(same, "method").items()
        }
        for comparison in COMPARISONS:
            if {comparison.ours, comparison.peer} <= scores.keys():
                floors = comparison.floors_at(n_colors) if kind == PHOTOGRAPHS else {}
                differences.append(
                    {
                        "kind": kind,
                        "background": background,
                        "n_colors": n_colors,
                        "ours": comparison.ours,
                        "peer": comparison.peer,
                        **subtract(scores[comparison.ours], scores[comparison.peer]),
                        "floors": floors,
                    }
                )
    return differences


def subtract(ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, Any]:
    """Ours minus the peer, from their scores by picture; None where a judge is missing."""
    pairs = [(name, ours[name], peer[name]) for name in ours if name in peer]
    gains = {name: own["ssimulacra2"] - other["ssimulacra2"] for name, own, other in pairs}
    least_on, least_gain = min(gains.items(), key=lambda item: item[1])
    return {
        "pictures": len(pairs),
        "gain": mean(gains.values()),
        "least_gain": least_gain,
        "least_on": least_on,
        "lower_on": sum(gain < 0 for gain in gains.values()),
        "butteraugli_saved": part_saved(pairs, "butteraugli_3norm"),
        "png_bytes_saved": part_saved(pairs, "png_bytes"),
    }


def part_saved(pairs: list[tuple[str, Any, Any]], key: str) -> float | None:
    """What part of the peer's mean ours is lower by."""
    known = [(own[key], other[key]) for _, own, other in pairs if own.get(key) is not None]
    if not known:
        return None
    own_mean, other_mean = (mean(values) for values in zip(*known, strict=True))
    return 1 - own_mean / other_mean if other_mean else None


def print_differences(differences: list[dict[str, Any]]) -> None:
    for (kind, background), same in group(differences, "kind", "background").items():
        print_table(
            f"Ours minus peer, {kind}, {background}: SSIMULACRA 2, and how much lower than the peer's the means of "
            "Butteraugli's 3-norm and of the PNG's bytes are",
            [
                "ours - peer",
                "colours",
                "pictures",
                *("SSIMULACRA 2", "at least", "least", "on", "lower on", "at most"),
                *("3-norm lower by", "at least", "bytes lower by", "floors"),
            ],
            (difference_row(record) for record in same),
        )


def difference_row(record: dict[str, Any]) -> list[Any]:
    row = [f"{record['ours']} - {record['peer']}", record["n_colors"], record["pictures"]]
    floors = record["floors"]
    return [
        *row,
        signed(record["gain"]),
        signed(floors.get("gain")),
        signed(record["least_gain"]),
        record["least_on"],
        record["lower_on"],
        floors.get("lower_on"),
        percent(record["butteraugli_saved"]),
        percent(floors.get("butteraugli_saved")),
        percent(record["png_bytes_saved"]),
        verdict(record),
    ]


def verdict(record: dict[str, Any]) -> str | None:
    """Which floors are missed, or that all are met; None if there are none or the scores to judge by are missing."""
    floors = {name: floor for name, floor in record["floors"].items() if record[name] is not None}
    missed = [
        name for name, floor in floors.items() if (record[name] > floor if name == "lower_on" else record[name] < floor)
    ]
    if not floors:
        return None
    return "missed: " + ", ".join(missed) if missed else "met"


def signed(value: float | None) -> str | None:
    return None if value is None else f"{value:+.2f}"


def percent(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f} %"
