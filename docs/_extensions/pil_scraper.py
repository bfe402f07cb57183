"""The gallery shows what ends a block of an example pixel by pixel, as a notebook would: an image, or a file of one."""

from pathlib import Path
from typing import Any

from PIL import Image
from sphinx_gallery.scrapers import figure_rst

EXTENSIONS = {b"GIF8": ".gif", b"RIFF": ".webp", b"\x89PNG": ".png"}
"""Of files, which may move, by how they begin."""


def pil_scraper(block: tuple[Any, ...], block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the image and return what includes it."""
    variables = block_vars["example_globals"]
    last = variables.get("___")  # where sphinx-gallery keeps the value of the last line, also of blocks before
    if not isinstance(last, Image.Image | bytes) or last is variables.get("_shown"):
        return ""
    variables["_shown"] = last
    path = Path(next(block_vars["image_path_iterator"]))
    if isinstance(last, bytes):
        path = path.with_suffix(EXTENSIONS[last[:4]])
        path.write_bytes(last)
    else:
        last.save(path)
    return figure_rst([str(path)], gallery_conf["src_dir"])
