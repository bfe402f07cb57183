"""What a PIL image says about its colours -> the same colours in sRGB, by Pillow's ImageCms."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ..stages.samples import full_scale
from .icc_profile import SRGB_CHROMATICITIES, grey_profile, rgb_profile

IS_SRGB: Mapping[Any, Any] = {"srgb": ImageCms.Intent.PERCEPTUAL}
"""What `info` says of a picture in sRGB; takes the place of a profile, which is hundreds of bytes longer."""

SAME_LEVELS = 2
"""A profile that moves no colour farther than this, of 255, is sRGB: such files differ only in rounding."""

SRGB_GAMMA = 0.45455
SAME_GAMMA = 0.05
SAME_CHROMATICITY = 0.01

UNUSABLE = (OSError, ValueError, TypeError, ImportError)
"""What reading a broken profile raises, one for other colours, or ImageCms where Pillow is built without it."""


class InSrgb(NamedTuple):
    """Samples in sRGB, the part of `info` that describes them, and what they were converted from, None for nothing."""

    samples: NDArray[Any]
    color_info: Mapping[Any, Any]
    converted_from: str | None


def in_srgb(image: Image.Image | None, samples: NDArray[Any]) -> InSrgb:
    """Convert a picture to sRGB.

    An ICC profile counts, otherwise an sRGB chunk, otherwise gAMA and cHRM; without any the
    picture is in sRGB already. A profile that cannot be used leaves the samples as they are.
    CMYK without a usable profile, for which there is no right conversion, stays as Pillow
    converted it, LAB in any case: its colours need no profile.

    Parameters
    ----------
    image : PIL.Image.Image or None
        Where the samples come from; arrays, which say nothing about their colours, stay as they are.
    samples : ndarray of shape (H, W, C)
        With at least one pixel.

    Returns
    -------
    InSrgb
        Of the same number of channels, 8 or 16 bits as before.
    """
    if image is None:
        return InSrgb(samples, {}, None)
    if image.mode == "LAB":
        return InSrgb(samples, IS_SRGB, "CIELAB")
    try:
        if image.mode == "CMYK":
            return InSrgb(_cmyk_in_srgb(image), IS_SRGB, "CMYK")
        profile = _profile(image.info, has_color=samples.shape[2] > 2)
        if profile is None:  # gAMA and cHRM say nothing new then
            return InSrgb(samples, {key: image.info[key] for key in IS_SRGB if _has_srgb(image.info)}, None)
        converted = _converted(samples, profile)
    except UNUSABLE:
        return InSrgb(samples, {} if image.mode == "CMYK" else image.info, None)
    if converted is samples:
        return InSrgb(samples, IS_SRGB, None)
    name = (profile.profile.profile_description or "").strip()
    return InSrgb(converted, IS_SRGB, f"ICC profile {name!r}" if image.info.get("icc_profile") else "gAMA and cHRM")


def out_of_srgb(image: Image.Image, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how colours (n, C) in sRGB are stored in a picture that `in_srgb` converts by its profile.

    Raises
    ------
    OSError, ValueError, TypeError
        If its profile is for one direction only, as those of cameras may be.
    """
    n_colors = 3 if colors.shape[1] > 2 else 1
    color, alpha = colors[:, :n_colors], colors[:, n_colors:]
    profile = _profile(image.info, has_color=n_colors > 1)
    if profile is None:
        return colors
    if n_colors == 1:
        curve = _greys_in_srgb(np.arange(256, dtype=np.uint8), profile)
        color = np.abs(np.subtract.outer(color, curve, dtype=np.int32)).argmin(axis=-1).astype(np.uint8)
    else:
        row = Image.fromarray(np.ascontiguousarray(color[np.newaxis]))
        color = np.asarray(_transformed(row, _srgb(), profile, "RGB"))[0]
    return np.concatenate((color, alpha), axis=-1)


