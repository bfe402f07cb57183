"""`encode_png`: a picture as the bytes of a small PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .argument_names import counts_colors
from .files import Spool, check_target, deliver
from .indexed_image import IndexedImage
from .pictures.durations import check_loop
from .pictures.fit_frames import Indexed, check_all_exact, fitter, indexed, most_colors
from .pictures.frames import Frames, read_frames
from .pictures.layout import Layout
from .pictures.palettes import GivenPalette, read_given_palette, with_transparent
from .png import animation, still
from .png.chunks import Chunk
from .png.lossless import smaller
from .png.lossy_frames import LossyFrames
from .png.metadata import Metadata, check_metadata, metadata_chunks
from .png.rate_distortion import AUTO, Lossy
from .png.smallest import SmallPng
from .png.still import check_compression, plte_entries
from .png.target_quality import Quality, QualityError, roughest
from .presets import takes_preset
from .roughness import check_roughness_of_device, read_roughness
from .stages.dithering.auto import Dithered
from .stages.dithering.diffuse import BY_MASK, read_dither
from .stages.dithering.steady import steady
from .stages.frame_scores import FrameScores
from .stages.hidden import check_transparent_rgb, fit_with_hidden, with_hidden
from .stages.indices import MAX_BYTE_COLORS
from .stages.movie import Movie
from .stages.options import Dither, Search
from .stages.progress import Progress, check_progress, part, silent
from .stages.quantize import check_options, read_search
from .stages.row_blocks import BLOCK
from .stages.samples import rgba_rows, to_uint8
from .stages.threads import count_threads

__all__ = ["QualityError", "encode_png"]


class _How(TypedDict):
    keep_palette: bool
    compression: str


_FEW_ENOUGH = 1 << 21  # pixels of frames that the best fit is for: of more its histogram takes too much memory
_FITTED = 0.4  # share of the work on frames until a palette is fitted, and they are dithered,
_SEARCHED, _WRITTEN = 0.7, 0.85  # their indices are chosen, and the first file is written


@counts_colors("n_colors")
@takes_preset
def encode_png(
    image: Any,
    *,
    to: Any = None,
    preset: str | None = None,
    n_colors: int = 256,
    palette: Any = None,
    device: Any = None,
    keep_palette: bool = False,
    exact: bool = False,
    palette_only: bool = False,
    fixed_colors: Any = None,
    color_space: str | None = None,
    effort: str = "balanced",
    weighting: str | None = None,
    dither: str | None = "auto",
    dither_strength: float | None = None,
    sample_weight: ArrayLike | None = None,
    lossy: Lossy = "auto",
    quality: float | str | None = None,
    compression: str = "default",
    metadata: Metadata = "color",
    transparent_rgb: str = "first",
    duration: float | Sequence[float] | None = None,
    loop: int | None = None,
    channel_axis: int | None = -1,
    full_scale: float | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> bytes | Any:
    """Encode a picture as a palette PNG of at most `n_colors` colours, or frames as an animated one.

    A picture that takes fewer bytes without loss is stored so, see `palette_only`.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, bytes, or several of these
        A PIL image of any mode, or the bytes of a file that Pillow reads; or grey, grey + alpha, RGB
        or RGBA samples: uint8, uint16, bool, or floats in [0, 1]; of NumPy, also mapped from a file or
        masked, of Dask, zarr, HDF5 or xarray, or whatever can be read by DLPack; see the notes.
        Or the name of a file, or of a folder, whose pictures are frames, in the order of the numbers in
        their names. A list, an array (N, H, W, C), an iterable or a callable that returns one are the
        frames of an animation: of one size, in modes that may differ, with one palette for all. So are
        a PIL image of several frames, of a GIF, PNG, WebP, AVIF or FLI file, whose `image.copy()` is the
        current one, and a video that imageio reads. Frames are read twice, and few are in memory at a
        time; what can be read only once, such as a generator, is held, up to 256 MiB. Colours are
        stored in 8 bits; dithering shows what that rounds away of finer samples.
        A PIL image is turned as its EXIF orientation says and converted to sRGB, see the notes.
    to : path or binary file object, optional
        Write the file there, and return None. A path gets it when it is complete: whatever goes wrong, a
        file that was there stays as it was, and no part of a new one is left. None: return the bytes.
    preset : {"fast", "web", "tiny"}, optional
        Options under one name; those that are given besides win. "fast": effort, compression "fast", dither "none" and
        lossy 0, for when time counts. "web": quality "0-70", high quality where a palette reaches that. "tiny": quality
        "0-50", medium quality. That is left out where something else says how rough the picture may be: `lossy`,
        `device`, a palette with a name, dither "ordered" and "blue-noise".
    n_colors : int, default 256
        Most colours of the palette, 1 to 256; fewer make a smaller file. A picture that has no
        more, also an `IndexedImage`, is stored exactly.
    palette : str, PIL.Image.Image of mode P, ndarray of shape (n, 3) or (n, 4), list, or IndexedImage, optional
        Use these 1 to 256 colours, as they are, instead of looking for some: those of an image;
        samples from 0 to 255, or floats from 0.0 to 1.0; a list of colours, each samples or a
        name or hex string that `PIL.ImageColor` knows; or those of a device by its name, such as
        "spectra6", see `device`: ``pil-kmeans palettes`` lists them. A picture with fully transparent
        pixels gets a transparent entry besides if there is none. `effort` and `weighting` have no
        effect then.
    device : the same as `palette`, optional
        Store these colours in place of those of `palette`, one for each, in its order: what the driver
        of a panel calls its colours, where `palette` is how they look. None: those that a named
        palette has for its device. Stored exactly: `lossy` is 0 then.
    keep_palette : bool, default False
        Store all colours of `palette`, in their order, also unused and equal ones, for programs
        that go by the indices. The file is larger. By default only those that pixels have are
        stored, in the order that compresses best.
    exact : bool, default False
        Refuse a picture that has a colour which `palette` lacks.
    palette_only : bool, default False
        Write a palette of at most `n_colors` colours in any case. By default a picture is stored
        without loss where that takes fewer bytes than the palette picture, as it is for gradients
        and many icons: as grey or in colours, with or without alpha, or with a palette of all its
        colours. With `palette` and `fixed_colors`, of several frames, and of pictures of more than
        134 million samples there is a palette in any case.
    fixed_colors : str, sequence of colors, or array-like of shape (m, C), optional
        Colours to store exactly, also where no pixel has them; they count towards `n_colors`. See
        `quantize`.
    color_space : {"oklab", "cielab", "linear", "srgb"}, optional
        Where distances between colours are measured, also to those of `palette`. None: in Oklab.
        Palettes that are fitted are dithered in Oklab in any case, and so is by "ordered" and
        "blue-noise".
    effort : {"fast", "balanced", "best"}, default "balanced"
        How long to search for better colours; for frames "balanced" is "best" unless they are large.
    weighting : {"perceptual", "uniform"}, optional
        What pixels count for in the search: "perceptual", as much as an error there is seen;
        "uniform", all the same. None: "perceptual" in "oklab" and "cielab", and in small pictures,
        and dithered below 16 colours, what looks better. See `quantize`.
    dither : {"none", "floyd-steinberg", "atkinson", "stucki", "jarvis-judice-ninke", "sierra", "ordered", \
"blue-noise", "auto"} or None, default "auto"
        Whether and how colours between the entries appear as a mix of them, with a palette
        refitted to that. "auto", also None: "floyd-steinberg" unless the picture looks better
        undithered, or flat areas of a drawing would be speckled. See `quantize`.
    dither_strength : float, optional
        0 to 1; 0 is no dithering. More hides steps better, and is noisier. None: 0.9, more with
        `palette`. See `quantize`.
    sample_weight : array-like of shape (H, W), or list of them if `image` is a list, optional
        Importance of each pixel of `image` as given, zero or more.
    lossy : float or "auto", default "auto"
        How much rougher the picture may become to take fewer bytes: pixels get entries of which
        deflate makes little, and hand on the error that this makes. 0: not at all. "auto": 1,
        which is hardly to be seen, or with 64 colours and fewer, and below 65536 pixels, so much that
        the score falls by 3 points at most, in icons with fewer colours, which take bytes as well; 0
        for dither "ordered" and "blue-noise". Larger is smaller
        and rougher: from 2 on patches may show in smooth areas. Pixels keep their entry if it is
        one of `fixed_colors`, transparent, or exactly the colour of a flat area. A picture that
        the palette holds exactly stays so, and the file is never larger than with 0. Of several
        frames pixels also stay as they were shown where the change would not be seen.
    quality : float or str, optional
        Write the smallest file found whose score is at least this on the scale of `ssimulacra2`,
        0 to 100: 90 is visually lossless, 70 high, 50 medium quality. Of pictures of less than
        113 pixels in height or width, whose scores do not compare with those of others, the score
        when mirrored to that has to reach it as well. Looked for over `lossy`, which cannot be
        given then, and over fewer colours than `n_colors` where these may pay: in small pictures,
        and where nothing is too rough. Takes about twice as long. A range such as "60-80", as
        of pngquant: 80 where a palette of `n_colors` reaches it, else what comes closest, and an error
        below 60; of a single number the picture is stored without loss where no palette reaches it.
    compression : {"fast", "default", "max"}, default "default"
        How long to look for a small file of the same pixels: orders of the palette, filters, and
        levels of deflate. "max" is for pixels that `lossy` has not chosen, as with ``lossy=0``: it saves
        a percent or two of them, at many times the time. Elsewhere it hardly matters, since `lossy`
        chooses pixels for rows without filters, and takes most of the time. "fast" also has `lossy` look
        at less, ``dither="auto"`` at fewer rows, and the palette refitted in fewer rounds: other pixels, and
        a file 3 to 6 percent larger of the same quality, in less than half the time.
    metadata : {"color", "all", "none"}, default "color"
        What to keep of a PIL image's metadata. "color": what changes how it looks, which is sRGB,
        also in place of an ICC profile, and dpi; not what says nothing, which are gAMA and cHRM of
        sRGB, and 72, 90 or 96 dpi of an icon of up to 256 x 256 pixels. "all": these dpi, and EXIF,
        without the orientation, XMP and text. Of several frames that of the first is kept.
    transparent_rgb : {"first", "clear", "keep", "bleed"}, default "first"
        What R, G and B of fully transparent pixels become, which programs that filter or scale the
        picture mix with what is beside them, as games do with textures. "first": all what the
        first such pixel has. "clear": 0. "keep": what they have. "bleed": what the nearest visible
        pixel has, so that edges get no foreign fringe. "keep" and "bleed" take up to 16 of the
        `n_colors`, an eighth of them at most, or of a picture that can be exact those that it
        leaves, and make the file larger; they are for one picture. Not with `palette`.
    duration : float or sequence of float, optional
        For how long each frame is shown, in milliseconds, or one number for each. None: what
        `info["duration"]` of a PIL image says, else 100. A single picture has no use for it.
    loop : int, optional
        How many times the frames are shown; 0 is forever. None: as often as a PIL image says, else
        forever.
    channel_axis : int or None, default -1
        Which axis of an array with three axes holds the channels: 0 for (C, H, W). None: arrays
        have two axes and are grey, as those of two axes are in any case.
    full_scale : float, optional
        The value of white in arrays, and in PIL images of mode I, I;16 or F, whatever their dtype:
        4095 for 12 bits, 255 for int64 or floats from 0 to 255. None: 255 for uint8, 65535 for
        uint16, also if fewer of the bits are used, and 1 for bool and floats.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available.
        The bytes do not depend on it.
    progress : callable, optional
        Called with the share of the work that is done, from 0.0 to 1.0, in the thread of the call. Of one picture it
        tells with `share.doing` what is being done.
        An exception that it raises ends the work, and is passed on.

    Returns
    -------
    bytes or None
        A whole PNG file; None if it was written `to` somewhere.

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
        If `quality` cannot be reached: a ValueError, whose `best` is the best score found. A picture in 8 bits reaches
        any without loss, unless there has to be a palette.

    See Also
    --------
    quantize : the same as an image of mode P, for Pillow.
    KMeansQuantizer : the same as an estimator; its `to_indexed` makes pictures that this writes.
    ssimulacra2 : what `quality` is measured by.

    Notes
    -----
    The pixels of a PIL image are converted to sRGB through its ICC profile, whatever `metadata`
    keeps, with relative colorimetric intent and black point compensation; grey of 16 bits in 16
    bits, everything else in 8. Without a profile and an sRGB chunk, gAMA and cHRM of a PNG count,
    unless they are those of sRGB, which gAMA 0.45455 is. A profile that moves no colour by more
    than 2 levels of 255 is sRGB, and changes no pixel. CMYK without a profile is converted as
    Pillow does it, LAB from CIELAB of D50. A profile that is broken or for other colours than the
    picture has is not applied: the pixels stay as they are, and it is kept if it is for RGB, all
    that a palette can have. Arrays are taken to be in sRGB.

    What `lossy` chooses is for the eye: at equal SSIMULACRA 2 files are far smaller, but the mean
    squared error is larger, by 2 to 4 dB of PSNR against a palette picture that is not dithered.

    What does not lie in memory, a mapped file and arrays of zarr, HDF5 and Dask, never comes there as a whole: it is
    read once, some rows at a time, and what is made of it lies in files without a name, in the folder for temporary
    ones (`TMPDIR`), which need 4 to 12 bytes for each pixel. The result is that of the same samples in memory. With
    `to` nor does the file. `quality`, whose scores look at the whole picture, is refused for large ones of that kind.
    The channels of an xarray.DataArray are its dimension "band", "channel", "c" or "rgb". Pixels of a masked array
    with a masked sample, and NaNs of a DataArray, are fully transparent, and have no say in the palette.

    Pixels whose colour is that of the frame before keep their index, dithered or not, so that
    nothing flickers that does not move. Of each frame only the rectangle that changes is written;
    frames that look the same become one that is shown for as long as all of them. What stays as it
    is inside of the rectangle can be left transparent, which costs next to nothing: for the entry
    that this takes, frames of more than 256 colours get 255 at most.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from pil_kmeans import encode_png
    >>> picture = Image.radial_gradient("L")
    >>> encode_png(picture, n_colors=16)[1:4]
    b'PNG'
    >>> options = {"n_colors": 16, "palette_only": True}
    >>> len(encode_png(picture, **options)) < len(encode_png(picture, lossy=0, **options))
    True

    In the colours of another picture:

    >>> from pil_kmeans import quantize
    >>> other = quantize(picture, 4)
    >>> with Image.open(BytesIO(encode_png(picture, palette=other))) as image:
    ...     len(image.getcolors())
    4

    To a file:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     encode_png(picture, to=f"{folder}/gradient.png", n_colors=16)
    ...     with Image.open(f"{folder}/gradient.png") as image:
    ...         image.size
    (256, 256)

    An animation, shown twice:

    >>> frames = [Image.linear_gradient("L").rotate(angle) for angle in range(0, 360, 90)]
    >>> data = encode_png(frames, n_colors=16, duration=250, loop=2)
    >>> Image.open(BytesIO(data)).n_frames
    4
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
    check_compression(compression)
    check_metadata(metadata)
    check_transparent_rgb(transparent_rgb)
    if loop is not None:
        check_loop(loop, animation.MAX_PLAYS)
    check_progress(progress)
    wanted = read_roughness(dither=dither, lossy=lossy, quality=quality)
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
        longest=animation.MAX_DURATION,
        layout=Layout.checked(channel_axis, full_scale),
    )
    n_frames = len(frames)
    given, is_free = frames.first.given, own is None and fixed_colors is None and quality is None
    if transparent_rgb != "first":
        is_free = False
        _check_hidden(transparent_rgb, n_frames, own, frames.fixed_colors)
    if isinstance(given, IndexedImage) and n_frames == 1 and is_free and _n_used(given) <= n_colors:
        data = still.encode(given.indices, given.palette, compression=compression)
        report(_WRITTEN)
        if not palette_only:
            samples, n_used, threads = to_uint8(given.to_array()), _n_used(given), count_threads(n_threads)
            stored = smaller(samples, [], than=len(data), n_tried=n_used, compression=compression, n_threads=threads)
            data = data if stored is None else b"".join(stored)
        report(1.0)
        return deliver([data], to)
    if own is not None:
        if exact:
            check_all_exact(frames, own.colors)
        own = with_transparent(own, has_transparent=frames.has_transparent, keep_palette=keep_palette)
    if quality is not None and frames.first.source.in_file:
        _check_scored(frames.pixels.shape, quality)
    if n_frames > 1 and effort == "balanced" and len(frames.pixels.rows) <= _FEW_ENOUGH:
        effort = "best"  # it takes little beside all that is written with the one palette
    search = read_search(color_space, effort, weighting, n_threads)
    how_dithered = replace(read_dither(dither, dither_strength), is_quick=compression == "fast")
    fit = fitter(frames, search, how_dithered, None if own is None else own.colors)
    device = None if own is None else own.device
    if transparent_rgb != "first":
        fit = fit_with_hidden(fit, frames.pixels.in_8_bits.values, transparent_rgb, search)
    how: _How = {"keep_palette": keep_palette, "compression": compression}
    chunks = metadata_chunks(frames.first.image, metadata, frames.first.color_info)
    is_exact = dither in BY_MASK or device is not None
    if n_frames > 1:
        plays = frames.plays or 0 if loop is None else loop
        if quality is not None and dither in BY_MASK:
            raise ValueError(f"quality={quality} would break the pattern of dither={dither!r}: pass another dither")
        movie = _Animated(frames, search, plays, chunks, how, device)
        amount = (0.0 if is_exact else AUTO) if lossy == "auto" else float(lossy)
        most = min(n_colors, most_colors(frames, n_threads))
        return deliver(movie.parts(lambda: fit(most), how_dithered, amount, wanted, report), to)
    without_loss = None
    if not (palette_only or own is not None or len(frames.fixed_colors)):
        without_loss = with_hidden(frames.pixels.in_8_bits.values, transparent_rgb)
    picture = SmallPng(
        frames.pixels,
        fit if device is None else partial(_told, fit, device),
        chunks,
        can_diffuse=not is_exact,
        can_shrink=own is None,
        without_loss=without_loss,
        sample_weight=frames.sample_weight,
        n_threads=n_threads,
        **how,
    )
    if wanted is None:
        is_auto = lossy == "auto" and device is None
        parts = picture.by_lossy(
            n_colors, AUTO if is_auto else 0.0 if lossy == "auto" else float(lossy), report, is_auto=is_auto
        )
    else:
        parts = picture.by_quality(n_colors, wanted, report)
    report(1.0)
    return deliver(parts, to)


