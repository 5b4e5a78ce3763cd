"""A video that is taken down, left out or added changes its own rows and files, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from multihowto.manifests import shard_of
from multihowto.stages import STAGES
from multihowto.storage import Store

from .proof_lab import WITH_MODELS, Lab, Requests, since, video_ids
from .proof_stores import SHARDS, files, fingerprint, stamps, tables_of

pytestmark = pytest.mark.proof

VICTIM = "steps-003"


def ready(lab: Lab, tmp_path: Path, ids: list[str]) -> Lab:
    """A store that is built from a pipeline with an exclusions.csv of its own beside it, empty as yet."""
    mine = Lab(lab.site, tmp_path, ids, WITH_MODELS)
    exclude(mine)
    shutil.copytree(lab.reference.root, tmp_path / "store")
    mine.build(tmp_path / "store").expect(0, "the store is up to date")
    return mine


def exclude(lab: Lab, *video_ids: str) -> None:
    """Lists videos as taken down."""
    lines = ["video_id,reason", *(f"{video_id},the uploader asked" for video_id in video_ids)]
    (lab.pipeline.parent / "exclusions.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")


def rows_of(root: Path, but: str) -> dict[str, pa.Table]:
    """The rows of each table, without those of a video."""
    tables = {table: Store(str(root)).read(table) for table in tables_of(root)}
    return {table: rows.filter(pc.not_equal(rows["video_id"], but)) for table, rows in tables.items()}


def build(lab: Lab, root: Path) -> Requests:
    """Builds, and returns what the site was asked for."""
    before = lab.site.requests
    lab.build(root).expect(0, "the store is up to date")
    return since(before, lab.site.requests)


def expect_present(root: Path, video_id: str) -> None:
    """Fails unless each stage made something of the video."""
    tables = {stage.writes.name for stage in STAGES.values()}
    assert [table for table in tables if not Store(str(root)).read_video(table, video_id).num_rows] == []


def expect_absent(root: Path, video_id: str) -> None:
    """Fails if a table has a row of the video, or a file of it is kept, or its account is in a later table."""
    store, shard, tables = Store(str(root)), shard_of(video_id, SHARDS), tables_of(root)
    assert [table for table in tables if store.read_video(table, video_id).num_rows] == []
    assert [path for path in files(root) if video_id in path.parts] == []
    later = [table for table in tables if table != "sources"]
    accounts = {table: store.read_accounts(table, shard)["video_id"].to_pylist() for table in later}
    assert [table for table, ids in accounts.items() if video_id in ids] == []


def expect_others_untouched(root: Path, before: Path, video_id: str) -> None:
    """Fails if a row, a kept file or a shard has changed that is not the video's."""
    assert rows_of(root, video_id) == rows_of(before, video_id)
    mine, theirs, home = stamps(root), stamps(before), shard_of(video_id, SHARDS)
    others = [place for place in theirs if place[2] != home and place[1] != "sources"]
    assert [place for place in others if mine[place] != theirs[place]] == []
    contents = [(mine[place], theirs[place]) for place in theirs if place[2] != home]
    assert all(new and old and new.content == old.content for new, old in contents)
    expect_equal_kept(root, before, video_id)


def expect_equal_kept(root: Path, before: Path, video_id: str) -> None:
    """Fails if the kept files of another video differ."""
    left, right = (
        {name: checksum for name, checksum in fingerprint(place).items() if name.startswith("kept/")}
        for place in (root, before)
    )
    changed = {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}
    assert {name for name in changed if f"/{video_id}/" not in name} == set()


@pytest.mark.parametrize("how", ["taken down", "left out of the manifest"])
def test_a_video_that_goes_leaves_nothing_and_touches_nothing(
    full_lab: Lab, tmp_path: Path, how: str, say: Callable[[str], None]
) -> None:
    mine, root, before = ready(full_lab, tmp_path, video_ids()), tmp_path / "store", tmp_path / "before"
    shutil.copytree(root, before)
    expect_present(root, VICTIM)
    if how == "taken down":
        exclude(mine, VICTIM)
    else:
        mine.name_videos([one for one in video_ids() if one != VICTIM])
    assert build(mine, root) == {}
    expect_absent(root, VICTIM)
    expect_others_untouched(root, before, VICTIM)
    codes = [reject["code"] for reject in Store(str(root)).read_rejects("sources", VICTIM)]
    assert codes == (["excluded"] if how == "taken down" else [])
    say(f"{VICTIM} is gone from {len(tables_of(root))} tables and kept/; no request was made")


def test_a_video_that_comes_is_all_that_is_asked_for(
    full_lab: Lab, tmp_path: Path, say: Callable[[str], None]
) -> None:
    root, before = tmp_path / "store", tmp_path / "before"
    mine = ready(full_lab, tmp_path, [one for one in video_ids() if one != VICTIM])
    expect_absent(root, VICTIM)
    shutil.copytree(root, before)
    mine.name_videos(video_ids())
    asked = build(mine, root)
    assert asked == {what: times for what, times in full_lab.reference.requests.items() if VICTIM in what[1]}
    expect_present(root, VICTIM)
    expect_others_untouched(root, before, VICTIM)
    assert rows_of(root, "nobody") == rows_of(full_lab.reference.root, "nobody")
    say(f"{VICTIM} came with {sum(asked.values())} requests, all of them for it")
