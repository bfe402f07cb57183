"""What a call made is freed as it ends, not when Python looks for cycles: one that holds a picture is expensive."""

import gc
from io import BytesIO

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

import pil_kmeans
from made_pictures import made_pictures, moving_square
from pil_kmeans import KMeansQuantizer, cli
from pil_kmeans.imageio import PalettePngPlugin
from pil_kmeans.pillow import quantize, register

PICTURES = {name: picture[:24, :36].copy() for name, picture in made_pictures().items()}
KINDS = "ramp", "ramp of 16 bits", "floats", "alpha", "noisy drawing", "noise of two levels"
FRAMES = moving_square(Image.fromarray(PICTURES["noise"]), 3)


def in_command(folder):
    path = folder / "noise.png"
    Image.fromarray(PICTURES["noise"]).save(path)
    assert cli.main(["compress", "--force", "-k", "8", "-o", str(folder / "small.png"), str(path)]) == 0


CALLS = {
    "quantize": lambda _: quantize(Image.fromarray(PICTURES["noise"]), 16, dither="auto"),
    "quantize, fast": lambda _: quantize(Image.fromarray(PICTURES["noise"]), 16, effort="fast", dither="blue-noise"),
    "quantize, several": lambda _: quantize(FRAMES, 16),
    "save": lambda _: FRAMES[0].save(BytesIO(), format="PNG8"),
    "imageio": lambda _: iio.imwrite("<bytes>", PICTURES["noise"], extension=".png", plugin=PalettePngPlugin),
    "GIF": lambda _: pil_kmeans.encode_gif(FRAMES),
    "APNG": lambda _: pil_kmeans.encode_png(FRAMES),
    "WebP": lambda _: pil_kmeans.encode_webp(FRAMES),
    "quality": lambda _: pil_kmeans.encode_png(PICTURES["noise"], quality=50),
    "partial_fit": lambda _: KMeansQuantizer(8).partial_fit(PICTURES["noise"]).partial_fit(PICTURES["flat"]),
    "matrix": lambda _: KMeansQuantizer(8).fit_predict(PICTURES["noise"].reshape(-1, 3)),
    "command": in_command,
}
for kind in KINDS:
    CALLS[f"encode_png, {kind}"] = lambda _, kind=kind: pil_kmeans.encode_png(PICTURES[kind], n_colors=16)
    CALLS[f"fit_transform, {kind}"] = lambda _, kind=kind: KMeansQuantizer(16).fit_transform(PICTURES[kind])


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_call_leaves_arrays_in_cycles(call, tmp_path, request):
    register()
    call(tmp_path)  # what is imported or cached once
    gc.collect()
    gc.disable()
    request.addfinalizer(gc.enable)
    call(tmp_path)
    gc.set_debug(gc.DEBUG_SAVEALL)
    request.addfinalizer(gc.garbage.clear)
    request.addfinalizer(lambda: gc.set_debug(0))
    gc.collect()
    held = [part for garbage in gc.garbage for part in gc.get_referents(garbage) if isinstance(part, np.ndarray)]
    assert not [array.shape for array in held]
