"""A small store built from the demo's site: four good videos and every bad one."""

import csv
from dataclasses import dataclass
from pathlib import Path

from demo_site import PORT, Site
from multihowto.storage import Store

REPOSITORY = Path(__file__).parent.parent
GOOD = 4


@dataclass(frozen=True)
class Demo:
    """A site that is up, a pipeline that points to it, and the store that was built from it."""

    site: Site
    pipeline: Path
    store: Store


def write_demo_pipeline(folder: Path, port: int, videos: list[str]) -> Path:
    """demo.yaml and its manifest for a site at another port, with some of its videos."""
    with (REPOSITORY / "manifests" / "videos" / "demo.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["video_id"] in videos]
    lines = [
        f"{row['video_id']},{row['url'].replace(f':{PORT}/', f':{port}/')},{row['split']}" for row in rows
    ]
    (folder / "videos.csv").write_text("\n".join(["video_id,url,split", *lines, ""]))
    text = (REPOSITORY / "pipelines" / "demo.yaml").read_text()
    path = folder / "demo.yaml"
    path.write_text(text.replace("videos/demo.csv", "videos.csv").replace("shards: 8", "shards: 3"))
    return path
