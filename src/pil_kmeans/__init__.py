"""Pictures into palette pictures with k-means.

`KMeansQuantizer` is the estimator, `quantize` takes the place of Pillow's `Image.quantize`, `encode_png` writes palette
PNGs, `encode_gif` GIFs and `encode_webp` WebPs, `IndexedImage` is what they have in common, `palette` finds the colours
of a picture for people, `ssimulacra2` says how alike two pictures are for the eye, and `report.compare` shows what
fewer colours do to a picture. Everything loads when it is first used.
"""

from __future__ import annotations

try:
    from . import early_signals  # first, before what takes long  # isort: skip
except KeyboardInterrupt:  # amid this, before it could do anything about that
    from . import early_signals  # isort: skip

    early_signals.interrupted()
    raise

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

try:
    from . import _native
except ImportError as error:
    if "PIL_KMEANS_ISA" in str(error):
        raise
    if "subinterpreter" in str(error):
        raise ImportError(
            f"pil_kmeans cannot be imported in a sub-interpreter, nor can numpy ({error}): import it in the main "
            "interpreter, or start processes instead, for example by concurrent.futures.ProcessPoolExecutor"
        ) from error
    raise ImportError(
        f"the compiled kernels of pil_kmeans cannot be loaded ({error}). Install the package, which builds them: "
        "run `pip install pil_kmeans`, or `pip install .` in a clone of the project."
    ) from error

if TYPE_CHECKING:
    from . import imageio, pillow, report
    from .array_labels import quantize_array
    from .encode import encode_png
    from .encode_frames import encode_gif
    from .encode_pixels import encode_webp
    from .estimator import KMeansQuantizer
    from .indexed_image import IndexedImage
    from .panel import encode_panel
    from .pillow import quantize
    from .png.target_quality import QualityError
    from .score import ssimulacra2
    from .swatches import Swatches
    from .swatches.picture_colors import palette

__version__: str = _native.version

__all__ = [
    "IndexedImage",
    "KMeansQuantizer",
    "QualityError",
    "Swatches",
    "__version__",
    "build_info",
    "encode_gif",
    "encode_panel",
    "encode_png",
    "encode_webp",
    "imageio",
    "palette",
    "pillow",
    "quantize",
    "quantize_array",
    "report",
    "ssimulacra2",
]

_FACES = ("imageio", "pillow", "report")

_HOMES = {
    "IndexedImage": ".indexed_image",
    "KMeansQuantizer": ".estimator",
    "QualityError": ".png.target_quality",
    "encode_gif": ".encode_frames",
    "encode_panel": ".panel",
    "encode_png": ".encode",
    "encode_webp": ".encode_pixels",
    "quantize": ".pillow",
    "quantize_array": ".array_labels",
    "palette": ".swatches.picture_colors",
    "ssimulacra2": ".score",
    "Swatches": ".swatches",
}


def build_info() -> dict[str, Any]:
    """Tell how the kernels were built and which of them are in use.

    Returns
    -------
    dict
        ``version`` and ``compiler``, str; ``instruction_sets``, tuple of str: built in and able to run here;
        ``instruction_set``, str: the one in use, which the environment variable ``PIL_KMEANS_ISA`` can force;
        ``png_compressor``, str: what deflates PNGs: ``"deflate"``, the package of libdeflate, or ``"zlib"`` where it
        has no wheel, with PNGs that are a tenth larger.

    Examples
    --------
    >>> import pil_kmeans
    >>> pil_kmeans.build_info()["instruction_set"] in pil_kmeans.build_info()["instruction_sets"]
    True
    """
    return {
        "version": _native.version,
        "compiler": _native.compiler,
        "instruction_sets": _native.instruction_sets,
        "instruction_set": _native.instruction_set,
        "png_compressor": "deflate" if find_spec("deflate") else "zlib",
    }


def __getattr__(name: str) -> Any:
    if name in _FACES:
        return import_module(f".{name}", __name__)
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
