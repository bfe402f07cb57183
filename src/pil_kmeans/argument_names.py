"""Names of arguments that other libraries have: whoever takes one for ours is told which it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

OTHER_NAMES = ("colors", "n_colors", "n_clusters", "num_colors", "k")
"""What the number of colours is called somewhere."""


def counts_colors(name: str) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorate a function whose number of colours has this name: another name gets an error that says so.

    Examples
    --------
    >>> from pil_kmeans.argument_names import counts_colors
    >>> @counts_colors("n_colors")
    ... def reduce(picture, n_colors=256):
    ...     return n_colors
    >>> reduce("a picture", colors=64)
    Traceback (most recent call last):
    TypeError: reduce() has no argument colors: the number of colors is n_colors here, write n_colors=64
    """

    def decorated(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        title = function.__qualname__.removesuffix(".__init__")

        @wraps(function)
        def checked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            for other in OTHER_NAMES:
                if other in kwargs and other != name:
                    why = "as in Pillow" if name == "colors" else "here"
                    raise TypeError(
                        f"{title}() has no argument {other}: the number of colors is {name} {why}, write "
                        f"{name}={kwargs[other]!r}"
                    )
            return function(*args, **kwargs)

        return checked

    return decorated
