"""`encode_panel`: pictures to the bytes that a panel of electronic paper takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pictures.named_palettes import named_palette
from .pictures.palettes import GivenPalette, read_palette, with_transparent
from .pictures.read import read_picture
from .stages.dithering.diffuse import check_dither, read_dither
from .stages.given_palette import map_to_palette
from .stages.options import check_threads, is_integer
from .stages.pixels import read_pixels

_BITS = (1, 2, 4, 8)


def encode_panel(
    image: Any,
    palette: Any,
    *,
    codes: Sequence[int] | None = None,
    bits: int | None = None,
    dither: str = "floyd-steinberg",
    dither_strength: float | None = None,
    n_threads: int | None = None,
) -> bytes:
    """Dither a picture for a panel of electronic paper, and pack its pixels as the panel's controller takes them.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, or bytes of a file
        As `encode_png` takes it, and as large as the panel.
    palette : str, PIL image of mode P, array of shape (m, 3), or list of colors
        The panel by its name, such as "spectra6", or how its colours look, as in `encode_png`.
    codes : sequence of int, optional
        The number that the controller has for each colour of `palette`. None: those of a named panel, otherwise 0, 1, 2
        and so on.
    bits : {1, 2, 4, 8}, optional
        Of each pixel. None: as few as hold the codes.
    dither : str, default "floyd-steinberg"
        As in `encode_png`.
    dither_strength : float, optional
        With `dither`: 0 to 1. None: what suits the palette.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available. The result does not
        depend on it.

    Returns
    -------
    bytes
        Row by row, the first pixel in the highest bits of the first byte. Each row begins with a byte of its own.

    Raises
    ------
    TypeError, ValueError
        If `image` is no picture, or transparent somewhere, or an argument is of the wrong type or out of range. The
        message says what is allowed.

    See Also
    --------
    quantize : an image of mode P, for libraries that pack pixels themselves.

    Notes
    -----
    What the getbuffer and getbuffer_4Gray of Waveshare's library return for "bw" (1 bit, white is 1), "grey4" (2 bits)
    and the panels of six and seven colours (4 bits) is of this form.

    Examples
    --------
    >>> from PIL import Image
    >>> from pil_kmeans import encode_panel
    >>> photo = Image.linear_gradient("L").resize((800, 480))
    >>> buffer = encode_panel(photo, "spectra6")
    >>> len(buffer) == 800 * 480 // 2
    True
    """
    check_dither(dither, dither_strength)
    check_threads(n_threads)
    colors, device = read_palette(palette)
    if codes is None:
        named = named_palette(palette).codes if isinstance(palette, str) else ()
        codes = named or range(len(colors))
    numbers = _read_codes(codes, len(colors))
    depth = _read_bits(bits, int(numbers.max()))
    pixels = read_pixels(read_picture(image).samples)
    has_transparent = pixels.n_channels % 2 == 0 and bool((pixels.samples[..., -1] == 0).any())
    shown = GivenPalette(colors, colors if device is None else device)
    with_transparent(shown, has_transparent=has_transparent, keep_palette=True)
    found = map_to_palette(
        pixels, colors, read_dither(dither, dither_strength), color_space=None, frames=None, n_threads=n_threads
    )
    return packed(numbers[found.indices], depth)


def packed(codes: NDArray[np.uint8], bits: int) -> bytes:
    """Pack numbers (H, W) of so many bits, each row into bytes of its own, the first pixel in the highest bits.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.panel import packed
    >>> packed(np.array([[1, 2, 3]], np.uint8), 4).hex()
    '1230'
    """
    height, width = codes.shape
    n = 8 // bits
    padded = np.zeros((height, -(-width // n) * n), np.uint8)
    padded[:, :width] = codes
    result = np.zeros((height, padded.shape[1] // n), np.uint8)
    for place in range(n):
        result |= padded[:, place::n] << np.uint8(8 - bits * (place + 1))
    return result.tobytes()


def _read_codes(codes: Sequence[int], n_colors: int) -> NDArray[np.uint8]:
    if len(codes) != n_colors:
        raise ValueError(f"codes must hold a number for each of the {n_colors} colors of palette, got {len(codes)}")
    for code in codes:
        if not is_integer(code) or not 0 <= code <= 255:
            raise ValueError(f"codes must be integers from 0 to 255, got {code!r}")
    return np.array(codes, np.uint8)


def _read_bits(bits: int | None, largest: int) -> int:
    enough = [choice for choice in _BITS if largest < 1 << choice]
    if bits is None:
        return enough[0]
    if not is_integer(bits) or bits not in enough:
        raise ValueError(
            f"bits must be one of {', '.join(map(str, enough))}, as codes go up to {largest}, got {bits!r}"
        )
    return int(bits)
