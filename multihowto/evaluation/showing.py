"""A comparison as rows of text, as Markdown, and as a picture (SVG) that needs nothing but itself."""

import html
from collections.abc import Iterator, Sequence

from multihowto.evaluation.comparison import Comparison, Line
from multihowto.evaluation.published import CERTAINTIES
from multihowto.evaluation.runs import Direction
from multihowto.report.charts import percent, ticks

NAMES = {
    "r1": "R@1",
    "r5": "R@5",
    "r10": "R@10",
    "median_rank": "MedR",
    "mean_rank": "MeanR",
}
TITLES: dict[Direction, str] = {"text_to_video": "Text to video", "video_to_text": "Video to text"}
_ROW, _LEFT, _WIDTH, _TOP = 18, 300, 860, 40
"""Pixels of the picture: a line's height, what names take, the whole width, what is above."""
_TONES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Colours that colour-blind people tell apart (Okabe and Ito)."""
_GREY = "#666666"


def columns(found: Comparison) -> list[str]:
    """The heads of `rows`; shares are percent."""
    level = f"{found.settings.level:.0%}"
    return [
        "language",
        "system",
        "certainty",
        "queries",
        *NAMES.values(),
        level,
        "difference",
        f"its {level}",
        "p",
    ]


def rows(found: Comparison, direction: Direction) -> list[list[str]]:
    """A row for each line of a direction."""
    return [_row(line) for line in found.lines if line.direction == direction]


def _row(line: Line) -> list[str]:
    its = line.against
    queries = f"{line.metrics['queries']:.0f}" if line.metrics.get("queries") else ""
    return [
        line.language,
        line.system,
        line.certainty,
        queries,
        *(_value(line.metrics.get(name), name) for name in NAMES),
        _range(line.low, line.high, ""),
        "" if its is None else f"{100 * its.difference:+.1f}",
        "" if its is None else _range(its.low, its.high, "+"),
        "" if its is None or its.p is None else f"{its.p:.4f}",
    ]


def _value(value: float | None, name: str) -> str:
    return "" if value is None else f"{value:.1f}" if name.endswith("rank") else f"{100 * value:.1f}"


def _range(low: float | None, high: float | None, sign: str) -> str:
    return "" if low is None or high is None else f"{100 * low:{sign}.1f} to {100 * high:{sign}.1f}"


def footnotes(found: Comparison) -> list[str]:
    """What a reader must know."""
    level, draws, metric = found.settings.level, found.settings.draws, NAMES[found.settings.metric]
    said = [
        "Shares are percent. Ties are averaged. A mean is over languages, each of which counts the same.",
        f"Intervals ({level:.0%}), differences (minus {found.systems[0]}) and p are of {metric}.",
        f"Intervals: bootstrap of {draws:,} draws over groups of queries about the same thing. "
        f"p: paired, two-sided; signs of the groups' differences, {draws:,} draws, or all signs if they are fewer; "
        "not corrected for the number of tests.",
    ]
    used = {line.certainty for line in found.lines if line.certainty}
    meant = [f"{word}: {meaning}" for word, meaning in CERTAINTIES.items() if word in used]
    if meant:
        said.append(f"How sure published numbers are - {'; '.join(meant)}.")
    return [*said, *(f"{note[0].upper()}{note[1:]}." for note in found.notes)]


def markdown(found: Comparison) -> str:
    """Both directions as tables, and the notes."""
    parts = [f"# {_cell(', '.join(found.systems))} on {_cell(found.benchmark)}\n"]
    for direction, title in TITLES.items():
        body = rows(found, direction)
        if body:
            heads = columns(found)
            lines = [heads, ["---"] * 3 + ["---:"] * (len(heads) - 3), *body]
            parts.append(
                f"## {title}\n\n" + "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"
            )
    parts.append("\n".join(f"- {_cell(note)}" for note in footnotes(found)) + "\n")
    return "\n".join(parts)


def _cell(text: str) -> str:
    """Text from outside that is no Markdown and no HTML, on one line."""
    text = _plain(" ".join(text.split()))
    return "".join(f"\\{char}" if char in "\\`*_[]|" else char for char in text)


def _plain(text: str) -> str:
    """Text from outside that is no markup; what XML forbids, and what turns text around, becomes a blank."""
    return html.escape("".join(char if char.isprintable() else " " for char in text))


def svg(found: Comparison, direction: Direction = "text_to_video") -> str:
    """The metric of every line with its interval: filled for runs, hollow for published numbers, a bar for chance."""
    metric = found.settings.metric
    lines = [line for line in found.lines if line.direction == direction and metric in line.metrics]
    grid = ticks(max((line.high or line.metrics[metric] for line in lines), default=0.0)) or [0.0, 1.0]
    languages = list(dict.fromkeys(line.language for line in lines))
    height = _TOP + _ROW * (len(lines) + len(languages)) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{TITLES[direction]}, {NAMES[metric]} in percent, '
        f"{_plain(found.benchmark)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *(_grid_line(value, _x(value, grid), height) for value in grid),
    ]
    y = _TOP
    for language in languages:
        y += _ROW
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{_plain(language)}</text>')
        for line in (line for line in lines if line.language == language):
            y += _ROW
            parts += _mark(found, line, y, grid)
    return "\n".join([*parts, "</svg>\n"])


def _x(value: float, grid: Sequence[float]) -> float:
    return round(_LEFT + percent(value, grid[-1]) * (_WIDTH - _LEFT - 30) / 100, 1)


def _grid_line(value: float, x: float, height: int) -> str:
    return (
        f'<path d="M{x} {_TOP - 8}V{height - 4}" stroke="#dddddd"/>'
        f'<text x="{x}" y="{_TOP - 14}" text-anchor="middle" fill="{_GREY}">{100 * value:g} %</text>'
    )


def _mark(found: Comparison, line: Line, y: int, grid: Sequence[float]) -> Iterator[str]:
    """A line's name, interval and value; y is the foot of its text."""
    value = line.metrics[found.settings.metric]
    x, middle = _x(value, grid), y - 4
    tone = _TONES[found.systems.index(line.system) % len(_TONES)] if line.kind == "run" else _GREY
    yield f'<text x="24" y="{y}" fill="{tone}">{_plain(" ".join(_row(line)[1:3]))}</text>'
    if line.low is not None and line.high is not None:
        ends = f"M{_x(line.low, grid)} {middle}H{_x(line.high, grid)}"
        yield f'<path d="{ends}" stroke="{tone}" stroke-width="2" opacity="0.5"/>'
    shown = f"<title>{100 * value:.1f} %</title>"
    if line.kind == "chance":
        yield f'<path d="M{x} {middle - 6}v12" stroke="{tone}" stroke-width="2">{shown}</path>'
    else:
        fill = tone if line.kind == "run" else "#ffffff"
        yield f'<circle cx="{x}" cy="{middle}" r="4" fill="{fill}" stroke="{tone}">{shown}</circle>'
