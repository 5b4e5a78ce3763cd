"""What is refused before anything is written."""

import re
from pathlib import Path

from multihowto import checksums
from multihowto.contract import inputs_of
from multihowto.errors import ConfigError
from multihowto.stage import Map
from multihowto.stages import STAGES
from multihowto.storage import Store

MAX_FILES = 100_000
MAX_FILES_A_FOLDER = 10_000
MARK = "numbers.json"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_REPOSITORY = re.compile(f"{_NAME}/{_NAME}")
_CONTACT = re.compile(r"https?://[\w.~%?=&#:/+-]+|[\w.%+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def check_words(to: str, contact: str) -> None:
    """ConfigError unless the repository has a name that the Hub takes, and the contact is an address."""
    if not _REPOSITORY.fullmatch(to) or "--" in to or ".." in to:
        raise ConfigError(f"--to is org/name, of letters, digits, `-`, `_` and `.`; not {to!r}")
    if not _CONTACT.fullmatch(contact):
        raise ConfigError(
            f"--contact is where people ask for removal: an http(s) address or a mail address; not {contact!r}"
        )


def check_store(store: Store) -> None:
    """ConfigError unless the store has a selection, and what is published was made of what is there now."""
    made = store.require()["tables"]
    shards = store.shards_of("selection")
    if not shards or not store.has("selection"):
        raise ConfigError(
            f"{store.root} has no table selection: its pipeline needs select_clips, and a build"
        )
    stages = {stage.writes.name: stage for stage in STAGES.values() if issubclass(stage, Map)}
    for table in (name for name in made if name in stages):
        for shard in sorted({*shards, *store.shards_of(table)}):
            stamp = store.stamp(table, shard)
            if stamp is None:
                if not store.shards_of(table):
                    break
                raise ConfigError(f"shard {shard} of {table} is not made: `multihowto build` goes on")
            inputs = [store.stamp(view.table.name, shard) for view in inputs_of(stages[table], store)]
            contents = [one.content for one in inputs if one is not None]
            if stamp.recipe != checksums.of_values(stamp.how, contents):
                raise ConfigError(
                    f"shard {shard} of {table} was made of other rows than are there now: "
                    "`multihowto build` brings it up to date"
                )


def check_target(out: Path) -> None:
    """ConfigError if something is there that is not a folder of ours, since it would be replaced."""
    if out.is_dir() and not (out / MARK).is_file() and any(out.iterdir()):
        raise ConfigError(f"{out} is there, and publish did not write it: name another folder with --out")
    if not out.name or (out.exists() and not out.is_dir()):
        raise ConfigError(f"{out} cannot be the folder: name another with --out")


def check_limits(folder: Path) -> None:
    """ConfigError if there are more files than the Hub takes."""
    total = 0
    for place in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        here = sum(path.is_file() for path in place.iterdir())
        total += here
        if here > MAX_FILES_A_FOLDER:
            raise ConfigError(
                f"{here:,} files in {place.name}: the Hub takes {MAX_FILES_A_FOLDER:,} a folder"
            )
    if total > MAX_FILES:
        raise ConfigError(f"{total:,} files: the Hub takes {MAX_FILES:,} a repository; publish fewer media")
