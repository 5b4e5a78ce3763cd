"""`multihowto build`: makes what is missing or out of date in a store."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from multihowto.build import Event


class _Retrying(click.Command):
    """A command whose `--retry` may be followed by any number of codes: click has no such option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        joined, strange = join_codes(args)
        try:
            return super().parse_args(ctx, joined)
        except click.UsageError:
            if strange is None:
                raise
        _refuse_code(strange)


@click.command(cls=_Retrying)
@click.argument("pipeline", metavar="PIPELINE")
@click.option("--root", metavar="STORE", help="Folder or URI of the store. [default: build/<pipeline>]")
@click.option("--executor", default="processes", show_default=True, help="here or processes.")
@click.option("--workers", type=click.IntRange(1), help="Worker processes. [default: one a core]")
@click.option("--shards", metavar="A-B", help="Only these shards: 7, 0-63 or 0-3,9.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N videos of the manifest.")
@click.option(
    "--retry",
    multiple=True,
    metavar="[CODE...]",
    help="Try again what was left out: all that may pass, or these codes or families of codes, final or not.",
)
@click.option("--verify", is_flag=True, help="Read every shard first, and make damaged ones again.")
@click.option("--allow-removal", is_flag=True, help="Go on if the manifest lost many videos of the store.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
def build(
    pipeline: str,
    root: str | None,
    executor: str,
    workers: int | None,
    shards: str | None,
    limit: int | None,
    retry: tuple[str, ...],
    verify: bool,
    allow_removal: bool,
    as_json: bool,
) -> None:
    """Build PIPELINE into a store; a build that was stopped goes on where it was.

    PIPELINE is a YAML file, or the name of a shipped one. Settings are in that file; the options say only where, how
    many, and how.
    """
    from multihowto import build as building
    from multihowto.cli.fetching import fetched
    from multihowto.cli.screen import follow, safe, tell_pauses
    from multihowto.pipeline import load
    from multihowto.storage import Store

    loaded = load(pipeline)
    store = Store(root or f"build/{loaded.name}")
    order = building.Order(
        executor=executor,
        workers=workers or os.cpu_count() or 1,
        shards=None if shards is None else parse_shards(shards),
        limit=limit,
        verify=verify,
        allow_removal=allow_removal,
        retry=frozenset(code for words in retry for code in retried(words)),
    )
    style = "json" if as_json else "bar" if sys.stderr.isatty() and sys.stdout.isatty() else "plain"
    failed: dict[str, dict[int, str]] = {}
    with tell_pauses(store, style):
        for end in follow(said(building.build(loaded, store, order, fetched), as_json), style):
            if end.failed():
                failed[end.stage] = end.failed()
    for stage, problems in failed.items():
        for problem in sorted(set(problems.values())):
            its = [str(shard) for shard, text in problems.items() if text == problem]
            click.echo(safe(f"{stage}: shards {', '.join(its)}: {problem}"), err=True)
    if failed:
        click.echo("some shards are not made; the same command tries them again", err=True)
        sys.exit(1)
    if not as_json:
        click.echo(f"the store is up to date: multihowto report {store.root}")


def said(events: "Iterable[Event]", as_json: bool) -> "Iterator[Event]":
    """The events as they come; says which tables were removed, unless they are shown as JSON."""
    from multihowto.build import TablesRemoved

    for event in events:
        if isinstance(event, TablesRemoved) and not as_json:
            click.echo(f"removed, since the pipeline no longer makes them: {', '.join(event.tables)}")
        yield event


def join_codes(words: Sequence[str]) -> tuple[list[str], str | None]:
    """The words of a command line, codes joined to their `--retry`; and a word behind it that is no code, if any."""
    from multihowto.rejects import meant_by

    joined, strange, begun = list[str](), None, False
    for word in words:
        if begun and meant_by(word):
            joined[-1] += f",{word}"
            continue
        if begun and not word.startswith("-"):
            strange = word
        begun = word == "--retry"
        joined.append("--retry=" if begun else word)
    return joined, strange


def retried(words: str) -> frozenset[str]:
    """The codes that `--retry` means: those that may pass if it names none."""
    from multihowto.build import may_pass
    from multihowto.rejects import meant_by

    named = [word.strip() for word in words.split(",") if word.strip()]
    for word in named:
        if not meant_by(word):
            _refuse_code(word)
    return frozenset(code for word in named for code in meant_by(word)) if named else may_pass()


def _refuse_code(word: str) -> NoReturn:
    from multihowto.errors import ConfigError
    from multihowto.manifests import meant
    from multihowto.rejects import FAMILIES, REASONS

    raise ConfigError(f"no reject code {word!r}; {meant(word, {**FAMILIES, **REASONS})}")


def parse_shards(text: str) -> tuple[int, ...]:
    """`0-3,9` as numbers, sorted, each once."""
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,5})(?:-(\d{1,5}))?\s*", part)
        if not match or (match[2] and int(match[2]) < int(match[1])):
            raise click.BadParameter(
                f"{part!r} is not a shard or a range of shards, like 7 or 0-63", param_hint="--shards"
            )
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return tuple(sorted(found))
