"""Gaps are found and filled from the right caption, marked as what they are, and equal however they are batched."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from demo_plan import LANGUAGES, read_concepts
from demo_translator import TRANSLATOR
from multihowto import tables
from multihowto.adapters.ctranslate2 import load
from multihowto.contract import close
from multihowto.executors import run_processes
from multihowto.kept import KeptFiles
from multihowto.manifests import shipped
from multihowto.runner import Task, run_shard
from multihowto.stage import World, fingerprint
from multihowto.stages.translate_captions import Tools, TranslateCaptions
from multihowto.storage import Store

CONCEPTS = [
    concept for concept in read_concepts(TRANSLATOR.parent / "captions.csv") if concept.split == "train"
]
LICENSE = "Apache-2.0"
CLIP = "steps-001:00000000-00005000"


@pytest.fixture(scope="module")
def tools() -> Tools:
    return Tools(load(TRANSLATOR, LANGUAGES), LICENSE, LANGUAGES)


def clips(*clip_ids: str) -> pa.Table:
    rows = [{"clip_id": clip_id, "video_id": clip_id.split(":")[0]} for clip_id in clip_ids]
    return pa.Table.from_pylist(rows, schema=tables.CLIPS.only().schema)


def captions(*said: tuple[str, str, str, float]) -> pa.Table:
    rows = [
        {
            "caption_id": f"{clip_id}/{language}",
            "clip_id": clip_id,
            "video_id": clip_id.split(":")[0],
            "language": language,
            "text": text,
            "score": score,
        }
        for clip_id, language, text, score in said
    ]
    return pa.Table.from_pylist(
        rows, schema=tables.CAPTIONS.only("clip_id", "language", "text", "score").schema
    )


def run(
    stage: TranslateCaptions, tools: Tools, its_clips: pa.Table, its_captions: pa.Table
) -> list[dict[str, Any]]:
    made = stage.run({"clips": its_clips, "captions": its_captions}, tools)
    assert made.rows.schema.equals(tables.TRANSLATIONS.schema)
    assert not made.rejects
    assert not made.flaws
    rows: list[dict[str, Any]] = made.rows.to_pylist()
    return rows


def in_all(
    clip_id: str, texts: Mapping[str, str], but: Sequence[str] = ()
) -> list[tuple[str, str, str, float]]:
    return [(clip_id, language, text, 1.0) for language, text in texts.items() if language not in but]


def test_fills_what_is_missing_and_says_how(tools: Tools) -> None:
    horse = CONCEPTS[1].captions
    rows = run(TranslateCaptions(), tools, clips(CLIP), captions(*in_all(CLIP, horse, but=("zh", "de"))))
    assert [row["language"] for row in rows] == ["de", "zh"]
    for row in rows:
        assert row["caption_id"] == f"{CLIP}/{row['language']}/mt"
        assert (row["clip_id"], row["video_id"]) == (CLIP, "steps-001")
        assert (row["origin"], row["source_language"]) == ("machine_translated", "en")
        assert (row["model"], row["model_license"]) == ("demo-translator", LICENSE)
        assert row["score"] <= 0
        assert row["text"]


def test_translates_the_pivot(tools: Tools) -> None:
    right = 0
    for concept in CONCEPTS[:20]:
        (row,) = run(
            TranslateCaptions(targets=("de",)),
            tools._replace(targets=("de",)),
            clips(CLIP),
            captions((CLIP, "en", concept.captions["en"], 1.0)),
        )
        right += row["text"] == concept.captions["de"]
    assert right >= 19


def test_nothing_is_added_where_nothing_is_missing(tools: Tools) -> None:
    assert run(TranslateCaptions(), tools, clips(CLIP), captions(*in_all(CLIP, CONCEPTS[0].captions))) == []


@pytest.mark.parametrize(("score", "filled"), [(0.49, ["fr"]), (0.5, []), (0.51, [])])
def test_a_badly_aligned_caption_counts_as_missing(tools: Tools, score: float, filled: list[str]) -> None:
    its = captions(*in_all(CLIP, CONCEPTS[0].captions, but=("fr",)), (CLIP, "fr", "un autre temps", score))
    rows = run(TranslateCaptions(), tools, clips(CLIP), its)
    assert [row["language"] for row in rows] == filled
    assert not {row["caption_id"] for row in rows} & set(its["caption_id"].to_pylist())


def test_without_a_source_nothing_is_translated(tools: Tools) -> None:
    cow = CONCEPTS[3].captions
    for its in ([], [(CLIP, "de", cow["de"], 1.0)], [(CLIP, "en", cow["en"], 0.1)], [(CLIP, "en", " ", 1.0)]):
        assert run(TranslateCaptions(), tools, clips(CLIP), captions(*its)) == []


def test_another_source_where_the_pivot_is_not_good(tools: Tools) -> None:
    cow = CONCEPTS[3].captions
    its = captions((CLIP, "de", cow["de"], 1.0), (CLIP, "fr", cow["fr"], 0.2), (CLIP, "en", cow["en"], 0.2))
    rows = run(TranslateCaptions(fallback=("fr", "de")), tools, clips(CLIP), its)
    assert {row["source_language"] for row in rows} == {"de"}
    assert [row["language"] for row in rows] == [language for language in LANGUAGES if language != "de"]


def test_hostile_captions_add_nothing_or_text(tools: Tools) -> None:
    for text in ("a" * 10_000, "\x00", "__de__ horse", "<script>alert(1)</script>", "\u202e" + "x" * 300):
        for row in run(TranslateCaptions(), tools, clips(CLIP), captions((CLIP, "en", text, 1.0))):
            assert "__" not in row["text"]
            assert row["text"].isprintable() or "\u202e" in row["text"]


def test_equal_texts_of_a_video_have_equal_translations(tools: Tools) -> None:
    ids = [f"steps-001:{start:08d}-{start + 5000:08d}" for start in range(0, 50_000, 5000)]
    its = captions(*((clip_id, "en", CONCEPTS[5].captions["en"], 1.0) for clip_id in ids))
    rows = run(TranslateCaptions(), tools, clips(*ids), its)
    assert len(rows) == 8 * len(ids)
    assert len({(row["language"], row["text"], row["score"]) for row in rows}) == 8


def library(videos: int) -> tuple[list[str], list[tuple[str, str, str, float]]]:
    """Videos of six clips each, which lack more and more languages."""
    ids, said = list[str](), list[tuple[str, str, str, float]]()
    for number in range(videos):
        for step in range(6):
            clip_id = f"steps-{number:03}:{step * 5000:08d}-{step * 5000 + 5000:08d}"
            concept = CONCEPTS[(7 * number + step) % len(CONCEPTS)]
            ids.append(clip_id)
            said += in_all(clip_id, concept.captions, but=LANGUAGES[1 : 1 + number % 9])
    return ids, sorted(said)


def test_rows_of_a_video_do_not_depend_on_others(tools: Tools) -> None:
    ids, said = library(10)
    whole = run(TranslateCaptions(), tools, clips(*ids), captions(*said))
    alone = []
    for video in sorted({clip_id.split(":")[0] for clip_id in ids}):
        its = [clip_id for clip_id in ids if clip_id.startswith(video)]
        alone += run(
            TranslateCaptions(), tools, clips(*its), captions(*(one for one in said if one[0] in its))
        )
    assert whole == alone
    assert {row["video_id"] for row in whole} == {f"steps-{number:03}" for number in range(1, 9)}


def write(store: Store, table: tables.Table, rows: list[dict[str, Any]], blank: Mapping[str, Any]) -> None:
    full = pa.Table.from_pylist([{**blank, **row} for row in rows], schema=table.schema)
    full = full.sort_by([("video_id", "ascending"), (table.key, "ascending")]).combine_chunks()
    videos = sorted({row["video_id"] for row in rows})
    accounts = [
        {"video_id": video, "input_hash": bytes(16), "rows_in": 1, "rejects": [], "flaws": []}
        for video in videos
    ]
    stamp, account_rows = close("recipe", "how", full, accounts)
    store.write_shard(table, 0, full, account_rows, stamp)


def fill(store: Store, videos: int, better: Sequence[str] = ()) -> None:
    """One shard of clips and captions; the videos in `better` lack nothing any more."""
    ids, said = library(videos)
    blank_clip = {
        "start_ms": 0,
        "end_ms": 5000,
        "first_cue": 0,
        "last_cue": 0,
        "words_before": 0,
        "words_after": 0,
        "nearest": [],
    }
    write(store, tables.CLIPS, clips(*ids).to_pylist(), blank_clip)
    rows = captions(*said).to_pylist()
    known = {row["caption_id"] for row in rows}
    for clip_id in ids:
        if clip_id.split(":")[0] in better:
            added = captions(*in_all(clip_id, CONCEPTS[0].captions)).to_pylist()
            rows += [row for row in added if row["caption_id"] not in known]
    write(store, tables.CAPTIONS, rows, {"origin": "manual", "track": "x", "method": "pivot"})


def task(store: Store, careful: bool = False) -> Task:
    stage, folder = TranslateCaptions(), shipped("manifests")
    world = World(KeptFiles(store, 1), folder, folder, {stage.model: TRANSLATOR})
    how = fingerprint("translate_captions", stage, {})
    return Task("translate_captions", stage, how, store, world, careful=careful)


def test_through_the_runner_whatever_is_made_again(tmp_path: Path) -> None:
    """Some videos made later, or one by one, have the same rows as all at once."""
    whole, single, grown = (Store(str(tmp_path / name)) for name in ("whole", "single", "grown"))
    fill(whole, 10)
    fill(single, 10)
    fill(grown, 10, better=("steps-003", "steps-008"))
    assert run_shard(task(whole), 0).status == "made"
    assert run_shard(task(single, careful=True), 0).status == "made"
    first = run_shard(task(grown), 0)
    fill(grown, 10)
    report = run_shard(task(grown), 0)
    assert (first.ran, report.ran, report.copied) == (10, 2, 8)
    rows = whole.read_shard(tables.TRANSLATIONS, 0)
    assert rows.num_rows == 6 * sum(range(1, 9))
    assert rows.equals(single.read_shard(tables.TRANSLATIONS, 0))
    assert rows.equals(grown.read_shard(tables.TRANSLATIONS, 0))
    assert run_shard(task(grown), 0).status == "unchanged"


def test_the_licence_is_that_of_models_toml(tmp_path: Path) -> None:
    it = task(Store(str(tmp_path)))
    opened = it.stage.open(it.world)
    assert opened.model_license == LICENSE
    assert opened.targets == LANGUAGES


def threads_of_a_worker(asked: int) -> int:
    return TranslateCaptions(inter_threads=asked).threads()


def test_workers_do_not_each_take_all_cores() -> None:
    """As many workers as cores, each with as many threads as cores, would be their square."""
    assert threads_of_a_worker(0) == len(os.sched_getaffinity(0))
    assert threads_of_a_worker(3) == 3
    assert dict(run_processes(threads_of_a_worker, [0, 3], 1)) == {0: 1, 3: 3}
