"""`encode_gif`: a picture or frames as the bytes of a GIF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .argument_names import counts_colors
from .files import check_target, deliver
from .gif.blocks import MAX_DURATION, MAX_PLAYS
from .gif.exact import Given, table_of, written
from .gif.lossy import AUTO
from .gif.small import Colored, SmallGif
from .gif.tables import Entries, Tables
from .pictures.binary_alpha import binary_alpha, check_alpha_threshold
from .pictures.durations import check_loop
from .pictures.fit_frames import Indexed, check_all_exact, fitter, indexed, most_colors
from .pictures.frames import Frames, read_frames
from .pictures.layout import Layout
from .pictures.palettes import GivenPalette, read_given_palette, with_transparent
from .pictures.segments import Segments
from .png.rate_distortion import Lossy
from .png.target_quality import Quality
from .presets import takes_preset
from .roughness import check_roughness_of_device, read_roughness
from .stages.dithering.amounts import DEFAULT_STRENGTH, for_fitted
from .stages.dithering.auto import Dithered, is_flat
from .stages.dithering.diffuse import BY_MASK, DIFFUSIONS, read_dither
from .stages.dithering.steady import steady
from .stages.given_palette import map_to_palette
from .stages.in_order import InOrder
from .stages.indices import MAX_BYTE_COLORS
from .stages.movie import Movie, bit_worth
from .stages.options import Dither, Search
from .stages.progress import Progress, check_progress, part, silent
from .stages.quantize import check_options, read_search
from .stages.samples import to_uint8
from .stages.threads import count_threads

__all__ = ["encode_gif"]

_FITTED = 0.4  # share of the work until a palette is fitted
_UNDITHERED = Dither("none", 0.0)


@counts_colors("n_colors")
@takes_preset
def encode_gif(
    image: Any,
    *,
    to: Any = None,
    preset: str | None = None,
    n_colors: int = 256,
    palette: Any = None,
    device: Any = None,
    keep_palette: bool = False,
    exact: bool = False,
    fixed_colors: Any = None,
    color_space: str | None = None,
    effort: str = "balanced",
    weighting: str | None = None,
    dither: str | None = "auto",
    dither_strength: float | None = None,
    sample_weight: ArrayLike | None = None,
    lossy: Lossy = "auto",
    quality: float | str | None = None,
    alpha_threshold: float = 0.5,
    duration: float | Sequence[float] | None = None,
    loop: int | None = None,
    channel_axis: int | None = -1,
    full_scale: float | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> bytes | Any:
    """Encode a picture or the frames of an animation as a GIF of at most `n_colors` colours.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, bytes, or several of these
        As `encode_png` takes it: one picture, or the frames of an animation, of one size.
    to : path or binary file object, optional
        Write the file there, and return None. A path gets it when it is complete: whatever goes wrong, a
        file that was there stays as it was, and no part of a new one is left. None: return the bytes.
    preset : {"fast", "web", "tiny"}, optional
        As in `encode_png`.
    n_colors : int, default 256
        Most colours of a frame, 1 to 256, a transparent one included. Frames share them, but scenes of other
        colours get a palette of their own where that pays for the bytes that it takes.
    palette, device, keep_palette, exact, fixed_colors, color_space, effort, weighting, sample_weight, channel_axis, \
