"""How a phase's time is spent, and what is said of it."""

import time
from collections.abc import Iterator
from typing import Any, TypeVar

from multihowto.training.material import Say

Batch = TypeVar("Batch")
SAY_EVERY_S = 5.0


class Clock:
    """How a phase's time is spent, and what is said of it."""

    def __init__(self, what: str, epochs: int, say: Say) -> None:
        self.what = what
        self._epochs = epochs
        self._say = say
        self._started = self._said = self._epoch_started = time.monotonic()
        self._steps = self._epoch_steps = 0
        self._waited_s = 0.0

    def waiting(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches; time until each is there is counted."""
        while True:
            asked = time.monotonic()
            batch = next(batches, None)
            if batch is None:
                return
            self._waited_s += time.monotonic() - asked
            yield batch

    def step(self, epoch: int, step: int, steps: int) -> None:
        """A step is done: says so now and then, with rate and time left."""
        self._steps, self._epoch_steps = self._steps + 1, self._epoch_steps + 1
        now = time.monotonic()
        if now - self._said < SAY_EVERY_S:
            return
        self._said, rate = now, self._steps / (now - self._started)
        left = ((self._epochs - epoch) * steps - step) / rate
        self._say(f"{self.what}: epoch {epoch + 1} of {self._epochs}, {rate:.1f} steps/s, {left:.0f} s left")

    def epoch_ends(self, line: dict[str, Any]) -> dict[str, Any]:
        """What differs between equal runs: the epoch's seconds, a step's, and the share that waited for data."""
        seconds = time.monotonic() - self._epoch_started
        spent = {
            "phase": line["phase"],
            "epoch": line["epoch"],
            "seconds": round(seconds, 4),
            "step_ms": round(1000 * seconds / max(1, self._epoch_steps), 2),
            "data_wait": round(self._waited_s / seconds, 5),
        }
        self._epoch_started, self._epoch_steps, self._waited_s = time.monotonic(), 0, 0.0
        return spent
