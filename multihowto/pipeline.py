"""A YAML file -> a checked Pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multihowto import checksums, manifests, strict_yaml, tables
from multihowto.adapters import models
from multihowto.adapters.model_cache import cache
from multihowto.errors import ConfigError
from multihowto.stage import Scatter, Stage, fingerprint
from multihowto.stages import STAGES

MAX_SHARDS = 99_999


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
        for field in stage.manifests:
            name = getattr(stage, field)
            found[name] = checksums.of_file(manifests.find(name, self.path.parent))
        for name in model_names(stage):
            model = manifests.model(name)
            found[name] = checksums.of_values(models.checksums(model, cache()), model.revision)
        return found


def model_names(stage: Stage) -> list[str]:
    """The models that a stage's settings name."""
    return [getattr(stage, field) for field in stage.models]


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
        path.stem, path, manifests.find(str(content["manifest"]), path.parent), shards, stages
    )
    _check_order(pipeline)
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
    made: list[tables.Table] = []
    for number, (name, stage) in enumerate(pipeline.stages.items()):
        if isinstance(stage, Scatter) != (number == 0):
            raise ConfigError(
                f"the first stage, and only that, reads the manifest; {name} is at place {number + 1}"
            )
        for view in stage.reads:
            if view.table not in made:
                raise ConfigError(
                    f"stage {name} reads {view.table.name}, which no stage before it writes; {_writers(view.table)}"
                )
        if stage.writes in made:
            raise ConfigError(f"stage {name} writes {stage.writes.name}, and so does a stage before it")
        made.append(stage.writes)


def _writers(table: tables.Table) -> str:
    return "put before it: " + (
        ", ".join(n for n, stage in STAGES.items() if stage.writes is table) or "nothing writes it"
    )
