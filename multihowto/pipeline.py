"""A YAML file -> a checked Pipeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from multihowto import checksums, manifests, strict_yaml, tables
from multihowto.adapters import models
from multihowto.adapters.model_cache import cache
from multihowto.errors import ConfigError
from multihowto.manifests.evaluation import read_evaluation
from multihowto.stage import Scatter, Stage, fingerprint
from multihowto.stages import STAGES

MAX_SHARDS = 99_999
_READERS: Final[Mapping[str, Callable[[Path], Any]]] = {
    "languages": manifests.read_languages,
    "exclusions": manifests.read_exclusions,
    "words": manifests.read_words,
    "evaluation": read_evaluation,
}
"""How a list is read, by the field that names it."""


class _Languages(NamedTuple):
    """A list of languages."""

    manifest: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """A manifest, a number of shards, and an ordered list of stages with their settings."""

    name: str
    path: Path
    manifest: Path
    shards: int
    stages: Mapping[str, Stage]

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each stage, with the checksums of the files that it names."""
        return {name: fingerprint(name, stage, self._files(stage)) for name, stage in self.stages.items()}

    def _files(self, stage: Stage) -> dict[str, str]:
        found = {}
        for field in manifests_of(stage):
            name = getattr(stage, field)
            found[name] = checksums.of_file(manifests.find(name, self.path.parent))
        for name in model_names(stage):
            model = manifests.model(name)
            found[name] = checksums.of_values(models.checksums(model, cache()), model.revision)
        return found


def manifests_of(stage: Stage) -> list[str]:
    """The fields of a stage that name a manifest; one that may be empty, and is, names none."""
    return [field for field in stage.manifests if getattr(stage, field)]


def model_names(stage: Stage) -> list[str]:
    """The models that a stage's settings name; a setting that may be empty, and is, names none."""
    return [name for field in stage.models if (name := getattr(stage, field))]


def find(name: str) -> Path:
    """A pipeline by its path, or by its name among the shipped ones. ConfigError if there is none."""
    for path in (Path(name), manifests.shipped("pipelines") / f"{name}.yaml"):
        if path.is_file():
            return path.resolve()
    there = [path.stem for path in sorted(manifests.shipped("pipelines").glob("*.yaml"))]
    raise ConfigError(f"no pipeline {name!r}; {manifests.meant(name, there)}")


def load(name: str) -> Pipeline:
    """Reads and checks a pipeline; every mistake is a ConfigError that says where, and what would be right."""
    path = find(name)
    try:
        return _parse(path, strict_yaml.read(path))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _parse(path: Path, content: Any) -> Pipeline:
    known = ("manifest", "shards", "stages")
    if not isinstance(content, dict) or set(content) != set(known):
        got = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise ConfigError(f"a pipeline has exactly these: {', '.join(known)}; this one has: {got}")
    shards = content["shards"]
    if type(shards) is not int or not 1 <= shards <= MAX_SHARDS:
        raise ConfigError(f"shards must be a whole number from 1 to {MAX_SHARDS}, not {shards!r}")
    if not isinstance(content["stages"], list):
        raise ConfigError("stages must be a list")
    stages = dict(_stage(entry) for entry in content["stages"])
    if len(stages) < len(content["stages"]):
        raise ConfigError("a stage comes twice; each is named once")
    pipeline = Pipeline(
        path.stem, path, manifests.find_videos(str(content["manifest"]), path.parent), shards, stages
    )
    _check_order(pipeline)
    _check_settings(pipeline)
    pipeline.fingerprints()
    return pipeline


def _stage(entry: Any) -> tuple[str, Stage]:
    """One entry of `stages`: a name, or a name with settings."""
    if isinstance(entry, str):
        entry = {entry: {}}
    if not isinstance(entry, dict) or len(entry) != 1:
        raise ConfigError(f"each stage is a name, or a name with settings; got {entry!r}")
    [(name, values)] = entry.items()
    if name not in STAGES:
        raise ConfigError(f"no stage {name!r}; {manifests.meant(str(name), STAGES)}")
    return name, strict_yaml.convert({} if values is None else values, STAGES[name], f"stage {name}")


