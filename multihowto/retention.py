"""What is deleted: media once the stages that read it are done, and what is left of videos that are gone.

Stages run one after the other over all shards, so media of every shard is there until the first stage that reads it
begins; from then on each shard's goes as soon as it is done. Where that is too much, a build takes a part at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from multihowto.contract import close
from multihowto.errors import ConfigError, RetryableError
from multihowto.kept import KeptFiles
from multihowto.rejects import REASONS
from multihowto.runner import Task, plan
from multihowto.stage import Map, settings
from multihowto.storage import LEAVING, Stamp, Store, shard_name
from multihowto.tables import VIDEOS, Table

_LESS = "less videos that left"
"""The recipe of a shard that was not made so: no recipe is equal to it, and its stage looks at it again."""


def refuse_loss(tasks: Sequence[Task], shards: Iterable[int]) -> None:
    """Refuses a build that would replace features by rejects, since the media they came from is deleted.

    Raises ConfigError, before any stage is run. `tasks` are those of all stages.
    """
    if not _deletes(tasks):
        return
    readers = [task for task in tasks if task.stage.reads_media]
    if not readers:
        raise ConfigError(
            "retention is delete_after_features, and no stage reads media: set media: none, or retention: keep"
        )
    for task in readers:
        for shard in shards:
            why = _why_lost(task, shard)
            if why is not None:
                raise ConfigError(
                    f"{why}, and the media for making it again is deleted: put it back, or set retention: keep, "
                    "which downloads the media again"
                )


def _why_lost(task: Task, shard: int) -> str | None:
    """Why a shard would be made from media that is not there; None if nothing is lost."""
    table = task.stage.writes
    stamp = task.store.whole_stamp(table.name, shard)
    there = task.world.kept.videos_with_media(shard)
    if stamp is None and not _with_file(task, shard) <= there:
        return f"shard {shard} of {table.name} is missing or damaged"
    if stamp is not None and stamp.how != task.how and not _ids(task.store, table, shard) <= there:
        return f"stage {task.name} is no longer what made shard {shard} of {table.name}"
    return None


def _with_file(task: Task, shard: int) -> set[str]:
    """Ids of a shard's videos that have a media file, or had one."""
    if task.store.stamp(VIDEOS.name, shard) is None:
        return task.world.kept.videos_with_facts(shard)
    rows = task.store.read_shard(VIDEOS.only("media_path"), shard)
    return {row["video_id"] for row in rows.to_pylist() if row["media_path"] is not None}


def fetch_lost_again(task: Task, shards: Iterable[int]) -> None:
    """Lets the stage that fetches media do so again for videos without a row, whose features went with it.

    That their media is gone is no longer on purpose.
    """
    if not _deletes([task]):
        return
    table, kept = task.stage.writes, task.world.kept
    for shard in shards:
        if task.store.stamp(table.name, shard) is not None and not _is_done(task, shard, task.retry):
            rows = _ids(task.store, table, shard)
            for video in set(kept.videos(shard)) - rows - kept.videos_with_media(shard):
                kept.forget_facts(video)


def drop_media(tasks: Sequence[Task], shards: Iterable[int]) -> None:
    """Deletes the media of those shards in which all that fetches or reads media is done."""
    if not _deletes(tasks):
        return
    about_media = [task for task in tasks if task.stage.keeps_files or task.stage.reads_media]
    for shard in shards:
        if all(_is_done(task, shard, _needs_media(task)) for task in about_media):
            tasks[0].world.kept.forget_media(shard)


def _needs_media(task: Task) -> frozenset[str]:
    """Codes of rejects that may pass when a stage opens the same media again."""
    may_pass = (code for code, reason in REASONS.items() if not reason.final)
    return frozenset(may_pass if task.stage.reads_media else ())


def _is_done(task: Task, shard: int, retry: frozenset[str]) -> bool:
    """Whether a shard is as it should be, and has no reject of codes that are to be tried again."""
    try:
        return isinstance(plan(replace(task, retry=retry), shard), Stamp)
    except RetryableError:
        return False  # a shard before it failed


def _deletes(tasks: Iterable[Task]) -> bool:
    return any(settings(task.stage).get("retention") == "delete_after_features" for task in tasks)


def drop_gone(tasks: Sequence[Task]) -> None:
    """Takes videos that left the first table out of all later ones, and drops their kept files.

    Only the shards that store.json notes are looked at; the note stays until all of it is done. RetryableError if one
    of these is damaged.
    """
    first, *later = tasks
    store, table = first.store, first.stage.writes
    noted = store.require().get(LEAVING, [])
    waiting = [shard for shard in noted if store.stamp(table.name, shard) is None]
    for shard in noted:
        if shard not in waiting:
            videos = pa.array(sorted(_ids(store, table, shard)), pa.string())
            for task in later:
                _keep_only(videos, task, shard)
            forget_strays(store, first.world.kept, table, shard)
    store.note(LEAVING, waiting or None)


def _keep_only(videos: pa.Array, task: Task, shard: int) -> None:
    """Writes a shard without the rows and accounts of other videos; it is then made again of what is left."""
    store, table = task.store, task.stage.writes
    stamp, account = store.stamp(table.name, shard), store.stamp(table.name, shard, "accounts")
    # A build that was killed here has written the account alone.
    begun = account is not None and account.recipe == _LESS
    if stamp is None or not (begun or account == stamp) or not isinstance(task.stage, Map):
        # Half a shard is made from nothing, and so are scores, which are of all shards together.
        for folder in ("tables", "accounts"):
            store.files.remove(shard_name(folder, table.name, shard))
        return
    accounts = store.read_accounts(table.name, shard)
    kept = accounts.filter(pc.is_in(accounts["video_id"], value_set=videos))
    if account == stamp and kept.num_rows == accounts.num_rows:
        return
    rows = store.read_as_written(table.name, shard)
    rows = rows.filter(pc.is_in(rows["video_id"], value_set=kept["video_id"].combine_chunks()))
    rows = rows.combine_chunks()
    less, full = close(_LESS, stamp.how, rows, kept.to_pylist())
    store.write_shard(table, shard, rows, full, less)


def forget_strays(store: Store, kept: KeptFiles, first: Table, shard: int) -> None:
    """Drops what is kept of videos that are not in the first table."""
    videos = {*kept.videos(shard), *kept.videos_with_media(shard)}
    for video in videos - _ids(store, first, shard) if videos else ():
        kept.forget(video)


def _ids(store: Store, table: Table, shard: int) -> set[str]:
    """Ids of the videos that have rows."""
    return set(store.read_shard(table.only("video_id"), shard)["video_id"].to_pylist())
