"""Indexed image: a palette and one index per pixel; what every face receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .stages.color_space import as_samples, full_scale

if TYPE_CHECKING:
    from PIL import Image

INDEX_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16))
MAX_COLORS = 65_536
MAX_BYTE_COLORS = 256  # what a P image or a palette PNG can hold


@dataclass(frozen=True, eq=False)
class IndexedImage:
    """
    A picture as a palette and one index per pixel.

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

    def to_array(self) -> NDArray[Any]:
        """
        Colour of every pixel.

        Returns
        -------
        ndarray of shape (H, W, C)
            In the palette's dtype.
        """
        return np.take(self.palette, self.indices, axis=0)

    def to_pil(self) -> Image.Image:
        """
        Make a PIL image of mode P.

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
        image = round_to_8_bits(self)
        rgba = rgba_rows(image.palette)
        has_alpha = image.palette.shape[1] in (2, 4)
        return p_image(image.indices, rgba if has_alpha else rgba[:, :3])

    def to_png(self, *, compression: str = "default") -> bytes:
        """
        Encode as a palette PNG.

        Only the colours that pixels have are stored, in as few bits per pixel as their number
        allows, in the order that compresses well. 16-bit and float colours are rounded to 8 bits.

        Parameters
        ----------
        compression : {"fast", "default", "max"}, default "default"
            How long to look for a small file; the pixels are the same.

        Returns
        -------
        bytes
            A whole PNG file.

        Raises
        ------
        ValueError
            If the pixels have more than 256 different colours, or `compression` is unknown.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans import IndexedImage
        >>> indexed = IndexedImage(np.zeros((9, 9), np.uint8), np.array([[255, 0, 0]], np.uint8))
        >>> indexed.to_png(compression="max")[1:4]
        b'PNG'
        """
        from .png.file import encode

        return encode(self, compression=compression)


def to_uint8(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Round samples of any picture dtype to 8 bits; 65535, True and 1.0 become 255."""
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype == np.bool_:
        return samples.astype(np.uint8) * np.uint8(255)
    if samples.dtype.kind == "u":
        return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    rounded: NDArray[Any] = np.rint(samples * samples.dtype.type(255))
    return rounded.astype(np.uint8)


def to_uint16(samples: NDArray[Any]) -> NDArray[np.uint16]:
    """Spread or round samples of any picture dtype to 16 bits; 255, True and 1.0 become 65535."""
    samples = as_samples(samples)
    return samples if samples.dtype == np.uint16 else samples.astype(np.uint16) * np.uint16(257)


def rgba_rows(colors: NDArray[Any]) -> NDArray[Any]:
    """Spread colours (..., C) of 1 to 4 channels to contiguous RGBA (..., 4); opaque if without alpha."""
    n_channels = colors.shape[-1]
    rgba = np.full((*colors.shape[:-1], 4), full_scale(colors.dtype), colors.dtype)
    rgba[..., :3] = colors[..., : 3 if n_channels > 2 else 1]
    if n_channels in (2, 4):
        rgba[..., 3] = colors[..., -1]
    return rgba


def round_to_8_bits(image: IndexedImage) -> IndexedImage:
    """Round the palette to 8 bits: entries that become equal, or invisible, become one."""
    if image.palette.dtype == np.uint8:
        return image
    palette = to_uint8(image.palette)
    if palette.shape[1] in (2, 4):
        invisible = np.flatnonzero(palette[:, -1] == 0)
        palette[invisible] = palette[invisible[:1]]
    keep, new_row = distinct_rows(rgba_rows(palette))
    return IndexedImage(new_row.astype(index_dtype(len(keep)))[image.indices], palette[keep])


def distinct_rows(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each colour, in their order, and for every row its place among those."""
    packed = rgba.view(np.uint32)[:, 0]
    _, first, group = np.unique(packed, return_index=True, return_inverse=True)
    keep = np.sort(first)
    return keep, np.searchsorted(keep, first)[group]


def index_dtype(n_colors: int) -> np.dtype[Any]:
    """uint8 up to 256 colours, uint16 above."""
    return INDEX_DTYPES[n_colors > MAX_BYTE_COLORS]


def p_image(indices: NDArray[Any], colors: NDArray[np.uint8]) -> Image.Image:
    """Mode P image of `indices` (H, W); `colors` (n, 3) or (n, 4) decides its palette's mode."""
    from PIL import Image, ImagePalette

    if len(colors) > MAX_BYTE_COLORS:
        msg = (
            f"a P image holds at most {MAX_BYTE_COLORS} colors, this palette has {len(colors)}: "
            f"quantize to n_colors={MAX_BYTE_COLORS} or fewer"
        )
        raise ValueError(msg)
    height, width = indices.shape
    image = Image.frombytes("P", (width, height), indices.astype(np.uint8).tobytes())
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
