"""The work on one picture file, and on many at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Event
from typing import Any

from ..encode import QualityError
from ..measures import count_colors, has_alpha, mean_squared_error
from ..pictures.animated import NO_TRAILER
from ..pictures.palettes import as_seen, read_palette
from ..pictures.read import Picture, read_picture
from ..score import ssimulacra2
from .containers import FORMATS, encoder, extension_of
from .encode_options import with_preset
from .errors import BelowQualityError, CommandError, Interrupted, LargerError, WouldOverwriteError
from .inputs import Input, OpenedPicture, open_picture, shown
from .limits import MemoryBudget, Share
from .one_line import one_line
from .output import check_output, write_output
from .results import Figures, Job, Result

MOST_LEFT = 0.95
"""Of a file's bytes, if it is to be replaced only where that pays."""


@dataclass(frozen=True)
class Work:
    """What to do with every picture."""

    picture_options: Mapping[str, Any]
    in_place: bool
    force: bool
    skip_if_larger: bool
    only_if_smaller: bool
    dry_run: bool
    scores: bool
    """Whether results are compared by SSIMULACRA 2."""
    must_score: bool
    """Whether they are also if that takes loading what else would not be."""
    budget: MemoryBudget
    n_workers: int
    follow: Callable[[str], Callable[[float], None]]
    """Makes what is told the share that is done, for the name of each picture."""
    interrupted: Event = field(default_factory=Event)
    writing: BoundedSemaphore = field(init=False)
    """Who writes has one; all of them are taken to let nobody begin."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "writing", BoundedSemaphore(self.n_workers))

    def __call__(self, job: Job) -> Result:
        """Compress one picture; what goes wrong is part of the result."""
        result = Result(job)
        show = self.follow(job.given.name)

        def progress(share: float) -> None:
            if self.interrupted.is_set():
                raise Interrupted
            show(share)

        try:
            with Share(self.budget) as memory:
                self._compress(job, result, memory, progress)
        except CommandError as error:
            result.error = error.without_traceback()
        except OSError as error:  # of what examines files and folders
            result.error = CommandError(f"cannot compress {job.given}: {one_line(error)}")
        show(1.0)
        return result

    def _compress(self, job: Job, result: Result, memory: Share, progress: Callable[[float], None]) -> None:
        if job.target is not None and not self.in_place:
            check_output(job.target, force=self.force)
        has_quality = "quality" in with_preset(self.picture_options)
        opened = open_picture(
            job.given,
            whole=True,
            to_score=self.scores or has_quality,
            in_memory=self.must_score or has_quality,
            share=memory,
        )
        if self.in_place:
            self._check_replaceable(job.given, opened)
        try:
            picture = read_picture(opened.first)
            encode = encoder(extension_of(job.target, opened.image.format), self.picture_options)
            if opened.outside is not None:
                data = mapped(partial(encode, picture, progress=progress, **self.picture_options))
            elif opened.frames is None:
                data = encode(picture, progress=progress, **self.picture_options)
            else:
                data = encode(opened.frames, loop=opened.plays, progress=progress, **self.picture_options)
            result.figures = (
                sized(opened, data)
                if isinstance(data, mmap)
                else compared(opened, picture, data, self.picture_options, scores=self.scores)
            )
        except CommandError:
            raise
        except QualityError as error:
            msg = f"cannot compress {job.given}: {one_line(error)}"
            raise BelowQualityError(msg) from error
        except Exception as error:  # whatever one picture does to us, the others are to be done
            explained = isinstance(error, ValueError | MemoryError)
            kind = "" if explained else f"unexpected {type(error).__name__}: "
            msg = f"cannot compress {job.given}: {kind}{one_line(error) or 'it does not fit into memory'}"
            raise CommandError(msg) from error
        if self.skip_if_larger and len(data) >= opened.n_bytes:
            msg = f"{job.given} is skipped: the result has {len(data):,} bytes, and the file {opened.n_bytes:,}"
            raise LargerError(msg)
        if self.only_if_smaller and len(data) > MOST_LEFT * opened.n_bytes:
            result.is_skipped = True
            result.note = (
                f"{job.given} is left as it is: the result would have {len(data) / opened.n_bytes:.1%} of its bytes"
            )
        elif len(data) > opened.n_bytes:
            result.is_skipped = job.given.is_found and "palette" not in self.picture_options
            result.note = larger_note(job, opened, len(data), is_skipped=result.is_skipped)
        if opened.is_cut:
            cut = f"{job.given} {NO_TRAILER}"
            result.note = cut if result.note is None else f"{result.note}; {cut}"
        if not result.is_skipped:
            self._write(job, result, opened, data)

    def _write(self, job: Job, result: Result, opened: OpenedPicture, data: bytes | mmap) -> None:
        with self.writing:
            if self.interrupted.is_set():
                raise Interrupted
            if self.dry_run:
                return
            is_source = self.in_place or is_same(job.target, opened)
            write_output(
                job.target,
                data,
                makes_folder=job.makes_folder,
                force=self.force,
                expected=opened.identity if is_source else None,
            )
            result.is_written = True

    def interrupt(self) -> None:
        """Let no file be written any more, and wait for those that are."""
        self.interrupted.set()
        self.budget.close()
        for _ in range(self.n_workers):
            self.writing.acquire()

    def _check_replaceable(self, given: Input, picture: OpenedPicture) -> None:
        """Refuse to put a PNG where another kind is expected, or a GIF."""
        if picture.image.format not in FORMATS:
            msg = f"cannot replace {given}: it is neither a PNG nor a GIF but {picture.image.format}: drop --in-place"
            raise CommandError(msg)
        assert given.path is not None
        if extension_of(given.path, picture.image.format) not in (FORMATS[picture.image.format], ".apng"):
            msg = (
                f"cannot replace {given}: it is a {picture.image.format}, which its name does not say: drop --in-place"
            )
            raise CommandError(msg)
        if picture.identity is None:
            msg = f"cannot replace {given}: it is not a regular file: drop --in-place"
            raise CommandError(msg)
        n_links = picture.identity.n_links
        if n_links > 1 and not self.force:
            msg = (
                f"{given} has {n_links} names (hard links): pass --force to replace it under this one; the others keep "
                "the old picture"
            )
            raise WouldOverwriteError(msg)


def is_same(target: Path | None, opened: OpenedPicture) -> bool:
    """Whether the file to write is the one that was read."""
    if target is None or opened.identity is None:
        return False
    try:
        status = target.stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == (opened.identity.device, opened.identity.inode)


def larger_note(job: Job, opened: OpenedPicture, n_bytes: int, *, is_skipped: bool) -> str:
    """Say that a result is larger than its file, and what to do."""
    share = f"{n_bytes / opened.n_bytes:.0%} of the {opened.image.format or 'file'}"
    if is_skipped:
        return f"{job.given} is skipped: the result would have {share}; name the file to have it in any case"
    result = "the result" if job.target is None else shown(job.target)
    return (
        f"{result} is larger than {job.given}, {share}: keep that file, ask for fewer colors or more --lossy, or "
        "pass --skip-if-larger to write nothing then"
    )


def mapped(encode: Callable[..., Any]) -> mmap:
    """Return a file that is written as it is made, and takes no memory."""
    with TemporaryFile(prefix="pil_kmeans-") as file:
        encode(to=file)
        file.flush()
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def sized(opened: OpenedPicture, data: Any) -> Figures:
    """Measure what the file lost, of a picture that is too large to look at its colours once more."""
    return Figures(
        width=opened.image.width,
        height=opened.image.height,
        bytes_before=opened.n_bytes,
        bytes_after=len(data),
        colors_before=None,
        colors_after=None,
        mse=None,
        ssimulacra2=None,
        has_alpha=has_alpha(opened.outside.samples) if opened.outside else False,
        n_frames=1,
        is_animation=False,
        changes=[],
    )


def compared(
    opened: OpenedPicture, picture: Picture, data: bytes, options: Mapping[str, Any], *, scores: bool
) -> Figures:
    """Measure what the file lost, and what the picture: in colours of a device as it looks there."""
    before, after = picture.samples, read_picture(data).samples
    if "palette" in options:
        after = as_seen(after, read_palette(options["palette"], options.get("device")))
    height, width = after.shape[:2]
    return Figures(
        width=width,
        height=height,
        bytes_before=opened.n_bytes,
        bytes_after=len(data),
        colors_before=count_colors(before),
        colors_after=count_colors(after),
        mse=mean_squared_error(before, after),
        ssimulacra2=ssimulacra2(before, after, n_threads=options["n_threads"]) if scores else None,
        has_alpha=has_alpha(before),
        n_frames=opened.n_frames,
        is_animation=opened.frames is not None,
        changes=picture.changes,
    )


@contextmanager
def done_in_parallel(work: Work, jobs: Sequence[Job]) -> Iterator[Iterator[Result]]:
    """Results in the order of the jobs; if interrupted, the files that are being written are written whole.

    Also a single job has a thread of its own, for kernels hear no signal: this one does at once.
    """
    pool = ThreadPoolExecutor(work.n_workers)
    try:
        yield pool.map(work, jobs)
    except BaseException:
        work.interrupt()
        pool.shutdown(wait=False, cancel_futures=True)  # they end when they next tell of progress
        raise
    pool.shutdown()
