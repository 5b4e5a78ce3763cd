"""The page: one HTML file that needs nothing but itself."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from multihowto import __version__
from multihowto.report import charts, funnel, numbers
from multihowto.report.distributions import BINS, STEP_MS, Distributions, distributions
from multihowto.report.labels import METHODS, ORIGINS, json_for_page, language_names, shown
from multihowto.report.numbers import LanguageNumbers, TableNumbers
from multihowto.report.precision import BANDS, precision
from multihowto.report.retrieval import METRICS, OTHERS, as_points, as_score
from multihowto.report.runs import learning
from multihowto.report.samples import Sample, sample
from multihowto.report.timelines import timelines
from multihowto.report.tracks import track_numbers
from multihowto.report.verdicts import VERDICTS
from multihowto.stages import STAGES
from multihowto.stages.select_clips import WHY_NOT
from multihowto.storage import Store

HERE = Path(__file__).parent
KINDS_OF_TIMELINES = {
    "pivot": "the pivot",
    "shared": "shares the pivot’s times",
    "own": "timeline of its own",
    "lost": "no timeline found",
}
DEPTHS = 6
"""Shades of the language matrix."""


def page(store: Store, seed: int, media_bytes: int) -> str:
    """The whole page as HTML: equal stores and seeds give equal pages.

    Media in base64 take at most `media_bytes`. ConfigError if `runs/` holds what training and evaluation do not
    write, RetryableError if the store cannot be read.
    """
    drawn = sample(store, seed, media_bytes)
    spread = distributions(store)
    languages = numbers.language_numbers(store)
    names = _names(languages, spread)
    pivot, (first, _) = next(iter(names.items()))
    style = read_ours("page.css", "timelines.css")
    script = read_ours("page.js")
    template = environment().get_template("page.html.j2")
    return template.render(
        name=shown(store.root.rsplit("/", 1)[-1]),
        pipeline=shown(str(store.require()["pipeline"])),
        version=__version__,
        policy=policy(style, script, "data:"),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        data=json_for_page(_data(drawn, names)),
        sample=drawn,
        seed=seed,
        names=names,
        labels={code: name for code, (name, _) in names.items()} | {OTHERS: f"All but {first}, mean"},
        origins=ORIGINS,
        metrics=METRICS,
        charts=_charts(spread, names),
        languages={one.language: one for one in languages},
        tracks=track_numbers(store),
        timelines=timelines(store),
        kinds=KINDS_OF_TIMELINES,
        precision=precision(store),
        bands=BANDS,
        verdicts=VERDICTS,
        learning=learning(store, pivot),
        kept_ms=spread.kept_ms,
        rows=_rows(store),
    )


def _rows(store: Store) -> dict[str, Any]:
    """What the funnel and its tables show."""
    tables = numbers.table_numbers(store)
    kept, why_not = numbers.selection_numbers(store)
    steps = funnel.funnel(tables, kept, why_not, WHY_NOT)
    first_inputs = {stage.writes.name: stage.reads[0].table.name for stage in STAGES.values() if stage.reads}
    return {
        "tables": tables,
        "by_table": {one.table: one for one in tables},
        "steps": steps,
        "splits": funnel.splits(kept, steps[-1].after if steps else 0),
        "kept": sum(kept.values()),
        "rules": funnel.rules(store),
        "reasons": [one for step in steps for one in step.reasons] + _off_the_path(tables),
        "flaws": [funnel.left_out(one.table, *flaw, 0) for one in tables for flaw in one.flaws.items()],
        "gaps": numbers.gaps(store, tables, first_inputs),
    }


def _charts(spread: Distributions, names: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """What the charts draw."""
    by_language = {
        code: {origin: count for (language, origin), count in spread.captions.items() if language == code}
        for code in names
    }
    there = [origin for origin in ORIGINS if any(origin in one for one in by_language.values())]
    ordered = sorted(by_language.items(), key=lambda one: -sum(one[1].values()))
    bins, edges = charts.columns_of(spread.durations, STEP_MS / 1000)
    return {
        "by_language": by_language,
        "legend_of_origins": [(origin, ORIGINS[origin]) for origin in there],
        "captions": charts.stacked([one for one in ordered if one[1]], list(ORIGINS)),
        "origins_there": there,
        "durations": charts.histogram(bins, ("kept", "left out"), edges),
        "scores": _scores(spread),
        "pivots": sum(count for (method, _), count in spread.scores.items() if method == "pivot"),
        "matrices": [
            ("caption", "each caption, given its track", _matrix(spread.by_caption, names)),
            ("track", "all captions of a track together", _matrix(spread.by_track, names)),
        ],
    }


def _off_the_path(tables: Sequence[TableNumbers]) -> list[funnel.LeftOut]:
    """What tables leave out that the funnel does not show: translations, features."""
    others = [one for one in tables if one.table not in (*funnel.PATH, "selection")]
    return [funnel.left_out(one.table, *reason, 0) for one in others for reason in one.reasons.items()]


def _scores(spread: Distributions) -> list[tuple[str, str, charts.Histogram]]:
    """A histogram of alignment scores for each method; the pivot's own captions score 1 by construction."""
    found = []
    for method in sorted({method for method, _ in spread.scores} - {"pivot"}, reverse=True):
        bins = [
            (
                f"{place / BINS:.2f} to {(place + 1) / BINS:.2f}",
                {method: spread.scores.get((method, place), 0)},
            )
            for place in range(BINS)
        ]
        edges = [(place, f"{place / BINS:g}") for place in range(0, BINS + 1, BINS // 4)]
        found.append((method, METHODS.get(method, method), charts.histogram(bins, (method,), edges)))
    return found


def _matrix(counts: Mapping[tuple[str, str], int], names: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of (expected, cells, agreement in percent); a cell is (detected, count, depth of its shade)."""
    expected = [code for code in names if any(one == code for one, _ in counts)]
    detected = [code for code in names if any(one == code for _, one in counts)]
    detected += sorted({one for _, one in counts} - set(detected))
    rows = []
    for code in expected:
        line = {other: counts.get((code, other), 0) for other in detected}
        total = sum(line.values())
        cells = [(other, count, _depth(count, total)) for other, count in line.items()]
        rows.append((code, cells, total, charts.percent(line.get(code, 0), total)))
    return {"detected": detected, "rows": rows}


def _depth(count: int, total: int) -> int:
    """0 for none, then 1 to DEPTHS by share."""
    return min(DEPTHS, 1 + int(DEPTHS * count / total)) if count else 0


def _names(languages: Sequence[LanguageNumbers], spread: Distributions) -> dict[str, tuple[str, str]]:
    """Names of the languages of languages.csv, then of what else is in the store."""
    names = language_names()
    others = {one.language for one in languages} | {language for language, _ in spread.captions}
    return names | {code: (code, "") for code in sorted(others - set(names))}


def _data(shown_videos: Sample, names: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """What the script reads."""
    return {
        "videos": shown_videos.videos,
        "languages": [[code, name, native] for code, (name, native) in names.items()],
        "origins": ORIGINS,
        "methods": METHODS,
    }


def read_ours(*names: str) -> str:
    """The text of files beside this one."""
    return "".join((HERE / name).read_text(encoding="utf-8") for name in names)


def policy(style: str, script: str, media: str) -> str:
    """Nothing is fetched but media from `media`; our one style and our one script run, and no other."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    return (
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; media-src {}; "
        "base-uri 'none'; form-action 'none'"
    ).format(*hashes, media)


def environment() -> jinja2.Environment:
    """Where templates come from, and how numbers are written in them."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["ticked"] = _ticked
    environment.filters["as_score"] = as_score
    environment.filters["as_points"] = as_points
    environment.filters["as_length"] = _length
    return environment


def _length(milliseconds: int) -> str:
    """A length as people say it, in the two largest units that it fills."""
    seconds = round(milliseconds / 1000)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours:,} h {minutes:02d} min"
    return f"{minutes} min {seconds % 60:02d} s" if minutes else f"{seconds} s"


def _ticked(text: str) -> Markup:
    """Words between backticks as code."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )
