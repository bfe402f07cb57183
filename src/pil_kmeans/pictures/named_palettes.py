"""Palettes with a name: panels of electronic paper, as they look and as drivers call them, and old machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class NamedPalette:
    """The colours of a device.

    Attributes
    ----------
    title : str
        What it is, in a few words.
    seen : ndarray of shape (n, 3)
        uint8, how its colours look to an eye that takes its white for white: what pictures are dithered with.
    device : ndarray of shape (n, 3)
        uint8, what its driver calls them, in the order of its indices: what is stored.
    source : str
        Where they were published.
    codes : tuple of int
        The numbers that a controller has for them; empty where these are 0, 1, 2 and so on.
    """

    title: str
    seen: NDArray[np.uint8]
    device: NDArray[np.uint8]
    source: str
    codes: tuple[int, ...] = ()


def named_palette(name: str) -> NamedPalette:
    """Look up a palette.

    Raises
    ------
    ValueError
        If none has that name; it says which there are, and which one may be meant.

    Examples
    --------
    >>> from pil_kmeans.pictures.named_palettes import named_palette
    >>> named_palette("grey4").device[:, 0].tolist()
    [0, 128, 192, 255]
    """
    own = OTHER_NAMES.get(name, name)
    if own in NAMED_PALETTES:
        return NAMED_PALETTES[own]
    close = get_close_matches(name.lower(), [*NAMED_PALETTES, *OTHER_NAMES], n=1)
    hint = f"did you mean {close[0]!r}? There are" if close else "there are"
    names = ", ".join(map(repr, NAMED_PALETTES))
    raise ValueError(f"palette={name!r} is no named palette: {hint} {names}; colors of your own go into a list")


def beside_white(measured: NDArray[np.uint8], white: int) -> NDArray[np.uint8]:
    """Return measured sRGB colours as they are seen where the one at `white` is the white that eyes adapt to.

    Light is divided by that of the white, channel by channel. What is more than it becomes 255.
    """
    light = _linear(measured / 255)
    relative = np.clip(light / light[white], 0, 1)
    encoded = np.where(relative <= 0.0031308, 12.92 * relative, 1.055 * relative ** (1 / 2.4) - 0.055)
    seen: NDArray[np.uint8] = np.rint(255 * encoded).astype(np.uint8)
    return seen


def _linear(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)


def _colors(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(-1, 3).copy()


def _greys(*levels: int) -> NDArray[np.uint8]:
    return np.array(levels, np.uint8)[:, np.newaxis].repeat(3, axis=1)


def _panel(
    title: str, measured: NDArray[np.uint8], device: NDArray[np.uint8], source: str, codes: tuple[int, ...] = ()
) -> NamedPalette:
    """Make the palette of a panel whose second colour is its white."""
    return NamedPalette(title, beside_white(measured, 1), device, source, codes)


def _plain(title: str, colors: NDArray[np.uint8], source: str) -> NamedPalette:
    return NamedPalette(title, colors, colors, source)


def _cube(levels: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.array([(r, g, b) for r in levels for g in levels for b in levels], np.uint8)


_ANSI = _colors("000000cd000000cd00cdcd000000eecd00cd00cdcde5e5e57f7f7fff000000ff00ffff005c5cffff00ff00ffffffffff")
_XTERM = "xterm's defaults, XTerm-col.ad and 256colres.h, https://invisible-island.net/xterm/"

NAMED_PALETTES: Mapping[str, NamedPalette] = {
    "bw": _plain(
        "black and white",
        _greys(0, 255),
        "the two colors of any monochrome panel or printer",
    ),
    "grey4": NamedPalette(
        "panel of 4 greys",
        _greys(0, 85, 170, 255),
        _greys(0, 128, 192, 255),
        "device: GRAY4 to GRAY1 of https://github.com/waveshareteam/e-Paper; seen: even steps of sRGB, as none are "
        "published",
    ),
    "grey16": _plain(
        "panel of 16 greys",
        _greys(*range(0, 256, 17)),
        "the levels of a 4-bit controller such as IT8951; seen: even steps of sRGB, as none are published",
    ),
    "acep7": _panel(
        "7-color ACeP panel",
        _colors("393039 ffffff 3a5b46 3d3b5e 9c484b d0be47 b16a49"),
        _colors("000000 ffffff 00ff00 0000ff ff0000 ffff00 ff8000"),
        "seen: SATURATED_PALETTE of inky_uc8159.py, https://github.com/pimoroni/inky; device: the order and the colors "
        "of https://github.com/waveshareteam/e-Paper",
    ),
    "spectra6": _panel(
        "6-color Spectra 6 panel",
        _colors("020202 bec8c8 cdca00 871300 05409e 27663c"),
        _colors("000000 ffffff ffff00 ff0000 0000ff 00ff00"),
        "seen: measured by aitjcize, https://github.com/aitjcize/esp32-photoframe, as aitjcize-spectra6 of "
        "https://github.com/paperlesspaper/epdoptimize; device and codes: inky_e673.py of "
        "https://github.com/pimoroni/inky, and epd7in3e.py of https://github.com/waveshareteam/e-Paper",
        codes=(0, 1, 2, 3, 5, 6),
    ),
    "gameboy": _plain(
        "Game Boy",
        _colors("0f380f 306230 8bac0f 9bbc0f"),
        "https://en.wikipedia.org/wiki/List_of_video_game_console_palettes",
    ),
    "nes": _plain(
        "NES, the colors of its 2C02 that differ",
        _colors(
            "545454001e740810903000884400645c00305404003c1800202a00083a00004000003c0000323c000000"
            "989698084cc43032ec5c1ee48814b0a01464982220783c00545a00287200087c00007628006678"
            "eceeec4c9aec787cecb062ece454ecec58b4ec6a64d48820a0aa0074c4004cd02038cc6c38b4cc3c3c3c"
            "a8ccecbcbcecd4b2ececaeececaed4ecb4b0e4c490ccd278b4de78a8e29098e2b4a0d6e4a0a2a0"
        ),
        "https://www.nesdev.org/wiki/PPU_palettes",
    ),
    "pico8": _plain(
        "PICO-8",
        _colors("0000001d2b537e2553008751ab52365f574fc2c3c7fff1e8ff004dffa300ffec2700e43629adff83769cff77a8ffccaa"),
        "https://www.lexaloffle.com/pico-8.php?page=manual",
    ),
    "cga": _plain(
        "CGA, with its brown",
        _colors("0000000000aa00aa0000aaaaaa0000aa00aaaa5500aaaaaa5555555555ff55ff5555ffffff5555ff55ffffff55ffffff"),
        "https://en.wikipedia.org/wiki/Color_Graphics_Adapter",
    ),
    "websafe": _plain(
        "216 colors of early browsers",
        _cube((0, 51, 102, 153, 204, 255)),
        "https://en.wikipedia.org/wiki/Web_colors",
    ),
    "ansi16": _plain("16 colors of terminals", _ANSI, _XTERM),
    "ansi256": _plain(
        "256 colors of terminals",
        np.concatenate([_ANSI, _cube((0, 95, 135, 175, 215, 255)), _greys(*range(8, 248, 10))]),
        _XTERM,
    ),
}
"""Name -> palette."""

OTHER_NAMES = {"eink2": "bw", "eink4": "grey4", "eink16": "grey16", "eink6": "spectra6", "eink7": "acep7"}
"""What panels are called by the number of their colours."""

for _palette in NAMED_PALETTES.values():
    _palette.seen.setflags(write=False)
    _palette.device.setflags(write=False)
