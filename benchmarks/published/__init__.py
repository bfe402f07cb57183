"""What README and documentation show of the records: tables and single figures, by name.

Everything is computed from the files that ``python -m benchmarks all`` wrote; nothing here is a number of its own.
"""

from collections.abc import Callable, Mapping
from functools import partial
from statistics import geometric_mean, mean, median
from typing import Any

from benchmarks.encoding import over_defaults
from benchmarks.judges import BY_KEY
from benchmarks.published.looks import (
    LOOK_FORMATS,
    agreement_table,
    judged_table,
    look_table,
    losses_table,
    photographs,
)
from benchmarks.published.parts import NAMES, Table, grouped, mean_known, pictures_of, rounded
from benchmarks.scaling import COLORS_OF_SIZE, FLOOR, SIZE_OF_COLORS
from benchmarks.size import ENCODER, WHOLE
from benchmarks.size.files import PNGQUANT
from benchmarks.swatches import summary as swatches_summary

Records = Mapping[str, dict[str, Any]]
MIB = 2**20


def tables(records: Records) -> dict[str, Table]:
    """Every table that there are records for."""
    found = {name: make(records[source]) for name, (source, make) in TABLES.items() if source in records}
    return found | {"summary": summary_table(records)} if records.keys() >= SUMMARY_SOURCES else found


def figures(records: Records) -> dict[str, str]:
    """Every single figure that there are records for, as text."""
    found: dict[str, str] = {}
    for source, make in FIGURES.items():
        if source in records:
            found |= make(records[source])
    return found


def source_line(*sources: dict[str, Any]) -> str:
    """The commands behind figures, and what they depend on."""
    commands: dict[str, list[str]] = {}
    for record in sources:
        commands.setdefault(surroundings(record["environment"]), []).append(f"`{record['environment']['command']}`")
    return "; ".join(f"{', '.join(same)}; {around}" for around, same in commands.items())


def surroundings(environment: dict[str, Any]) -> str:
    """Versions, machine and date."""
    built = environment["pil_kmeans"]
    known = [
        f"{name} {version}"
        for name, version in (environment["versions"] | environment["programs"] | environment.get("crates", {})).items()
        if version
    ]
    return (
        f"pil_kmeans {built['version']} ({built['instruction_set']}), {', '.join(known)}; "
        f"{environment['cpu']}, {environment['cpus']} CPUs, Python {environment['python']}; "
        f"{environment['date'].partition('T')[0]}"
    )


def error_table(record: dict[str, Any]) -> Table:
    by_method = grouped(record["results"]["errors"], "method")
    numbers = [n for n in grouped(record["results"]["errors"], "n_colors") if n >= 16]
    n_pictures = pictures_of(record["results"]["errors"])
    rows = []
    for method, own in by_method.items():
        cells = []
        for n_colors, same in grouped(own, "n_colors").items():
            ratios = [r["ratio"]["output"] for r in same]
            if n_colors in numbers:
                cells += [f"{mean(ratios):.3f}", f"{max(ratios):.3f}"]
        fewer = f" ({pictures_of(own)} pictures)" if pictures_of(own) < n_pictures else ""
        rows.append([NAMES.get(method, method) + fewer, *cells])
    header = [f"pictures: {n_pictures}", *(f"{n} colours, {what}" for n in numbers for what in ("mean", "worst"))]
    return Table(header, rows, "error")


def speed_table(record: dict[str, Any], source: str = "speed") -> Table:
    rows = []
    for key, own in grouped(record["results"]["comparisons"], "effort", "peer", "size", "n_colors").items():
        effort, peer, size, n_colors = key
        times = [rounded(median(r[name] for r in own)) for name in ("ours_ms", "peer_ms")]
        ratio = rounded(median(r["ratio"] for r in own))
        rows.append([f"{effort}, {peer}", size, str(n_colors), str(len(own)), *times, ratio])
    header = ["ours, and the peer", "size", "colours", "pictures", "ours, ms", "peer, ms", "times as fast"]
    return Table(header, rows, source)


def threads_table(record: dict[str, Any]) -> Table:
    rows = [
        [
            r["picture"],
            r["size"],
            *(f"{rounded(r[which + 'one_ms'])} / {rounded(r[which + 'two_ms'])}" for which in ("", "least_")),
            f"{r['ratio']:.2f} / {r['least_ratio']:.2f}",
        ]
        for r in record["results"]["threads"]
    ]
    header = ["picture", "size", "wall ms, one thread / two: median", "least", "times as fast: median / least"]
    return Table(header, rows, "speed")


def instruction_sets_table(record: dict[str, Any]) -> Table:
    known = record["results"]["instruction_sets"]
    rows = [[r["effort"], r["size"], *(rounded(ms) for ms in r["ms"].values())] for r in known]
    return Table(["effort", "size", *(f"{name}, CPU ms" for name in known[0]["ms"])], rows, "speed")