def _profile(info: Mapping[Any, Any], *, has_color: bool) -> ImageCms.ImageCmsProfile | None:
    """Profile of the colours; None if they are in sRGB without one."""
    if info.get("icc_profile"):
        return _opened(info["icc_profile"])
    if _has_srgb(info):
        return None
    gamma = info.get("gamma")
    given = info.get("chromaticity")
    chromaticities = given or SRGB_CHROMATICITIES
    same_gamma = not gamma or abs(gamma / SRGB_GAMMA - 1) <= SAME_GAMMA
    same_colors = not given or np.abs(np.subtract(given, SRGB_CHROMATICITIES)).max() <= SAME_CHROMATICITY
    if same_gamma and (same_colors or not has_color):
        return None
    exponent = 1 / gamma if gamma else None
    return _opened(rgb_profile(exponent, chromaticities) if has_color else grey_profile(exponent))


def _has_srgb(info: Mapping[Any, Any]) -> bool:
    return info.get("srgb") in (0, 1, 2, 3)


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(BytesIO(profile))


def _converted(samples: NDArray[Any], profile: ImageCms.ImageCmsProfile) -> NDArray[Any]:
    """Convert samples (H, W, C) to sRGB; those that are there already come back as they are."""
    n_colors = 3 if samples.shape[2] > 2 else 1
    color, alpha = samples[..., :n_colors], samples[..., n_colors:]
    if n_colors == 1:
        levels = np.arange(int(full_scale(samples.dtype)) + 1, dtype=samples.dtype)
        curve = _greys_in_srgb(levels, profile)
        if _is_same(levels, curve):
            return samples
        color = curve[color]
    else:
        steps = np.linspace(0, 255, 16).astype(np.uint8)
        cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(16, 256, 3)
        if _is_same(cube, _rgb_in_srgb(cube, profile)):
            return samples
        color = _rgb_in_srgb(color, profile)
    return np.concatenate((color, alpha), axis=-1)


def _is_same(before: NDArray[Any], after: NDArray[Any]) -> bool:
    tolerance = SAME_LEVELS * (int(full_scale(before.dtype)) // 255)
    return bool(np.abs(after.astype(np.int32) - before).max() <= tolerance)


def _rgb_in_srgb(rgb: NDArray[np.uint8], profile: ImageCms.ImageCmsProfile) -> NDArray[np.uint8]:
    return np.asarray(_transformed(Image.fromarray(np.ascontiguousarray(rgb)), profile, _srgb(), "RGB"))


def _greys_in_srgb(levels: NDArray[Any], profile: ImageCms.ImageCmsProfile) -> NDArray[Any]:
    """Grey levels (n,) in sRGB: from grey to grey in 8 or 16 bits, or, in 8, as greys of a profile for RGB."""
    ramp = Image.fromarray(levels[np.newaxis])
    if profile.profile.xcolor_space.strip() == "RGB":
        if ramp.mode != "L":
            msg = f"mode {ramp.mode} cannot be converted by a profile for RGB"
            raise ValueError(msg)
        grey = _transformed(ramp.convert("RGB"), profile, _srgb(), "RGB").convert("L")
    else:
        srgb = _opened(grey_profile())
        exact = ImageCms.Flags.NOOPTIMIZE  # else few points of the curve are kept, too few near black
        grey = _transformed(ramp, profile, srgb, ramp.mode, exact)
    curve: NDArray[Any] = np.asarray(grey)[0]
    return curve


def _cmyk_in_srgb(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(_transformed(image, _opened(image.info.get("icc_profile", b"")), _srgb(), "RGB"))


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _transformed(
    image: Image.Image,
    profile: ImageCms.ImageCmsProfile,
    target: ImageCms.ImageCmsProfile,
    mode: str,
    flags: ImageCms.Flags = ImageCms.Flags.NONE,
) -> Image.Image:
    """Keep colours that both can show, and fit black to black, as photographs are usually converted."""
    flags |= ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.ImageCmsTransform(profile, target, image.mode, mode, intent, flags=flags).apply(image)
