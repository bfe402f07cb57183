"""The quantisers compared: ours and its peers, one function each.

Each takes a picture and a number of colours and returns a `Task`. What a caller would
have at hand already (a PIL image, RGBA bytes, a matrix of floats) is made before the
task runs, so that timings hold the quantiser's own work only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np


class Quantized(NamedTuple):
    """What came out.

    `centers` (n, 3) float64 is unrounded where the quantiser tells, else the palette;
    `palette` (n, 3) uint8; `picture` (H, W, 3) uint8 as a viewer would show it.
    """

    centers: np.ndarray
    palette: np.ndarray
    picture: np.ndarray


class Task(NamedTuple):
    """`run` is what gets timed; `read` turns what it returned into a `Quantized`."""

    run: Callable[[], Any]
    read: Callable[[Any], Quantized]


MakeTask = Callable[[np.ndarray, int], Task]


@dataclass(frozen=True)
class Peer:
    """A quantiser: `module` must be importable; `slow` ones take seconds a picture."""

    name: str
    make_task: MakeTask
    module: str
    slow: bool = False

    @property
    def available(self) -> bool:
        return find_spec(self.module) is not None


def ours(
    picture: np.ndarray,
    n_colors: int,
    *,
    effort: str,
    n_threads: int = 1,
    **options: Any,
) -> Task:
    from pil_kmeans import KMeansQuantizer

    def run():
        quantizer = KMeansQuantizer(n_colors, effort=effort, n_threads=n_threads, **options)
        return quantizer, quantizer.fit_transform(picture)

    def read(result):
        quantizer, indices = result
        palette = quantizer.palette_
        return Quantized(quantizer.cluster_centers_, palette, palette[indices])

    return Task(run, read)


def pillow(picture: np.ndarray, n_colors: int, *, method: str) -> Task:
    from PIL import Image

    image = Image.fromarray(picture)

    def run():
        return image.quantize(n_colors, method=Image.Quantize[method])

    def read(result):
        palette = np.array(result.getpalette(), np.uint8).reshape(-1, 3)
        return from_palette(palette, np.asarray(result))

    return Task(run, read)


def libimagequant(picture: np.ndarray, n_colors: int, *, dithering_level: float = 0.0) -> Task:
    """At its default speed, by default without dithering."""
    from imagequant import quantize_raw_rgba_bytes

    height, width, _ = picture.shape
    opaque = np.full((height, width, 1), 255, np.uint8)
    rgba = np.concatenate([picture, opaque], axis=-1).tobytes()

    def run():
        return quantize_raw_rgba_bytes(rgba, width, height, dithering_level=dithering_level, max_colors=n_colors)

    def read(result):
        indices = np.frombuffer(result[0], np.uint8).reshape(height, width)
        palette = np.array(result[1], np.uint8).reshape(-1, 4)[:, :3]
        return from_palette(palette, indices)

    return Task(run, read)


def scikit_learn(picture: np.ndarray, n_colors: int, *, name: str) -> Task:
    """On all pixels, one start, else scikit-learn's defaults."""
    from sklearn import cluster

    matrix = picture.reshape(-1, 3).astype(np.float64)
    estimator = getattr(cluster, name)(n_colors, n_init=1, random_state=0)

    def run():
        return estimator.fit(matrix)

    def read(result):
        return from_centers(result.cluster_centers_, result.labels_, picture.shape)

    return Task(run, read)


def opencv(picture: np.ndarray, n_colors: int) -> Task:
    """On all pixels, k-means++ start, at most 20 iterations."""
    import cv2

    cv2.setNumThreads(1)
    matrix = picture.reshape(-1, 3).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.01)

    def run():
        cv2.setRNGSeed(0)
        return cv2.kmeans(matrix, n_colors, None, criteria, 1, cv2.KMEANS_PP_CENTERS)

    def read(result):
        _, labels, centers = result
        return from_centers(centers, labels, picture.shape)

    return Task(run, read)


def from_palette(palette: np.ndarray, indices: np.ndarray) -> Quantized:
    palette = palette[: int(indices.max()) + 1]  # some pad theirs with black
    return Quantized(palette.astype(np.float64), palette, palette[indices])


def from_centers(centers: np.ndarray, labels: np.ndarray, shape: tuple[int, ...]) -> Quantized:
    palette = np.clip(np.rint(centers), 0, 255).astype(np.uint8)
    picture = palette[labels.reshape(-1)].reshape(shape)
    return Quantized(centers.astype(np.float64), palette, picture)


EFFORTS = ("fast", "balanced", "best")

PEERS = (
    Peer("Pillow MEDIANCUT", partial(pillow, method="MEDIANCUT"), "PIL"),
    Peer("Pillow MAXCOVERAGE", partial(pillow, method="MAXCOVERAGE"), "PIL", slow=True),
    Peer("Pillow FASTOCTREE", partial(pillow, method="FASTOCTREE"), "PIL"),
    Peer("libimagequant", libimagequant, "imagequant"),
    Peer("KMeans", partial(scikit_learn, name="KMeans"), "sklearn", slow=True),
    Peer(
        "MiniBatchKMeans",
        partial(scikit_learn, name="MiniBatchKMeans"),
        "sklearn",
        slow=True,
    ),
    Peer("OpenCV kmeans", opencv, "cv2", slow=True),
)


def find_peers(names: str) -> list[Peer]:
    """The installed peers among `names`: "all", "none" or names, commas between."""
    if names == "none":
        return []
    wanted = {name.strip().lower() for name in names.split(",")}
    known = {peer.name.lower(): peer for peer in PEERS}
    if wanted == {"all"}:
        wanted = set(known)
    if unknown := wanted - set(known):
        choices = ", ".join(peer.name for peer in PEERS)
        raise SystemExit(f"--peers: no {sorted(unknown)}; there are: {choices}")
    peers = [peer for name, peer in known.items() if name in wanted]
    for peer in peers:
        if not peer.available:
            print(f"{peer.name} is left out: {peer.module} is not installed")
    return [peer for peer in peers if peer.available]
