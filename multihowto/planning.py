"""What a build will ask for, and how long that takes, before it is begun; and what is left of it."""

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import manifests, retention, spread, tables
from multihowto.adapters.pacing import CAPTIONS_S, VIDEO_S
from multihowto.errors import ConfigError, RetryableError
from multihowto.kept import KeptFiles
from multihowto.pipeline import Pipeline
from multihowto.rejects import REASONS, Reject
from multihowto.runner import Task, plan
from multihowto.stage import Map, Scatter, World
from multihowto.stages.download_videos import DownloadVideos
from multihowto.stages.extract_features import ExtractFeatures
from multihowto.storage import Stamp, Store

HOWTO100M_S = 134_472 * 3600 / 1_220_000
"""Mean seconds of a video: 134,472 hours in 1.22 million videos (arXiv:1906.03327, table 1)."""
_SAMPLED_SHARDS = 50
_HOWTO100M = "assumed: HowTo100M's mean of 6.6 minutes a video (arXiv:1906.03327, table 1)"
_ASKING = ("scatter_sources", "download_videos", "import_folder")
"""Stages whose time is not the computer's."""
_LESS = "the manifest, less those that the store has an answer for by these settings"
_UNKNOWN = "not known before some are built: build --limit 50, then plan again"


class Wanted(NamedTuple):
    """What a manifest asks for."""

    videos: int
    left_out: Mapping[str, int]
    """Rows that are left out, by reject code."""
    first: tuple[Reject, ...]
    """The first of these, those that are taken down apart; the key says the line."""
    ids: pa.Array
    """Ids of the videos."""


class Measured(NamedTuple):
    """What the store knows already; None where it knows nothing."""

    accounted: int = 0
    """Videos that were asked for, rejected ones too."""
    rows: int = 0
    may_pass: int = 0
    """Of those without a row, how many were left out for a reason that may pass."""
    tracks: float | None = None
    """Caption tracks a video."""
    duration_s: float | None = None
    """Of those whose length is known: 0 says that it is not."""
    media_bytes: float | None = None
    seconds: Mapping[str, float] = {}
    """Seconds a video, by stage."""


class Left(NamedTuple):
    """What is still to do."""

    videos: int
    """Videos of the manifest that the store has no answer for, or one that other settings gave."""
    shards: Mapping[str, int] = {}
    """Shards that are not as they should be, by stage."""
    again: Mapping[str, int] = {}
    """Videos in shards that a stage never made, or with other settings, by stage; those of `videos` apart."""
    notes: tuple[str, ...] = ()
    """What a build would refuse, or look at again, and why."""


class Estimate(NamedTuple):
    """One number of a plan: for the whole, for what is left, and where it comes from."""

    name: str
    whole: float | None
    left: float | None
    basis: str


@dataclass(frozen=True)
class Plan:
    """A build before it is begun."""

    wanted: Wanted
    estimates: tuple[Estimate, ...]
    shards: int
    left: Left


def make_plan(pipeline: Pipeline, store: Store) -> Plan:
    """Reads the manifest, and what the store has; asks no site for anything. ConfigError if one cannot be read."""
    asked, known = wanted(pipeline, store), measure(store)
    left = what_is_left(pipeline, store, asked.ids)
    return Plan(asked, tuple(estimates(pipeline, asked.videos, left, known)), pipeline.shards, left)


def wanted(pipeline: Pipeline, store: Store, shown: int = 0) -> Wanted:
    """The rows of the pipeline's manifest, and the first few that are left out."""
    scatter = next(iter(pipeline.stages.values()))
    assert isinstance(scatter, Scatter)
    left_out, first = Counter[str](), list[Reject]()

    def ids() -> Iterator[str]:
        for video_id, row in scatter.scan(_world(pipeline, store)):
            if not isinstance(row, Reject):
                yield video_id
                continue
            left_out[row.code] += 1
            if len(first) < shown and row.code != "excluded":
                first.append(row)

    found = pa.array(ids(), pa.string())
    return Wanted(len(found), dict(left_out), tuple(first), found)


