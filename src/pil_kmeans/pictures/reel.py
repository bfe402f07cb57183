"""Reel: frames of one size that are read twice, so that only some of them are held at a time.

The first time all are looked at, and those are kept that a palette is fitted to: all where they are few, otherwise some
of them, evenly spread, and those that show something new. Then they are read again, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stages.histogram import histogram
from ..stages.in_order import InOrder, Series
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.pixels import read_pixels
from ..stages.samples import in_least_channels, least_channels, rgba_rows, to_uint8, to_uint16
from .animated import Given
from .fixed_colors import columns
from .layout import Layout
from .read import Picture, read_picture
from .scenes import Scenes
from .source import Source

MOST_AT_HAND = 10_000_000
"""Pixels of all frames that are kept and that a palette is fitted to."""

LEAST_AT_HAND = 4
"""Frames that are kept however large they are."""

MOST_BUFFERED = 256 << 20
"""Bytes of frames that can be read once only."""

_NEW_SHARE = 1 / 200  # of a frame's pixels in cells of colors that no kept frame has, for which it is kept as well
_CELL_SHIFT = 4  # bits of 8 that cells leave away
_TRANSPARENT = 1 << 3 * _CELL_SHIFT

Adapt = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Kind:
    """What the samples of all frames are made to be: of 16 bits, of so many channels."""

    is_deep: bool
    n_channels: int
    adapt: Adapt

    def of(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Make them so."""
        if self.is_deep:
            samples = to_uint16(samples)
        if self.n_channels < min(samples.shape[2], 3):
            samples = in_least_channels(samples, self.n_channels)
        elif samples.shape[2] != self.n_channels:
            samples = rgba_rows(samples)[..., columns(self.n_channels)]
        return np.ascontiguousarray(self.adapt(samples))


@dataclass
class FirstLook:
    """What is known of frames after they have been read once.

    Attributes
    ----------
    first : Picture
    sources : list of Source
        Of each frame, without its samples.
    turns : list of int
        EXIF orientations that were undone.
    durations : list
        What each says of its own.
    dtypes : set of dtype
    channels : set of int
        How many hold what was read.
    kept : dict of int to ndarray of shape (H, W, C)
        Samples by the number of their frame.
    colors : ndarray of shape (n, 4) or None
        uint8: all colours, if they are at most 256.
    has_transparent : bool
        Whether there is a fully transparent pixel.
    scenes : Scenes
    """

    first: Picture
    sources: list[Source] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    durations: list[Any] = field(default_factory=list)
    dtypes: set[np.dtype[Any]] = field(default_factory=set)
    channels: set[int] = field(default_factory=set)
    kept: dict[int, NDArray[Any]] = field(default_factory=dict)
    colors: NDArray[np.uint8] | None = field(default_factory=lambda: np.zeros((0, 4), np.uint8))
    has_transparent: bool = False
    scenes: Scenes = field(default_factory=Scenes)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of every frame."""
        height, width = self.first.samples.shape[:2]
        return height, width

    @property
    def is_whole(self) -> bool:
        """Whether all frames are kept."""
        return len(self.kept) == len(self.sources)

    def see(self, samples: NDArray[Any]) -> None:
        """Note the colours of a frame, 8-bit RGBA (H, W, 4)."""
        if self.colors is not None:
            found = histogram(read_pixels(samples), n_threads=1).colors
            colors = np.unique(np.concatenate([self.colors, found]), axis=0)
            self.colors = colors if len(colors) <= MAX_BYTE_COLORS else None


class Reel:
    """The frames (H, W, C), by their number; those that are not at hand are read again.

    Parameters
    ----------
    read : callable
        Returns an iterator of the samples of all frames.
    kept : dict of int to ndarray of shape (H, W, C)
    length : int
        Number of all frames.
    """

    def __init__(self, read: Callable[[], Iterator[NDArray[Any]]], kept: dict[int, NDArray[Any]], length: int) -> None:
        self.kept = kept
        self._others: Series | None = None if len(kept) == length else InOrder(read, length)
        self._length = length

    def __len__(self) -> int:
        """Return the number of frames."""
        return self._length

    def __getitem__(self, n: int) -> NDArray[Any]:
        """Return the samples of frame n."""
        if n in self.kept:
            return self.kept[n]
        assert self._others is not None
        return self._others[n]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield all frames."""
        return (self[n] for n in range(self._length))


