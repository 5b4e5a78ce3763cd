"""The decision on one clip: each rule's value beside its limit."""

from typing import Any, NamedTuple

from multihowto.errors import ConfigError
from multihowto.explaining.known import Known
from multihowto.kept import KeptFiles
from multihowto.manifests import SPLITS, shard_of
from multihowto.pipeline import Pipeline, load
from multihowto.selecting.rules import OF_CAPTIONS, OF_CLIPS, Limit
from multihowto.stage import World
from multihowto.stages.select_clips import SelectClips


class Ruled(NamedTuple):
    """One rule, and what it measured."""

    code: str
    setting: str
    limit: float
    values: dict[str, float]
    """By language of the caption, or by `clip`; a rule that says nothing of a caption leaves it out."""
    broken: tuple[str, ...]
    """Whose value breaks the limit."""

    @property
    def at(self) -> str:
        """The limit in words."""
        return f"{'at least' if self.setting.startswith('min_') else 'at most'} {self.limit:g}"


def selector(known: Known, pipeline: str) -> tuple[Pipeline, SelectClips] | str:
    """The stage whose settings made the store's selection; or why it cannot be known."""
    try:
        loaded = load(pipeline)
        how = loaded.fingerprints().get("select_clips")
    except ConfigError as error:
        return f"the limits are not known ({error}): say which pipeline built the store, --pipeline"
    stage = loaded.stages.get("select_clips")
    shard = shard_of(known.video_id, known.store.require()["shards"])
    stamp = known.store.stamp("selection", shard)
    if not isinstance(stage, SelectClips) or stamp is None or stamp.how != how:
        return (
            f"the limits are not known: {loaded.path} has other settings than those that made this selection; "
            "`multihowto build` makes it anew, --pipeline names another"
        )
    return loaded, stage


def ruled(known: Known, loaded: Pipeline, stage: SelectClips) -> list[Ruled]:
    """Every limit, and what it measured of the clip and its captions."""
    views = {view.table.name: view for view in (*stage.reads, *stage.optional)}
    inputs = {
        name: known.rows[name].select(list(view.columns))
        for name, view in views.items()
        if name in known.rows
    }
    world = World(KeptFiles(known.store, loaded.shards), loaded.manifest, loaded.path.parent, {})
    made = stage.measure(inputs, stage.open(world))
    number = made.clips["clip_id"].to_pylist().index(known.clip_id)
    captions = [
        (int(place), language)
        for place, language in enumerate(made.languages.to_pylist())
        if made.clip_of[place] == number and known.language in (None, language)
    ]
    [row] = [row for row in known.of_video("selection") if row["clip_id"] == known.clip_id]
    of_clip = {name: values[number] for name, values in made.of_clips.items()} | {
        "languages": len(row["languages"])
    }
    found = [_ruled(stage, limit, {"clip": of_clip[limit.measure]}) for limit in OF_CLIPS]
    for limit in OF_CAPTIONS:
        if limit.measure in made.of_captions:
            values = made.of_captions[limit.measure]
            found.append(_ruled(stage, limit, {language: values[place] for place, language in captions}))
    return found


def _ruled(stage: SelectClips, limit: Limit, values: dict[str, Any]) -> Ruled:
    threshold = getattr(stage, limit.setting)
    known = {name: float(value) for name, value in values.items() if value == value}
    broken = tuple(name for name, value in known.items() if limit.broken(value, threshold))
    return Ruled(limit.code, limit.setting, threshold, known, broken)


def why_this_split(known: Known) -> str:
    """Why the clip is in its split."""
    fixed = {row["split"] for row in known.of_video("sources")} & set(SPLITS)
    copies = [row for row in known.of_video("reuploads") if row["copies"] > 1]
    if not copies:
        return "fixed by the manifest" if fixed else "by a hash of the video's id"
    [group] = copies
    ours = f"the same for all {group['copies']} uploads of {group['original_id']}"
    if group["split"] is None:
        return f"{ours}, by a hash of that id"
    own = min(fixed, default="no split")
    clash = "" if fixed == {group["split"]} else f", of this one {own}: a test's copy is never trained on"
    return f"{ours}, fixed by the manifest for one of them{clash}"
