"""Every table: its name, its key, its Arrow schema, and what each column means."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


def column(name: str, type: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    """A column that carries its meaning in the schema's metadata."""
    return pa.field(name, type, nullable=nullable, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Table:
    """A name, a key column, and a schema; every table also has `video_id`, which says the shard."""

    name: str
    key: str
    schema: pa.Schema
    meaning: str
    floats: tuple[str, ...] = ()
    """Columns that hold many floats: written split by byte, which compresses them."""
    plain: tuple[str, ...] = ()
    """Columns whose values hardly repeat: written without a dictionary, as the key is."""

    def only(self, *columns: str) -> "View":
        """A view of some columns; the key and `video_id` always come along."""
        unknown = [name for name in columns if name not in self.schema.names]
        if unknown:
            raise KeyError(f"table {self.name} has no column {unknown[0]!r}")
        wanted = {"video_id", self.key, *columns}
        return View(self, tuple(name for name in self.schema.names if name in wanted))

    def all(self) -> "View":
        """A view of every column."""
        return View(self, tuple(self.schema.names))

    def empty(self) -> pa.Table:
        """A table of this schema with no rows."""
        return self.schema.empty_table()


@dataclass(frozen=True)
class View:
    """Some columns of a table: what a stage reads."""

    table: Table
    columns: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([self.table.schema.field(name) for name in self.columns])


def shape(schema: pa.Schema) -> str:
    """Names, types and nullability only: rewording a meaning changes no shape, so remakes nothing."""
    return ";".join(f"{field.name}:{field.type}:{field.nullable}" for field in schema)


TRACK = pa.struct(
    [
        column("language", pa.string(), "the track's language as one of languages.csv's codes"),
        column("tag", pa.string(), "what the site called it: zh-Hans, es-419, fr-abcDEF"),
        column("kind", pa.string(), "manual, asr or auto_translated"),
        column("format", pa.string(), "vtt, srt, json3 or srv3"),
        column("body", pa.string(), "the file as the site sent it, decoded to text"),
    ]
)

MISSING = pa.struct(
    [
        column("language", pa.string(), "a code of languages.csv"),
        column("tag", pa.string(), "what the site called it"),
        column("code", pa.string(), "why it is missing: a code of rejects.py"),
    ]
)

SOURCES = Table(
    "sources",
    key="video_id",
    meaning="The videos that a manifest asks for, one row each.",
    schema=pa.schema(
        [
            column("video_id", pa.string(), "1 to 64 of A-Z a-z 0-9 _ -; YouTube's own id for YouTube"),
            column(
                "url",
                pa.string(),
                "the page to download from; of own footage `file:`, its path in the folder, `#` and a hash",
            ),
            column(
                "split", pa.string(), "train, validation or test, if the manifest fixes it", nullable=True
            ),
            column("category_1", pa.string(), "HowTo100M's first category", nullable=True),
            column("category_2", pa.string(), "HowTo100M's second category", nullable=True),
            column("task_id", pa.int32(), "HowTo100M's WikiHow task", nullable=True),
            column("rank", pa.int32(), "rank of the video in the search for its task", nullable=True),
        ]
    ),
)

VIDEOS = Table(
    "videos",
    key="video_id",
    meaning="What the site said and gave: metadata, the media file's name and hash, the caption tracks.",
    schema=pa.schema(
        [
            column("video_id", pa.string(), "as in sources"),
            column("url", pa.string(), "the page it came from; empty for own footage"),
            column("site", pa.string(), "yt-dlp's name of the extractor; `folder` for own footage"),
            column("title", pa.string(), "as the site shows it; hostile until escaped"),
            column("channel", pa.string(), "who published it, if the site says", nullable=True),
            column("license", pa.string(), "the licence that the site states", nullable=True),
            column(
                "spoken_language",
                pa.string(),
                "the language that the site states, as it says it",
                nullable=True,
            ),
            column(
                "duration_ms", pa.int32(), "length, measured in the file; the site's word if no media is kept"
            ),
            column("width", pa.int32(), "pixels", nullable=True),
            column("height", pa.int32(), "pixels", nullable=True),
            column("frames", pa.int32(), "video frames that decode", nullable=True),
            column(
                "media_path", pa.string(), "where in the store the file is while it is kept", nullable=True
            ),
            column("media_bytes", pa.int64(), "size of the file", nullable=True),
            column("media_sha256", pa.string(), "SHA-256 of the file, hex", nullable=True),
            column("tracks", pa.list_(TRACK), "the caption tracks, one a language, sorted by language"),
            column("missing", pa.list_(MISSING), "caption tracks that the site held back or that failed"),
            column(
                "tool", pa.string(), "name and version of the downloader, or of multihowto for own footage"
            ),
        ]
    ),
)

CUE = pa.struct(
    [
        column("start_ms", pa.int32(), "start, from the beginning of the video"),
        column("end_ms", pa.int32(), "end, from the beginning of the video"),
        column("text", pa.string(), "cleaned text, NFC, one line"),
        column(
            "words",
            pa.list_(
                pa.struct(
                    [
                        column("start_ms", pa.int32(), "when it is first said"),
                        column("text", pa.string(), "a word; joined they are the cue's text"),
                    ]
                )
            ),
            "its words with the times that the file has; empty if it has none",
        ),
    ]
)

TRACKS = Table(
    "tracks",
    key="track_id",
    meaning="What each caption track says, and when: cues, cleaned, each word once.",
    schema=pa.schema(
        [
            column("track_id", pa.string(), "video_id, a slash, and the language"),
            column("video_id", pa.string(), "as in sources"),
            column("language", pa.string(), "a code of languages.csv: what it is in, as far as is known"),
            column(
                "labelled", pa.string(), "the language that the site says; another one if it was relabelled"
            ),
            column("tag", pa.string(), "what the site called it: zh-Hans, es-419, fr-abcDEF"),
            column("kind", pa.string(), "manual, asr or auto_translated"),
            column("format", pa.string(), "of its file: vtt, srt, json3, srv1 to 3, ttml, ass or sbv"),
            column(
                "script", pa.string(), "Hans or Hant, of a Chinese track, by its characters", nullable=True
            ),
            column("verdict", pa.string(), "keep, relabel or undecided: what its text says of its language"),
            column("score", pa.float32(), "probability of the language of the joined text, 0 to 1"),
            column("cues", pa.list_(CUE), "what is said, in order"),
            column(
                "removed",
                pa.list_(
                    pa.struct(
                        [
                            column(
                                "kind",
                                pa.string(),
                                "tags, invisible, notes, speakers, urls, boilerplate, repeats",
                            ),
                            column("count", pa.int32(), "how often"),
                        ]
                    )
                ),
                "what cleaning removed, by kind",
            ),
            column(
                "problems",
                pa.list_(
                    pa.struct(
                        [
                            column("line", pa.int32(), "from 1; in json3 and srv the number of the event"),
                            column("what", pa.string(), "what could not be read there"),
                        ]
                    )
                ),
                "what in the file could not be read: the first 100",
            ),
        ]
    ),
)


CLIPS = Table(
    "clips",
    key="clip_id",
    meaning="The pivot timeline: spans of a video that hold one or more pivot cues.",
    schema=pa.schema(
        [
            column(
                "clip_id",
                pa.string(),
                "video_id, a colon, start and end in milliseconds: ID:00012000-00017000",
            ),
            column("video_id", pa.string(), "as in sources"),
            column("start_ms", pa.int32(), "start, from the beginning of the video"),
            column("end_ms", pa.int32(), "end, from the beginning of the video"),
            column("first_cue", pa.int32(), "number of the first pivot cue in the clip, from 0"),
            column("last_cue", pa.int32(), "number of the last pivot cue in the clip"),
        ]
    ),
)

CAPTIONS = Table(
    "captions",
    key="caption_id",
    plain=("text",),
    meaning="One row a clip and language: what is said in the clip, and how well it fits its time.",
    schema=pa.schema(
        [
            column("caption_id", pa.string(), "clip_id, a slash, and the language"),
            column("clip_id", pa.string(), "as in clips"),
            column("video_id", pa.string(), "as in sources"),
            column("language", pa.string(), "a code of languages.csv"),
            column("text", pa.string(), "cleaned text, NFC, one line"),
            column("origin", pa.string(), "manual, asr or auto_translated: the kind of its track"),
            column("track", pa.string(), "the site's tag of its track"),
            column("method", pa.string(), "pivot, shared_timeline or largest_overlap"),
            column("score", pa.float32(), "how well its time fits the clip: intersection over union, 0 to 1"),
        ]
    ),
)

LANGUAGES = Table(
    "languages",
    key="caption_id",
    meaning="Which language each caption, and each track as a whole, is written in.",
    schema=pa.schema(
        [
            column("caption_id", pa.string(), "as in captions"),
            column("video_id", pa.string(), "as in sources"),
            column("expected", pa.string(), "the language that the track claims"),
            column(
                "detected",
                pa.string(),
                "language of this caption, given its track: a code of languages.csv, or und",
            ),
            column(
                "score",
                pa.float32(),
                "what the caption alone says for it: a probability among the languages of languages.csv",
            ),
            column(
                "track_detected", pa.string(), "language of all the video's captions in this language, joined"
            ),
            column("track_score", pa.float32(), "its probability, likewise"),
        ]
    ),
)

TRANSLATIONS = Table(
    "translations",
    key="caption_id",
    plain=("text",),
    meaning="What machine translation added: captions in languages that alignment left open.",
    schema=pa.schema(
        [
            column(
                "caption_id", pa.string(), "clip_id, a slash, the language, and `/mt`; never one of captions"
            ),
            column("clip_id", pa.string(), "as in clips"),
            column("video_id", pa.string(), "as in sources"),
            column("language", pa.string(), "a code of languages.csv"),
            column("text", pa.string(), "the translation, NFC, one line"),
            column("origin", pa.string(), "always machine_translated"),
            column("source_language", pa.string(), "the language that it was translated from"),
            column("model", pa.string(), "a model of models.toml"),
            column("model_license", pa.string(), "the licence of the model, which may bind its output"),
            column("score", pa.float32(), "mean log-probability a token, at most 0"),
        ]
    ),
)


def features(network: str, width: int) -> Table:
    """The table of one network's features, since a fixed-size list has one width."""
    return Table(
        f"features_{network}",
        key="block_id",
        meaning=f"Features of {network}: a row holds up to 512 seconds of a video; clips slice it by time.",
        schema=pa.schema(
            [
                column("block_id", pa.string(), "video_id, a colon, and the start in seconds, 6 digits"),
                column("video_id", pa.string(), "as in sources"),
                column(
                    "start_ms",
                    pa.int32(),
                    "time of the first feature's window, from the beginning of the video",
                ),
                column("step_ms", pa.int32(), "time from one feature to the next"),
                column("network", pa.string(), "the model of models.toml that made them, and its revision"),
                column(
                    "features",
                    pa.list_(pa.field("item", pa.list_(pa.field("item", pa.float16(), False), width), False)),
                    f"one vector of {width} half floats a step",
                ),
            ]
        ),
        floats=("features",),
    )


FEATURES_EFFICIENTNET_LITE0 = features("efficientnet_lite0", 1280)

SELECTION = Table(
    "selection",
    key="clip_id",
    meaning="The one decision: which clips are kept, why not the others, and in which split they are.",
    schema=pa.schema(
        [
            column("clip_id", pa.string(), "as in clips"),
            column("video_id", pa.string(), "as in sources"),
            column("keep", pa.bool_(), "whether the clip is in the dataset"),
            column("why_not", pa.list_(pa.string()), "codes of the rules it fails; empty if kept"),
            column("languages", pa.list_(pa.string()), "languages whose captions pass, sorted"),
            column("split", pa.string(), "train, validation or test; the same for a whole video"),
        ]
    ),
)

_LEFT_OUT = pa.list_(pa.struct([("key", pa.string()), ("code", pa.string()), ("detail", pa.string())]))

ACCOUNTS = pa.schema(
    [
        column(
            "video_id",
            pa.string(),
            "a video of the input; the n-th line of a manifest as `line n` if it has no good id",
        ),
        column("input_hash", pa.binary(16), "hash of its input rows"),
        column("content_hash", pa.binary(16), "hash of its output rows"),
        column("rows_in", pa.int32(), "rows of the first input table"),
        column("rows_out", pa.int32(), "rows written"),
        column("rejects", _LEFT_OUT, "input rows left out, and why"),
        column("flaws", _LEFT_OUT, "input rows that came back without a part, and why"),
    ]
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SOURCES,
        VIDEOS,
        TRACKS,
        CLIPS,
        CAPTIONS,
        LANGUAGES,
        TRANSLATIONS,
        FEATURES_EFFICIENTNET_LITE0,
        SELECTION,
    )
}


def names(tables: Sequence[Table]) -> str:
    """Names in one line, for messages."""
    return ", ".join(table.name for table in tables)
