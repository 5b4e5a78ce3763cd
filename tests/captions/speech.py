"""Speech whose words have known times, written down in every caption format; knows nothing of our parsers."""

import html
import json
import random
from typing import NamedTuple


class Said(NamedTuple):
    """A word and when it begins."""

    start_ms: int
    text: str


Line = list[Said]
WORDS = tuple(
    [
        "we",
        "mix",
        "the",
        "flour",
        "&",
        "sugar",
        "now",
        "until",
        "it",
        "is",
        "smooth",
        "yeah",
        "then",
        "pour",
        "250",
        "ml",
        "in",
        "it's",
        "done",
    ]
)


def speech(seed: int, lines: int = 12) -> list[Line]:
    """Lines of up to nine words; some lines are said twice, as in a refrain."""
    chance = random.Random(seed)
    said: list[Line] = []
    now_ms = chance.randrange(0, 5000)
    for _ in range(lines):
        texts = chance.choices(WORDS, k=chance.randint(2, 9))
        if said and chance.random() < 0.2:
            texts = [word.text for word in said[-1]]
        line = []
        for text in texts:
            line.append(Said(now_ms, text))
            now_ms += chance.randrange(80, 700)
        said.append(line)
        now_ms += chance.choice([100, 900])
    return said


def end_of(said: list[Line], number: int) -> int:
    """When a line is over: when the next one begins."""
    return said[number + 1][0].start_ms if number + 1 < len(said) else said[number][-1].start_ms + 600


def clock(time_ms: int, mark: str = ".") -> str:
    seconds, rest_ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest_ms:03d}"


def text_of(line: Line) -> str:
    return " ".join(word.text for word in line)


def rolling_vtt(said: list[Line]) -> str:
    """Two lines on screen, inline stamps, colour classes, and a cue of 10 ms in which a line settles."""
    body, above = ["WEBVTT\nKind: captions\nLanguage: en\n"], " "
    for number, line in enumerate(said):
        start_ms, end_ms = line[0].start_ms, end_of(said, number)
        tags = [
            f"<{clock(word.start_ms)}><c{'.colorE5E5E5' if i % 3 else ''}> {html.escape(word.text)}</c>"
            for i, word in enumerate(line[1:])
        ]
        spoken = html.escape(line[0].text) + "".join(tags)
        settled = html.escape(text_of(line))
        place = "align:start position:0%"
        body.append(f"{clock(start_ms)} --> {clock(end_ms - 10)} {place}\n{above}\n{spoken}\n")
        body.append(f"{clock(end_ms - 10)} --> {clock(end_ms)} {place}\n{settled}\n \n")
        above = settled
    return "\n".join(body)


def json3(said: list[Line], placeholder_ms: int | None = None) -> str:
    """Rows that stay on screen while the next is spoken, between them rows that append a line's end."""
    events: list[dict[str, object]] = [{"tStartMs": 0, "dDurationMs": 9_000_000, "id": 1}]
    for line in said:
        start_ms = line[0].start_ms
        segments = [
            {"utf8": f"{' ' if i else ''}{word.text}", "tOffsetMs": word.start_ms - start_ms, "acAsrConf": 0}
            for i, word in enumerate(line)
        ]
        length_ms = placeholder_ms or 5000
        if len(events) > 1:
            events.append(
                {"tStartMs": start_ms - 10, "dDurationMs": 3000, "aAppend": 1, "segs": [{"utf8": "\n"}]}
            )
        events.append({"tStartMs": start_ms, "dDurationMs": length_ms, "wWinId": 1, "segs": segments})
    return json.dumps({"wireMagic": "pb3", "events": events})


def sentence_json3(said: list[Line]) -> str:
    """As json3, with the same length of 3,000 ms for every row."""
    return json3(said, placeholder_ms=3000)


def srv3(said: list[Line]) -> str:
    rows = []
    for line in said:
        start_ms = line[0].start_ms
        words = [
            f'<s t="{word.start_ms - start_ms}">{" " if i else ""}{html.escape(word.text)}</s>'
            for i, word in enumerate(line)
        ]
        rows.append(f'<p t="{start_ms - 10}" d="3000" w="1" a="1">\n</p>')
        rows.append(f'<p t="{start_ms}" d="4000" w="1">{"".join(words)}</p>')
    return f'<?xml version="1.0"?><timedtext format="3"><head/><body>{"".join(rows)}</body></timedtext>'


def ttml(said: list[Line]) -> str:
    rows = []
    for number, line in enumerate(said):
        start_ms = line[0].start_ms
        spans = [f'<span begin="{w.start_ms - start_ms}ms">{html.escape(w.text)}</span>' for w in line]
        rows.append(f'<p begin="{clock(start_ms)}" end="{end_of(said, number)}ms">{" ".join(spans)}</p>')
    return f'<tt xmlns="http://www.w3.org/ns/ttml"><body><div>{"".join(rows)}</div></body></tt>'


def srt(said: list[Line]) -> str:
    return "\n".join(
        f"{i + 1}\n{clock(line[0].start_ms, ',')} --> {clock(end_of(said, i), ',')}\n{text_of(line)}\n"
        for i, line in enumerate(said)
    )


def sbv(said: list[Line]) -> str:
    return "\n".join(
        f"{clock(line[0].start_ms)},{clock(end_of(said, i))}\n{text_of(line)}\n"
        for i, line in enumerate(said)
    )


def ass(said: list[Line]) -> str:
    rows = [
        f"Dialogue: 0,{clock(line[0].start_ms)},{clock(end_of(said, i))},Default,,0,0,0,,{text_of(line)}"
        for i, line in enumerate(said)
    ]
    return "\n".join(["[Script Info]", "", "[Events]", *rows])


def srv1(said: list[Line]) -> str:
    rows = [
        f'<text start="{line[0].start_ms / 1000}" dur="4">{html.escape(html.escape(text_of(line)))}</text>'
        for line in said
    ]
    return f'<?xml version="1.0"?><transcript>{"".join(rows)}</transcript>'


WITH_WORDS = {"vtt": rolling_vtt, "json3": json3, "srv3": srv3, "ttml": ttml}
WITHOUT = {"srt": srt, "sbv": sbv, "ass": ass, "srv1": srv1}
