"""Indexed image: a palette and one index per pixel; what every face receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .stages.indices import INDEX_DTYPES, MAX_BYTE_COLORS, MAX_COLORS, round_to_8_bits
from .stages.samples import rgba_rows, to_uint8

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, eq=False)
class IndexedImage:
    """A picture as a palette and one index per pixel.

    Both arrays are copied, checked and made read-only, so that an `IndexedImage` is always a
    picture that can be shown and written.

    Parameters
    ----------
    indices : ndarray of shape (H, W), uint8 or uint16
        Row of `palette` for every pixel.
    palette : ndarray of shape (n, C), C = 1..4, uint8, uint16, bool, float32 or float64
        The colours: grey, grey + alpha, RGB or RGBA. Floats are in [0, 1]. At most 65,536 rows.

    Raises
    ------
    TypeError
        If an array has another dtype.
    ValueError
        If an array has another shape, is empty, an index points outside of the palette, or a
        float is not a finite number in [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans import IndexedImage
    >>> flag = IndexedImage(
    ...     indices=np.array([[0, 1, 0]], np.uint8),
    ...     palette=np.array([[255, 0, 0], [255, 255, 255]], np.uint8),
    ... )
    >>> flag.to_array().shape
    (1, 3, 3)
    >>> flag.to_pil().mode
    'P'
    """

    indices: NDArray[Any]
    palette: NDArray[Any]

    def __post_init__(self) -> None:
        for name in ("indices", "palette"):
            given = np.asarray(getattr(self, name))
            kept = np.array(given, dtype=given.dtype.newbyteorder("="), order="C")
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)
        _check_palette(self.palette)
        _check_indices(self.indices, len(self.palette))

    def __reduce__(self) -> tuple[type[IndexedImage], tuple[NDArray[Any], NDArray[Any]]]:
        return IndexedImage, (self.indices, self.palette)  # unpickled arrays would be writable

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.indices.shape
        return height, width

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("an array of an IndexedImage is always a copy: do not pass copy=False")
        return self.to_array() if dtype is None else self.to_array().astype(dtype)

    def _repr_png_(self) -> bytes:
        """Show it in a notebook."""
        if len(self.palette) <= MAX_BYTE_COLORS:
            return self.to_png(compression="fast")
        from io import BytesIO

        from PIL import Image

        file = BytesIO()
        Image.fromarray(rgba_rows(to_uint8(self.palette))[self.indices]).save(file, "PNG")
        return file.getvalue()

    def to_array(self) -> NDArray[Any]:
        """Colour of every pixel.

        Returns
        -------
        ndarray of shape (H, W, C)
            In the palette's dtype.
        """
        return np.take(self.palette, self.indices, axis=0)

    def to_pil(self) -> Image.Image:
        """Make a PIL image of mode P.

        Returns
        -------
        PIL.Image.Image
            Its palette is of mode RGBA if the colours have alpha, otherwise RGB. 16-bit and float
            colours are rounded to 8 bits; those that become equal share one entry.

        Raises
        ------
        ValueError
            If the palette has more than 256 colours.
        """
        indices, palette = round_to_8_bits(self.indices, self.palette)
        rgba = rgba_rows(palette)
        return p_image(indices, rgba if palette.shape[1] in (2, 4) else rgba[:, :3])

    def to_png(self, *, keep_palette: bool = False, compression: str = "default") -> bytes:
        """Encode as a palette PNG.

        Only the colours that pixels have are stored, in as few bits per pixel as their number
        allows, in the order that compresses well. 16-bit and float colours are rounded to 8 bits.

        Parameters
        ----------
        keep_palette : bool, default False
            Store all colours, in their order, also unused and equal ones, so that the file has
            the same indices; at most 256.
        compression : {"fast", "default", "max"}, default "default"
            How long to look for a small file; the pixels are the same.

        Returns
        -------
        bytes
            A whole PNG file.

        Raises
        ------
        ValueError
            If the pixels, or a palette to be kept, have more than 256 different colours, or
            `compression` is unknown.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import IndexedImage
        >>> indexed = IndexedImage(np.zeros((9, 9), np.uint8), np.array([[255, 0, 0]], np.uint8))
        >>> indexed.to_png(compression="max")[1:4]
        b'PNG'
        """
        from .png.still import encode

        if not keep_palette:
            return encode(self.indices, self.palette, compression=compression)
        return encode(self.indices, to_uint8(self.palette), keep_palette=True, compression=compression)

    def to_gif(self, *, keep_palette: bool = False) -> bytes:
        """Encode as a GIF.

        Only the colours that pixels have are stored. 16-bit and float colours are rounded to 8 bits.

        Parameters
        ----------
        keep_palette : bool, default False
            Store all colours, in their order, also unused and equal ones, so that the file has the
            same indices; at most 256.

        Returns
        -------
        bytes
            A whole GIF file.

        Raises
        ------
        ValueError
            If the pixels, or a palette to be kept, have more than 256 different colours, counting
            a transparent one, or colours are translucent, which a GIF cannot hold.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import IndexedImage
        >>> indexed = IndexedImage(np.zeros((9, 9), np.uint8), np.array([[255, 0, 0]], np.uint8))
        >>> indexed.to_gif()[:6]
        b'GIF89a'
        """
        from .gif.exact import encode

        palette = to_uint8(self.palette) if keep_palette else self.palette
        return encode(self.indices[np.newaxis], palette, [0], keep_palette=keep_palette)

    def to_webp(self, *, compression: str = "default") -> bytes:
        """Encode as a WebP without loss. 16-bit and float colours are rounded to 8 bits.

        Parameters
        ----------
        compression : {"fast", "default", "max"}, default "default"
            How long to look for a small file; the pixels are the same.

        Returns
        -------
        bytes
            A whole WebP file.

        Raises
        ------
        ValueError
            If `compression` is unknown, the picture has more than 16,383 pixels of width or height, or Pillow was
            built without WebP.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import IndexedImage
        >>> indexed = IndexedImage(np.zeros((9, 9), np.uint8), np.array([[255, 0, 0]], np.uint8))
        >>> indexed.to_webp()[8:12]
        b'WEBP'
        """
        from PIL import Image

        from .png.still import check_compression
        from .webp import check_webp, encode

        check_compression(compression)
        check_webp()
        return encode(Image.fromarray(rgba_rows(to_uint8(self.palette))[self.indices]), compression)


def p_image(indices: NDArray[Any], colors: NDArray[np.uint8]) -> Image.Image:
    """Mode P image of `indices` (H, W); `colors` (n, 3) or (n, 4) decides its palette's mode."""
    from PIL import Image, ImagePalette

    if colors.shape[1:] not in ((3,), (4,)):
        raise ValueError(f"colors of a P image must have shape (n, 3) or (n, 4), got {colors.shape}")
    if len(colors) > MAX_BYTE_COLORS:
        msg = (
            f"a P image holds at most {MAX_BYTE_COLORS} colors, this palette has {len(colors)}: "
            f"quantize to n_colors={MAX_BYTE_COLORS} or fewer"
        )
        raise ValueError(msg)
    height, width = indices.shape
    image = Image.frombytes("P", (width, height), np.ascontiguousarray(indices, np.uint8).data)
    mode = "RGBA" if colors.shape[1] == 4 else "RGB"
    data = colors.tobytes()
    image.putpalette(data, mode)
    image.load()  # brings the palette to where the pixels are
    image.palette = ImagePalette.ImagePalette(mode, data)
    return image


def _check_palette(palette: NDArray[Any]) -> None:
    """Check shape, dtype and range of the colours."""
    if palette.ndim != 2 or not 1 <= palette.shape[1] <= 4 or not 1 <= len(palette) <= MAX_COLORS:
        msg = (
            f"palette must have shape (n, C) with n from 1 to {MAX_COLORS} colors and C from 1 to "
            f"4 channels, got {palette.shape}"
        )
        raise ValueError(msg)
    if palette.dtype.kind not in "bf" and palette.dtype not in INDEX_DTYPES:
        msg = (
            f"palette must be uint8, uint16, bool or float in [0, 1], got {palette.dtype}: "
            "convert it with .astype(numpy.uint8) if its values are 0-255"
        )
        raise TypeError(msg)
    if palette.dtype.kind == "f" and not ((palette >= 0) & (palette <= 1)).all():
        bad = palette[~((palette >= 0) & (palette <= 1))][0]
        msg = (
            f"palette of dtype {palette.dtype} must hold numbers in [0, 1], got {bad}: "
            "use .astype(numpy.uint8) for colors of 0-255"
        )
        raise ValueError(msg)


def _check_indices(indices: NDArray[Any], n_colors: int) -> None:
    """Check shape, dtype and range of the indices."""
    if indices.dtype not in INDEX_DTYPES:
        msg = f"indices must be uint8 or uint16, got {indices.dtype}: convert them with .astype"
        raise TypeError(msg)
    if indices.ndim != 2 or indices.size == 0:
        msg = f"indices must have shape (H, W) with at least one pixel, got {indices.shape}"
        raise ValueError(msg)
    largest = int(indices.max())
    if largest >= n_colors:
        msg = f"indices must be below the palette's {n_colors} colors, got {largest}"
        raise ValueError(msg)
