"""APNG: frames of one palette -> bytes of an animated palette PNG (PNG specification, third edition)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.indices import MAX_BYTE_COLORS
from ..stages.progress import Progress, silent
from ..stages.samples import rgba_rows
from .chunks import MAX_CHUNK_LENGTH, Chunk, FileParts, cut, idat_chunks
from .idat import COMPRESSIONS, compress
from .palette_order import palette_order
from .still import bit_depth, check_compression, n_not_opaque, plte_entries
from .still import encode as encode_still

SOURCE, OVER = 0, 1
"""How a frame goes onto the canvas: in place of what is there, or before it."""

KEEP = 0
"""What becomes of the canvas before the next frame: it stays as it is."""

INVISIBLE = np.zeros((1, 4), np.uint8)

MAX_DELAY_PART = 2**16 - 1
"""Numerator and denominator of a delay in seconds have 16 bits."""

MAX_DURATION = 1000 * MAX_DELAY_PART
"""Milliseconds."""

MAX_PLAYS = 2**31 - 1


def encode(
    frames: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    durations: Sequence[float],
    plays: int = 0,
    metadata: Sequence[Chunk] = (),
    *,
    keep: NDArray[np.bool_] | None = None,
    keep_palette: bool = False,
    compression: str = "default",
    progress: Progress = silent,
) -> bytes:
    """Write frames that share a palette as an animated PNG.

    Of every frame but the first only the rectangle of the pixels that change is written; those in it that stay as they
    are can be left transparent, for which the palette gets an entry, if that makes the file smaller.

    Parameters
    ----------
    frames : ndarray of shape (N, H, W)
        uint8, the indices of each frame.
    palette : ndarray of shape (n, C)
        uint8, at most 256 colours.
    durations : sequence of float
        Milliseconds for which each frame is shown, 0 to 65,535,000. Frames that look the same become one, shown for as
        long as all of them.
    plays : int, default=0
        How many times to show them all; 0 is forever.
    metadata, keep, keep_palette, compression
        As in `still.encode`.
    progress : callable, optional

    Returns
    -------
    bytes
        A whole file; a PNG without animation if all frames look the same.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.png import animation
    >>> blink = np.zeros((2, 8, 8), np.uint8)
    >>> blink[1, 3:5, 3:5] = 1
    >>> b"acTL" in animation.encode(blink, np.array([[0], [255]], np.uint8), [500, 500])
    True
    """
    check_compression(compression)
    _, height, width = frames.shape
    if keep_palette:
        indices, rgba = frames, rgba_rows(palette)
    else:
        indices, rgba = plte_entries(frames.reshape(-1, width), palette, keep)
    frames, durations = _merged(indices.reshape(frames.shape), durations)
    if len(frames) == 1:
        options: dict[str, Any] = {"keep_palette": keep_palette, "compression": compression}
        return encode_still(frames[0], rgba, metadata, keep=np.ones(len(rgba), bool), **options)
    changes = [_Change.between(before, after, rgba) for before, after in pairwise(frames)]
    candidates = [(frames, rgba)]
    has_room = rgba[0, 3] > 0 and len(rgba) < MAX_BYTE_COLORS and not keep_palette
    if has_room and any(change.can_be_over for change in changes):
        candidates.append((frames + np.uint8(1), np.concatenate([INVISIBLE, rgba])))
    files = []
    for n, (indices, rgba) in enumerate(candidates):
        order = np.arange(len(rgba), dtype=np.uint8)
        if not keep_palette:
            order = palette_order(
                indices.reshape(-1, width),
                len(rgba),
                n_first=n_not_opaque(rgba),
                trials_per_pair=COMPRESSIONS[compression].trials_per_pair[-1],
            )
        depth = bit_depth(len(rgba))
        pieces = []
        for piece in _pieces(np.argsort(order).astype(np.uint8)[indices], rgba[order], changes, depth, compression):
            pieces.append(piece)
            progress((n + len(pieces) / len(frames)) / len(candidates))
        files.append(FileParts((height, width), depth, rgba[order], metadata, _chunks(pieces, durations, plays)))
    return b"".join(min(files, key=len))


class _Change(NamedTuple):
    """The rectangle of a frame that differs from the one before, and where in it pixels do."""

    top: int
    left: int
    is_changed: NDArray[np.bool_]
    can_be_over: bool
    """Whether pixels can be left transparent: some stay, and those that change become opaque."""

    @classmethod
    def between(cls, before: NDArray[np.uint8], after: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> _Change:
        is_changed = before != after
        rows, columns = (np.flatnonzero(is_changed.any(axis=axis)) for axis in (1, 0))
        if len(rows) == 0:  # too long to become one: a frame has one pixel at least
            return cls(0, 0, is_changed[:1, :1], False)
        inside = is_changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        is_opaque = bool((rgba[after[is_changed], 3] == 255).all())
        return cls(int(rows[0]), int(columns[0]), inside, is_opaque and not inside.all())

    def crop(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the rectangle out of a frame."""
        height, width = self.is_changed.shape
        return np.ascontiguousarray(frame[self.top : self.top + height, self.left : self.left + width])


