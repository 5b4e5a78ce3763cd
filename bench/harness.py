"""What every row of the benchmark shares: fresh processes, rounds that take turns, medians, targets."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from timed import cpu_s

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
LIBRARIES = ("pyarrow", "yt-dlp", "fasttext-community", "numpy", "torch", "av", "ctranslate2")


@dataclass(frozen=True)
class Took:
    """What one piece of work took."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Row:
    """One number of the benchmark and what it should be; `ratio` and `met` follow from the others."""

    name: str
    value: float
    unit: str
    reference: float
    target: float
    cpu_s: float
    """CPU-seconds of ours, the median of the rounds."""
    reference_cpu_s: float

    @property
    def ratio(self) -> float:
        """Ours over the reference."""
        return self.value / self.reference

    @property
    def met(self) -> bool:
        """Whether the target holds: of the ratio where the name says so, of the value otherwise."""
        return (self.ratio if self.name.endswith("ratio") else self.value) <= self.target

    def as_json(self) -> dict[str, Any]:
        """The row as build/bench.json has it."""
        names = ("name", "value", "unit", "reference", "ratio", "target", "met")
        return {name: getattr(self, name) for name in names}


@dataclass
class Bench:
    """One run of the benchmark: how many rounds, where files go, and every single measurement."""

    rounds: int
    folder: Path
    say: Callable[[str], None]
    measurements: dict[str, dict[str, list[Took]]] = field(default_factory=dict)

    def take_turns(self, name: str, works: Mapping[str, Callable[[], Took]]) -> dict[str, list[Took]]:
        """Does all works in turn, round after round, so that a busy machine hits all alike."""
        took: dict[str, list[Took]] = {work: [] for work in works}
        for number in range(1, self.rounds + 1):
            for work, run in works.items():
                took[work].append(run())
            latest = ", ".join(f"{work} {times[-1].wall_s:.3f} s" for work, times in took.items())
            self.say(f"{name}: round {number} of {self.rounds}: {latest}")
        self.measurements[name] = took
        return took


def row(
    name: str,
    took: Mapping[str, Sequence[Took]],
    target: float,
    by: Literal["wall_s", "cpu_s"],
    *,
    ours: str = "ours",
    bare: str = "bare",
    each: int = 1,
) -> Row:
    """The row of what was measured in turns, by its medians; `each` is by how many they are divided."""
    unit = "CPU-s" if by == "cpu_s" else "s"
    return Row(
        name=name,
        value=median(took[ours], by) / each,
        unit=unit if each == 1 else f"{unit} each",
        reference=median(took[bare], by) / each,
        target=target,
        cpu_s=median(took[ours], "cpu_s") / each,
        reference_cpu_s=median(took[bare], "cpu_s") / each,
    )


def median(took: Sequence[Took], by: Literal["wall_s", "cpu_s"]) -> float:
    """The median of one kind of seconds."""
    return statistics.median(one.wall_s if by == "wall_s" else one.cpu_s for one in took)


def run_timed(module: str, folder: Path, repeats: int = 0) -> Took:
    """Does the work of a module of bench/ours or bench/bare in a fresh process."""
    output = run([sys.executable, str(HERE / "timed.py"), module, str(folder), str(repeats)])
    return Took(**json.loads(output.splitlines()[-1]))


def run_command(command: Sequence[str]) -> Took:
    """Runs a command from beginning to end."""
    started, used = time.perf_counter(), cpu_s()
    run(command)
    return Took(time.perf_counter() - started, cpu_s() - used)


def run(command: Sequence[str]) -> str:
    """What a command prints; it must end well."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def multihowto(*words: str) -> list[str]:
    """The command that a user types, of the environment that runs this."""
    return [str(Path(sys.executable).parent / "multihowto"), *words]


def machine() -> dict[str, Any]:
    """Facts without which the numbers mean nothing."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("multihowto", *LIBRARIES)},
        "load_1_min": round(os.getloadavg()[0], 2),
    }
