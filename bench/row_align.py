"""Rows align.shared_cues_s and align.own_cues_s: from caption files in nine languages to aligned captions."""

import random

import pyarrow as pa
import pyarrow.parquet as pq

from harness import Bench, Row, row, run_timed
from multihowto import tables

SHARED_CUES_S = 40_000
OWN_CUES_S = 12_000
"""Cues of all tracks together that are aligned in a second, where all share a timeline and where none does."""
CUES = 40_000
"""About as many are measured."""
LANGUAGES = ("cs", "de", "en", "es", "fr", "ru", "sw", "vi", "zh")
CUES_A_TRACK = 222
"""Of a video of ten minutes."""
WORDS = "mix the flour with sugar and butter until it is smooth then pour water into a bowl".split()  # noqa: SIM905
HAN = "把面粉和糖混合搅拌到光滑然后倒入水加盐"


def shared(bench: Bench) -> Row:
    """All tracks have the pivot's times."""
    return _row(bench, "align.shared_cues_s", SHARED_CUES_S, own=False)


def own(bench: Bench) -> Row:
    """All eight tracks have cuts, an offset, a drift and a jitter of their own."""
    return _row(bench, "align.own_cues_s", OWN_CUES_S, own=True)


def _row(bench: Bench, name: str, cues_s: int, own: bool) -> Row:
    folder = bench.folder / name
    folder.mkdir()
    videos = CUES // (len(LANGUAGES) * CUES_A_TRACK)
    tracks = [_tracks(number, own) for number in range(videos)]
    rows = [
        {"video_id": f"v{number:010d}", "missing": [], "duration_ms": 660_000, "tracks": its}
        for number, its in enumerate(tracks)
    ]
    schema = tables.VIDEOS.only("duration_ms", "tracks", "missing").schema
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "videos.parquet")
    cues = sum(track["body"].count("-->") for its in tracks for track in its)
    works = {name: (lambda name=name: run_timed(f"{name}.align", folder, 2)) for name in ("ours", "bare")}
    return row(name, bench.take_turns(name, works), cues / cues_s, "cpu_s")


def _tracks(seed: int, own: bool) -> list[dict[str, str]]:
    chance = random.Random(seed)
    sentences = []
    now = 1.0
    while now < 640:
        words = chance.randint(4, 18)
        sentences.append((now, words * 0.35, words))
        now += words * 0.35 + chance.choice((0.1, 0.5, 1.5))
    return [
        _track(sentences, language, chance if own and language != "en" else None) for language in LANGUAGES
    ]


def _track(
    sentences: list[tuple[float, float, int]], language: str, chance: random.Random | None
) -> dict[str, str]:
    offset = chance.uniform(-5, 5) if chance else 0.0
    drift = chance.uniform(-0.01, 0.01) if chance else 0.0
    cues = []
    for start, length, words in sentences:
        parts = max(1, round(words / (chance.uniform(4, 9) if chance else 6)))
        for part in range(parts):
            jitter = chance.gauss(0, 0.2) if chance else 0.0
            begin = (start + length * part / parts) * (1 + drift) + offset + jitter
            end = (start + length * (part + 1) / parts) * (1 + drift) + offset
            if begin >= 0 and end > begin:
                cues.append(
                    f"{_clock(begin)} --> {_clock(end)}\n{_said(language, words // parts, part, parts)}\n\n"
                )
    body = "WEBVTT\n\n" + "".join(cues)
    return {"language": language, "tag": language, "kind": "manual", "format": "vtt", "body": body}


def _said(language: str, words: int, part: int, parts: int) -> str:
    said = HAN[: 2 * words] if language == "zh" else " ".join((WORDS * 2)[part : part + max(1, words)])
    return said + ("." if part == parts - 1 else "")


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60):02d}:{seconds % 60:06.3f}"


ROWS = {"align.shared_cues_s": shared, "align.own_cues_s": own}
