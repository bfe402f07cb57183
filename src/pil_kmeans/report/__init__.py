"""What fewer colours do to a picture and to its size: `compare`, for scripts, notebooks and the command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .comparison import Comparison, measured
from .measured import Row

__all__ = ["Comparison", "Row", "compare"]


def compare(
    image: Any,
    n_colors: int | Sequence[int] = (4, 16, 64, 256),
    *,
    original_bytes: int | None = None,
    name: str = "picture",
    progress: Callable[[float], object] | None = None,
    **options: Any,
) -> Comparison:
    """Compress a picture to several numbers of colours, and measure size and likeness.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), or IndexedImage
        As `encode_png` takes it.
    n_colors : int or sequence of int, default (4, 16, 64, 256)
        Numbers of colours to try, each 1 to 256; equal ones count once.
    original_bytes : int, optional
        Size of the file that the picture comes from, at least 1, which the sizes are compared
        with. None: that of a PNG of all colours, by Pillow.
    name : str, default "picture"
        What to call it.
    progress : callable, optional
        Called with the share that is done, from 0.0 to 1.0. An exception that it raises ends the
        work, and is passed on.
    **options
        The other options of `encode_png`.

    Returns
    -------
    Comparison
        Which has the figures as `table`, draws `figure()` and `side_by_side()`, makes a page of its
        own by `to_html()`, and shows itself in Jupyter.

    Raises
    ------
    TypeError
        If `image` is not a picture, or an argument is of the wrong type.
    ValueError
        If an argument is out of range. The message says what is allowed.

    Examples
    --------
    >>> from PIL import Image
    >>> from pil_kmeans.report import compare
    >>> comparison = compare(Image.radial_gradient("L"), [4, 32])
    >>> [(row.n_colors, row.colors) for row in comparison.table]
    [(4, 4), (32, 32)]
    >>> comparison.table[0].ssimulacra2 < comparison.table[1].ssimulacra2
    True
    >>> comparison.side_by_side(32).mode
    'RGB'
    """
    return measured(image, n_colors, original_bytes=original_bytes, name=name, progress=progress, options=options)
