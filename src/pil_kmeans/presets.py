"""Presets: options under one name, for those who do not want to choose each; what is given besides wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from .stages.dithering.diffuse import BY_MASK

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

PRESETS: dict[str, dict[str, Any]] = {
    "fast": {"effort": "fast", "dither": "none", "lossy": 0, "compression": "fast"},
    "web": {"quality": "0-70"},
    "tiny": {"quality": "0-50"},
}
"""Options of `encode_png`. A range of quality from 0 takes what a palette can reach, and fails for no picture."""

_CONTRADICTED = {"lossy": ("quality",), "quality": ("lossy", "device")}
"""Option of a preset -> options that say something else, and put it out of use."""


def added_by_preset(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the preset of some options adds to them: nothing that they contradict.

    Raises
    ------
    TypeError
        If `preset` is neither None nor a string.
    ValueError
        If it is none of `PRESETS`.

    Examples
    --------
    >>> from pil_kmeans.presets import added_by_preset
    >>> added_by_preset({"preset": "fast", "dither": "auto", "quality": 80})
    {'effort': 'fast', 'compression': 'fast'}
    """
    preset = options.get("preset")
    if preset is None:
        return {}
    if not isinstance(preset, str):
        raise TypeError(f"preset must be a string or None, got {preset!r} of type {type(preset).__name__}")
    if preset not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(map(repr, PRESETS))}, or None, got {preset!r}")
    given = {name for name, value in options.items() if value is not None}
    if isinstance(options.get("palette"), str):  # whose colours may be those of a device
        given.add("device")
    if options.get("dither") in BY_MASK:  # whose pattern is to stay
        given.add("lossy")
    return {
        name: value
        for name, value in PRESETS[preset].items()
        if name not in options and not given.intersection(_CONTRADICTED.get(name, ()))
    }


def takes_preset(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorate a function that has an argument `preset`: it is called with what that adds to the others."""
    known = signature(function).parameters

    @wraps(function)
    def called(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        for name, value in added_by_preset(kwargs).items():
            if name in known:
                kwargs[name] = value
        return function(*args, **kwargs)

    return called
