"""The story in order: manifest, download, tracks, timelines, clip, captions, scores, decision."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from multihowto.explaining.decision import Ruled, ruled, selector, why_this_split
from multihowto.explaining.known import Known
from multihowto.rejects import REASONS
from multihowto.report.drift import told
from multihowto.selecting.rules import WHY_NOT, WHY_NOT_LANGUAGE

NEAREST = 5
"""Clips that are named if there is none of the id."""
_OTHER = "a rule of another version"


class Section(NamedTuple):
    """A part of the story: lines, then a table."""

    name: str
    lines: Sequence[str]
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    data: Any = None
    """The same as plain values."""


def story(known: Known, pipeline: str) -> Iterator[Section]:
    """The sections, in the order in which the stages made them; tables that the store does not have are left out.

    `pipeline` names the pipeline that built the store: its settings are the limits of the decision.
    """
    yield _source(known)
    yield from _rejects(known)
    if known.of_video("videos"):
        yield _video(known)
    if known.of_video("tracks"):
        yield _tracks(known)
    if known.of_video("timelines"):
        yield _timelines(known)
    if known.clip_id is None:
        yield from _clips(known)
    elif known.clip_id not in {row["clip_id"] for row in known.of_video("clips")}:
        yield from _nearest(known)
    else:
        yield from _clip(known)
        yield from _decision(known, pipeline)


def _source(known: Known) -> Section:
    rows = known.of_video("sources")
    lines = [
        f"{row['video_id']}: {row['url']}; split {row['split'] or 'left open'}"
        + "".join(
            f"; {name} {row[name]}" for name in ("category_1", "category_2", "task_id", "rank") if row[name]
        )
        for row in rows
    ]
    return Section("manifest", lines or ["no line that is in order"], data=rows)


def _rejects(known: Known) -> Iterator[Section]:
    """What is left out of the video, or of the clip that is asked for, with meaning and cure."""
    mine = {
        table: [
            one
            for one in its
            if known.clip_id is None or ":" not in one["key"] or one["key"].startswith(known.clip_id)
        ]
        for table, its in known.rejects.items()
    }
    lines = [_left_out(table, one) for table, its in mine.items() for one in its]
    if lines:
        yield Section("left out or missing", lines, data=mine)


def _left_out(table: str, reject: Mapping[str, str]) -> str:
    reason = REASONS.get(reject["code"])
    words = f": {reason.meaning}; what to do: {reason.cure}" if reason else ""
    detail = f" ({reject['detail']})" if reject["detail"] else ""
    return f"{table}: {reject['key']}: {reject['code']}{words}{detail}"


def _video(known: Known) -> Section:
    [row] = known.of_video("videos")
    when = f" at {known.fetched_at}" if known.fetched_at else ""
    lines = [
        f"{row['title']!r} of {row['channel'] or 'a channel that the site does not name'}",
        f"licence: {row['license'] or 'none stated'}; {_seconds(row['duration_ms'])} long; "
        f"spoken language: {row['spoken_language'] or 'not stated'}",
        f"fetched{when} from {row['site']} by {row['tool']}",
        f"media: {row['media_path'] or 'not kept'}; SHA-256 {row['media_sha256'] or 'unknown'}",
    ]
    lines += [f"track {one['tag']} ({one['language']}) is missing: {one['code']}" for one in row["missing"]]
    data = {name: value for name, value in row.items() if name != "tracks"} | {"fetched_at": known.fetched_at}
    return Section("video", lines, data=data)


def _tracks(known: Known) -> Section:
    rows = [row for row in known.of_video("tracks") if known.language in (None, row["language"])]
    columns = ("language", "tag", "kind", "format", "verdict", "probability", "cues", "removed", "problems")
    cells = [
        [
            row["language"]
            if row["language"] == row["labelled"]
            else f"{row['language']} (was {row['labelled']})",
            *(row[name] for name in ("tag", "kind", "format", "verdict")),
            f"{row['score']:.2f}",
            len(row["cues"]),
            ", ".join(f"{one['kind']} {one['count']}" for one in row["removed"]) or "nothing",
            len(row["problems"]),
        ]
        for row in rows
    ]
    data = [
        {name: value for name, value in row.items() if name != "cues"} | {"cues": len(row["cues"])}
        for row in rows
    ]
    return Section("tracks", [], columns, cells, data)


def _timelines(known: Known) -> Section:
    sizes = {
        row["track_id"]: (len(row["cues"]), row["cues"][-1]["end_ms"] - row["cues"][0]["start_ms"])
        for row in known.of_video("tracks")
        if row["cues"]
    }
    rows = [
        told(row, *sizes.get(row["track_id"], (0, 0)))
        for row in known.of_video("timelines")
        if known.language in (None, row["language"])
    ]
    columns = ("language", "kind", "offset", "drift", "jumps", "gaps", "score")
    cells = [
        [
            row["language"],
            row["kind"],
            f"{row['offset_ms'] / 1000:.2f} s",
            "unknown" if row["drift"] is None else f"{row['drift']:.2%}",
            row["jumps"],
            len(row["gaps"]),
            f"{row['score']:.2f}",
        ]
        for row in rows
    ]
    return Section("timelines", [], columns, cells, rows)


def _clips(known: Known) -> Iterator[Section]:
    """The clips of a whole video, and how many are kept."""
    clips = known.of_video("clips")
    decisions = {row["clip_id"]: row for row in known.of_video("selection")}
    kept = sum(row["keep"] for row in decisions.values())
    lines = [f"{len(clips)} clips, {kept} kept; ask for one by its id"] if clips else []
    rows = [[clip["clip_id"], _decided(decisions.get(clip["clip_id"]))] for clip in clips]
    yield Section(
        "clips", lines or ["none"], ("clip", "decision") if rows else (), rows, list(decisions.values())
    )


def _decided(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "not made yet"
    return (
        f"kept, in {row['split']}: {' '.join(row['languages'])}" if row["keep"] else ", ".join(row["why_not"])
    )


def _nearest(known: Known) -> Iterator[Section]:
    """What there is instead of a clip that is not there: the nearest by time."""
    assert known.clip_id is not None
    begin, end = map(int, known.clip_id.split(":")[1].split("-"))
    middle = (begin + end) / 2
    near = sorted(
        known.of_video("clips"), key=lambda row: abs((row["start_ms"] + row["end_ms"]) / 2 - middle)
    )
    ids = [row["clip_id"] for row in near[:NEAREST]]
    lines = [f"the video has no clip {known.clip_id}"]
    lines += [f"the nearest are: {', '.join(ids)}"] if ids else ["it has no clips at all"]
    yield Section("no such clip", lines, data={"clip_id": known.clip_id, "nearest": ids})


def _clip(known: Known) -> Iterator[Section]:
    """The clip, its cues, its texts, and what others have of them."""
    [clip] = [row for row in known.of_video("clips") if row["clip_id"] == known.clip_id]
    cues = _cues(known, clip)
    span = f"{_seconds(clip['start_ms'])} to {_seconds(clip['end_ms'])}"
    lines = [f"{span}, pivot cues {clip['first_cue']} to {clip['last_cue']}"]
    lines += [f"{_seconds(cue['start_ms'])} to {_seconds(cue['end_ms'])}: {cue['text']}" for cue in cues]
    yield Section("clip", lines, data={**clip, "cues": cues})
    captions = known.of_clip("captions")
    found = {row["caption_id"]: row for row in known.of_video("languages")}
    yield Section(
        "captions",
        [f"{known.language}: the clip has no caption in it"] if known.language and not captions else [],
        ("language", "text", "origin", "method", "score", "alone", "track"),
        [_caption(row, found.get(row["caption_id"])) for row in captions],
        [{**row, "detected": found.get(row["caption_id"])} for row in captions],
    )
    translations = known.of_clip("translations")
    if translations:
        lines = [
            f"{row['language']}: {row['text']} ({row['model']} from {row['source_language']}, {row['score']:.2f})"
            for row in translations
        ]
        yield Section("translations", lines, data=translations)
    yield from _others(known)


def _cues(known: Known, clip: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cues of the pivot's track that the clip holds; the pivot is the language whose captions say so."""
    pivots = {row["language"] for row in known.of_video("captions") if row["method"] == "pivot"}
    track = next((row for row in known.of_video("tracks") if row["language"] in pivots), None)
    cues = track["cues"][clip["first_cue"] : clip["last_cue"] + 1] if track else []
    return [{name: cue[name] for name in ("start_ms", "end_ms", "text")} for cue in cues]


