"""Measures speed against bare references, in turns; prints a table and writes build/bench.json.

Rows that are named go to build/bench-some.json instead.

Usage: python bench/run.py [ROW ...] [--rounds N]

A ROW is a name, or the beginning of one: `store` is store.write_ratio and store.read_ratio. The exit status is 0
also when a target is missed: how busy the machine was is no fault of the code.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import row_align
import row_build
import row_captions
import row_cli
import row_download
import row_duplicates
import row_evaluate
import row_features
import row_lid
import row_plan
import row_select
import row_store
import row_train
import row_translate
from harness import REPOSITORY, Bench, Row, machine

ROWS: dict[str, Callable[[Bench], Row]] = {
    **row_cli.ROWS,
    **row_plan.ROWS,
    **row_download.ROWS,
    **row_lid.ROWS,
    **row_captions.ROWS,
    **row_align.ROWS,
    **row_duplicates.ROWS,
    **row_store.ROWS,
    **row_select.ROWS,
    **row_build.ROWS,
    **row_features.ROWS,
    **row_train.ROWS,
    **row_translate.ROWS,
    **row_evaluate.ROWS,
}
ROWS_IF_ASKED: dict[str, Callable[[Bench], Row]] = {
    **row_evaluate.ROWS_IF_ASKED,
    **row_duplicates.ROWS_IF_ASKED,
}
"""These take many minutes, so they are measured only when they are named."""
RESULT = REPOSITORY / "build" / "bench.json"
RESULT_OF_SOME = REPOSITORY / "build" / "bench-some.json"
"""Of rows that were named, so that they never replace a whole table."""
ROUNDS = 5
COLUMNS = ("name", "value", "unit", "reference", "ratio", "target", "met", "CPU-s", "of reference")


def chosen(words: Sequence[str]) -> list[str]:
    """Names of the rows that are meant; ROWS if none is named. ValueError for a word that means none."""
    known = [*ROWS, *ROWS_IF_ASKED]
    wrong = [word for word in words if not any(name.startswith(word) for name in known)]
    if wrong:
        raise ValueError(f"no row {wrong[0]!r}; there are: {', '.join(known)}")
    return [name for name in known if name.startswith(tuple(words))] if words else list(ROWS)


def lines(rows: Sequence[Row]) -> list[str]:
    """The table, one line a row."""
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(len(COLUMNS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _cells(row: Row) -> tuple[str, ...]:
    met = "yes" if row.met else "MISSED"
    numbers = (f"{row.reference:.4f}", f"{row.ratio:.3f}", f"{row.target:g}", met)
    return (
        row.name,
        f"{row.value:.4f}",
        row.unit,
        *numbers,
        f"{row.cpu_s:.4f}",
        f"{row.reference_cpu_s:.4f}",
    )


def write(path: Path, bench: Bench, rows: Sequence[Row], facts: Mapping[str, object]) -> None:
    """Writes the rows, the facts of the machine, and every measurement (wall and CPU-seconds)."""
    measurements = {
        name: {work: [astuple(one) for one in took] for work, took in its.items()}
        for name, its in bench.measurements.items()
    }
    result = {
        "machine": facts,
        "rounds": bench.rounds,
        "rows": [row.as_json() for row in rows],
        "measurements": measurements,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def measure(names: Sequence[str], rounds: int) -> tuple[Bench, list[Row]]:
    """Measures the rows one after the other, in a folder that is gone afterwards."""
    parent = REPOSITORY / "build"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        bench = Bench(rounds, Path(folder), lambda line: print(line, flush=True))
        return bench, [(ROWS | ROWS_IF_ASKED)[name](bench) for name in names]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description="Speed against bare references.")
    parser.add_argument(
        "rows",
        nargs="*",
        metavar="ROW",
        help=f"of: {', '.join(ROWS)} (default: all of these); or of: {', '.join(ROWS_IF_ASKED)}",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    try:
        names = chosen(options.rows)
    except ValueError as error:
        parser.error(str(error))
    started, facts = time.monotonic(), machine()
    bench, rows = measure(names, options.rounds)
    result = RESULT_OF_SOME if options.rows else RESULT
    write(result, bench, rows, facts)
    print("\n".join(["", *lines(rows), ""]))
    missed = [row.name for row in rows if not row.met]
    print(f"MISSED: {', '.join(missed)}" if missed else "all targets met")
    if facts["load_1_min"] > facts["cores"]:
        print(
            f"wall times say little: {facts['cores']} cores, a load of {facts['load_1_min']} before the start"
        )
    print(f"{time.monotonic() - started:.0f} s; written to {result.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
