"""One picture in several numbers of colours: encoded, decoded again, and measured."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..encode import encode_png
from ..measures import count_colors, has_alpha, mean_squared_error, psnr, ssim
from ..pictures.read import read_picture
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.pixels import read_pixels
from ..stages.samples import to_uint8
from ..stages.ssimulacra2 import Original
from .measured import HEADINGS, Measured, Row, cells, png_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Comparison(Measured):
    """A picture in several numbers of colours, as `compare` makes it.

    Attributes
    ----------
    name : str
        What it is called.
    original : ndarray of shape (H, W, C), uint8
        The picture in 8 bits, upright and in sRGB.
    original_bytes : int
        What sizes are compared with.
    table : list of Row
        One for each number of colours, the fewest first.
    pngs : list of bytes
        The palette PNG for each row.
    """

    def __repr__(self) -> str:
        """Return the table, for people."""
        return self.to_text()

    def to_text(self) -> str:
        """Lay out the table in lines.

        Returns
        -------
        str
        """
        lines = [list(HEADINGS), *map(cells, self.table)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )

    def side_by_side(self, n_colors: int | Sequence[int] | None = None) -> Image.Image:
        """Draw original and results beside each other, and below them a detail, enlarged.

        The detail is where neighbouring pixels of the original differ most.

        Parameters
        ----------
        n_colors : int or sequence of int, optional
            Which results to draw. None: all.

        Returns
        -------
        PIL.Image.Image
            Of mode RGB.

        Raises
        ------
        ValueError
            If there is no result of so many colours.
        """
        from .side_by_side import drawn

        asked = [row.n_colors for row in self.table]
        wanted = asked if n_colors is None else read_numbers(n_colors)
        for number in wanted:
            if number not in asked:
                msg = f"n_colors must be among the numbers that were compared, {asked}, got {number}"
                raise ValueError(msg)
        return drawn(self, [asked.index(number) for number in wanted])

    def figure(self) -> Figure:
        """Draw a chart of quality (SSIMULACRA 2) against bytes.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from .chart import chart

        return chart(self)

    def to_html(self) -> str:
        """Make a page that needs nothing else, and loads nothing.

        It has a slider between the original and each result, the palettes, the table and the chart.

        Returns
        -------
        str
            A whole HTML document.

        Raises
        ------
        ImportError
            If matplotlib, which draws the chart, is not installed.
        """
        from .page import page

        return page(self)

    def _repr_html_(self) -> str:
        """Show the page in Jupyter, where its styles and the notebook's must not meet."""
        document = html.escape(self.to_html())
        return (
            f'<iframe srcdoc="{document}" title="{html.escape(self.name)}" allow="clipboard-write" '
            'style="width: 100%; height: 56rem; border: 0; resize: vertical"></iframe>'
        )


def measured(
    image: Any,
    n_colors: int | Sequence[int],
    *,
    original_bytes: int | None,
    name: str,
    progress: Callable[[float], object] | None,
    options: Mapping[str, Any],
) -> Comparison:
    """Encode a picture in each number of colours, and measure the results."""
    numbers = read_numbers(n_colors)
    check_original_bytes(original_bytes)
    picture = read_picture(image)
    original = picture.samples
    reference = Original(read_pixels(original), background=None, n_threads=options.get("n_threads"))
    height, width = original.shape[:2]
    if original_bytes is None:
        original_bytes = len(png_of(to_uint8(original)))
    options = {"palette_only": True} | dict(options)  # these are to be compared
    table, pngs = [], []
    for i, number in enumerate(numbers):
        start = perf_counter()
        data = encode_png(picture, n_colors=number, progress=part_of(progress, i, len(numbers)), **options)
        seconds = perf_counter() - start
        result = read_picture(data).samples
        mse = mean_squared_error(original, result)
        row = Row(
            n_colors=number,
            colors=count_colors(result),
            bytes=len(data),
            ratio=len(data) / original_bytes,
            bits_per_pixel=8 * len(data) / (height * width),
            mse=mse,
            psnr=psnr(mse, has_alpha=has_alpha(original)),
            ssim=ssim(original, result),
            ssimulacra2=reference.score(read_pixels(result)),
            seconds=seconds,
        )
        table.append(row)
        pngs.append(data)
    return Comparison(name, to_uint8(original), original_bytes, table, pngs)


def part_of(progress: Callable[[float], object] | None, i: int, n: int) -> Callable[[float], object] | None:
    """Make what is told the share that is done of part `i` of `n`."""
    return None if progress is None else lambda share: progress((i + share) / n)


def read_numbers(n_colors: Any) -> list[int]:
    """Take one or several numbers of colours: the different ones, the fewest first."""
    numbers = [n_colors] if isinstance(n_colors, int | np.integer) else n_colors
    if isinstance(numbers, str | bytes) or not hasattr(numbers, "__iter__"):
        msg = f"n_colors must be an integer or a sequence of integers, got {n_colors!r}"
        raise TypeError(msg)
    numbers = list(numbers)
    for number in numbers:
        if isinstance(number, bool | np.bool_) or not isinstance(number, int | np.integer):
            msg = f"n_colors must be an integer or a sequence of integers, got {number!r} in {n_colors!r}"
            raise TypeError(msg)
        if not 1 <= number <= MAX_BYTE_COLORS:
            msg = f"n_colors must be from 1 to {MAX_BYTE_COLORS}, got {number}"
            raise ValueError(msg)
    if not numbers:
        msg = "n_colors must be at least one number of colors, got none"
        raise ValueError(msg)
    return sorted({int(number) for number in numbers})


def check_original_bytes(original_bytes: Any) -> None:
    """Check the size of a file."""
    if original_bytes is None:
        return
    if isinstance(original_bytes, bool | np.bool_) or not isinstance(original_bytes, int | np.integer):
        msg = f"original_bytes must be an integer, got {original_bytes!r} of type {type(original_bytes).__name__}"
        raise TypeError(msg)
    if original_bytes < 1:
        msg = f"original_bytes must be at least 1, got {original_bytes}"
        raise ValueError(msg)
