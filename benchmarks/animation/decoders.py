"""Decoders: whether Pillow and ffmpeg read the same frames and times out of a file.

Frames are compared as they are shown, so with what disposal, blending and transparency make of them.
"""

import io
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageSequence

from benchmarks import needs

NEED = needs.both(needs.program("ffmpeg"), needs.program("ffprobe"))
CLOSE = 0.6  # milliseconds
READ_BY_BOTH = (".gif", ".png")


class Read(NamedTuple):
    """What a file shows: RGBA frames (n, H, W, 4), whose transparent pixels are 0, and milliseconds of each."""

    frames: np.ndarray
    durations: list[float]


def difference(data: bytes) -> str | None:
    """Say what one decoder reads otherwise than the other; None if nothing."""
    one, other = by_pillow(data), by_ffmpeg(data)
    if one.frames.shape != other.frames.shape:
        return f"{len(one.frames)} and {len(other.frames)} frames"
    if len(one.frames) > 1 and not np.allclose(one.durations, other.durations, atol=CLOSE):
        return "other times"
    wrong = [n for n, (a, b) in enumerate(zip(one.frames, other.frames, strict=True)) if not np.array_equal(a, b)]
    return f"other pixels in frames {wrong}" if wrong else None


def by_pillow(data: bytes) -> Read:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data))):
        frames.append(np.array(frame.convert("RGBA")))
        durations.append(float(frame.info.get("duration", 0)))
    return Read(cleared(np.stack(frames)), durations)


def by_ffmpeg(data: bytes) -> Read:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        entries = ["-show_entries", "packet=duration_time:stream=width,height", "-of", "csv=p=0"]
        lines = output("ffprobe", "-v", "error", *entries, str(path)).decode().split()
        raw = output("ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough", *RAW, "-")
    width, height = map(int, lines[-1].split(","))
    return Read(
        cleared(np.frombuffer(raw, np.uint8).reshape(-1, height, width, 4)),
        [1000 * float(line.split(",")[0]) for line in lines[:-1]],
    )


RAW = ["-f", "rawvideo", "-pix_fmt", "rgba"]


def cleared(frames: np.ndarray) -> np.ndarray:
    return np.where(frames[..., 3:] > 0, frames, 0)


def output(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout
