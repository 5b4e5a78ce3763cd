"""Stage find_duplicates on a store, from its captions to its table; notes the peak memory in MB."""

import resource
from collections.abc import Callable
from pathlib import Path

from multihowto.gathering import run_gather
from multihowto.kept import KeptFiles
from multihowto.runner import Task
from multihowto.stage import World
from multihowto.stages.find_duplicates import FindDuplicates
from multihowto.storage import Store


def prepare(folder: Path) -> Callable[[], None]:
    """The work is the whole gather."""
    store, total = Store(str(folder / "store")), int((folder / "shards").read_text())
    store.files.remove("tables/duplicates")
    world = World(KeptFiles(store, total), folder, folder, {})
    task = Task("find_duplicates", FindDuplicates(), "bench", store, world)

    def work() -> None:
        assert all(report.status == "made" for report in run_gather(task, total).values())
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        (folder / "ours_mb").write_text(str(peak_mb))

    return work
