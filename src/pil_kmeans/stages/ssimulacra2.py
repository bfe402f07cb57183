"""Score: how alike a picture is to its original for the eye, by SSIMULACRA 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .options import is_number
from .pixels import Pixels
from .threads import count_threads

DARK, LIGHT = 0.1, 0.9
"""What pictures with alpha are laid on: the lower score counts, as in the original program."""

MIN_SIZE = 8
"""Smaller pictures are mirrored at their borders to this height or width: the measure begins here."""

FULL_SIZE = 113
"""From this height and width on the measure has its six scales. Of fewer it weighs the wrong ones, and scores jump
where one is added: to judge smaller pictures as it would larger ones, mirror them to this."""


def strict_score(pixels: Pixels, n_threads: int | None) -> Callable[[Pixels], float]:
    """Make what scores a result of a picture as a quality has to be reached.

    Of a small picture the score has fewer scales, and may be high for what is far too rough, so that the lower one
    counts of the picture as it is, and mirrored to a size with all scales.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.stages.ssimulacra2 import strict_score
    >>> grey = read_pixels(np.full((16, 16, 3), 99, np.uint8))
    >>> strict_score(grey, 1)(grey)
    100.0
    """
    sizes = (MIN_SIZE,) if min(pixels.shape) >= FULL_SIZE else (MIN_SIZE, FULL_SIZE)
    originals = [Original(pixels, background=None, min_size=size, n_threads=n_threads) for size in sizes]
    return lambda result: min(original.score(result) for original in originals)


class Original:
    """A picture that others are compared with, prepared once.

    Parameters
    ----------
    pixels : Pixels
        The original. Grey counts as RGB.
    background : float, optional
        Grey level from 0.0 to 1.0, in sRGB, that pictures with alpha are laid on. None: the lower of the scores on a
        dark and on a light one.
    min_size : int, default=MIN_SIZE
        Height and width that smaller pictures are mirrored to, at least MIN_SIZE.
    first_scale : int, default=0
        From which of its scales on a score looks: 0 is the picture itself, each other half as wide and high as that
        before. Those left out, which take most of the time, are taken for equal; so scores are higher then, but nearly
        in the same order for undithered results of as many colours. There have to be later ones.
    n_threads : int, optional
        The scores do not depend on it.

    Notes
    -----
    J. Sneyers, Cloudinary: SSIMULACRA 2, https://github.com/cloudinary/ssimulacra2.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.stages.pixels import read_pixels
    >>> from pil_kmeans.stages.ssimulacra2 import Original
    >>> grey = read_pixels(np.full((16, 16, 3), 99, np.uint8))
    >>> Original(grey, background=None, n_threads=1).score(grey)
    100.0
    """

    def __init__(
        self,
        pixels: Pixels,
        *,
        background: float | None,
        n_threads: int | None,
        min_size: int = MIN_SIZE,
        first_scale: int = 0,
    ) -> None:
        self.shape: tuple[int, int] = pixels.shape
        self._min_size, self._first_scale = min_size, first_scale
        self._backgrounds = (DARK, LIGHT) if background is None else (float(background),)
        self._n_threads = count_threads(n_threads)
        self._pyramids = self._pyramids_of(pixels)

    def score(self, pixels: Pixels) -> float:
        """Return the score of a picture of the same height and width, at most 100; see `ssimulacra2`."""
        if pixels.shape != self.shape:
            raise ValueError(f"pictures differ in shape: the original is {self.shape}, the other one {pixels.shape}")
        return self._score(self._pyramids_of(pixels))

    def score_of_indices(self, indices: NDArray[Any], palette: Pixels) -> float:
        """Return the score of a picture in indices (H, W), uint8 or uint16, into the one row of pixels of a palette."""
        colors, backgrounds = self._laid_out(_integers(palette.samples))
        rows = np.ascontiguousarray(_mirrored(indices, self._min_size))
        options = self._first_scale, self._n_threads
        return self._score([_native.xyb_pyramid_of_indices(rows, colors[0], own, *options) for own in backgrounds])

    def _score(self, others: list[NDArray[np.float32]]) -> float:
        height, width = (max(size, self._min_size) for size in self.shape)
        n_scores = max(len(self._pyramids), len(others))
        return min(
            _native.ssimulacra2(a, b, height, width, self._first_scale, self._n_threads)
            for a, b in zip(_repeated(self._pyramids, n_scores), _repeated(others, n_scores), strict=True)
        )

    def _pyramids_of(self, pixels: Pixels) -> list[NDArray[np.float32]]:
        """One for each background; only one if the picture is opaque."""
        samples, backgrounds = self._laid_out(_mirrored(_integers(pixels.samples), self._min_size))
        return [_native.xyb_pyramid(samples, own, self._first_scale, self._n_threads) for own in backgrounds]

    def _laid_out(self, samples: NDArray[Any]) -> tuple[NDArray[Any], Sequence[float]]:
        """Return samples, without alpha if they are opaque, and what they are laid on."""
        if samples.shape[2] in (1, 3) or (samples[..., -1] == np.iinfo(samples.dtype).max).all():
            return np.ascontiguousarray(samples[..., : 3 if samples.shape[2] > 2 else 1]), (0.0,)
        return samples, self._backgrounds


def check_background(background: Any) -> None:
    """Check a grey level.

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is not from 0.0 to 1.0.
    """
    if background is None:
        return
    if not is_number(background):
        raise TypeError(f"background must be a number, got {background!r} of type {type(background).__name__}")
    if not (isfinite(background) and 0 <= background <= 1):
        raise ValueError(f"background must be from 0.0 to 1.0, got {background}")


def _integers(samples: NDArray[Any]) -> NDArray[Any]:
    return samples if samples.dtype.kind == "u" else np.rint(samples * 65535).astype(np.uint16)


def _mirrored(samples: NDArray[Any], min_size: int) -> NDArray[Any]:
    missing = [max(0, min_size - size) for size in samples.shape[:2]]
    if not any(missing):
        return samples
    widths = [(0, size) for size in missing] + [(0, 0)] * (samples.ndim - 2)
    return np.pad(samples, widths, mode="symmetric")


def _repeated(pyramids: list[NDArray[np.float32]], n: int) -> list[NDArray[np.float32]]:
    return pyramids if len(pyramids) == n else pyramids * n
