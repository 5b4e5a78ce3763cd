"""Which videos were taken down: by the list that the store was built with, and by another one."""

from collections.abc import Mapping
from pathlib import Path

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.manifests import find, of_note, read_exclusions, why_excluded
from multihowto.storage import Store


def listed(store: Store, named: Path | None) -> dict[str, str]:
    """Ids and reasons of the store's own list as it is now, and of the one that is named.

    ConfigError if the store's own list is gone and no other is named: nothing is published on a guess.
    """
    noted = store.require().get("exclusions")
    own = of_note(noted) if isinstance(noted, str) else None
    if own is not None and not own.is_file():
        if named is None:
            raise ConfigError(
                f"{own}, the list of excluded videos that {store.root} was built with, is not there: put it back, "
                "build again, or name the list with --exclusions"
            )
        own = None
    if own is None and named is None:
        own = find("exclusions.csv")
    lists = [read_exclusions(path) for path in (own, named) if path is not None]
    return {video: why for one in lists for video, why in one.items()}


def in_shard(store: Store, shard: int, excluded: Mapping[str, str]) -> dict[str, str]:
    """The list, with the ids of those of the shard's videos that it names by their address."""
    if not excluded or store.stamp(tables.SOURCES.name, shard) is None:
        return dict(excluded)
    found = dict(excluded)
    for row in store.read_shard(tables.SOURCES.only("url"), shard).to_pylist():
        why = why_excluded(excluded, row["video_id"], row["url"])
        if why is not None:
            found[row["video_id"]] = why
    return found
