"""What a build will ask for, and how long that takes, before it is begun; and what is left of it."""

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow.compute as pc

from multihowto import manifests, tables
from multihowto.adapters.pacing import CAPTIONS_S, VIDEO_S
from multihowto.errors import RetryableError
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
_UNKNOWN = "not known before some are built: build --limit 50, then plan again"


class Wanted(NamedTuple):
    """What a manifest asks for."""

    videos: int
    left_out: Mapping[str, int]
    """Rows that are left out, by reject code."""
    first: tuple[Reject, ...]
    """The first of these, those that are taken down apart; the key says the line."""


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
    shards_left: Mapping[str, int]
    """Shards that are not as they should be, by stage."""


def make_plan(pipeline: Pipeline, store: Store) -> Plan:
    """Reads the manifest, and what the store has; asks no site for anything. ConfigError as `build` raises it."""
    asked, known = wanted(pipeline, store), measure(store)
    return Plan(
        asked, tuple(estimates(pipeline, asked.videos, known)), pipeline.shards, _left(pipeline, store)
    )


def wanted(pipeline: Pipeline, store: Store, shown: int = 0) -> Wanted:
    """The rows of the pipeline's manifest, and the first few that are left out."""
    scatter = next(iter(pipeline.stages.values()))
    assert isinstance(scatter, Scatter)
    videos, left_out, first = 0, Counter[str](), list[Reject]()
    for _, row in scatter.scan(_world(pipeline, store)):
        if not isinstance(row, Reject):
            videos += 1
            continue
        left_out[row.code] += 1
        if len(first) < shown and row.code != "excluded":
            first.append(row)
    return Wanted(videos, dict(left_out), tuple(first))


def measure(store: Store) -> Measured:
    """Means over the first shards of the store's `videos`, and the ledger's times."""
    shards = store.shards_of(tables.VIDEOS.name) if store.settings() is not None else []
    stamps = [stamp for shard in shards if (stamp := store.stamp(tables.VIDEOS.name, shard)) is not None]
    if not stamps:
        return Measured(seconds=_seconds(store))
    tracks, durations_s, sizes = list[int](), list[float](), list[int]()
    for shard in shards[:_SAMPLED_SHARDS]:
        rows = store.read_shard(tables.VIDEOS.only("tracks", "duration_ms", "media_bytes"), shard)
        tracks += pc.list_value_length(rows["tracks"]).to_pylist()
        durations_s += [length_ms / 1000 for length_ms in rows["duration_ms"].to_pylist() if length_ms]
        sizes += rows["media_bytes"].drop_null().to_pylist()
    return Measured(
        accounted=sum(stamp.videos + stamp.rejects for stamp in stamps),
        rows=sum(stamp.videos for stamp in stamps),
        may_pass=sum(_may_pass(store, shard) for shard in shards),
        tracks=statistics.fmean(tracks) if tracks else None,
        duration_s=statistics.fmean(durations_s) if durations_s else None,
        media_bytes=statistics.fmean(sizes) if sizes else None,
        seconds=_seconds(store),
    )


def _may_pass(store: Store, shard: int) -> int:
    """How many videos of a shard were left out for a reason that may pass."""
    stamp = store.stamp(tables.VIDEOS.name, shard)
    if stamp is None or not any(code in REASONS and not REASONS[code].final for code in stamp.reject_codes):
        return 0
    accounts = store.read_accounts(tables.VIDEOS.name, shard)["rejects"].to_pylist()
    codes = [reject["code"] for rejects in accounts for reject in rejects]
    return sum(code in REASONS and not REASONS[code].final for code in codes)


def estimates(pipeline: Pipeline, videos: int, known: Measured) -> Iterator[Estimate]:
    """The numbers of a plan, from how many videos there are and what is known of them."""
    left = max(0, videos - known.accounted)
    yield Estimate("videos", videos, left, "the manifest, less those that the store has an answer for")
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
        yield _scaled(f"hours of {name}, one worker", (videos, left), each_s and share * each_s / 3600, basis)


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


def _scaled(name: str, videos: tuple[int, int], each: float | None, basis: str) -> Estimate:
    """An estimate that grows with the videos."""
    whole, left = videos
    return Estimate(name, each and whole * each, each if each is None else left * each, basis)


def _world(pipeline: Pipeline, store: Store) -> World:
    return World(KeptFiles(store, pipeline.shards), pipeline.manifest, pipeline.path.parent, {})


def _left(pipeline: Pipeline, store: Store) -> dict[str, int]:
    """How many shards of each stage a build would make."""
    hows, world, left = pipeline.fingerprints(), _world(pipeline, store), dict[str, int]()
    if store.settings() is None:
        return dict.fromkeys(pipeline.stages, pipeline.shards)
    for name, stage in pipeline.stages.items():
        task = Task(name, stage, hows[name], store, world)
        left[name] = sum(not _is_made(task, shard) for shard in range(pipeline.shards))
    return left


def _is_made(task: Task, shard: int) -> bool:
    """Whether a shard is as it should be; of stages that read all shards or none, whether it is there."""
    if not isinstance(task.stage, Map):
        stamp = task.store.stamp(task.stage.writes.name, shard)
        return stamp is not None and stamp.how == task.how
    try:
        return isinstance(plan(task, shard), Stamp)
    except RetryableError:
        return False


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
