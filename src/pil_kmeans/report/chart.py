"""Chart of quality against bytes, by matplotlib."""

from __future__ import annotations

from io import StringIO

import numpy as np

try:
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, MaxNLocator, PercentFormatter
except ImportError as error:
    msg = f"the chart of pil_kmeans.report needs matplotlib ({error}): run `pip install 'pil_kmeans[report]'`"
    raise ImportError(msg) from error

from .measured import Measured

INK, FAINT, ACCENT = "#1d1d1f", "#6b6b70", "#2563eb"
LEVELS = {90: "visually lossless", 70: "high quality", 50: "medium", 30: "low"}
"""SSIMULACRA 2's own words for its scores."""

LOWEST_SHOWN = -100.0  # scores below say only that nothing is left


def chart(comparison: Measured) -> Figure:
    """Draw it in the colours of matplotlib's style, as on light paper by default."""
    ink = matplotlib.rcParams["text.color"]
    table = comparison.table
    sizes = [row.bytes for row in table]
    scores = [row.ssimulacra2 for row in table]
    figure = Figure(figsize=(5.6, 3.9), layout="constrained")
    axes = figure.add_subplot(
        xlabel="size of the PNG",
        ylabel="SSIMULACRA 2",
        xlim=(0, 1.15 * max(sizes)),
        ylim=(min(0.0, max(LOWEST_SHOWN, min(scores) - 16)), 105),
    )
    for level, meaning in LEVELS.items():
        axes.axhline(level, color=FAINT, linewidth=0.6, linestyle=(0, (2, 3)), zorder=0)
        axes.annotate(
            meaning,
            (0, level),
            (4, 2),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            color=FAINT,
            fontsize=8,
        )
    axes.plot(sizes, scores, "-o", color=ACCENT, markersize=6, linewidth=1.6)
    for row in table:
        point = (row.bytes, row.ssimulacra2)
        axes.annotate(
            f"k = {row.n_colors}",
            point,
            (6, -12),
            textcoords="offset points",
            color=ink,
            fontsize=9,
            annotation_clip=True,
        )
    axes.xaxis.set_major_formatter(EngFormatter("B", sep=" "))
    per_byte = 1 / comparison.original_bytes
    share = axes.secondary_xaxis(
        "top", functions=(lambda size: np.multiply(size, per_byte), lambda ratio: np.divide(ratio, per_byte))
    )
    share.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    share.set_xlabel("of the original's bytes")
    for part in (axes, share):
        part.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        part.tick_params(color=FAINT, labelcolor=ink)
        part.xaxis.label.set_color(ink)
        part.yaxis.label.set_color(ink)
        for spine in part.spines.values():
            spine.set_color(FAINT)
    axes.spines["right"].set_visible(False)
    return figure


def chart_svg(comparison: Measured) -> str:
    """Draw it for a page that has colours of its own: CSS variables --ink, --faint and --accent."""
    file = StringIO()
    # The salt makes the same bytes of the same figures.
    with matplotlib.rc_context({"svg.hashsalt": "pil_kmeans", "text.color": INK}):
        chart(comparison).savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    for color, variable in ((INK, "--ink"), (FAINT, "--faint"), (ACCENT, "--accent")):
        svg = svg.replace(color, f"var({variable})")
    return svg[svg.index("<svg") :]
