"""Fills the languages that alignment left open with machine translation, marked as such on every row."""

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
import pyarrow as pa

from multihowto import tables
from multihowto.adapters import ctranslate2
from multihowto.adapters.ctranslate2 import Job, Translation
from multihowto.manifests import model as read_model
from multihowto.manifests import read_languages
from multihowto.stage import Count, Map, Output, Share, World

ORIGIN = "machine_translated"


class Tools(NamedTuple):
    """The model, its licence, and the languages to fill."""

    translator: ctranslate2.Translator
    model_license: str
    targets: tuple[str, ...]


class Gap(NamedTuple):
    """A clip that lacks a language, and what to translate for it."""

    clip_id: str
    video_id: str
    job: Job


@dataclass(frozen=True)
class TranslateCaptions(Map):
    """Translates each clip from its pivot caption into every language that has no well aligned caption."""

    reads: ClassVar = (tables.CLIPS.only(), tables.CAPTIONS.only("clip_id", "language", "text", "score"))
    writes: ClassVar = tables.TRANSLATIONS
    manifests: ClassVar = ("languages",)
    models: ClassVar = ("model",)
    model_task: ClassVar = "translation"
    speaks: ClassVar = ("pivot", "fallback", "targets")
    extra: ClassVar = "translation"
    adds_only: ClassVar = True

    model: str = "demo-translator"
    """A model of models.toml for translation; its licence is on every row that it makes."""
    languages: str = "languages.csv"
    """Manifest of the languages that every clip should have."""
    targets: tuple[str, ...] = ()
    """Only these languages are filled; all of the manifest if empty."""
    pivot: str = "en"
    """The language to translate from."""
    fallback: tuple[str, ...] = ()
    """Languages to translate from, best first, where the pivot's caption is missing or badly aligned."""
    min_alignment: Share = 0.5
    """A caption with a lower score counts as missing."""
    beam_size: Count = 1
    """Hypotheses that are kept while searching; 1 is greedy, and three times as fast as 4."""
    batch_tokens: Count = 1024
    """Source tokens that are computed together, padding included."""
    max_length: Count = 200
    """Longest text in tokens of the model; a longer one is not translated."""
    inter_threads: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 0
    """Batches that one worker computes at a time; 0 is one, or with `--executor here` one for each core."""

    def open(self, world: World) -> Tools:
        languages = read_languages(world.manifest(self.languages))
        decoding = ctranslate2.Decoding(self.beam_size, self.batch_tokens, self.max_length)
        translator = ctranslate2.load(world.models[self.model], languages, decoding, self.threads())
        return Tools(translator, read_model(self.model).license, self.targets or languages)

    def threads(self) -> int:
        """Batches that this process computes at a time; results do not depend on it."""
        # There are as many workers as cores, so all cores for each would be their square.
        alone = multiprocessing.parent_process() is None
        return self.inter_threads or (len(os.sched_getaffinity(0)) if alone else 1)

    def run(self, inputs: Mapping[str, pa.Table], tools: Tools) -> Output:
        by_video: dict[str, list[Gap]] = {}
        for gap in self._gaps(inputs["clips"], well_aligned(inputs["captions"], self.min_alignment), tools):
            by_video.setdefault(gap.video_id, []).append(gap)
        # One translation for equal jobs of a video; a batch of the engine never holds those of two videos.
        jobs = [sorted({gap.job for gap in gaps}) for gaps in by_video.values()]
        made = [
            dict(zip(its, results, strict=True))
            for its, results in zip(jobs, tools.translator.translate_groups(jobs), strict=True)
        ]
        rows = [
            self._row(gap, translation, tools)
            for gaps, results in zip(by_video.values(), made, strict=True)
            for gap in gaps
            if (translation := results[gap.job]) is not None
        ]
        return Output(pa.Table.from_pylist(rows, schema=tables.TRANSLATIONS.schema))

    def _gaps(self, clips: pa.Table, texts: Mapping[str, Mapping[str, str]], tools: Tools) -> Iterator[Gap]:
        for clip_id, video_id in zip(
            clips["clip_id"].to_pylist(), clips["video_id"].to_pylist(), strict=True
        ):
            there = texts.get(clip_id, {})
            source = first_of((self.pivot, *self.fallback), there)
            if source is None:
                continue
            for target in tools.targets:
                if target not in there:
                    yield Gap(clip_id, video_id, Job(there[source], source, target))

    def _row(self, gap: Gap, translation: Translation, tools: Tools) -> dict[str, Any]:
        return {
            "caption_id": f"{gap.clip_id}/{gap.job.target}/mt",
            "clip_id": gap.clip_id,
            "video_id": gap.video_id,
            "language": gap.job.target,
            "text": translation.text,
            "origin": ORIGIN,
            "source_language": gap.job.source,
            "model": self.model,
            "model_license": tools.model_license,
            "score": translation.score,
        }


def well_aligned(captions: pa.Table, min_alignment: float) -> dict[str, dict[str, str]]:
    """Text by clip and language, of the captions that fit their clip and say something."""
    columns = (captions[name].to_pylist() for name in ("clip_id", "language", "text", "score"))
    texts: dict[str, dict[str, str]] = {}
    for clip_id, language, text, score in zip(*columns, strict=True):
        if score >= min_alignment and text.strip():
            texts.setdefault(clip_id, {})[language] = text
    return texts


def first_of(wanted: Sequence[str], there: Mapping[str, str]) -> str | None:
    """The first language of `wanted` that is there."""
    return next((language for language in wanted if language in there), None)
