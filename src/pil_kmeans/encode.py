"""`encode_png`: a picture as the bytes of a palette PNG."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from .color_management import in_srgb
from .fixed_colors import distinct, promoted, read_fixed_colors
from .metadata import Metadata, check_metadata, metadata_chunks, orientation, oriented
from .pillow.source import Source
from .stages import png
from .stages.dither import BY_MASK
from .stages.fit_dither import Dithering
from .stages.indexed_image import MAX_BYTE_COLORS, IndexedImage, to_uint8
from .stages.pixels import read_pixels, read_sample_weight
from .stages.progress import Progress, check_progress, silent
from .stages.quantize import check_options, quantize_pixels
from .stages.rate_distortion import AUTO, Lossy, check_lossy
from .stages.small_png import SmallPng
from .stages.target_quality import QualityError, check_quality

__all__ = ["QualityError", "encode_png"]


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
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> bytes:
    r"""
    Encode a picture as a palette PNG of at most `n_colors` colours.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), or IndexedImage
        A PIL image of any mode (of several frames, the current one); or grey, grey + alpha, RGB
        or RGBA samples: uint8, uint16, bool, or floats in [0, 1]. Colours are stored in 8 bits;
        dithering shows what that rounds away of finer samples. A PIL image is turned as its EXIF
        orientation says and converted to sRGB, see the notes.
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
    sample_weight : array-like of shape (H, W), optional
        Importance of each pixel of `image` as given, zero or more.
    lossy : float or "auto", default "auto"
        How much rougher the picture may become to take fewer bytes: pixels get entries of which
        deflate makes little, and hand on the error that this makes. 0: not at all. "auto": 1,
        which is hardly to be seen, or 0 for dither "ordered" and "blue-noise". Larger is smaller
        and rougher: from 2 on patches may show in smooth areas. Pixels keep their entry if it is
        one of `fixed_colors`, transparent, or exactly the colour of a flat area. A picture that
        the palette holds exactly stays so, and the file is never larger than with 0.
    quality : float, optional
        Write the smallest file found whose score is at least this on the scale of `ssimulacra2`,
        0 to 100: 90 is visually lossless, 70 high, 50 medium quality. Looked for over `lossy`,
        which cannot be given then, and over fewer colours than `n_colors`. Takes some ten times as
        long.
    compression : {"fast", "default", "max"}, default "default"
        How long to look for a small file. The pixels are the same, apart from those that `lossy`
        changes.
    metadata : {"color", "all", "none"}, default "color"
        What to keep of a PIL image's metadata. "color": what changes how it looks, which is
        dpi, sRGB in place of an ICC profile, and sRGB, gAMA and cHRM as they were if they gave no
        reason to convert. "all": also EXIF, without the orientation, XMP and text.
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

    Examples
    --------
    >>> from PIL import Image
    >>> from pil_kmeans import encode_png
    >>> picture = Image.radial_gradient("L")
    >>> encode_png(picture, n_colors=16)[:4]
    b'\x89PNG'
    >>> len(encode_png(picture, n_colors=16)) < len(encode_png(picture, n_colors=16, lossy=0))
    True
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
    check_progress(progress)
    if quality is not None and lossy != "auto":
        raise ValueError(f"quality={quality} chooses what lossy={lossy} says: pass one of them")
    can_diffuse = dither not in BY_MASK
    if not can_diffuse and lossy not in (0, "auto"):
        raise ValueError(f"lossy={lossy} would break the pattern of dither={dither!r}: pass lossy=0, or another dither")
    report = silent if progress is None else progress
    report(0.0)
    if isinstance(image, IndexedImage):
        read_sample_weight(sample_weight, image.shape)
        if fixed_colors is None and quality is None and len(png.plte_entries(image)[1]) <= n_colors:
            data = png.encode(image, compression=compression)
            report(1.0)
            return data
        image = image.to_array()
    source, color_info = in_srgb(Source.read(image))
    turn, chunks = 1, []
    if source.image is not None:
        turn = orientation(source.image)
        chunks = metadata_chunks(source.image, metadata, color_info)
    samples = source.checked_samples()
    fixed = to_uint8(read_fixed_colors(fixed_colors, source.samples.dtype, [samples.shape[2]]))
    samples, fixed = promoted(samples, distinct(fixed, n_colors))
    pixels = read_pixels(oriented(samples, turn))
    weight = read_sample_weight(sample_weight, source.samples.shape[:2])
    checked_weight = None if weight is None else oriented(weight, turn)

    def fit(n_colors: int) -> Dithering:
        return quantize_pixels(
            pixels,
            n_colors=max(n_colors, 1 if fixed is None else len(fixed)),
            fixed_colors=fixed,
            color_space=color_space,
            effort=effort,
            sample_weight=checked_weight,
            dither=dither,
            dither_strength=dither_strength,
            to_8_bits=True,
            n_threads=n_threads,
        )

    picture = SmallPng(pixels, fit, chunks, can_diffuse, checked_weight, compression, n_threads)
    if quality is None:
        data = picture.by_lossy(n_colors, AUTO if lossy == "auto" else float(lossy), report)
    else:
        data = picture.by_quality(n_colors, float(quality), report)
    report(1.0)
    return data
