"""Spot checks by people: draws captions over bands of their score, writes the sheet, and takes the verdicts in."""

import hashlib
import heapq
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.errors import ConfigError, world_errors
from multihowto.manifests import shard_of
from multihowto.report.labels import language_names, shown, web_url
from multihowto.report.precision import Precision, banded, precision
from multihowto.report.samples import MEDIA_TYPES
from multihowto.report.sheet import Row, sheet
from multihowto.report.verdicts import (
    FOLDER,
    Verdict,
    as_cells,
    as_csv,
    file_names,
    pairs,
    parse,
    text_sha,
)
from multihowto.storage import Store

Item = TypeVar("Item")


class Drawn(NamedTuple):
    """A caption that is to be judged; `rank` is its place in the lot."""

    rank: bytes
    caption_id: str
    clip_id: str
    video_id: str
    language: str
    band: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of files of verdicts."""

    verdicts: int
    unknown: Sequence[tuple[str, int, str]]
    """Files, lines and ids of captions that are not in the store; kept, but they do not count."""
    again: int
    """Files that the store had already."""
    now: Precision
    """Of all the verdicts that the store keeps."""


# drawing


def draw(store: Store, number: int, languages: Collection[str], seed: int) -> list[Drawn]:
    """At most `number` captions, as evenly over languages and bands as there are captions, in the order to judge them.

    No languages are all but the pivot's. Equal captions and seeds give equal lots, whatever the shards. Memory is
    O(a shard + number x languages). ConfigError for a language that has no captions.
    """
    best: dict[tuple[str, int], list[Drawn]] = {}
    for shard in store.shards_of(tables.CAPTIONS.name):
        for stratum, ones in _ranked(store, shard, languages, seed, number).items():
            best[stratum] = heapq.nsmallest(number, [*best.get(stratum, []), *ones])
    there = sorted({language for language, _ in best})
    missing = sorted(set(languages).difference(there))
    if missing or not there:
        raise ConfigError(
            f"{store.root} has no captions to judge in {', '.join(missing) or 'any language'}: the pivot's own are "
            "not judged, and `multihowto report` says which languages there are"
        )
    bands = {name: [ones for (mine, _), ones in sorted(best.items()) if mine == name] for name in there}
    order = list(_in_turn([list(_in_turn(strata)) for strata in bands.values()]))
    # sorted by lot, so that a judge cannot tell a caption's band by its neighbours
    return sorted(order[:number], key=lambda one: (one.language, one.rank))


def _ranked(
    store: Store, shard: int, languages: Collection[str], seed: int, number: int
) -> dict[tuple[str, int], list[Drawn]]:
    """The `number` captions of a shard that the lot prefers, of each language and band."""
    rows = banded(store, shard)
    if languages:
        rows = rows.filter(pc.is_in(rows["language"], pa.array(sorted(languages), pa.string())))
    found: dict[tuple[str, int], list[Drawn]] = {}
    for stratum in rows.group_by(["language", "band"]).aggregate([]).to_pylist():
        language, band = stratum["language"], stratum["band"]
        ones = rows.filter(pc.and_(pc.equal(rows["language"], language), pc.equal(rows["band"], band)))
        ranks = [_rank(seed, caption_id) for caption_id in ones["caption_id"].to_pylist()]
        places = heapq.nsmallest(number, range(len(ranks)), key=ranks.__getitem__)
        found[language, band] = [
            Drawn(ranks[place], *(row[name] for name in Drawn._fields[1:]))
            for place, row in zip(places, ones.take(places).to_pylist(), strict=True)
        ]
    return found


def _rank(seed: int, caption_id: str) -> bytes:
    """A caption's lot."""
    return hashlib.blake2b(f"{seed}:{caption_id}".encode(), digest_size=8).digest()


def _in_turn(lists: Sequence[Sequence[Item]]) -> Iterator[Item]:
    """One of each list in turn; lists that are used up are passed over."""
    return (one for one in chain.from_iterable(zip_longest(*lists)) if one is not None)


# the sheet


def write_sheet(store: Store, drawn: Sequence[Drawn], path: Path) -> Path:
    """Writes the sheet, and beside it a CSV to fill in, whose path is returned.

    Each is whole or not there. ConfigError if the CSV is there and somebody has filled it in.
    """
    table = path.with_suffix(".csv")
    _refuse_work(table)
    rows = _rows(store, drawn, path.resolve().parent)
    name = shown(store.root.rsplit("/", 1)[-1])
    _write(path, sheet(name, rows, language_names()).encode())
    _write(table, as_csv([row.caption_id, "", "", "", row.text_sha] for row in rows))
    return table