def _caption(row: Mapping[str, Any], found: Mapping[str, Any] | None) -> list[object]:
    alone, track = (
        ("", "")
        if found is None
        else (
            f"{found['detected']} {found['score']:.2f}",
            f"{found['track_detected']} {found['track_score']:.2f}",
        )
    )
    return [row["language"], row["text"], row["origin"], row["method"], f"{row['score']:.2f}", alone, track]


def _others(known: Known) -> Iterator[Section]:
    """Other uploads, the same words elsewhere, evaluation sets."""
    uploads = known.of_video("reuploads")
    if uploads:
        lines = [
            f"one of {row['copies']} uploads of {row['original_id']}, {row['score']:.0%} of its words alike"
            if row["copies"] > 1
            else "no other upload of the video"
            for row in uploads
        ]
        yield Section("other uploads", lines, data=uploads)
    duplicates = known.of_clip("duplicates")
    if duplicates:
        columns = ("caption", "in the video", "in videos", "nearly, in videos", "nearest to")
        names = ("caption_id", "in_video", "in_videos", "near_videos", "near_id")
        yield Section(
            "said elsewhere", [], columns, [[row[name] for name in names] for row in duplicates], duplicates
        )
    overlaps = known.of_clip("overlaps")
    if overlaps:
        lines = [
            f"{row['caption_id']}: {one['name']}, by {one['by']}, {one['share']:.0%}"
            for row in overlaps
            for one in row["sets"]
        ]
        yield Section("evaluation sets", lines or ["none has it"], data=overlaps)