def _told(fit: Callable[[int], Dithered], device: NDArray[np.uint8], n_colors: int) -> Dithered:
    """Fit, and put the colours of a device in the place of those that it shows."""
    fitted = fit(n_colors)
    return fitted._replace(palette=replace(fitted.palette, colors=device))


@dataclass(frozen=True)
class _Animated:
    """Frames to be written."""

    frames: Frames
    search: Search
    plays: int
    chunks: Sequence[Chunk]
    how: _How
    device: NDArray[np.uint8] | None

    def parts(
        self, fit: Callable[[], Dithered], dither: Dither, lossy: float, quality: Quality | None, report: Progress
    ) -> Iterator[bytes]:
        """Write frames in their fitted palette, exactly, so much rougher, or as rough as a score allows."""
        made = indexed(self.frames, fit(), dither, self.search)
        report(_FITTED)
        yield from self._file(made, lossy, quality, report).parts()
        report(1.0)

    def _file(self, made: Indexed, lossy: float, quality: Quality | None, report: Progress) -> Spool:
        exact = partial(self._exact, made)
        if quality is None and lossy == 0:
            return self._written(made, exact(), part(report, _FITTED, 1.0))
        movie = self._movie(made)
        measured = [made.known[n] for n in movie.spread()]
        n_threads = self.search.n_threads
        search = LossyFrames(
            movie,
            made.palette,
            made.frames,
            measured,
            made.strength,
            n_threads,
            may_reorder=not self.how["keep_palette"],
        )
        if quality is None:
            rougher = search.indices(lossy, part(report, _FITTED, _SEARCHED))
            file = self._written(made, rougher, part(report, _SEARCHED, _WRITTEN), search.order)
            if not animation.may_be_smaller(exact(), to_uint8(made.palette.colors), len(file)):
                return file
            return min(file, self._written(made, exact(), part(report, _WRITTEN, 1.0)), key=len)
        scored = FrameScores(self.frames.reel, self.frames.at_hand, n_threads)
        rgba = rgba_rows(to_uint8(made.palette.colors))

        def score(indices: Iterable[NDArray[Any]]) -> float:
            for n, frame in enumerate(indices):
                scored.add(n, rgba[frame])
            return scored.taken()

        def attempt(lossy: float, progress: Progress) -> tuple[float, float]:
            return lossy, score(search.indices(lossy, progress))

        found = roughest(attempt, quality.aim, part(report, _FITTED, _WRITTEN))
        rest = part(report, _WRITTEN, 1.0)
        if found.picture is not None:
            return self._written(made, search.indices(found.picture, silent), rest, search.order)
        best = score(exact())
        if max(best, found.best) < quality.least:
            raise QualityError(quality.least, max(best, found.best), "ask for less, or for more colors")
        if best < found.best and found.closest is not None:
            return self._written(made, search.indices(found.closest, silent), rest, search.order)
        return self._written(made, exact(), rest)

    def _exact(self, made: Indexed) -> Iterator[NDArray[Any]]:
        return steady(made.frames, self.frames.reel)

    def _movie(self, made: Indexed) -> Movie:
        weights = self.frames.weights
        relative = None if weights is None else weights / weights.mean()
        has_alpha = made.palette.colors.shape[1] % 2 == 0
        n_threads = count_threads(self.search.n_threads)
        return Movie(self.frames.reel, self.frames.at_hand, relative, n_threads, with_alpha=has_alpha)

    def _written(
        self,
        made: Indexed,
        frames: Iterable[NDArray[Any]],
        progress: Progress,
        order: NDArray[np.uint8] | None = None,
    ) -> Spool:
        known: Sequence[NDArray[Any]] = [*made.known.values()]
        if made.is_whole:
            known = frames = [*frames]
        return animation.written(
            frames,
            known,
            made.palette.colors if self.device is None else self.device,
            self.frames.durations,
            self.plays,
            self.chunks,
            keep=made.palette.fixed,
            progress=progress,
            order=order,
            **self.how,
        )


