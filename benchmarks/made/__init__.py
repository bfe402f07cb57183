"""Pictures that are not photographs, made by rule: the same bytes wherever Pillow draws the same.

Icons and soft alpha are RGBA, all others RGB.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.made import alpha, drawings, ramps, text

MADE: dict[str, Callable[[], np.ndarray]] = {
    **{f"icon_{side}": lambda side=side: alpha.icon(side) for side in (16, 32, 64, 112)},
    "rainbow_fade": alpha.rainbow_fade,
    "shadow_card": alpha.shadow_card,
    "grey_by_alpha": alpha.grey_by_alpha,
    "line_art": drawings.line_art,
    "flat_chart": drawings.flat_chart,
    "cartoon": drawings.cartoon,
    "text_light": lambda: text.screenshot(dark=False),
    "text_dark": lambda: text.screenshot(dark=True),
    "ramp_grey": ramps.grey,
    "ramp_hue": ramps.hue,
    "ramp_sky": ramps.sky,
}
