"""ICC profiles from a few numbers: for what PNG says about colours without a profile, and for grey in sRGB."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SRGB_CHROMATICITIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""x and y of white, red, green and blue, in the order of PNG's cHRM."""

GAMMAS = (0.1, 10)
"""Beyond these there is nothing but black and white."""

D50 = (0.9642, 1.0, 0.8249)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

HEADER = ">4x4sI4s4s4s12x4s28x12s48x"
VERSION = 0x04200000


def grey_profile(gamma: float | None = None) -> bytes:
    """Build a profile for grey: the exponent `gamma`, from stored values to light, or sRGB's curve."""
    return _profile(b"GRAY", {b"kTRC": _curve(gamma)})


def rgb_profile(gamma: float | None = None, chromaticities: Sequence[float] = SRGB_CHROMATICITIES) -> bytes:
    """Build a profile for RGB: the curve of `grey_profile`, and chromaticities as cHRM has them.

    Raises
    ------
    ValueError
        If no colours have these chromaticities.
    """
    colorants = _xyz_of_rgb(chromaticities)
    tags = {name + b"XYZ": b"XYZ \0\0\0\0" + _fixed(colorants[:, i]) for i, name in enumerate((b"r", b"g", b"b"))}
    return _profile(b"RGB ", tags | {name + b"TRC": _curve(gamma) for name in (b"r", b"g", b"b")})


def _xyz_of_rgb(chromaticities: Sequence[float]) -> NDArray[np.float64]:
    """XYZ of red, green and blue, in columns, with white adapted to the D50 that profiles connect at."""
    x, y = np.reshape(np.asarray(chromaticities, dtype=np.float64), (4, 2)).T
    if not (np.isfinite([x, y]).all() and (y > 0).all()):
        msg = f"chromaticities must be finite, with y above 0, got {chromaticities}"
        raise ValueError(msg)
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    white, primaries = xyz[:, 0], xyz[:, 1:]
    rgb_to_xyz = primaries * np.linalg.solve(primaries, white)  # LinAlgError is a ValueError
    gains = np.diag(BRADFORD @ D50 / (BRADFORD @ white))
    to_d50: NDArray[np.float64] = np.linalg.inv(BRADFORD) @ gains @ BRADFORD
    return to_d50 @ rgb_to_xyz


def _curve(gamma: float | None) -> bytes:
    """Parametric curve: an exponent, or the exponent and the straight part near black of sRGB."""
    if gamma is not None:
        if not GAMMAS[0] <= gamma <= GAMMAS[1]:
            msg = f"gamma must be from {GAMMAS[0]} to {GAMMAS[1]}, got {gamma}"
            raise ValueError(msg)
        return struct.pack(">4s4xH2x", b"para", 0) + _fixed([gamma])
    return struct.pack(">4s4xH2x", b"para", 3) + _fixed([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])


def _fixed(values: Sequence[float] | NDArray[np.float64]) -> bytes:
    """Numbers as profiles store them: 16 bits before the point, 16 behind it."""
    fixed = np.rint(np.asarray(values, dtype=np.float64) * 65536)
    if not (np.abs(fixed) < 2**31).all():
        msg = f"a profile holds numbers from -32768 to 32767, got {values}"
        raise ValueError(msg)
    return fixed.astype(">i4").tobytes()


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put the header before the tags; the length of each is a multiple of four, as it must be."""
    tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(D50), **tags}
    header = struct.pack(HEADER, b"", VERSION, b"mntr", space, b"XYZ ", b"acsp", _fixed(D50))
    table, at = struct.pack(">I", len(tags)), len(header) + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, at, len(data))
        at += len(data)
    return struct.pack(">I", at) + header[4:] + table + b"".join(tags.values())
