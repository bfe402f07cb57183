"""The save format `PNG8`: a palette PNG by `encode_png`, from `PIL.Image.Image.save`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Any

from PIL import Image

from ..metadata import BROKEN_EXIF, density_chunk, exif_chunk, orientation
from ..stages.png import Chunk, chunk_bytes

FORMAT = "PNG8"
CHUNKS_OF_PNGINFO = (b"tEXt", b"zTXt", b"iTXt", b"tIME")  # and private ones
Given = dict[str | tuple[int, int], Any]
"""As Pillow annotates `info`."""

IHDR_END = 33
IEND_LENGTH = 12


def register() -> None:
    """
    Add the save format ``PNG8`` to Pillow: palette PNGs by `encode_png`.

    ``image.save(path, format="PNG8")`` takes the options of `encode_png`, and of Pillow's PNG:

    - `icc_profile`, bytes: the profile that the pixels are in, instead of the picture's own; they
      are converted to sRGB. None: they are in sRGB.
    - `dpi`, a pair of numbers, and `exif`, bytes or `PIL.Image.Exif`: written instead of the
      picture's own, whatever `metadata` says. The orientation of this EXIF is the one that is
      applied. None: no dpi, no EXIF.
    - `pnginfo`, a `PIL.PngImagePlugin.PngInfo`: its text, time and private chunks are written too.

    Unlike Pillow's own formats, it refuses options that it does not know. Extensions stay as they
    are: ``.png`` without a format is Pillow's PNG. Of several frames the current one is saved;
    ``save_all=True`` with more than one raises ValueError.

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


def save(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write `image`, as Pillow's formats do; the options are in `image.encoderinfo`."""
    options = dict(image.encoderinfo)
    _check_one_frame(1, options.pop("append_images", None))  # with older Pillows also without save_all
    file.write(_encoded(image, **options))


def save_all(image: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    """Write `image` if it has one frame."""
    _check_one_frame(getattr(image, "n_frames", 1), image.encoderinfo.get("append_images"))
    save(image, file, filename)


def _check_one_frame(n_frames: int, append_images: Iterable[Image.Image] | None) -> None:
    n_frames += sum(getattr(frame, "n_frames", 1) for frame in append_images or ())
    if n_frames > 1:
        msg = f"{FORMAT} holds one frame, got {n_frames}: save them one by one, or as GIF or PNG"
        raise ValueError(msg)


def _encoded(image: Image.Image, *, pnginfo: Any = None, metadata: Any = "color", **options: Any) -> bytes:
    """Encode with the arguments that `save` takes beside those of `encode_png`."""
    from ..encode import encode_png  # which imports this package

    front, back = _pnginfo_chunks(pnginfo)
    given: Given = {key: options.pop(key) for key in ("dpi", "exif", "icc_profile") if key in options}
    if given:
        image = _with_info(image, given)
    data = encode_png(image, metadata=metadata, **options)
    if "dpi" in given and metadata == "none":
        front += density_chunk(image.info, orientation(image))
    if "exif" in given and metadata != "all":
        front += exif_chunk(image)
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
