"""APNG: frames of one palette -> bytes of an animated palette PNG (PNG specification, third edition)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..files import Spool
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.progress import Progress, part, silent
from ..stages.samples import rgba_rows
from . import deflater
from .chunks import MAX_CHUNK_LENGTH, Chunk, FileParts, chunk_bytes, cut, idat_chunks
from .idat import COMPRESSIONS, FILTERS_GAIN, PROBE_LEVEL, SMALL, compress
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

RUNS = 8, 16
"""Pixels beside each other that stay, and are left transparent where fewer would cut matches into pieces, or where they
would be far from their neighbours."""

_MARGIN, _SLACK = 1.2, 64  # ways that a probe finds within this factor of the least, and bytes, are compressed


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
    options: dict[str, Any] = {"keep": keep, "keep_palette": keep_palette, "compression": compression}
    return b"".join(
        written(frames, [*frames], palette, durations, plays, metadata, progress=progress, **options).parts()
    )


def written(
    frames: Iterable[NDArray[Any]],
    known: Sequence[NDArray[Any]],
    palette: NDArray[np.uint8],
    durations: Sequence[float],
    plays: int,
    metadata: Sequence[Chunk] = (),
    *,
    keep: NDArray[np.bool_] | None,
    keep_palette: bool,
    compression: str,
    progress: Progress,
    order: NDArray[np.uint8] | None = None,
) -> Spool:
    """Write frames that need not all be in memory.

    Parameters
    ----------
    frames : iterable of ndarray of shape (H, W)
        Indices.
    known : sequence of ndarray of shape (H, W)
        All frames, or some that are like them: by these the palette is ordered. Only if they are all, colours that no
        pixel has are left out, and both with an entry for transparency and without the file is made.
    palette, durations, plays, metadata, keep, keep_palette, compression, progress
        As in `encode`.
    order : ndarray of shape (n,), optional
        uint8, that of the palette, which is opaque then, and not kept as it is.

    Returns
    -------
    Spool
    """
    check_compression(compression)
    is_whole = len(known) == len(durations)
    height, width = known[0].shape
    if keep_palette:
        new_row, rgba = np.arange(len(palette)), rgba_rows(palette)
    else:
        counts = sum(np.bincount(frame.ravel(), minlength=len(palette)) for frame in known)
        used = np.flatnonzero(counts if is_whole else np.ones(len(palette)))
        if is_whole and keep is not None:
            used = np.flatnonzero(keep | (counts > 0))
        rows, rgba = plte_entries(used.astype(np.uint8)[np.newaxis], palette, keep)
        new_row = np.zeros(len(palette), np.intp)
        new_row[used] = rows[0]
    rows_of = [new_row.astype(np.uint8)[frame] for frame in known]
    different = [rows_of[0], *(after for before, after in pairwise(rows_of) if not np.array_equal(before, after))]
    if is_whole and len({frame.tobytes() for frame in different}) == 1 and sum(durations) <= MAX_DURATION:
        options: dict[str, Any] = {"keep_palette": keep_palette, "compression": compression}
        return Spool([encode_still(rows_of[0], rgba, metadata, keep=np.ones(len(rgba), bool), **options)])
    starts = [0]
    has_room = rgba[0, 3] > 0 and len(rgba) < MAX_BYTE_COLORS and not keep_palette
    if has_room and not is_whole:
        starts = [1]
    elif has_room and any(_Change.between(before, after, rgba).can_be_over for before, after in pairwise(different)):
        starts = [0, 1]
    stacked = np.concatenate(different)
    files = []
    for n, start in enumerate(reversed(starts)):
        entries = np.concatenate([INVISIBLE, rgba]) if start else rgba
        in_order = np.arange(len(entries), dtype=np.uint8)
        if order is not None:
            given = [row + start for row in dict.fromkeys(new_row[order[np.isin(order, used)]].tolist())]
            in_order = np.array([*range(start), *given], np.uint8)
        elif not keep_palette:
            in_order = palette_order(
                stacked + np.uint8(start),
                len(entries),
                n_first=n_not_opaque(entries),
                trials_per_pair=COMPRESSIONS[compression].trials_per_pair[-1],
            )
        depth = bit_depth(len(entries))
        place = np.argsort(in_order).astype(np.uint8)[new_row + start]
        done = part(progress, n / len(starts), (n + 1) / len(starts))
        merged = _merged((place[frame] for frame in frames), durations, done)
        blends: list[int] = []
        pieces = _pieces(merged, entries[in_order], depth, compression, blends)
        file = FileParts((height, width), depth, entries[in_order], metadata, ())
        files.append(Spool(file.around(_animation_parts(pieces, plays))))
        if 2 * blends.count(OVER) > len(blends) and stacked.size > SMALL:  # the entry pays
            break
    progress(1.0)
    return min(files, key=len)


def may_be_smaller(frames: Iterable[NDArray[Any]], palette: NDArray[np.uint8], n_bytes: int) -> bool:
    """Probe whether a file of some frames may have fewer bytes than another one has.

    Parameters
    ----------
    frames : iterable of ndarray of shape (H, W)
        Indices.
    palette : ndarray of shape (n, C)
        uint8.
    n_bytes : int

    Returns
    -------
    bool
    """
    rgba = rgba_rows(palette)
    if len(rgba) < MAX_BYTE_COLORS:
        rgba = np.concatenate([rgba, INVISIBLE])
    before: NDArray[np.uint8] | None = None
    most, size = FILTERS_GAIN * n_bytes + SMALL, 0
    for frame in frames:
        after = frame.astype(np.uint8)
        if before is None:
            size += _probed(after)
        else:
            change = _Change.between(before, after, rgba)
            size += min(_probed(indices) for _, indices in _ways(change, after, rgba))
        if size > most:
            return False
        before = after
    return True


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
    duration: float


def _merged(
    frames: Iterable[NDArray[np.uint8]], durations: Sequence[float], progress: Progress
) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Make one of frames that look the same, as far as it can last that long."""
    shown: NDArray[np.uint8] | None = None
    lasting = 0.0
    for n, (frame, duration) in enumerate(zip(frames, durations, strict=True)):
        if shown is not None and lasting + duration <= MAX_DURATION and np.array_equal(shown, frame):
            lasting += duration
            continue
        if shown is not None:
            yield shown, lasting
        shown, lasting = frame, duration
        progress(n / len(durations))
    assert shown is not None
    yield shown, lasting
    progress(1.0)


