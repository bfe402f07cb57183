"""Pictures as they look: upright and in sRGB."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from .metadata import orientation, oriented
from .source import Source
from .to_srgb import in_srgb


def upright_srgb(image: Any) -> NDArray[Any]:
    """Return the samples (H, W, C) that `encode_png` begins with: those of a PIL image turned and converted."""
    source, _ = in_srgb(Source.read(image))
    samples = source.checked_samples()
    return samples if source.image is None else oriented(samples, orientation(source.image))
