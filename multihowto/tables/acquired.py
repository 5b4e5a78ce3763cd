"""What the world gave: sources, and videos with their caption tracks."""

import pyarrow as pa

from .table import Table, column

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
