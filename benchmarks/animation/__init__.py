"""Animations: bytes at equal looks, worst frame, flicker and CPU time of GIFs, against gifski, ffmpeg and Pillow.

Looks are the mean SSIMULACRA 2 of twelve frames; flicker is by how much the error of a pixel changes from frame to
frame where the source changes by two levels at most. Our curve over `lossy` is read where it has a peer's score;
files that a smaller one outdoes are not of it.
Every file of ours is read by Pillow and by ffmpeg, which must show the same frames for the same times.
"""

import argparse
import io
from collections.abc import Callable, Iterable, Sequence
from math import exp, log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from benchmarks import needs
from benchmarks.animation import decoders
from benchmarks.animation.clips import CLIPS, Clip
from benchmarks.animation.encoders import BASE, DURATION, LOSSY_40, OTHERS, OURS, PEERS, Encoder, base, cpu_seconds
from benchmarks.animation.long import measure_long, show_long
from benchmarks.groups import group
from benchmarks.pictures import matches
from benchmarks.progress import track
from benchmarks.records import read_record
from benchmarks.tables import print_table
from pil_kmeans import ssimulacra2

SCORED_FRAMES = 12
STILL = 2  # levels by which the source changes at most where flicker is measured
QUICK_CLIPS = "ball,cartoon"
QUICK_FRAMES = 60

# Highest allowed ratio of our bytes to a peer's at its score: geometric mean, worst clip.
MOST_FLICKER = 0.8
FLOORS = {
    BASE: (0.7, None),
    "gifski 100": (0.75, None),
    "gifski 90": (0.62, 0.9),
    "gifski 75": (0.7, None),
    LOSSY_40: (0.75, 1.0),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", default="*", help="patterns of names (default: all)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files there, to be looked at")
    rest = "records of which to take the clips, and the long animations, that are not measured now"
    parser.add_argument("--rest", type=Path, nargs="+", default=[], metavar="RECORD", help=rest)
    parser.add_argument("--base", metavar="PYTHON", help="an interpreter of 9bae2f7, whose APNGs to compare with")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK_CLIPS}, and few frames of a long animation")
    parser.add_argument("--long", type=int, metavar="N", default=1000, help="frames of a long animation; 0 for none")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    patterns = QUICK_CLIPS if arguments.quick else arguments.clips
    clips, left_out = needs.split(clip for clip in CLIPS if matches(clip.name, patterns))
    encoders, missing = needs.split([*OURS, *PEERS, *OTHERS, *([base(arguments.base)] if arguments.base else [])])
    if reason := decoders.NEED():
        missing.append(f"{reason}: files are read by Pillow only")
    for sentence in dict.fromkeys([*left_out, *missing]):
        print(sentence)
    records = [measured(clip, encoder, arguments.keep) for clip in track(clips, "clips") for encoder in encoders]
    known = [read_record(path)["results"] for path in arguments.rest]
    for part in known:
        measured_clips = {record["clip"] for record in records}
        records += [record for record in part["records"] if record["clip"] not in measured_clips]
    order = [clip.name for clip in CLIPS]
    records.sort(key=lambda record: order.index(record["clip"]))
    show(records)
    read = [record for record in records if "difference" in record]
    wrong = [f"{r['clip']}, {r['encoder']}: {r['difference']}" for r in read if r["difference"]]
    print(f"Of {len(read)} files of ours Pillow and ffmpeg read {len(read) - len(wrong)} alike.", *wrong, sep="\n")
    long = next((part["long"] for part in known if part["long"]), [])
    if arguments.long:
        long = measure_long(min(arguments.long, QUICK_FRAMES) if arguments.quick else arguments.long)
    show_long(long)
    return {"records": records, "left_out": [*left_out, *missing], "ratios": ratios(records), "long": long}


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
        (keep / f"{clip.name}, {encoder.name}{extension_of(data)}").write_bytes(data)
    shown = played(data)
    row = {"clip": clip.name, "encoder": encoder.name, "bytes": len(data), "cpu_per_frame": seconds / len(frames)}
    is_ours = encoder.name.startswith("our") and encoder.name != BASE
    if is_ours and extension_of(data) in decoders.READ_BY_BOTH and not decoders.NEED():
        row["difference"] = decoders.difference(data)
    if len(shown) != len(frames):  # frames were dropped, and cannot be compared
        return row | {"score": None, "worst": None, "flicker": None}
    places = np.linspace(0, len(frames) - 1, min(SCORED_FRAMES, len(frames))).round().astype(int)
    scores = [ssimulacra2(frames[n], shown[n], n_threads=1) for n in places]
    return row | {"score": float(np.mean(scores)), "worst": min(scores), "flicker": flicker(frames, shown)}


