"""`quantize_array`: arrays to indices and palette, in the manner of scikit-image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .argument_names import counts_colors
from .pictures.fixed_colors import distinct, in_channels, read_colors
from .stages.dithering.diffuse import read_dither
from .stages.indices import MAX_COLORS
from .stages.pixels import read_pixels, read_sample_weight
from .stages.quantize import check_options, quantize_pixels, read_search


@counts_colors("n_colors")
def quantize_array(
    image: ArrayLike,
    n_colors: int = 256,
    *,
    channel_axis: int | None = -1,
    color_space: str = "oklab",
    effort: str = "balanced",
    weighting: str | None = None,
    dither: str = "none",
    dither_strength: float | None = None,
    fixed_colors: Any = None,
    sample_weight: ArrayLike | None = None,
    n_threads: int | None = None,
) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Reduce an image to the few colours that k-means finds best.

    Parameters
    ----------
    image : ndarray of shape (M, N[, C])
        Grey, grey + alpha, RGB or RGBA: uint8, uint16, bool, or floats in [0, 1], as `skimage.util.img_as_float` makes
        them. Not changed.
    n_colors : int, default 256
        Most colours to use, 1 to 65536. An image that has no more comes back exactly.
    channel_axis : int or None, default -1
        Which axis of the array holds the channels. None: the image is grey, of shape (M, N).
    color_space, effort, weighting, dither_strength
        As of `KMeansQuantizer`.
    dither : str, default "none"
        As of `KMeansQuantizer`. Dithered indices are no segmentation: equal colours get different ones.
    fixed_colors : str, sequence of colors, or array-like of shape (m, C), optional
        Colours that the palette holds exactly, as of `KMeansQuantizer`.
    sample_weight : array-like of shape (M, N), optional
        How much each pixel counts; not negative, and not all zero.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available. The result does not
        depend on it.

    Returns
    -------
    indices : ndarray of shape (M, N)
        int32, as label images are: which colour each pixel has, from 0 on.
    palette : ndarray of shape (n, C), or (n,) if `channel_axis` is None
        The colours, in the dtype of the image. ``palette[indices]`` is the image in these, channels last.

    Raises
    ------
    TypeError, ValueError
        If the image or an argument is of the wrong type, shape or range. The message says what is allowed.

    See Also
    --------
    KMeansQuantizer : the same as an estimator, which applies a palette to other images.
    quantize : the same with a PIL image for a result.

    Notes
    -----
    `skimage.color.label2rgb` takes label 0 for the background unless told otherwise: pass ``bg_label=-1``. Its colours
    are floats, as the palette is if the image is.

    Examples
    --------
    >>> from skimage.color import label2rgb
    >>> from skimage.data import coffee
    >>> from skimage.util import img_as_float
    >>> from pil_kmeans import quantize_array
    >>> image = img_as_float(coffee())
    >>> indices, palette = quantize_array(image, 16)
    >>> indices.shape, indices.dtype, palette.shape, palette.dtype
    ((400, 600), dtype('int32'), (16, 3), dtype('float64'))
    >>> bool((label2rgb(indices, colors=palette, bg_label=-1) == palette[indices]).all())
    True
    """
    check_options(
        n_colors=n_colors,
        max_colors=MAX_COLORS,
        color_space=color_space,
        effort=effort,
        weighting=weighting,
        dither=dither,
        dither_strength=dither_strength,
        n_threads=n_threads,
    )
    pixels = read_pixels(image, channel_axis=channel_axis)
    n_channels = pixels.n_channels
    fixed = None
    if fixed_colors is not None:
        rgba = read_colors(fixed_colors, pixels.dtype, [n_channels])
        fixed = distinct(in_channels(rgba, n_channels), n_colors)
    found = quantize_pixels(
        pixels,
        read_search(color_space, effort, weighting, n_threads),
        read_dither(dither, dither_strength),
        n_colors=n_colors,
        fixed_colors=fixed,
        sample_weight=read_sample_weight(sample_weight, pixels.shape),
        frames=None,
        to_8_bits=False,
    )
    colors = found.palette.colors
    return found.indices.astype(np.int32), colors[:, 0] if channel_axis is None else colors
