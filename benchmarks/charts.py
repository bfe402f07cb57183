"""Charts of what the benchmarks measured, as SVG files beside the records."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.scaling import COLORS_OF_SIZE, FLOOR, SIZE_OF_COLORS

# Colours that people who see fewer of them can tell apart, after Okabe and Ito.
STYLES = {
    "fast": {"color": "#56b4e9", "marker": "o"},
    "balanced": {"color": "#0072b2", "marker": "o", "linewidth": 2.5},
    "best": {"color": "#009e73", "marker": "o"},
    "libimagequant": {"color": "#d55e00", "marker": "s"},
    "Pillow MEDIANCUT": {"color": "#cc79a7", "marker": "s"},
    "Pillow FASTOCTREE": {"color": "#e69f00", "marker": "s"},
    "KMeans": {"color": "#000000", "marker": "^"},
    FLOOR: {"color": "#888888", "linestyle": "--"},
}
OURS = ("fast", "balanced", "best")


def write_charts(records: dict[str, dict[str, Any]], folder: Path) -> Iterator[Path]:
    """Draw what there are records for."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # The same figures make the same bytes.
    mpl.rcParams.update({"svg.hashsalt": "pil_kmeans", "svg.fonttype": "none", "font.size": 11})
    for name, (source, draw) in CHARTS.items():
        if source in records:
            figure = Figure(figsize=(6.0, 4.6), layout="constrained")
            draw(figure.subplots(), records[source]["results"])
            path = folder / f"{name}.svg"
            figure.savefig(path, metadata={"Date": None})
            yield path


def speed_by_pixels(axes: Any, results: dict[str, Any]) -> None:
    lines(axes, [r for r in results["times"] if r["n_colors"] == COLORS_OF_SIZE], "megapixels")
    axes.set(xlabel="megapixels", title=f"{COLORS_OF_SIZE} colours, one thread")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")


def speed_by_colors(axes: Any, results: dict[str, Any]) -> None:
    lines(axes, [r for r in results["times"] if r["megapixels"] == SIZE_OF_COLORS], "n_colors")
    axes.set(xlabel="colours", title=f"{SIZE_OF_COLORS} megapixels, one thread")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")


def speed_by_threads(axes: Any, results: dict[str, Any]) -> None:
    records = results["threads"]
    numbers = [record["n_threads"] for record in records]
    axes.plot(numbers, [record["wall_ms"] for record in records], label="balanced", **STYLES["balanced"])
    ideal = [records[0]["wall_ms"] / number for number in numbers]
    axes.plot(numbers, ideal, color="#888888", linestyle="--", label="if all of it were shared")
    axes.set(xlabel="threads", ylabel="wall time, ms", title=f"{records[0]['megapixels']:g} megapixels, 256 colours")
    axes.set(xticks=numbers, ylim=(0, None))
    axes.legend(frameon=False)


def lines(axes: Any, records: list[dict[str, Any]], x: str) -> None:
    """A line for each method."""
    for method, style in STYLES.items():
        own = sorted((record for record in records if record["method"] == method), key=lambda record: record[x])
        if own:
            label = f"pil_kmeans, {method}" if method in OURS else method
            axes.plot([r[x] for r in own], [r["cpu_ms"] for r in own], label=label, **style)
    axes.set(ylabel="CPU time, ms", yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncol=2)


CODECS = {
    "ours": ("pil_kmeans", {"color": "#0072b2", "marker": "o", "linewidth": 2.5}),
    "JPEG": ("JPEG", {"color": "#e69f00", "marker": "s"}),
    "WebP": ("WebP, lossy", {"color": "#009e73", "marker": "^"}),
}
SCORES = range(30, 86, 5)


def bytes_by_score(axes: Any, results: dict[str, Any]) -> None:
    """Rate curves: means over those pictures on which every codec reaches a score; peers without curves are points."""
    records = [r for r in results["equal_score"] if r["judge"] == "ssimulacra2" and CODECS.keys() <= r["curves"].keys()]
    means: dict[float, list[float]] = {}
    for score in SCORES:
        sizes = [[at_score(record["curves"][name], score) for name in CODECS] for record in records]
        reached = [row for row in sizes if None not in row]
        if len(reached) > len(records) / 2:
            means[score] = [sum(column) / len(reached) / 1000 for column in zip(*reached, strict=True)]
    for place, (label, style) in enumerate(CODECS.values()):
        axes.plot([row[place] for row in means.values()], [*means], label=label, **style)
    for name in records[0]["bases"]:
        found = [r["bases"][name] for r in records if name in r["bases"]]
        mean = [sum(values) / len(found) for values in zip(*found, strict=True)]
        axes.plot(mean[1] / 1000, mean[0], linestyle="none", color="#d55e00", marker="s")
        axes.annotate(name, (mean[1] / 1000, mean[0]), (6, -4), textcoords="offset points", fontsize=9)
    axes.set(xlabel="kB, the mean", ylabel="SSIMULACRA 2", title=f"{len(records)} photographs of 0.4 megapixels")
    axes.set_xlim(0, 1.2 * axes.get_xlim()[1])
    axes.grid(which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=9, loc="lower center")


def at_score(curve: list[list[float]], score: float) -> float | None:
    """Bytes at a score, between points of a curve; None beyond its ends."""
    ordered = sorted(curve)
    for (low, few), (high, many) in pairwise(ordered):
        if low <= score <= high:
            share = (score - low) / (high - low) if high > low else 0.0
            return few ** (1 - share) * many**share
    return None


CHARTS: dict[str, tuple[str, Callable[[Any, dict[str, Any]], None]]] = {
    "bytes_by_score": ("size", bytes_by_score),
    "speed_by_pixels": ("scaling", speed_by_pixels),
    "speed_by_colors": ("scaling", speed_by_colors),
    "speed_by_threads": ("scaling", speed_by_threads),
}