def _pieces(
    frames: Iterable[tuple[NDArray[np.uint8], float]],
    rgba: NDArray[np.uint8],
    depth: int,
    compression: str,
    blends: list[int],
) -> Iterator[_Piece]:
    """Yield the first frame, and of each other what it changes, in the way that takes fewer bytes; note the ways."""

    def stream(indices: NDArray[np.uint8]) -> bytes:
        entries = (np.arange(len(rgba), dtype=np.uint8), depth, len(rgba), n_not_opaque(rgba))
        is_thorough = compression == "max"
        stream = compress(indices, *entries, compression, n_threads=1, reorder=False, is_thorough=is_thorough)
        return bytes(stream.data)

    before: NDArray[np.uint8] | None = None
    for frame, duration in frames:
        if before is None:
            yield _Piece((frame.shape[0], frame.shape[1]), 0, 0, SOURCE, stream(frame), duration)
        else:
            change = _Change.between(before, frame, rgba)
            ways = _likely(_ways(change, frame, rgba))
            blend, data = min(((blend, stream(indices)) for blend, indices in ways), key=lambda way: len(way[1]))
            blends.append(blend)
            height, width = change.is_changed.shape
            yield _Piece((height, width), change.top, change.left, blend, data, duration)
        before = frame


def _ways(change: _Change, frame: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> list[tuple[int, NDArray[np.uint8]]]:
    """List how a frame can be written: the blending, and indices of what changes."""
    indices = change.crop(frame)
    ways = [(SOURCE, indices)]
    invisible = np.flatnonzero(rgba[:, 3] == 0)
    if change.can_be_over and len(invisible):
        nothing = invisible[0].astype(np.uint8)
        ways += [(OVER, np.where(stays, nothing, indices)) for stays in _stays(~change.is_changed)]
    return ways


def _likely(ways: Sequence[tuple[int, NDArray[np.uint8]]]) -> list[tuple[int, NDArray[np.uint8]]]:
    """Leave out what is clearly larger than another way."""
    if len(ways) == 1:
        return [*ways]
    sizes = [_probed(indices) for _, indices in ways]
    return [way for way, size in zip(ways, sizes, strict=True) if size <= _MARGIN * min(sizes) + _SLACK]


def _probed(indices: NDArray[np.uint8]) -> int:
    """Count the bytes that indices take, about, without filters."""
    return len(deflater.zlib_compress(indices.data, PROBE_LEVEL))


def _stays(mask: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """Yield which pixels to leave transparent: all that may be, and those of runs, between which matches go on."""
    yield mask
    before = mask
    for run in RUNS:
        found = in_runs(before, run)
        if found.any() and not np.array_equal(found, before):
            yield found
        before = found


def in_runs(mask: NDArray[np.bool_], run: int) -> NDArray[np.bool_]:
    """Return which pixels (H, W) are true with so many beside each other."""
    padded = np.pad(mask, ((0, 0), (1, 1))).ravel()  # so that runs end with their rows, and the first is of none
    starts = np.flatnonzero(padded[1:] != padded[:-1]) + 1
    lengths = np.diff(starts, prepend=0, append=padded.size)
    is_run = (np.arange(len(lengths)) % 2 == 1) & (lengths >= run)
    return np.repeat(is_run, lengths).reshape(len(mask), -1)[:, 1:-1]


def _animation_parts(pieces: Iterable[_Piece], plays: int) -> Iterator[bytes]:
    """Yield acTL, and fcTL with IDAT or fdAT for each frame, all but acTL and IDAT numbered; of one frame IDAT only."""
    numbers = (struct.pack(">I", n) for n in count())
    n_frames = 0
    first, others = b"", Spool()  # that there are so many is said before them
    for piece in pieces:
        height, width = piece.size
        control = struct.pack(">IIII", width, height, piece.left, piece.top)
        control += struct.pack(">HHBB", *delay(piece.duration).as_integer_ratio(), KEEP, piece.blend)
        number = next(numbers)
        if n_frames == 0:  # what programs without animation show
            first = chunk_bytes(b"fcTL", number + control)
            pictures = idat_chunks(piece.stream)
        else:
            others.append(chunk_bytes(b"fcTL", number + control))
            pictures = [(b"fdAT", next(numbers) + data) for data in cut(piece.stream, MAX_CHUNK_LENGTH - 4)]
        for kind, data in pictures:
            others.append(chunk_bytes(kind, data))
        n_frames += 1
    if n_frames > 1:
        yield chunk_bytes(b"acTL", struct.pack(">II", n_frames, plays)) + first
    yield from others.parts()


def delay(duration: float) -> Fraction:
    """Seconds, as near to so many milliseconds as a fraction can be whose two parts have 16 bits."""
    seconds = Fraction(duration) / 1000
    return seconds.limit_denominator(int(MAX_DELAY_PART / max(seconds, Fraction(1))))