def _check_order(pipeline: Pipeline) -> None:
    """The tables that a stage reads are written before it; the first stage is a scatter, and only it."""
    if not pipeline.stages:
        first = [name for name, stage in STAGES.items() if issubclass(stage, Scatter)]
        raise ConfigError(f"stages is empty; it begins with one that reads the manifest: {', '.join(first)}")
    made: list[tables.Table] = []
    written = [stage.writes for stage in pipeline.stages.values()]
    for number, (name, stage) in enumerate(pipeline.stages.items()):
        if isinstance(stage, Scatter) != (number == 0):
            raise ConfigError(
                f"the first stage, and only that, reads the manifest; {name} is at place {number + 1}"
            )
        if stage.of_folder not in (None, pipeline.manifest.is_dir()):
            wanted = (
                "a folder of videos" if stage.of_folder else "a list of videos; a folder is for import_folder"
            )
            raise ConfigError(f"stage {name}: the pipeline's manifest has to be {wanted}")
        for view in stage.reads:
            if view.table not in made:
                raise ConfigError(
                    f"stage {name} reads {view.table.name}, which no stage before it writes; {_writers(view.table)}"
                )
        later = [view.table for view in stage.optional if view.table in written and view.table not in made]
        if later:
            raise ConfigError(
                f"stage {name} reads {later[0].name}, which a stage after it writes; {_writers(later[0])}"
            )
        if stage.writes in made:
            raise ConfigError(f"stage {name} writes {stage.writes.name}, and so does a stage before it")
        made.append(stage.writes)


def _writers(table: tables.Table) -> str:
    return "put before it: " + (
        ", ".join(n for n, stage in STAGES.items() if stage.writes is table) or "nothing writes it"
    )


def _check_settings(pipeline: Pipeline) -> None:
    """What no single field can say: the lists and languages that a stage names, and settings that must fit."""
    first = _Languages()
    before: dict[str, Stage] = {}
    for name, stage in pipeline.stages.items():
        try:
            own = _read_lists(stage, pipeline.path.parent)
            first = first if first.codes else own
            languages = own if own.codes else first
            _check_languages(stage, languages)
            _check_models(stage)
            _check_agreement(stage, before)
            mistake = stage.mistake(languages.codes)
            if mistake is not None:
                raise ConfigError(mistake)
        except ConfigError as error:
            raise ConfigError(f"stage {name}: {error}") from None
        before[name] = stage


def _read_lists(stage: Stage, beside: Path) -> _Languages:
    """Reads the lists that a stage names, and gives its languages. ConfigError if one is another kind of file."""
    found = _Languages()
    for field in manifests_of(stage):
        name = getattr(stage, field)
        try:
            content = _READERS[field](manifests.find(name, beside))
        except ConfigError as error:
            raise ConfigError(f"{field}: {error}") from None
        if field == "languages":
            found = _Languages(name, content)
    return found


def _check_languages(stage: Stage, known: _Languages) -> None:
    for field in stage.speaks:
        value = getattr(stage, field)
        codes = [value] if isinstance(value, str) else value
        for number, code in enumerate(codes):
            if code not in known.codes:
                what = manifests.meant(code, known.codes)
                raise ConfigError(f"{field}: no language {code!r} in {known.manifest}; {what}")
            if code in codes[:number]:
                raise ConfigError(f"{field}: {code!r} comes twice; each language is named once")


def _check_models(stage: Stage) -> None:
    for field in stage.models:
        if not getattr(stage, field) and not getattr(type(stage), field):
            continue
        found = manifests.model(getattr(stage, field))
        if stage.model_task not in (None, found.task):
            known = manifests.read_models(manifests.find("models.toml"))
            fit = [name for name, model in known.items() if model.task == stage.model_task]
            raise ConfigError(
                f"{field}: {found.name!r} is for {found.task}, not for {stage.model_task}; "
                f"{manifests.meant(found.name, fit)}"
            )


def _check_agreement(stage: Stage, before: Mapping[str, Stage]) -> None:
    for field in stage.agrees:
        for name, other in before.items():
            value, wanted = getattr(stage, field), getattr(other, field, None)
            if wanted is not None and value != wanted:
                raise ConfigError(
                    f"{field} is {value!r}, but {wanted!r} in stage {name}; both must be the same"
                )
