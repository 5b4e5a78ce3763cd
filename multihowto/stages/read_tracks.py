"""Reads caption tracks: what is said, when, and in which language."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, ClassVar, Literal, NamedTuple

import pyarrow as pa

from multihowto import tables
from multihowto.adapters import language_id, language_tracks
from multihowto.captions import formats
from multihowto.captions.cleaning import Cleaning
from multihowto.captions.cues import CaptionError, Cue
from multihowto.captions.problems import Problem
from multihowto.captions.tracks import script_of_chinese
from multihowto.manifests import read_languages
from multihowto.rejects import Reject
from multihowto.stage import Map, Output, World
from multihowto.stages.identify_language import needs_of, open_detector
from multihowto.tables.track_rows import cue_column

_Kind = Literal["tags", "invisible", "notes", "speakers", "urls", "boilerplate", "repeats"]


class _Read(NamedTuple):
    """A track, what it says, what was removed from it, and what could not be read."""

    track: Mapping[str, str]
    cues: list[Cue]
    removed: Counter[str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class ReadTracks(Map):
    """Makes clean cues of each track, each word once and timed, and finds tracks that are in another language."""

    reads: ClassVar = (tables.VIDEOS.only("tracks", "missing"),)
    writes: ClassVar = tables.TRACKS
    manifests: ClassVar = ("languages",)
    models: ClassVar = ("model",)
    model_task: ClassVar = "language identification"
    extra: ClassVar = "language"
    version: ClassVar = 2

    model: str = "lid.176.ftz"
    """A model of models.toml."""
    second_opinion: Literal["none", "lingua"] = "none"
    """lingua: it is asked too (extra lingua); better for Swahili, and slower."""
    languages: str = "languages.csv"
    """Manifest of the languages among which it decides."""
    mislabelled: Literal["relabel", "reject", "keep"] = "relabel"
    """What becomes of a track that is surely in another language; left out too if it is none of the languages asked
    for, or the video has a track in it."""
    leave: tuple[_Kind, ...] = ()
    """What is not removed from captions; all of it is, by default."""

    def needs(self) -> tuple[str, ...]:
        return needs_of(super().needs(), self.second_opinion)

    def open(self, world: World) -> language_id.Detector:
        languages = read_languages(world.manifest(self.languages))
        return open_detector(world.models[self.model], self.model, languages, self.second_opinion)

    def run(self, inputs: Mapping[str, pa.Table], tools: language_id.Detector) -> Output:
        rows, rejects, flaws = list[dict[str, Any]](), list[Reject](), list[Reject]()
        videos = inputs["videos"].to_pylist()
        read, lost = self._read(videos)
        verdicts = iter(_verdicts(read, tools))
        for video in videos:
            mine = [one for one in read if one.track["video_id"] == video["video_id"]]
            made, left_out = self._decide(mine, [next(verdicts) for _ in mine], tools.languages)
            left_out = [*lost.get(video["video_id"], []), *left_out]
            rows += made
            if made:
                flaws += left_out
            else:
                rejects.append(_why_none(video, left_out))
        return Output(_table(rows), rejects, flaws)

    def _read(self, videos: Sequence[Mapping[str, Any]]) -> tuple[list[_Read], dict[str, list[Reject]]]:
        """Every track that says something, and why others do not, by video; by language, as the first may decide."""
        cleaning = Cleaning(**dict.fromkeys(self.leave, False))
        read, lost = list[_Read](), dict[str, list[Reject]]()
        for video in videos:
            for track in sorted(video["tracks"], key=itemgetter("language")):
                try:
                    read.append(_read_track({**track, "video_id": video["video_id"]}, cleaning))
                except CaptionError as error:
                    said = f"caption track {track['tag']}: {error}"
                    lost.setdefault(video["video_id"], []).append(
                        Reject(video["video_id"], "bad_captions", said)
                    )
        return read, lost

    def _decide(
        self, read: Sequence[_Read], verdicts: Sequence[language_tracks.Verdict], ours: Collection[str]
    ) -> tuple[list[dict[str, Any]], list[Reject]]:
        """The rows of a video's tracks, and those that are left out for their language."""
        rows, left_out = list[dict[str, Any]](), list[Reject]()
        taken = {
            one.track["language"]
            for one, verdict in zip(read, verdicts, strict=True)
            if verdict.decision != "relabel" or self.mislabelled == "keep"
        }
        for one, verdict in zip(read, verdicts, strict=True):
            language = one.track["language"]
            if verdict.decision == "relabel" and self.mislabelled != "keep":
                theirs = bool(ours) and verdict.language not in ours
                if self.mislabelled == "reject" or theirs or verdict.language in taken:
                    said = f"caption track {one.track['tag']} is in {verdict.language}"
                    said += f", which {self.languages} does not list" if theirs else ""
                    left_out.append(Reject(one.track["video_id"], "wrong_language", said))
                    continue
                language = verdict.language
                taken.add(language)
            rows.append(_row(one, language, verdict))
        return rows, left_out


