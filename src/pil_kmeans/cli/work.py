"""The work on one picture file, and on many at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from ..encode import QualityError, encode_png
from ..measures import count_colors, has_alpha, mean_squared_error
from ..pictures.read import Picture, read_picture
from .errors import BelowQualityError, CommandError, Interrupted, LargerError, WouldOverwriteError
from .inputs import Input, OpenedPicture, one_line, open_picture
from .output import check_output, write_output
from .results import Figures, Job, Result


@dataclass(frozen=True)
class Work:
    """What to do with every picture."""

    picture_options: Mapping[str, Any]
    in_place: bool
    force: bool
    skip_if_larger: bool
    dry_run: bool
    follow: Callable[[], Callable[[float], None]]
    """Makes what is told the share that is done, for each picture."""
    interrupted: Event = field(default_factory=Event)

    def __call__(self, job: Job) -> Result:
        """Compress one picture; what goes wrong is part of the result."""
        result = Result(job)
        show = self.follow()

        def progress(share: float) -> None:
            if self.interrupted.is_set():
                raise Interrupted
            show(share)

        try:
            self._compress(job, result, progress)
        except CommandError as error:
            result.error = error
        show(1.0)
        return result

    def _compress(self, job: Job, result: Result, progress: Callable[[float], None]) -> None:
        if job.target is not None and not self.in_place:
            check_output(job.target, force=self.force)
        opened = open_picture(job.given)
        if self.in_place:
            self._check_replaceable(job.given, opened)
        try:
            picture = read_picture(opened.image)
            data = encode_png(picture, progress=progress, **self.picture_options)
            result.figures = compared(opened, picture, data)
        except QualityError as error:
            msg = f"cannot compress {job.given}: {one_line(error)}"
            raise BelowQualityError(msg) from error
        except (ValueError, MemoryError) as error:
            msg = f"cannot compress {job.given}: {one_line(error) or 'it does not fit into memory'}"
            raise CommandError(msg) from error
        if self.skip_if_larger and len(data) >= opened.n_bytes:
            msg = f"{job.given} is skipped: the result has {len(data):,} bytes, and the file {opened.n_bytes:,}"
            raise LargerError(msg)
        if self.interrupted.is_set():
            raise Interrupted
        if not self.dry_run:
            write_output(job.target, data, makes_folder=job.makes_folder)
            result.is_written = True

    def _check_replaceable(self, given: Input, picture: OpenedPicture) -> None:
        """Refuse to put a PNG where another kind is expected, or one frame where there are several."""
        if picture.image.format != "PNG":
            msg = f"cannot replace {given}: it is not a PNG but {picture.image.format}: drop --in-place"
            raise CommandError(msg)
        if picture.n_frames > 1 and not self.force:
            msg = f"{given} has {picture.n_frames} frames: pass --force to keep only the first"
            raise WouldOverwriteError(msg)


def compared(opened: OpenedPicture, picture: Picture, data: bytes) -> Figures:
    """Measure what the file lost, and what the picture."""
    before, after = picture.samples, read_picture(data).samples
    height, width = after.shape[:2]
    return Figures(
        width=width,
        height=height,
        bytes_before=opened.n_bytes,
        bytes_after=len(data),
        colors_before=count_colors(before),
        colors_after=count_colors(after),
        mse=mean_squared_error(before, after),
        has_alpha=has_alpha(before),
        n_frames=opened.n_frames,
        changes=picture.changes,
    )


@contextmanager
def done_in_parallel(work: Work, jobs: Sequence[Job], n_workers: int) -> Iterator[Iterator[Result]]:
    """Results in the order of the jobs; if interrupted, the files that are being written are written whole."""
    if n_workers == 1:
        yield map(work, jobs)
        return
    with ThreadPoolExecutor(n_workers) as pool:
        try:
            yield pool.map(work, jobs)
        except BaseException:
            work.interrupted.set()
            pool.shutdown(cancel_futures=True)
            raise
