"""What becomes of media files once the stages that read them are done: `retention` of download_videos."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from multihowto.errors import ConfigError, RetryableError
from multihowto.runner import Task, plan
from multihowto.stage import settings
from multihowto.storage import Stamp


def refuse_loss(tasks: Sequence[Task], shards: Iterable[int]) -> None:
    """Refuses a build that would replace features by rejects, since the media they came from is deleted.

    Raises ConfigError, before any work. `tasks` are those of all stages.
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
            stamp = task.store.stamp(task.stage.writes.name, shard)
            if stamp is not None and stamp.how != task.how and _would_lose(task, shard):
                raise ConfigError(
                    f"stage {task.name} is no longer what made shard {shard} of {task.stage.writes.name}, and the "
                    "media for making it again is deleted: put its settings back, or set retention: keep, "
                    "which downloads the media again"
                )


def _would_lose(task: Task, shard: int) -> bool:
    """Whether rows are there whose media is not."""
    rows = task.store.read_shard(task.stage.writes.only("video_id"), shard)
    return not set(rows["video_id"].to_pylist()) <= task.world.kept.videos_with_media(shard)


def drop_media(tasks: Sequence[Task]) -> None:
    """Deletes the media of shards in which all that fetches or reads media is done."""
    if not _deletes(tasks):
        return
    about_media = [task for task in tasks if task.stage.keeps_files or task.stage.reads_media]
    kept = tasks[0].world.kept
    for shard in kept.shards_with_media():
        if all(_is_done(task, shard) for task in about_media):
            kept.forget_media(shard)


def _is_done(task: Task, shard: int) -> bool:
    try:
        return isinstance(plan(replace(task, retry=frozenset()), shard), Stamp)
    except RetryableError:
        return False  # a shard before it failed


def _deletes(tasks: Iterable[Task]) -> bool:
    return any(settings(task.stage).get("retention") == "delete_after_features" for task in tasks)
