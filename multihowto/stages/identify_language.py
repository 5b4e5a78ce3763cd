"""Scores in which language captions and tracks are written; `select_clips` decides later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from multihowto import tables
from multihowto.adapters import fasttext
from multihowto.manifests import read_languages
from multihowto.stage import Map, Output, World


@dataclass(frozen=True)
class IdentifyLanguage(Map):
    """Scores every caption, alone and with all others of its track, and rejects none."""

    reads: ClassVar = (tables.CAPTIONS.only("text", "language"),)
    writes: ClassVar = tables.LANGUAGES
    manifests: ClassVar = ("languages",)
    models: ClassVar = ("model",)
    model_task: ClassVar = "language identification"
    extra: ClassVar = "language"

    model: str = "lid.176.ftz"
    """A model of models.toml."""
    languages: str = "languages.csv"
    """Manifest of the languages among which it decides."""

    def open(self, world: World) -> fasttext.LanguageModel:
        languages = read_languages(world.manifest(self.languages))
        return fasttext.load(world.models[self.model], self.model, languages)

    def run(self, inputs: Mapping[str, pa.Table], tools: fasttext.LanguageModel) -> Output:
        captions = inputs["captions"]
        texts = captions["text"].to_pylist()
        tracks = list(zip(captions["video_id"].to_pylist(), captions["language"].to_pylist(), strict=True))
        joined: dict[tuple[str, str], list[str]] = {}
        for track, text in zip(tracks, texts, strict=True):
            joined.setdefault(track, []).append(text)
        alone = tools.detect(texts)
        whole = dict(zip(joined, tools.detect([" ".join(lines) for lines in joined.values()]), strict=True))
        return Output(_table(captions, alone, [whole[track] for track in tracks]))


def _table(captions: pa.Table, alone: list[fasttext.Detected], whole: list[fasttext.Detected]) -> pa.Table:
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
