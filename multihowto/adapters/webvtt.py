"""Cues as WebVTT files, through webvtt-py."""

import html
from collections.abc import Sequence

from multihowto.captions.cues import Cue


def write_vtt(cues: Sequence[Cue], note: str = "") -> str:
    """The cues as a WebVTT file, `&`, `<` and `>` escaped, empty lines left out; `formats.read` gives them back.

    `note` stands before them as a comment.
    """
    from webvtt import Caption, WebVTT

    captions = [Caption(_timestamp(cue.start_ms), _timestamp(cue.end_ms), _payload(cue.text)) for cue in cues]
    content = str(WebVTT(captions=captions).content)
    said = " ".join(note.split()).replace("-->", "->")
    return content.replace("WEBVTT\n", f"WEBVTT\n\nNOTE {said}\n", 1) if said else content


def _payload(text: str) -> str:
    """A text as the payload of a WebVTT cue, which an empty line would end."""
    return "\n".join(html.escape(line, quote=False) for line in text.splitlines() if line.strip())


def _timestamp(time_ms: int) -> str:
    hours, rest_ms = divmod(time_ms, 3_600_000)
    return f"{hours:02d}:{rest_ms // 60_000:02d}:{rest_ms // 1000 % 60:02d}.{rest_ms % 1000:03d}"
