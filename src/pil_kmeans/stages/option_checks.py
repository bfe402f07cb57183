"""What options may be, as far as stages ask the same of several."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np


def is_number(value: Any) -> bool:
    """Whether it is a real number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def is_integer(value: Any) -> bool:
    """Whether it can count; True and False cannot."""
    return hasattr(value, "__index__") and not isinstance(value, bool | np.bool_)
