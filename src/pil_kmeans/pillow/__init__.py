"""The Pillow face: `quantize`, as `Image.quantize` but with k-means, `patch`, to put it there, and `register`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from ..argument_names import counts_colors
from ..pictures.layout import Layout
from ..pictures.source import Source, named_pictures
from ..png.target_quality import read_quality
from ..stages.dithering.diffuse import DITHERS, read_dither
from ..stages.indices import MAX_BYTE_COLORS
from ..stages.quantize import check_options, read_search
from ..stages.samples import to_uint8
from .fewest_colors import with_fewest_colors
from .patch import Patch, original_quantize
from .save import register
from .to_p_image import by_fitted_palette, by_given_palette, check_frames, check_kmeans, keep_still

__all__ = ["patch", "quantize", "register"]

PILLOWS_DITHERS = {"none": Image.Dither.NONE, "floyd-steinberg": Image.Dither.FLOYDSTEINBERG}


@counts_colors("colors")
def quantize(
    image: Image.Image | ArrayLike | Sequence[Image.Image | ArrayLike],
    colors: int = 256,
    method: int | None = None,
    kmeans: int = 0,
    palette: Any = None,
    dither: int | str | None = None,
    *,
    device: Any = None,
    exact: bool = False,
    quality: float | str | None = None,
    animation: bool = False,
    color_space: str | None = None,
    effort: str = "balanced",
    weighting: str | None = None,
    dither_strength: float | None = None,
    fixed_colors: Any = None,
    sample_weight: ArrayLike | Sequence[ArrayLike] | None = None,
    channel_axis: int | None = -1,
    full_scale: float | None = None,
    n_threads: int | None = None,
) -> Any:
    """Convert a picture to mode P with a palette found by k-means.

    Takes the place of `PIL.Image.Image.quantize`: the arguments up to `dither` are Pillow's, and
    so are the types and texts of the errors about them.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray of shape (H, W) or (H, W, C), IndexedImage, bytes, or list of these
        A PIL image of any mode, or the bytes of a file that holds one; or grey, grey + alpha, RGB
        or RGBA samples: uint8, uint16, bool, or floats in [0, 1]. The pictures of a list share one
        palette; their sizes and modes may differ. Samples are rounded to the 8 bits of a palette,
        of which dithering shows what lies between: mode I;16, and I of a PGM file, from the whole
        range, 0 to 65535; other I and F must hold values of 0 to 255 unless `full_scale` says more.
        As in Pillow, pixels stay as they are stored: the result keeps size, orientation tag
        and colour profile, which say how to look at it; `encode_png` turns and converts. Its palette
        is fitted to what the profile, gAMA and cHRM show, unless the picture has colours that sRGB
        cannot show, or there are `fixed_colors`.
    colors : int, default 256
        Most colours to use, 1 to 256. A picture that has no more comes back exactly.
    method : int or PIL.Image.Quantize, optional
        If given, Pillow's own method of that number does the work, unchanged; k-means does not
        run and the options after `dither` have no effect.
    kmeans : int, default 0
        Checked as Pillow checks it, without effect: k-means always runs.
    palette : str, PIL.Image.Image of mode P, ndarray of shape (n, 3) or (n, 4), list, or IndexedImage, optional
        Use this palette, as it is, instead of looking for one: that of an image; samples from 0 to
        255, or floats from 0.0 to 1.0; a list of colours, each samples or a name or hex string
        that `PIL.ImageColor` knows; or that of a device by its name, such as "spectra6", with which
        `dither` None is "floyd-steinberg". Without dithering each pixel gets the nearest entry, the first
        of several; fully transparent pixels get the first fully transparent entry if there is one.
        `colors`, `kmeans`, `effort` and `weighting` have no effect then, as in Pillow, and a falsy
        palette is none.
    dither : {"none", "floyd-steinberg", "atkinson", "stucki", "jarvis-judice-ninke", "sierra", "ordered", \
"blue-noise", "auto"} or PIL.Image.Dither, optional
        Whether and how colours between the entries appear as a mix of them; a palette that is not
        given is refitted to the dithered picture. "floyd-steinberg" diffuses the errors of pixels
        to their neighbours, which looks best: what is dithered adds up to the light of the picture.
        "atkinson", "stucki", "jarvis-judice-ninke" and "sierra" do so two pixels far. "ordered",
        Bayer's pattern of 8 x 8, and "blue-noise", of 64 x 64 pixels, let a pixel's entry depend on
        its colour and place only: frames with one palette that differ somewhere differ only there,
        and tiles fit together. "auto" is "floyd-steinberg" unless the picture looks better undithered, or flat areas of
        a drawing would be speckled. A picture that keeps all its colours is not dithered. Of Pillow's numbers 0 is
        "none", and 1 to 3, `Dither.ORDERED` too, are "floyd-steinberg", also without `palette`, where
        Pillow dithers nothing whatever it is told. None is what Pillow does when it is told nothing:
        "floyd-steinberg" with `palette`, "none" without.
    device : the same as `palette`, optional
        Give the result these colours in place of those of `palette`, one for each, in its order:
        what the driver of a panel calls its colours, where `palette` is how they look. None: those
        that a named palette has for its device. See `encode_png`.
    exact : bool, default False
        With `palette`: refuse a picture that has a colour which the palette lacks.
    quality : float or str, optional
        Take as few of `colors` as reach this score on the scale of `ssimulacra2`, 0 to 100: 90 is visually
        lossless, 70 high, 50 medium quality. A range such as "60-80": 80, or what `colors` reach of it, and an
        error below 60. Takes some nine times as long. Of one picture, without `palette` and `fixed_colors`.
        `encode_png` makes smaller files of the same quality with more colours.
    animation : bool, default False
        The pictures of a list, which have one size then, are the frames of an animation: what stands
        still keeps its index, dithered or not, and of 256 colours one is left out unless all can be
        kept, so that Pillow can write what stays as it was as transparent. `encode_gif` and
        `encode_png` make smaller files than Pillow's ``save_all``.
    color_space : {"oklab", "cielab", "linear", "srgb"}, optional
        Where distances between colours are measured. None: in Oklab; with `palette` and nothing
        dithered, as Pillow measures them, by 8-bit sRGB and alpha as they are. Palettes that are
        fitted are dithered in Oklab in any case, and so is "ordered" and "blue-noise".
    effort : {"fast", "balanced", "best"}, default "balanced"
        How long to search for better colours. "best" keeps what looks best of its own and what "balanced" finds, in
        a perceptual space; of pictures of up to 16384 pixels, and below 64 colours, both look at what "fast" makes as
        well.
    weighting : {"perceptual", "uniform"}, optional
        What pixels count for in the search. "perceptual": as much as an error there is seen, more
        in smooth areas than in busy ones, and more where few pixels are of their kind, so that a
        small vivid area keeps its colour. "uniform": all the same, as in k-means as it is. None:
        "perceptual" in "oklab" and "cielab", "uniform" in the others; without `color_space`, of one
        picture of up to 16384 pixels, or dithered below 16 colours, what looks better of both.
        `sample_weight` multiplies.
    dither_strength : float, optional
        With `dither`: 0 to 1; 0 is no dithering. More hides steps between colours
        better, and is noisier. By diffusion it is the share of each error that is handed on. None:
        0.9; with `palette` 0.92, or up to 0.99 the farther apart its colours are; 0.75 for
        "atkinson"; and 0.85 at least for "ordered" and "blue-noise".
    fixed_colors : str, sequence of colors, or array-like of shape (m, C), optional
        Colours that the palette holds exactly, also where no pixel has them. They count towards
        `colors`; the others are fitted with them in place. Each is a name or hex string that
        `PIL.ImageColor` knows, with alpha or without, or a sequence of samples in the scale of
        the picture: as many as it has channels, or R, G, B, or R, G, B, A. Equal ones are merged.
        They come first in the palette, in this order, behind the fully transparent entry. One
        that is fully transparent is that entry. The palette of a grey picture is RGB in any
        case; a colour that is not opaque makes that of any picture RGBA. With it, "fast" sees
        every colour, so that all pixels which have a fixed colour keep it; dithered, all but
        some that lie alone.
    sample_weight : array-like of shape (H, W), or list of them if `image` is a list, optional
        Importance of each pixel, zero or more. More weight brings the palette closer to it.
    channel_axis : int or None, default -1
        Which axis of an array with three axes holds the channels: 0 for (C, H, W). None: arrays
        have two axes and are grey, as those of two axes are in any case.
    full_scale : float, optional
        The value of white in arrays, and in PIL images of mode I, I;16 or F, whatever their dtype:
        4095 for 12 bits, 255 for int64 or floats from 0 to 255. None: 255 for uint8, 65535 for
        uint16, also if fewer of the bits are used, and 1 for bool and floats.
    n_threads : int, optional
        Threads to use, at least 1. None: `OMP_NUM_THREADS` if set, otherwise the CPUs available.
        The result does not depend on it.

    Returns
    -------
    PIL.Image.Image, or list of them if `image` is a list
        Of mode P. The palette's mode is RGBA if the picture has an alpha channel, otherwise RGB;
        unless given, it holds no duplicate, and for a single picture no unused colour but those
        of `fixed_colors`. `info` is carried over, but for "transparency": the one entry that is
        not opaque, if it is fully transparent. So GIF shows it, also of the frames of a list, whose
        palette is of mode RGBA only if it has other entries with alpha. An empty picture gives an
        empty P image.

    Raises
    ------
    TypeError
        If `image` is not a picture, `palette` no palette, or `colors` or `kmeans` not an integer.
    ValueError
        If an argument is out of range, samples are not finite or out of range, an argument cannot
        be used together with another, or, with `exact`, a colour is not in `palette`. The message
        says what is allowed.
    QualityError
        If `colors` do not reach `quality`: a ValueError, whose `best` is the score that they reach.

    See Also
    --------
    encode_png : a palette PNG, smaller than that which Pillow makes of the result.
    pil_kmeans.pillow.patch : put this into the place of `PIL.Image.Image.quantize`.

    Examples
    --------
    >>> from PIL import Image
    >>> from pil_kmeans import quantize
    >>> gradient = Image.linear_gradient("L").convert("RGB")
    >>> result = quantize(gradient, 16)
    >>> result.mode, len(result.getcolors())
    ('P', 16)

    A small logo, whose few pixels would get the nearest grey, keeps its red:

    >>> gradient.paste("red", (20, 20, 24, 24))
    >>> quantize(gradient, 16).convert("RGB").getpixel((21, 21)) == (255, 0, 0)
    False
    >>> quantize(gradient, 16, fixed_colors=["red"]).convert("RGB").getpixel((21, 21))
    (255, 0, 0)

    What is important, a face or a sign, gets more of the colours by its weight, here the dark
    upper half:

    >>> import numpy as np
    >>> weight = np.ones((256, 256))
    >>> weight[:128] = 100
    >>> plain, weighted = (quantize(gradient, 16, sample_weight=w) for w in (None, weight))
    >>> [len(p.crop((0, 0, 256, 128)).getcolors()) for p in (plain, weighted)]
    [9, 13]

    For a panel of electronic paper, in the colours of its driver, dithered by how they look:

    >>> panel = quantize(gradient, palette="spectra6")
    >>> panel.getpalette()[:9], int(np.asarray(panel).max()) < 6
    ([0, 0, 0, 255, 255, 255, 255, 255, 0], True)

    Dithered, even two colours show all greys. Around the greys 80 and 176 the share of white is
    their light, which is 0.08 and 0.43 of white's:

    >>> result = quantize(Image.linear_gradient("L"), palette=["black", "white"])
    >>> [round(float(np.asarray(result)[rows : rows + 32].mean()), 1) for rows in (64, 160)]
    [0.1, 0.4]
    """
    is_list = isinstance(image, (list, tuple))
    pictures = named_pictures(image)
    layout = Layout.checked(channel_axis, full_scale)
    if method is not None:
        ours = {
            "list of pictures": is_list,
            "sample_weight": sample_weight is not None,
            "fixed_colors": fixed_colors is not None,
            "dither_strength": dither_strength is not None,
            "exact": exact,
            "device": device is not None,
            "quality": quality is not None,
            "animation": animation,
            f"dither={dither!r}": isinstance(dither, str) and dither in set(DITHERS) - set(PILLOWS_DITHERS),
        }
        if any(ours.values()):
            given = next(name for name, is_given in ours.items() if is_given)
            msg = f"method={method!r} runs Pillow's own method, which takes no {given}: drop one"
            raise ValueError(msg)
        return by_pillow(image, colors, method, kmeans, palette, dither, layout)
    to_palette = hasattr(palette, "__array__") or bool(palette)  # falsy is none, as in Pillow
    method_name = read_method(dither, to_palette=to_palette)
    check_options(
        n_colors=1,
        max_colors=MAX_BYTE_COLORS,
        color_space=color_space,
        effort=effort,
        weighting=weighting,
        dither=method_name,
        dither_strength=dither_strength,
        n_threads=n_threads,
    )
    options = read_dither(method_name, dither_strength)
    wanted = read_quality(quality)
    if wanted is not None and (is_list or to_palette or fixed_colors is not None):
        what = "several pictures" if is_list else "palette=, whose colors stay" if to_palette else "fixed_colors"
        raise ValueError(
            f"quality={quality!r} looks for the fewest colors of one picture, got {what}: drop one of them"
        )
    sources = [Source.read(*given, layout) for given in pictures]
    if animation:
        if not is_list:
            raise ValueError("animation=True is for a list of frames, got one picture: pass a list, or drop it")
        check_frames(sources)
    if to_palette:
        if sample_weight is not None or fixed_colors is not None:
            given = "fixed_colors" if sample_weight is None else "sample_weight"
            msg = f"{given} has no use with palette=, which is not fitted: drop one of them"
            raise ValueError(msg)
        results = [
            by_given_palette(
                source, palette, device, options, color_space=color_space, exact=exact, n_threads=n_threads
            )
            for source in sources
        ]
    else:
        if exact or device is not None:
            given = "exact=True" if exact else "device="
            raise ValueError(f"{given} has no use without palette=, whose colors it is about: pass one, or drop it")
        check_kmeans(kmeans)
        weights: Any = sample_weight if is_list or sample_weight is None else [sample_weight]
        fit = partial(
            by_fitted_palette,
            sources,
            read_search(color_space, effort, weighting, n_threads),
            options,
            fixed_colors=fixed_colors,
            sample_weights=weights,
            animation=animation,
        )
        if wanted is None:
            results = fit(colors=colors)
        else:
            results = [with_fewest_colors(sources[0], lambda n: fit(colors=n)[0], colors, wanted, n_threads)]
    if animation:
        keep_still(results, sources)
    return results if is_list else results[0]


def patch() -> Patch:
    """Make `PIL.Image.Image.quantize` run k-means.

    Affects the whole process: every ``im.quantize()``, and what Pillow does with it, such as
    ``rgba.convert("P")`` and saving RGBA as GIF. Calls with ``method=`` still get Pillow's
    method. Patches may be nested, also the same one; the last to end restores what was there
    before the first.

    Returns
    -------
    Patch
        A context manager that also has ``start()`` and ``stop()``.

    Examples
    --------
    >>> from PIL import Image
    >>> import pil_kmeans.pillow
    >>> with pil_kmeans.pillow.patch():
    ...     result = Image.linear_gradient("L").quantize(4)
    >>> len(result.getcolors())
    4
    """
    return Patch(quantize)


def by_pillow(
    image: Any,
    colors: int,
    method: int,
    kmeans: int,
    palette: Any,
    dither: int | str | None,
    layout: Layout,
) -> Image.Image:
    """Pillow's own method, with what was given; arrays are made images of 8 bits first."""
    source = None if isinstance(image, Image.Image) else Source.read(image, "image", layout)
    if source is not None:
        samples = to_uint8(source.checked_samples())
        image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    options: dict[str, Any] = {}
    if dither is not None:
        options["dither"] = PILLOWS_DITHERS.get(dither, dither) if isinstance(dither, str) else dither
    return original_quantize()(image, colors, method, kmeans, palette, **options)


def read_method(dither: Any, *, to_palette: bool) -> str:
    """Name what `dither` asks for; None asks for what Pillow does, which dithers only `to_palette`."""
    if isinstance(dither, str) and dither in DITHERS:
        return dither
    number = (Image.Dither.FLOYDSTEINBERG if to_palette else Image.Dither.NONE) if dither is None else dither
    try:
        if isinstance(number, bool | np.bool_ | str):
            raise ValueError
        return "none" if Image.Dither(number) == Image.Dither.NONE else "floyd-steinberg"
    except ValueError:
        msg = f"dither must be one of {[*DITHERS]}, None or a PIL.Image.Dither, 0 to 3, got {dither!r}"
        raise ValueError(msg) from None
