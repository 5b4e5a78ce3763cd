"""Rows vtt.*_ratio, srt.parse_ratio, json3.parse_400000_words, captions.clean_150000: captions from bytes to words."""

import json
import random

from harness import Bench, Row, row, run_timed

VTT_TARGET = 1 / 4
SRT_TARGET = 1 / 1.5
JSON3_TARGET_S = 1.0
CLEAN_TARGET_S = 1.0
CLEANED = 150_000
CUES = 20_000
WORDS = 400_000
REPEATS = 3
SPOKEN = "we mix the flour with sugar and butter until it is smooth then pour water in".split()  # noqa: SIM905
PLAIN = (
    "so today we're going to make a simple bread",
    "Dann geben wir das Mehl in die Schüssel",
    "потом добавляем муку и воду",
    "然后把面粉倒进碗里",
    "sau đó cho bột vào tô, rồi trộn đều.",
    "now, add 2 cups of sugar.",
)
ODD = (
    "[Music]",
    "- Hi.\n- <i>Hello there</i>",
    "so today<00:00:01.000><c> we're</c> going",
    "JOHN: mix the &amp; dough",
    "♪ la la ♪",
    "please subscribe to my channel",
    "visit www.example.com for more",
    "(applause)",
    "two\ntwo",
    "zero\u200bwidth",
)


def cleaning(bench: Bench) -> Row:
    """CPU-seconds for 150,000 captions, a quarter of which have something to remove."""
    texts = [*PLAIN * 5, *ODD]
    folder = bench.folder / "captions.clean"
    folder.mkdir()
    many = (texts * (1 + CLEANED // len(texts)))[:CLEANED]
    (folder / "texts.json").write_text(json.dumps(many), encoding="utf-8")
    works = {name: (lambda name=name: run_timed(f"{name}.clean", folder)) for name in ("ours", "bare")}
    return row(
        "captions.clean_150000", bench.take_turns("captions.clean_150000", works), CLEAN_TARGET_S, "cpu_s"
    )


def plain_vtt(bench: Bench) -> Row:
    """CPU-seconds for a file of two lines a cue, against webvtt-py's."""
    cues = "".join(
        f"{_clock(i * 3000)} --> {_clock(i * 3000 + 2500)}\n{_said(i, 7)}\n{_said(-i, 6)}\n\n"
        for i in range(CUES)
    )
    return _row(bench, "vtt.plain_ratio", "vtt", "WEBVTT\n\n" + cues, VTT_TARGET)


def rolling_vtt(bench: Bench) -> Row:
    """CPU-seconds for a file as YouTube's automatic captions are, against webvtt-py's."""
    cues, above = [], " "
    for i in range(CUES // 2):
        first, *words = _said(i, 9).split()
        tags = "".join(f"<{_clock(i * 3000 + 300 * k)}><c> {word}</c>" for k, word in enumerate(words, 1))
        settled = " ".join([first, *words])
        times = [_clock(i * 3000 + offset) for offset in (0, 2990, 3000)]
        cues.append(f"{times[0]} --> {times[1]} align:start position:0%\n{above}\n{first}{tags}\n\n")
        cues.append(f"{times[1]} --> {times[2]} align:start position:0%\n{settled}\n \n\n")
        above = settled
    return _row(bench, "vtt.rolling_ratio", "vtt", "WEBVTT\n\n" + "".join(cues), VTT_TARGET)


def srt(bench: Bench) -> Row:
    """CPU-seconds for a SubRip file, against those of package srt."""
    body = "".join(
        f"{i + 1}\n{_clock(i * 3000, ',')} --> {_clock(i * 3000 + 2500, ',')}\n{_said(i, 7)}\n{_said(-i, 6)}\n\n"
        for i in range(CUES)
    )
    return _row(bench, "srt.parse_ratio", "srt", body, SRT_TARGET)


def json3(bench: Bench) -> Row:
    """CPU-seconds for 400,000 words of json3, against those of the json module alone."""
    events = [
        {
            "tStartMs": i * 3000,
            "dDurationMs": 5000,
            "segs": [
                {"utf8": f" {word}", "tOffsetMs": 300 * k, "acAsrConf": 0}
                for k, word in enumerate(_said(i, 10).split())
            ],
        }
        for i in range(WORDS // 10)
    ]
    body = json.dumps({"wireMagic": "pb3", "events": events})
    return _row(bench, "json3.parse_400000_words", "json3", body, JSON3_TARGET_S)


def _row(bench: Bench, name: str, format: str, body: str, target: float) -> Row:
    folder = bench.folder / name
    folder.mkdir()
    (folder / "format").write_text(format, encoding="utf-8")
    (folder / "body").write_text(body, encoding="utf-8")
    works = {
        "ours": lambda: run_timed("ours.captions", folder, REPEATS),
        "bare": lambda: run_timed(f"bare.captions_{format}", folder, REPEATS),
    }
    return row(name, bench.take_turns(name, works), target, "cpu_s")


def _said(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(SPOKEN, k=words))


def _clock(time_ms: int, mark: str = ".") -> str:
    seconds, rest_ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest_ms:03d}"


ROWS = {
    "vtt.plain_ratio": plain_vtt,
    "vtt.rolling_ratio": rolling_vtt,
    "srt.parse_ratio": srt,
    "json3.parse_400000_words": json3,
    "captions.clean_150000": cleaning,
}
