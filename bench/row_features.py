"""Rows decode.cpu_ratio and features.ratio: what stage extract_features costs beyond ffmpeg and its network."""

import json
import subprocess
from pathlib import Path

from harness import Bench, Row, median, row, run_timed
from multihowto.adapters import models
from multihowto.adapters.ffmpeg import find_ffmpeg
from multihowto.manifests import model
from multihowto.networks.efficientnet_lite import CROP, SIDE
from multihowto.stages.extract_features import ExtractFeatures

DECODE_TARGET = 1.15
FEATURES_TARGET = 1.15
VIDEOS = 4
LENGTH_S = 60
SOURCE = f"testsrc2=s=640x360:r=25:d={LENGTH_S},noise=alls=8:allf=t"
"""As large and as fast as the site's usual videos; the noise costs the decoder what real pictures do."""


def decode(bench: Bench) -> Row:
    """CPU-seconds a video minute, ffmpeg's included, against one bare ffmpeg pipe that does the same."""
    _write_material(bench.folder)
    works = {
        "ours": lambda: run_timed("ours.decode", bench.folder),
        "bare": lambda: run_timed("bare.decode", bench.folder),
    }
    return row(
        "decode.cpu_ratio", bench.take_turns("decode.cpu_ratio", works), DECODE_TARGET, "cpu_s", each=VIDEOS
    )


def features(bench: Bench) -> Row:
    """CPU-seconds a video minute of the stage, Parquet to Parquet, against a bare decode and the network apart."""
    _write_material(bench.folder)
    works = {
        "ours": lambda: run_timed("ours.features", bench.folder),
        "decode": lambda: run_timed("bare.decode", bench.folder),
        "forward": lambda: run_timed("ours.forward", bench.folder),
    }
    took = bench.take_turns("features.ratio", works)
    value, apart = (
        median(took["ours"], "cpu_s"),
        [median(took[work], "cpu_s") for work in ("decode", "forward")],
    )
    return Row(
        name="features.ratio",
        value=value / VIDEOS,
        unit="CPU-s each",
        reference=sum(apart) / VIDEOS,
        target=FEATURES_TARGET,
        cpu_s=value / VIDEOS,
        reference_cpu_s=sum(apart) / VIDEOS,
    )


def _write_material(folder: Path) -> None:
    """A video of a minute, how often it is looked at, and how, if that is not there yet."""
    path, name, stage = folder / "minute.mp4", "efficientnet_lite0", ExtractFeatures()
    if not path.exists():
        quiet = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", SOURCE]
        subprocess.run([*quiet, "-pix_fmt", "yuv420p", "-preset", "veryfast", str(path)], check=True)
    square = int(360 * CROP)
    task = {
        "ffmpeg": find_ffmpeg(),
        "filters": f"fps={stage.rate_hz},crop={square}:{square},scale={SIDE}:{SIDE}:flags=bicubic",
        "videos": [str(path)] * VIDEOS,
        "bytes": LENGTH_S * stage.rate_hz * SIDE * SIDE * 3,
        "side": SIDE,
        "crop": CROP,
        "weights": str(models.fetch(name) / model(name).files[0].path),
    }
    (folder / "features.json").write_text(json.dumps(task), encoding="utf-8")


ROWS = {"decode.cpu_ratio": decode, "features.ratio": features}
