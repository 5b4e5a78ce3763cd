"""Rows duplicates.*_s and duplicates.4m_mb: captions that are said again, found among 100,000, a million, four million.

The texts are drawn by lot, words as often as Zipf says; of 20 captions one is said everywhere, one nearly so, and two
are others with a letter changed. Time is of the whole stage, from the store to the store; rensa alone is the reference.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from harness import Bench, Row, Took, median, run_timed
from multihowto import tables
from multihowto.contract import close
from multihowto.manifests import shard_of
from multihowto.storage import Store

TARGET_S_A_MILLION = 100.0
TARGET_MB = 8000.0
SHARD = 20_000
"""Captions."""
A_VIDEO = 25
WORDS = 50_000
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def hundred_thousand(bench: Bench) -> Row:
    """A tenth of a million, in a tenth of the time."""
    return _seconds(bench, "duplicates.100k_s", 100_000)


def million(bench: Bench) -> Row:
    """The reference finds which captions have a near one, but not which, nor in which videos."""
    return _seconds(replace(bench, rounds=min(2, bench.rounds)), "duplicates.1m_s", 1_000_000)


def four_million(bench: Bench) -> Row:
    """Four times the time of a million."""
    return _seconds(replace(bench, rounds=1), "duplicates.4m_s", 4_000_000)


def megabytes(bench: Bench) -> Row:
    """The most memory that the stage held for four million captions; the reference is what rensa alone held."""
    took = _took(replace(bench, rounds=1), "duplicates.4m_mb", 4_000_000)
    folder = _folder(bench, 4_000_000)
    ours, bare = (float((folder / f"{who}_mb").read_text()) for who in ("ours", "bare"))
    cpu = [median(took[who], "cpu_s") for who in ("ours", "bare")]
    return Row("duplicates.4m_mb", ours, "MB", bare, TARGET_MB, *cpu)


def _seconds(bench: Bench, name: str, captions: int) -> Row:
    took = _took(bench, name, captions)
    wall, cpu = ([median(took[who], by) for who in ("ours", "bare")] for by in ("wall_s", "cpu_s"))
    return Row(name, wall[0], "s", wall[1], TARGET_S_A_MILLION * captions / 1e6, *cpu)


def _took(bench: Bench, name: str, captions: int) -> dict[str, list[Took]]:
    folder = _folder(bench, captions)
    if not folder.exists():
        bench.say(f"{name}: writing {captions:,} captions")
        _write(folder, captions)
    works = {who: (lambda who=who: run_timed(f"{who}.duplicates", folder)) for who in ("ours", "bare")}
    return bench.take_turns(name, works)


def _folder(bench: Bench, captions: int) -> Path:
    return bench.folder / f"duplicates-{captions}"


def _write(folder: Path, captions: int) -> None:
    """A store that has table captions alone."""
    folder.mkdir()
    store, total = Store(str(folder / "store")), -(-captions // SHARD)
    (folder / "shards").write_text(str(total))
    videos: list[list[str]] = [[] for _ in range(total)]
    for number in range(captions // A_VIDEO):
        video = f"video{number:07d}"
        videos[shard_of(video, total)].append(video)
    chance = np.random.default_rng(0)
    words = ["".join(chance.choice(LETTERS, chance.integers(2, 10))) for _ in range(WORDS)]
    for shard, its in enumerate(videos):
        rows = _rows(its, list(_texts(len(its) * A_VIDEO, chance, words)))
        accounts = [
            {"video_id": video, "input_hash": bytes(16), "rows_in": 1, "rejects": [], "flaws": []}
            for video in its
        ]
        stamp, full = close("", "", rows, accounts)
        store.write_shard(tables.CAPTIONS, shard, rows, full, stamp)


def _texts(count: int, chance: np.random.Generator, words: list[str]) -> Iterator[str]:
    """Texts of 3 to 10 words."""
    often = np.cumsum(1 / np.arange(1, WORDS + 1))
    drawn = np.searchsorted(often, chance.random((count, 10)) * often[-1])
    before = "mix it"
    for number, (row, length) in enumerate(zip(drawn.tolist(), chance.integers(3, 11, count), strict=True)):
        text = " ".join([words[place] for place in row[:length]])
        if number % 20 == 0:
            text = "thank you for watching"
        elif number % 20 == 1:
            text = f"thank you so very much for watching {words[row[0]]}"
        elif number % 10 == 5:
            text = before[:-1] + "x"
        before = text
        yield text


def _rows(videos: list[str], texts: list[str]) -> pa.Table:
    of = [video for video in videos for _ in range(A_VIDEO)]
    clips = [f"{video}:{place:08d}-{place + 1:08d}" for video in videos for place in range(A_VIDEO)]
    many = len(texts)
    columns = {
        "caption_id": [f"{clip}/en" for clip in clips],
        "clip_id": clips,
        "video_id": of,
        "language": ["en"] * many,
        "text": texts,
        "origin": ["asr"] * many,
        "track": ["en"] * many,
        "method": ["pivot"] * many,
        "score": pa.array([1.0] * many, pa.float32()),
    }
    return pa.table(columns, schema=tables.CAPTIONS.schema)


ROWS = {"duplicates.100k_s": hundred_thousand}
ROWS_IF_ASKED = {
    "duplicates.1m_s": million,
    "duplicates.4m_s": four_million,
    "duplicates.4m_mb": megabytes,
}
