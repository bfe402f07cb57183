"""Containers: which kind of file a result is, and what writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from ..encode import encode_png
from ..encode_frames import encode_gif
from ..encode_pixels import encode_webp
from .errors import CommandError

EXTENSIONS = (".png", ".apng", ".gif", ".webp")
"""Of the files that can be written."""

FORMATS = {"PNG": ".png", "GIF": ".gif"}
"""Pillow's names of files that can be replaced by a smaller one of their kind."""


_ENCODERS: dict[str, tuple[Callable[..., Any], str]] = {".gif": (encode_gif, "GIF"), ".webp": (encode_webp, "WebP")}


def own_extension(path: Path | None) -> str:
    """Return the extension of the result of a file: a GIF stays a GIF, all else becomes a PNG."""
    return ".gif" if path is not None and path.suffix.lower() == ".gif" else ".png"


def extension_of(target: Path | None, image_format: str | None) -> str:
    """Return the extension that says what a target is; where it says nothing, that of the picture's own kind."""
    extension = "" if target is None else target.suffix.lower()
    return extension if extension in EXTENSIONS else FORMATS.get(image_format or "", ".png")


def is_replaceable(path: Path) -> bool:
    """Whether a file of this name is of a kind that can be replaced by a smaller one."""
    return path.suffix.lower() in (".apng", *FORMATS.values())


def encoder(extension: str, options: Mapping[str, Any]) -> Callable[..., Any]:
    """Return what writes files of an extension.

    Raises
    ------
    CommandError
        If it has no use for an option.
    """
    if extension not in _ENCODERS:
        return encode_png
    encode, kind = _ENCODERS[extension]
    for name in options:
        if name not in signature(encode).parameters:
            raise CommandError(f"--{name.replace('_', '-')} has no use for a {kind}: drop it, or name a .png")
    return encode


def known_extensions() -> str:
    """Name them for people."""
    return f"{', '.join(EXTENSIONS[:-1])} or {EXTENSIONS[-1]}"
