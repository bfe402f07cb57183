"""The imageio face: plugins that write PNGs, GIFs and WebPs, and `register`, which gives them a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

try:
    from imageio.config import known_plugins
    from imageio.config.plugins import PluginConfig
    from imageio.core.request import URI_BYTES, URI_FILENAME, InitializationError, IOMode, Request
    from imageio.core.v3_plugin_api import PluginV3
except ImportError as error:
    msg = f"pil_kmeans.imageio needs imageio ({error}): run `pip install 'pil_kmeans[imageio]'`"
    raise ImportError(msg) from error

from .encode import encode_png
from .encode_frames import encode_gif
from .encode_pixels import encode_webp

__all__ = ["PaletteGifPlugin", "PalettePlugin", "PalettePngPlugin", "register"]

NAME = "pil_kmeans"


def register() -> None:
    """Let imageio find `PalettePlugin` by the name "pil_kmeans".

    imageio's choice of a plugin for calls that name none stays as it is.

    Examples
    --------
    >>> import imageio.v3 as iio
    >>> import numpy as np
    >>> import pil_kmeans.imageio
    >>> pil_kmeans.imageio.register()
    >>> picture = np.arange(256, dtype=np.uint8).repeat(64).reshape(128, 128)
    >>> iio.imwrite("<bytes>", picture, extension=".png", plugin="pil_kmeans", n_colors=16)[1:4]
    b'PNG'
    """
    known_plugins[NAME] = PluginConfig(name=NAME, class_name="PalettePlugin", module_name=__name__)


class PalettePlugin(PluginV3):
    """imageio plugin that writes by `encode_png`, `encode_gif` and `encode_webp`; it does not read.

    Pass it as ``plugin=`` to `imageio.v3.imwrite` or `imageio.v3.imopen`, or its name after
    `register`. The extension says what is written, in the path or as ``extension=``: ``.png``,
    ``.apng`` and none a PNG, ``.gif`` a GIF, ``.webp`` a WebP. The picture is written when `write` is called, whole or
    not at all: after any error a file that was there before has its old content.

    Parameters
    ----------
    request : imageio.core.Request
        What to write to: a path, a file object, a member of a zip file, or ``"<bytes>"``.
    **options
        Defaults for the options of `write`.

    Raises
    ------
    imageio.core.request.InitializationError
        If asked to read, or for another extension. imageio makes an OSError of it.

    Examples
    --------
    >>> import imageio.v3 as iio
    >>> import numpy as np
    >>> from pil_kmeans.imageio import PalettePlugin
    >>> frames = np.arange(256, dtype=np.uint8).repeat(64).reshape(2, 64, 128, 1)
    >>> data = iio.imwrite("<bytes>", frames, extension=".gif", plugin=PalettePlugin, n_colors=16, duration=50)
    >>> iio.imread(data).shape
    (2, 64, 128, 3)
    """

    _encoders: ClassVar[Mapping[str | None, Callable[..., Any]]] = {
        ".png": encode_png,
        ".apng": encode_png,
        ".gif": encode_gif,
        ".webp": encode_webp,
        None: encode_png,
    }
    _kinds = "PNGs, GIFs and WebPs"

    _is_open = False  # if we refuse, there is nothing to close: the request is still imageio's
    _is_written = False

    def __init__(self, request: Request, **options: Any) -> None:
        name = type(self).__name__
        if request.mode.io_mode != IOMode.write:
            msg = f"{name} writes {self._kinds}, and does not read"
            raise InitializationError(msg)
        extension = request.extension and request.extension.lower()
        if extension not in self._encoders:
            known = " or ".join(f"extension={known!r}" for known in sorted(filter(None, self._encoders)))
            msg = f"{name} writes {self._kinds}, got the extension {extension}: pass {known}"
            raise InitializationError(msg)
        super().__init__(request)
        self._options = options
        self._encode = self._encoders[extension]
        self._is_open = True

    def write(self, ndimage: Any, *, is_batch: bool | None = None, **options: Any) -> bytes | None:
        """Write a picture, or the frames of an animation.

        Parameters
        ----------
        ndimage : ndarray, PIL.Image.Image, IndexedImage, or list of these
            A picture as `encode_png` takes it, or a batch: of several, the frames.
        is_batch : bool, optional
            Whether the first axis counts pictures. None: if there are four axes, or three of which
            the last is longer than four, and so cannot be the channels. A list is always a batch.
        **options
            Those of `encode_png`, `encode_gif` or `encode_webp`.

        Returns
        -------
        bytes or None
            The file if writing to ``"<bytes>"``.

        Raises
        ------
        TypeError, ValueError
            As `encode_png` does, and ValueError for a second call, or a closed plugin.
        """
        if not self._is_open:
            msg = "the file is closed: open it again to write to it"
            raise ValueError(msg)
        if self._is_written:
            msg = (
                "the file holds one picture, and it has been written: open another file for the next, "
                "or write the frames of an animation as one list"
            )
            raise ValueError(msg)
        options = self._options | options
        path = Path(self.request.filename)
        is_path = self.request._uri_type == URI_FILENAME and (path.is_file() or not path.exists())
        picture = _picture_or_frames(ndimage, is_batch, options)
        data: bytes | None = self._encode(picture, to=path if is_path else None, **options)
        if data is not None:  # imageio's own file is not opened, and made, before there is something to write
            self.request.get_file().write(data)
        self._is_written = True
        return data if self.request._uri_type == URI_BYTES else None

    def close(self) -> None:
        """Close what was opened; a second time does nothing."""
        if self._is_open:
            self._is_open = False
            super().close()


class PalettePngPlugin(PalettePlugin):
    """As `PalettePlugin`, for PNGs only.

    Examples
    --------
    >>> import imageio.v3 as iio
    >>> import numpy as np
    >>> from pil_kmeans.imageio import PalettePngPlugin
    >>> picture = np.arange(256, dtype=np.uint8).repeat(64).reshape(128, 128)
    >>> data = iio.imwrite("<bytes>", picture, extension=".png", plugin=PalettePngPlugin, n_colors=16)
    >>> iio.imread(data, mode="RGB").shape
    (128, 128, 3)
    """

    _encoders: ClassVar[Mapping[str | None, Callable[..., Any]]] = {".png": encode_png, None: encode_png}
    _kinds = "PNGs"


class PaletteGifPlugin(PalettePlugin):
    """As `PalettePlugin`, for GIFs only.

    Examples
    --------
    >>> import imageio.v3 as iio
    >>> import numpy as np
    >>> from pil_kmeans.imageio import PaletteGifPlugin
    >>> picture = np.arange(256, dtype=np.uint8).repeat(64).reshape(128, 128)
    >>> data = iio.imwrite("<bytes>", picture, extension=".gif", plugin=PaletteGifPlugin, n_colors=16)
    >>> iio.imread(data, index=0).shape
    (128, 128, 3)
    """

    _encoders: ClassVar[Mapping[str | None, Callable[..., Any]]] = {".gif": encode_gif, None: encode_gif}
    _kinds = "GIFs"


def _picture_or_frames(image: Any, is_batch: bool | None, options: dict[str, Any]) -> Any:
    """Make a list of a batch, and take one of a single picture apart."""
    if not isinstance(image, list | tuple):
        shape: tuple[int, ...] = () if isinstance(image, Image.Image) else np.shape(image)
        if is_batch is None:
            is_batch = len(shape) == 4 or (len(shape) == 3 and shape[2] > 4 and "channel_axis" not in options)
        if not (is_batch and shape):
            return image
    pictures = list(image)
    return pictures[0] if len(pictures) == 1 else pictures
