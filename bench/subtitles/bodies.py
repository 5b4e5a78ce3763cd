"""Cues to caption files, written as sites write them; each writer is a few lines of its own."""

import json
from collections.abc import Callable, Sequence
from html import escape

from .tracks import Cue

TIMED = ("vtt", "json3", "srv3")
"""Formats that carry the times of words."""


def text(cue: Cue) -> str:
    """What a cue says, on one line."""
    return "".join(cue.texts).strip()


def clock(ms: int, mark: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds."""
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"


def vtt(cues: Sequence[Cue], rolling: bool = False) -> str:
    """WebVTT; with stamps if the cues have them, and each line a second time above the next one if rolling."""
    blocks, above = ["WEBVTT"], " "
    for number, cue in enumerate(cues):
        line = _stamped(cue)
        if not rolling:
            blocks.append(f"{clock(cue.start_ms)} --> {clock(cue.end_ms)}\n{line}")
            continue
        later = cues[number + 1].start_ms if number + 1 < len(cues) else cue.end_ms + 10
        end = max(min(cue.end_ms, later - 10), cue.start_ms + 1)
        place = "align:start position:0%"
        blocks.append(f"{clock(cue.start_ms)} --> {clock(end)} {place}\n{above}\n{line}")
        above = escape(text(cue), quote=False)
        blocks.append(f"{clock(end)} --> {clock(end + 10)} {place}\n{above}\n ")
    return "\n\n".join(blocks) + "\n"


def _stamped(cue: Cue) -> str:
    parts = [escape(part, quote=False) for part in cue.texts]
    if len(parts) < 2 or not cue.stamps:
        return "".join(parts).strip()
    spoken = [f"<{clock(stamp)}><c>{part}</c>" for part, stamp in zip(parts[1:], cue.stamps[1:], strict=True)]
    return (parts[0] + "".join(spoken)).rstrip()


def srt(cues: Sequence[Cue], rolling: bool = False) -> str:
    """SubRip."""
    blocks = [
        f"{number}\n{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}\n{text(cue)}\n"
        for number, cue in enumerate(cues, 1)
    ]
    return "\n".join(blocks)


def sbv(cues: Sequence[Cue], rolling: bool = False) -> str:
    """YouTube's SBV."""
    return "\n".join(f"{clock(c.start_ms)[1:]},{clock(c.end_ms)[1:]}\n{text(c)}\n" for c in cues)


def json3(cues: Sequence[Cue], rolling: bool = False) -> str:
    """YouTube's JSON; if rolling, rows stay while the next one is spoken, with a line end between them."""
    events: list[dict[str, object]] = []
    for number, cue in enumerate(cues):
        stay = cues[number + 1].end_ms if rolling and number + 1 < len(cues) else cue.end_ms
        window = {"wWinId": 1} if rolling else {}
        end = max(stay, cue.end_ms)
        if rolling and number:
            line = {"tStartMs": cue.start_ms - 10, "dDurationMs": end - cue.start_ms + 10}
            events.append({**line, **window, "aAppend": 1, "segs": [{"utf8": "\n"}]})
        timed = {"tStartMs": cue.start_ms, "dDurationMs": end - cue.start_ms}
        events.append({**timed, **window, "segs": _segments(cue)})
    return json.dumps({"wireMagic": "pb3", "events": events}, ensure_ascii=False)


def _segments(cue: Cue) -> list[dict[str, object]]:
    if not cue.stamps:
        return [{"utf8": text(cue)}]
    return [
        {"utf8": part, **({"tOffsetMs": stamp - cue.start_ms} if number else {})}
        for number, (part, stamp) in enumerate(zip(cue.texts, cue.stamps, strict=True))
    ]


def srv3(cues: Sequence[Cue], rolling: bool = False) -> str:
    """YouTube's XML of the third kind."""
    rows = []
    for cue in cues:
        inner = escape(text(cue), quote=False)
        if cue.stamps:
            pairs = zip(cue.texts, cue.stamps, strict=True)
            inner = "".join(
                f'<s t="{stamp - cue.start_ms}">{escape(part, quote=False)}</s>' for part, stamp in pairs
            )
        rows.append(f'<p t="{cue.start_ms}" d="{cue.end_ms - cue.start_ms}">{inner}</p>')
    head = '<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">'
    return f"{head}\n<body>\n{''.join(rows)}</body>\n</timedtext>"


def ttml(cues: Sequence[Cue], rolling: bool = False) -> str:
    """TTML with one paragraph a cue."""
    rows = "\n".join(
        f'<p begin="{clock(c.start_ms)}" end="{clock(c.end_ms)}">{escape(text(c), quote=False)}</p>'
        for c in cues
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml"><body><div>\n{rows}\n</div></body></tt>\n'


def ass(cues: Sequence[Cue], rolling: bool = False) -> str:
    """Advanced SubStation Alpha, whose times are hundredths of a second."""
    columns = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
    rows = "\n".join(
        f"Dialogue: 0,{clock(c.start_ms)[1:-1]},{clock(c.end_ms)[1:-1]},Default,,0,0,0,,{text(c)}"
        for c in cues
    )
    return f"[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: {columns}\n{rows}\n"


WRITERS: dict[str, Callable[[Sequence[Cue], bool], str]] = {
    "vtt": vtt,
    "srt": srt,
    "json3": json3,
    "srv3": srv3,
    "ttml": ttml,
    "sbv": sbv,
    "ass": ass,
}
