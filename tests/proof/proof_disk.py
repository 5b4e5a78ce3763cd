"""A disk of a few pages: a tmpfs of our own, mounted as root or, for others, in a namespace of our own."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest


@dataclass(frozen=True)
class Disk:
    """A mounted tmpfs: `path` as the builds see it, `seen` as the tests do, `prefix` runs a command where it is."""

    path: Path
    seen: Path
    prefix: tuple[str, ...] = ()

    def free(self) -> int:
        """Bytes that are free."""
        about = os.statvfs(self.seen)
        return about.f_bavail * about.f_frsize

    def mount(self, size: int) -> None:
        """Mounts it, with room for so many bytes."""
        self._run("mount", "-t", "tmpfs", "-o", f"size={size}", "multihowto-proof", str(self.path))

    def unmount(self) -> None:
        """Takes it away with all that is on it."""
        self._run("umount", "--lazy", str(self.path))

    def _run(self, *command: str) -> None:
        subprocess.run([*self.prefix, *command], check=True, capture_output=True)


def no_disk(why: str) -> NoReturn:
    """Skips the test on a user's machine, and fails it in CI: there a proof that is not run would go unnoticed."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@contextlib.contextmanager
def small_disk(path: Path, size: int) -> Iterator[Disk]:
    """A disk for the time of a `with` block; where none can be had the test is skipped, and fails in CI."""
    path.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        disk = Disk(path, path) if os.geteuid() == 0 else stack.enter_context(_namespace(path))
        try:
            disk.mount(size)
        except (OSError, subprocess.CalledProcessError) as error:
            no_disk(f"no tmpfs can be mounted here: {getattr(error, 'stderr', b'') or error}")
        try:
            yield disk
        finally:
            disk.unmount()


@contextlib.contextmanager
def _namespace(path: Path) -> Iterator[Disk]:
    """A namespace in which we are root, held open by a process that waits for its input to end."""
    holder = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "echo ready; cat"]
    with _started(holder) as process:
        if process is None or process.stdout is None or process.stdout.readline() != b"ready\n":
            no_disk("we are not root here, and unshare is not allowed: no small disk can be mounted")
        enter = ("nsenter", "--target", str(process.pid), "--user", "--mount", "--preserve-credentials")
        yield Disk(path, Path(f"/proc/{process.pid}/root{path}"), enter)


@contextlib.contextmanager
def _started(command: Sequence[str]) -> Iterator["subprocess.Popen[bytes] | None"]:
    """A process for the time of a `with` block; None if its program is not there."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        yield None
        return
    with process:
        try:
            yield process
        finally:
            process.kill()
