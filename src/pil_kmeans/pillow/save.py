"""The save formats `PNG8` and `GIF8`: what `encode_png` and `encode_gif` write, from `PIL.Image.Image.save`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, Any

from PIL import Image

from ..exif import BROKEN_EXIF, orientation
from ..pictures.animated import copied, frames_of, plays_of
from ..png.chunks import Chunk, chunk_bytes
from ..png.metadata import density_chunk, exif_chunk

FORMAT, GIF_FORMAT = "PNG8", "GIF8"
CHUNKS_OF_PNGINFO = (b"tEXt", b"zTXt", b"iTXt", b"tIME")  # and private ones
Given = dict[str | tuple[int, int], Any]
"""As Pillow annotates `info`."""

_UNSET = object()

IHDR_END = 33
IEND_LENGTH = 12


def register() -> None:
    """Add the save formats ``PNG8`` and ``GIF8`` to Pillow: palette PNGs by `encode_png`, GIFs by `encode_gif`.

    ``image.save(path, format="PNG8")`` takes the options of `encode_png`, of which `palette_only` is
    True unless given, and of Pillow's PNG:

    - `icc_profile`, bytes: the profile that the pixels are in, instead of the picture's own; they
      are converted to sRGB. None: they are in sRGB.
    - `dpi`, a pair of numbers, and `exif`, bytes or `PIL.Image.Exif`: written instead of the
      picture's own, whatever `metadata` says. The orientation of this EXIF is the one that is
      applied. None: no dpi, no EXIF.
    - `pnginfo`, a `PIL.PngImagePlugin.PngInfo`: its text, time and private chunks are written too.

    ``save_all=True`` writes all frames of the image, and of those in `append_images`, as an
    animation; without it the current frame is saved. `duration` and `loop` are those of
    `encode_png`; not given, they are the image's own. Metadata is that of the first frame.

    ``image.save(path, format="GIF8")`` takes the options of `encode_gif`, `icc_profile`, `save_all`
    and `append_images`.

    Unlike Pillow's own formats, it refuses options that it does not know. Extensions stay as they
    are: ``.png`` without a format is Pillow's PNG, ``.gif`` its GIF.

    The file is encoded before anything is written, and one that an error would leave unfinished is
    removed. But Pillow empties a file that exists before any format gets to work: where its old
    content must survive an error, write what `encode_png` returns yourself, or use
    `pil_kmeans.imageio`.

    Examples
    --------
    >>> from io import BytesIO
    >>> from PIL import Image
    >>> import pil_kmeans.pillow
    >>> pil_kmeans.pillow.register()
    >>> file = BytesIO()
    >>> Image.linear_gradient("L").save(file, format="PNG8", n_colors=16, dpi=(300, 300))
    >>> saved = Image.open(file)
    >>> saved.format, saved.mode, len(saved.getcolors())
    ('PNG', 'P', 16)
    """
    Image.register_save(FORMAT, save)
    Image.register_save_all(FORMAT, save_all)
    Image.register_mime(FORMAT, "image/png")
    Image.register_save(GIF_FORMAT, save_gif)
    Image.register_save_all(GIF_FORMAT, save_all_gif)
    Image.register_mime(GIF_FORMAT, "image/gif")


def save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write `image` as a PNG, as Pillow's formats do; the options are in `image.encoderinfo`."""
    file.write(_png([copied(image)], **_options(image)))


def save_all(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write all frames of `image` and of the images to append as a PNG, as Pillow's formats do."""
    frames, options = _frames_and_options(image)
    file.write(_png(frames, **options))


def save_gif(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write `image` as a GIF."""
    file.write(_gif([copied(image)], **_options(image)))


def save_all_gif(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write all frames of `image` and of the images to append as a GIF."""
    frames, options = _frames_and_options(image)
    file.write(_gif(frames, **options))


def _options(image: Image.Image) -> dict[str, Any]:
    options = dict(image.encoderinfo)
    if options.pop("append_images", None):  # older Pillows come here unless there is save_all
        msg = "append_images must come with save_all=True, which writes an animation: pass it, or leave them out"
        raise ValueError(msg)
    return options


def _frames_and_options(image: Image.Image) -> tuple[list[Image.Image], dict[str, Any]]:
    options = {"loop": plays_of(image)} | image.encoderinfo
    images = [image, *(options.pop("append_images", None) or ())]
    return [*chain.from_iterable(map(frames_of, images))], options


def _gif(frames: list[Image.Image], *, icc_profile: Any = _UNSET, **options: Any) -> bytes:
    """Encode with the argument that `save` takes beside those of `encode_gif`."""
    from ..encode_frames import encode_gif  # which imports this package

    if icc_profile is not _UNSET:
        frames = [_with_info(frame, {"icc_profile": icc_profile}) for frame in frames]
    data: bytes = encode_gif(frames if len(frames) > 1 else frames[0], **options)
    return data


def _png(frames: list[Image.Image], *, pnginfo: Any = None, metadata: Any = "color", **options: Any) -> bytes:
    """Encode with the arguments that `save` takes beside those of `encode_png`."""
    from ..encode import encode_png  # which imports this package

    front, back = _pnginfo_chunks(pnginfo)
    given: Given = {key: options.pop(key) for key in ("dpi", "exif", "icc_profile") if key in options}
    if given:
        frames = [_with_info(frame, given) for frame in frames]
    options.setdefault("palette_only", True)  # as the format's name says
    data = encode_png(frames if len(frames) > 1 else frames[0], metadata=metadata, **options)
    first = frames[0]
    if "dpi" in given:
        front += [chunk for chunk in density_chunk(first.info, orientation(first)) if chunk_bytes(*chunk) not in data]
    if "exif" in given and metadata != "all":
        front += exif_chunk(first)
    parts = data[:IHDR_END], *_as_bytes(front), data[IHDR_END:-IEND_LENGTH], *_as_bytes(back), data[-IEND_LENGTH:]
    return b"".join(parts)


def _with_info(image: Image.Image, given: Given) -> Image.Image:
    """Copy an image, with `given` in place of what it says of itself; None: it says nothing."""
    copy = image.copy()
    copy.info = {key: value for key, value in (copy.info | given).items() if key not in given or value is not None}
    with suppress(*BROKEN_EXIF):
        exif = given["exif"] if "exif" in given else image.getexif()  # of a copy, only `info` says it
        copy.info["exif"] = exif.tobytes() if isinstance(exif, Image.Exif) else exif or b""
    return copy


def _pnginfo_chunks(pnginfo: Any) -> tuple[list[Chunk], list[Chunk]]:
    """Chunks of Pillow's `PngInfo`, before and behind the pixels; they cannot say what the colours mean."""
    front: list[Chunk] = []
    back: list[Chunk] = []
    for kind, data, *is_behind in pnginfo.chunks if pnginfo else ():
        if kind not in CHUNKS_OF_PNGINFO and kind[1:2].isupper():
            msg = f"pnginfo must hold text, tIME or private chunks, got {kind.decode('latin-1')}"
            raise ValueError(msg)
        (back if any(is_behind) else front).append((kind, data))
    return front, back


def _as_bytes(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    return (chunk_bytes(kind, data) for kind, data in chunks)
