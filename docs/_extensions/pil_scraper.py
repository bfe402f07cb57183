"""The gallery shows a PIL image that ends a block of an example as it is, pixel by pixel, as a notebook would."""

from typing import Any

from PIL import Image
from sphinx_gallery.scrapers import figure_rst


def pil_scraper(block: tuple[Any, ...], block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the image and return what includes it."""
    variables = block_vars["example_globals"]
    last = variables.get("___")  # where sphinx-gallery keeps the value of the last line, also of blocks before
    if not isinstance(last, Image.Image) or last is variables.get("_shown"):
        return ""
    variables["_shown"] = last
    path = next(block_vars["image_path_iterator"])
    last.save(path)
    return figure_rst([path], gallery_conf["src_dir"])