def measure(store: Store) -> Measured:
    """Means over the first shards of the store's `videos`, and the ledger's times."""
    shards = store.shards_of(tables.VIDEOS.name) if store.settings() is not None else []
    found = {shard: store.stamp(tables.VIDEOS.name, shard) for shard in shards}
    stamps = {shard: stamp for shard, stamp in found.items() if stamp is not None}
    if not stamps:
        return Measured(seconds=_seconds(store))
    tracks, durations_s, sizes = list[int](), list[float](), list[int]()
    for shard in shards[:_SAMPLED_SHARDS]:
        rows = store.read_shard(tables.VIDEOS.only("tracks", "duration_ms", "media_bytes"), shard)
        tracks += pc.list_value_length(rows["tracks"]).to_pylist()
        durations_s += [length_ms / 1000 for length_ms in rows["duration_ms"].to_pylist() if length_ms]
        sizes += rows["media_bytes"].drop_null().to_pylist()
    return Measured(
        accounted=sum(stamp.videos + stamp.rejects for stamp in stamps.values()),
        rows=sum(stamp.videos for stamp in stamps.values()),
        may_pass=sum(_may_pass(store, shard, stamp) for shard, stamp in stamps.items()),
        tracks=statistics.fmean(tracks) if tracks else None,
        duration_s=statistics.fmean(durations_s) if durations_s else None,
        media_bytes=statistics.fmean(sizes) if sizes else None,
        seconds=_seconds(store),
    )


def _may_pass(store: Store, shard: int, stamp: Stamp) -> int:
    """How many videos of a shard were left out for a reason that may pass."""
    if not any(code in REASONS and not REASONS[code].final for code in stamp.reject_codes):
        return 0
    accounts = store.read_accounts(tables.VIDEOS.name, shard, ["rejects"])["rejects"].to_pylist()
    codes = [reject["code"] for rejects in accounts for reject in rejects]
    return sum(code in REASONS and not REASONS[code].final for code in codes)


def estimates(pipeline: Pipeline, videos: int, to_do: Left, known: Measured) -> Iterator[Estimate]:
    """The numbers of a plan, from how many videos there are, what is left to do, and what is known of them."""
    left = to_do.videos
    yield Estimate("videos", videos, left, _LESS)
    if known.may_pass:
        yield Estimate("videos for build --retry", known.may_pass, known.may_pass, "rejects that may pass")
    download = next((one for one in pipeline.stages.values() if isinstance(one, DownloadVideos)), None)
    share = known.rows / known.accounted if known.accounted else 1.0
    there = "" if not known.accounted else f"; {share:.0%} of those asked for so far are to be had"
    if download is not None:
        yield from _requests(download, pipeline, (videos, left), known, share, there)
    length_s = HOWTO100M_S if known.duration_s is None else known.duration_s
    basis = _HOWTO100M if known.duration_s is None else f"measured here: {length_s / 60:.1f} minutes a video"
    yield _scaled("hours of video", (videos, left), share * length_s / 3600, basis + there)
    for name, stage in pipeline.stages.items():
        if name in _ASKING or not (isinstance(stage, ExtractFeatures) or name in known.seconds):
            continue
        each_s = known.seconds.get(name)
        basis = _UNKNOWN if each_s is None else f"measured here: {each_s:.3g} s a video"
        counts = share * videos, share * left + to_do.again.get(name, 0)
        yield _scaled(f"hours of {name}, one worker", counts, each_s and each_s / 3600, basis)


def _requests(
    download: DownloadVideos,
    pipeline: Pipeline,
    videos: tuple[int, int],
    known: Measured,
    share: float,
    there: str,
) -> Iterator[Estimate]:
    """What is asked of sites, how long that takes, and what it needs on disk."""
    languages = len(manifests.read_languages(manifests.find(download.languages, pipeline.path.parent)))
    tracks = known.tracks if known.tracks is not None else float(languages)
    basis = (
        f"at most: one for each of {languages} languages"
        if known.tracks is None
        else f"measured here: {tracks:.2f} tracks a video"
    )
    yield _scaled("requests for pages", videos, 1.0, "one a video")
    yield _scaled("requests for caption files", videos, share * tracks, basis + there)
    if download.media != "none":
        yield _scaled("requests for media files", videos, share, "one a video" + there)
    if download.pacing == "polite":
        page_s = statistics.fmean(VIDEO_S)
        each_s = max(page_s, share * tracks * CAPTIONS_S)
        basis = (
            f"a page every {VIDEO_S[0]:g} to {VIDEO_S[1]:g} s, a caption file every {CAPTIONS_S:g} s, "
            "all workers of one address together"
        )
        yield _scaled("hours of asking, one address", videos, each_s / 3600, basis)
        if known.tracks is None:
            least = "at least: as long as pages alone take"
            yield _scaled("hours of asking, pages alone", videos, page_s / 3600, least)
        for addresses in (1, 10, 100):
            name = f"days of asking, {addresses} address{'es' * (addresses > 1)}"
            yield _scaled(name, videos, each_s / 86_400 / addresses, "the same")
    if download.media != "none":
        size = known.media_bytes
        basis = _UNKNOWN if size is None else f"measured here: {size / 1e6:.1f} MB a video"
        if download.retention == "delete_after_features":
            basis += "; a shard's files go once its features are there"
        yield _scaled("GB of media", videos, size and share * size / 1e9, basis)


