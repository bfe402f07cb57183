"""Small PNG: from a fitted palette to the smallest file, by a given roughness or for a given quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..stages.dithering.auto import Dithered
from ..stages.pixels import Pixels, read_pixels
from ..stages.progress import Done, Progress, part, silent
from ..stages.ssimulacra2 import MIN_SIZE, Original, strict_score
from ..stages.threads import count_threads
from .chunks import Chunk, FileParts
from .idat import LARGE, SMALL, may_be_smaller
from .lossless import smaller
from .patchwork import Patchwork
from .rate_distortion import Bands, Coded, RateDistortion
from .still import encoded_parts
from .target_quality import LEAST_LOSSY, MOST_LOSSY, SLOPE, Prediction, Quality, QualityError, predicted

_FITTED, _PRICED, _CHOSEN = 0.25, 0.3, 0.75  # shares of the work until a palette is fitted, a file is there, and so on
_WITH_PALETTE = 0.97  # until there is a file with a palette
_PREDICTED, _MET, _ONCE = 0.35, 0.9, 0.95  # until a `lossy` is told for a quality, it is met, and once is all it takes
_FITTING, _CHOOSING, _WRITING = "fitting the palette", "choosing indices", "compressing"
_NOT_DEAR = 2  # times the bytes, from which on nobody asks whether a picture may as well be stored without loss
_GENTLE = 0.35  # `lossy`, below which the picture as it is may well be smaller
_DEARER = 1.06  # than that is what is told of a search that is not worth it: deflate finds a little more than is told
_FEW_COLORS = 64  # with which what is lost is looked at, as it is in small pictures
_MOST_LOST = 2.8  # points of the score
_FEW_PIXELS = 32  # for each entry, below which fewer entries save more than the search may do
_FEWER, _HARDLY_LOST = 0.75, 1.0  # part of the colours that is tried, and points of the score
_SCORED_ROWS = 64  # of a strip for that
_SPARING_TRIALS, _LEAST_SPARED = 2, 0.3  # further searches, and factor of `lossy` from one to the next
_AIMED_AT = 0.8  # of the most lost: a trial that just misses it would be in vain
_LEAST_COLORS = 2
_LESS_LOSSY = 0.6  # what half as many colours allow, about
_SMALL = 1 << 16  # pixels, below which fewer colours may pay, and a dot is seen
_STRIPS, _STRIP_ROWS, _STRIP_TRIALS = 4, 32, 3  # that tell about the whole
_STRIPS_CLOSE = 1.5  # points, that are as near as strips need to tell
_LOST_BY_ALL = 1.1  # times what strips lose is lost by the whole, about
_GAIN = 3.0  # points that the search may gain, with little `lossy`


class _Attempt(NamedTuple):
    """The smallest file, None if none will do, its number of colours and `lossy`, and the best score of all."""

    file: FileParts | None
    n_colors: int
    lossy: float
    best: float

    @property
    def is_roughest(self) -> bool:
        """Whether nothing rougher can be made of so many colours."""
        return self.lossy >= MOST_LOSSY


class _Made(NamedTuple):
    """A file, and of what was made rougher the dithered picture, and how many bytes it takes at most, if known."""

    file: FileParts
    dithered: Dithered | None = None
    n_as_dithered: int | None = None


@dataclass(frozen=True)
class SmallPng:
    """How to write a picture.

    Parameters
    ----------
    pixels : Pixels
    fit : callable
        Quantizes them to at most so many colours, 8 bits each.
    chunks : sequence of (type, data)
        Metadata.
    can_diffuse : bool
        Whether errors may be handed on; if not, indices stay as they are.
    can_shrink : bool
        Whether a fit of fewer colours is another picture; if not, the palette is given.
    without_loss : ndarray of shape (H, W, C) or None
        uint8, the picture as it may be stored where that is smaller; None: there is to be a palette of so many colours.
    keep_palette : bool
        As in `still.encode`.
    sample_weight, n_threads
        As in `RateDistortion`.
    compression : {"fast", "default", "max"}
        As in `still.encode`.
    """

    pixels: Pixels
    fit: Callable[[int], Dithered]
    chunks: Sequence[Chunk]
    can_diffuse: bool
    can_shrink: bool
    without_loss: NDArray[np.uint8] | None
    keep_palette: bool
    sample_weight: NDArray[np.float64] | None
    compression: str
    n_threads: int | None

    def by_lossy(self, n_colors: int, lossy: float, progress: Progress, *, is_auto: bool) -> FileParts:
        """Write it so much rougher, or as it is where that is smaller.

        What is chosen by itself is less where a palette of few colours, or a small picture, would lose too much by it,
        and nothing is lost where that takes no more bytes than the dithered picture as it is.
        """
        with_palette = part(progress, 0.0, _WITH_PALETTE)
        fitted = self._fitted(n_colors, with_palette)
        search = self._rate_distortion(fitted) if lossy > 0 and self.can_diffuse else None
        if search is None or not search.can_search:
            return self._as_it_is(fitted, n_colors, part(with_palette, _FITTED, 1.0, _WRITING))
        made = self._roughened(fitted, search, lossy, with_palette, is_auto=is_auto)
        if made.dithered is None or not is_auto:
            return self._stored_without_loss(made.file.n_bytes, n_colors) or made.file
        limit = _NOT_DEAR * made.file.n_bytes
        if made.n_as_dithered is not None:
            limit = min(limit, made.n_as_dithered + 1)
        stored = self._stored_without_loss(limit, n_colors)
        if stored is None or stored.n_bytes < made.file.n_bytes:
            return stored or made.file
        return stored if stored.n_bytes <= self._file(made.dithered, made.dithered.indices).n_bytes else made.file

    def _as_it_is(self, fitted: Dithered, n_colors: int, progress: Progress) -> FileParts:
        """Write what is not made rougher with a palette, or without loss.

        Of few bytes what is smaller is known after a glance at either, and the other is not searched for.
        """
        than = stored = None
        is_small = self.without_loss is not None and self.without_loss.size <= SMALL
        if is_small:
            draft = self._file(fitted, fitted.indices, than=0)
            stored = self._stored_without_loss(draft.n_bytes, n_colors)
            than = None if stored is None else stored.n_bytes
        file = self._file(fitted, fitted.indices, than=than, progress=progress)
        if not is_small:
            stored = self._stored_without_loss(file.n_bytes, n_colors)
        return file if stored is None or file.n_bytes <= stored.n_bytes else stored

    def _roughened(
        self, fitted: Dithered, search: RateDistortion, lossy: float, progress: Progress, *, is_auto: bool
    ) -> _Made:
        height, width = self.pixels.shape
        score, files, start, n_as_dithered = None, [], _FITTED, None
        if is_auto and self.can_shrink and height * width < _FEW_PIXELS * len(fitted.palette.colors):
            fewer, score = self._with_fewer_colors(fitted)
            if fewer is not fitted:
                file = self._file(fewer, fewer.indices)
                n_as_dithered = self._file(fitted, fitted.indices, than=file.n_bytes).n_bytes
                if file.n_bytes < n_as_dithered:
                    fitted, search, files, n_as_dithered = fewer, self._rate_distortion(fewer), [file], file.n_bytes
        if lossy < _GENTLE:  # filters, which the search does without, may save more than it does
            files.append(self._file(fitted, fitted.indices))
            n_as_dithered, start = files[-1].n_bytes, _PRICED
            if search.n_bytes(lossy, progress=part(progress, _FITTED, start, _CHOOSING)) > _DEARER * files[0].n_bytes:
                return _Made(files[0])
        choosing, coded = part(progress, start, _CHOSEN, _CHOOSING), None
        if self.compression == "fast" and SMALL < height * width <= LARGE:  # for symbols are in memory
            coded = search.coded(lossy, progress=choosing)
        cheaper = search.indices(lossy, progress=choosing) if coded is None else coded.indices
        if is_auto and (len(fitted.palette.colors) <= _FEW_COLORS or height * width < _SMALL):
            spared = self._spared(search, fitted, lossy, cheaper, score)
            if spared is None:
                return _Made(files[0] if files else self._file(fitted, fitted.indices))
            cheaper, coded = spared, coded if spared is cheaper else None
        writing = part(progress, _CHOSEN, 1.0, _WRITING)
        writing(0.0)
        than = files[0].n_bytes if files else None
        files.append(self._file(fitted, cheaper, for_deflate=True, progress=writing, coded=coded, than=than))
        if len(files) == 1 and may_be_smaller(fitted.indices, cheaper):
            files.append(self._file(fitted, fitted.indices, than=files[0].n_bytes))
            n_as_dithered = files[-1].n_bytes
        return _Made(min(files, key=lambda file: file.n_bytes), fitted, n_as_dithered)

    def by_quality(self, n_colors: int, quality: Quality, progress: Progress) -> FileParts:
        """Write the smallest file whose score is at least what is aimed at, with fewer colours where these pay.

        Where no palette reaches that, the one that comes closest does if it is the least that will do. Without such a
        range the picture is stored without loss then, if it may be.

        Small pictures are scored mirrored, so that a quality is as good in them as it is in others.

        Raises
        ------
        QualityError
            If there is none.
        """
        score = strict_score(self.pixels, self.n_threads)
        try:
            file = self._by_quality(n_colors, quality, score, part(progress, 0.0, _WITH_PALETTE))
        except QualityError as error:
            stored = self._stored_without_loss(None, n_colors) if quality.least == quality.aim else None
            if stored is None or self.without_loss is None:
                raise
            best = score(read_pixels(self.without_loss))  # of 16 bits or floats even this may lose too much
            if best < quality.aim:
                raise QualityError(quality.aim, max(best, error.best), error.advice) from None
            return stored
        return self._stored_without_loss(file.n_bytes, n_colors) or file

    def _by_quality(
        self, n_colors: int, quality: Quality, score: Callable[[Pixels], float], progress: Progress
    ) -> FileParts:
        smallest: FileParts | None = None
        best, lossy, done = float("-inf"), 1.0, 0.0
        while True:
            end = done + (1 - done) * _ONCE
            attempt = self._attempt(n_colors, quality, score, lossy, part(progress, done, end))
            best, lossy, done = max(best, attempt.best), attempt.lossy * _LESS_LOSSY, end
            if attempt.file is None or (smallest is not None and attempt.file.n_bytes >= smallest.n_bytes):
                break
            smallest = attempt.file
            if attempt.best < quality.aim:
                break
            quality = quality._replace(least=quality.aim)  # fewer colours are not to take anything from it
            is_small = self.pixels.shape[0] * self.pixels.shape[1] < _SMALL
            if not self.can_shrink or attempt.n_colors // 2 < _LEAST_COLORS or not (is_small or attempt.is_roughest):
                break
            n_colors = attempt.n_colors // 2
        if smallest is None:
            way_out = "for more colors if n_colors is below 256" if self.can_shrink else "leave palette out"
            raise QualityError(quality.least, best, f"ask for less, or {way_out}")
        return smallest

    def _stored_without_loss(self, than: int | None, n_colors: int) -> FileParts | None:
        """Write it without loss if that may be, and takes fewer bytes."""
        if self.without_loss is None:
            return None
        return smaller(
            self.without_loss,
            self.chunks,
            than=than,
            n_tried=n_colors if self.pixels.dtype == np.uint8 else 0,  # others are exact in more than 8 bits
            compression=self.compression,
            n_threads=count_threads(self.n_threads),
        )

    def _attempt(
        self, n_colors: int, quality: Quality, score: Callable[[Pixels], float], lossy: float, progress: Progress
    ) -> _Attempt:
        """Look for the smallest file of some number of colours, or for that which comes closest and will do."""
        least, aim = quality
        fitted = self._fitted(n_colors, progress)

        def score_of(indices: NDArray[Any]) -> float:
            return score(read_pixels(np.take(fitted.palette.colors, indices, axis=0)))

        dithered = best = score_of(fitted.indices)
        n_fitted = len(fitted.palette.colors)
        search = self._rate_distortion(fitted) if self.can_diffuse else None
        if search is None or not search.can_search:
            file = self._file(fitted, fitted.indices) if best >= least else None
            return _Attempt(file, n_fitted, lossy, best)
        prediction = self._predicted(search, fitted, aim, dithered, lossy)
        progress(Done(_PREDICTED, _CHOOSING))

        def choose(lossy: float, bands: Bands, progress: Progress) -> NDArray[np.uint8]:
            return search.indices(lossy, bands=bands, progress=part(progress, 0.0, 1.0, _CHOOSING))

        work = Patchwork(choose, score_of, search.bands, aim)
        found = work.roughest(
            part(progress, _PREDICTED, _MET, _CHOOSING), first=prediction.lossy, slope=prediction.slope
        )
        lossy, best = prediction.lossy, max(best, found.best)
        files, writing = [], part(progress, _MET, 1.0, _WRITING)
        writing(0.0)
        if found.picture is not None and found.lossy is not None:
            files.append(self._file(fitted, found.picture, for_deflate=True, progress=writing))
            lossy = found.lossy
        if dithered >= aim and (found.picture is None or may_be_smaller(fitted.indices, found.picture)):
            files.append(self._file(fitted, fitted.indices))
        if not files and best >= least:
            if dithered == best or found.closest is None:
                files.append(self._file(fitted, fitted.indices))
            else:
                files.append(self._file(fitted, found.closest, for_deflate=True))
        return _Attempt(min(files, key=lambda file: file.n_bytes) if files else None, n_fitted, lossy, best)

    def _spared(
        self,
        search: RateDistortion,
        fitted: Dithered,
        lossy: float,
        cheaper: NDArray[np.uint8],
        dithered: float | None,
    ) -> NDArray[np.uint8] | None:
        """Make less of it until the score is at most `_MOST_LOST` below that of the dithered picture; None in vain."""
        score_of = partial(self._score_of_strips(self._strips(_SCORED_ROWS)), fitted)
        if dithered is None:
            dithered = score_of(fitted.indices)
        lost = dithered - score_of(cheaper)
        for _ in range(_SPARING_TRIALS):
            if lost <= _MOST_LOST:
                return cheaper
            lossy *= max(_LEAST_SPARED, _AIMED_AT * _MOST_LOST / lost)
            cheaper = search.indices(lossy)
            lost = dithered - score_of(cheaper)
        return cheaper if lost <= _MOST_LOST else None

    def _with_fewer_colors(self, fitted: Dithered) -> tuple[Dithered, float]:
        """Take as few colours as hardly lose anything, where each takes bytes like many pixels; the score before."""
        score_of = self._score_of_strips(self._strips(_SCORED_ROWS))
        dithered = score_of(fitted, fitted.indices)
        while (n_colors := round(_FEWER * len(fitted.palette.colors))) > _FEW_COLORS:
            fewer = self.fit(n_colors)
            if score_of(fewer, fewer.indices) < dithered - _HARDLY_LOST:
                break
            fitted = fewer
        return fitted, dithered

    def _strips(self, rows: int) -> Bands:
        """Choose some rows that stand for all, or all if these are not many more."""
        height = self.pixels.shape[0]
        if height <= 2 * _STRIPS * rows:
            return Bands(np.zeros(1, np.int64), height)
        return Bands(np.linspace(0, height - rows, _STRIPS).astype(np.int64), rows)

    def _score_of_strips(
        self, strips: Bands, *, is_mirrored: bool = False
    ) -> Callable[[Dithered, NDArray[Any]], float]:
        """Make what scores the rows of strips, mirrored as often as it takes to have a score of all scales."""
        inside = (strips.tops[:, np.newaxis] + np.arange(strips.rows)).ravel()
        if is_mirrored:
            inside = np.concatenate([inside, inside[::-1]])
        samples = np.ascontiguousarray(self.pixels.values[inside])
        original = Original(read_pixels(samples), background=None, n_threads=self.n_threads)
        return lambda fitted, indices: original.score(
            read_pixels(np.take(fitted.palette.colors, indices[inside], axis=0))
        )

    def _predicted(
        self, search: RateDistortion, fitted: Dithered, quality: float, dithered: float, first: float
    ) -> Prediction:
        """Tell from a few strips which `lossy` will score what is asked for.

        What they lose is taken to be what the whole loses, but for a share: a strip has less above it to repeat.
        """
        height, width = fitted.indices.shape
        rows = min(_STRIP_ROWS, height // _STRIPS)
        if dithered + _GAIN < quality:
            first = LEAST_LOSSY
        if rows < MIN_SIZE or height * width < _SMALL or first == LEAST_LOSSY:
            return Prediction(first, SLOPE)
        strips = self._strips(rows)
        score_of = partial(self._score_of_strips(strips, is_mirrored=True), fitted)
        of_dithered = score_of(fitted.indices)

        def score(lossy: float) -> float:
            return dithered - _LOST_BY_ALL * (of_dithered - score_of(search.indices(lossy, bands=strips)))

        return predicted(score, quality, first=first, n_trials=_STRIP_TRIALS, close=_STRIPS_CLOSE)

    def _fitted(self, n_colors: int, progress: Progress) -> Dithered:
        progress(Done(0.0, _FITTING))
        fitted = self.fit(n_colors)
        progress(Done(_FITTED, _CHOOSING))
        return fitted

    def _rate_distortion(self, fitted: Dithered) -> RateDistortion:
        return RateDistortion(
            self.pixels,
            fitted.palette.colors,
            fitted.indices,
            strength=fitted.strength,
            fixed=fitted.palette.fixed,
            sample_weight=self.sample_weight,
            n_threads=self.n_threads,
            is_quick=self.compression == "fast",
        )

    def _file(
        self,
        fitted: Dithered,
        indices: NDArray[Any],
        *,
        for_deflate: bool = False,
        progress: Progress = silent,
        coded: Coded | None = None,
        than: int | None = None,
    ) -> FileParts:
        return encoded_parts(
            indices,
            fitted.palette.colors,
            self.chunks,
            keep=fitted.palette.fixed,
            keep_palette=self.keep_palette,
            compression=self.compression,
            for_deflate=for_deflate,
            n_threads=self.n_threads,
            new_array=self.pixels.new_array,
            progress=progress,
            coded=coded,
            than=than,
        )