def _decision(known: Known, pipeline: str) -> Iterator[Section]:
    """Kept or not, why, and each rule's value beside its limit."""
    rows = [row for row in known.of_video("selection") if row["clip_id"] == known.clip_id]
    if not rows:
        yield Section(
            "decision", ["not made yet: the pipeline has no select_clips, or the build is not through"]
        )
        return
    row, lines = rows[0], list(_why(known, rows[0]))
    found = selector(known, pipeline)
    if isinstance(found, str):
        yield Section("decision", [*lines, found], data={**row, "rules": None})
        return
    rules = ruled(known, *found)
    names = list(dict.fromkeys(name for rule in rules for name in rule.values))
    cells = [
        [rule.code, f"{rule.setting}, {rule.at}", *(_value(rule, name) for name in names)] for rule in rules
    ]
    data = {**row, "rules": [rule._asdict() for rule in rules]}
    yield Section("decision", [*lines, "`!` breaks the rule:"], ("rule", "limit", *names), cells, data)


def _why(known: Known, row: Mapping[str, Any]) -> Iterator[str]:
    """The decision in words."""
    yield f"kept, in {row['split']}" if row["keep"] else f"not kept (it would be in {row['split']})"
    for code in row["why_not"]:
        yield f"  {code}: {WHY_NOT.get(code, _OTHER)}"
    yield f"split: {why_this_split(known)}"
    yield f"languages that pass: {', '.join(row['languages']) or 'none'}"
    for one in row["failed"]:
        if known.language in (None, one["language"]):
            yield f"  {one['language']} is left out, {one['code']}: {WHY_NOT_LANGUAGE.get(one['code'], _OTHER)}"


def _value(rule: Ruled, name: str) -> str:
    if name not in rule.values:
        return ""
    return f"{rule.values[name]:.4g}{'!' if name in rule.broken else ''}"


def _seconds(time_ms: int) -> str:
    return f"{time_ms / 1000:.2f} s"
