"""Exact GIF: indices -> bytes of a GIF89a whose pixels have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..png.still import plte_entries
from ..stages.in_order import Series
from ..stages.indices import MAX_BYTE_COLORS, index_dtype
from ..stages.progress import Progress, silent
from ..stages.samples import rgba_rows
from .blocks import TRAILER, Rectangle, centiseconds, header
from .canvas import Chooser, steps
from .codes import Coded
from .tables import NOTHING, Entries, Tables


@dataclass(frozen=True)
class Given:
    """Frames whose entries (H, W) are decided, those of each in its own table or shown already."""

    frames: Series

    def changes(self, n: int, shown: Entries) -> NDArray[np.bool_]:
        """Return which pixels have another entry."""
        is_other: NDArray[np.bool_] = self.frames[n] != shown
        return is_other

    def choose(self, n: int, rectangle: Rectangle, shown: Entries) -> tuple[Entries, Coded | None]:
        """Return them."""
        entries: Entries = self.frames[n][rectangle.inside]
        return entries, None


def encode(
    frames: NDArray[Any],
    palette: NDArray[Any],
    durations: Sequence[float],
    plays: int = 0,
    *,
    keep: NDArray[np.bool_] | None = None,
    keep_palette: bool = False,
    progress: Progress = silent,
) -> bytes:
    """Write frames that share a palette as a GIF.

    Parameters
    ----------
    frames : ndarray of shape (N, H, W)
        uint8 or uint16, the entry of each pixel.
    palette : ndarray of shape (n, C)
        The entries, of which 16-bit and float ones are rounded to 8 bits. Those that are not opaque must be fully
        transparent.
    durations : sequence of float
        Milliseconds for which each frame is shown. Frames that look the same become one, shown for as long as all of
        them.
    plays : int, default=0
        How many times to show them all; 0 is forever.
    keep : ndarray of shape (n,), optional
        bool, which entries of an 8-bit palette to write though no pixel may have them.
    keep_palette : bool, default=False
        Write all entries, which are of 8 bits then, in their order.
    progress : callable, optional

    Returns
    -------
    bytes
        A whole file.

    Raises
    ------
    ValueError
        If the pixels have too many colours, or entries are translucent, or the frames are too large for a GIF.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.gif import exact
    >>> blink = np.zeros((2, 8, 8), np.uint8)
    >>> blink[1, 3:5, 3:5] = 1
    >>> exact.encode(blink, np.array([[0], [255]], np.uint8), [500, 500])[:6]
    b'GIF89a'
    """
    new_entry, table = table_of([*frames], palette, keep=keep, keep_palette=keep_palette)
    entries = new_entry[frames]
    tables = Tables([table], [0] * len(frames))
    return b"".join(written(Given(entries), entries, tables, durations, plays, progress))


def written(
    chooser: Chooser,
    nearest: Series,
    tables: Tables,
    durations: Sequence[float],
    plays: int,
    progress: Progress,
    see: Callable[[int, Entries], None] = lambda n, shown: None,
) -> Iterator[bytes]:
    """Write frames as a GIF, part by part.

    Parameters
    ----------
    chooser : Chooser
    nearest : Series
        Entries (H, W) of the frames, `NOTHING` where they are transparent.
    tables : Tables
    durations, plays, progress
        As in `encode`.
    see : callable
        Is told what each frame shows.

    Yields
    ------
    bytes
    """
    n_frames = len(nearest)
    height, width = nearest[0].shape
    yield header((height, width), tables.rows[0], plays if n_frames > 1 else 1)
    for n, step in enumerate(steps(chooser, lambda n: nearest[n] == NOTHING, tables, centiseconds(durations))):
        if step.data:
            yield step.data
        if step.shown is not None:
            see(n, step.shown)
        progress(min(1.0, (n + 1) / n_frames))
    yield TRAILER


def table_of(
    frames: Sequence[NDArray[Any]],
    palette: NDArray[Any],
    *,
    keep: NDArray[np.bool_] | None = None,
    keep_palette: bool = False,
) -> tuple[Entries, NDArray[np.uint8]]:
    """Return the entry (n,) of each row of a palette (n, C) in a table that a GIF can hold, and that (k, 3).

    Unless the palette is kept, entries that most frames need for what changes come first, so that frames in which few
    colours change have short symbols; those that no frame (H, W) needs are left out.
    """
    new_entry = np.zeros(len(palette), np.int16)
    counts = sum(np.bincount(frame.ravel(), minlength=len(palette)) for frame in frames)
    used = np.flatnonzero(counts if keep is None else keep | (counts > 0))
    if keep_palette:
        rgba, used = rgba_rows(palette), np.arange(len(palette))
        new_row = used
    else:
        rows, rgba = plte_entries(used.astype(index_dtype(len(palette)))[np.newaxis], palette, keep)
        new_row = rows[0]
    is_visible = rgba[:, 3] > 0
    if (rgba[is_visible, 3] < 255).any():
        raise ValueError("a GIF has no translucent colors: make them opaque or fully transparent, or write a PNG")
    if len(rgba) > MAX_BYTE_COLORS:
        raise ValueError(
            f"a GIF holds at most {MAX_BYTE_COLORS} colors, this picture has {len(rgba)}: "
            f"quantize to n_colors={MAX_BYTE_COLORS} or fewer"
        )
    of_row = np.arange(len(rgba), dtype=np.int16)
    if not keep_palette:
        n_frames = np.zeros(len(rgba), np.intp)  # that need an entry
        place = np.zeros(len(palette), np.intp)
        place[used] = new_row
        for before, frame in pairwise(frames):
            n_frames[np.unique(place[frame[frame != before]])] += 1
        chosen = np.flatnonzero(is_visible)
        chosen = chosen[np.argsort(-n_frames[chosen], kind="stable")]
        of_row[chosen] = np.arange(len(chosen))
        rgba = rgba[chosen]
    of_row[~is_visible] = NOTHING
    table = rgba[:, :3] if len(rgba) else np.zeros((1, 3), np.uint8)
    new_entry[used] = of_row[new_row]
    return new_entry, np.ascontiguousarray(table)
