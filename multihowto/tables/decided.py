"""Scores over all videos, and the one decision."""

import pyarrow as pa

from .table import Table, column

REUPLOADS = Table(
    "reuploads",
    key="video_id",
    meaning="Which videos are the same one uploaded again.",
    schema=pa.schema(
        [
            column("video_id", pa.string(), "as in sources"),
            column(
                "original_id",
                pa.string(),
                "the least video_id of those that are the same; its own if it is alone",
            ),
            column("copies", pa.int32(), "how many videos are the same, itself among them"),
            column(
                "same_ids",
                pa.list_(pa.string()),
                "the other videos that are the same, sorted; of more than 1,000 the least ones",
            ),
            column(
                "split",
                pa.string(),
                "the strictest split that the manifest fixes for one that is the same: test, validation, train",
                nullable=True,
            ),
            column(
                "score",
                pa.float32(),
                "share of its captions (of its title, if no language is common) that the nearest has; 0 if alone",
            ),
        ]
    ),
)

DUPLICATES = Table(
    "duplicates",
    key="caption_id",
    meaning="How often a caption is said, exactly or nearly, in its video and in others.",
    schema=pa.schema(
        [
            column("caption_id", pa.string(), "as in captions"),
            column("video_id", pa.string(), "as in sources"),
            column(
                "in_video",
                pa.int32(),
                "captions of its video and language with the same text, itself among them",
            ),
            column(
                "in_videos", pa.int32(), "videos that have the same text in its language, its own among them"
            ),
            column(
                "near_videos",
                pa.int32(),
                "videos with a nearly equal text in its language, its own among them",
            ),
            column(
                "near_id",
                pa.string(),
                "the least caption_id of its group of nearly equal captions; its own if it is alone",
            ),
        ]
    ),
)

OVERLAPS = Table(
    "overlaps",
    key="caption_id",
    meaning="Which captions an evaluation set has too, so that they must not be trained on.",
    schema=pa.schema(
        [
            column("caption_id", pa.string(), "as in captions"),
            column("video_id", pa.string(), "as in sources"),
            column(
                "sets",
                pa.list_(
                    pa.struct(
                        [
                            column("name", pa.string(), "an evaluation set of manifests/evaluation/"),
                            column("by", pa.string(), "id, reupload or text"),
                            column(
                                "share",
                                pa.float32(),
                                "of its n-grams that texts of the set have; 1 by id and by reupload",
                            ),
                        ]
                    )
                ),
                "the sets that have it, or its video; mostly empty",
            ),
        ]
    ),
)

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
            column(
                "failed",
                pa.list_(
                    pa.struct(
                        [
                            column("language", pa.string(), "the language of a caption that does not pass"),
                            column("code", pa.string(), "a rule that it fails"),
                        ]
                    )
                ),
                "why languages are left out, by language; empty if all captions pass",
            ),
            column("split", pa.string(), "train, validation or test; the same for a whole video"),
        ]
    ),
)