full_scale
        As in `encode_png`.
    dither : {"none", "floyd-steinberg", "atkinson", "stucki", "jarvis-judice-ninke", "sierra", "ordered", \
"blue-noise", "auto"} or None, default "auto"
        As in `encode_png`; decided for all frames together. With `lossy` it is how errors are handed
        on while indices are chosen.
    dither_strength : float, optional
        0 to 1; 0 is no dithering. None: as in `encode_png`.
    lossy : float or "auto", default "auto"
        How much rougher frames may become to take fewer bytes: pixels get entries of which LZW
        makes little, hand on the error that this makes, and stay as they were shown where the
        change would not be seen. 0: not at all; pixels stay where their colour is the same.
        "auto": 1, which is hardly to be seen, or 0 for dither "ordered" and "blue-noise". Larger is
        smaller and rougher.
    quality : float or str, optional
        Write the smallest file found whose frames have at least this score on the scale of
        `ssimulacra2` on average, and at least 10 less each: 90 is visually lossless, 70 high, 50
        medium quality. Looked for over `lossy`, which cannot be given then; takes some five times
        as long. Of more than 16 frames so many are scored, evenly spread. A range such as "60-80": as
        in `encode_png`.
    alpha_threshold : float, default 0.5
        A GIF has no translucent pixels: those whose alpha, from 0 to 1, is less than this become
        transparent, others opaque. Pixels of alpha 0 are transparent in any case.
    duration : float or sequence of float, optional
        For how long each frame is shown, in milliseconds, or one number for each: at most 655,350.
        None: what `info["duration"]` of a PIL image says, else 100. They are stored in hundredths
        of a second; what is rounded away of one is made up for by the next. Browsers show frames of
        less than 20 ms for 100.
    loop : int, optional
        How many times the frames are shown, at most 65,536; 0 is forever. None: as often as a PIL
        image says, else forever.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available.
        The bytes do not depend on it.
    progress : callable, optional
        Called with the share of the work that is done, from 0.0 to 1.0, in the thread of the call.
        An exception that it raises ends the work, and is passed on.

    Returns
    -------
    bytes or None
        A whole GIF file; None if it was written `to` somewhere.

    Raises
    ------
    TypeError
        If `image` is not a picture, or an argument is of the wrong type.
    ValueError
        If `image` has no pixels, samples or an argument are out of range, or arguments do not go
        together. The message says what is allowed.
    OSError
        If nothing can be written `to` there.
    QualityError
        If `quality` cannot be reached: a ValueError, whose `best` is the best score found.

    See Also
    --------
    encode_png : the same as a PNG, which is smaller for single pictures, and has translucent colours.

    Notes
    -----
    Of every frame only the rectangle is written in which something changes, and in it pixels may stay
    transparent, which shows what was there. Whether a pixel may stay is judged by what it was to look
    like when it was last written: noise of a camera is not painted again, and what moves slowly does
    not leave a trace. Where pixels become transparent that were not, the frame before is cleared; if much
    around them stays, a frame more, of half its time, clears only a small rectangle, so that a file may have
    more frames than it was given. What stands still while the palette changes is not painted either.

    For films and photographs that move, a video or a lossy WebP is far smaller than any GIF.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from pil_kmeans import encode_gif
    >>> frames = [Image.linear_gradient("L").rotate(angle) for angle in range(0, 360, 90)]
    >>> data = encode_gif(frames, n_colors=16, duration=250, loop=2)
    >>> data[:6], Image.open(BytesIO(data)).size
    (b'GIF89a', (256, 256))
    """
    dither = "auto" if dither is None else dither
    check_options(
        n_colors=n_colors,
        max_colors=MAX_BYTE_COLORS,
        color_space=color_space,
        effort=effort,
        weighting=weighting,
        dither=dither,
        dither_strength=dither_strength,
        n_threads=n_threads,
    )
    check_target(to)
    wanted = read_roughness(dither=dither, lossy=lossy, quality=quality)
    if quality is not None and dither in BY_MASK:
        raise ValueError(f"quality={quality} would break the pattern of dither={dither!r}: pass another dither")
    check_alpha_threshold(alpha_threshold)
    if loop is not None:
        check_loop(loop, MAX_PLAYS)
    check_progress(progress)
    own = read_given_palette(
        palette, device, keep_palette=keep_palette, exact=exact, n_colors=n_colors, fixed_colors=fixed_colors
    )
    if own is not None and own.device is not None:
        check_roughness_of_device(lossy=lossy, quality=quality)
    report = silent if progress is None else progress
    report(0.0)
    frames = read_frames(
        image,
        n_colors=n_colors,
        fixed_colors=fixed_colors,
        sample_weight=sample_weight,
        duration=duration,
        longest=MAX_DURATION,
        layout=Layout.checked(channel_axis, full_scale),
        adapt=partial(binary_alpha, threshold=alpha_threshold),
    )
    if own is not None:
        if exact:
            check_all_exact(frames, own.colors)
        own = own._replace(colors=binary_alpha(own.colors, alpha_threshold))
        own = with_transparent(own, has_transparent=frames.has_transparent, keep_palette=keep_palette)
    search = read_search(color_space, effort, weighting, n_threads)
    plays = min(frames.plays or 0, MAX_PLAYS) if loop is None else loop
    how = _How(frames, search, own, n_colors, keep_palette, plays)
    is_exact = dither in BY_MASK or (own is not None and own.device is not None)
    amount = (0.0 if is_exact else AUTO) if lossy == "auto" else float(lossy)
    return deliver(how.parts(read_dither(dither, dither_strength), amount, wanted, report), to)


class _How:
    """What all ways of writing frames share."""

    def __init__(
        self,
        frames: Frames,
        search: Search,
        own: GivenPalette | None,
        n_colors: int,
        keep_palette: bool,
        plays: int,
    ) -> None:
        self._frames, self._search = frames, search
        self._colors = None if own is None else own.colors
        self._device = None if own is None else own.device
        self._keep_palette, self._plays = keep_palette, plays
        self._n_colors = n_colors if len(frames) == 1 else min(n_colors, most_colors(frames, search.n_threads))

    def parts(self, dither: Dither, lossy: float, quality: Quality | None, report: Progress) -> Iterator[bytes]:
        """Write the frames: exactly, so much rougher, or as rough as a score allows."""
        rest = part(report, _FITTED, 1.0)
        if quality is None and lossy == 0:
            yield from self._without_loss(dither, report, rest)
        elif quality is None:
            yield from self._small(dither, report).by_lossy(lossy, rest)
        else:
            yield from self._small(dither, report).by_quality(quality, rest)
        report(1.0)

    def _without_loss(self, dither: Dither, report: Progress, rest: Progress) -> Iterator[bytes]:
        """Write the frames quantized and dithered."""
        frames = self._frames
        segments, of_frame = self._segments(self._fitter(dither)).paying(0.0)
        report(_FITTED)
        n = len(frames)
        made = [indexed(*segment, dither, self._search) for segment in segments]
        if len(made) == 1 and made[0].is_whole:
            known = dict(enumerate(steady(made[0].frames, frames.reel)))
            tables, shown, _ = self._colored([made[0]._replace(known=known, frame=known.__getitem__)], of_frame)
        else:
            tables, entries, _ = self._colored(made, of_frame)
            shown = InOrder(lambda: steady(entries, frames.reel), n)
        return written(Given(shown), shown, tables, frames.durations, self._plays, rest)

    def _small(self, dither: Dither, report: Progress) -> SmallGif:
        """Fit a palette and say how to write the frames."""
        frames, n_threads = self._frames, self._search.n_threads
        has_flat_areas = is_flat(frames.pixels, frames=frames.sizes)
        if dither.method == "none" or (dither.method == "auto" and has_flat_areas):
            dither = _UNDITHERED
        fit = self._fitter(dither if dither.method in DIFFUSIONS else _UNDITHERED)

        def fit_undithered(part: Frames) -> Dithered:
            fitted = fit(part)
            if dither.method not in DIFFUSIONS:
                return fitted
            where: dict[str, Any] = {"color_space": "oklab", "frames": part.sizes, "n_threads": n_threads}
            nearest = map_to_palette(part.pixels, fitted.palette.colors, _UNDITHERED, **where)
            return nearest._replace(palette=fitted.palette)

        found = self._segments(fit_undithered)
        report(_FITTED)
        known: dict[tuple[int, ...], Colored] = {}

        def colored(lossy: float) -> Colored:
            segments, of_frame = found.paying(lossy)
            key = tuple(of_frame)
            if key not in known:
                made = [indexed(*segment, _UNDITHERED, self._search) for segment in segments]
                known[key] = self._colored(made, of_frame)
            return known[key]

        return SmallGif(
            self._movie,
            colored,
            bit_worth(found.errors_of_whole),
            frames.has_transparent,
            for_fitted(dither).strength / DEFAULT_STRENGTH,
            frames.durations,
            self._plays,
            has_flat_areas,
            n_threads,
        )

    def _colored(self, made: Sequence[Indexed], of_frame: Sequence[int]) -> Colored:
        """Put frames into tables."""
        found = [self._table(segment, is_whole=len(made) == 1 and segment.is_whole) for segment in made]
        tables = Tables([table for _, table in found], of_frame)
        new_entry = [own[rows] for own, (rows, _) in zip(tables.entries, found, strict=True)]
        is_kept = []
        for segment, (_, table) in zip(made, found, strict=True):
            kept_colors = segment.palette.colors[segment.palette.fixed]
            is_kept.append((table[:, np.newaxis] == _rgb(kept_colors)).all(axis=-1).any(axis=1))
        n_frames = len(self._frames)
        entries = InOrder(lambda: (new_entry[of][made[of].frame(n)] for n, of in enumerate(of_frame)), n_frames)
        return Colored(tables, entries, is_kept)

    def _table(self, made: Indexed, *, is_whole: bool) -> tuple[Entries, NDArray[np.uint8]]:
        """Return the symbol of each row of the palette, and the table, of all rows if not all frames are known."""
        keep = made.palette.fixed if is_whole else np.ones(len(made.palette.colors), np.bool_)
        colors = made.palette.colors if self._device is None else self._device
        return table_of([*made.known.values()], colors, keep=keep, keep_palette=self._keep_palette)

    def _segments(self, fit: Callable[[Frames], Dithered]) -> Segments:
        has_room = self._n_colors < MAX_BYTE_COLORS and len(self._frames.fixed_colors) < self._n_colors
        can_be_several = self._colors is None and has_room  # for a symbol of what stays of another palette
        return Segments(self._frames, fit, self._movie, can_be_several=can_be_several)

    def _fitter(self, dither: Dither) -> Callable[[Frames], Dithered]:
        return lambda part: fitter(part, self._search, dither, self._colors)(self._n_colors)

    @cached_property
    def _movie(self) -> Movie:
        frames, weights = self._frames, self._frames.weights
        if weights is not None:
            weights = weights / weights.mean()
        return Movie(frames.reel, frames.at_hand, weights, count_threads(self._search.n_threads), with_alpha=False)


def _rgb(colors: NDArray[Any]) -> NDArray[np.uint8]:
    colors = to_uint8(colors)
    return colors[:, :3] if colors.shape[1] > 2 else colors[:, [0, 0, 0]]