def look_speed_table(record: dict[str, Any]) -> Table:
    return speed_table(record, "look_speed")


def size_table(record: dict[str, Any], what: str) -> Table:
    sizes = [r for r in record["results"]["sizes"] if r["table"] == what]
    has_scores = "scores" in sizes[0]
    rows = []
    for (n_colors, encoder), own in grouped(sizes, "n_colors", "encoder").items():
        cells = [f"{mean(r['bytes'] for r in own) / 1000:.1f}"]
        cells += [f"{mean(r['scores']['ssimulacra2'] for r in own):.1f}"] if has_scores else []
        cells += [f"{median(r['cpu_ms'] for r in own):.0f}"]
        rows.append([encoder, str(n_colors), str(len(own)), *cells])
    scores = ["mean SSIMULACRA 2"] if has_scores else []
    return Table(["encoder", "colours", "pictures", "mean kB", *scores, "median CPU ms"], rows, "size")


def encoder_table(record: dict[str, Any]) -> Table:
    return size_table(record, ENCODER)


def whole_table(record: dict[str, Any]) -> Table:
    return size_table(record, WHOLE)


def equal_score_table(record: dict[str, Any]) -> Table:
    rows = []
    for key, pictures in grouped(record["results"]["equal_score"], "judge").items():
        for base in pictures[0]["bases"]:
            for name in pictures[0]["curves"]:
                found = [picture["ratios"][base][name] for picture in pictures]
                known = [ratio for ratio in found if ratio is not None]
                cells = [f"{mean(known):.2f}", f"{max(known):.2f}"] if known else ["", ""]
                rows.append([f"{name}, at the {BY_KEY[key].title} of {base}", str(len(known)), *cells])
    return Table(["bytes of one over bytes of the other", "pictures", "mean", "worst"], rows, "size")


def ratio_table(record: dict[str, Any]) -> Table:
    rows = [
        [
            r["file"],
            f"{r['ratio']}:1",
            f"{r['achieved']:.0f}:1",
            r["way"],
            f"{r['width']} x {r['height']}",
            f"{r['score']:.0f}",
            f"{r['score_full_size']:.0f}",
        ]
        for r in record["results"]["ratios"]
    ]
    header = ["file", "asked", "reached", "way", "pixels", "score as shown", "as large as it was"]
    return Table(header, rows, "ratios")


def memory_table(record: dict[str, Any]) -> Table:
    rows = [
        [
            r["picture"],
            f"{r['distinct_colors']:,}",
            f"{r['cpu_s']:.2f}",
            f"{r['extra_bytes'] / MIB:.0f}",
        ]
        for r in record["results"]["pictures"]
    ]
    return Table(["picture", "colours", "CPU s", "MiB beside input and result"], rows, "memory")


def large_table(record: dict[str, Any]) -> Table:
    results = record["results"]
    one, many = f"{results['megapixels']} Mpx", f"{results['files']} files"
    rows = [
        [
            f"{many if 'iterable' in r['what'] or 'palette' in r['what'] else one}: {r['what']}",
            f"{r['cpu_s']:.1f}",
            f"{r['bytes'] / MIB:.0f}",
        ]
        for r in results["measured"]
    ]
    return Table(["", "CPU s", "private MiB"], rows, "large")


def cluster_table(record: dict[str, Any]) -> Table:
    fits = record["results"]["dask"]
    rows = [
        [
            f"{r['picture']}: {r['distinct_colors']:,}",
            str(r["workers"]),
            f"{r['cpu_s']:.0f}",
            f"{r['cpu_ratio_by_workers']:.2f}",
            f"{r['idle_mb']:.0f}",
            f"{r['peak_mb']:.0f}",
        ]
        for r in fits
    ]
    header = ["picture and colours", "workers", "CPU s", "of reading", "idle MB", "peak MB"]
    return Table(header, rows, "scale")


def transform_table(record: dict[str, Any]) -> Table:
    rows = [
        [r["picture"], f"two {r['by']}", f"{r['cpu_s']:.0f}", f"{r['idle_mb']:.0f}", f"{r['peak_mb']:.0f}"]
        for r in record["results"]["transform"]
    ]
    return Table(["picture", "by", "CPU s", "idle MB", "peak MB"], rows, "scale")


def scaling_table(record: dict[str, Any]) -> Table:
    times = [r for r in record["results"]["times"] if r["n_colors"] == COLORS_OF_SIZE]
    sizes = sorted({r["megapixels"] for r in times})
    rows = []
    for method, own in grouped(times, "method").items():
        known = {r["megapixels"]: r["cpu_ms"] for r in own}
        rows.append([method, *(rounded(known[size]) if size in known else "" for size in sizes)])
    return Table(["CPU ms", *(f"{size:g} Mpx" for size in sizes)], rows, "scaling")


