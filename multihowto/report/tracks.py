"""What the caption tracks were: kinds, formats, languages that were wrong, and what cleaning removed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from multihowto import tables
from multihowto.storage import Store


@dataclass(frozen=True, slots=True)
class TrackNumbers:
    """The tracks of one language."""

    language: str
    tracks: int
    by_kind: Mapping[str, int]
    by_format: Mapping[str, int]
    relabelled: int
    """Tracks that the site gave as another language."""
    undecided: int
    """Tracks whose text does not say surely which language it is."""
    removed: Mapping[str, int]
    """What cleaning removed, by kind."""
    problems: int
    """Places in their files that could not be read."""


def track_numbers(store: Store) -> list[TrackNumbers]:
    """The numbers of each language, most tracks first; none before `read_tracks` has run."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    formats: dict[str, Counter[str]] = defaultdict(Counter)
    removed: dict[str, Counter[str]] = defaultdict(Counter)
    view = tables.TRACKS.only("language", "labelled", "kind", "format", "verdict", "removed", "problems")
    for shard in store.shards_of(tables.TRACKS.name):
        for row in store.read_shard(view, shard).to_pylist():
            language = row["language"]
            kinds[language][row["kind"]] += 1
            formats[language][row["format"]] += 1
            removed[language].update({one["kind"]: one["count"] for one in row["removed"]})
            sums[language]["relabelled"] += row["labelled"] != language
            sums[language]["undecided"] += row["verdict"] == "undecided"
            sums[language]["problems"] += len(row["problems"])
    found = [
        TrackNumbers(
            language=language,
            tracks=its.total(),
            by_kind=dict(its.most_common()),
            by_format=dict(formats[language].most_common()),
            relabelled=sums[language]["relabelled"],
            undecided=sums[language]["undecided"],
            removed=dict(removed[language].most_common()),
            problems=sums[language]["problems"],
        )
        for language, its in kinds.items()
    ]
    return sorted(found, key=lambda one: (-one.tracks, one.language))
