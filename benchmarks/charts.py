"""Charts of what the benchmarks measured, as SVG files beside the records."""

from collections.abc import Callable, Iterator
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


CHARTS: dict[str, tuple[str, Callable[[Any, dict[str, Any]], None]]] = {
    "speed_by_pixels": ("scaling", speed_by_pixels),
    "speed_by_colors": ("scaling", speed_by_colors),
    "speed_by_threads": ("scaling", speed_by_threads),
}