def _read_track(track: Mapping[str, str], cleaning: Cleaning) -> _Read:
    """CaptionError if it cannot be read, or says nothing: such a track must not take the place of one that does."""
    parsed = formats.parse_as(track["body"], track["format"])
    removed: Counter[str] = Counter()
    cues = formats.spoken(parsed, cleaning, removed)
    if not cues:
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(removed.items())) or "nothing"
        raise CaptionError(f"no word is left of it; removed: {counts}")
    return _Read(track, cues, removed, parsed.problems)


def _verdicts(read: Sequence[_Read], detector: language_id.Detector) -> list[language_tracks.Verdict]:
    """Which language each track is in, ours or not; all are asked at once."""
    texts = [cue.text for one in read for cue in one.cues]
    numbers = [number for number, one in enumerate(read) for _ in one.cues]
    found = language_tracks.identify(detector, texts, numbers)
    anywhere = detector.anywhere([" ".join(cue.text for cue in one.cues) for one in read])
    verdicts, begin = list[language_tracks.Verdict](), 0
    for number, one in enumerate(read):
        end, expected = begin + len(one.cues), one.track["language"]
        among = language_tracks.track_verdict(
            expected, texts[begin:end], found.alone[begin:end], found.tracks[number]
        )
        verdicts.append(
            language_tracks.verdict_anywhere(among, expected, anywhere[number], detector.languages)
        )
        begin = end
    return verdicts


def _why_none(video: Mapping[str, Any], left_out: Sequence[Reject]) -> Reject:
    """Why a video has no track: what was wrong with the first, or why none came."""
    if left_out:
        return left_out[0]
    lost = video["missing"][0] if video["missing"] else {"code": "no_captions", "tag": ""}
    said = f"caption track {lost['tag']} is missing" if lost["tag"] else "it has no caption track"
    return Reject(video["video_id"], lost["code"], said)


def _row(one: _Read, language: str, verdict: language_tracks.Verdict) -> dict[str, Any]:
    track = one.track
    text = "".join(cue.text for cue in one.cues) if language == "zh" else ""
    return {
        "track_id": f"{track['video_id']}/{language}",
        "video_id": track["video_id"],
        "language": language,
        "labelled": track["language"],
        "tag": track["tag"],
        "kind": track["kind"],
        "format": track["format"],
        "script": script_of_chinese(text),
        "verdict": verdict.decision,
        "score": verdict.score,
        "cues": one.cues,
        "removed": [{"kind": kind, "count": count} for kind, count in sorted(one.removed.items())],
        "problems": [problem._asdict() for problem in one.problems],
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The rows as a table, their cues as a column of their own: row by row they take most of the time."""
    schema = tables.TRACKS.schema
    place = schema.get_field_index("cues")
    plain = pa.Table.from_pylist(rows, schema=schema.remove(place))
    return plain.add_column(place, schema.field("cues"), cue_column([row["cues"] for row in rows]))