# Row -> what it is called in the records of errors, looks, sizes and times.
SUMMARY = {
    "**pil_kmeans**": ("balanced, srgb", "ours dithered", "ours default", "balanced"),
    "libimagequant": ("libimagequant", "libimagequant dithered", "", "libimagequant"),
    "pngquant, then oxipng": ("", "pngquant dithered", PNGQUANT, ""),
    "Pillow `quantize`": ("Pillow MEDIANCUT", "Pillow MEDIANCUT undithered", "", "Pillow MEDIANCUT"),
    "scikit-learn `KMeans`": ("KMeans", "", "", "KMeans"),
}
SUMMARY_SOURCES = {"error", "look", "size", "scaling"}
SUMMARY_ERROR_COLORS, SUMMARY_LOOK_COLORS, SUMMARY_TIME_COLORS = 64, 16, 64


def summary_table(records: Records) -> Table:
    """One row for each peer: its error, looks, size and time."""
    errors, sizes, times = (records[name]["results"] for name in ("error", "size", "scaling"))
    n_pictures = pictures_of(errors["errors"])
    n_looks = pictures_of(photographs(records["look"]))
    rows = []
    for title, (error, look, size, time) in SUMMARY.items():
        ratios = [
            r["ratio"]["output"]
            for r in errors["errors"]
            if r["method"] == error and r["n_colors"] == SUMMARY_ERROR_COLORS
        ]
        scores = [
            r["scores"]["ssimulacra2"]
            for r in photographs(records["look"])
            if r["method"] == look and r["n_colors"] == SUMMARY_LOOK_COLORS
        ]
        files = [r for r in sizes["sizes"] if r["encoder"] == size and r["table"] == WHOLE and r["n_colors"] == 256]
        file_scores = [r["scores"]["ssimulacra2"] for r in files]
        spent = [
            r["cpu_ms"]
            for r in times["times"]
            if (r["method"], r["megapixels"], r["n_colors"]) == (time, SIZE_OF_COLORS, SUMMARY_TIME_COLORS)
        ]
        cells = [
            f"{mean(ratios):.2f}" + (f" ({len(ratios)} pictures)" if len(ratios) < n_pictures else "")
            if ratios
            else "",
            f"{round(mean_known(scores))}" if scores else "",
            f"{mean(r['bytes'] for r in files) / 1000:.0f} at {mean(file_scores):.0f}" if files else "",
            rounded(spent[0]) if spent else "",
        ]
        if any(cells):
            rows.append([title, *cells])
    header = [
        "",
        f"error / lowest known, {SUMMARY_ERROR_COLORS} colours ({n_pictures} pictures)",
        f"SSIMULACRA 2, {SUMMARY_LOOK_COLORS} colours ({n_looks})",
        f"PNG of 256 colours: kB at SSIMULACRA 2 ({pictures_of(sizes['sizes'])})",
        f"CPU ms, {SIZE_OF_COLORS:g} Mpx, {SUMMARY_TIME_COLORS} colours",
    ]
    return Table(header, rows, "scaling")


def encoding_table(record: dict[str, Any]) -> Table:
    """The curve of time over pixels."""
    rows = [
        [
            f"{r['megapixels']:g}",
            rounded(r["cpu_s"]),
            rounded(r["cpu_s"] / r["megapixels"]),
            rounded(r["wall_s"]),
            rounded(r["threads_wall_s"]),
            f"{r['wall_s'] / r['threads_wall_s']:.2f}",
            f"{r['serial']:.0%}",
        ]
        for r in record["results"]["sizes"]
    ]
    header = ["Mpx", "CPU s", "µs a pixel", "seconds, one thread", "two threads", "times as fast", "serial"]
    return Table(header, rows, "encoding")


def encoding_options_table(record: dict[str, Any]) -> Table:
    rows = [
        [option, size, rounded(cpu_s), rounded(time_ratio), f"{bytes_ratio:.3f}", f"{score:.1f}"]
        for size, option, cpu_s, time_ratio, bytes_ratio, score in over_defaults(record["results"]["options"])
    ]
    header = ["", "size", "CPU s", "of the defaults", "bytes of the defaults", "mean SSIMULACRA 2"]
    return Table(header, rows, "encoding")


def encoding_memory_table(record: dict[str, Any]) -> Table:
    rows = []
    for dtype, own in grouped(record["results"]["memory"], "dtype").items():
        known = {r["n_channels"]: r["bytes_a_pixel"] for r in own}
        rows.append([dtype, *(f"{known[n_channels]:.0f}" for n_channels in sorted(known))])
    megapixels = record["results"]["n_pixels"] / 1e6
    return Table([f"bytes a pixel, of {megapixels:.1f} Mpx", "RGB", "RGBA"], rows, "encoding")


