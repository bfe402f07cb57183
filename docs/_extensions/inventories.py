"""What these pages link to in other projects' documentation, so that a build needs no network.

Each entry is a role, and a page with ``$`` for the name; `write_inventories` makes of them what intersphinx
would download. A name that is missing here is a warning of the build; take its page from the project's site.
"""

import zlib
from pathlib import Path

NAMES = {
    "imageio": (
        "https://imageio.readthedocs.io/en/stable/",
        {
            "imageio.v3.imwrite": ("py:function", "_autosummary/imageio.v3.imwrite.html#$"),
            "imageio.v3.imopen": ("py:function", "_autosummary/imageio.v3.imopen.html#$"),
        },
    ),
    "numpy": (
        "https://numpy.org/doc/stable/",
        {
            "numpy.ndarray": ("py:class", "reference/generated/numpy.ndarray.html#$"),
            "numpy.unique": ("py:function", "reference/generated/numpy.unique.html#$"),
        },
    ),
    "pillow": (
        "https://pillow.readthedocs.io/en/stable/",
        {
            "PIL.Image": ("py:module", "reference/Image.html#module-$"),
            "PIL.Image.Dither": ("py:class", "reference/Image.html#$"),
            "PIL.Image.Exif": ("py:class", "reference/Image.html#$"),
            "PIL.Image.Image": ("py:class", "reference/Image.html#$"),
            "PIL.Image.Image.quantize": ("py:method", "reference/Image.html#$"),
            "PIL.Image.Image.save": ("py:method", "reference/Image.html#$"),
            "PIL.Image.Quantize": ("py:class", "reference/Image.html#$"),
            "PIL.ImageColor": ("py:module", "reference/ImageColor.html#module-$"),
            "PIL.PngImagePlugin.PngInfo": ("py:class", "PIL.html#$"),
        },
    ),
    "scikit-image": (
        "https://scikit-image.org/docs/stable/",
        {
            "skimage.data": ("py:module", "api/skimage.data.html#module-$"),
            "skimage.data.astronaut": ("py:function", "api/skimage.data.html#$"),
        },
    ),
    "scikit-learn": (
        "https://scikit-learn.org/stable/",
        {
            "sklearn.cluster.KMeans": ("py:class", "modules/generated/sklearn.cluster.KMeans.html#$"),
            "sklearn.datasets.load_sample_image": (
                "py:function",
                "modules/generated/sklearn.datasets.load_sample_image.html#$",
            ),
            "sklearn.model_selection.GridSearchCV": (
                "py:class",
                "modules/generated/sklearn.model_selection.GridSearchCV.html#$",
            ),
            "sklearn.pipeline.Pipeline": ("py:class", "modules/generated/sklearn.pipeline.Pipeline.html#$"),
        },
    ),
    "xarray": (
        "https://docs.xarray.dev/en/stable/",
        {"xarray.DataArray": ("py:class", "generated/xarray.DataArray.html#$")},
    ),
}


def write_inventories(folder: Path) -> dict[str, tuple[str, str]]:
    """Write an inventory for each project, and return the value of `intersphinx_mapping`."""
    folder.mkdir(parents=True, exist_ok=True)
    mapping = {}
    for project, (url, names) in NAMES.items():
        lines = "".join(f"{name} {role} 1 {page} -\n" for name, (role, page) in names.items())
        header = (
            f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
            "# The remainder of this file is compressed using zlib.\n"
        )
        path = folder / f"{project}.inv"
        path.write_bytes(header.encode() + zlib.compress(lines.encode()))
        mapping[project] = (url, str(path))
    return mapping
