"""The published configurations: their columns, with the meanings that tables/ gives them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from multihowto.tables import CAPTIONS, CLIPS, SOURCES, TRANSLATIONS, VIDEOS, Table, column


@dataclass(frozen=True)
class Config:
    """One configuration: what `load_dataset(repository, name)` gives."""

    name: str
    meaning: str
    schema: pa.Schema
    floats: tuple[str, ...] = ()
    """Columns of many floats, which are written split by byte."""


def meaning(field: pa.Field) -> str:
    """What a column means, as tables/ says it."""
    return bytes(field.metadata[b"meaning"]).decode()


def taken(table: Table, name: str, *, to: str | None = None, nullable: bool | None = None) -> pa.Field:
    """A column of a table, with its meaning, under the same or another name."""
    field = table.schema.field(name).with_name(to or name)
    return field if nullable is None else field.with_nullable(nullable)


def _either(name: str) -> pa.Field:
    """A column that captions and translations both have: both meanings."""
    said, made = (meaning(table.schema.field(name)) for table in (CAPTIONS, TRANSLATIONS))
    return column(name, CAPTIONS.schema.field(name).type, said if said == made else f"{said}; or {made}")


SPAN = (
    taken(CLIPS, "clip_id"),
    taken(SOURCES, "video_id"),
    taken(CLIPS, "start_ms"),
    taken(CLIPS, "end_ms"),
)
LICENSE = taken(VIDEOS, "license")

TEXTS = pa.schema(
    [
        *SPAN,
        _either("text"),
        _either("origin"),
        taken(CAPTIONS, "track", nullable=True),
        taken(CAPTIONS, "method", nullable=True),
        taken(CAPTIONS, "score", to="alignment_score", nullable=True),
        taken(TRANSLATIONS, "source_language", nullable=True),
        taken(TRANSLATIONS, "model", nullable=True),
        taken(TRANSLATIONS, "model_license", nullable=True),
        taken(TRANSLATIONS, "score", to="translation_score", nullable=True),
        LICENSE,
    ]
)
"""Columns of a language: those of captions and of translations, null where the other's do not apply."""

PUBLISHED_VIDEOS = pa.schema(
    [
        taken(SOURCES, "video_id"),
        taken(VIDEOS, "url"),
        LICENSE,
        column("title", pa.string(), "its title; only of videos whose licence is open", nullable=True),
        column("channel", pa.string(), "who published it; only if its licence is open", nullable=True),
        taken(VIDEOS, "spoken_language"),
        taken(VIDEOS, "duration_ms"),
        *(taken(SOURCES, name) for name in ("category_1", "category_2", "task_id", "rank")),
        column("clips", pa.int32(), "how many of its clips are in the dataset"),
        column("languages", pa.list_(pa.string()), "languages of its captions here, sorted"),
        column("media", pa.string(), "its media file in this repository, if published", nullable=True),
    ]
)


def side_by_side(languages: Sequence[str]) -> pa.Schema:
    """One row a clip: the text and the origin of each language."""
    said = [
        field
        for language in languages
        for field in (
            column(language, pa.string(), f"the text in {language}; null if there is none", nullable=True),
            column(
                f"{language}_origin",
                pa.string(),
                f"{meaning(_either('origin'))}: of {language}",
                nullable=True,
            ),
        )
    ]
    licenses = column(
        "model_licenses", pa.list_(pa.string()), "licences of the models that translated here, sorted"
    )
    return pa.schema([*SPAN, *said, licenses, LICENSE])


def _of_network(table: Table) -> pa.Schema:
    """The table's own columns; of `video_id`, the meaning that needs no other table."""
    place = table.schema.get_field_index("video_id")
    return table.schema.set(place, taken(SOURCES, "video_id"))


def configs(languages: Sequence[str], networks: Sequence[Table]) -> list[Config]:
    """All configurations: the languages, all of them side by side, the networks, and the videos."""
    return [
        *(
            Config(language, f"Captions in {language}, one row a clip that has one.", TEXTS)
            for language in languages
        ),
        Config(
            "captions",
            "All languages side by side, one row a clip, one column a language.",
            side_by_side(languages),
        ),
        *(Config(table.name, table.meaning, _of_network(table), table.floats) for table in networks),
        Config("videos", "One row a video; `video_id` joins it with all others.", PUBLISHED_VIDEOS),
    ]
