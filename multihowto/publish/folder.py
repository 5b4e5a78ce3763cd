"""A store -> the folder that goes to the Hub; it is whole or not there."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import __version__, manifests, tables
from multihowto.errors import world_errors
from multihowto.publish import card, rows, taken_down
from multihowto.publish.check import MARK, check_limits, check_store, check_target, check_words
from multihowto.publish.columns import Config, configs
from multihowto.publish.files import Files
from multihowto.publish.media import add_media
from multihowto.publish.settings import Counts, Published, Settings
from multihowto.storage import Store

_DEFAULTS = Settings()


def write_folder(
    store: Store,
    to: str,
    out: Path,
    contact: str,
    exclusions: Path | None,
    settings: Settings = _DEFAULTS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Published:
    """Writes the folder for the dataset repository `to`, or replaces the one that an earlier call wrote.

    Videos that are listed as excluded, by the store's own list or by `exclusions`, are left out even if the store still
    has them. `progress` gets the number of shards done and of all. Memory is bound by a shard and
    `settings.pending_bytes`. ConfigError before any work if the store is not up to date, or `to`, `out`, `contact` or a
    list will not do; RetryableError if the disk is full.
    """
    out = out.resolve()
    check_words(to, contact)
    store.require()
    check_target(out)
    excluded = taken_down.listed(store, exclusions)
    with store.files.lock("publish"), world_errors(f"writing {out}"), whole_folder(out) as part:
        check_store(store)
        published = _fill(store, part, out, excluded, settings, progress)
        (part / MARK).write_text(
            json.dumps(_numbers(published), ensure_ascii=False, indent=1), encoding="utf-8"
        )
        (part / "README.md").write_text(card.text(store, to, contact, published), encoding="utf-8")
        check_limits(part)
    return published


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its place when the block ends well."""
    part, old = (out.with_name(f".{out.name}.{what}") for what in ("part", "old"))
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(old, ignore_errors=True)
        if out.exists():
            out.rename(old)
        part.rename(out)
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def _fill(
    store: Store,
    part: Path,
    out: Path,
    excluded: dict[str, str],
    settings: Settings,
    progress: Callable[[int, int], None],
) -> Published:
    """Writes all Parquet files and media, shard by shard."""
    networks = [
        table
        for name, table in tables.TABLES.items()
        if name.startswith("features_") and store.has(name) and store.shards_of(name)
    ]
    languages = languages_of(store, excluded)
    wanted = {config.name: config for config in configs(languages, networks)}
    files, counts = Files(part, settings), Counts()
    shards = store.shards_of("selection")
    for done, shard in enumerate(shards, 1):
        out_here = taken_down.in_shard(store, shard, excluded)
        chosen = rows.choose(store, shard, out_here)
        counts.excluded |= {video: out_here[video] for video in chosen.excluded}
        if chosen.clips.num_rows:
            said = rows.texts(store, shard, chosen)
            found = rows.videos(store, shard, chosen, said, settings)
            add_media(store, part, found, settings, counts)
            count(counts, said, found)
            _add(files, wanted, languages, chosen, said, found)
            for table in networks:
                files.add(wanted[table.name], rows.features(store, shard, chosen, table, settings.row_bytes))
        progress(done, len(shards))
    by_config, paths = files.close()
    size = sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
    order = [name for name in wanted if name in by_config]
    return Published(
        out, {name: by_config[name] for name in order}, {name: paths[name] for name in order}, counts, size
    )


def _add(
    files: Files,
    wanted: dict[str, Config],
    languages: Sequence[str],
    chosen: rows.Chosen,
    said: pa.Table,
    found: list[dict[str, Any]],
) -> None:
    for language in languages:
        files.add(wanted[language], said.filter(pc.equal(said["language"], language)))
    files.add(wanted["captions"], rows.wide(chosen, said, languages))
    files.add(wanted["videos"], rows.video_table(found))


def languages_of(store: Store, excluded: Mapping[str, str]) -> list[str]:
    """Languages that something is published in: those of languages.csv in its order, then others."""
    found: set[str] = set()
    for shard in store.shards_of("selection"):
        chosen = rows.choose(store, shard, taken_down.in_shard(store, shard, excluded))
        found |= rows.languages(store, shard, chosen)
    known = manifests.read_languages(manifests.find("languages.csv"))
    return [*(one for one in known if one in found), *sorted(found.difference(known))]


def count(counts: Counts, said: pa.Table, found: list[dict[str, Any]]) -> None:
    """Adds a shard to the counts."""
    for row in said.group_by(["language", "origin"]).aggregate([([], "count_all")]).to_pylist():
        counts.origins.setdefault(row["language"], Counter())[row["origin"]] += row["count_all"]
    made = said.filter(said["model"].is_valid()).group_by(["model", "model_license"])
    for row in made.aggregate([([], "count_all")]).to_pylist():
        counts.models[row["model"], row["model_license"]] += row["count_all"]
    for video in found:
        counts.licenses[video["license"]] += 1
        counts.tools[video["tool"]] += 1
        counts.duration_ms += video["duration_ms"]
        counts.from_howto100m += video["task_id"] is not None


def _numbers(published: Published) -> dict[str, Any]:
    """The counts for machines; which videos were taken down is not told."""
    return {
        "multihowto": __version__,
        "rows": published.rows,
        "files": published.files,
        "origins": published.counts.origins,
        "licenses": {license or "": count for license, count in published.counts.licenses.most_common()},
        "media": published.counts.media,
    }