def extension_of(data: bytes) -> str:
    return {b"GIF8": ".gif", b"RIFF": ".webp"}.get(data[:4], ".png")


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
    """Ours against each peer at its score, where our curve reaches it; beyond its rough end the line goes on.

    The ratio of bytes and of flicker, and by how many points our worst frame is better.
    """
    rows = []
    curve_of = {peer.name: "ours lossy=" for peer in PEERS} | {BASE: "our APNG lossy="}
    for (clip,), of_clip in group(records, "clip").items():
        for record in of_clip:
            if record["encoder"] not in curve_of or record["score"] is None:
                continue
            name = curve_of[record["encoder"]]
            curve = front(r for r in of_clip if r["encoder"].startswith(name))
            scores = [r["score"] for r in curve]
            row = {"clip": clip, "peer": record["encoder"], "score": record["score"]}
            if record["score"] > scores[-1]:
                rows.append(row | {"ratio": None, "flicker_ratio": None, "worst_gain": None})
                continue

            def at_score(of: Callable[[dict[str, Any]], float], score=record["score"], curve=curve) -> float:
                return float(np.interp(score, [r["score"] for r in curve], [of(r) for r in curve]))

            flickers = record["flicker"] and at_score(lambda r: r["flicker"]) / record["flicker"]
            worst = at_score(lambda r: r["worst"] - r["score"]) - (record["worst"] - record["score"])
            size = exp(at_score(lambda r: log(r["bytes"]))) / record["bytes"]
            rows.append(row | {"ratio": size, "flicker_ratio": flickers, "worst_gain": worst})
    return rows


def front(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """By their scores, those that no smaller one reaches."""
    found: list[dict[str, Any]] = []
    for record in sorted(records, key=lambda r: (r["score"], -r["bytes"]), reverse=True):
        if not found or record["bytes"] < found[-1]["bytes"]:
            found.append(record)
    return found[::-1]


def show(records: Sequence[dict[str, Any]]) -> None:
    header = ["", "bytes", "score", "worst", "flicker", "CPU ms / frame"]
    for (clip,), of_clip in group(records, "clip").items():
        rows = [
            [r["encoder"], r["bytes"], r["score"], r["worst"], r["flicker"], 1000 * r["cpu_per_frame"]] for r in of_clip
        ]
        print_table(clip, header, rows)
    rows = []
    for (peer,), of_peer in group(ratios(records), "peer").items():
        found = [row for row in of_peer if row["ratio"] is not None]
        mean_floor, worst_floor = FLOORS.get(peer, (None, None))
        mean = exp(np.mean([log(row["ratio"]) for row in found])) if found else None
        flickers = [row["flicker_ratio"] for row in found if row["flicker_ratio"] is not None]
        rows.append(
            [
                peer,
                mean,
                mean_floor,
                max((row["ratio"] for row in found), default=None),
                worst_floor,
                np.mean(flickers) if flickers else None,
                min((row["worst_gain"] for row in found), default=None),
                len(of_peer) - len(found),
            ]
        )
    print_table(
        "Ours against a peer at its score",
        [
            "",
            "bytes",
            "at most",
            "worst clip",
            "at most",
            "flicker",
            "worst frame, at least 0",
            "clips beyond our best",
        ],
        rows,
    )
    print(f"Flicker is the mean of the clips, and at most {MOST_FLICKER} of that of gifski 90.")
