"""What is said in a video: tracks, clips, captions, their languages, translations."""

import pyarrow as pa

from .table import Table, column

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


KNOT = pa.struct(
    [
        column("track_ms", pa.int32(), "a time of the track"),
        column("pivot_ms", pa.int32(), "the same moment in the pivot's track"),
    ]
)

GAP = pa.struct(
    [
        column("start_ms", pa.int32(), "start, in the pivot's time"),
        column("end_ms", pa.int32(), "end, in the pivot's time"),
    ]
)

TIMELINES = Table(
    "timelines",
    key="track_id",
    meaning="Where each track's time lies on the pivot's: its offset, its drift, its jumps, and what it leaves out.",
    schema=pa.schema(
        [
            column("track_id", pa.string(), "as in tracks"),
            column("video_id", pa.string(), "as in sources"),
            column("language", pa.string(), "a code of languages.csv"),
            column("kind", pa.string(), "pivot, shared or own"),
            column(
                "knots",
                pa.list_(KNOT),
                "corners of the broken line from the track's time to the pivot's; a jump has two close together",
            ),
            column("offset_ms", pa.int32(), "what is added to the track's time, in the middle of the track"),
            column(
                "drift",
                pa.float32(),
                "by how much its time runs faster than the pivot's: 0.01 is one percent",
            ),
            column("jumps", pa.int32(), "places where time was cut out or put in"),
            column(
                "gaps", pa.list_(GAP), "where the pivot speaks and the track says nothing, of 2 s and more"
            ),
            column("score", pa.float32(), "how sure the timeline is, 0 to 1"),
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
            column(
                "words_before",
                pa.int32(),
                "words of the first cue that come before the clip; 0 of whole cues",
            ),
            column(
                "words_after", pa.int32(), "words of the last cue that come after the clip; 0 of whole cues"
            ),
            column(
                "nearest",
                pa.list_(pa.int32()),
                "numbers of the pivot cues that are nearest to its middle, the nearest first; empty if not asked for",
            ),
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
            column("method", pa.string(), "pivot, shared_timeline or own_timeline"),
            column(
                "score", pa.float32(), "how far one can trust that it says what is said in the clip, 0 to 1"
            ),
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
