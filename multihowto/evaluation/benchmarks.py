"""Benchmarks from the files in which they are published: queries, their languages, and the items they ask for.

Every reader is strict: what is not as documented is a ConfigError that says where. Where each format is documented:
MSR-VTT's JSON in the readme that comes with it (`videos`, `sentences`); JSFusion's split in its CSV's header
(`key,vid_key,video_id,sentence`); VATEX at eric-xw.github.io/vatex-website (`videoID`, `enCap`, `chCap`); lines
`ITEM#enc#N TEXT` in the code of Dual Encoding (github.com/danieljf24/hybrid_space) and, with `#zh#`, of NRCCR
(arXiv 2208.12526); Multi30K at github.com/multi30k/dataset. The inside of the nine-language MSR-VTT test that
github.com/berniebear/Multi-HT100M links to is documented nowhere: of JSON, both nestings of language, video and
captions are read [ours].
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from multihowto.errors import ConfigError
from multihowto.evaluation.query_files import read_json, read_lines, read_rows
from multihowto.manifests import meant

LONGEST = 10_000
"""Characters of a query (own setting)."""
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LINE = re.compile(r"([^#\s]+)#([^#\s]+)#([0-9]{1,9})\s+(.*)")
_MARKS = {"enc": "en", "en": "en", "zh": "zh"}


class Query(NamedTuple):
    """A text in a language (a code of two or three letters) that asks for an item, by the item's name."""

    text: str
    language: str
    item: str


class Benchmark(NamedTuple):
    """What a run on it is called, and its queries in the order of the files."""

    name: str
    queries: tuple[Query, ...]


def read_benchmark(form: str, path: Path) -> Benchmark:
    """A benchmark in one of FORMATS, from its file or folder."""
    if form not in FORMATS:
        raise ConfigError(f"no format {form!r:.40} of benchmarks; {meant(form, FORMATS)}")
    name, read = FORMATS[form]
    queries = tuple(read(path))
    if not queries:
        raise ConfigError(f"{path} holds no query: is it a file in the format {form}?")
    return Benchmark(name or _named(form, path), queries)


def _named(form: str, path: Path) -> str:
    name = path.name.partition(".")[0]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):
        raise ConfigError(f"{path}: rename the file: a run is called after it, in 1 to 60 of A-Z a-z 0-9 _ -")
    return f"{form}-{name}"


def read_jsfusion(path: Path) -> Iterator[Query]:
    """MSR-VTT 1k-A, English: a CSV (or TSV, or Parquet) with the columns video_id and sentence."""
    for where, row in read_rows(path, "video_id", "sentence"):
        yield _query(row["sentence"], "en", row["video_id"], where)


def read_table(path: Path) -> Iterator[Query]:
    """Any CSV, TSV or Parquet with the columns query, language and item."""
    for where, row in read_rows(path, "query", "language", "item"):
        yield _query(row["query"], row["language"], row["item"], where)


class _Video(msgspec.Struct):
    video_id: str
    split: str


class _Sentence(msgspec.Struct):
    video_id: str
    caption: str


class _MsrVtt(msgspec.Struct):
    videos: list[_Video]
    sentences: list[_Sentence]


def read_msrvtt(path: Path, split: str = "test") -> Iterator[Query]:
    """MSR-VTT's own JSON, English, all captions of the videos of a split."""
    data = read_json(path, _MsrVtt)
    splits: dict[str, str] = {}
    for number, video in enumerate(data.videos):
        if splits.setdefault(video.video_id, video.split) != video.split:
            raise ConfigError(
                f"{path}, videos[{number}]: {video.video_id!r:.80} was in split {splits[video.video_id]!r:.40} before"
            )
    for number, sentence in enumerate(data.sentences):
        where = f"{path}, sentences[{number}]"
        if sentence.video_id not in splits:
            raise ConfigError(f"{where}: video {sentence.video_id!r:.80} is none of `videos`")
        if splits[sentence.video_id] == split:
            yield _query(sentence.caption, "en", sentence.video_id, where)


def read_multilingual(path: Path) -> Iterator[Query]:
    """JSON of captions by language and video, or by video and language; a caption, or a list of them."""
    data = read_json(path, dict[str, dict[str, str | list[str]]])
    outside = all(_LANGUAGE.fullmatch(name) for name in data)
    for outer, its in data.items():
        for inner, captions in its.items():
            language, item = (outer, inner) if outside else (inner, outer)
            where = f"{path}, [{outer!r:.80}][{inner!r:.80}]"
            for caption in [captions] if isinstance(captions, str) else captions:
                yield _query(caption, language, item, where)


class _Vatex(msgspec.Struct):
    videoID: str  # noqa: N815  # VATEX's own names
    enCap: list[str] = []  # noqa: N815
    chCap: list[str] = []  # noqa: N815


