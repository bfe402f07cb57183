"""WebP: pictures and animations without loss, by Pillow (RFC 9649)."""

from __future__ import annotations

from io import BytesIO
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from PIL import features

from .seek import seek

MAX_SIDE = 2**14 - 1
"""Pixels of height and width."""

MAX_DURATION = 2**24 - 1
"""Milliseconds."""

MAX_PLAYS = 2**16 - 1


class _Effort(NamedTuple):
    """What libwebp calls method, 0 to 6, and for pictures without loss quality, 0 to 100."""

    method: int
    quality: int


EFFORTS = {"fast": _Effort(1, 25), "default": _Effort(4, 80), "max": _Effort(6, 100)}


def check_webp() -> None:
    """Check that Pillow can write it.

    Raises
    ------
    ValueError
        If it was built without.
    """
    if not features.check("webp"):
        raise ValueError("this Pillow was built without WebP: install one from PyPI, or write a PNG")


def encode(image: Any, compression: str) -> bytes:
    """Write all frames of an image exactly, with their durations, its loop, ICC profile, EXIF and XMP.

    Parameters
    ----------
    image : PIL.Image.Image
        At its first frame.
    compression : {"fast", "default", "max"}

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the picture is larger than the format allows.
    """
    if max(image.size) > MAX_SIDE:
        width, height = image.size
        raise ValueError(f"a WebP holds at most {MAX_SIDE} x {MAX_SIDE} pixels, got {width} x {height}: use a PNG")
    effort = EFFORTS[compression]
    options: dict[str, Any] = {"lossless": True, "method": effort.method, "quality": effort.quality}
    options |= {name: image.info[name] for name in ("icc_profile", "exif", "xmp") if image.info.get(name)}
    file = BytesIO()
    if getattr(image, "n_frames", 1) == 1:
        image.save(file, "WEBP", exact=True, **options)
    else:
        durations = []
        for n in range(image.n_frames):
            image.seek(n)
            durations.append(image.info.get("duration", 0))
        seek(image, 0)
        ends = [round(end) for end in accumulate(durations, initial=0)]
        lasting = [min(after - before, MAX_DURATION) for before, after in pairwise(ends)]
        options |= {"kmin": 0, "kmax": 0}  # no frame is whole that need not be
        image.save(file, "WEBP", save_all=True, duration=lasting, loop=image.info.get("loop", 0), **options)
    return file.getvalue()
