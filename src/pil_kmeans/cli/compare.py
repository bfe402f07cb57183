"""``compare``: one picture in several numbers of colours, as a table, side by side, as a chart and as a page."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

from ..report import Comparison, compare
from .encode_options import add_encode_options, given_encode_options
from .errors import CommandError
from .inputs import STANDARD, Input, open_picture, shown
from .one_line import one_line
from .option_types import add_file_and_colors, integer_between
from .output import check_output, names_other_kind, write_output, write_report
from .progress_bar import Progress

N_COLORS = (4, 16, 64, 256)
SUFFIX = "-compare.png"
CHART_KINDS = (".pdf", ".png", ".svg")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options. Those of the picture have the names and defaults of `encode_png`."""
    parser.epilog = (
        f"Prints a table. Without -o, photo.jpg and its results side by side, with a detail of each, become "
        f"photo{SUFFIX} beside it."
    )
    add_file_and_colors(
        parser,
        file_help="picture that Pillow can read, or - for standard input; with --serve it may be left out",
        file_nargs="?",
        nargs="+",
        default=N_COLORS,
        help=f"numbers of colors to compare, each 1 to 256 (default: {' '.join(map(str, N_COLORS))})",
    )
    parser.add_argument("-o", "--output", metavar="PNG", type=Path, help="file for original and results side by side")
    parser.add_argument(
        "--chart", metavar="PATH", type=chart_path, help="file for a chart of quality against bytes: .png, .svg or .pdf"
    )
    parser.add_argument(
        "--html",
        metavar="PATH",
        type=Path,
        help="file for a page with everything: a slider between original and results, palettes, table and chart",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="serve a page, to this machine only, that compares pictures dropped on it in any settings, with JPEG, "
        "WebP and, where it is installed, pngquant; nothing leaves the machine",
    )
    parser.add_argument(
        "--port", type=integer_between(0, 65535), metavar="N", default=0, help="of --serve (default: one that is free)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite outputs that exist")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    add_encode_options(parser)


def chart_path(text: str) -> Path:
    """Take a path whose end says what to draw."""
    path = Path(text)
    if path.suffix.lower() not in CHART_KINDS:
        msg = f"must end in .png, .svg or .pdf, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return path


def run(options: argparse.Namespace) -> int:
    """Compare, print the table, and draw."""
    if options.serve:
        return run_server(options)
    if options.file is None:
        options.usage_error("name the picture to compare: FILE, or --serve to drop some on a page")
    if options.output is not None and names_other_kind(options.output):
        options.usage_error(f"-o {options.output} names another kind of picture, and a PNG is written: name a .png")
    given = Input.of(options.file)
    outputs = planned(given, options)
    for path in outputs:
        check_output(path, force=options.force)
    if options.chart is not None or options.html is not None:
        check_chart()
    picture = open_picture(given)
    try:
        with Progress(1) as progress:
            comparison = compare(
                picture.image,
                options.colors,
                original_bytes=picture.n_bytes,
                name=given.name,
                progress=progress.follow(given.name),
                **given_encode_options(options),
            )
    except (ValueError, MemoryError) as error:
        msg = f"cannot compare {given}: {one_line(error) or 'it does not fit into memory'}"
        raise CommandError(msg) from error
    if options.json:
        write_report(as_json(given, comparison))
    else:
        print(comparison.to_text())
    for path, draw in outputs.items():
        write_output(path, draw(comparison), force=options.force)
        if not options.json:
            print(f"written: {shown(path)}")
    return 0


def run_server(options: argparse.Namespace) -> int:
    """Serve the page, which has settings of its own."""
    from .serve import serve

    if options.file == STANDARD:
        options.usage_error("--serve needs the name of a file, or none")
    for name, flag in {"output": "-o", "chart": "--chart", "html": "--html"}.items():
        if getattr(options, name) is not None:
            options.usage_error(f"--serve writes no file: drop {flag}, or --serve")
    return serve(None if options.file is None else Input.of(options.file), options.colors, options.port)


def planned(given: Input, options: argparse.Namespace) -> dict[Path, Callable[[Comparison], bytes]]:
    """File to write -> what draws it."""
    sheet = options.output
    if sheet is None and given.path is not None:
        sheet = given.path.with_name(given.path.stem + SUFFIX)
    drawings = [(sheet, side_by_side_png), (options.chart, chart_file(options.chart)), (options.html, page)]
    outputs = {path: draw for path, draw in drawings if path is not None}
    if len(outputs) < sum(path is not None for path, _ in drawings):
        options.usage_error("-o, --chart and --html must name different files")
    return outputs


def check_chart() -> None:
    """Say before any work that there is nothing to draw charts with."""
    try:
        from ..report.chart import chart  # noqa: F401
    except ImportError as error:
        raise CommandError(str(error)) from error


def side_by_side_png(comparison: Comparison) -> bytes:
    """Draw original and results."""
    file = BytesIO()
    comparison.side_by_side().save(file, "PNG", optimize=True)
    return file.getvalue()


def chart_file(path: Path | None) -> Callable[[Comparison], bytes]:
    """Make what draws a chart of the kind that the path's end names."""

    def draw(comparison: Comparison) -> bytes:
        assert path is not None
        file = BytesIO()
        comparison.figure().savefig(file, format=path.suffix[1:].lower(), dpi=150)
        return file.getvalue()

    return draw


def page(comparison: Comparison) -> bytes:
    """Make the page."""
    return comparison.to_html().encode()


def as_json(given: Input, comparison: Comparison) -> str:
    """One document; JSON knows no infinity, the PSNR of an exact result is null."""
    rows = [asdict(row) | {"psnr": None if math.isinf(row.psnr) else row.psnr} for row in comparison.table]
    document = {"input": str(given.path or "-"), "original_bytes": comparison.original_bytes, "table": rows}
    return json.dumps(document, indent=2)
