"""Shared palette: the colours that suit many files best, counted by processes, each with one file in memory."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image

from ..pictures.read import read_picture
from ..stages.samples import rgba_rows, to_uint8
from ..swatches import Swatches
from .errors import CommandError
from .inputs import Input, open_picture
from .limits import MemoryBudget, Share, pixel_limit
from .one_line import one_line

if TYPE_CHECKING:
    from ..estimator import KMeansQuantizer

_AT_ONCE = 8  # files of a task: few enough that all processes end at about the same time
_ALL_COLORS = 1 << 24  # of RGB pictures: of cells of colours nobody knows which occur
_LEAST_APART = 16  # files that are worth the start of processes


class Counted(NamedTuple):
    """Some files: what was fitted to them, None if none could be read, and one error for each that could not."""

    part: KMeansQuantizer | None
    errors: list[CommandError]


class Limits(NamedTuple):
    """What a process may take: bytes, which option says so, and pixels of a picture."""

    memory: int
    option: str
    most_pixels: int | None


def fitted_to_all(
    inputs: Sequence[Input], options: dict[str, Any], limits: Limits, n_processes: int, kind: str = "dominant"
) -> tuple[Swatches | None, list[CommandError]]:
    """Find the colours that suit all files together best.

    Parameters
    ----------
    inputs : sequence of Input
        Of animations all frames count.
    options : dict
        Of `KMeansQuantizer`.
    limits : Limits
        Of all processes together.
    n_processes : int
        The colours do not depend on it.
    kind : one of `picture_colors.KINDS`

    Returns
    -------
    swatches : Swatches or None
        The most frequent first; None if no file could be read.
    errors : list of CommandError
        One for each file that could not.

    Raises
    ------
    CommandError
        If a process was ended from outside, or the colours cannot be found.
    """
    total: KMeansQuantizer | None = None
    errors: list[CommandError] = []
    n_channels = 4 if any(map(_may_be_transparent, inputs)) else 3
    if kind == "real":
        options = options | {"max_bins": _ALL_COLORS}
    for counted in _counted(inputs, n_channels, options, limits, n_processes):
        errors += counted.errors
        if counted.part is not None:
            total = counted.part if total is None else total.merge(counted.part)
    if total is None:
        return None, errors
    try:
        return total.to_swatches(kind), errors
    except (ValueError, MemoryError) as error:
        msg = f"cannot make a palette: {one_line(error)}"
        raise CommandError(msg) from error


def _may_be_transparent(given: Input) -> bool:
    """Look into a file whether pixels may have alpha; what cannot be read is told later."""
    assert given.path is not None
    try:
        with Image.open(given.path) as image:
            return image.has_transparency_data
    except Exception:  # readers of broken files raise whatever they stumble upon
        return False


def _counted(
    inputs: Sequence[Input], n_channels: int, options: dict[str, Any], limits: Limits, n_processes: int
) -> Iterator[Counted]:
    tasks = [inputs[start : start + _AT_ONCE] for start in range(0, len(inputs), _AT_ONCE)]
    n_processes = min(n_processes, len(tasks))
    if n_processes == 1 or len(inputs) < _LEAST_APART:
        yield from (_count(task, n_channels, options, limits) for task in tasks)
        return
    each = limits._replace(memory=max(1, limits.memory // n_processes))
    options = options | {"n_threads": 1}
    context = multiprocessing.get_context("spawn")
    ignored = (signal.SIGINT, signal.SIG_IGN)  # which the terminal sends to all: this process ends the others
    pool = ProcessPoolExecutor(n_processes, context, initializer=signal.signal, initargs=ignored)
    try:
        yield from pool.map(partial(_count, n_channels=n_channels, options=options, limits=each), tasks)
    except BrokenProcessPool as error:
        msg = "a process that counts colors was ended from outside, perhaps for want of memory: pass a smaller --jobs"
        raise CommandError(msg) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _count(inputs: Sequence[Input], n_channels: int, options: dict[str, Any], limits: Limits) -> Counted:
    """Count the colours of some files, one after the other."""
    from ..estimator import KMeansQuantizer  # scikit-learn takes a second to load

    quantizer, is_fitted = KMeansQuantizer(**options), False
    errors: list[CommandError] = []
    with pixel_limit(limits.most_pixels):
        for given in inputs:
            try:
                _add(given, n_channels, limits, quantizer)
                is_fitted = True
            except CommandError as error:
                errors.append(error.without_traceback())
    return Counted(quantizer if is_fitted else None, errors)


def _add(given: Input, n_channels: int, limits: Limits, quantizer: KMeansQuantizer) -> None:
    with Share(MemoryBudget(limits.memory, limits.option)) as share:
        opened = open_picture(given, whole=True, share=share)
        try:
            frames = [read_picture(frame).samples for frame in opened.frames or [opened.first]]
            quantizer.partial_fit([rgba_rows(to_uint8(samples))[..., :n_channels] for samples in frames])
        except (ValueError, MemoryError) as error:
            msg = f"cannot count the colors of {given}: {one_line(error) or 'it does not fit into memory'}"
            raise CommandError(msg) from error
