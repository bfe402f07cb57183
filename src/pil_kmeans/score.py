"""`ssimulacra2`: how alike two pictures are for the eye."""

from __future__ import annotations

from typing import Any

from .pictures.layout import Layout
from .pictures.read import read_picture
from .stages.options import check_threads
from .stages.pixels import read_pixels
from .stages.ssimulacra2 import Original, check_background


def ssimulacra2(
    a: Any,
    b: Any,
    *,
    background: float | None = None,
    channel_axis: int | None = -1,
    full_scale: float | None = None,
    n_threads: int | None = None,
) -> float:
    """Score how alike a picture is to its original for the eye.

    SSIMULACRA 2 compares means, variances and edges at six scales in XYB, a space made after the
    cones of the eye, weighted so that the score agrees with what people said of compressed
    pictures.

    Parameters
    ----------
    a : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, or bytes
        The original: a PIL image of any mode (of several frames, the current one), or the bytes of
        a file that Pillow reads; or grey, grey + alpha, RGB or RGBA samples: uint8, uint16, bool,
        or floats in [0, 1]. A PIL image is turned as its EXIF orientation says and converted to
        sRGB, as `encode_png` does. Grey counts as RGB.
    b : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, or bytes
        What was made of it, of the same height and width; any number of channels and dtype.
    background : float, optional
        Grey level from 0.0 to 1.0, in sRGB, that pictures with alpha are laid on. None: the lower
        of the scores on a dark one (0.1) and on a light one (0.9). A picture without alpha counts
        as opaque, also where the other one has it.
    channel_axis : int or None, default -1
        Which axis of an array with three axes holds the channels: 0 for (C, H, W). None: arrays
        have two axes and are grey, as those of two axes are in any case.
    full_scale : float, optional
        The value of white in arrays, and in PIL images of mode I, I;16 or F, whatever their dtype:
        4095 for 12 bits, 255 for int64 or floats from 0 to 255. None: 255 for uint8, 65535 for
        uint16, also if fewer of the bits are used, and 1 for bool and floats.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available.
        The score does not depend on it.

    Returns
    -------
    float
        100 where nothing differs, about 90 where no difference is seen, 70 high, 50 medium and 30
        low quality; below 0 where little is left.

    Raises
    ------
    TypeError
        If a picture is not a picture, or an argument is of the wrong type.
    ValueError
        If the pictures differ in height or width, have no pixels, or samples or an argument are
        out of range. The message says what is allowed.

    See Also
    --------
    encode_png : takes such a score as `quality`.
    pil_kmeans.report.compare : this and other measures, for several numbers of colours.

    Notes
    -----
    The measure and its scale are those of J. Sneyers' program, version 2.1 (Cloudinary,
    https://github.com/cloudinary/ssimulacra2). Scores differ from the program's by some hundredths,
    in bright flat areas by up to about one, for its recursive blur collects rounding errors there.

    Pictures of less than 113 pixels in height or width have fewer than six scales: 2 from 8 pixels
    on, 3 from 15, 4 from 29, 5 from 57. The weights, made for six, then fall on other scales, and
    scores compare only with those of pictures that have as many. Pictures of less than 8 pixels,
    for which the measure is not defined, are mirrored to 8. To have a small picture judged as a
    large one, mirror both to 113 pixels, with `numpy.pad(..., mode="symmetric")`.

    Examples
    --------
    >>> from PIL import Image
    >>> from pil_kmeans import quantize, ssimulacra2
    >>> picture = Image.radial_gradient("L")
    >>> ssimulacra2(picture, picture)
    100.0
    >>> ssimulacra2(picture, quantize(picture, 64)) > ssimulacra2(picture, quantize(picture, 8))
    True
    """
    check_background(background)
    check_threads(n_threads)
    layout = Layout.checked(channel_axis, full_scale)
    first, second = (read_pixels(read_picture(*given, layout).samples, name=given[1]) for given in ((a, "a"), (b, "b")))
    return Original(first, background=background, n_threads=n_threads).score(second)
