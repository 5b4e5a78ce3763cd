"""What becomes of kept files: of media once the stages that read it are done, and of what nobody looks after.

Stages run one after the other over all shards, so media of every shard is there until the first stage that reads it
begins; from then on each shard's goes as soon as it is done. Where that is too much, a build takes a part at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from multihowto.errors import ConfigError, RetryableError
from multihowto.kept import KeptFiles
from multihowto.rejects import REASONS
from multihowto.runner import Task, plan
from multihowto.stage import settings
from multihowto.storage import Stamp, Store
from multihowto.tables import VIDEOS, Table


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


def forget_strays(store: Store, kept: KeptFiles, first: Table, shard: int) -> None:
    """Drops what an earlier pipeline kept of videos that are no longer in its first table."""
    videos = set(kept.videos(shard))
    for video in videos - _ids(store, first, shard) if videos else ():
        kept.forget(video)


def _ids(store: Store, table: Table, shard: int) -> set[str]:
    """Ids of the videos that have rows."""
    return set(store.read_shard(table.only("video_id"), shard)["video_id"].to_pylist())
