"""YAML that says what would be right: 1.2's booleans, no key twice, and values checked against dataclasses."""

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from multihowto.errors import ConfigError
from multihowto.manifests import meant

T = TypeVar("T")


class Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: `off` and `no` are words, and so are dates; a key may not come twice."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node; one that is not of the kind that it claims to be is a ConfigError."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError) as error:
            kind = node.tag.rpartition(":")[2]
            raise ConfigError(f"line {node.start_mark.line + 1}: {node.value!r:.80} is no {kind}") from error


_DATE = "tag:yaml.org,2002:timestamp"
Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != _DATE and (tag != "tag:yaml.org,2002:bool" or first in "tTfF")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise ConfigError(f"line {node.start_mark.line + 1}: {twice!r} is set twice")
    return dict(yaml.SafeLoader.construct_mapping(loader, node, deep=True))


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
del Loader.yaml_constructors[_DATE]


def read(path: Path) -> Any:
    """The content of a YAML file. ConfigError if it is not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"it is not YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError("it is nested too deeply, or within itself") from error


def convert(values: Any, kind: type[T], where: str) -> T:
    """Values as a dataclass; a wrong name or value is a ConfigError that says where, and what would be right."""
    _check_names(values, kind, where)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {str(error).replace('$.', '')}") from error


def _check_names(values: Any, kind: type[Any], where: str) -> None:
    """Every name is a field, at every depth: msgspec itself lets unknown ones pass in dataclasses."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: settings are `name: value` lines, not {values!r}")
    hints = typing.get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind)]
    for name, value in values.items():
        if name not in fields:
            raise ConfigError(f"{where} has no setting {name!r}; {meant(str(name), fields)}")
        inner = typing.get_args(hints[name])[:1]
        if dataclasses.is_dataclass(hints[name]):
            _check_names(value, hints[name], f"{where}, {name}")
        elif inner and dataclasses.is_dataclass(inner[0]) and isinstance(value, list):
            for number, entry in enumerate(value, 1):
                _check_names(entry, typing.cast(type[Any], inner[0]), f"{where}, {name} {number}")
