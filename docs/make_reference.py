"""Writes docs/reference.md from the code: stages, tables, reject codes, commands, pipelines."""

import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from multihowto import manifests, tables
from multihowto.adapters import site_messages
from multihowto.cli import cli
from multihowto.pipeline import load
from multihowto.rejects import FAMILIES, REASONS
from multihowto.selecting.rules import WHY_NOT, WHY_NOT_LANGUAGE
from multihowto.stage import Gather, Map, Scatter, Stage
from multihowto.stages import STAGES

TARGET = Path(__file__).parent / "reference.md"


def reference() -> str:
    """The whole page."""
    parts = [
        ["# Reference", "", "Written by `make docs` from the code; a test holds it to the code.", ""],
        ["## Stages", ""],
        *(stage_lines(name, stage) for name, stage in STAGES.items()),
        ["## Tables", ""],
        *(table_lines(table) for table in tables.TABLES.values()),
        reject_lines(),
        ["## Why a clip is not kept", "", "| code | meaning |", "| --- | --- |"],
        [f"| `{code}` | {meaning} |" for code, meaning in WHY_NOT.items()],
        [
            "",
            "Why a caption leaves its language out of a clip (`selection.failed`):",
            "",
            "| code | meaning |",
            "| --- | --- |",
        ],
        [f"| `{code}` | {meaning} |" for code, meaning in WHY_NOT_LANGUAGE.items()],
        ["", "## Commands", ""],
        *(command_lines(name, command) for name, command in cli.commands.items()),
        ["## Pipelines", ""],
        [pipeline_line(path) for path in sorted(manifests.shipped("pipelines").glob("*.yaml"))],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def stage_lines(name: str, stage: type[Stage]) -> list[str]:
    """One stage: its shape, its tables, its settings."""
    shape = next(kind.__name__.lower() for kind in (Scatter, Map, Gather) if issubclass(stage, kind))
    reads = ", ".join(f"`{view.table.name}`" for view in stage.reads) or "the pipeline's manifest"
    optional = ", ".join(f"`{view.table.name}`" for view in stage.optional)
    reads += f"; if the pipeline makes them {optional}" if optional else ""
    extra = f" Needs the extra `{stage.extra}`." if stage.extra else ""
    head = [
        f"### {name}",
        "",
        f"{inspect.getdoc(stage)}",
        "",
        f"A {shape}: {reads} -> `{stage.writes.name}`, version {stage.version}.{extra}",
        "",
    ]
    rows = [f"| `{field}` | `{default}` | {meaning} |" for field, default, meaning in stage_settings(stage)]
    return [*head, "| setting | default | meaning |", "| --- | --- | --- |", *rows, ""] if rows else head


def stage_settings(stage: type[Stage]) -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each setting; the meaning is the string below the field."""
    lines = inspect.getsource(stage).splitlines()
    for field in dataclasses.fields(stage):
        at = next(number for number, line in enumerate(lines) if line.startswith(f"    {field.name}:"))
        meaning = lines[at + 1].strip()
        if not meaning.startswith('"""'):
            raise ValueError(f"{stage.__name__}.{field.name} has no line that says what it means")
        yield field.name, str(field.default), meaning.strip('"')


def table_lines(table: tables.Table) -> list[str]:
    """One table and its columns."""
    rows = [
        f"| `{field.name}` | {_type(field)} | {field.metadata[b'meaning'].decode()} |"
        for field in table.schema
    ]
    return [
        f"### {table.name}",
        "",
        f"{table.meaning} Key: `{table.key}`.",
        "",
        "| column | type | meaning |",
        "| --- | --- | --- |",
        *rows,
        "",
    ]


def _type(field: "object") -> str:
    kind = str(getattr(field, "type", ""))
    kind = (
        "list of structs: " + kind[kind.index("struct") :].rstrip(">").replace("struct<", "")
        if "struct" in kind
        else kind
    )
    return kind.replace(" not null", "") + (" or null" if getattr(field, "nullable", False) else "")


def reject_lines() -> list[str]:
    """The failure taxonomy."""
    rows = [
        f"| `{reason.family}` | `{code}` | {'yes' if reason.final else 'no'} | {reason.meaning} | {reason.cure} |"
        for code, reason in REASONS.items()
    ]
    families = [f"- `{family}`: {meaning}" for family, meaning in FAMILIES.items()]
    return [
        "## Reject codes",
        "",
        "Every row that is left out has a code. `build --retry` tries again all codes that are not final, "
        "`build --retry CODE...` those of these codes or families, final or not, and nothing else.",
        "",
        *families,
        "- `session_blocked`: the site refuses us, not the video: the worker pauses, goes on with the others, this one "
        "last, and past a limit the run ends with exit status 4. It is never written against a video.",
        "",
        "| family | code | final | meaning | what to do |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
        *message_lines(),
    ]


def message_lines() -> list[str]:
    """Which message of a site becomes which code."""
    session = "|".join(site_messages.SESSION_TEXTS)
    blocked = [f"| `session_blocked` | `{_escaped(session)}` |"]
    texts = [f"| `{code}` | `{_escaped(pattern)}` |" for code, pattern in site_messages.TEXTS]
    statuses = [
        f"| `{'session_blocked' if code == site_messages.SESSION else code}` | HTTP {status} |"
        for status, code in sorted(site_messages.STATUSES.items())
    ]
    return [
        "### What a site says, and its code",
        "",
        "Regular expressions, looked for in lower case from the first to the last; what matches none is "
        "`tool_outdated`, so that an upgrade and `build --retry` find it again. An HTTP status decides before any "
        "text but those of the session.",
        "",
        "| code | what is found |",
        "| --- | --- |",
        *blocked,
        *statuses,
        "| `server_error` | HTTP 5xx, a redirect that never ends |",
        *texts,
        "",
    ]


def _escaped(pattern: str) -> str:
    """A pattern for a cell of a table."""
    return pattern.replace("|", "\\|")


def command_lines(name: str, command: click.Command) -> list[str]:
    """One command's help, as it prints it."""
    whole = click.Context(
        cli, info_name="multihowto", max_content_width=100, help_option_names=["-h", "--help"]
    )
    with click.Context(command, info_name=name, parent=whole) as context:
        lines = [f"### multihowto {name}", "", "```text", command.get_help(context), "```", ""]
    if isinstance(command, click.Group):
        for sub_name, sub_command in command.commands.items():
            lines += command_lines(f"{name} {sub_name}", sub_command)
    return lines


def pipeline_line(path: Path) -> str:
    """One shipped pipeline: its first comment, and its stages."""
    meaning = path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
    return f"- `{path.stem}`: {meaning} Stages: {', '.join(load(str(path)).stages)}."


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
    click.echo(f"wrote {TARGET}")