def _scaled(name: str, videos: tuple[float, float], each: float | None, basis: str) -> Estimate:
    """An estimate that grows with the videos."""
    whole, left = videos
    return Estimate(name, each and whole * each, each if each is None else left * each, basis)


def _world(pipeline: Pipeline, store: Store) -> World:
    return World(KeptFiles(store, pipeline.shards), pipeline.manifest, pipeline.path.parent, {})


def what_is_left(pipeline: Pipeline, store: Store, ids: pa.Array) -> Left:
    """What a build would still ask for and make, where `ids` are the videos of the manifest."""
    world, hows = _world(pipeline, store), pipeline.fingerprints()
    tasks = [Task(name, stage, hows[name], store, world) for name, stage in pipeline.stages.items()]
    notes = list(_refusal(tasks, pipeline.shards))
    if store.settings() is None:
        return Left(len(ids), dict.fromkeys(pipeline.stages, pipeline.shards), {}, tuple(notes))
    changed = _changed(tasks[0], pipeline.shards, ids, notes)
    left, again, answered = dict.fromkeys(pipeline.stages, 0), Counter[str](), dict[int, int]()
    for task in tasks:
        olds = dict[int, Stamp]()
        for shard in range(pipeline.shards):
            is_made, old = _state(task, shard)
            left[task.name] += not is_made or shard in changed
            if old is not None and old.how == task.how:
                olds[shard] = old
            else:
                again[task.name] += answered.get(shard, 0)
        if task.stage.writes == tables.VIDEOS:
            answered = {shard: old.videos for shard, old in olds.items()}
    asked = [ids[:0]]
    for shard in answered:
        asked += store.read_accounts(tables.VIDEOS.name, shard, ["video_id"])["video_id"].chunks
    done = pc.sum(pc.is_in(pa.concat_arrays(asked), value_set=ids), min_count=0).as_py()
    return Left(len(ids) - done, left, again, tuple(notes))


def _refusal(tasks: Sequence[Task], shards: int) -> Iterator[str]:
    """Why a build would be refused, since it would lose what cannot be made again."""
    try:
        retention.refuse_loss(tasks, range(shards))
    except ConfigError as error:
        yield f"a build would be refused: {error}"


def _changed(scatter: Task, shards: int, ids: pa.Array, notes: list[str]) -> set[int]:
    """Shards that videos of the manifest come to, or go from; says so in a note if it is another manifest."""
    moved = spread.moved(scatter, shards, ids)
    if moved is None:
        return set()
    notes.append(
        f"the manifest is read anew, for the store was not made of all of it as it is now: {len(moved[0]):,} videos "
        f"come, {len(moved[1]):,} go; what else its rows say is not compared here"
    )
    return {manifests.shard_of(video.as_py(), shards) for one in moved for video in one}


def _state(task: Task, shard: int) -> tuple[bool, Stamp | None]:
    """Whether a shard is as it should be (one of a stage that is no Map: there), and its stamp."""
    if not isinstance(task.stage, Map):
        stamp = task.store.stamp(task.stage.writes.name, shard)
        return stamp is not None and stamp.how == task.how, stamp
    try:
        todo = plan(task, shard)
    except RetryableError:
        return False, None
    return (True, todo) if isinstance(todo, Stamp) else (False, todo.old)


def _seconds(store: Store) -> dict[str, float]:
    """Seconds a video that each stage took, over all that the ledger tells."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for line in (store.files.read_bytes("ledger.jsonl") or b"").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # the last line of a build that was killed
            continue
        if isinstance(entry, dict) and entry.get("status") == "made":
            sums[str(entry.get("stage"))][0] += float(entry.get("seconds") or 0)
            sums[str(entry.get("stage"))][1] += int(entry.get("ran") or 0)
    return {stage: seconds / ran for stage, (seconds, ran) in sums.items() if ran}
