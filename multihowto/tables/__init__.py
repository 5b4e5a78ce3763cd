"""Every table: its name, its key, its Arrow schema, and what each column means."""

from .accounts import ACCOUNTS
from .acquired import MISSING, SOURCES, TRACK, VIDEOS
from .decided import DUPLICATES, OVERLAPS, REUPLOADS, SELECTION
from .said import CAPTIONS, CLIPS, CUE, LANGUAGES, TIMELINES, TRACKS, TRANSLATIONS
from .seen import FEATURES_EFFICIENTNET_LITE0, features
from .table import Table, View, column, names, shape

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SOURCES,
        VIDEOS,
        TRACKS,
        TIMELINES,
        CLIPS,
        CAPTIONS,
        LANGUAGES,
        TRANSLATIONS,
        FEATURES_EFFICIENTNET_LITE0,
        REUPLOADS,
        DUPLICATES,
        OVERLAPS,
        SELECTION,
    )
}

__all__ = [
    "ACCOUNTS",
    "CAPTIONS",
    "CLIPS",
    "CUE",
    "DUPLICATES",
    "FEATURES_EFFICIENTNET_LITE0",
    "LANGUAGES",
    "MISSING",
    "OVERLAPS",
    "REUPLOADS",
    "SELECTION",
    "SOURCES",
    "TABLES",
    "TIMELINES",
    "TRACK",
    "TRACKS",
    "TRANSLATIONS",
    "VIDEOS",
    "Table",
    "View",
    "column",
    "features",
    "names",
    "shape",
]
