"""Encoders: what makes animations of frames.

gifski is under the AGPL and gifsicle under the GPL: they are run as commands, and no part of them is used.
"""

import io
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import needs
from pil_kmeans import encode_gif, encode_png

DURATION = 80  # milliseconds of each frame
FPS = 1000 / DURATION

Encode = Callable[[Sequence[np.ndarray], Path], bytes]


@dataclass(frozen=True)
class Encoder:
    """Makes a file of frames, which also are PNGs in a folder."""

    name: str
    encode: Encode
    missing: needs.Need = needs.nothing


def ours(frames: Sequence[np.ndarray], folder: Path, **options: object) -> bytes:
    return encode_gif(list(frames), duration=DURATION, n_threads=1, **options)


def our_apng(frames: Sequence[np.ndarray], folder: Path, **options: object) -> bytes:
    return encode_png(list(frames), duration=DURATION, n_threads=1, **options)


def pillow(frames: Sequence[np.ndarray], folder: Path) -> bytes:
    first, *others = map(Image.fromarray, frames)
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=DURATION, loop=0)
    return file.getvalue()


def gifski(frames: Sequence[np.ndarray], folder: Path, quality: int) -> bytes:
    result = folder / "result.gif"
    options = ["--quiet", "--fps", str(FPS), "--quality", str(quality), "--output", str(result)]
    run("gifski", *options, *map(str, sorted(folder.glob("*.png"))))
    return result.read_bytes()


def ffmpeg(frames: Sequence[np.ndarray], folder: Path, *gifsicle: str) -> bytes:
    result = folder / "result.gif"
    palette = "split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
    source = ["-framerate", str(FPS), "-i", str(folder / "%04d.png")]
    run("ffmpeg", "-v", "error", "-y", "-threads", "1", *source, "-lavfi", palette, str(result))
    if gifsicle:
        run("gifsicle", "-O3", *gifsicle, str(result), "-o", str(result))
    return result.read_bytes()


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


BOTH = needs.both(needs.program("ffmpeg"), needs.program("gifsicle"))
LOSSY = (0.1, 0.3, 1, 2.5, 6, 15, 40)
OURS = [Encoder(f"ours lossy={lossy}", partial(ours, lossy=lossy)) for lossy in LOSSY]
GIFSKI = [
    Encoder(f"gifski {quality}", partial(gifski, quality=quality), needs.program("gifski"))
    for quality in (60, 75, 90, 100)
]
LOSSY_40 = "ffmpeg, gifsicle --lossy=40"
PEERS = [
    *GIFSKI,
    Encoder("ffmpeg", ffmpeg, needs.program("ffmpeg")),
    Encoder(LOSSY_40, lambda frames, folder: ffmpeg(frames, folder, "--lossy=40"), BOTH),
    Encoder("Pillow", pillow),
]
OTHERS = [
    Encoder("ours lossy=0", partial(ours, lossy=0)),
    Encoder("our APNG", our_apng),
]
