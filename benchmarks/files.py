"""Real files of any folder: every one through quantize, encode_png and the command, and what falls short.

Checked is what can be: pictures of few colours stay exact, alpha keeps its ends, pixels stand upright, results have no
more colours than asked for, none is larger than a good lossless PNG (oxipng's level 4 of the same pixels, to 1 % and 4
bytes), none looks worse than Pillow's own quantize by more than half a point of SSIMULACRA 2, and time and memory of a
pixel are within bounds. Each file has a process of its own, which may crash or hang: not on Windows.
"""

import argparse
import contextlib
import io
import json
import os
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import needs
from benchmarks.size.files import oxipng
from pil_kmeans import encode_png, quantize, ssimulacra2
from pil_kmeans.cli import main as command
from pil_kmeans.cli.errors import EXIT_STATUSES
from pil_kmeans.exif import orientation
from pil_kmeans.measures import count_colors
from pil_kmeans.pictures.animated import frames_of
from pil_kmeans.pictures.read import read_picture
from pil_kmeans.stages.hidden import with_hidden
from pil_kmeans.stages.samples import full_scale, rgba_rows, to_uint8

try:
    import resource
except ImportError:  # Windows, where nothing of this runs
    resource = None  # type: ignore[assignment]

N_COLORS = (256, 12)
COMPARED = 64  # colours, with Pillow's own quantize, undithered both
MOST_BELOW = 0.5  # points of the score
MOST_SECONDS = 120.0  # of the processor for a file
MOST_WAITED = 10  # times that, for what waits for ever
NANOSECONDS_A_PIXEL, SECONDS = 20_000, 1.0
BYTES_A_PIXEL, BYTES = 256, 64 * 2**20
LARGER, LARGER_BYTES = 1.01, 4  # than lossless: what is of no account
LEAST_SHARE = 0.5  # of what Pillow makes of a picture without loss, below which no lossless file of it is, unless
DRAWING = 8  # times fewer bytes than pixels: of what repeats itself so
OXIPNG = needs.module("oxipng")  # without it Pillow's own files are compared with


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="any folder; those below it, too")
    parser.add_argument("--most-pixels", type=int, default=4_000_000, metavar="N", help="(default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    if not hasattr(os, "fork"):
        raise SystemExit("python -m benchmarks files needs processes that fork, which this system has not")
    outcomes: Counter[str] = Counter()
    n_faults = 0
    start = time.monotonic()
    for path in sorted(path for path in arguments.folder.rglob("*") if path.is_file()):
        result = tried_apart(path, arguments.most_pixels)
        outcomes[result["outcome"]] += 1
        for fault in result.get("faults", []):
            n_faults += 1
            print(f"{path.relative_to(arguments.folder)}: {fault}", flush=True)
    counts = ", ".join(f"{n} {outcome}" for outcome, n in outcomes.most_common())
    print(f"{sum(outcomes.values())} files in {time.monotonic() - start:.0f} s: {counts}; {n_faults} faults")
    return 1 if n_faults else 0


def tried_apart(path: Path, most_pixels: int) -> dict[str, Any]:
    """What `tried` says, from a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        signal.alarm(int(MOST_WAITED * MOST_SECONDS))
        with os.fdopen(writer, "w") as file, contextlib.suppress(BrokenPipeError):
            try:
                result = tried(path, most_pixels)
            except BaseException:
                result = {"outcome": "failed", "faults": [traceback.format_exc().strip()]}
            file.write(json.dumps(result))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not said:
        what = "no end" if status in (-signal.SIGPROF, -signal.SIGALRM) else f"the process ended with {status}"
        return {"outcome": "crashed", "faults": [what]}
    return json.loads(said)


def tried(path: Path, most_pixels: int) -> dict[str, Any]:
    """Whether Pillow reads it, and what falls short then."""
    warnings.simplefilter("ignore")
    try:
        image = Image.open(path)  # which stays open: other frames may be wanted
        if image.width * image.height > most_pixels:
            return {"outcome": "larger than --most-pixels"}
        image.load()
    except Exception:
        return {"outcome": "not read by Pillow", "faults": list(faults_of_command(path))}
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        read_picture(image)
        for _ in range(2):  # as calls do; of some broken files the frames can be read once
            frames_of(image)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        return {"outcome": f"refused ({str(error)[:60]})", "faults": list(faults_of_command(path))}
    n_pixels = image.width * image.height * getattr(image, "n_frames", 1)
    sizes: dict[str, int] = {}
    faults = list(faults_of_png(image, sizes))
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(N_COLORS)
    extra = (after.ru_maxrss - before.ru_maxrss) * 1024
    if seconds > SECONDS + 1e-9 * NANOSECONDS_A_PIXEL * n_pixels:
        faults.append(f"takes {1e9 * seconds / n_pixels:,.0f} ns a pixel")
    if extra > BYTES + BYTES_A_PIXEL * n_pixels:
        faults.append(f"takes {extra / n_pixels:,.0f} bytes a pixel")
    faults += [*faults_of_size(image, sizes), *faults_of_look(image), *faults_of_command(path)]
    return {"outcome": "done", "faults": faults}


def faults_of_png(image: Image.Image, sizes: dict[str, int]) -> Iterator[str]:
    """What `encode_png` does to it that it must not; note the sizes of its files."""
    samples = read_picture(image).samples
    before = rgba_rows(to_uint8(samples))
    upright = image.size[::-1] if orientation(image) < 5 else image.size
    if before.shape[:2] != upright:
        yield f"reads as {before.shape[:2]}, and stands upright as {upright}"
    visible = before[..., 3] > 0
    opaque = samples[..., -1] == full_scale(samples.dtype) if samples.shape[2] % 2 == 0 else np.ones_like(visible)
    n_before = count_colors(before)
    for n_colors in N_COLORS:
        data = encode_png(image, n_colors=n_colors, metadata="none")
        with Image.open(io.BytesIO(data)) as result:
            after = np.asarray(result.convert("RGBA"))
        name = f"{n_colors} colours"
        is_kept = samples.dtype != np.uint8 or np.array_equal(after[visible], before[visible])
        if count_colors(after) > n_colors:  # stored without loss, or wrong
            n_bytes = len(encode_png(image, n_colors=n_colors, metadata="none", palette_only=True, lossy=0))
            if not is_kept:
                yield f"{name}: has {count_colors(after)}, and is not exact"
            if len(data) > n_bytes:
                yield f"{name}: has {count_colors(after)}, and {len(data)} bytes; {n_bytes} with a palette"
        if not np.array_equal(after[..., 3] > 0, visible):
            yield f"{name}: fully transparent pixels are others"
        if not (after[opaque][:, 3] == 255).all():
            yield f"{name}: opaque pixels are not all opaque"
        if n_before <= n_colors and not is_kept and getattr(image, "n_frames", 1) == 1:  # which share their colours
            yield f"{name}: not exact"
        sizes[name] = len(data)


def faults_of_size(image: Image.Image, sizes: dict[str, int]) -> Iterator[str]:
    """Whether a file is larger than a good lossless one of the same picture."""
    if getattr(image, "n_frames", 1) > 1:
        return
    rgba = rgba_rows(to_uint8(read_picture(image).samples))
    plain = lossless(rgba)
    if max(sizes.values()) < LEAST_SHARE * len(plain) and DRAWING * len(plain) > rgba[..., 0].size:
        return
    good = len(plain) if OXIPNG() else min(len(plain), len(oxipng(plain)))
    for name, size in sizes.items():
        if size > LARGER * good + LARGER_BYTES:
            yield f"{name}: {size} bytes, and {good} as lossless PNG"


def lossless(rgba: np.ndarray) -> bytes:
    """Make a PNG by Pillow: grey where it is grey, without alpha where there is none, one colour where none is seen."""
    image = Image.fromarray(with_hidden(rgba, "first"))
    if (rgba[..., 3] == 255).all():
        image = image.convert("RGB")
        if (rgba[..., :1] == rgba[..., :3]).all():
            image = image.convert("L")
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def faults_of_look(image: Image.Image) -> Iterator[str]:
    """Whether Pillow's own quantize looks better."""
    if min(image.size) < 8 or image.mode not in ("L", "RGB", "RGBA", "P"):
        return
    shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    theirs = shown.quantize(COMPARED, dither=Image.Dither.NONE).convert(shown.mode)
    ours = quantize(shown, COMPARED).convert(shown.mode)
    score, other = ssimulacra2(shown, ours), ssimulacra2(shown, theirs)
    if score < other - MOST_BELOW:
        yield f"{COMPARED} colours: scores {score:.1f}, and Pillow's own {other:.1f}"


def faults_of_command(path: Path) -> Iterator[str]:
    """How ``compress`` ends."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = command(["compress", str(path), "-k", "16", "--effort=fast", "-o", f"{folder}/"])
        if status not in EXIT_STATUSES:
            yield f"the command ends with {status}"
        for word in ("Traceback", "unexpected"):
            if word in err.getvalue().replace(str(path), ""):
                yield f"the command says {err.getvalue().strip()[:300]}"
        left = [name for name in os.listdir(folder) if Path(name).suffix not in (".png", ".gif")]  # animations
        if left:
            yield f"the command leaves {left}"
