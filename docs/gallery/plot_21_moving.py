"""
Frames that move
================

A ball over a photograph that a noisy camera has taken: what stands still stays as it was shown, and its noise is not
painted again. First as a GIF, then as an animated PNG. Below both a photograph that moves as a whole, for which a lossy
WebP, the last, takes fewer bytes, and a video fewer still.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageSequence
from skimage.data import coffee

from pil_kmeans import encode_gif, encode_png, ssimulacra2

photo = Image.fromarray(coffee()).resize((240, 160))
rng = np.random.default_rng(0)
ball = []
for n in range(16):
    frame = photo.copy()
    ImageDraw.Draw(frame).ellipse((10 + 12 * n, 60, 40 + 12 * n, 90), fill="red")
    noise = rng.normal(0, 1, (160, 240, 1))
    ball.append(np.clip(np.rint(np.asarray(frame) + noise), 0, 255).astype(np.uint8))


def describe(name, data, frames):
    shown = [frame.convert("RGB") for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]
    score = np.mean([ssimulacra2(a, b) for a, b in zip(frames[::5], shown[::5], strict=True)])
    print(f"{name:5} {len(data) / 1000:6.1f} kB  SSIMULACRA 2 {score:4.1f}")


gif = encode_gif(ball, duration=80)
describe("GIF", gif, ball)
gif

# %%
# As an animated PNG.
png = encode_png(ball, duration=80)
describe("PNG", png, ball)
png

# %%
# A pan over the photograph, as a GIF.
large = np.asarray(Image.fromarray(coffee()).resize((360, 240)))
pan = [large[2 * n : 2 * n + 160, 6 * n : 6 * n + 240] for n in range(16)]
gif = encode_gif(pan, duration=80)
describe("GIF", gif, pan)
gif

# %%
# The same as a lossy WebP by Pillow.
first, *others = map(Image.fromarray, pan)
file = io.BytesIO()
first.save(file, "WEBP", save_all=True, append_images=others, duration=80, loop=0, quality=85)
webp = file.getvalue()
describe("WebP", webp, pan)
webp