def read_vatex(path: Path) -> Iterator[Query]:
    """VATEX's JSON: English and Chinese captions of each clip."""
    seen: set[str] = set()
    for number, clip in enumerate(read_json(path, list[_Vatex])):
        where = f"{path}, [{number}]"
        if clip.videoID in seen:
            raise ConfigError(f"{where}: clip {clip.videoID!r:.80} comes twice")
        seen.add(clip.videoID)
        for language, name in (("en", "enCap"), ("zh", "chCap")):
            for place, text in enumerate(getattr(clip, name)):
                yield _query(text, language, clip.videoID, f"{where}.{name}[{place}]")


def read_caption_lines(path: Path) -> Iterator[Query]:
    """Lines `ITEM#enc#N TEXT` (English) and `ITEM#zh#N TEXT` (Chinese); no two have the same beginning."""
    seen: set[tuple[str, str, int]] = set()
    for number, line in enumerate(read_lines(path), start=1):
        where = f"{path}, line {number}"
        found = _LINE.fullmatch(line)
        if not found or found[2] not in _MARKS:
            raise ConfigError(f"{where}: a line is ITEM#enc#N TEXT or ITEM#zh#N TEXT; got {line!r:.80}")
        key = (found[1], _MARKS[found[2]], int(found[3]))
        if key in seen:
            raise ConfigError(f"{where}: {found[1]}#{found[2]}#{found[3]} comes twice")
        seen.add(key)
        yield _query(found[4], _MARKS[found[2]], found[1], where)


def read_multi30k_1(folder: Path) -> Iterator[Query]:
    """Multi30K's `data/task1`, test_2016_flickr: line i of each language is of line i of the list of pictures."""
    split = "test_2016_flickr"
    yield from _multi30k(folder, folder / "image_splits" / f"{split}.txt", rf"{split}\.([a-z]{{2,3}})(\.gz)?")


def read_multi30k_2(folder: Path) -> Iterator[Query]:
    """Multi30K's `data/task2`, test_2016: five independent descriptions a picture in each language."""
    pattern = r"test_2016\.[1-5]\.([a-z]{2,3})(\.gz)?"
    yield from _multi30k(folder, folder / "image_splits" / "test_images.txt", pattern)


def _multi30k(folder: Path, pictures: Path, pattern: str) -> Iterator[Query]:
    items = [
        _item_of_picture(name, f"{pictures}, line {line}")
        for line, name in enumerate(read_lines(pictures), start=1)
    ]
    raw = folder / "raw"
    files = sorted(raw.iterdir()) if raw.is_dir() else []
    found = [(file, its[1]) for file in files if (its := re.fullmatch(pattern, file.name))]
    if not found:
        raise ConfigError(f"{raw} has no file that is named like {pattern}: give the folder that holds `raw`")
    for file, language in found:
        if file.with_name(f"{file.name}.gz") in files:
            raise ConfigError(f"{file} is there packed too: leave one of them out")
        lines = read_lines(file)
        if len(lines) != len(items):
            raise ConfigError(
                f"{file} has {len(lines):,} lines, {pictures} has {len(items):,}: they must agree"
            )
        for number, (text, item) in enumerate(zip(lines, items, strict=True), start=1):
            yield _query(text, language, item, f"{file}, line {number}")


def _item_of_picture(name: str, where: str) -> str:
    """A picture's name without what comes behind `#`, and without its ending, as a video's id has none."""
    item = name.partition("#")[0].strip().removesuffix(".jpg")
    if not item:
        raise ConfigError(f"{where}: no picture is named; got {name!r:.80}")
    return item


def _query(text: str, language: str, item: str, where: str) -> Query:
    text, language, item = " ".join(text.split()), language.strip(), item.strip()
    if not text or len(text) > LONGEST:
        raise ConfigError(f"{where}: a query has 1 to {LONGEST:,} characters; this one has {len(text):,}")
    wrong = [char for char in text + item if unicodedata.category(char) in ("Cc", "Cs")]
    if wrong:
        raise ConfigError(f"{where}: the character {wrong[0]!r} is no text")
    if not _LANGUAGE.fullmatch(language):
        raise ConfigError(f"{where}: a language is a code of two or three letters a-z; got {language!r:.40}")
    if not item:
        raise ConfigError(f"{where}: the item is empty: a query asks for one")
    return Query(text, language, item)


FORMATS: Mapping[str, tuple[str, Callable[[Path], Iterator[Query]]]] = {
    "msrvtt-1k-a": ("msrvtt-1k-a", read_jsfusion),
    "msrvtt-multilingual": ("msrvtt-1k-a", read_multilingual),
    "msrvtt-json": ("msrvtt", read_msrvtt),
    "vatex": ("vatex", read_vatex),
    "caption-lines": ("", read_caption_lines),
    "multi30k-task1": ("multi30k-task1", read_multi30k_1),
    "multi30k-task2": ("multi30k-task2", read_multi30k_2),
    "table": ("", read_table),
}
"""By format: what a run is called (format and file, if empty), and the reader."""
