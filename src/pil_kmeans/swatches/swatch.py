"""Swatch: one colour and its share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Swatch:
    """One colour of a palette."""

    rgba: tuple[int, ...]
    share: float
    """Of the pixels that have it, from 0.0 to 1.0."""

    @property
    def hex(self) -> str:
        """``#rrggbb``, or ``#rrggbbaa`` if it is not opaque."""
        return f"#{bytes(self.rgba[:3] if self.is_opaque else self.rgba).hex()}"

    @property
    def is_opaque(self) -> bool:
        """Whether nothing shines through."""
        return self.rgba[3] == 255
