"""`encode_webp`: a picture or frames as the bytes of a WebP without loss beyond that of the palette."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from .argument_names import counts_colors
from .encode import encode_png
from .files import MOST_IN_MEMORY, check_target, deliver
from .pictures.durations import check_loop, read_durations
from .png.metadata import Metadata
from .png.rate_distortion import Lossy
from .presets import takes_preset
from .stages.progress import Progress, check_progress, part, silent
from .webp import MAX_DURATION, MAX_PLAYS, check_webp, encode

__all__ = ["encode_webp"]

_QUANTIZED = 0.8  # share of the work


@counts_colors("n_colors")
@takes_preset
def encode_webp(
    image: Any,
    *,
    to: Any = None,
    preset: str | None = None,
    n_colors: int = 256,
    palette: Any = None,
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
    compression: str = "default",
    metadata: Metadata = "color",
    duration: float | Sequence[float] | None = None,
    loop: int | None = None,
    channel_axis: int | None = -1,
    full_scale: float | None = None,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> bytes | Any:
    """Encode what `encode_png` shows, a picture or the frames of an animation, as a lossless WebP.

    Parameters
    ----------
    image, to, preset, n_colors, palette, exact, fixed_colors, color_space, effort, weighting, dither, dither_strength
        As in `encode_png`.
    sample_weight, lossy, quality, channel_axis, full_scale, n_threads, progress
        As in `encode_png`.
    compression : {"fast", "default", "max"}, default "default"
        How long to look for a small file of the same pixels: 1, 4 or 6 of the methods of libwebp.
    metadata : {"color", "all", "none"}, default "color"
        As in `encode_png`, of which a WebP holds an ICC profile, EXIF and XMP.
    duration : float or sequence of float, optional
        As in `encode_png`, at most 16,777,215 ms. Stored in milliseconds; what is rounded away of one is
        made up for by the next.
    loop : int, optional
        As in `encode_png`, at most 65,535.

    Returns
    -------
    bytes or None
        A whole WebP file; None if it was written `to` somewhere.

    Raises
    ------
    TypeError, ValueError, OSError, QualityError
        As `encode_png` does; ValueError also for more than 16,383 pixels of width or height, and if
        Pillow was built without WebP.

    See Also
    --------
    encode_png : the same as a PNG, which anything can read.

    Notes
    -----
    The pixels are those of `encode_png` with the same options, but what fully transparent pixels of an
    animation hide. The file is often smaller than the PNG, though not always, and slower to write.

    For films and photographs that move, a lossy WebP, which Pillow writes, is smaller.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from pil_kmeans import encode_png, encode_webp
    >>> picture = Image.radial_gradient("L")
    >>> webp, png = (Image.open(BytesIO(encode(picture, n_colors=16))) for encode in (encode_webp, encode_png))
    >>> webp.format, webp.convert("RGB").tobytes() == png.convert("RGB").tobytes()
    ('WEBP', True)
    """
    check_target(to)
    check_webp()
    check_progress(progress)
    if loop is not None:
        check_loop(loop, MAX_PLAYS)
    if duration is not None:
        each = duration if np.iterable(duration) and not isinstance(duration, str | bytes) else [duration]
        read_durations(duration, each, MAX_DURATION)
    report = silent if progress is None else progress
    options: dict[str, Any] = {
        "n_colors": n_colors,
        "palette": palette,
        "exact": exact,
        "fixed_colors": fixed_colors,
        "color_space": color_space,
        "effort": effort,
        "weighting": weighting,
        "dither": dither,
        "dither_strength": dither_strength,
        "sample_weight": sample_weight,
        "lossy": lossy,
        "quality": quality,
        "compression": compression,
        "metadata": metadata,
        "duration": duration,
        "loop": loop,
        "channel_axis": channel_axis,
        "full_scale": full_scale,
        "n_threads": n_threads,
    }

    def parts() -> Iterator[bytes]:
        with SpooledTemporaryFile(MOST_IN_MEMORY) as file:
            encode_png(image, to=file, progress=part(report, 0.0, _QUANTIZED), **options)
            file.seek(0)
            with Image.open(file) as png:
                data = encode(png, compression)
        yield data
        report(1.0)

    return deliver(parts(), to)
