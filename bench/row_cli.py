"""Row cli.start_s: how long `multihowto` takes until it has said something."""

import sys

from harness import REPOSITORY, Bench, Row, median, multihowto, row, run_command

TARGET_S = 0.5


def start_s(bench: Bench) -> Row:
    """The slower of `--help` and `check` of all shipped pipelines, against Python alone."""
    pipelines = [str(path) for path in sorted((REPOSITORY / "pipelines").glob("*.yaml"))]
    works = {
        "help": lambda: run_command(multihowto("--help")),
        "check": lambda: run_command(multihowto("check", *pipelines)),
        "bare": lambda: run_command([sys.executable, "-c", "pass"]),
    }
    took = bench.take_turns("cli.start_s", works)
    slower = max(("help", "check"), key=lambda work: median(took[work], "wall_s"))
    return row("cli.start_s", took, TARGET_S, "wall_s", ours=slower)


ROWS = {"cli.start_s": start_s}