def _refuse_work(table: Path) -> None:
    """ConfigError if a CSV is not one of ours without a verdict."""
    if table.exists():
        try:
            filled = parse(table.read_bytes(), str(table))
        except (ConfigError, OSError) as error:
            raise ConfigError(f"{table} is in the way: name another sheet, -o FILE ({error})") from error
        if filled:
            raise ConfigError(
                f"{table} holds {len(filled):,} verdicts: take them in with --verdicts {table}, and then remove it, or "
                "name another sheet, -o FILE"
            )


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.part")
    with world_errors(f"writing {path}"):
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _rows(store: Store, drawn: Sequence[Drawn], folder: Path) -> list[Row]:
    """What the sheet shows of each caption, in the order of the lot; each shard is read once."""
    shards = store.require()["shards"]
    by_shard: dict[int, list[Drawn]] = defaultdict(list)
    for one in drawn:
        by_shard[shard_of(one.video_id, shards)].append(one)
    found: dict[str, Row] = {}
    for shard, ones in sorted(by_shard.items()):
        texts = pairs(store, shard, (one.clip_id for one in ones))
        times = _by_key(store, tables.CLIPS.only("start_ms", "end_ms"), shard, (one.clip_id for one in ones))
        view = tables.VIDEOS.only("url", "title", "media_path")
        videos = _by_key(store, view, shard, (one.video_id for one in ones))
        for one in ones:
            clip, video = times[one.clip_id], videos.get(one.video_id, {})
            found[one.caption_id] = _row(store, one, texts[one.caption_id], clip, video, folder)
    return [found[one.caption_id] for one in drawn]


def _by_key(store: Store, view: tables.View, shard: int, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Some rows of a shard by their key; none if it is not there."""
    if store.stamp(view.table.name, shard) is None:
        return {}
    rows = store.read_shard(view, shard)
    key = view.table.key
    wanted = pa.array(sorted(set(keys)), pa.string())
    return {row[key]: row for row in rows.filter(pc.is_in(rows[key], wanted)).to_pylist()}


def _row(
    store: Store,
    one: Drawn,
    texts: tuple[str, str],
    clip: Mapping[str, Any],
    video: Mapping[str, Any],
    folder: Path,
) -> Row:
    start, end = clip["start_ms"], clip["end_ms"]
    media = _media(store, video.get("media_path") or "", folder)
    return Row(
        caption_id=one.caption_id,
        text_sha=text_sha(*texts),
        language=one.language,
        pivot_text=shown(texts[0]),
        text=shown(texts[1]),
        start_ms=start,
        end_ms=end,
        title=shown(video.get("title")),
        link=at_second(web_url(video.get("url")), start // 1000),
        media=f"{media}#t={start / 1000:.3f},{end / 1000:.3f}" if media else "",
    )


def _media(store: Store, name: str, folder: Path) -> str:
    """Where a media file of the store lies, seen from a folder, as a relative URL; empty if it is not there."""
    parts = name.split("/")
    if (
        store.files.local is None
        or {"", ".", ".."} & set(parts)
        or parts[-1].rsplit(".", 1)[-1] not in MEDIA_TYPES
    ):
        return ""
    path = store.files.local / name
    return quote(Path(os.path.relpath(path.resolve(), folder)).as_posix()) if path.is_file() else ""


def at_second(url: str, second: int) -> str:
    """A link to a second of a video: `t=` on YouTube, else a media fragment (W3C Media Fragments URI 1.0)."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ""
    if host not in ("youtube.com", "youtu.be"):
        return parts._replace(fragment=f"t={second}").geturl()
    others = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("t", "start")]
    return parts._replace(query=urlencode([*others, ("t", str(second))]), fragment="").geturl()


# the verdicts


def take_in(store: Store, paths: Sequence[Path]) -> TakenIn:
    """Copies the verdicts of some files into the store and says what they are worth now.

    All are checked before any is copied. What the store keeps is never changed: a judge's later word on a caption
    counts instead of the earlier one. ConfigError for a file that cannot be read, or of which no caption is known.
    """
    read = {path: parse(_bytes(path), str(path)) for path in paths}
    empty = [path for path, verdicts in read.items() if not verdicts]
    if empty:
        raise ConfigError(
            f"{empty[0]} holds no verdict: fill in its column `verdict`, or save it from the sheet"
        )
    known = _known(store, {one.caption_id for verdicts in read.values() for one in verdicts})
    for path, verdicts in read.items():
        if known.isdisjoint(one.caption_id for one in verdicts):
            raise ConfigError(f"{path} judges no caption of {store.root}: is it of another store?")
    again = sum(not _keep(store, verdicts) for verdicts in read.values())
    unknown = [
        (str(path), one.line, one.caption_id)
        for path, verdicts in read.items()
        for one in verdicts
        if one.caption_id not in known
    ]
    return TakenIn(sum(map(len, read.values())), unknown, again, precision(store))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def _known(store: Store, captions: Collection[str]) -> set[str]:
    """Which of some captions are in the store, and not the pivot's."""
    wanted = pa.array(sorted(captions), pa.string())
    found: set[str] = set()
    for shard in store.shards_of(tables.CAPTIONS.name):
        ids = banded(store, shard)["caption_id"]
        found.update(ids.filter(pc.is_in(ids, wanted)).to_pylist())
    return found


def _keep(store: Store, verdicts: Sequence[Verdict]) -> bool:
    """Writes verdicts into a new file of the store; False if the same are in one already."""
    data = as_csv(map(as_cells, verdicts))
    digest = hashlib.sha256(data).hexdigest()[:16]
    names = file_names(store)
    if any(name.endswith(f"-{digest}.csv") for name in names):
        return False
    number = 1 + max((int(name.split("/")[1].split("-")[0]) for name in names), default=0)
    store.files.write_bytes(f"{FOLDER}/{number:05d}-{digest}.csv", data)
    return True
