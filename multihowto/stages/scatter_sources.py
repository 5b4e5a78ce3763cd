"""Reads the pipeline's manifest into table `sources`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from multihowto import tables
from multihowto.manifests import numbered, read_exclusions, unit, why_excluded
from multihowto.rejects import Reject
from multihowto.stage import Scatter, World


@dataclass(frozen=True)
class ScatterSources(Scatter):
    """Lists the videos of a manifest (CSV, Parquet, text or a folder of videos), less the excluded ones."""

    writes: ClassVar = tables.SOURCES
    version: ClassVar = 3
    manifests: ClassVar = ("exclusions",)

    exclusions: str = "exclusions.csv"
    """Manifest of videos that were taken down: they leave every table."""

    def scan(self, world: World) -> Iterator[tuple[str, dict[str, Any] | Reject]]:
        excluded = read_exclusions(world.manifest(self.exclusions))
        seen: dict[str, int] = {}
        word = unit(world.videos)
        for number, row in numbered(world.videos):
            if world.limit is not None and len(seen) >= world.limit:
                return
            if isinstance(row, Reject):
                yield row.key, row
            elif row.video_id in seen:
                said = f"{word} {number}; first in {word} {seen[row.video_id]}"
                yield row.video_id, Reject(row.video_id, "duplicate_id", said)
            else:
                seen[row.video_id] = number
                why = why_excluded(excluded, row.video_id, row.url)
                yield (
                    row.video_id,
                    row._asdict() if why is None else Reject(row.video_id, "excluded", why),
                )