def _check_scored(shape: tuple[int, int], quality: float | str) -> None:
    """Refuse to score what is too large to be in memory."""
    if shape[0] * shape[1] > BLOCK:
        raise ValueError(
            f"quality={quality} looks at the whole picture in memory, and image, of {shape[1]} x {shape[0]} pixels, "
            "lies outside of it: pass lossy instead, or numpy.asarray(image) if that fits"
        )


def _n_used(indexed: IndexedImage) -> int:
    """How many different colours its pixels have, in 8 bits."""
    return len(plte_entries(indexed.indices, indexed.palette)[1])


def _check_hidden(
    transparent_rgb: str, n_frames: int, palette: GivenPalette | None, fixed_colors: NDArray[np.uint8]
) -> None:
    """Refuse hidden colours where nothing can hold them, or something else has been asked for."""
    if palette is not None:
        raise ValueError(f"transparent_rgb={transparent_rgb!r} has no use with palette=, which stays as it is: drop it")
    if n_frames > 1 and transparent_rgb != "clear":
        raise ValueError(
            f"transparent_rgb={transparent_rgb!r} is for one picture, got {n_frames} frames: pass one, or 'clear'"
        )
    if fixed_colors.shape[1] == 4 and (fixed_colors[:, 3] == 0).any():
        raise ValueError(
            f"transparent_rgb={transparent_rgb!r} and a fully transparent color of fixed_colors say different things: "
            "drop one of them"
        )