class _Piece(NamedTuple):
    """Part of a frame as it is written."""

    size: tuple[int, int]
    top: int
    left: int
    blend: int
    stream: bytes


def _merged(frames: NDArray[np.uint8], durations: Sequence[float]) -> tuple[NDArray[np.uint8], list[float]]:
    """Make one of frames that look the same, as far as it can last that long."""
    chosen, lasting = [0], [durations[0]]
    for n, (before, after) in enumerate(pairwise(frames), start=1):
        if lasting[-1] + durations[n] <= MAX_DURATION and np.array_equal(before, after):
            lasting[-1] += durations[n]
        else:
            chosen.append(n)
            lasting.append(durations[n])
    return frames[chosen], lasting


def _pieces(
    frames: NDArray[np.uint8], rgba: NDArray[np.uint8], changes: Sequence[_Change], depth: int, compression: str
) -> Iterator[_Piece]:
    """Yield the first frame, and of each other what it changes, in the way that takes fewer bytes."""

    def stream(indices: NDArray[np.uint8]) -> bytes:
        entries = (np.arange(len(rgba), dtype=np.uint8), depth, len(rgba), n_not_opaque(rgba))
        return bytes(compress(indices, *entries, compression, n_threads=1, reorder=False).data)

    height, width = frames.shape[1:]
    yield _Piece((height, width), 0, 0, SOURCE, stream(frames[0]))
    invisible = np.flatnonzero(rgba[:, 3] == 0)
    for frame, change in zip(frames[1:], changes, strict=True):
        indices = change.crop(frame)
        streams = {SOURCE: stream(indices)}
        if change.can_be_over and len(invisible):
            streams[OVER] = stream(np.where(change.is_changed, indices, invisible[0].astype(np.uint8)))
        blend = min(streams, key=lambda blend: len(streams[blend]))
        height, width = indices.shape
        yield _Piece((height, width), change.top, change.left, blend, streams[blend])


def _chunks(pieces: Sequence[_Piece], durations: Sequence[float], plays: int) -> list[Chunk]:
    """Make acTL, and fcTL with IDAT or fdAT for each frame, all but acTL and IDAT numbered."""
    chunks = [(b"acTL", struct.pack(">II", len(pieces), plays))]
    numbers = (struct.pack(">I", n) for n in count())
    for piece, duration in zip(pieces, durations, strict=True):
        height, width = piece.size
        control = struct.pack(">IIII", width, height, piece.left, piece.top)
        control += struct.pack(">HHBB", *delay(duration).as_integer_ratio(), KEEP, piece.blend)
        chunks.append((b"fcTL", next(numbers) + control))
        if len(chunks) == 2:  # the first frame, which is what programs without animation show
            chunks += idat_chunks(piece.stream)
        else:
            chunks += [(b"fdAT", next(numbers) + part) for part in cut(piece.stream, MAX_CHUNK_LENGTH - 4)]
    return chunks


def delay(duration: float) -> Fraction:
    """Seconds, as near to so many milliseconds as a fraction can be whose two parts have 16 bits."""
    seconds = Fraction(duration) / 1000
    return seconds.limit_denominator(int(MAX_DELAY_PART / max(seconds, Fraction(1))))