def scaling_figures(record: dict[str, Any]) -> dict[str, str]:
    """How many times as long as reading the pixels once each takes, at the largest size."""
    largest = max(r["megapixels"] for r in record["results"]["times"])
    at = (largest, COLORS_OF_SIZE)
    times = {r["method"]: r["cpu_ms"] for r in record["results"]["times"] if (r["megapixels"], r["n_colors"]) == at}
    return {f"floor {method}": rounded(cpu_ms / times[FLOOR], 2) for method, cpu_ms in times.items()}


def animation_table(record: dict[str, Any]) -> Table:
    """Ours at the score of each peer."""
    rows = []
    for peer, own in grouped(record["results"]["ratios"], "peer").items():
        found = [row for row in own if row["ratio"] is not None]
        if not found or peer == ANIMATION_BASE:
            continue
        flicker = mean_known(row["flicker_ratio"] for row in found)
        sizes = [row["ratio"] for row in found]
        worst = min(row["worst_gain"] for row in found)
        cells = [rounded(geometric_mean(sizes)), rounded(max(sizes)), "-" if flicker is None else rounded(flicker)]
        rows.append([peer, *cells, f"{worst:+.1f}", f"{len(found)} of {len(own)}"])
    header = ["ours at the score of", "bytes", "of the worst clip", "flicker", "worst frame's score", "clips"]
    return Table(header, rows, "animation")


def clips_table(record: dict[str, Any]) -> Table:
    """Bytes and score of each clip."""
    by_clip = grouped(record["results"]["records"], "clip")
    rows = [["bytes of clip", *by_clip]]
    for name in CLIP_ENCODERS:
        known = {row["clip"]: row for row in record["results"]["records"] if row["encoder"] == name}
        cells = ["-" if clip not in known else _kb_at_score(known[clip]) for clip in by_clip]
        rows.append([name, *cells])
    return Table(rows[0], rows[1:], "animation")


def _kb_at_score(row: dict[str, Any]) -> str:
    score = "" if row["score"] is None else f" @{row['score']:.0f}"
    return f"{row['bytes'] / 1000:.0f} kB{score}"


def long_table(record: dict[str, Any]) -> Table:
    rows = [
        [
            row["encoder"],
            str(row["n_frames"]),
            "-" if row["extra_bytes"] is None else f"{row['extra_bytes'] / MIB:.0f} MiB",
            f"{1000 * row['cpu_per_frame']:.0f} ms",
        ]
        for row in record["results"]["long"]
    ]
    return Table(["640 x 480", "frames", "memory", "CPU time of a frame"], rows, "animation")


ANIMATION_BASE = "our APNG at 9bae2f7"
CLIP_ENCODERS = [
    *("ours lossy=1", "ours lossy=6", "gifski 90", "ffmpeg, gifsicle --lossy=40", "Pillow"),
    *("our APNG lossy=1", "apngasm, oxipng", "our WebP", "WebP, lossy"),
]


def swatches_table(record: dict[str, Any]) -> Table:
    rows = []
    for tool, own in grouped(record["results"]["swatches"], "tool").items():
        found, greys, nearest, cpu_ms = swatches_summary(own)
        rows.append([tool, f"{found:.0%}", f"{greys:.1f}", f"{nearest:.3f}", rounded(cpu_ms)])
    header = [f"{record['results']['n_colors']} colours", "hues found", "greys", "nearest pair", "CPU ms"]
    return Table(header, rows, "swatches")


TABLES: dict[str, tuple[str, Callable[[dict[str, Any]], Table]]] = {
    "error": ("error", error_table),
    **{f"look {judge}": ("look", partial(look_table, judge=judge)) for judge in LOOK_FORMATS},
    "judged": ("look", judged_table),
    "agreement": ("look", agreement_table),
    "losses": ("look", losses_table),
    "speed": ("speed", speed_table),
    "threads": ("speed", threads_table),
    "instruction sets": ("speed", instruction_sets_table),
    "dithered speed": ("look_speed", look_speed_table),
    "encoder": ("size", encoder_table),
    "size": ("size", whole_table),
    "equal score": ("size", equal_score_table),
    "ratios": ("ratios", ratio_table),
    "encoding": ("encoding", encoding_table),
    "encoding options": ("encoding", encoding_options_table),
    "encoding memory": ("encoding", encoding_memory_table),
    "memory": ("memory", memory_table),
    "large": ("large", large_table),
    "cluster": ("scale", cluster_table),
    "lazy transform": ("scale", transform_table),
    "scaling": ("scaling", scaling_table),
    "swatches": ("swatches", swatches_table),
    "animation": ("animation", animation_table),
    "clips": ("animation", clips_table),
    "long animations": ("animation", long_table),
}
FIGURES: dict[str, Callable[[dict[str, Any]], dict[str, str]]] = {"scaling": scaling_figures}
