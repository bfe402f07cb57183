"""`encode_png`: a picture as the bytes of a palette PNG."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from .color_management import in_srgb
from .fixed_colors import distinct, promoted, read_fixed_colors
from .metadata import Metadata, check_metadata, metadata_chunks, orientation, oriented
from .pillow.source import Source
from .stages import png
from .stages.indexed_image import MAX_BYTE_COLORS, IndexedImage, to_uint8
from .stages.pixels import read_pixels, read_sample_weight
from .stages.quantize import check_options, quantize_pixels


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
    compression: str = "default",
    metadata: Metadata = "color",
    n_threads: int | None = None,
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
    compression : {"fast", "default", "max"}, default "default"
        How long to look for a small file. The pixels are the same.
    metadata : {"color", "all", "none"}, default "color"
        What to keep of a PIL image's metadata. "color": what changes how it looks, which is
        dpi, sRGB in place of an ICC profile, and sRGB, gAMA and cHRM as they were if they gave no
        reason to convert. "all": also EXIF, without the orientation, XMP and text.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available.
        The bytes do not depend on it.

    Returns
    -------
    bytes
        A whole PNG file.

    Raises
    ------
    TypeError
        If `image` is not a picture, or an argument is of the wrong type.
    ValueError
        If `image` has no pixels, or samples or an argument are out of range. The message says
        what is allowed.

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

    Examples
    --------
    >>> from PIL import Image
    >>> from pil_kmeans import encode_png
    >>> encode_png(Image.linear_gradient("L"), n_colors=16)[:4]
    b'\x89PNG'
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
    if isinstance(image, IndexedImage):
        read_sample_weight(sample_weight, image.shape)
        if fixed_colors is None and len(png.plte_entries(image)[1]) <= n_colors:
            return png.encode(image, compression=compression)
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
    palette, indices = quantize_pixels(
        pixels,
        n_colors=n_colors,
        fixed_colors=fixed,
        color_space=color_space,
        effort=effort,
        sample_weight=None if weight is None else oriented(weight, turn),
        dither=dither,
        dither_strength=dither_strength,
        to_8_bits=True,
        n_threads=n_threads,
    )
    return png.encode(IndexedImage(indices, palette.colors), chunks, palette.fixed, compression=compression)
