"""Put `quantize` into the place of `PIL.Image.Image.quantize`, and take it out again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PIL import Image


class Patch:
    """What `patch` returns: ``with``, or ``start()`` and ``stop()``."""

    def __init__(self, quantize: Callable[..., Any]) -> None:
        self._quantize = quantize
        self._n_starts = 0

    def start(self) -> Patch:
        """Make `PIL.Image.Image.quantize` ours until `stop`; returns the patch."""
        _method.replace(self._quantize)
        self._n_starts += 1
        return self

    def stop(self) -> None:
        """Undo one `start`.

        Raises
        ------
        RuntimeError
            If every `start` is undone already.
        """
        if self._n_starts == 0:
            msg = "this patch is not started: call start() before stop()"
            raise RuntimeError(msg)
        self._n_starts -= 1
        _method.restore()

    def __enter__(self) -> Patch:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def original_quantize() -> Callable[..., Image.Image]:
    """Pillow's own method, patched or not."""
    return _method.original or Image.Image.quantize


class _ReplacedMethod:
    """`PIL.Image.Image.quantize`: how many patches are on, and what was there before the first."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.n_patches = 0
        self.original: Callable[..., Image.Image] | None = None

    def replace(self, quantize: Callable[..., Any]) -> None:
        with self.lock:
            if self.n_patches == 0:
                self.original = vars(Image.Image)["quantize"]
                setattr(Image.Image, "quantize", quantize)  # noqa: B010 - a method, to mypy
            self.n_patches += 1

    def restore(self) -> None:
        with self.lock:
            self.n_patches -= 1
            if self.n_patches == 0:
                setattr(Image.Image, "quantize", self.original)  # noqa: B010
                self.original = None


_method = _ReplacedMethod()
