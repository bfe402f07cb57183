"""Palettes that are given: nothing is fitted but whether to dither."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..pictures.fixed_colors import in_channels
from ..pictures.palettes import GivenPalette
from ..stages.dithering.diffuse import method_of
from ..stages.given_palette import map_to_palette
from ..stages.options import Dither, Search
from ..stages.palette import Palette
from ..stages.samples import rgba_rows, to_samples
from .lazy import LazyPictures
from .model import Keep
from .picture_model import Fit, PictureModel
from .read_x import AnyPictures, LargePictures, Pictures


class GivenModel(PictureModel):
    """Pictures in the colours of a palette that stays as it is, and what a device calls them.

    Parameters
    ----------
    own : GivenPalette
    search, dither, budget, masked
        As of `PictureModel`.

    Raises
    ------
    ValueError
        If `masked` is the index of a colour.
    """

    def __init__(self, own: GivenPalette, search: Search, dither: Dither, budget: int, masked: int | None) -> None:
        n_colors = len(own.colors)
        if masked is not None and masked < n_colors:
            raise ValueError(f"masked={masked} is the index of a color of palette: it must not be below {n_colors}")
        super().__init__(n_colors, search, None, dither, budget, masked)
        self._own = own

    @property
    def stored(self) -> NDArray[Any]:
        """The palette as the device has it, if there is one."""
        return self.palette if self._own.device is None else self._own.device

    def add(self, data: AnyPictures, sample_weight: Any, *, keep: Keep) -> None:
        """Count the pictures' colours, for the inertia; the palette must suit their channels."""
        in_channels(rgba_rows(self._own.colors), data.n_channels, "palette")
        super().add(data, sample_weight, keep=keep)

    def fit(self) -> Any:
        """Return the pictures' indices if they are dithered."""
        data, self._weight = self._kept, None
        if self.dither == "none":
            return None
        result = self._mapped(data, self._dither)
        self._fitted = self._fitted._replace(strength=result.strength)
        return self._arrange(data, result.indices) if result.strength else None

    def transform(self, data: AnyPictures) -> Any:
        """Index the entry of every pixel, dithered if the fit has chosen so."""
        strength = self._fitted.strength
        if strength == 0:
            return self.predict(data)
        if isinstance(data, LazyPictures):
            return super().transform(data)
        self._check(data)
        if isinstance(data, LargePictures):
            data = data.whole()
        return self._arrange(data, self._mapped(data, Dither(method_of(self.dither), strength)).indices)

    def _mapped(self, data: Pictures, dither: Dither) -> Any:
        colors = self._in_channels()
        options: dict[str, Any] = {"color_space": self.search.color_space, "frames": data.frames}
        return map_to_palette(data.pixels, colors, dither, **options, **self._threads)

    def _in_channels(self) -> NDArray[np.uint8]:
        return in_channels(rgba_rows(self._own.colors), self._n_channels, "palette")

    @property
    def _palette(self) -> Palette:
        shares = self._in_channels() / 255
        assert self._dtype is not None
        colors = to_samples(shares, self._dtype)
        return Palette(colors, colors.astype(np.float64), None, np.ones(len(colors), np.bool_), 0)

    @cached_property
    def _fitted(self) -> Fit:
        return Fit(self._palette, self.fit_histogram if self._counts is None else None, 0.0)
