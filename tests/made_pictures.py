"""Small pictures of many kinds."""

import numpy as np
from PIL import Image


def made_pictures():
    """By name, all of 48 x 70 pixels."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:48, :70]
    ramp = np.linspace(0, 255, 70).astype(np.uint8)[np.newaxis].repeat(48, axis=0)
    waves = np.clip(127 + 100 * np.stack([np.sin(x / 9 + c) * np.cos(y / 7 - c) for c in range(4)], axis=-1), 0, 255)
    drawing = np.kron(rng.integers(0, 256, (6, 7, 3)), np.ones((8, 10, 1))).astype(np.uint8)
    return {
        "ramp": ramp,
        "ramp of 16 bits": ramp * np.uint16(200) + np.arange(48, dtype=np.uint16)[:, np.newaxis],
        "floats": (waves[..., :3] / 255).astype(np.float32),
        "alpha": waves.astype(np.uint8),
        "grey and alpha": waves[..., [0, 3]].astype(np.uint8),
        "drawing": drawing,
        "noisy drawing": np.clip(drawing.astype(int) + rng.integers(-3, 4, drawing.shape), 0, 255).astype(np.uint8),
        "noise": rng.integers(0, 256, (48, 70, 3)).astype(np.uint8),
        "noise of two levels": rng.integers(0, 2, (48, 70)).astype(bool),
        "flat": np.full((48, 70, 3), 99, np.uint8),
    }


def moving_square(still, n_frames):
    """A red square that moves over an image."""
    frames = [still.copy() for _ in range(n_frames)]
    for n, frame in enumerate(frames):
        frame.paste((255, 0, 0), (8 + 6 * n, 8, 20 + 6 * n, 20))
    return frames


def with_camera_noise(photograph, size, n_frames):
    """Arrays of a photograph that stands still, in a size (width, height)."""
    still = np.asarray(Image.fromarray(photograph).resize(size)).astype(float)
    rng = np.random.default_rng(0)
    return [np.clip(still + rng.normal(0, 1, still.shape), 0, 255).astype(np.uint8) for _ in range(n_frames)]
