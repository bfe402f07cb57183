"""As seen: pictures that are not stored in sRGB -> their pixels as they look, and colours back as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..stages.histogram import histogram
from ..stages.indices import distinct_rows
from ..stages.pixels import read_pixels
from ..stages.samples import rgba_rows
from .to_srgb import UNUSABLE, in_srgb, out_of_srgb

_COLORS_OF = ("icc_profile", "srgb", "gamma", "chromaticity")  # in `info`: what says how to look at samples

_SAME_LEVELS = 8  # of 255, by which rounding alone may move dark colours on the way to sRGB and back


@dataclass(frozen=True, eq=False)
class AsSeen:
    """The pixels of pictures in sRGB, and what says how they are stored.

    Attributes
    ----------
    samples : ndarray of shape (H, W, C)
        uint8, in sRGB.
    """

    samples: NDArray[np.uint8]
    _image: Image.Image
    _stored: NDArray[np.uint8]  # different colours (n, C), the most frequent last
    _seen: NDArray[np.uint8]  # the same in sRGB

    @classmethod
    def of(
        cls, images: Sequence[Image.Image | None], samples: NDArray[Any], n_colors: int, *, n_threads: int | None
    ) -> AsSeen | None:
        """Look at pictures of one profile, the pixels (H, W, C) of all of them.

        None if they are in sRGB, as far as is known, have no more than `n_colors`, which are to stay as they are, or do
        not come back from sRGB as they were: they may be more vivid than it can show, or their profile is for one
        direction.
        """
        image = images[0]
        if image is None or samples.dtype != np.uint8 or any(_says(other) != _says(image) for other in images):
            return None
        if not any(_says(image)[1:]):
            return None
        some = samples[:1]
        if samples_as_seen(image, some) is some:
            return None
        hist = histogram(read_pixels(samples), n_threads=n_threads)
        if len(hist) <= n_colors:
            return None
        stored = hist.colors[np.argsort(hist.counts, kind="stable")]
        converted = in_srgb(image, stored[np.newaxis]).samples[0]
        try:
            back = out_of_srgb(image, converted)
        except UNUSABLE:
            return None
        if np.abs(np.subtract(back, stored, dtype=np.int16)).max() > _SAME_LEVELS:
            return None
        return cls(samples_as_seen(image, samples), image, stored, converted)

    def as_stored(self, colors: NDArray[np.uint8], indices: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        """Return a palette (n, C) and indices as they are stored.

        What is a colour of the pictures is stored as most of its pixels are; what looks different may be equal then.
        """
        entries = out_of_srgb(self._image, colors)
        wanted, known = _packed(colors), _packed(self._seen)
        order = np.argsort(wanted)
        place = order[np.minimum(np.searchsorted(wanted, known, sorter=order), len(order) - 1)]
        is_entry = wanted[place] == known
        entries[place[is_entry]] = self._stored[is_entry]  # of several the last counts
        keep, group = distinct_rows(rgba_rows(entries))
        return entries[keep], group.astype(indices.dtype)[indices]


def samples_as_seen(image: Image.Image | None, samples: NDArray[Any]) -> NDArray[Any]:
    """Return samples (H, W, C) as they look that are stored as those of a picture are; of CMYK and LAB as they are."""
    if image is None or image.mode in ("CMYK", "LAB"):  # whose profiles are not for RGB
        return samples
    return in_srgb(image, samples).samples


def _says(image: Image.Image | None) -> tuple[Any, ...]:
    return () if image is None else (image.mode, *(image.info.get(key) for key in _COLORS_OF))


def _packed(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    packed: NDArray[np.uint32] = rgba_rows(colors).view(np.uint32)[:, 0]
    return packed
