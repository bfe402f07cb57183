"""Swatches: the colours of a picture and their shares, which show themselves and are written for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ..files import replacing
from ..stages.color_space import unscaled, working_points
from ..stages.samples import rgba_rows
from .drawn import as_html, as_image, as_png, for_terminal, shows_true_color
from .swatch import Swatch
from .swatch_formats import FORMATS

if TYPE_CHECKING:
    from os import PathLike

    from PIL import Image

ORDERS = ("share", "hue", "lightness")
_FIRST_HUE = 345  # degrees, in Oklab: magenta, at 328, comes last, pinks, red, at 29, and orange first
_GREY = 0.03  # chroma, of Oklab, below which a colour has no hue to speak of


@dataclass(frozen=True, eq=False, repr=False)
class Swatches(Sequence[Swatch]):
    """Colours with their shares, as `pil_kmeans.palette` finds them: a sequence that shows itself.

    Its items have `hex`, such as ``"#ff8000"``, `rgba`, four ints, and `share`.

    In a terminal that shows all colours ``print`` draws them, a notebook shows them side by side, and NumPy makes an
    array of the colours. So they can be given wherever a palette can.

    Parameters
    ----------
    colors : ndarray of shape (n, 3) or (n, 4), uint8
        RGB, or RGBA if one is not opaque.
    shares : ndarray of shape (n,), float64
        The share of the pixels that each stands for, from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from pil_kmeans.swatches import Swatches
    >>> flag = Swatches(np.array([[0, 0, 0], [221, 0, 0], [255, 204, 0]], np.uint8), np.full(3, 1 / 3))
    >>> print(flag)
    #000000     33.3%
    #dd0000     33.3%
    #ffcc00     33.3%
    >>> flag[1].hex, flag.to_text("css").splitlines()[1]
    ('#dd0000', '  --color-1: #000000;')
    """

    colors: NDArray[np.uint8]
    shares: NDArray[np.float64]

    def __post_init__(self) -> None:
        colors, shares = np.array(self.colors, np.uint8), np.array(self.shares, np.float64)
        if colors.ndim != 2 or colors.shape[1] not in (3, 4) or shares.shape != colors.shape[:1]:
            raise ValueError(
                f"colors must have shape (n, 3) or (n, 4) and shares (n,), got {colors.shape} and {shares.shape}"
            )
        for name, kept in (("colors", colors), ("shares", shares)):
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)

    def __len__(self) -> int:
        return len(self.colors)

    @overload
    def __getitem__(self, index: int) -> Swatch: ...
    @overload
    def __getitem__(self, index: slice) -> Swatches: ...
    def __getitem__(self, index: int | slice) -> Swatch | Swatches:
        if isinstance(index, slice):
            return Swatches(self.colors[index], self.shares[index])
        return Swatch(tuple(rgba_rows(self.colors[[index]])[0].tolist()), float(self.shares[index]))

    def __iter__(self) -> Iterator[Swatch]:
        for rgba, share in zip(rgba_rows(self.colors).tolist(), self.shares.tolist(), strict=True):
            yield Swatch(tuple(rgba), share)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy or dtype not in (None, self.colors.dtype):
            if copy is False:
                raise ValueError(f"colors are uint8: as {dtype} they are a copy, do not pass copy=False")
            return self.colors.astype(dtype or np.uint8)
        return self.colors

    def __repr__(self) -> str:
        return f"Swatches({[swatch.hex for swatch in self]})"

    def __str__(self) -> str:
        return for_terminal(self, in_true_color=shows_true_color()).rstrip("\n")

    def _repr_html_(self) -> str:
        return as_html(self)

    def sorted(self, by: str) -> Swatches:
        """Return the same in another order.

        Parameters
        ----------
        by : {"share", "hue", "lightness"}
            The most frequent first; from red over yellow, green and blue to purple, behind blacks, greys and whites; or
            from dark to light.

        Returns
        -------
        Swatches

        Raises
        ------
        ValueError
            If there is no such order.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans.swatches import Swatches
        >>> rgb = np.array([[0, 0, 255], [255, 0, 0], [9, 9, 9], [255, 255, 0]], np.uint8)
        >>> Swatches(rgb, np.array([0.3, 0.4, 0.2, 0.1])).sorted("hue")
        Swatches(['#090909', '#ff0000', '#ffff00', '#0000ff'])
        """
        check_order(by)
        points = unscaled(working_points(np.ascontiguousarray(self.colors), "oklab", n_threads=1), "oklab")
        lightness, chroma = points[:, 0], np.hypot(points[:, 1], points[:, 2])
        degrees = np.degrees(np.arctan2(points[:, 2], points[:, 1])) - _FIRST_HUE
        hue = np.where(chroma < _GREY, -1, degrees % 360)
        order = np.lexsort({"share": (-self.shares,), "hue": (lightness, hue), "lightness": (lightness,)}[by])
        return Swatches(self.colors[order], self.shares[order])

    def to_bytes(self, format: str, name: str = "palette") -> bytes:
        r"""Write them for another program.

        Parameters
        ----------
        format : {"hex", "css", "json", "gpl", "act", "ase"}
            One hex colour in a line; variables; an object with "colors", each with "hex" and "share"; a palette of
            GIMP, Inkscape and Krita; those of Adobe's programs.
        name : str, default "palette"
            What "json" and "gpl" call them.

        Returns
        -------
        bytes
            The content of a file.

        Raises
        ------
        ValueError
            If the format is not known, or holds no translucent colours and one is so.

        Examples
        --------
        >>> import numpy as np
        >>> from pil_kmeans.swatches import Swatches
        >>> Swatches(np.array([[255, 0, 0]], np.uint8), np.ones(1)).to_bytes("hex")
        b'#ff0000\n'
        """
        if format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(map(repr, FORMATS))}, got {format!r}")
        return FORMATS[format](self, name)

    def to_text(self, format: str, name: str = "palette") -> str:
        """Return what `to_bytes` does as str, of "hex", "css", "json" and "gpl"."""
        return self.to_bytes(format, name).decode()

    def to_pil(self, size: tuple[int, int] = (640, 80), *, by_share: bool = False) -> Image.Image:
        """Draw them side by side.

        Parameters
        ----------
        size : (int, int), default (640, 80)
            Width and height in pixels.
        by_share : bool, default False
            Make each as wide as its share, instead of all the same.

        Returns
        -------
        PIL.Image.Image
            Of mode RGB, or RGBA if one is not opaque.
        """
        return as_image(self.colors, self.shares if by_share else np.ones(len(self)), size)

    def save(self, path: str | PathLike[str]) -> None:
        """Write them into a file.

        Parameters
        ----------
        path : str or path
            Its extension says what is written: ``.hex`` or ``.txt``, ``.css``, ``.json``, ``.gpl``, ``.act``, ``.ase``,
            or ``.png`` for what `to_pil` draws. A file of that name is replaced when the new one is complete.

        Raises
        ------
        ValueError
            If the extension says nothing, or as `to_bytes`.
        OSError
            If the file cannot be written.
        """
        extension = Path(path).suffix.lower().removeprefix(".")
        extension = "hex" if extension == "txt" else extension
        if extension not in (*FORMATS, "png"):
            known = ", ".join(f".{name}" for name in (*FORMATS, "txt", "png"))
            raise ValueError(f"path must end in one of {known}, got {str(path)!r}")
        data = as_png(self.to_pil()) if extension == "png" else self.to_bytes(extension, Path(path).stem)
        with replacing(Path(path)) as file:
            file.write(data)


def check_order(order: Any) -> None:
    """Check the name of an order.

    Raises
    ------
    ValueError
        If there is none.
    """
    if order not in ORDERS:
        raise ValueError(f"sort must be one of {', '.join(map(repr, ORDERS))}, got {order!r}")
