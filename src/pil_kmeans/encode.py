"""`encode_png`: a picture as the bytes of a palette PNG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from .encode_input import read_input
from .metadata import Metadata, check_metadata
from .stages import apng, png
from .stages.dither import BY_MASK
from .stages.durations import check_loop
from .stages.fit_dither import Dithering
from .stages.histogram import histogram
from .stages.indexed_image import MAX_BYTE_COLORS, to_uint8
from .stages.pixels import Pixels, read_pixels
from .stages.progress import Progress, check_progress, part, silent
from .stages.quantize import check_options, quantize_pixels
from .stages.rate_distortion import AUTO, Lossy, check_lossy
from .stages.small_png import SmallPng
from .stages.steady import steady
from .stages.target_quality import QualityError, check_quality

__all__ = ["QualityError", "encode_png"]

_FITTED = 0.5  # share of the work on frames until a palette is fitted, and they are dithered


def encode_png(
    image: Any,
    *,
    n_colors: int = 256,
    fixed_colors: Any = None,
    color_space: str = "oklab",
    effort: str = "balanced",
    dither: str | None = "auto",
    dither_strength: float | None = None,
    sample_weight: ArrayLike | None = None,
    lossy: Lossy = "auto",
    quality: float | None = None,
    compression: str = "default",
    metadata: Metadata = "color",
    duration: float | Sequence[float] | None = None,
    loop: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> bytes:
    r"""
    Encode a picture as a palette PNG of at most `n_colors` colours, or frames as an animated one.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, or list of these
        A PIL image of any mode (of several frames, the current one); or grey, grey + alpha, RGB
        or RGBA samples: uint8, uint16, bool, or floats in [0, 1]. A list or tuple of more than one
        are the frames of an animation: of one size, in modes that may differ, with one palette for
        all. Colours are stored in 8 bits; dithering shows what that rounds away of finer samples.
        A PIL image is turned as its EXIF orientation says and converted to sRGB, see the notes.
    n_colors : int, default 256
        Most colours to store, 1 to 256; fewer make a smaller file. A picture that has no more,
        also an `IndexedImage`, is stored exactly.
    fixed_colors : str, sequence of colors, or array-like of shape (m, C), optional
        Colours to store exactly, also where no pixel has them; they count towards `n_colors`. See
        `quantize`.
    color_space : {"oklab", "cielab", "linear", "srgb"}, default "oklab"
        Where distances between colours are measured.
    effort : {"fast", "balanced", "best"}, default "balanced"
        How long to search for better colours.
    dither : {"none", "floyd-steinberg", "ordered", "blue-noise", "auto"} or None, default "auto"
        Whether and how colours between the entries appear as a mix of them, with a palette
        refitted to that. "auto", also None: "floyd-steinberg" unless the picture is drawn in flat
        areas or looks better undithered. See `quantize`.
    dither_strength : float, optional
        0 to 1; 0 is no dithering. None: 0.85. More hides steps better, and is noisier.
    sample_weight : array-like of shape (H, W), or list of them if `image` is a list, optional
        Importance of each pixel of `image` as given, zero or more.
    lossy : float or "auto", default "auto"
        How much rougher the picture may become to take fewer bytes: pixels get entries of which
        deflate makes little, and hand on the error that this makes. 0: not at all. "auto": 1,
        which is hardly to be seen, or 0 for dither "ordered" and "blue-noise". Larger is smaller
        and rougher: from 2 on patches may show in smooth areas. Pixels keep their entry if it is
        one of `fixed_colors`, transparent, or exactly the colour of a flat area. A picture that
        the palette holds exactly stays so, and the file is never larger than with 0. Of several
        frames "auto" is 0, and nothing else is allowed.
    quality : float, optional
        Write the smallest file found whose score is at least this on the scale of `ssimulacra2`,
        0 to 100: 90 is visually lossless, 70 high, 50 medium quality. Pictures of less than 113
        pixels in height or width, whose scores do not compare with those of others, are scored
        mirrored to that. Looked for over `lossy`, which cannot be given then, and over fewer
        colours than `n_colors`. Takes some ten times as long. Not for several frames.
    compression : {"fast", "default", "max"}, default "default"
        How long to look for a small file. The pixels are the same, apart from those that `lossy`
        changes.
    metadata : {"color", "all", "none"}, default "color"
        What to keep of a PIL image's metadata. "color": what changes how it looks, which is
        dpi, sRGB in place of an ICC profile, and sRGB, gAMA and cHRM as they were if they gave no
        reason to convert. "all": also EXIF, without the orientation, XMP and text. Of several
        frames that of the first is kept.
    duration : float or sequence of float, optional
        For how long each frame is shown, in milliseconds, or one number for each. None: what
        `info["duration"]` of a PIL image says, else 100. A single picture has no use for it.
    loop : int, default 0
        How many times the frames are shown; 0 is forever.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available.
        The bytes do not depend on it.
    progress : callable, optional
        Called with the share of the work that is done, from 0.0 to 1.0, in the thread of the call.
        An exception that it raises ends the work, and is passed on.

    Returns
    -------
    bytes
        A whole PNG file.

    Raises
    ------
    TypeError
        If `image` is not a picture, or an argument is of the wrong type.
    ValueError
        If `image` has no pixels, samples or an argument are out of range, or arguments do not go
        together. The message says what is allowed.
    QualityError
        If `quality` cannot be reached with `n_colors`: a ValueError, whose `best` is the best score
        found.

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
    >>> encode_png(picture, n_colors=16)[:4]
    b'\x89PNG'
    >>> len(encode_png(picture, n_colors=16)) < len(encode_png(picture, n_colors=16, lossy=0))
    True

    An animation, shown twice:

    >>> frames = [picture.rotate(angle) for angle in range(0, 360, 90)]
    >>> data = encode_png(frames, n_colors=16, duration=250, loop=2)
    >>> Image.open(BytesIO(data)).n_frames
    4
    """
    dither = "auto" if dither is None else dither
    check_options(
        n_colors=n_colors,
        color_space=color_space,
        effort=effort,
        dither=dither,
        dither_strength=dither_strength,
        n_threads=n_threads,
        max_colors=MAX_BYTE_COLORS,
    )
    png.check_compression(compression)
    check_metadata(metadata)
    check_lossy(lossy)
    check_quality(quality)
    check_loop(loop)
    check_progress(progress)
    if quality is not None and lossy != "auto":
        raise ValueError(f"quality={quality} chooses what lossy={lossy} says: pass one of them")
    can_diffuse = dither not in BY_MASK
    if not can_diffuse and lossy not in (0, "auto"):
        raise ValueError(f"lossy={lossy} would break the pattern of dither={dither!r}: pass lossy=0, or another dither")
    report = silent if progress is None else progress
    report(0.0)
    given = read_input(
        image,
        n_colors=n_colors,
        fixed_colors=fixed_colors,
        sample_weight=sample_weight,
        metadata=metadata,
        duration=duration,
    )
    n_frames = len(given.frames)
    if n_frames > 1 and quality is not None:
        raise ValueError(f"quality={quality} is for one picture, got {n_frames} frames: pass one, or leave it out")
    if n_frames > 1 and lossy not in (0, "auto"):
        raise ValueError(f"lossy={lossy} is for one picture, got {n_frames} frames: pass one, or lossy=0")
    if given.indexed is not None and fixed_colors is None and quality is None:
        has_few_colors = len(png.plte_entries(given.indexed)[1]) <= n_colors
        if has_few_colors:
            data = png.encode(given.indexed, compression=compression)
            report(1.0)
            return data

    def fit(n_colors: int) -> Dithering:
        return quantize_pixels(
            given.pixels,
            n_colors=max(n_colors, 1, len(given.fixed_colors)),
            fixed_colors=given.fixed_colors,
            color_space=color_space,
            effort=effort,
            sample_weight=given.sample_weight,
            dither=dither,
            dither_strength=dither_strength,
            frames=given.frames if n_frames > 1 else None,
            to_8_bits=True,
            n_threads=n_threads,
        )

    if n_frames == 1:
        picture = SmallPng(given.pixels, fit, given.chunks, can_diffuse, given.sample_weight, compression, n_threads)
        if quality is None:
            data = picture.by_lossy(n_colors, AUTO if lossy == "auto" else float(lossy), report)
        else:
            data = picture.by_quality(n_colors, float(quality), report)
    else:
        fitted = fit(min(n_colors, _most_colors(given.pixels)))
        report(_FITTED)
        shape = (n_frames, *given.frames[0])
        data = apng.encode(
            steady(fitted.indices.reshape(shape), given.pixels.values.reshape(*shape, -1)),
            fitted.palette.colors,
            given.durations,
            loop,
            given.chunks,
            fitted.palette.fixed,
            compression=compression,
            progress=part(report, _FITTED, 1.0),
        )
    report(1.0)
    return data


def _most_colors(pixels: Pixels) -> int:
    """Leave room for a transparent entry, which makes frames far smaller, unless all colours can be kept."""
    is_exact = len(histogram(read_pixels(to_uint8(pixels.values)))) <= MAX_BYTE_COLORS
    return MAX_BYTE_COLORS if is_exact else MAX_BYTE_COLORS - 1
