"""Animations: bytes at equal looks, worst frame, flicker and CPU time of GIFs, against gifski, ffmpeg and Pillow.

Looks are the mean SSIMULACRA 2 of twelve frames; flicker is by how much the error of a pixel changes from frame to
frame where the source changes by two levels at most. Our curve over `lossy` is read where it has a peer's score.
"""

import argparse
import io
import resource
from collections.abc import Sequence
from math import exp, log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from benchmarks import needs
from benchmarks.animation.clips import CLIPS, Clip
from benchmarks.animation.encoders import DURATION, LOSSY_40, OTHERS, OURS, PEERS, Encoder
from benchmarks.groups import group
from benchmarks.pictures import matches
from benchmarks.progress import track
from benchmarks.tables import print_table
from pil_kmeans import ssimulacra2

SCORED_FRAMES = 12
STILL = 2  # levels by which the source changes at most where flicker is measured
QUICK_CLIPS = "ball,cartoon"

# Highest allowed ratio of our bytes to a peer's at its score: geometric mean, worst clip.
FLOORS = {"gifski 100": (0.75, None), "gifski 90": (0.62, 0.9), "gifski 75": (0.7, None), LOSSY_40: (0.75, 1.0)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", default="*", help="patterns of names (default: all)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files there, to be looked at")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK_CLIPS}")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    patterns = QUICK_CLIPS if arguments.quick else arguments.clips
    clips, left_out = needs.split(clip for clip in CLIPS if matches(clip.name, patterns))
    encoders, missing = needs.split([*OURS, *PEERS, *OTHERS])
    for sentence in dict.fromkeys([*left_out, *missing]):
        print(sentence)
    records = [measured(clip, encoder, arguments.keep) for clip in track(clips, "clips") for encoder in encoders]
    show(records)
    return {"records": records, "left_out": [*left_out, *missing], "ratios": ratios(records)}


def measured(clip: Clip, encoder: Encoder, keep: Path | None) -> dict[str, Any]:
    frames = clip.frames
    with TemporaryDirectory() as name:
        folder = Path(name)
        for n, frame in enumerate(frames):
            Image.fromarray(frame).save(folder / f"{n:04}.png", compress_level=1)
        start = cpu_seconds()
        data = encoder.encode(frames, folder)
        seconds = cpu_seconds() - start
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{clip.name}, {encoder.name}.{'gif' if data.startswith(b'GIF') else 'png'}").write_bytes(data)
    shown = played(data)
    row = {"clip": clip.name, "encoder": encoder.name, "bytes": len(data), "cpu_per_frame": seconds / len(frames)}
    if len(shown) != len(frames):  # frames were dropped, and cannot be compared
        return row | {"score": None, "worst": None, "flicker": None}
    places = np.linspace(0, len(frames) - 1, min(SCORED_FRAMES, len(frames))).round().astype(int)
    scores = [ssimulacra2(frames[n], shown[n], n_threads=1) for n in places]
    return row | {"score": float(np.mean(scores)), "worst": min(scores), "flicker": flicker(frames, shown)}


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def played(data: bytes) -> list[np.ndarray]:
    """What a file shows, a frame for each `DURATION`."""
    shown = []
    for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data))):
        pixels = np.asarray(frame.convert("RGB"))
        shown += [pixels] * max(1, round(frame.info.get("duration", DURATION) / DURATION))
    return shown


def flicker(frames: Sequence[np.ndarray], shown: Sequence[np.ndarray]) -> float | None:
    """None where nothing stands still."""
    changes = []
    for n in range(1, len(frames)):
        before, after = frames[n - 1].astype(int), frames[n].astype(int)
        still = np.abs(after - before).max(axis=-1) <= STILL
        if still.mean() > 0.02:
            error = (shown[n] - after) - (shown[n - 1] - before)
            changes.append(np.abs(error)[still].mean())
    return float(np.mean(changes)) if changes else None


def ratios(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our bytes to each peer's at its score, where our curve reaches it; beyond its ends the line goes on."""
    rows = []
    peers = {peer.name for peer in PEERS}
    for (clip,), of_clip in group(records, "clip").items():
        curve = sorted((r["score"], log(r["bytes"])) for r in of_clip if r["encoder"].startswith("ours lossy"))
        scores, sizes = zip(*curve, strict=True)
        for record in of_clip:
            if record["encoder"] not in peers or record["score"] is None:
                continue
            is_beyond = record["score"] > scores[-1]
            ratio = exp(np.interp(record["score"], scores, sizes)) / record["bytes"]
            rows.append(
                {
                    "clip": clip,
                    "peer": record["encoder"],
                    "score": record["score"],
                    "ratio": None if is_beyond else float(ratio),
                }
            )
    return rows


def show(records: Sequence[dict[str, Any]]) -> None:
    header = ["", "bytes", "score", "worst", "flicker", "CPU ms / frame"]
    for (clip,), of_clip in group(records, "clip").items():
        rows = [
            [r["encoder"], r["bytes"], r["score"], r["worst"], r["flicker"], 1000 * r["cpu_per_frame"]] for r in of_clip
        ]
        print_table(clip, header, rows)
    rows = []
    for (peer,), of_peer in group(ratios(records), "peer").items():
        found = [row["ratio"] for row in of_peer if row["ratio"] is not None]
        mean_floor, worst_floor = FLOORS.get(peer, (None, None))
        mean = exp(np.mean(np.log(found))) if found else None
        rows.append([peer, mean, mean_floor, max(found, default=None), worst_floor, len(of_peer) - len(found)])
    print_table(
        "Our bytes to a peer's at its score",
        ["", "geometric mean", "at most", "worst clip", "at most", "clips beyond our best"],
        rows,
    )
