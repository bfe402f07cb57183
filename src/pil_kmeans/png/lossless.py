"""Lossless: pixels as they are -> bytes of a PNG, grey, in colours, or with a palette that holds all of them.

Of all these ways to store the same pixels the smallest is looked for, if a probe says that it may be small enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.histogram import histogram
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.pixels import read_pixels
from ..stages.remap import remap
from .chunks import HAS_ALPHA, HAS_COLOR, Chunk, FileParts, idat_chunks
from .filters import LEAST_BYTES_NEARBY, LEAST_ENTROPY, UNFILTERED, Filters
from .idat import (
    BYTE,
    COMPRESSIONS,
    MEDIUM,
    PROBE_LEVEL,
    SMALL,
    SampleRows,
    filters_that_suit,
    pack_bits,
    smallest_stream,
)
from .still import encoded_parts

WHITE = 255
MOST_SAMPLES = 1 << 27
"""Of a picture that is tried without loss: what takes that much stays large."""

_PROBED, _PROBED_SHARE = 1 << 16, 16  # bytes of a picture that are probed, or a part of it if that is more
_PROBED_ROWS = 4  # that are neighbours, as filters need them
_PROBE_MISSES = 1.5  # times the size that it should have, a part or a quick look may tell
_PLAIN = 16  # times smaller than its samples: parts do not tell of repeats, and all is soon looked at
_QUICK_MISSES = 1.3
FRAMING = 57
"""Bytes of a file around its zlib stream, without a palette and metadata."""
_TINY = 1 << 12  # bytes, up to which one more choice of filters may save more than a hundredth


class Stored(NamedTuple):
    """A way to store pixels without a palette: what IHDR says, and unfiltered rows (H, n), packed and as samples."""

    color_type: int
    depth: int
    rows: NDArray[np.uint8]
    pixel_bytes: int
    samples: NDArray[np.uint8]

    def in_bytes(self) -> Stored:
        """Store each sample in a byte."""
        return Stored(self.color_type, BYTE, self.samples, 1, self.samples)

    def behind(self, filters: Filters) -> SampleRows:
        """Put the rows behind filters."""
        return SampleRows(self.depth, filters, self.rows, self.pixel_bytes)


def smaller(
    samples: NDArray[np.uint8],
    metadata: Sequence[Chunk],
    *,
    than: int | None,
    n_tried: int,
    compression: str,
    n_threads: int,
) -> FileParts | None:
    """Write a picture without loss if that takes fewer bytes.

    Parameters
    ----------
    samples : ndarray of shape (H, W, C)
        uint8; RGB of fully transparent pixels counts.
    metadata : sequence of (type, data)
        Ancillary chunks.
    than : int or None
        How many bytes are too many; None: none are.
    n_tried : int
        A picture of at most so many colours is known with a palette already.
    compression : {"fast", "default", "max"}
        How long to look for a small file.
    n_threads : int
        The bytes do not depend on it.

    Returns
    -------
    FileParts or None
        A whole PNG file; None if it would not be smaller, or the picture has more than `MOST_SAMPLES`.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.png.lossless import smaller
    >>> y, x = np.mgrid[:64, :64]
    >>> planes = np.dstack([4 * x, 4 * y, 2 * (x + y)]).astype(np.uint8)
    >>> smaller(planes, [], than=2000, n_tried=256, compression="default", n_threads=1).n_bytes < 150
    True
    """
    if samples.size > MOST_SAMPLES:
        return None
    is_plain = than is not None and _PLAIN * than < samples.size
    parts = samples if is_plain else _parts(samples)
    with_palette = n_tried < MAX_BYTE_COLORS and _n_colors(parts) <= MAX_BYTE_COLORS
    if than is not None and parts is not samples and not with_palette:
        about = _probed_size(stored_pixels(parts)) * samples.size / parts.size
        if about > _PROBE_MISSES * than:
            return None
    files = []
    if with_palette and n_tried < _n_colors(samples) <= MAX_BYTE_COLORS:
        files.append(_with_palette(samples, metadata, compression, n_threads))
    stored = stored_pixels(samples)
    few, more = _filtered(stored, compression)
    is_small = few[0].n_bytes <= SMALL
    if than is None or is_small or _probed_size(stored) <= _QUICK_MISSES * than:
        if stored.rows.size <= _TINY and compression != "fast":
            more.append(stored.behind(LEAST_BYTES_NEARBY))
        sizes = [file.n_bytes for file in files] + ([] if than is None else [than])
        wanted = max(1, min(sizes) - FRAMING) if sizes else None
        rows, stream = smallest_stream(few, COMPRESSIONS[compression], n_threads, more=more, than=wanted)
        no_palette = np.empty((0, 4), np.uint8)
        size = (samples.shape[0], samples.shape[1])
        files.append(FileParts(size, rows.depth, no_palette, metadata, idat_chunks(stream), stored.color_type))
    found = min(files, key=lambda file: file.n_bytes, default=None)
    return found if found is not None and (than is None or found.n_bytes < than) else None


def stored_pixels(samples: NDArray[np.uint8]) -> Stored:
    """Find the way without a palette that takes fewest samples and bits for pixels (H, W, C).

    A colour that stands for all transparent pixels, which saves alpha, is not used: many programs do not know of it.
    """
    n_channels = samples.shape[2]
    color = samples[..., : 3 if n_channels > 2 else 1]
    if n_channels > 2 and (color[..., :1] == color[..., 1:]).all():
        color = color[..., :1]
    color_type = HAS_COLOR if color.shape[2] > 1 else 0
    if n_channels % 2 == 0 and (samples[..., -1] < WHITE).any():
        both = np.concatenate([color, samples[..., -1:]], axis=2)
        rows = _rows(both)
        return Stored(color_type | HAS_ALPHA, BYTE, rows, both.shape[2], rows)
    rows = _rows(color)
    if color_type == HAS_COLOR:
        return Stored(color_type, BYTE, rows, 3, rows)
    step = next(step for step in (WHITE, 85, 17, 1) if not (rows % step).any())
    depth = (WHITE // step).bit_length()
    return Stored(color_type, depth, pack_bits(rows // np.uint8(step), depth), 1, rows)


def _rows(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(samples).reshape(len(samples), -1)


def _filtered(stored: Stored, compression: str) -> tuple[list[SampleRows], list[SampleRows]]:
    """Put the rows behind the filters that are always tried, and behind those for few bytes and drawings."""
    preset = COMPRESSIONS[compression]
    n_bytes = stored.rows.size
    few = [stored.behind(some) for some in (UNFILTERED, *filters_that_suit(preset.filters, n_bytes, MEDIUM))]
    more = [stored.behind(some) for some in filters_that_suit(preset.more_filters, n_bytes)]
    if stored.depth < BYTE and n_bytes <= SMALL:  # bytes may repeat where parts of them do not
        more += [stored.in_bytes().behind(some) for some in (UNFILTERED, *preset.filters)]
    return few, more


def _with_palette(samples: NDArray[np.uint8], metadata: Sequence[Chunk], compression: str, n_threads: int) -> FileParts:
    """Write it with a palette of all its colours."""
    pixels = read_pixels(samples)
    colors = histogram(pixels, n_threads=n_threads, one_transparent=False).colors
    indices = remap(pixels, colors, color_space="rgba8", effort="balanced", n_threads=n_threads)
    return encoded_parts(
        indices,
        colors,
        metadata,
        keep=None,
        keep_palette=False,
        compression=compression,
        for_deflate=False,
        n_threads=n_threads,
        new_array=np.empty,
    )


def _n_colors(samples: NDArray[np.uint8]) -> int:
    return len(histogram(read_pixels(samples), n_threads=1, one_transparent=False).colors)


def _parts(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return some rows that stand for all, or all if these are not many more."""
    height = len(samples)
    row = samples[0].size
    n_rows = max(_PROBED, samples.size // _PROBED_SHARE) // row
    n_parts = max(1, n_rows // _PROBED_ROWS)
    if samples.size <= SMALL or 2 * n_parts * _PROBED_ROWS >= height:
        return samples
    tops = np.linspace(0, height - _PROBED_ROWS, n_parts).astype(np.intp)
    parts: NDArray[np.uint8] = samples[(tops[:, np.newaxis] + np.arange(_PROBED_ROWS)).ravel()]
    return parts


def _probed_size(stored: Stored) -> int:
    """Tell about how many bytes it takes."""
    return min(stored.behind(some).probed_size(1, PROBE_LEVEL) for some in (LEAST_ENTROPY, UNFILTERED))
