"""The sheet on which people judge captions: one HTML file; only media that lie beside it are fetched."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from multihowto import __version__
from multihowto.report.page import environment, policy, read_ours
from multihowto.report.verdicts import COLUMNS, VERDICTS


@dataclass(frozen=True, slots=True)
class Row:
    """A caption on the sheet; its texts are already harmless for people, not for HTML."""

    caption_id: str
    text_sha: str
    language: str
    pivot_text: str
    text: str
    start_ms: int
    end_ms: int
    title: str
    link: str
    """To the second on the site; empty if there is none."""
    media: str
    """A relative URL with its time; empty if there is none."""

    @property
    def time(self) -> str:
        """When it is said, for people."""
        return f"{clock(self.start_ms)} to {clock(self.end_ms)}"


def clock(milliseconds: int) -> str:
    """Minutes, seconds and tenths: 2:05.4."""
    tenths = round(milliseconds / 100)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def sheet(store_name: str, rows: Sequence[Row], languages: Mapping[str, tuple[str, str]]) -> str:
    """The sheet as HTML; equal rows give equal sheets, and the browser remembers verdicts by these rows."""
    style, script = read_ours("page.css", "sheet.css"), read_ours("sheet.js")
    identity = hashlib.sha256("\n".join(row.caption_id + row.text_sha for row in rows).encode())
    return (
        environment()
        .get_template("sheet.html.j2")
        .render(
            name=store_name,
            rows=rows,
            languages=languages,
            shown_languages=list(dict.fromkeys(row.language for row in rows)),
            verdicts=VERDICTS,
            columns=",".join(COLUMNS),
            identity=identity.hexdigest()[:16],
            version=__version__,
            policy=policy(style, script, "'self' file:"),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
        )
    )
