"""Encoders: what makes animations of frames.

gifski is under the AGPL and gifsicle under the GPL: they are run as commands, and no part of them is used.
"""

import io
import resource
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import needs
from pil_kmeans import encode_gif, encode_png, encode_webp

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


def our_webp(frames: Sequence[np.ndarray], folder: Path, **options: object) -> bytes:
    return encode_webp(list(frames), duration=DURATION, n_threads=1, **options)


def lossy_webp(frames: Sequence[np.ndarray], folder: Path) -> bytes:
    """What natural motion is better kept in."""
    first, *others = map(Image.fromarray, frames)
    file = io.BytesIO()
    first.save(file, "WEBP", save_all=True, append_images=others, duration=DURATION, quality=80, method=4)
    return file.getvalue()


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


def base(python: str) -> Encoder:
    """What the code of 9bae2f7 makes, by an interpreter that has it installed."""

    def encode(frames: Sequence[np.ndarray], folder: Path) -> bytes:
        return subprocess.run([python, "-c", BY_BASE, str(folder)], check=True, capture_output=True).stdout

    return Encoder(BASE, encode, needs.program(python))


def apngasm(frames: Sequence[np.ndarray], folder: Path) -> bytes:
    """Pillow's 256 colours, the best that is to be had without dithering, as an APNG."""
    import oxipng

    first, *others = map(Image.fromarray, frames)
    stacked = Image.fromarray(np.concatenate(frames)).quantize(256, dither=Image.Dither.NONE)
    for n, frame in enumerate([first, *others]):
        frame.quantize(palette=stacked, dither=Image.Dither.NONE).save(folder / f"palette{n:04}.png")
    result = folder / "result.png"
    delay = (str(DURATION), "1000")
    run("apngasm", str(result), str(folder / "palette0000.png"), *delay, "-z1", "-kp")
    return oxipng.optimize_from_memory(result.read_bytes(), level=4)


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


BASE = "our APNG at 9bae2f7"
BY_BASE = f"""\
import sys
from pathlib import Path
from PIL import Image
from pil_kmeans import encode_png
frames = [Image.open(path) for path in sorted(Path(sys.argv[1]).glob("*.png"))]
sys.stdout.buffer.write(encode_png(frames, duration={DURATION}, n_threads=1))
"""
BOTH = needs.both(needs.program("ffmpeg"), needs.program("gifsicle"))
LOSSY = (0.1, 0.3, 1, 2.5, 6, 10, 15, 40)
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
    *(Encoder(f"our APNG lossy={lossy}", partial(our_apng, lossy=lossy)) for lossy in (0, 0.1, 0.3, 1, 3)),
    Encoder("our WebP", our_webp),
    Encoder("apngasm, oxipng", apngasm, needs.both(needs.program("apngasm"), needs.module("oxipng"))),
    Encoder("WebP, lossy", lossy_webp),
]
