"""Seek: going to a frame of an image, also back."""

from __future__ import annotations

from PIL import Image


def seek(image: Image.Image, n: int) -> None:
    """Go to frame n.

    An animated palette PNG that goes back would be black: Pillow forgets to give its palette to the new pixels.
    """
    goes_back = n < image.tell()
    image.seek(n)
    if goes_back and image.mode == "P" and image.palette is not None:
        image.palette.dirty = 1
