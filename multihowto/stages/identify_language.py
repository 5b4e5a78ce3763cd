"""Scores in which language captions and tracks are written; `select_clips` decides later."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa

from multihowto import tables
from multihowto.adapters import fasttext, language_tracks, lingua
from multihowto.adapters.language_id import Detected, Detector, Together
from multihowto.manifests import read_languages
from multihowto.stage import Map, Output, World


@dataclass(frozen=True)
class IdentifyLanguage(Map):
    """Scores every caption, with all others of its track as a prior, and rejects none."""

    reads: ClassVar = (tables.CAPTIONS.only("text", "language"),)
    writes: ClassVar = tables.LANGUAGES
    manifests: ClassVar = ("languages",)
    models: ClassVar = ("model",)
    model_task: ClassVar = "language identification"
    extra: ClassVar = "language"
    version: ClassVar = 2

    model: str = "lid.176.ftz"
    """A model of models.toml."""
    second_opinion: Literal["none", "lingua"] = "none"
    """lingua: it is asked too (extra lingua); better for Swahili, and slower."""
    languages: str = "languages.csv"
    """Manifest of the languages among which it decides."""

    def needs(self) -> tuple[str, ...]:
        return needs_of(super().needs(), self.second_opinion)

    def open(self, world: World) -> Detector:
        languages = read_languages(world.manifest(self.languages))
        return open_detector(world.models[self.model], self.model, languages, self.second_opinion)

    def run(self, inputs: Mapping[str, pa.Table], tools: Detector) -> Output:
        captions = inputs["captions"]
        texts = captions["text"].to_pylist()
        tracks = list(zip(captions["video_id"].to_pylist(), captions["language"].to_pylist(), strict=True))
        found = language_tracks.identify(tools, texts, tracks)
        return Output(_table(captions, found.captions, [found.tracks[track] for track in tracks]))


def _table(captions: pa.Table, alone: list[Detected], whole: list[Detected]) -> pa.Table:
    columns: dict[str, Any] = {
        "caption_id": captions["caption_id"],
        "video_id": captions["video_id"],
        "expected": captions["language"],
        "detected": [found.language for found in alone],
        "score": pa.array([found.score for found in alone], pa.float32()),
        "track_detected": [found.language for found in whole],
        "track_score": pa.array([found.score for found in whole], pa.float32()),
    }
    return pa.table(columns, schema=tables.LANGUAGES.schema)


def needs_of(extras: tuple[str, ...], second_opinion: Literal["none", "lingua"]) -> tuple[str, ...]:
    """Extras, and lingua if it is asked too."""
    return extras if second_opinion == "none" else (*extras, second_opinion)


def open_detector(
    folder: Path, model: str, languages: tuple[str, ...], second_opinion: Literal["none", "lingua"]
) -> Detector:
    """A fastText model, alone or beside lingua. ConfigError if a package is missing."""
    first = fasttext.load(folder, model, languages)
    return first if second_opinion == "none" else Together((first, lingua.load(languages)))
