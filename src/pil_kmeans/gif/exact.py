"""Exact GIF: indices -> bytes of a GIF89a whose pixels have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..png.still import plte_entries
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.progress import Progress, silent
from ..stages.samples import rgba_rows
from .blocks import TRAILER, Rectangle, centiseconds, header
from .canvas import NOTHING, Entries, steps
from .codes import Coded


@dataclass(frozen=True)
class Given:
    """Frames (N, H, W) whose entries are decided."""

    frames: Entries

    def changes(self, n: int, shown: Entries) -> NDArray[np.bool_]:
        """Return which pixels have another entry."""
        is_other: NDArray[np.bool_] = self.frames[n] != shown
        return is_other

    def choose(self, n: int, rectangle: Rectangle, shown: Entries) -> tuple[Entries, Coded | None]:
        """Return them."""
        return self.frames[n][rectangle.inside], None


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
    entries, table = as_entries(frames, palette, keep=keep, keep_palette=keep_palette)
    parts = [header(entries.shape[1:], table, plays if len(entries) > 1 else 1)]
    chooser = Given(entries)
    for n, step in enumerate(steps(chooser, [frame == NOTHING for frame in entries], centiseconds(durations))):
        parts.append(step.data)
        progress(min(1.0, (n + 1) / len(entries)))
    return b"".join([*parts, TRAILER])


def as_entries(
    frames: NDArray[Any], palette: NDArray[Any], *, keep: NDArray[np.bool_] | None = None, keep_palette: bool = False
) -> tuple[Entries, NDArray[np.uint8]]:
    """Return the entries of the pixels (N, H, W) in a table that a GIF can hold, and that (n, 3).

    Unless the palette is kept, entries that most frames need for what changes come first, so that frames in which few
    colours change have short symbols.
    """
    flat = frames.reshape(len(frames), -1)
    if keep_palette:
        rgba = rgba_rows(palette)
    else:
        flat, rgba = plte_entries(flat, palette, keep)
    is_visible = rgba[:, 3] > 0
    if (rgba[is_visible, 3] < 255).any():
        raise ValueError("a GIF has no translucent colors: make them opaque or fully transparent, or write a PNG")
    if len(rgba) > MAX_BYTE_COLORS:
        raise ValueError(
            f"a GIF holds at most {MAX_BYTE_COLORS} colors, this picture has {len(rgba)}: "
            f"quantize to n_colors={MAX_BYTE_COLORS} or fewer"
        )
    new_entry = np.arange(len(rgba), dtype=np.int16)
    if not keep_palette:
        n_frames = np.zeros(len(rgba), np.intp)  # that need an entry
        for before, frame in pairwise(flat):
            n_frames[np.unique(frame[frame != before])] += 1
        chosen = np.flatnonzero(is_visible)
        chosen = chosen[np.argsort(-n_frames[chosen], kind="stable")]
        new_entry[chosen] = np.arange(len(chosen))
        rgba = rgba[chosen]
    new_entry[~is_visible] = NOTHING
    table = rgba[:, :3] if len(rgba) else np.zeros((1, 3), np.uint8)
    return new_entry[flat].reshape(frames.shape), np.ascontiguousarray(table)
