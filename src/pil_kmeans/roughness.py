"""The options of how much rougher a picture may become: `lossy`, or a `quality` to reach."""

from __future__ import annotations

from .png.rate_distortion import Lossy, check_lossy
from .png.target_quality import Quality, read_quality
from .stages.dithering.diffuse import BY_MASK


def read_roughness(*, dither: str, lossy: Lossy, quality: float | str | None) -> Quality | None:
    """Take the quality, after a check of both, and that they go together with each other and with `dither`.

    Raises
    ------
    TypeError
        If one is of the wrong type.
    ValueError
        If one is out of range, or they do not go together.
    """
    check_lossy(lossy)
    wanted = read_quality(quality)
    if quality is not None and lossy != "auto":
        raise ValueError(f"quality={quality} chooses what lossy={lossy} says: pass one of them")
    if dither in BY_MASK and lossy not in (0, "auto"):
        raise ValueError(f"lossy={lossy} would break the pattern of dither={dither!r}: pass lossy=0, or another dither")
    return wanted


def check_roughness_of_device(*, lossy: Lossy, quality: float | str | None) -> None:
    """Check that nothing is judged by colours that are stored for a device, and look different."""
    if quality is not None or lossy not in (0, "auto"):
        given = f"lossy={lossy}" if quality is None else f"quality={quality}"
        raise ValueError(f"{given} has no use with the colors of a device, which are stored exactly: drop one of them")