def look(given: Given, layout: Layout, adapt: Adapt) -> tuple[FirstLook, Given]:
    """Read all frames once.

    Parameters
    ----------
    given : Given
    layout : Layout
    adapt : callable
        What is made of samples (H, W, C) before they are used.

    Returns
    -------
    FirstLook
    Given
        By which they can be read again.

    Raises
    ------
    TypeError, ValueError
        As `read_picture`; ValueError if there are no frames, they differ in size, or cannot be read again and are
        too many to be held.
    """
    seen: FirstLook | None = None
    chosen = _Chosen()
    buffer: list[NDArray[Any]] = []
    n_bytes = 0
    for n, one in enumerate(given.begin()):
        name = "image" if given.is_one else f"image[{n}]"
        picture = read_picture(one, name, layout)
        samples = picture.samples
        if seen is None:
            seen = FirstLook(picture)
        _check_size(samples, seen.shape, name)
        seen.sources.append(_without_samples(picture.source))
        seen.turns.append(picture.turn)
        seen.durations.append(picture.image and picture.image.info.get("duration"))
        seen.dtypes.add(samples.dtype)
        seen.channels.add(_n_channels(picture))
        adapted = adapt(samples)
        seen.has_transparent |= adapted.shape[2] % 2 == 0 and bool((adapted[..., -1] == 0).any())
        if given.is_one:
            seen.kept[n] = samples
            continue
        samples = _own(one, samples, given)
        if not given.can_repeat:
            n_bytes += samples.nbytes
            _check_buffered(n_bytes, n)
            buffer.append(samples)
        rgba = rgba_rows(to_uint8(adapted))
        seen.see(rgba)
        counts = _in_cells(rgba)
        seen.scenes.add(rgba, counts)
        chosen.add(n, samples, counts)
    if seen is None:
        msg = "image must be a picture or a list of at least one picture, got an empty list"
        raise ValueError(msg)
    seen.kept = seen.kept or chosen.kept
    return seen, given if given.can_repeat else Given.several(buffer)


def read_again(given: Given, seen: FirstLook, kind: Kind, layout: Layout) -> Iterator[NDArray[Any]]:
    """Yield the samples of all frames, made what those of all frames are.

    Raises
    ------
    ValueError
        If they are others than before.
    """
    n = -1
    for n, one in enumerate(given.begin()):
        picture = read_picture(one, f"image[{n}]", layout)
        samples = _own(one, picture.samples, given)
        if n >= len(seen.sources) or samples.shape[:2] != seen.shape or _n_channels(picture) not in seen.channels:
            break
        yield kind.of(samples)
    else:
        if n + 1 == len(seen.sources):
            return
    raise ValueError(
        "image gave other frames when it was read again: pass what gives the same frames each time, or a list of them"
    )


class _Chosen:
    """The frames to keep, as they come: the more come, the farther apart, and a third of them for what is new."""

    def __init__(self) -> None:
        self.kept: dict[int, NDArray[Any]] = {}
        self._news: dict[int, float] = {}  # what share of a frame was new
        self._stride = 1
        self._is_known = np.zeros(_TRANSPARENT + 1, np.bool_)

    def add(self, n: int, samples: NDArray[Any], counts: NDArray[np.intp]) -> None:
        """Keep a frame (H, W, C), which has so many pixels in each cell of colours, or not."""
        most = max(LEAST_AT_HAND, MOST_AT_HAND // (samples.shape[0] * samples.shape[1]))
        new = np.where(self._is_known, 0, counts)
        share = 1.0 if new[_TRANSPARENT] else float(new.sum() / counts.sum())
        if n and share > _NEW_SHARE:
            self._news[n] = share
        least_new = min(self._news, key=self._news.__getitem__) if len(self._news) > most // 3 else None
        if least_new is not None:
            del self._news[least_new]
        if n % self._stride == 0 or n in self._news:
            self.kept[n] = samples
            self._is_known |= counts > 0
        while len(self._kept_in_turn(self.kept)) + len(self._news) > most:
            self._stride *= 2
            turn = self._kept_in_turn(self.kept)
            if turn == [0]:
                break
        self.kept = {i: kept for i, kept in self.kept.items() if i % self._stride == 0 or i in self._news}

    def _kept_in_turn(self, kept: Iterable[int]) -> list[int]:
        return [i for i in kept if i % self._stride == 0 and i not in self._news]


def _in_cells(rgba: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Count the pixels (H, W, 4) in coarse cells of colours, of which transparent ones have their own."""
    cells = rgba.astype(np.uint16) >> _CELL_SHIFT
    place = cells[..., 0] << 2 * _CELL_SHIFT | cells[..., 1] << _CELL_SHIFT | cells[..., 2]
    place[rgba[..., 3] == 0] = _TRANSPARENT
    return np.bincount(place.ravel(), minlength=_TRANSPARENT + 1)


def _n_channels(picture: Picture) -> int:
    """How many channels a frame has, or needs if it is grey; what does not fit into memory stays as it is."""
    samples = picture.samples
    return samples.shape[2] if picture.source.in_file else least_channels(samples)


def _own(one: Any, samples: NDArray[Any], given: Given) -> NDArray[Any]:
    """Copy what may be filled anew for the next frame, and what holds more than it shows."""
    return np.array(samples) if isinstance(one, np.ndarray) and not given.is_list else samples


def _without_samples(source: Source) -> Source:
    """Keep only what is said of them."""
    samples = source.samples
    return Source(source.name, None, np.broadcast_to(np.zeros((), samples.dtype), samples.shape), source.has_alpha_mode)


def _check_size(samples: NDArray[Any], shape: tuple[int, int], name: str) -> None:
    if samples.shape[:2] != shape:
        (height, width), (first_height, first_width) = samples.shape[:2], shape
        raise ValueError(
            f"image must be frames of one size, image[0] is {first_width} x {first_height} pixels, "
            f"but {name} {width} x {height}"
        )


def _check_buffered(n_bytes: int, n: int) -> None:
    if n_bytes > MOST_BUFFERED:
        raise ValueError(
            f"image is a generator, whose frames are needed twice, and up to image[{n}] they take more than "
            f"{MOST_BUFFERED >> 20} MiB: pass the function that makes it, without calling it, or a list or an array"
        )
